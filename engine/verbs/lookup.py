"""A value looked up in another table, by equal keys and by ranges: lookup."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import ClassVar, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from engine.build.collected import read_collected
from engine.build.derivation import Derivation
from engine.build.rows import Match, Rows, match, pairs
from engine.coded import Values, codes_of
from engine.columns import Column, Kind
from engine.dates import date_hint, earliest, latest
from engine.numbers import format_number, read_results
from engine.spec.entries import Entry
from engine.spec.references import ExpressionField, OrderField, RefField, TableModel
from engine.spec.verbs import verb
from engine.verbs.looked_up import lines_matched, none_hints, require_taken
from engine.yaml.fields import Boolean, Key, MapOf, OneOrMany, TextField, wrong

KindOf = Callable[[tuple[str, ...]], Kind]


class LookIn(TableModel):
    """Where to look: ``match: {THEIRS: OURS}``, ``between: {OURS: [LOW, HIGH]}``, what to ``take``.

    ``into`` takes further values of the same record for other variables; ``fold``
    compares text trimmed, in capitals and with full-width characters made plain.
    """

    there: ClassVar[frozenset[str]] = frozenset({"take", "into", "between", "where", "order"})
    there_keys: ClassVar[frozenset[str]] = frozenset({"match"})

    in_: TextField = Field(alias="in")
    match: MapOf[RefField, ExpressionField] | None = None
    between: MapOf[ExpressionField, OneOrMany[RefField]] | None = None
    take: ExpressionField
    into: MapOf[Key, ExpressionField] | None = None
    where: ExpressionField | None = None
    order: OneOrMany[OrderField] | None = None
    fold: Boolean | None = None

    @model_validator(mode="after")
    def _has_keys(self) -> Self:
        if not self.match and not self.between:
            raise wrong("'match' or 'between' is wanted")
        for bounds in (self.between or {}).values():
            if len(bounds) != 2:
                raise wrong("'between' wants two columns, the lower and the upper bound", "as in [LO, HI]",
                            bounds[0].place)
        return self


class Lookup(Entry):
    """``{lookup: {in, match, between, take, into, where, order, fold}, none, several}``.

    ``none`` says what a value without a match means (``keep`` keeps the value
    looked up, ``allow`` leaves it blank as nothing amiss), ``several`` which of
    several matches is taken, or likewise.
    """

    lookup: LookIn
    none: Literal["error", "keep", "blank", "allow"] | None = None
    several: Literal["error", "keep", "blank", "first", "last"] | None = None

    @model_validator(mode="after")
    def _order_known(self) -> Self:
        if self.several in ("first", "last") and self.lookup.order is None:
            raise wrong(f"'several: {self.several}' needs 'order' in the lookup")
        return self

    def also_makes(self, variable: str) -> tuple[str, ...]:
        """The variables of ``into``."""
        return tuple(str(name) for name in self.lookup.into or {})


def fold_text(text: str) -> str:
    """Text as ``fold`` compares it.

    >>> fold_text(" Fever（high）"), fold_text("ＦＥＶＥＲ  (HIGH)")
    ('FEVER(HIGH)', 'FEVER (HIGH)')
    """
    return " ".join(unicodedata.normalize("NFKC", text).split()).upper()


def _kind(entry: Lookup, kind_of: KindOf) -> Kind:
    table = str(entry.lookup.in_)
    kinds = {parts: kind_of((table, parts[-1])) for parts in entry.lookup.take.names if parts[0] != "study"}
    return entry.lookup.take.kind(kinds) or Kind.TEXT


@verb("lookup", kind=_kind)
def derive_lookup(entry: Lookup, at: Derivation) -> dict[str, Column]:
    """Values of the record of another table that fits: equal in ``match``, in the range in ``between``.

    Where a value of ``match`` is blank, nothing is looked up and the result is blank.
    A blank value of ``between`` lies in no range; blank bounds are open.  Numbers
    compare as numbers; text is taken as ISO 8601 dates, and a partial date must lie in
    the range with all its days.

    Source: SDTMIG 3.4, section 4.3 (coding and controlled terminology), for coded terms.
    """
    part = entry.lookup
    table = str(part.in_)
    rows = at.other(table, [])
    if part.where is not None:
        rows = rows.where(at.condition(part.where, rows, table))
    ours = {theirs: at.evaluate(expression) for theirs, expression in (part.match or {}).items()}
    left, right = _keys(ours, rows, part, at)
    found = _found(left, right, rows, part, at)
    asked = np.logical_and.reduce([~c.isna() for c in ours.values()] or [np.ones(at.rows.size, dtype=bool)])
    many = found.count > 1 if entry.several not in ("first", "last") else np.zeros(at.rows.size, dtype=bool)
    position = np.where(many, -1, found.last if entry.several == "last" else found.first)
    made = {at.variable: _value(part.take, position, rows, at)}
    for name, expression in (part.into or {}).items():
        made[str(name)] = _value(expression, position, rows, at)
    none = asked & (found.count == 0) & (entry.none != "allow")
    between = {e.text: at.evaluate(e) for e in part.between or {}}
    looked_up = {str(ref): column for ref, column in ours.items()} | between
    require_taken(made[at.variable], position, part.take.text, lambda: _shown(looked_up), rows, at)
    if not (many | none).any():
        return made
    shown = _shown(looked_up)
    if entry.several in (None, "error"):
        at.refuse(many, lambda v: f"{v} matches several records of {table}"
                  f"{lines_matched(v, shown, found, rows)}", shown,
                  "say which: 'order' in the lookup, and 'several: first' or 'several: last'")
    first = next(iter(ours.values()), None)
    why = _why(left, right, ours, shown, table, at)
    if entry.none in (None, "error"):
        key = [at.other_column(rows, ref.parts[-1]) for ref in ours] if len(ours) == 1 else []
        at.refuse(none, lambda v: v, why, none_hints(none, first, key[0] if key else None, why))
        none = np.zeros(at.rows.size, dtype=bool)
    several = shown + f" matches several records of {table}"
    for policy, mask, told in ((entry.none, none, why), (entry.several, many, several)):
        made[at.variable] = _kept(policy, made[at.variable], mask, first, told, at)
    return made


def _kept(policy: str | None, own: Column, mask: np.ndarray, first: Column | None, told: pd.Series,
          at: Derivation) -> Column:
    """Values where nothing was found: with ``keep`` what was looked up, if it is of their kind; noted."""
    if policy not in ("keep", "blank"):
        return own
    if policy == "blank" or first is None or first.kind is not own.kind:
        at.note(mask, lambda v: f"{v}; left blank", told)
        return own
    at.note(mask, lambda v: f"{v}; kept", told)
    return Column(own.values.mask(mask, first.values), own.kind)


def _value(expression: object, position: np.ndarray, rows: Rows, at: Derivation) -> Column:
    return at.evaluate(expression, rows, rows.name).take(position)  # type: ignore[arg-type]


def _keys(ours: dict[RefField, Column], rows: Rows, part: LookIn, at: Derivation) -> tuple[
        list[Values], list[Values]]:
    left: list[Values] = []
    right: list[Values] = []
    for theirs, column in ours.items():
        other = at.other_column(rows, theirs.parts[-1])
        if other.kind is not column.kind:
            raise at.wrong(f"{rows.name}.{theirs} is a {other.kind.value} and is matched with a "
                           f"{column.kind.value}", "CAST says how to turn one into the other")
        folded = bool(part.fold) and column.kind is Kind.TEXT
        left.append(column.coded.map(fold_text) if folded else column.held)
        right.append(other.coded.map(fold_text) if folded else other.held)
    return left, right


def _why(left: list[Values], right: list[Values], ours: dict[RefField, Column], shown: pd.Series,
         table: str, at: Derivation) -> pd.Series:
    """Why there is no match: the keys are not there, or they are and no range holds the values."""
    if not left:
        return shown + f" is in no range of {table}"
    known = match(left, right).count > 0
    keys = _shown({str(ref): column for ref, column in ours.items()})
    return (shown + f" is in no range of {table}").where(known, keys + f" is not in {table}")


def _shown(columns: dict[str, Column]) -> pd.Series:
    """What was looked up, for messages: ``'Fever'``, or ``SITE '01', AGE '43'``."""
    texts = {n: (format_number(c.values) if c.kind is Kind.NUMBER else c.values.astype("str")).fillna("")
             for n, c in columns.items()}
    if len(texts) == 1:
        return "'" + next(iter(texts.values())) + "'"
    made: pd.Series | None = None
    for name, text in texts.items():
        one = f"{name} '" + text + "'"
        made = one if made is None else made + ", " + one
    assert made is not None
    return made


def _found(left: list[Values], right: list[Values], rows: Rows, part: LookIn, at: Derivation) -> Match:
    """The matching records of each of ours, after the ranges if there are any."""
    order = at.sorted_positions(part.order, rows, rows.name) if part.order else None
    if not part.between:
        return match(left, right, order)
    spans = [(_ours(at.evaluate(e), e.text, at), _bounds(bounds, at.evaluate(e).kind, rows, at))
             for e, bounds in part.between.items()]
    everyone = [pd.Series(np.zeros(at.rows.size), index=at.index)], [pd.Series(np.zeros(rows.size))]
    group = codes_of([*left, *(side for mine, _ in spans for side in mine)])
    first = np.flatnonzero(~pd.Series(group).duplicated().to_numpy())
    mine = [s.take(first) for s in left] or [everyone[0][0].iloc[first]]
    found = match(mine, right or everyone[1], order)
    ours, theirs = pairs(found)
    inside = np.ones(len(ours), dtype=bool)
    for (low, high), (lower, upper) in spans:
        bottom, top = lower.to_numpy()[theirs], upper.to_numpy()[theirs]
        at_low, at_high = low.to_numpy()[first][ours], high.to_numpy()[first][ours]
        inside &= (pd.isna(bottom) | (at_low >= bottom)) & (pd.isna(top) | (at_high <= top))
        inside &= ~pd.isna(at_low)
    ours, theirs = ours[inside], theirs[inside]
    return _spread(ours, theirs, len(first), pd.Series(group[first]), group)


def _spread(ours: np.ndarray, theirs: np.ndarray, size: int, codes: pd.Series, group: np.ndarray) -> Match:
    """A match of distinct records as one of all records; ``codes`` are those of the distinct ones."""
    count = np.bincount(ours, minlength=size)
    start = np.cumsum(count) - count
    padded = np.append(theirs, -1)
    at = pd.Series(np.arange(size), index=codes.to_numpy()).reindex(group).to_numpy()
    first = np.where(count > 0, padded[np.minimum(start, len(theirs))], -1)
    last = np.where(count > 0, padded[np.maximum(start + count - 1, 0)], -1)
    return Match(count[at], first[at], last[at], theirs, start[at])


def _ours(column: Column, text: str, at: Derivation) -> tuple[pd.Series, pd.Series]:
    """First and last of what our value may be: itself, or the moments a date allows."""
    if column.kind is not Kind.TEXT:
        return column.values, column.values
    values = column.coded
    low, high = earliest(values), latest(values)
    at.refuse(~values.isna() & low.isna().to_numpy(), lambda v: f"{text} '{v}' is no ISO 8601 date", values,
              "a number is compared as one after CAST(... AS NUMBER)")
    return low, high


def _bounds(bounds: tuple[RefField, ...], kind: Kind, rows: Rows, at: Derivation) -> tuple[
        pd.Series, pd.Series]:
    """The two bounds of each of their records, in the kind of our value."""
    made = []
    for number, ref in enumerate(bounds):
        column = at.other_column(rows, ref.parts[-1])
        values = column.values
        if column.kind is Kind.TEXT and kind is Kind.NUMBER:
            read = read_results(values)
            at.refuse((values.notna() & (read.kind != "number")).to_numpy(),
                      lambda v: f"bound '{v}' is no number", values, rows=rows)
            values = read.number.where(read.kind == "number")
        elif column.kind is Kind.TEXT:
            values = _date_bound(column, rows, at, last=number == 1)
        elif (column.kind is Kind.NUMBER) is not (kind is Kind.NUMBER):
            raise at.wrong(f"{rows.name}.{ref} is a {column.kind.value} and bounds a {kind.value}")
        elif column.kind is Kind.DATE and number == 1:
            values = values + pd.Timedelta(86399, "s")
        made.append(values)
    return made[0], made[1]


def _date_bound(column: Column, rows: Rows, at: Derivation, *, last: bool) -> pd.Series:
    values = column.values
    if rows.name not in at.build.plan.datasets:
        read = read_collected(at.build.plan.study, rows.name, rows, [values], time_alone="drop")
        at.refuse(read.bad.to_numpy(dtype=bool), lambda reason: reason, read.reasons, date_hint, rows)
        values = read.values
    return latest(values) if last else earliest(values)
