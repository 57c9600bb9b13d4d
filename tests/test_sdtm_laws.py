"""Laws of the SDTM verbs' computing parts: epochs, agreement, ranges, units."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from engine.dates.parts import parse
from sdtm.verbs.agree import compute_agreed
from sdtm.verbs.epochs import Start, compare_begun, compute_epoch
from sdtm.verbs.ranges import read_range

days = st.integers(1, 28).map(lambda day: f"2025-03-{day:02d}")
moments = st.builds(lambda day, hour: f"{day}T{hour:02d}:30", days, st.integers(0, 23))
partial = st.sampled_from(["2025", "2025-03", "2025-02", "2025-04"])
dates = days | moments | partial
lists = st.lists(dates, min_size=1, max_size=8)


def _text(values: list[str]) -> pd.Series:
    return pd.Series(values, dtype="str")


def _starts(values: list[str], size: int) -> list[Start]:
    return [Start(f"E{n}", _text([value] * size), True) for n, value in enumerate(values)]


@given(lists, st.lists(moments, min_size=1, max_size=4))
def test_a_partial_date_has_an_epoch_only_where_all_it_allows_do(dtc: list[str], starts: list[str]) -> None:
    """Each full date inside a partial one has the epoch of the partial one, if that has any."""
    begins = sorted(starts)
    made = compute_epoch(_text(dtc), _starts(begins, len(dtc)))
    inside = ["2025-03-01T00:00", "2025-03-15T12:00", "2025-03-31T23:59"]
    full = compute_epoch(_text(inside), _starts(begins, 3))
    for date, epoch in zip(dtc, made, strict=True):
        if date == "2025-03" and not pd.isna(epoch):
            assert set(full) == {epoch}


@given(lists)
def test_later_dates_have_no_earlier_epoch(dtc: list[str]) -> None:
    """Sorted complete dates give epochs in the order of the study."""
    whole = sorted(date for date in dtc if len(date) >= 10)
    made = compute_epoch(_text(whole), _starts(["2025-03-01", "2025-03-10", "2025-03-20"], len(whole)))
    numbers = [int(str(name)[1]) for name in made]
    assert numbers == sorted(numbers)


@given(lists, dates)
def test_begun_and_open_exclude_each_other(dtc: list[str], reference: str) -> None:
    """What is told is not open, and what has begun by the strict reading has by the loose one."""
    one, other = parse(_text(dtc)), parse(_text([reference] * len(dtc)))
    parts = (one.known, one.earliest, one.latest, other.known, other.earliest, other.latest)
    loose, open_loose = compare_begun(*parts, same_day=True)
    strict, open_strict = compare_begun(*parts, same_day=False)
    assert not (loose & open_loose).any()
    assert not (strict & open_strict).any()
    assert not (strict & ~loose).any()


EVERY = pd.date_range("2024-12-01", "2026-01-31").strftime("%Y-%m-%d").tolist()


def _days(date: str) -> list[str]:
    """The days that a date without a time allows, within two years."""
    return [day for day in EVERY if day.startswith(date)]


untimed = days | partial | st.sampled_from(["2025-01-01", "2025-12-31", "2025-12", "2025-01", "2024-12-31"])


@given(untimed, untimed, st.booleans())
def test_a_date_without_a_time_has_begun_if_all_its_days_have(dtc: str, begin: str, same_day: bool) -> None:
    """Every pair of days that the two dates allow is asked; open is where they do not all say the same."""
    one, other = parse(_text([dtc])), parse(_text([begin]))
    begun, open_ = compare_begun(one.known, one.earliest, one.latest, other.known, other.earliest,
                                 other.latest, same_day=same_day)
    said = {a > b or (a == b and same_day) for a in _days(dtc) for b in _days(begin)}
    assert (bool(begun[0]), bool(open_[0])) == (said == {True}, len(said) > 1)


@given(lists)
def test_agreement_takes_a_value_at_least_as_full_as_the_preferred(values: list[str]) -> None:
    """The winner agrees with the first value, tells no less, and without a conflict agrees with all."""
    chosen, against = compute_agreed(np.zeros(len(values), dtype="int64"), _text(values), 1, dates=True)
    winner = values[int(chosen[0])]
    assert len(winner) >= len(values[0])
    assert winner.startswith(values[0])
    together = all(winner.startswith(value) or value.startswith(winner) for value in values)
    assert bool(against[0]) is not together


@given(lists)
def test_equal_values_never_conflict(values: list[str]) -> None:
    """One value said several times is agreed on."""
    same = [values[0]] * len(values)
    for as_dates in (True, False):
        chosen, against = compute_agreed(np.zeros(len(same), dtype="int64"), _text(same), 1, dates=as_dates)
        assert chosen.tolist() == [0]
        assert not against.any()


numbers = st.decimals(-100, 100, places=1).map(str)


@given(numbers, numbers, st.sampled_from(["-", "～", " - ", " ~ ", "–", "至"]))
def test_a_range_gives_back_its_bounds(low: str, high: str, mark: str) -> None:
    """Bounds are found around every mark, minus signs included."""
    assert read_range(f"{low}{mark}{high}") == (low, high)
