"""Laws of the ADaM verbs, by whole builds against oracles of plain Python loops."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from cases_runner import made_frame, write_study
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from laws import examples

import adam.records
import adam.verbs  # noqa: F401 (registers the verbs of this layer)
from adam.verbs.period_arrays import compute_changes
from engine.build.execute import Build
from engine.build.plan import Plan, make_plan
from engine.build.raw import all_headers
from engine.spec.load import load_study
from engine.yaml.nodes import YamlMap
from engine.yaml.reader import parse_yaml

Records = Sequence[Mapping[str, object]]
quick = settings(examples(10, 80), suppress_health_check=[HealthCheck.too_slow])

STUDY = """
study:
  subject: USUBJID
  windows: [{visit: Pre, to: 1, target: -1}, {visit: Early, from: 2, to: 9, target: 5},
            {visit: Late, from: 12, to: 20, target: 15}]
raw:
  sl: "STUDYID,USUBJID,REF\\nS,1,\\n"
  ex: "STUDYID,USUBJID,PER,TRT,ST,EN\\nS,1,,,,\\n"
  ad: "STUDYID,USUBJID,G,SEQ,DTC,DAY,VAL\\nS,1,,,,,\\n"
sdtm:
  EX:
    from: ex
    variables:
      _PER: {from: PER, type: number}
      EXTRT: {from: TRT}
      EXSTDTC: {from: ST}
      EXENDTC: {from: EN}
adam:
  ADSL:
    class: SUBJECT LEVEL ANALYSIS DATASET
    from: sl
    periods:
      {in: EX, most: 3, number: _PER, start: EXSTDTC, end: EXENDTC, take: {TRTxxA: EXTRT},
       where: "_PER IS NOT NULL"}
  ADBL:
    class: BASIC DATA STRUCTURE
    from: ad
    variables:
      _SEQ: {from: SEQ, type: number}
      _VAL: {from: VAL, type: number}
      ABLFL: {baseline: {date: DTC, reference: sl.REF, by: [USUBJID, G], value: _VAL, order: [_SEQ]}}
      _BEFORE: {baseline: {date: DTC, reference: sl.REF, by: [USUBJID, G], value: _VAL, order: [_SEQ],
                           same_day: after, at_reference: after}}
      BASE: {base: {value: _VAL, flag: ABLFL, by: [USUBJID, G]}}
  ADSQ:
    class: BASIC DATA STRUCTURE
    from: ad
    variables:
      _SEQ: {from: SEQ, type: number}
      _DAY: {from: DAY, type: number}
      ASEQ: {sequence: [-_DAY, _SEQ]}
  ADWN:
    class: BASIC DATA STRUCTURE
    from: ad
    variables:
      _SEQ: {from: SEQ, type: number}
      ADY: {from: DAY}
      AVISIT: {window: {day: ADY, in: windows, by: [USUBJID, G], closest: target, tie: later, order: [_SEQ],
                        flag: ANL01FL, outside: blank}}
      _VISIT: {window: {day: ADY, in: windows, by: [USUBJID, G], closest: target, tie: earlier, order: [_SEQ],
                        flag: ANL02FL, outside: blank}}
  ADPE:
    class: BASIC DATA STRUCTURE
    from: ad
    variables:
      APERIOD: {period: {date: DTC, from: ADSL.TRxxSDT, to: ADSL.TRxxEDT, into: {TRTA: ADSL.TRTxxA}}}
      _LATER: {period: {date: DTC, from: ADSL.TRxxSDT, to: ADSL.TRxxEDT, days: 2}}
"""
DOSES = """
study: {subject: USUBJID}
raw:
  ex: "STUDYID,USUBJID,TRT,ST\\nS,1,,\\n"
  pc: "STUDYID,USUBJID,DRUG,DTC\\nS,1,,\\n"
adam:
  ADPC:
    class: BASIC DATA STRUCTURE
    from: pc
    variables:
      _PREV: {nearest: {in: ex, value: ST, drug: TRT, on: {TRT: DRUG}, date: DTC, take: previous}}
      _NEXT: {nearest: {in: ex, value: ST, drug: TRT, on: {TRT: DRUG}, date: DTC, take: next}}
      _AFTER: {nearest: {in: ex, value: ST, drug: TRT, on: {TRT: DRUG}, date: DTC, take: previous,
                         same_instant: after}}
      _NEAR: {nearest: {in: ex, value: ST, drug: TRT, on: {TRT: DRUG}, date: DTC, take: closest, tie: next}}
      _NEARP: {nearest: {in: ex, value: ST, drug: TRT, on: {TRT: DRUG}, date: DTC, take: closest,
                         tie: previous}}
      _FIRST: {nearest: {in: ex, value: ST, drug: TRT, on: {TRT: DRUG}, date: DTC, take: first}}
