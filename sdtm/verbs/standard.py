"""Results, units and ranges in the standard unit of their test: standardise, standard_unit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Annotated, Literal, Self

import numpy as np
import pandas as pd
from pydantic import PlainValidator, model_validator

from engine.build.derivation import Derivation
from engine.build.reading import NumberRules, read_results_here
from engine.build.rows import codes_of
from engine.columns import Column, Kind, blank, cast, map_distinct
from engine.errors import hint_for
from engine.numbers import Conversion, Results, convert, format_number, known_conversion, unit_key
from engine.spec.dataset import Test
from engine.spec.entries import Entry, Policy
from engine.spec.references import RefField
from engine.spec.verbs import verb
from engine.terminology import codelist
from engine.yaml.fields import Boolean, Model, wrong
from engine.yaml.nodes import Text, YamlList, YamlMap
from sdtm.verbs.findings import test_codes, tests_here

ROLES = ("number", "unit", "low", "high", "lloq", "uloq")
LIMITS = ("low", "high", "lloq", "uloq")
_SAME = Conversion(Fraction(1))


def read_into(value: object) -> dict[str, str]:
    """``{number: LBSTRESN, unit: LBSTRESU, ...}``, or a list in that order."""
    if isinstance(value, YamlList) and 0 < len(value) <= 4 and all(isinstance(v, Text) and v for v in value):
        return {role: str(name) for role, name in zip(ROLES[:4], value, strict=False)}
    if not isinstance(value, YamlMap) or not all(isinstance(v, Text) and v for v in value.values()):
        raise wrong("a mapping such as {number: LBSTRESN, unit: LBSTRESU} is wanted, or the list of the two")
    for role in value:
        if role not in ROLES:
            raise wrong(f"unknown key '{role}'", hint_for(role, ROLES), role.place)
    return {str(role): str(name) for role, name in value.items()}


class Collected(Model):
    """The collected columns: ``result``, its ``unit`` and limits in that unit."""

    result: RefField
    unit: RefField | None = None
    low: RefField | None = None
    high: RefField | None = None
    lloq: RefField | None = None
    uloq: RefField | None = None


class Standardise(Entry):
    """``{standardise: {result, unit, low, high, lloq, uloq}, into: {number, unit, low, ...}}``.

    ``unknown_unit`` says what a unit without a way to the standard one means;
    ``decimal_comma`` and ``thousands`` stand over those of the raw file.
    """

    standardise: Collected
    into: Annotated[Mapping[str, str], PlainValidator(read_into)]
    unknown_unit: Policy | None = None
    decimal_comma: Literal["true", "false", "auto"] | None = None
    thousands: Boolean | None = None

    @model_validator(mode="after")
    def _limits_given(self) -> Self:
        for role in LIMITS:
            if role in self.into and getattr(self.standardise, role) is None:
                raise wrong(f"'into' wants '{role}', and 'standardise' names no column for it")
        return self

    def also_makes(self, variable: str) -> tuple[str, ...]:
        """The variables of ``into``."""
        return tuple(self.into.values())

    def rules(self) -> NumberRules | None:
        """What the entry itself says of commas."""
        if self.decimal_comma is None and self.thousands is None:
            return None
        comma = self.decimal_comma or "false"
        return NumberRules("auto" if comma == "auto" else comma == "true", self.thousands is not False)


@dataclass(frozen=True)
class Way:
    """How the results of one test and unit become standard; ``conversion`` is None where unknown."""

    conversion: Conversion | None
    unit: str | None
    digits: int | None = None

    @property
    def same(self) -> bool:
        """Whether numbers stay as they are."""
        return self.conversion == _SAME


@cache
def _spellings(unit: str) -> frozenset[str]:
    """A unit's own key and that of the CDISC term it is a synonym of."""
    terms = codelist("UNIT")
    term = terms.find(unit) if terms is not None else None
    return frozenset({unit_key(unit), *([unit_key(term.value)] if term is not None else [])})


