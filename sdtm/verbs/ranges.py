"""Units and ranges typed in one text, and where a result lies: split_result, split_range, range_indicator."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, Self

import numpy as np
import pandas as pd
import pyarrow as pa
from pydantic import model_validator

from engine.build.derivation import Derivation
from engine.build.reading import read_results_here
from engine.coded import Coded
from engine.columns import Column, Kind, map_distinct
from engine.numbers import unit_key
from engine.numbers.unit_text import plain
from engine.spec.entries import Entry
from engine.spec.references import ExpressionField, RefField
from engine.spec.verbs import verb
from engine.yaml.fields import Model, OneOrMany, TextField, wrong

_NUMBER = r"-?(?:\d+(?:[.,]\d+)*|\.\d+)"
_LOW_TO_HIGH = re.compile(rf"\s*({_NUMBER})\s*(?:-|~|–|—|至|to)\s*({_NUMBER})\s*", re.IGNORECASE)
_ONE_SIDED = re.compile(rf"\s*(<=|>=|<|>|≤|≥)\s*({_NUMBER})\s*")
_RESULT = re.compile(r"\s*((?:<=|>=|<|>|≤|≥)?\s*" + _NUMBER + r")\s*(\S.*?)\s*")


class Typed(Model):
    """The result as typed, and the unit column."""

    result: RefField
    unit: RefField


class SplitResult(Entry):
    """``{split_result: {result: COL, unit: COL}, into: LBORRESU}``."""

    split_result: Typed
    into: TextField

    def also_makes(self, variable: str) -> tuple[str, ...]:
        """The unit."""
        return (str(self.into),)


@verb("split_result", layer="sdtm")
def derive_split_result(entry: SplitResult, at: Derivation) -> dict[str, Column]:
    """A result without the unit typed in behind it, and the unit.

    Only a number (with or without a comparator) before a unit is split where the
    unit column is empty, or names the same unit; other results stay as they are.
    Where there is no result there is no unit.

    Source: SDTMIG 3.4, section 4.5.1.1 (--ORRES and --ORRESU).
    """
    part = entry.split_result
    results, units = at.text(part.result), at.text(part.unit)
    number = map_distinct(results, lambda v: _typed(str(v), 1))
    unit = map_distinct(results, lambda v: _typed(str(v), 2))
    other = (unit.notna() & units.notna() & (_keys(unit) != _keys(units))).to_numpy()
    at.refuse(other, lambda v: f"{v}", "'" + results + "' holds another unit than '" + units + "'",
              "correct one of the two")
    values = results.where(unit.isna(), number)
    return {at.variable: Column(values, Kind.TEXT),
            str(entry.into): Column(units.where(units.notna(), unit).where(values.notna()), Kind.TEXT)}


def _keys(units: pd.Series) -> pd.Series:
    return map_distinct(units, lambda v: unit_key(str(v)))


def _typed(text: str, group: int) -> str | None:
    """The number (1) or the unit (2) of a result with a unit behind it; a unit starts with a letter,
    a power of ten, a slash or the percent sign.

    >>> _typed("5.6 x10^9/L", 1), _typed("5.6 x10^9/L", 2), _typed("3.5-9.5", 2), _typed("5,6", 2)
    ('5.6', 'x10^9/L', None, None)
    """
    found = _RESULT.fullmatch(plain(text))
    if found is None or not re.match(r"[^\W\d_]|[×*x]\s*10|10\^|/|%|°", found[2]):
        return None
    return found[group].strip()


class SplitRange(Entry):
    """``{split_range: COLUMN, part: low | high, into: LBORNRHI}``; ``into`` makes the other bound."""

    split_range: RefField
    part: Literal["low", "high"] | None = None
    into: TextField | None = None

    def also_makes(self, variable: str) -> tuple[str, ...]:
        """The other bound."""
        return () if self.into is None else (str(self.into),)


class Bounds(NamedTuple):
    """A range as text: its lower and upper bound, None where it has none."""

    low: str | None = None
    high: str | None = None


def read_range(text: str) -> Bounds | None:
    """The bounds of a range typed as text; None where it is none.

    >>> read_range("3.5～9.5"), read_range("< 26"), read_range("-5 - -1"), read_range("neg")
    (Bounds(low='3.5', high='9.5'), Bounds(low=None, high='26'), Bounds(low='-5', high='-1'), None)
    """
    shown = plain(text)
    both = _LOW_TO_HIGH.fullmatch(shown)
    if both is not None:
        return Bounds(both[1], both[2])
    one = _ONE_SIDED.fullmatch(shown)
    if one is None:
        return None
    return Bounds(None, one[2]) if one[1] in ("<", "<=", "≤") else Bounds(one[2], None)


@verb("split_range", layer="sdtm")
def derive_split_range(entry: SplitRange, at: Derivation) -> dict[str, Column]:
    """The lower (or upper) bound of a range typed as text: ``3.5-9.5``, ``3.5～9.5``, ``<26``.

    Text that is no range follows ``unread``; ``keep`` leaves it in the variable itself.

    Source: SDTMIG 3.4, domain LB (LBORNRLO, LBORNRHI).
    """
    ranges = at.coded(entry.split_range)
    stray = ranges.where_text(lambda text: read_range(text) is None)

    def bound(part: str) -> Coded:
        return ranges.map(lambda text: getattr(read_range(text) or Bounds(), part))

    own = entry.part or "low"
    values = at.settle(entry.unread, stray, bound(own), lambda v: f"'{v}' is no range", ranges,
                       "'unread: blank' leaves it out")
    made = {at.variable: Column(values, Kind.TEXT)}
    if entry.into is not None:
        made[str(entry.into)] = Column(bound("low" if own == "high" else "high"), Kind.TEXT)
    return made


class Within(Model):
    """A result with its range, in one unit; ``text`` is the result as text.

    Where ``low_excluded`` or ``high_excluded`` is true, that bound itself lies outside (``<200``).
    """

    value: RefField
    low: RefField | None = None
    high: RefField | None = None
    text: RefField | None = None
    low_excluded: ExpressionField | None = None
    high_excluded: ExpressionField | None = None

    @model_validator(mode="after")
    def _bounds_named(self) -> Self:
        for name in ("low", "high"):
            if getattr(self, f"{name}_excluded") is not None and getattr(self, name) is None:
                raise wrong(f"'{name}_excluded' needs '{name}', the bound it is about")
        return self


class RangeIndicator(Entry):
    """``{range_indicator: {value, low, high, text, low_excluded, high_excluded}, normal: [TEXT]}``.

    ``normal`` lists the text results that are normal; other text is then ABNORMAL.
    """

    range_indicator: Within
    normal: OneOrMany[TextField] | None = None

    @model_validator(mode="after")
    def _text_known(self) -> Self:
        if self.normal is not None and self.range_indicator.text is None:
            raise wrong("'normal' needs 'text', the result as text")
        return self


@verb("range_indicator", layer="sdtm")
def derive_range_indicator(entry: RangeIndicator, at: Derivation) -> Column:
    """NORMAL, LOW, HIGH or ABNORMAL (codelist NRIND), blank where it cannot be told.

    A bound that is missing limits nothing, but without any bound there is no
    indicator.  ``<5`` is LOW under a lower bound of 5 or more, and NORMAL where there is
    no lower bound and the upper one is not below 5; ``>`` is the mirror image.

    Source: SDTMIG 3.4, domain LB (LBNRIND, LBSTNRLO, LBSTNRHI).
    """
    part = entry.range_indicator
    low, high = (_number(ref, at) for ref in (part.low, part.high))
    value = _number(part.value, at)
    least, most = value, value
    open_low = open_high = np.zeros(at.rows.size, dtype=bool)
    made = np.full(at.rows.size, -1, dtype="int32")
    if part.text is not None:
        text = at.coded(part.text)
        read = read_results_here(at, text)
        compared = read.is_kind("comparator") & np.isnan(value)
        under = compared & read.comparator.where_text(("<", "<=").__contains__)
        over = compared & read.comparator.where_text((">", ">=").__contains__)
        least = np.where(under, -np.inf, np.where(over, read.number, value))
        most = np.where(over, np.inf, np.where(under, read.number, value))
        open_high = under & read.comparator.where_text("<".__eq__)
        open_low = over & read.comparator.where_text(">".__eq__)
        if entry.normal is not None:
            words = {str(word).casefold() for word in entry.normal}
            plain_text = read.is_kind("text")
            made[plain_text] = _INDICATORS.index("ABNORMAL")
            made[plain_text & text.where_text(lambda t: t.casefold() in words)] = _INDICATORS.index("NORMAL")
    ranged = ~np.isnan(least) & ~(np.isnan(low) & np.isnan(high))
    out_low, out_high = (_excluded(condition, at) for condition in (part.low_excluded, part.high_excluded))
    below = ranged & ((most < low) | ((most == low) & (open_high | out_low)))
    above = ranged & ((least > high) | ((least == high) & (open_low | out_high)))
    inside = ranged & (np.isnan(low) | (least > low) | ((least == low) & (open_low | ~out_low)))
    inside &= np.isnan(high) | (most < high) | ((most == high) & (open_high | ~out_high))
    for mask, indicator in ((inside, "NORMAL"), (below, "LOW"), (above, "HIGH")):
        made[mask] = _INDICATORS.index(indicator)
    return Column(Coded(made, pa.array(_INDICATORS, pa.large_string())), Kind.TEXT)


_INDICATORS = ("NORMAL", "LOW", "HIGH", "ABNORMAL")


def _excluded(condition: ExpressionField | None, at: Derivation) -> np.ndarray:
    return np.zeros(at.rows.size, dtype=bool) if condition is None else at.condition(condition)


def _number(ref: RefField | None, at: Derivation) -> np.ndarray:
    if ref is None:
        return np.full(at.rows.size, np.nan)
    column = at.column(ref)
    if column.kind is Kind.NUMBER:
        return column.values.to_numpy(dtype="float64")
    read = read_results_here(at, at.coded(ref))
    return np.where(read.is_kind("number"), read.number, np.nan)
