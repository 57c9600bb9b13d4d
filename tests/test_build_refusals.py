"""Refused and mended records: one problem a distinct value, exact counts, no endless lists."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.build.refusals import DISTINCT, LISTED, Refusals, grouped
from engine.build.rows import SUBJECT, Origin, Rows
from engine.columns import Kind
from engine.errors import Place, Record


def rows_of(size: int, *, subjects: bool = True, file: str | None = "mh.csv") -> Rows:
    """Records on the lines 2, 3, 4 ... of a file, of subjects S0, S1, S2 ..."""
    origin = Origin.nowhere(size) if file is None else Origin(
        (file,), np.zeros(size, dtype="int32"), np.arange(size, dtype="int32") + 2)
    rows = Rows("MH", size, origin)
    if subjects:
        rows.put(SUBJECT, pd.Series([f"S{n}" for n in range(size)], dtype="str"), Kind.TEXT)
    return rows


def texts(*values: str | None) -> pd.Series:
    return pd.Series(values, dtype="str")


def test_one_problem_a_distinct_value_at_its_first_record() -> None:
    refusals = Refusals()
    refusals.refuse(rows_of(5), "MH", "MHTERM", np.array([True, False, True, True, True]),
                    lambda v: f"'{v}' is wrong", texts("b", "b", "a", "b", None), "mend it",
                    Place("mh.yaml", 4))
    found = refusals.problems["MH"]
    assert [str(p) for p in found] == [
        "mh.csv:2: MH.MHTERM: 'b' is wrong; 2 of 5 records; mend it",
        "mh.csv:4: MH.MHTERM: 'a' is wrong; 1 of 5 records; mend it",
        "mh.csv:6: MH.MHTERM: '' is wrong; 1 of 5 records; mend it"]
    assert {p.spec for p in found} == {Place("mh.yaml", 4)}
    assert [p.records for p in found] == [
        (Record(Place("mh.csv", 2), "S0"), Record(Place("mh.csv", 5), "S3")),
        (Record(Place("mh.csv", 4), "S2"),), (Record(Place("mh.csv", 6), "S4"),)]


def test_a_plain_message_makes_one_problem() -> None:
    refusals = Refusals()
    refusals.refuse(rows_of(3), "MH", "", np.array([False, True, True]), "it is wrong", texts("a", "b", "c"))
    assert [str(p) for p in refusals.problems["MH"]] == ["mh.csv:3: MH: it is wrong; 2 of 3 records"]


def test_very_many_values_are_not_told_one_by_one() -> None:
    size = DISTINCT * 2 + 5
    refusals = Refusals()
    values = pd.Series([f"v{n % (DISTINCT + 3)}" for n in range(size)], dtype="str")
    refusals.refuse(rows_of(size), "MH", "MHTERM", np.ones(size, dtype=bool), lambda v: f"'{v}' is wrong",
                    values, lambda v: f"write {v.upper()}")
    found = [str(p) for p in refusals.problems["MH"]]
    assert len(found) == DISTINCT + 1
    assert found[0] == f"mh.csv:2: MH.MHTERM: 'v0' is wrong; 2 of {size} records; write V0"
    assert found[999] == f"mh.csv:1001: MH.MHTERM: 'v999' is wrong; 2 of {size} records; write V999"
    assert found[1000] == f"mh.csv:1002: MH.MHTERM: 3 more values that do not fit; 5 of {size} records"


def test_a_hint_may_depend_on_the_value() -> None:
    refusals = Refusals()
    refusals.refuse(rows_of(2), "MH", "MHTERM", np.array([True, True]), lambda v: f"'{v}' is wrong",
                    texts("a", "b"), lambda v: f"write {v.upper()}")
    assert [str(p) for p in refusals.problems["MH"]] == [
        "mh.csv:2: MH.MHTERM: 'a' is wrong; 1 of 2 records; write A",
        "mh.csv:3: MH.MHTERM: 'b' is wrong; 1 of 2 records; write B"]


def test_numbers_are_grouped_too() -> None:
    refusals = Refusals()
    refusals.refuse(rows_of(3), "MH", "MHDY", np.array([True, True, True]), lambda v: f"{v} is wrong",
                    pd.Series([1.5, 2.0, 1.5]))
    assert [str(p) for p in refusals.problems["MH"]] == [
        "mh.csv:2: MH.MHDY: 1.5 is wrong; 2 of 3 records", "mh.csv:3: MH.MHDY: 2.0 is wrong; 1 of 3 records"]


def test_no_bad_record_is_no_problem() -> None:
    refusals = Refusals()
    refusals.refuse(rows_of(2), "MH", "MHTERM", np.zeros(2, dtype=bool), "it is wrong")
    refusals.note(rows_of(2), "MH", "MHTERM", np.zeros(2, dtype=bool), "it is wrong")
    assert (refusals.problems, refusals.notes) == ({}, [])


def test_notes_count_records() -> None:
    refusals = Refusals()
    refusals.note(rows_of(3), "MH", "MHTERM", np.array([True, True, True]), lambda v: f"'{v}' dropped",
                  texts("a", "b", "a"))
    assert [(n.dataset, n.variable, n.message, n.records, str(n.place)) for n in refusals.notes] == [
        ("MH", "MHTERM", "'a' dropped", 2, "mh.csv:2"), ("MH", "MHTERM", "'b' dropped", 1, "mh.csv:3")]


def test_so_many_records_are_listed_and_all_counted() -> None:
    size = LISTED + 500
    (text, records, count, _), = grouped(rows_of(size), np.ones(size, dtype=bool), "it is wrong", None)
    assert (text, len(records), count) == ("it is wrong", LISTED, size)


@pytest.mark.parametrize("subjects", [True, False])
def test_records_of_no_raw_file_are_numbered(subjects: bool) -> None:
    rows = rows_of(3, subjects=subjects, file=None)
    (_, records, _, _), = grouped(rows, np.array([False, True, False]), "it is wrong", None)
    assert records == [Record(Place("MH record", 2), "S1" if subjects else "")]


@given(st.lists(st.tuples(st.booleans(), st.none() | st.sampled_from("abc")), max_size=30))
def test_counts_add_up_and_each_record_is_told_once(drawn: list[tuple[bool, str | None]]) -> None:
    mask = np.array([bad for bad, _ in drawn], dtype=bool)
    values = pd.Series([value for _, value in drawn], dtype="str")
    found = grouped(rows_of(len(drawn)), mask, lambda v: v, values)
    assert {text: count for text, _, count, _ in found} == {
        value or "": sum(1 for bad, v in drawn if bad and v == value)
        for value in {v for bad, v in drawn if bad}}
    lines = [record.place.line for _, records, _, _ in found for record in records]
    assert sorted(filter(None, lines)) == [n + 2 for n, (bad, _) in enumerate(drawn) if bad]