def way_of(test: Test | None, unit: str | None) -> Way:
    """The way from a collected unit to the test's standard unit.

    A conversion of the spec comes first, then the same unit by another spelling,
    then a conversion that is exact by definition.

    >>> from engine.yaml.fields import validate
    >>> from engine.yaml.reader import parse_yaml
    >>> said = "{standard: C, convert: {F: {minus: 32, times: 5/9}}}"
    >>> test = validate(Test, parse_yaml(said), "VS.tests.TEMP")
    >>> way_of(test, "F").conversion.apply(Fraction("98.6")), way_of(test, "C").same
    (Fraction(37, 1), True)
    """
    if test is None or test.standard is None:
        return Way(_SAME, unit)
    standard = str(test.standard)
    if unit is None:
        return Way(None, None)
    for given, conversion in (test.convert.made(standard) if test.convert else {}).items():
        if _spellings(given) & _spellings(unit):
            return Way(conversion, standard, test.digits)
    if _spellings(unit) & _spellings(standard):
        return Way(_SAME, standard)
    return Way(known_conversion(unit, standard), standard, test.digits)


@verb("standardise", layer="sdtm")
def derive_standardise(entry: Standardise, at: Derivation) -> dict[str, Column]:
    """--STRESC (its own), --STRESN, --STRESU and limits from results as collected.

    Numbers are converted exactly, rounded half up to the test's ``digits`` and
    written without trailing zeros; without a conversion they keep their precision.
    ``<50`` and ``BLQ(<50)`` stay as they are where nothing is converted, else the
    limit is converted; --STRESN is NULL.  Other text is mapped by the test's ``map``
    or kept.  Source: SDTMIG 3.4, section 4.5.1.1.
    """
    part = entry.standardise
    text = at.text(part.result)
    results = read_results_here(at, text, over=entry.rules())
    units = at.text(part.unit) if part.unit is not None else blank(at.index, Kind.TEXT)
    limits = {role: _limit(getattr(part, role), entry, at) for role in LIMITS if role in entry.into}
    groups = list(_groups(units, at))
    _require_ways(entry, results, units, groups, at)
    parts = []
    for group in groups:
        frame = _standard(Results(*(column.iloc[group.positions] for column in results)), group, entry, at)
        for role, values in limits.items():
            frame[role] = _converted(values.iloc[group.positions], group.way)
        parts.append(frame)
    made = (pd.concat(parts) if parts else pd.DataFrame(columns=["text", *entry.into])).reindex(at.index)
    columns = {at.variable: Column(made["text"].astype("str"), Kind.TEXT)}
    for role, name in entry.into.items():
        kind = Kind.TEXT if role == "unit" else Kind.NUMBER
        columns[name] = Column(cast(made[role], kind), kind)
    return columns


@dataclass(frozen=True)
class _Group:
    """The records of one test and collected unit."""

    positions: np.ndarray
    code: str
    unit: str | None
    test: Test | None
    way: Way


def _groups(units: pd.Series, at: Derivation) -> Iterator[_Group]:
    tests, codes = tests_here(at), test_codes(at)
    group = codes_of([codes, units])
    order = np.argsort(group, kind="stable")
    for positions in np.split(order, np.flatnonzero(np.diff(group[order])) + 1) if len(order) else ():
        code, unit = str(codes.iloc[positions[0]]), units.iloc[positions[0]]
        known = None if pd.isna(unit) else str(unit)
        test = tests.get(code)
        yield _Group(positions, code, known, test, way_of(test, known))


def _require_ways(entry: Standardise, results: Results, units: pd.Series, groups: list[_Group],
                  at: Derivation) -> None:
    """Refuse, or note, numbers whose unit leads nowhere."""
    shown = blank(at.index, Kind.TEXT)
    lost = np.zeros(at.rows.size, dtype=bool)
    for group in groups:
        if group.way.conversion is None and group.test is not None:
            mask = np.zeros(at.rows.size, dtype=bool)
            mask[group.positions] = True
            lost |= mask
            there = f"unit '{group.unit}' of {group.code} has no way to" if group.unit else (
                f"{group.code} has no unit, and its standard unit is")
            shown = shown.mask(mask, f"{there} '{group.test.standard}'")
    lost &= results.kind.isin(["number", "comparator"]).to_numpy()
    if entry.unknown_unit in (None, "error"):
        at.refuse(lost, lambda v: v, shown, "give it under 'units' or 'convert' of the test")
    else:
        done = "kept as collected" if entry.unknown_unit == "keep" else "left blank"
        at.note(lost, lambda v: f"{v}; {done}", shown)


