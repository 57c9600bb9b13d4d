"""How the text of each of a dataset's records is to be read: by the raw file the record came from."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from engine.build.collected import DateRules, rules_of
from engine.build.derivation import Derivation
from engine.build.rows import distinct_records
from engine.coded import Coded
from engine.columns import Kind, blank
from engine.dates import read_dates
from engine.numbers import Results, read_results
from engine.spec.load import StudySpec
from engine.spec.references import Ref
from engine.spec.study import RawFile, Reading

Comma = bool | Literal["auto"]


@dataclass(frozen=True)
class NumberRules:
    """What a comma in a result means (see :func:`engine.numbers.read_results`)."""

    decimal_comma: Comma = False
    thousands: bool = True


@dataclass(frozen=True)
class DateOverride:
    """Formats and unknown words that an entry states itself, over those of the files."""

    dates: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    unknown: tuple[str, ...] | None = None

    def over(self, rules: DateRules) -> DateRules:
        """The rules of a file with these over them."""
        return DateRules(self.dates or rules.dates, self.times or rules.times,
                         rules.unknown if self.unknown is None else self.unknown)


def number_rules(reading: Reading, study: Reading, over: NumberRules | None = None) -> NumberRules:
    """The rules of a file, the study's own where the file says nothing."""
    if over is not None:
        return over
    comma = reading.decimal_comma or study.decimal_comma or "false"
    thousands = study.thousands if reading.thousands is None else reading.thousands
    return NumberRules("auto" if comma == "auto" else comma == "true", thousands is not False)


def raw_files(study: StudySpec, tables: Sequence[str]) -> dict[str, tuple[RawFile, DateRules]]:
    """Each raw file as records name it, with its rules; files of these tables come before all others."""
    found: dict[str, tuple[RawFile, DateRules]] = {}
    every = study.study.raw.tables
    for table in (*(t for t in tables if t in every), *(str(t) for t in every)):
        rules = rules_of(study, table)
        for file, (name, rule) in zip(every[table].files, rules.items(), strict=True):
            found.setdefault(name, (file, rule))
    return found


def _main_tables(at: Derivation) -> list[str]:
    return [str(s.model.table) for s in at.build.plan.scope.sources(at.where)]


def _default_dates(study: StudySpec) -> DateRules:
    reading = study.study.read
    return DateRules(tuple(map(str, reading.dates or ("yyyy-MM-dd",))),
                     tuple(map(str, reading.times or ("HH:mm", "HH:mm:ss"))),
                     tuple(map(str, reading.unknown or ())))


def own_table(at: Derivation, ref: Ref) -> str | None:
    """The joined (or subject's) table of a column; None for one of the records themselves."""
    target = at.build.plan.scope.find(ref.parts, at.where, at.place)
    if target is None or target.table is None or (target.key[0] == "@" and len(target.key) == 2):
        return None
    return target.table


def date_rules(at: Derivation, ref: Ref) -> tuple[np.ndarray, list[DateRules]]:
    """For each record a code, and the rules the codes stand for.

    A column of the records' own raw files is read by the rules of each record's
    file; one of a joined table by that table's, which must be the same for all of
    its files.
    """
    study = at.build.plan.study
    table = own_table(at, ref)
    if table is not None and table in study.study.raw.tables:
        rules = rules_of(study, table)
        first = next(iter(rules.values()))
        if len(set(rules.values())) > 1:
            raise at.wrong(f"the files of {table} write dates in several ways, and '{ref}' is joined from it",
                           "give 'formats'")
        return np.zeros(at.rows.size, dtype="int64"), [first]
    files = raw_files(study, _main_tables(at))
    found = [_default_dates(study), *(files[f][1] if f in files else _default_dates(study)
                                      for f in at.rows.origin.files)]
    return at.rows.origin.file.astype("int64") + 1, found


class DatesHere(NamedTuple):
    """Dates read for each record: the value, whether something could not be read, and why."""

    values: Coded
    bad: np.ndarray
    reasons: Coded


class ResultsHere(NamedTuple):
    """Results read for each record (see :class:`engine.numbers.Results`), text by codes."""

    number: np.ndarray
    comparator: Coded
    unit: Coded
    text: Coded
    kind: Coded

    def is_kind(self, *kinds: str) -> np.ndarray:
        """Where a result is of one of these kinds."""
        return self.kind.where_text(kinds.__contains__)


def read_dates_here(
    at: Derivation, dates: Sequence[Ref], time: Ref | None = None, over: DateOverride | None = None,
    *, time_alone: Literal["keep", "drop"] = "keep",
) -> DatesHere:
    """Read date columns (one, or year, month and day) and a time column of these records."""
    stated = over or DateOverride()
    if stated.dates and (time is None or stated.times):
        by_file, rules = np.zeros(at.rows.size, dtype="int64"), [_default_dates(at.build.plan.study)]
    else:
        by_file, rules = date_rules(at, dates[0])
    alike, distinct = _same([stated.over(rule) for rule in rules])
    by_rule = alike[by_file]
    columns = [at.coded(ref) for ref in (*dates, *([time] if time is not None else []))]
    codes, first = distinct_records([pd.Series(by_rule), *columns])
    small = [column.take(first).series() for column in columns]
    values, reasons = blank(pd.RangeIndex(len(first)), Kind.TEXT), blank(pd.RangeIndex(len(first)), Kind.TEXT)
    bad = np.zeros(len(first), dtype=bool)
    for number, rule in enumerate(distinct):
        mask = by_rule[first] == number
        if mask.any():
            part = [column[mask] for column in small]
            read = read_dates(part[:len(dates)], part[-1] if time is not None else None,
                              rule.dates, rule.times, rule.unknown, time_without_date=time_alone)
            values = _filled(values, mask, read.values)
            reasons = _filled(reasons, mask, read.reasons)
            bad[mask] = read.bad
    return DatesHere(Coded.of(values).take(codes), bad[codes], Coded.of(reasons).take(codes))


_Rule = TypeVar("_Rule", bound=Hashable)


def _same(rules: Sequence[_Rule]) -> tuple[np.ndarray, list[_Rule]]:
    """For each rule its number among the distinct ones, and these."""
    distinct = list(dict.fromkeys(rules))
    return np.array([distinct.index(rule) for rule in rules], dtype="int64"), distinct


def _filled(values: pd.Series, mask: np.ndarray, part: pd.Series) -> pd.Series:
    return part if bool(mask.all()) else values.mask(mask, part.reindex(values.index))


def read_results_here(at: Derivation, text: Coded, units: Sequence[str] = (),
                      over: NumberRules | None = None) -> ResultsHere:
    """Read results of these records, each by what its file says of commas."""
    study = at.build.plan.study
    default = number_rules(study.study.read, study.study.read, over)
    files = raw_files(study, _main_tables(at))
    alike, distinct = _same([default, *(number_rules(files[f][0], study.study.read, over) if f in files
                                        else default for f in at.rows.origin.files)])
    by_rule = alike[at.rows.origin.file.astype("int64") + 1]
    codes, first = distinct_records([pd.Series(by_rule), text])
    small = text.take(first).series()
    parts = [read_results(small[by_rule[first] == number], decimal_comma=rule.decimal_comma,
                          thousands=rule.thousands, units=units) for number, rule in enumerate(distinct)]
    whole = parts[0] if len(parts) == 1 else Results(
        *(pd.concat(columns).reindex(small.index) for columns in zip(*parts, strict=True)))
    number, *texts = whole
    return ResultsHere(number.to_numpy(dtype="float64")[codes], *(Coded.of(t).take(codes) for t in texts))
