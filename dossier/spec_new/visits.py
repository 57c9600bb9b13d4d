"""The study's visits, told from the codes that stand in the tables, in the order they happened."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from dossier.spec_new.raw import RawColumn, RawTable
from dossier.spec_new.subjects import Subjects
from dossier.spec_new.times import Style
from engine.columns import map_distinct
from engine.dates import read_dates, to_date
from engine.spec.schedule import visit_key

_UNSCHEDULED = re.compile(
    r"((?:UNS|UNSCH|UNSCHED|UNSCHEDULED|UNPLANNED)(?:[ _-]?VISIT)?[ _.-]?)\d[\d.]*", re.IGNORECASE)
MOST = 80
"""A column with more codes is no visit."""


@dataclass
class Visits:
    """Visits by code with their names and aliases, patterns of unscheduled ones and where they are listed."""

    columns: dict[str, str] = field(default_factory=dict)
    planned: dict[str, dict[str, object]] = field(default_factory=dict)
    patterns: list[str] = field(default_factory=list)
    listed_in: tuple[str, str, str] | None = None


def find_visits(tables: Sequence[RawTable], styles: Mapping[str, Style], subjects: Subjects | None,
                unknown: Sequence[str]) -> Visits:
    """The visits of the tables that hold findings, or visits themselves."""
    found = Visits()
    days: list[pd.DataFrame] = []
    names: dict[str, list[str]] = {}
    spelled: dict[str, str] = {}
    ordered = sorted(tables, key=lambda t: t.domain != "SV")
    for table in ordered:
        column = visit_column(table)
        if column is None:
            continue
        found.columns[table.name] = column.name
        for value in column.distinct:
            spelled.setdefault(visit_key(value), value)
        _take_names(table, column, names)
        days.append(_days(table, column, styles[table.name], subjects, unknown))
        date = table.first("visitdate") if table.domain == "SV" else None
        if date is not None and found.listed_in is None:
            found.listed_in = table.name, column.name, date.name
    if days:
        _plan(found, _rank(days), names, spelled)
    return found


def visit_column(table: RawTable) -> RawColumn | None:
    """The column of the visit's code, where the table has few enough."""
    column = table.first("visit")
    few = column is not None and 0 < len(column.distinct) <= MOST
    return column if few and column is not None and all(map(str.isprintable, column.distinct)) else None


def _take_names(table: RawTable, column: RawColumn, names: dict[str, list[str]]) -> None:
    """The name that stands beside a code, where each code has one."""
    other = table.first("visitname")
    if other is None or other is column:
        return
    pairs = table.frame[[column.name, other.name]].dropna().drop_duplicates()
    for code, group in pairs.groupby(column.name, sort=False):
        if len(group) == 1:
            names.setdefault(visit_key(str(code)), []).append(str(group[other.name].iloc[0]))


def _days(table: RawTable, column: RawColumn, style: Style, subjects: Subjects | None,
          unknown: Sequence[str]) -> pd.DataFrame:
    """Code, subject and date of each record, as far as they can be told."""
    made = pd.DataFrame({"code": map_distinct(table.frame[column.name], lambda code: visit_key(str(code)))})
    made["who"] = ""
    for part in (subjects.site_column, subjects.subject) if subjects is not None else ():
        if part in table.columns:
            made["who"] += "-" + table.frame[part].fillna("")
    date = table.first("visitdate")
    sure = date is not None and date.name in style.date_columns
    name = date.name if date is not None and sure else next(iter(sorted(style.date_columns)), None)
    made["date"] = pd.NaT
    if name is not None and style.dates:
        read = read_dates([table.frame[name]], None, style.dates, (), unknown)
        made["date"] = to_date(read.values)
    return made[made["code"].notna()]


def _rank(days: list[pd.DataFrame]) -> list[str]:
    """Codes in the order of the days that they usually fall on, counted from each subject's first."""
    every = pd.concat(days, ignore_index=True)
    every["date"] = pd.to_datetime(every["date"])
    first = every.groupby("who")["date"].transform("min")
    every["day"] = (every["date"] - first).dt.days
    middle = every.groupby("code", sort=False)["day"].median()
    order = middle.sort_values(kind="stable", na_position="last")
    return [str(code) for code in order.index]


def _plan(found: Visits, codes: Iterable[str], names: Mapping[str, list[str]],
          spelled: Mapping[str, str]) -> None:
    aliases = {visit_key(name): key for key, listed in names.items() for name in listed[:1]}
    number = 0
    for key in codes:
        code = spelled[key]
        unscheduled = _UNSCHEDULED.fullmatch(code.strip())
        if unscheduled and found.listed_in is not None:
            pattern = f"{unscheduled[1].upper()}%"
            if pattern not in found.patterns:
                found.patterns.append(pattern)
            continue
        if aliases.get(key, key) != key and aliases[key] in spelled:
            continue  # another spelling of a visit that has a code
        number += 1
        name = " ".join((names.get(key) or [code])[0].split())
        visit: dict[str, object] = {"VISITNUM": number, "VISIT": name.upper()}
        if visit_key(name) != key and not any(visit_key(name) == other for other in found.planned):
            visit["aliases"] = [name]
        found.planned[" ".join(code.split())] = visit
