"""Laws of time_to_event, by whole builds against an oracle of plain Python loops."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_adam_laws import Bench

from adam.records.time_to_event import Ends, compute_end, compute_joined

quick = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])

CUTOFF = date(2025, 1, 21)
STUDY = f"""
study: {{subject: USUBJID, study: {{id: S, title: A study, cutoff: {CUTOFF}}}}}
raw:
  sl: "STUDYID,USUBJID,POP,DTH,SEEN\\nS,1,,,\\n"
  rs: "STUDYID,USUBJID,SEQ,RES,DT\\nS,1,,,\\n"
adam:
  ADRS:
    class: BASIC DATA STRUCTURE
    from: rs
    variables:
      ASEQ: {{from: SEQ}}
      ADT: {{from: DT}}
      AVALC: {{from: RES}}
  ADTTE:
    class: BASIC DATA STRUCTURE
    subclass: TIME-TO-EVENT
    from: sl
    records:
      - time_to_event:
          RFS:
            label: Relapse-Free Survival (days)
            where: "POP = 'Y'"
            start: {{in: ADRS, value: ADT, where: "AVALC = 'CR'"}}
            events:
              - {{in: ADRS, value: ADT, where: "AVALC = 'REL'", before_start: drop, sequence: ASEQ,
                 set: {{EVNTDESC: REL}}}}
              - {{value: DTH, before_start: drop, set: {{EVNTDESC: DTH}}}}
              - {{in: ADRS, value: ADT, where: "AVALC = 'TRT'", before_start: drop, cnsr: 2,
                 set: {{EVNTDESC: TRT}}}}
            censorings:
              - {{in: ADRS, value: ADT, before_start: start, sequence: ASEQ, set: {{EVNTDESC: LAST}}}}
              - {{value: SEEN, before_start: start, set: {{EVNTDESC: SEEN}}}}
          ANY:
            label: Time to the First Record (days)
            start: SEEN
            events: [{{in: ADRS, value: ADT, before_start: start, sequence: ASEQ}}]
            censorings: [{{value: SEEN}}]
        cutoff: study.cutoff
