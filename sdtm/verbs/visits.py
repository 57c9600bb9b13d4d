"""Planned and unscheduled visits by the study's visit table: visit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
import pandas as pd

from engine.build.collected import read_collected
from engine.build.derivation import Derivation
from engine.build.rows import SUBJECT, Rows, match
from engine.coded import Coded
from engine.columns import Column, Kind
from engine.dates import date_hint, date_part, order_key
from engine.errors import did_you_mean, likely
from engine.numbers import format_number, half_up
from engine.spec.entries import Entry, Policy
from engine.spec.references import RefField
from engine.spec.schedule import Unscheduled, visit_key
from engine.spec.study import Study
from engine.spec.verbs import verb

KindOf = Callable[[tuple[str, ...]], Kind]
Take = Literal["VISITNUM", "VISIT", "VISITDY"]


class VisitOf(Entry):
    """``{visit: CODE, take: VISITNUM | VISIT | VISITDY, date: LBDTC, none}``.

    ``take`` is the variable's own name if not said.  ``date`` tells unscheduled
    visits apart where their codes do not.
    """

    visit: RefField
    take: Take | None = None
    date: RefField | None = None
    none: Policy | None = None

    def needs(self, study: Study, dataset: str) -> Iterator[tuple[str, str]]:
        """The table of the visits that happened."""
        if study.unscheduled is not None:
            yield str(study.unscheduled.in_), study.unscheduled.visit.parts[-1]
            yield str(study.unscheduled.in_), study.unscheduled.date.parts[-1]


def _kind(entry: VisitOf, kind_of: KindOf) -> Kind:
    return Kind.NUMBER if entry.take in ("VISITNUM", "VISITDY") else Kind.TEXT


@verb("visit", layer="sdtm", kind=_kind)
def derive_visit(entry: VisitOf, at: Derivation) -> Column:
    """VISITNUM, VISIT or VISITDY of a visit code.

    Codes and aliases are matched trimmed and in any case.  A code that is neither
    planned nor unscheduled follows ``none``: ``keep`` leaves the code as VISIT.

    Source: SDTMIG 3.4, section 4.4.5 (clinical encounters and visits).
    """
    take = entry.take or at.variable
    if take not in ("VISITNUM", "VISIT", "VISITDY"):
        raise at.wrong("'take' is wanted: VISITNUM, VISIT or VISITDY")
    codes = at.coded(entry.visit)
    planned = _planned(at, take)
    known = codes.where_text(lambda text: visit_key(text) in planned)
    unscheduled = at.build.plan.study.study.unscheduled
    if unscheduled is not None:
        marks = unscheduled_marks(codes, unscheduled).where(~known)
        numbers, lost = _unscheduled_numbers(marks, unscheduled, entry, at)
        happened = ~np.isnan(numbers)
        known = known | happened | lost
    else:
        numbers, happened = np.full(len(codes), np.nan), np.zeros(len(codes), dtype=bool)
    kept = _settled(entry.none, ~codes.isna() & ~known, codes, take, at, tells=_tells(entry, at))
    if take != "VISIT":
        made = codes.numbers(lambda text: planned.get(visit_key(text)))
        made = np.where(happened, numbers, made) if take == "VISITNUM" else made
        return Column(pd.Series(made), Kind.NUMBER)
    texts = codes.map(lambda text: planned.get(visit_key(text)))
    if happened.any():
        names = str(unscheduled.name if unscheduled else "") + " " + format_number(pd.Series(numbers))
        texts = Coded.of(names).or_else(texts)
    return Column(texts.or_else(codes.where(kept)), Kind.TEXT)


def _tells(entry: VisitOf, at: Derivation) -> bool:
    """Whether the variable is the first of those made of this code: it alone tells what is no visit."""
    spec, number = at.build.plan.datasets[at.dataset], at.where.source
    variables = spec.variables if number is None else spec.sources[number].variables
    same = [name for name, variable in variables.items()
            if isinstance(variable.entry, VisitOf) and variable.entry.visit.parts == entry.visit.parts
            and variable.entry.none in (None, "error")]
    return at.variable in same[:1] or at.variable not in same


def _hint(code: str, at: Derivation) -> str:
    """What to do about a code that is no visit: the one it may mean, and where to say so."""
    visits = at.build.plan.study.study.visits or {}
    known = [str(t) for one, visit in visits.items() for t in (one, visit.VISIT, *(visit.aliases or ()))]
    near = likely(code, known)
    if near is None:
        return "add it, or an alias, under 'visits' in the study file"
    return f"{did_you_mean(code, near)} add it to the 'aliases' of that visit in the study file"


def _settled(policy: str | None, stray: np.ndarray, codes: Coded, take: str, at: Derivation, *,
             tells: bool) -> np.ndarray:
    """Refuse or note codes that are no visit; where they are kept as VISIT."""
    if policy in (None, "error"):
        if tells:
            at.refuse(stray, lambda v: f"'{v}' is no visit of the study", codes, lambda v: _hint(v, at))
        else:
            at.lose(stray)
    else:
        kept = "kept" if policy == "keep" and take == "VISIT" else "left blank"
        at.note(stray, lambda v: f"'{v}' is no visit of the study; {kept}", codes)
        if kept == "kept":
            return stray
    return np.zeros(len(codes), dtype=bool)


def _planned(at: Derivation, take: str) -> dict[str, Any]:
    """What each planned code, and each alias of it, gives."""
    found: dict[str, Any] = {}
    for code, visit in (at.build.plan.study.study.visits or {}).items():
        value: str | float
        if take == "VISIT":
            value = str(visit.VISIT)
        elif take == "VISITNUM":
            value = float(visit.VISITNUM)
        else:
            value = np.nan if visit.VISITDY is None else float(visit.VISITDY)
        for text in (code, *(visit.aliases or ())):
            found[visit_key(str(text))] = value
    return found


def unscheduled_marks(codes: Coded, unscheduled: Unscheduled) -> Coded:
    """What stands for ``%`` in each unscheduled code (empty text where nothing does), NULL in others.

    >>> from engine.spec.schedule import Unscheduled
    >>> from engine.yaml.fields import validate
    >>> from engine.yaml.reader import parse_yaml
    >>> said = "{in: visits, visit: V, date: D, code: ['UNS%', 'UNSCHEDULED %'], name: UNSCHEDULED}"
    >>> rules = validate(Unscheduled, parse_yaml(said), "study")
    >>> codes = Coded.of(pd.Series(["UNS1", "unscheduled 1", "D7"], dtype="str"))
    >>> unscheduled_marks(codes, rules).texts()
    ['1', '1', None]
    """
    # The longest pattern first: UNSCHEDULED 1 also fits UNS%.
    patterns = [re.compile("(.*)".join(re.escape(visit_key(part)) for part in str(text).split("%")))
                for text in sorted(unscheduled.code, key=len, reverse=True)]

    def mark(text: str) -> str | None:
        for pattern in patterns:
            fits = pattern.fullmatch(visit_key(text))
            if fits is not None:
                return fits[1].strip()
        return None

    return codes.map(mark)


def _unscheduled_numbers(marks: Coded, rules: Unscheduled, entry: VisitOf,
                         at: Derivation) -> tuple[np.ndarray, np.ndarray]:
    """VISITNUM of each record of an unscheduled visit, by its mark and if need be its date.

    Also where the visit cannot be told; that is refused here.
    """
    visits = _happened(rules, at)
    visits = visits[visits["mark"].notna()].reset_index(drop=True)
    subjects = at.rows.coded(*SUBJECT)
    by_mark = match([subjects, marks], [visits["subject"], visits["mark"]])
    position = np.where(by_mark.count == 1, by_mark.first, -1)
    if entry.date is not None:
        days = Coded.of(date_part(at.text(entry.date)))
        by_day = match([subjects, marks, days], [visits["subject"], visits["mark"], visits["day"]])
        position = np.where((position < 0) & (by_day.count == 1), by_day.first, position)
    numbers = np.append(visits["number"].to_numpy(dtype="float64"), np.nan)[position]
    lost = ~marks.isna() & (position < 0) & (by_mark.count > 1)
    at.refuse(lost, lambda v: f"several visits of the subject in {rules.in_} are '{v}'",
              at.coded(entry.visit),
              "give 'date' in the entry, or correct the visits")
    return numbers, lost


def _happened(rules: Unscheduled, at: Derivation) -> pd.DataFrame:
    """The visits that happened: subject, mark (NULL if planned), day, number, in order of date."""
    rows = at.other(str(rules.in_), [rules.visit.parts[-1], rules.date.parts[-1]])
    codes = at.other_column(rows, rules.visit.parts[-1]).coded
    planned = _planned(at, "VISITNUM")
    number = codes.numbers(lambda text: planned.get(visit_key(text)))
    mark = unscheduled_marks(codes, rules).where(np.isnan(number)).series()
    frame = pd.DataFrame({"subject": rows.columns[SUBJECT].values, "mark": mark, "number": number,
                          "day": _days(rules, rows, at)})
    frame = frame[frame["subject"].notna() & (frame["mark"].notna() | frame["number"].notna())]
    frame = frame.drop_duplicates().assign(key=order_key(frame["day"]))
    frame = frame.sort_values(["subject", "key", "number", "mark"], na_position="last", kind="stable")
    before = frame.groupby("subject")["number"].ffill().fillna(0.0)
    visited = frame["mark"].notna()
    count = visited.groupby([frame["subject"], before]).cumsum()
    frame["number"] = before.where(~visited, half_up(before + count / 100, 2))
    return frame.reset_index(drop=True)


def _days(rules: Unscheduled, rows: Rows, at: Derivation) -> pd.Series:
    values = at.other_column(rows, rules.date.parts[-1]).values
    if rows.name in at.build.plan.datasets:
        return date_part(values)
    read = read_collected(at.build.plan.study, rows.name, rows, [values], time_alone="drop")
    at.refuse(read.bad.to_numpy(dtype=bool), lambda reason: reason, read.reasons, date_hint, rows)
    return date_part(read.values)