"""


class Bench:
    """A study whose specs are read once, and whose raw tables change with each example."""

    def __init__(self, text: str, folder: Path) -> None:
        case = parse_yaml(text)
        assert isinstance(case, YamlMap)
        path = write_study(case, folder)
        self.raw = folder / "raw"
        study = load_study(path)
        self.plan: Plan = make_plan(study, all_headers(study))

    def build(self, dataset: str, **tables: Records) -> pd.DataFrame:
        """The dataset as text, of these raw records."""
        for name, records in tables.items():
            file = self.raw / f"{name}.csv"
            header = file.read_text().splitlines()[0].split(",")
            with file.open("w", newline="") as out:
                writer = csv.writer(out)
                writer.writerow(header)
                writer.writerows(["S", *("" if r[h] is None else r[h] for h in header[1:])] for r in records)
        build = Build(self.plan)
        build.run({dataset})
        build.require_clean()
        return made_frame(build, dataset)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(STUDY, tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def doses(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(DOSES, tmp_path_factory.mktemp("doses"))


minutes = st.sampled_from(["08:00", "08:30", "23:50"])
moments = st.builds(lambda day, time: f"2025-03-{day:02d}T{time}", st.integers(8, 11), minutes)
dtc = moments | st.integers(8, 11).map(lambda day: f"2025-03-{day:02d}") | st.sampled_from(
    ["2025-03", "2025-02", "2025", None])
subjects = st.sampled_from(["1", "2"])
groups = st.sampled_from(["A", "B"])


def record(**given: object) -> dict[str, object]:
    return {"USUBJID": "1", "G": "A", "SEQ": None, "DTC": None, "DAY": None, "VAL": None} | given


def numbered(records: Iterable[Mapping[str, object]]) -> list[dict[str, object]]:
    return [dict(r) | {"SEQ": n} for n, r in enumerate(records, start=1)]


# --- baseline -------------------------------------------------------------------------


def possible(text: str) -> tuple[datetime, datetime]:
    """The first and the last minute that a --DTC allows."""
    if "T" in text:
        moment = datetime.fromisoformat(text)
        return moment, moment
    known = len(text.split("-"))
    year, month, day = [*(int(part) for part in text.split("-")), 1, 1][:3]
    first = datetime(year, month, day)
    after = [datetime(year + 1, 1, 1), datetime(year, month + 1, 1), first + timedelta(days=1)][known - 1]
    return first, after - timedelta(minutes=1)


def counts(text: str | None, reference: str | None, strict: bool) -> bool:
    """Whether a record's date is not after the reference."""
    if text is None or reference is None:
        return False
    (first, last), (low, _) = possible(text), possible(reference)
    if "T" in text and "T" in reference:
        return first < low or (first == low and not strict)
    if first.date() == last.date() == low.date():
        return not strict
    return last.date() < low.date()


@quick
@given(st.lists(st.tuples(subjects, groups, dtc, st.integers(-1, 4).map(lambda v: None if v < 0 else v)),
                min_size=4, max_size=24),
       moments | st.sampled_from(["2025-03-10", "2025-03-11T08:30", None]), st.booleans())
def test_the_baseline_is_the_last_value_not_after_the_reference(
    study: Bench, rows: list[tuple[str, str, str | None, int | None]], reference: str | None, late: bool,
) -> None:
    records = numbered(record(USUBJID=s, G=g, DTC=d, VAL=v) for s, g, d, v in rows)
    references = {"1": reference, "2": "2025-03-11T08:30" if late else None}
    made = study.build("ADBL", ad=records, sl=[{"USUBJID": s, "REF": r} for s, r in references.items()])
    for flag, strict in (("ABLFL", False), ("_BEFORE", True)):
        wanted: dict[tuple[str, str], tuple[tuple[datetime, int], int]] = {}
        for n, (s, g, d, v) in enumerate(rows):
            if v is None or not counts(d, references[s], strict):
                continue
            rank = (possible(str(d))[0], n)
            if (s, g) not in wanted or rank > wanted[s, g][0]:
                wanted[s, g] = rank, n
        chosen = {n for _, n in wanted.values()}
        assert {n for n, text in enumerate(made[flag]) if text == "Y"} == chosen
    for n, (s, g, _, _) in enumerate(rows):
        flagged = [k for k, row in enumerate(rows) if row[:2] == (s, g) and made["ABLFL"][k] == "Y"]
        assert len(flagged) <= 1
        assert made["BASE"][n] == (str(rows[flagged[0]][3]) if flagged else "")


