"""How the text of each of a dataset's records is to be read: by the raw file the record came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from engine.build.collected import DateRules, rules_of
from engine.build.derivation import Derivation
from engine.columns import Kind, blank
from engine.dates import Read, read_dates
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


def read_dates_here(
    at: Derivation, dates: Sequence[Ref], time: Ref | None = None, over: DateOverride | None = None,
    *, time_alone: Literal["keep", "drop"] = "keep",
) -> Read:
    """Read date columns (one, or year, month and day) and a time column of these records."""
    stated = over or DateOverride()
    if stated.dates and (time is None or stated.times):
        codes, rules = np.zeros(at.rows.size, dtype="int64"), [_default_dates(at.build.plan.study)]
    else:
        codes, rules = date_rules(at, dates[0])
    columns = [at.text(ref) for ref in dates]
    times = at.text(time) if time is not None else None
    values, reasons = blank(at.index, Kind.TEXT), blank(at.index, Kind.TEXT)
    bad = pd.Series(np.zeros(at.rows.size, dtype=bool), index=at.index)
    groups: dict[DateRules, np.ndarray] = {}
    for code, rule in enumerate(stated.over(r) for r in rules):
        groups[rule] = groups.get(rule, np.zeros(at.rows.size, dtype=bool)) | (codes == code)
    for rule, mask in groups.items():
        if mask.any():
            read = read_dates([c[mask] for c in columns], None if times is None else times[mask],
                              rule.dates, rule.times, rule.unknown, time_without_date=time_alone)
            values = _filled(values, mask, read.values)
            reasons = _filled(reasons, mask, read.reasons)
            bad[mask] = read.bad
    return Read(values, bad, reasons)


def _filled(values: pd.Series, mask: np.ndarray, part: pd.Series) -> pd.Series:
    return part if bool(mask.all()) else values.mask(mask, part.reindex(values.index))


def read_results_here(at: Derivation, text: pd.Series, units: Sequence[str] = (),
                      over: NumberRules | None = None) -> Results:
    """Read results of these records, each by what its file says of commas."""
    study = at.build.plan.study
    default = number_rules(study.study.read, study.study.read, over)
    files = raw_files(study, _main_tables(at))
    rules = [default, *(number_rules(files[f][0], study.study.read, over) if f in files else default
                        for f in at.rows.origin.files)]
    codes = at.rows.origin.file.astype("int64") + 1
    groups: dict[NumberRules, np.ndarray] = {}
    for code, rule in enumerate(rules):
        groups[rule] = groups.get(rule, np.zeros(at.rows.size, dtype=bool)) | (codes == code)
    parts = [read_results(text[mask], decimal_comma=rule.decimal_comma, thousands=rule.thousands, units=units)
             for rule, mask in groups.items() if mask.any()]
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return read_results(text, units=units)
    return Results(*(pd.concat(columns).reindex(text.index) for columns in zip(*parts, strict=True)))
