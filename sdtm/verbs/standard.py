"""Results, units and ranges in the standard unit of their test: standardise, standard_unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Annotated, Literal, Self

import numpy as np
import pandas as pd
from pydantic import PlainValidator, WithJsonSchema, model_validator

from engine.build.derivation import Derivation
from engine.build.reading import NumberRules, ResultsHere, read_results_here
from engine.build.rows import codes_of, distinct_records
from engine.build.terms import term_hint
from engine.coded import Coded
from engine.columns import Column, Kind, blank, map_distinct
from engine.errors import hint_for
from engine.numbers import Conversion, Results, convert, format_number, known_conversion, unit_key
from engine.spec.dataset import Test
from engine.spec.entries import Entry, Policy
from engine.spec.references import RefField
from engine.spec.verbs import verb
from engine.terminology import codelist, find_codelist
from engine.yaml.fields import Boolean, Model, wrong
from engine.yaml.nodes import Text, YamlList, YamlMap
from engine.yaml.shapes import TEXT, list_of
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


_INTO = {"anyOf": [{**list_of(TEXT), "maxItems": 4}, {
    "type": "object", "properties": dict.fromkeys(ROLES, TEXT), "additionalProperties": False}]}


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

    Without ``into`` LBSTRESC makes LBSTRESN, LBSTRESU and, of bounds that are named,
    LBSTNRLO and LBSTNRHI.  ``unknown_unit`` says what a unit without a way to the standard one means;
    ``decimal_comma`` and ``thousands`` stand over those of the raw file.
    """

    standardise: Collected
    into: Annotated[Mapping[str, str], PlainValidator(read_into), WithJsonSchema(_INTO)] | None = None
    unknown_unit: Policy | None = None
    decimal_comma: Literal["true", "false", "auto"] | None = None
    thousands: Boolean | None = None

    @model_validator(mode="after")
    def _limits_given(self) -> Self:
        for role in LIMITS:
            if role in (self.into or ()) and getattr(self.standardise, role) is None:
                raise wrong(f"'into' wants '{role}', and 'standardise' names no column for it")
        return self

    def also_makes(self, variable: str) -> tuple[str, ...]:
        """The variables of ``into``, or those that belong to --STRESC."""
        return tuple(self.names(variable).values())

    def names(self, variable: str) -> Mapping[str, str]:
        """The variable of each role; of --STRESC those of the standard, if ``into`` does not say."""
        prefix = variable.removesuffix("STRESC")
        if self.into is not None or prefix == variable:
            return self.into or {}
        bounds = {"low": "STNRLO", "high": "STNRHI"}
        given = {role: end for role, end in bounds.items() if getattr(self.standardise, role) is not None}
        return {role: prefix + end for role, end in ({"number": "STRESN", "unit": "STRESU"} | given).items()}

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
    part, into = entry.standardise, entry.names(at.variable)
    texts = at.coded(part.result)
    units = at.coded(part.unit) if part.unit is not None else Coded.nulls(at.rows.size)
    alike = _alike(texts, units, read_results_here(at, texts, over=entry.rules()), at)
    limits = {role: _limit(getattr(part, role), entry, at) for role in LIMITS if role in into}
    _require_ways(entry, alike, at)
    made = pd.concat([_standard(group, alike, entry, at) for group in alike.groups]).sort_index() if (
        alike.groups) else pd.DataFrame(columns=["text", "number", "unit"])
    columns = {at.variable: alike.spread_text(made["text"])}
    for role, name in into.items():
        if role == "unit":
            columns[name] = alike.spread_text(made["unit"])
        elif role == "number":
            columns[name] = Column(pd.Series(made["number"].to_numpy("float64")[alike.codes]), Kind.NUMBER)
        else:
            columns[name] = Column(_limits(limits[role], alike), Kind.NUMBER)
    return columns


@dataclass(frozen=True)
class _Group:
    """The distinct results of one test and collected unit: positions among all distinct ones."""

    positions: np.ndarray
    code: str
    unit: str | None
    test: Test | None
    way: Way