# --- windows --------------------------------------------------------------------------

WINDOWS = {"Pre": (-99, 1, -1), "Early": (2, 9, 5), "Late": (12, 20, 15)}


def line(day: int) -> int:
    """Days in a row: there is no day 0."""
    return day if day < 0 else day - 1


@quick
@given(st.lists(st.tuples(subjects, (st.integers(-4, 22) | st.integers(-3, 2)).filter(bool) | st.none()),
                min_size=3, max_size=24))
def test_a_record_is_in_the_window_of_its_day_and_the_nearest_to_the_target_counts(
    study: Bench, rows: list[tuple[str, int | None]],
) -> None:
    records = numbered(record(USUBJID=s, DAY=d) for s, d in rows)
    made = study.build("ADWN", ad=records)
    visits = ["" if d is None else next((v for v, (low, high, _) in WINDOWS.items() if low <= d <= high), "")
              for _, d in rows]
    assert made["AVISIT"].tolist() == made["_VISIT"].tolist() == visits
    for flag, later in (("ANL01FL", 1), ("ANL02FL", -1)):
        best: dict[tuple[str, str], tuple[tuple[int, int, int], int]] = {}
        for n, (s, d) in enumerate(rows):
            if not visits[n] or d is None:
                continue
            away = line(d) - line(WINDOWS[visits[n]][2])
            rank = (-abs(away), later * away, later * n)
            if (s, visits[n]) not in best or rank > best[s, visits[n]][0]:
                best[s, visits[n]] = rank, n
        assert {n for n, text in enumerate(made[flag]) if text == "Y"} == {n for _, n in best.values()}


# --- doses ----------------------------------------------------------------------------

hours = st.builds(lambda hour, half: datetime(2024, 12, 31) + timedelta(hours=hour, minutes=30 * half),
                  st.integers(0, 40), st.integers(0, 1))


@quick
@given(st.lists(st.tuples(subjects, st.sampled_from(["X", "Y"]), hours), max_size=10, unique=True),
       st.lists(st.tuples(subjects, st.sampled_from(["X", "Y", "Z"]), hours), min_size=1, max_size=10))
def test_a_sample_has_the_doses_of_its_own_drug_that_a_search_through_all_finds(
    doses: Bench, given_: list[tuple[str, str, datetime]], taken: list[tuple[str, str, datetime]],
) -> None:
    def text(moment: datetime) -> str:
        return moment.strftime("%Y-%m-%dT%H:%M")

    made = doses.build("ADPC", ex=[{"USUBJID": s, "TRT": t, "ST": text(m)} for s, t, m in given_],
                       pc=[{"USUBJID": s, "DRUG": t, "DTC": text(m)} for s, t, m in taken])
    for n, (subject, drug, at) in enumerate(taken):
        own = sorted(m for s, t, m in given_ if (s, t) == (subject, drug))
        wanted: dict[str, datetime | None] = dict.fromkeys(
            ["_PREV", "_NEXT", "_AFTER", "_NEAR", "_NEARP", "_FIRST"])
        for dose in own:
            if dose < at:
                wanted["_PREV"] = dose
            if dose <= at:
                wanted["_AFTER"] = dose
        for dose in reversed(own):
            if dose >= at:
                wanted["_NEXT"] = dose
            wanted["_FIRST"] = dose
        for dose in own:
            near = wanted["_NEAR"]
            if near is None or abs(dose - at) <= abs(near - at):    # of two as near the next
                wanted["_NEAR"] = dose
            near = wanted["_NEARP"]
            if near is None or abs(dose - at) < abs(near - at):
                wanted["_NEARP"] = dose
        assert {name: made[name][n] for name in wanted} == {
            name: "" if moment is None else text(moment) for name, moment in wanted.items()}


# --- sequence -------------------------------------------------------------------------


@quick
@given(st.lists(st.tuples(subjects, st.none() | st.integers(0, 9)), min_size=1, max_size=20).flatmap(
    lambda rows: st.tuples(st.just(rows), st.permutations(range(len(rows))))))
