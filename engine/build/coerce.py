"""What happens to every value a verb made: the map, the codelist, the kind, the length."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from engine.build.derivation import Derivation
from engine.build.reading import read_results_here
from engine.build.terms import codelists_of
from engine.columns import Column, Kind, blank, map_distinct
from engine.dates import iso_date, iso_datetime, to_date, to_datetime
from engine.numbers import half_up
from engine.spec.entries import Entry
from engine.terminology import Codelist

if TYPE_CHECKING:
    pass


def finish_column(entry: Entry, column: Column, at: Derivation, *, declared: bool = True) -> Column:
    """Map a verb's values to terms and to the variable's kind."""
    values = column
    if declared and entry.map is not None and values.kind is not Kind.TEXT:
        raise at.wrong(f"'map' is for text, and the value is a {values.kind.value}",
                       "CAST(... AS TEXT) in an expression makes it text")
    codelists = codelists_of(entry, at.build.plan, at.dataset, at.variable)
    if values.kind is Kind.TEXT and ((entry.map is not None and declared) or codelists):
        values = Column(assign_terms(values.values, codelists, entry, at, use_map=declared), Kind.TEXT)
    return to_kind(values, at.kind, entry, at)


def assign_terms(values: pd.Series, codelists: list[Codelist], entry: Entry, at: Derivation,
                 *, use_map: bool = True) -> pd.Series:
    """Each value's term: by ``map``, else by the codelist's values and synonyms.

    Without a codelist a value that the map leads to is a term already.
    A value that is neither follows ``unmapped`` (error if nothing is said).
    """
    chosen = {str(k): str(v) for k, v in (entry.map or {}).items()} if use_map else {}
    folded = {k.casefold(): v for k, v in chosen.items()}
    targets = set(chosen.values())
    extended = {str(k) for k in (entry.extend or {})}

    def term(value: object) -> str | None:
        text = str(value)
        target = chosen.get(text, folded.get(text.casefold()))
        if target is None and not codelists:
            return text if text in targets else None
        wanted = text if target is None else target
        if not codelists or wanted in extended:
            return wanted
        for terms in codelists:
            found = terms.find(wanted)
            if found is not None:
                return found.value
        return None

    made = map_distinct(values, term)
    stray = (values.notna() & made.isna()).to_numpy()
    if not stray.any():
        return made
    if codelists:
        listed = ", ".join(f"{c.value} ({c.code})" for c in codelists)
        message = f"is not in codelist {listed}"
    else:
        message = "is not in the map"
    return at.settle(entry.unmapped, stray, made, lambda v: f"'{v}' {message}", values)


def to_kind(column: Column, kind: Kind, entry: Entry, at: Derivation) -> Column:
    """Bring values to the variable's kind where the way is plain; anything else is refused."""
    values, have = column
    if have is kind or (at.variable.startswith("_") and entry.kind is None):
        return Column(_rounded(values, entry), have) if have is Kind.NUMBER else column
    if have is Kind.TEXT and kind is Kind.NUMBER:
        return Column(_rounded(_number(values, entry, at), entry), kind)
    if have is Kind.TEXT and kind in (Kind.DATE, Kind.DATETIME):
        made = to_date(values) if kind is Kind.DATE else to_datetime(values)
        stray = (values.notna() & made.isna()).to_numpy()
        wanted = "date" if kind is Kind.DATE else "date and time"
        if str(entry.unread) == "blank":
            at.note(stray, lambda v: f"'{v}' is no complete {wanted}; left blank", values)
        else:
            at.refuse(stray, lambda v: f"'{v}' is no complete {wanted}", values,
                      "use 'impute', or 'unread: blank'")
        return Column(made, kind)
    if kind is Kind.TEXT and have in (Kind.DATE, Kind.DATETIME):
        return Column(iso_date(values) if have is Kind.DATE else iso_datetime(values), kind)
    if have is Kind.DATE and kind is Kind.DATETIME:
        return Column(values, kind)
    if values.isna().all():
        return Column(blank(values.index, kind), kind)
    raise at.wrong(f"a {have.value} was made where a {kind.value} is wanted",
                   "CAST says how to turn one into the other")


def _rounded(values: pd.Series, entry: Entry) -> pd.Series:
    """Numbers to ``digits`` decimals, halves away from zero."""
    return values if entry.digits is None else half_up(values, entry.digits)


def _number(values: pd.Series, entry: Entry, at: Derivation) -> pd.Series:
    read = read_results_here(at, values)
    good = (read.kind == "number") & read.unit.isna()
    made = read.number.where(good)
    stray = (values.notna() & ~good).to_numpy()
    if stray.any():
        policy = str(entry.unread or "error")
        if policy == "blank":
            at.note(stray, lambda v: f"'{v}' is no number; left blank", values)
        else:
            at.refuse(stray, lambda v: f"'{v}' is no number", values, "'unread: blank' leaves it out")
    return made