@dataclass(frozen=True)
class _Alike:
    """The distinct results: what each says, those of each test and unit, and which one a record has."""

    codes: np.ndarray
    results: Results
    groups: list[_Group]

    def spread(self, mask: np.ndarray) -> np.ndarray:
        """A mask of distinct results as one of records."""
        found: np.ndarray = mask[self.codes]
        return found

    def spread_text(self, made: pd.Series) -> Column:
        """Texts of distinct results as a column of the records."""
        return Column(Coded.of(made.astype("str")).take(self.codes), Kind.TEXT)


def _alike(texts: Coded, units: Coded, read: ResultsHere, at: Derivation) -> _Alike:
    """Find the distinct combinations of test, unit and result; two files may read a text differently."""
    tests, named = tests_here(at, "standard", "convert", "digits", "map"), test_codes(at)
    files = pd.Series(at.rows.origin.file)
    codes, first = distinct_records([named, units, texts, files])
    number, *said = read
    results = Results(pd.Series(number[first]), *(column.take(first).series() for column in said))
    small_names, small_units = named.take(first), units.take(first)
    group = codes_of([small_names, small_units])
    order = np.argsort(group, kind="stable")
    groups = []
    for positions in np.split(order, np.flatnonzero(np.diff(group[order])) + 1) if len(order) else ():
        code, unit = (column.take(positions[:1]).texts()[0] for column in (small_names, small_units))
        test = tests.get(str(code))
        groups.append(_Group(positions, str(code), unit, test, way_of(test, unit)))
    return _Alike(codes, results, groups)


def _require_ways(entry: Standardise, alike: _Alike, at: Derivation) -> None:
    """Refuse, or note, numbers whose unit leads nowhere."""
    measured = alike.results.kind.isin(["number", "comparator"]).to_numpy()
    shown = pd.Series("", index=alike.results.kind.index, dtype="str")
    lost = np.zeros(len(measured), dtype=bool)
    for group in alike.groups:
        if group.way.conversion is None and group.test is not None:
            lost[group.positions] = measured[group.positions]
            there = f"unit '{group.unit}' of {group.code} has no way to" if group.unit else (
                f"the result of {group.code} has no unit, and its standard unit is")
            shown.iloc[group.positions] = f"{there} '{group.test.standard}'"
    if not lost.any():
        return
    told = _with_collected(Coded.of(shown).take(alike.codes), alike.spread(lost), entry, at)
    if entry.unknown_unit in (None, "error"):
        at.refuse(alike.spread(lost), lambda v: v, told, lambda v: (
            "'values' of the test may state it; or set 'unknown_unit'" if "has no unit" in v else
            "give the way under 'convert' of the test, or the meaning under 'units'; or set 'unknown_unit'"))
    else:
        done = "kept as collected" if entry.unknown_unit == "keep" else "left blank"
        at.note(alike.spread(lost), lambda v: f"{v}; {done}", told)


def _with_collected(told: Coded, lost: np.ndarray, entry: Standardise, at: Derivation) -> Coded:
    """What is said of units that lead nowhere; where a term stands for one, also how it was collected."""
    role, ref = at.rows.columns.get(("@test", "unit")), entry.standardise.unit
    if role is None or ref is None or role.kind is not Kind.TEXT:
        return told
    positions = np.flatnonzero(lost)
    texts, unit, raw = (column.take(positions).series() for column in (told, at.coded(ref), role.coded))
    texts = texts.mask(raw.notna() & (raw != unit), texts + " (collected as '" + raw + "')")
    texts.index = pd.Index(positions)
    return Coded.of(texts.reindex(at.index))


def _standard(group: _Group, alike: _Alike, entry: Standardise, at: Derivation) -> pd.DataFrame:
    """Standard text, number and unit of one group's results."""
    way = group.way
    if way.conversion is None and entry.unknown_unit == "keep":
        way = Way(_SAME, group.unit)
    read = Results(*(column.iloc[group.positions] for column in alike.results))
    plain, compared = read.kind == "number", read.kind == "comparator"
    number = _converted(read.number.where(plain | compared), way)
    text = _mapped(read.text.where(read.kind == "text"), group.test)
    text = _terms(text, group, alike, entry, at)
    _refuse_text(text, group, alike, at)
    text = text.where(~plain, format_number(number))
    if compared.any():
        text = text.where(~compared, read.text if way.same else read.comparator + format_number(number))
    unit = pd.Series(way.unit, index=read.text.index, dtype="str")
    given = text.notna() & (group.unit is not None and way.conversion is not None)
    return pd.DataFrame({"text": text, "number": number.where(plain), "unit": unit.where(given)})