def test_a_sequence_is_one_to_n_in_each_subject_whatever_the_order_of_the_raw_records(
    study: Bench, drawn: tuple[list[tuple[str, int | None]], list[int]],
) -> None:
    rows, order = drawn
    records = numbered(record(USUBJID=s, DAY=d) for s, d in rows)
    made = study.build("ADSQ", ad=records)["ASEQ"].astype(int).tolist()
    shuffled = study.build("ADSQ", ad=[records[n] for n in order])["ASEQ"].astype(int)
    assert [made[n] for n in order] == shuffled.tolist()
    for subject in {s for s, _ in rows}:
        own = [n for n, row in enumerate(rows) if row[0] == subject]
        ranked = sorted(own, key=lambda n: (-1 if rows[n][1] is None else rows[n][1], -n), reverse=True)
        assert [made[n] for n in ranked] == list(range(1, len(own) + 1))


# --- periods --------------------------------------------------------------------------


class Dose(NamedTuple):
    """A record of exposure."""

    subject: str
    period: int
    start: date
    end: date


@st.composite
def exposures(draw: st.DrawFn) -> list[Dose]:
    """Doses of up to three periods of two subjects, which do not overlap; some periods did not take place."""
    found: list[Dose] = []
    for subject in ("1", "2"):
        day = date(2025, 1, 1) + timedelta(days=draw(st.integers(0, 5)))
        for period in draw(st.lists(st.sampled_from([1, 2, 3]), unique=True).map(sorted)):
            for _ in range(draw(st.integers(1, 3))):
                end = day + timedelta(days=draw(st.integers(0, 3)))
                found.append(Dose(subject, period, day, end))
                day = end + timedelta(days=draw(st.integers(0, 1)))
            day += timedelta(days=draw(st.integers(0, 6)))     # the wash-out, or none at all
    return list(draw(st.permutations(found)))


@quick
@given(exposures(), st.lists(st.tuples(st.sampled_from("123"), st.integers(-3, 40)), min_size=1, max_size=20))
def test_periods_are_bounded_by_their_doses_and_hold_the_days_between(
    study: Bench, doses_given: list[Dose], events: list[tuple[str, int]],
) -> None:
    tables: dict[str, Records] = {
        "ex": [{"USUBJID": d.subject, "PER": d.period, "TRT": f"T{d.period}", "ST": d.start, "EN": d.end}
               for d in doses_given],
        "sl": [{"USUBJID": s, "REF": None} for s in "123"],
        "ad": numbered(record(USUBJID=s, DTC=date(2025, 1, 1) + timedelta(days=d)) for s, d in events)}
    had: dict[str, dict[int, tuple[date, date]]] = {subject: {} for subject in "123"}
    for dose in doses_given:
        first, last = had[dose.subject].get(dose.period, (dose.start, dose.end))
        had[dose.subject][dose.period] = min(first, dose.start), max(last, dose.end)
    made = study.build("ADSL", **tables)
    for row, subject in enumerate("123"):
        for period in (1, 2, 3):
            bounds = had[subject].get(period)
            told = [*map(str, bounds), f"T{period}"] if bounds else ["", "", ""]
            assert [made[f"TR0{period}SDT"][row], made[f"TR0{period}EDT"][row],
                    made[f"TRT0{period}A"][row]] == told
    made = study.build("ADPE", **tables)
    for n, (subject, offset) in enumerate(events):
        day, begun, over = date(2025, 1, 1) + timedelta(days=offset), 0, date(2025, 1, 1)
        for period, (first, last) in sorted(had[subject].items()):
            if day >= first:
                begun, over = period, last
        here = begun if day <= over else 0
        assert made["APERIOD"][n] == (str(here) if here else "")
        assert made["TRTA"][n] == (f"T{here}" if here else "")
        assert made["_LATER"][n] == (str(begun) if begun and day <= over + timedelta(days=2) else "")


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(-1, 5)), max_size=12))
def test_a_change_of_treatment_is_counted_in_the_order_of_starts(rows: list[tuple[int, int, int]]) -> None:
    codes, values = (np.array([row[n] for row in rows], dtype="int64") for n in (0, 1))
    start = np.array([np.datetime64(row[2], "s") if row[2] >= 0 else np.datetime64("NaT") for row in rows],
                     dtype="datetime64[s]")
    made, tied = compute_changes(codes, values, start)
    for group in (0, 1, 2):
        own = sorted((row[2], row[1], n) for n, row in enumerate(rows) if row[0] == group and row[2] >= 0)
        number = 0
        for place, (moment, value, n) in enumerate(own):
            number += place > 0 and value != own[place - 1][1]
            assert made[n] == number
            assert bool(tied[n]) == any(m == moment and v != value for m, v, _ in own)
    assert (made[np.isnat(start)] == -1).all()