"""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(STUDY, tmp_path_factory.mktemp("tte"))


class Subject(NamedTuple):
    """One subject: whether in the population, dates of death and last contact, and assessments."""

    pop: str
    death: date | None
    seen: date | None
    results: list[tuple[str, date]]


days = st.integers(0, 30).map(lambda n: date(2025, 1, 1) + timedelta(days=n))
people = st.lists(st.builds(
    Subject, st.sampled_from(["Y", "Y", "N"]), st.none() | days, st.none() | days,
    st.lists(st.tuples(st.sampled_from(["CR", "CR", "REL", "NR", "TRT"]), days), max_size=6),
), min_size=1, max_size=5)


def built(bench: Bench, people: list[Subject], order: list[int] | None = None) -> pd.DataFrame:
    """ADTTE of these subjects; ``order`` shuffles the assessments."""
    sl = [{"USUBJID": str(n), "POP": p.pop, "DTH": p.death, "SEEN": p.seen} for n, p in enumerate(people)]
    rs = [{"USUBJID": str(n), "SEQ": k, "RES": result, "DT": day}
          for n, p in enumerate(people) for k, (result, day) in enumerate(p.results, start=1)]
    return bench.build("ADTTE", sl=sl, rs=[rs[n] for n in order] if order is not None else rs)


def of(made: pd.DataFrame, code: str) -> dict[int, dict[str, str]]:
    """The records of a parameter by subject, of which there must be one each."""
    own = made[made["PARAMCD"] == code]
    assert not own["USUBJID"].duplicated().any()
    return {int(record["USUBJID"]): {str(name): str(text) for name, text in record.items()}
            for record in own.to_dict("records")}


def wanted(person: Subject) -> tuple[date, date, int, str, str] | None:
    """STARTDT, ADT, CNSR, EVNTDESC and SRCSEQ as a reader of the specification works them out."""
    starts = [day for result, day in person.results if result == "CR"]
    if person.pop != "Y" or not starts or min(starts) > CUTOFF:
        return None
    start = min(starts)
    ends = [(day, 0, k, 0, "REL") for k, (r, day) in enumerate(person.results, start=1) if r == "REL"]
    ends += [(person.death, 1, 0, 0, "DTH")] if person.death else []
    ends += [(day, 2, 0, 2, "TRT") for r, day in person.results if r == "TRT"]
    inside = sorted(end for end in ends if start <= end[0] <= CUTOFF)
    if inside:
        day, _, number, code, told = inside[0]
        return start, day, code, told, str(number or "")
    late = [(min(max(day, start), CUTOFF), -k, "LAST") for k, (_, day) in enumerate(person.results, start=1)]
    day, number, told = max(late)
    if person.seen and min(max(person.seen, start), CUTOFF) > day:
        return start, min(person.seen, CUTOFF), 1, "SEEN", ""
    return start, day, 1, told, str(-number)


@quick
@given(people)
def test_the_first_event_else_the_last_censoring_is_taken(bench: Bench, people: list[Subject]) -> None:
    found = of(built(bench, people), "RFS")
    for number, person in enumerate(people):
        expected = wanted(person)
        assert (number in found) == (expected is not None)     # one record a subject at risk, none for others
        if expected is not None:
            start, day, code, told, sequence = expected
            names = ("STARTDT", "ADT", "CNSR", "EVNTDESC", "SRCSEQ")
            assert tuple(found[number][name] for name in names) == (
                str(start), str(day), str(code), told, sequence)


@quick
@given(people)
def test_what_holds_of_every_record(bench: Bench, people: list[Subject]) -> None:
    made = built(bench, people)
    for record in made.to_dict("records"):
        start, end = date.fromisoformat(record["STARTDT"]), date.fromisoformat(record["ADT"])
        assert int(record["AVAL"]) == (end - start).days + 1
        assert start <= end <= CUTOFF
        person = people[int(record["USUBJID"])]
        if record["PARAMCD"] == "RFS" and record["CNSR"] == "1":    # no event that is known comes before
            assert not [day for r, day in person.results if r == "REL" and start <= day <= CUTOFF]
            assert person.death is None or not start <= person.death <= CUTOFF
    anyone = of(made, "ANY")
    assert set(anyone) == {n for n, p in enumerate(people) if p.seen and p.seen <= CUTOFF}
    assert {n for n, r in anyone.items() if r["CNSR"] == "0"} == {
        n for n in anyone if any(max(day, people[n].seen or day) <= CUTOFF for _, day in people[n].results)}


@quick
@given(people.flatmap(lambda p: st.tuples(
    st.just(p), st.permutations(range(sum(len(one.results) for one in p))))))
def test_the_order_of_the_records_changes_nothing(
    bench: Bench, drawn: tuple[list[Subject], list[int]],
) -> None:
    people, order = drawn
    pd.testing.assert_frame_equal(built(bench, people), built(bench, people, order))


@quick
@given(people)
def test_what_comes_after_the_cut_off_is_not_known(bench: Bench, people: list[Subject]) -> None:
    later = CUTOFF + timedelta(days=5)
    more = [p._replace(results=[*p.results, ("REL", later)], death=p.death or later) for p in people]
    made, other = (of(built(bench, each), "RFS") for each in (people, more))
    assert set(made) == set(other)
    for number, record in made.items():
        if record["CNSR"] != "1":
            assert other[number] == record
        else:   # an assessment after the cut-off shows that nothing was there until then
            assert (other[number]["CNSR"], other[number]["ADT"]) == ("1", str(CUTOFF))


def test_no_candidates_end_nothing() -> None:
    nothing = np.array([], dtype="int64")
    assert compute_end(nothing, nothing.astype("datetime64[D]"), np.array([]), 2).tolist() == [-1, -1]
    joined = compute_joined(Ends.none(2), Ends.none(2), last=True)
    assert np.isnat(joined.day).all()
    assert joined.item.tolist() == [-1, -1]