def _limits(values: pd.Series, alike: _Alike) -> pd.Series:
    """Limits of the records in the standard units of their results."""
    made = values.to_numpy(dtype="float64", copy=True)
    number = np.empty(len(alike.results.kind), dtype="int64")
    for place, group in enumerate(alike.groups):
        number[group.positions] = place
    at_group = number[alike.codes]
    for place, group in enumerate(alike.groups):
        if not group.way.same:
            mask = at_group == place
            made[mask] = _converted(pd.Series(made[mask]), group.way).to_numpy()
    return pd.Series(made)


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


def _terms(text: pd.Series, group: _Group, alike: _Alike, entry: Standardise, at: Derivation) -> pd.Series:
    """Text results as terms of the test's codelists; one that is none follows ``unmapped``."""
    lists = [c for n in (group.test.codelist if group.test else None) or () if (c := find_codelist(str(n)))]
    if not lists:
        return text
    made = map_distinct(text, lambda v: next((t.value for c in lists if (t := c.find(str(v)))), None))
    stray = (text.notna() & made.isna()).to_numpy()
    if stray.any():
        mask = np.zeros(len(alike.results.kind), dtype=bool)
        mask[group.positions] = stray
        shown = Coded.of(text.reindex(alike.results.kind.index)).take(alike.codes)
        named = ", ".join(f"{c.value} ({c.code})" for c in lists)
        told = f"of {group.code} is not in codelist {named}"
        if entry.unmapped in ("keep", "blank"):
            at.note(alike.spread(mask), lambda v: f"'{v}' {told}", shown)
        else:
            at.refuse(alike.spread(mask), lambda v: f"'{v}' {told}", shown,
                      lambda v: term_hint(v, entry, lists, " of the test"))
    return made.where(~stray, text) if entry.unmapped == "keep" else made


def _refuse_text(text: pd.Series, group: _Group, alike: _Alike, at: Derivation) -> None:
    """Text with digits cannot pass for a standard result where its unit is converted."""
    if group.way.same or group.way.conversion is None or not text.notna().any():
        return
    mask = np.zeros(len(alike.results.kind), dtype=bool)
    mask[group.positions] = text.str.contains(r"\d", regex=True, na=False).to_numpy(dtype=bool)
    shown = Coded.of(text.reindex(alike.results.kind.index)).take(alike.codes)
    at.refuse(alike.spread(mask),
              lambda v: f"'{v}' cannot be converted from '{group.unit}' to '{group.way.unit}'", shown,
              "give its standard form under 'map' of the test")


def _limit(ref: RefField, entry: Standardise, at: Derivation) -> pd.Series:
    """A limit as a number; text that is none follows ``unread``."""
    column = at.column(ref)
    if column.kind is Kind.NUMBER:
        return column.values
    read = read_results_here(at, at.coded(ref), over=entry.rules())
    number = read.is_kind("number")
    stray = ~read.text.isna() & ~number
    if entry.unread in (None, "error"):
        at.refuse(stray, lambda v: f"'{v}' in {ref} is no number", column.coded,
                  "'unread: blank' leaves it out")
    else:
        at.note(stray, lambda v: f"'{v}' in {ref} is no number; left blank", column.coded)
    return pd.Series(np.where(number, read.number, np.nan))


class StandardUnit(Entry):
    """``{standard_unit: LBORRESU}``."""

    standard_unit: RefField


@verb("standard_unit", layer="sdtm")
def derive_standard_unit(entry: StandardUnit, at: Derivation) -> Column:
    """The test's standard unit (the collected one where it has none) wherever a unit was collected.

    Source: SDTMIG 3.4, section 4.5.1.1 (--STRESU).
    """
    units, tests = at.coded(entry.standard_unit), tests_here(at, "standard")
    own = test_codes(at).map(lambda code: _unit_of(tests.get(code)))
    return Column(own.or_else(units).where(~units.isna()), Kind.TEXT)


def _unit_of(test: Test | None) -> str | None:
    return str(test.standard) if test is not None and test.standard is not None else None
