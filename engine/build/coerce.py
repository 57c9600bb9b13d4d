"""What happens to every value a verb made: the map, the codelist, the kind, the length."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from engine.build.derivation import Derivation
from engine.build.reading import read_results_here
from engine.build.terms import codelists_of, term_hint
from engine.coded import Coded
from engine.columns import Column, Kind, blank
from engine.dates import iso_date, iso_datetime, to_date, to_datetime
from engine.numbers import half_up
from engine.spec.entries import Entry
from engine.terminology import Codelist


def finish_column(entry: Entry, column: Column, at: Derivation, *, declared: bool = True) -> Column:
    """Map a verb's values to terms and to the variable's kind."""
    values = column
    if declared and entry.map is not None and values.kind is not Kind.TEXT:
        raise at.wrong(f"'map' is for text, and the value is a {values.kind.value}",
                       "CAST(... AS TEXT) in an expression makes it text")
    codelists = codelists_of(entry, at.build.plan, at.dataset, at.variable)
    if values.kind is Kind.TEXT and ((entry.map is not None and declared) or codelists):
        values = Column(assign_terms(values.coded, codelists, entry, at, use_map=declared), Kind.TEXT)
    return to_kind(values, at.kind, entry, at)


def assign_terms(values: Coded, codelists: list[Codelist], entry: Entry, at: Derivation,
                 *, use_map: bool = True) -> Coded:
    """Each value's term: by ``map``, else by the codelist's values and synonyms.

    Without a codelist a value that the map leads to is a term already.
    A value that is neither follows ``unmapped`` (error if nothing is said).
    """
    chosen = {str(k): str(v) for k, v in (entry.map or {}).items()} if use_map else {}
    folded = {k.casefold(): v for k, v in chosen.items()}
    targets = set(chosen.values())
    extended, brought = {str(k) for k in (entry.extend or {})}, entry.brings()

    def term(text: str) -> str | None:
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
        return wanted if wanted in brought else None

    made = values.map(term)
    stray = made.isna() & ~values.isna()
    if not stray.any():
        return made
    if codelists:
        listed = ", ".join(f"{c.value} ({c.code})" for c in codelists)
        message = f"is not in codelist {listed}"
    else:
        message = "is not in the map"

    def told(value: str) -> str:
        return f"'{value}' {message}"

    def hint(value: str) -> str:
        return term_hint(value, entry, codelists)

    at.build.refusals.stray(at.rows, at.dataset, at.variable, stray, told, values,
                            str(entry.unmapped or "error"), hint)
    return at.settle(entry.unmapped, stray, made, told, values, hint)


def to_kind(column: Column, kind: Kind, entry: Entry, at: Derivation) -> Column:
    """Bring values to the variable's kind where the way is plain; anything else is refused."""
    have = column.kind
    if have is kind or (at.variable.startswith("_") and entry.kind is None):
        return Column(_rounded(column.values, entry), have) if have is Kind.NUMBER else column
    if have is Kind.TEXT and kind is Kind.NUMBER:
        return Column(_rounded(_number(column.coded, entry, at), entry), kind)
    if have is Kind.TEXT and kind in (Kind.DATE, Kind.DATETIME):
        texts = column.coded
        made = texts.look_up(to_date if kind is Kind.DATE else to_datetime, np.datetime64("NaT"))
        stray = np.isnat(made) & ~texts.isna()
        wanted = "date" if kind is Kind.DATE else "date and time"
        if str(entry.unread) == "blank":
            at.note(stray, lambda v: f"'{v}' is no complete {wanted}; left blank", texts)
        else:
            at.refuse(stray, lambda v: f"'{v}' is no complete {wanted}", texts,
                      "use 'impute', or 'unread: blank'")
        return Column(pd.Series(made), kind)
    values = column.values
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


def _number_hint(text: str) -> str:
    """What to do about a text that is no number.

    >>> _number_hint("10,5")
    "'decimal_comma: true' of the file reads it; or 'unread: blank' leaves it out"
    >>> _number_hint("34 years")
    "'unread: blank' leaves it out"
    """
    blank = "'unread: blank' leaves it out"
    return f"'decimal_comma: true' of the file reads it; or {blank}" if _COMMA.fullmatch(text) else blank


_COMMA = re.compile(r"[+-]?\d+,\d+")


def _number(values: Coded, entry: Entry, at: Derivation) -> pd.Series:
    read = read_results_here(at, values)
    good = read.is_kind("number") & read.unit.isna()
    made = pd.Series(np.where(good, read.number, np.nan))
    stray = ~values.isna() & ~good
    if stray.any():
        policy = str(entry.unread or "error")
        if policy == "blank":
            at.note(stray, lambda v: f"'{v}' is no number; left blank", values)
        else:
            at.refuse(stray, lambda v: f"'{v}' is no number", values,
                      lambda v: ("a number keeps no text: " if policy == "keep" else "") + _number_hint(v))
    return made