def _standard(read: Results, group: _Group, entry: Standardise, at: Derivation) -> pd.DataFrame:
    """Standard text, number and unit of one group's results."""
    way = group.way
    if way.conversion is None and entry.unknown_unit == "keep":
        way = Way(_SAME, group.unit)
    plain, compared = read.kind == "number", read.kind == "comparator"
    number = _converted(read.number.where(plain | compared), way)
    text = _mapped(read.text.where(read.kind == "text"), group.test)
    _refuse_text(text, group, at)
    text = text.where(~plain, format_number(number))
    text = text.where(~compared, read.text if way.same else read.comparator + format_number(number))
    unit = pd.Series(way.unit, index=read.text.index, dtype="str")
    given = text.notna() & (group.unit is not None and way.conversion is not None)
    return pd.DataFrame({"text": text, "number": number.where(plain), "unit": unit.where(given)})


def _converted(values: pd.Series, way: Way) -> pd.Series:
    if way.conversion is None:
        return blank(values.index, Kind.NUMBER)
    return values if way.same else convert(values, way.conversion, way.digits)


def _mapped(text: pd.Series, test: Test | None) -> pd.Series:
    """Text results by the test's ``map``: exactly, else in any case, else as they are."""
    if test is None or not test.map:
        return text
    exact = {str(k): str(v) for k, v in test.map.items()}
    folded = {k.casefold(): v for k, v in exact.items()}
    return map_distinct(text, lambda v: exact.get(str(v), folded.get(str(v).casefold(), str(v))))


def _refuse_text(text: pd.Series, group: _Group, at: Derivation) -> None:
    """Text with digits cannot pass for a standard result where its unit is converted."""
    if group.way.same or group.way.conversion is None:
        return
    mask = np.zeros(at.rows.size, dtype=bool)
    mask[group.positions] = text.str.contains(r"\d", regex=True, na=False).to_numpy(dtype=bool)
    shown = text.reindex(at.index)
    at.refuse(mask, lambda v: f"'{v}' cannot be converted from '{group.unit}' to '{group.way.unit}'", shown,
              "give its standard form under 'map' of the test")


def _limit(ref: RefField, entry: Standardise, at: Derivation) -> pd.Series:
    """A limit as a number; text that is none follows ``unread``."""
    column = at.column(ref)
    if column.kind is Kind.NUMBER:
        return column.values
    read = read_results_here(at, at.text(ref), over=entry.rules())
    stray = (read.text.notna() & (read.kind != "number")).to_numpy()
    if entry.unread in (None, "error"):
        at.refuse(stray, lambda v: f"'{v}' in {ref} is no number", column.values,
                  "'unread: blank' leaves it out")
    else:
        at.note(stray, lambda v: f"'{v}' in {ref} is no number; left blank", column.values)
    return read.number.where(read.kind == "number")


class StandardUnit(Entry):
    """``{standard_unit: LBORRESU}``."""

    standard_unit: RefField


@verb("standard_unit", layer="sdtm")
def derive_standard_unit(entry: StandardUnit, at: Derivation) -> Column:
    """The test's standard unit (the collected one where it has none) wherever a unit was collected."""
    units = at.text(entry.standard_unit)
    tests = tests_here(at)
    own = map_distinct(test_codes(at), lambda c: _unit_of(tests.get(str(c))))
    return Column(units.where(own.isna(), own).where(units.notna()), Kind.TEXT)


def _unit_of(test: Test | None) -> str | None:
    return str(test.standard) if test is not None and test.standard is not None else None
