"""Columns of --DTC are taken apart by their bytes; each text must say what it says alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.coded import Coded
from engine.dates import earliest_by, earliest_of, impute, latest_by, latest_of, to_date
from engine.dates.parts import Parts, highest, lowest, parse, parse_texts, read_dtc, said

WRITTEN = (
    "2025", "2025-03", "2025-02-29", "2024-02-29", "1900-02-29", "2000-02-29", "2025-03-12T08",
    "2025-03-12T08:30", "2025-03-12T08:30:59", "2025-04-31T00:00", "2025-03-12T24:00", "0001-01-01",
    "9999-12-31T23:59:59", "0000-01-01", "2003---15", "--12-15", "2003-12-15T-:15", "-----T07:15",
    "2024-02--T13", "2025-03-12/2025-03-13", "2025-03-12T08:30Z", "20250312")


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A date as it may be written, mostly with a sign or two changed, left out or put in."""
    signs = list(draw(st.sampled_from(WRITTEN)))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(signs) - 1))
        signs[at:at + draw(st.integers(0, 1))] = draw(st.sampled_from([*"0123456789-T:/ é２", ""]))
        signs = signs or ["2"]
    return "".join(signs)


def assert_says(parts: Parts, at: int, text: str) -> None:
    read = read_dtc(text)
    assert bool(parts.valid[at]) is (read is not None), text
    if read is None:
        assert (parts.known[at] == -1).all()
        assert np.isnat(parts.earliest[at])
        return
    first, last = read.bounds or (lowest(read.known), highest(read.known))
    assert tuple(parts.known[at].tolist()) == read.known, text
    for found, wanted in ((parts.earliest[at], first), (parts.latest[at], last)):
        assert np.isnat(found) if wanted is None else found == np.datetime64(wanted, "s"), text


@given(st.lists(texts(), max_size=30, unique=True))
def test_a_column_says_what_each_text_says_alone(given_texts: list[str]) -> None:
    parts = parse_texts(pa.array(given_texts, pa.large_string()))
    for at, text in enumerate(given_texts):
        assert_says(parts, at, text)
    assert not parts.valid[-1]
    assert np.isnat(parts.latest[-1])


@pytest.mark.parametrize("length", [4, 7, 10, 13, 16, 19])
def test_texts_of_one_length_are_read_together(length: int) -> None:
    moments = np.datetime64("2023-12-27T21:58:57") + np.arange(400) * np.timedelta64(91_237, "s")
    written = sorted({text[:length] for text in np.datetime_as_string(moments).tolist()})
    parts = parse_texts(pa.array(["x", *written], pa.large_string()).slice(1))
    for at, text in enumerate(written):
        assert_says(parts, at, text)


def test_text_by_codes_and_as_a_series_are_alike() -> None:
    series = pd.Series(["2025-03", None, "2025-03-12T08:30", "2025-03", "?"], dtype="str")
    coded = Coded.of(series)
    for one, other in zip(parse(series), parse(coded), strict=True):
        np.testing.assert_array_equal(one, other)
    assert said(coded, lambda parts: parts.known[:, 2]).tolist() == [-1, -1, 12, -1, -1]
    pd.testing.assert_series_equal(to_date(series), to_date(coded))
    for each in (impute(series, highest="month"), impute(coded, highest="month")):
        assert each.date_flag.tolist()[:1] == ["D"]
        assert [str(moment) for moment in each.datetime] == [
            "2025-03-01 00:00:00", "NaT", "2025-03-12 08:30:00", "2025-03-01 00:00:00", "NaT"]


def test_no_texts_at_all() -> None:
    assert [len(part) for part in parse(pd.Series([], dtype="str"))] == [0, 0, 0, 0]
    assert len(parse_texts(pa.array([], pa.large_string())).valid) == 1


GROUPED = st.tuples(st.one_of(st.none(), texts()), st.sampled_from([1.0, 2.0, 3.0, None]))


@given(st.lists(GROUPED, max_size=30))
def test_the_best_of_a_group_is_the_best_of_its_columns(
        records: list[tuple[str | None, float | None]]) -> None:
    dtc = pd.Series([text for text, _ in records], dtype="str")
    groups = pd.Series([group for _, group in records], dtype="float64")
    for by, of in ((earliest_by, earliest_of), (latest_by, latest_of)):
        found = by(dtc, groups)
        wanted = {}
        for group in sorted(set(groups.dropna())):
            members = [pd.Series([text], dtype="str") for text in dtc[groups == group]]
            best = of(members)[0]
            if isinstance(best, str):
                wanted[group] = best
        assert found.to_dict() == wanted
        assert found.index.tolist() == sorted(wanted)
        assert by(Coded.of(dtc), groups).to_dict() == wanted
