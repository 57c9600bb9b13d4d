"""Durations between moments and as ISO 8601 text."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.dates import check_iso_duration, compute_duration, iso_duration, parse_iso_duration

DAYS = st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1))


def text(*values: str | None) -> pd.Series:
    return pd.Series(list(values), dtype="str")


def moments(*values: datetime | None) -> pd.Series:
    return pd.Series(np.array(values, dtype="datetime64[s]"), dtype="datetime64[s]")


GUIDE = ["P2Y", "P10W", "P3M14D", "P3D", "P6M17DT3H", "P14DT7H57M", "PT42M18S", "PT0.5H",
         "P5DT12.25H", "P4.5W"]


@pytest.mark.parametrize("value", [*GUIDE, "-PT15M", "P0D", "PT0S", "P1Y2M3DT4H5M6S"])
def test_valid(value: str) -> None:
    assert check_iso_duration(text(value)).tolist() == [False]


@pytest.mark.parametrize("value", ["", "P", "PT", "-P", "P1DT", "PT.5H", "P1.5DT2H", "P1W2D", "P1H", "PT1D",
                                   "P2D1M", "P1,5D", "+P1D", "p1d", "P-1D", "14 days", "PT1H ", "P1D\n"])
def test_invalid(value: str) -> None:
    assert check_iso_duration(text(value)).tolist() == [True]


def test_minus_can_be_refused() -> None:
    assert check_iso_duration(text("-PT15M", "PT15M", None), negative=False).tolist() == [True, False, False]


@pytest.mark.parametrize(("value", "seconds"), [
    ("PT0.5H", 1800), ("P14DT7H57M", 1238220), ("-PT15M", -900), ("P10W", 6048000), ("PT42M18.5S", 2538.5),
    ("P0Y", 0), ("P1M", np.nan), ("P2Y", np.nan), ("nonsense", np.nan), (None, np.nan),
])
def test_seconds(value: str | None, seconds: float) -> None:
    np.testing.assert_array_equal(parse_iso_duration(text(value)), [seconds])


@pytest.mark.parametrize(("value", "unit", "plain", "split"), [
    (14, "days", "P14D", "P14D"), (1, "hours", "PT1H", "PT1H"), (-1, "hours", "-PT1H", "-PT1H"),
    (0, "hours", "PT0H", "PT0H"), (0, "days", "P0D", "P0D"), (90, "minutes", "PT90M", "PT1H30M"),
    (26.5, "hours", "PT26.5H", "P1DT2H30M"), (0.1, "hours", "PT0.1H", "PT6M"), (2, "weeks", "P2W", "P14D"),
    (1e-7, "hours", "PT0.0000001H", "PT0.00036S"),
    (1e22, "days", "P1" + "0" * 22 + "D", "P1" + "0" * 22 + "D"),
    (-61.25, "seconds", "-PT61.25S", "-PT1M1.25S"), (7, "minutes", "PT7M", "PT7M"),
])
def test_written(value: float, unit: Any, plain: str, split: str) -> None:
    given_, index = pd.Series([value, np.nan], index=[3, 4]), [3, 4]
    assert iso_duration(given_, unit).fillna("").tolist() == [plain, ""]
    assert iso_duration(given_, unit, split=True).fillna("").tolist() == [split, ""]
    assert iso_duration(given_, unit).index.tolist() == index


def test_written_in_calendar_units() -> None:
    assert iso_duration(pd.Series([18]), "months").tolist() == ["P18M"]
    assert iso_duration(pd.Series([1.5]), "years").tolist() == ["P1.5Y"]
    with pytest.raises(ValueError, match=r"^a duration in months has no fixed number of days and cannot be "
                                         r"split$"):
        iso_duration(pd.Series([18]), "months", split=True)
    with pytest.raises(ValueError, match=r"^'day' is no unit of a duration; known: years, months, weeks, "
                                         r"days, hours, minutes, seconds$"):
        iso_duration(pd.Series([18]), "day")  # type: ignore[arg-type]


@given(st.floats(-1e6, 1e6), st.sampled_from(["weeks", "days", "hours", "minutes", "seconds"]), st.booleans())
def test_what_is_written_reads_back(value: float, unit: Any, split: bool) -> None:
    factor = {"weeks": 604800, "days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}[unit]
    written = iso_duration(pd.Series([value]), unit, split=split)
    assert not check_iso_duration(written).iloc[0]
    assert parse_iso_duration(written).iloc[0] == float(Fraction(repr(value)) * factor)


def test_lengths() -> None:
    start = moments(datetime(2025, 3, 1, 8), datetime(2025, 3, 1, 8), datetime(2025, 3, 1, 8), None)
    end = moments(datetime(2025, 3, 1, 20), datetime(2025, 3, 14, 7), datetime(2025, 2, 28, 9),
                  datetime(2025, 1, 1))
    def found(unit: Any, add_one: bool = False) -> list[float]:
        return compute_duration(start, end, unit, add_one=add_one).fillna(999).tolist()

    assert found("hours") == [12, 311, -23, 999]
    assert found("days") == [0, 13, -1, 999]
    assert found("days", True) == [1, 14, -1, 999]
    assert found("weeks", True) == [1 / 7, 2, -1 / 7, 999]
    assert found("months", True) == [1 / 30.4375, 14 / 30.4375, -1 / 30.4375, 999]
    assert found("years", True) == [1 / 365.25, 14 / 365.25, -1 / 365.25, 999]
    with pytest.raises(ValueError, match=r"^add_one counts days and cannot be used with hours$"):
        found("hours", True)
    with pytest.raises(ValueError, match=r"^'fortnights' is no unit of a duration; known: years, months, "
                                         r"weeks, days, hours, minutes, seconds$"):
        found("fortnights")


@given(DAYS, DAYS)
def test_length_turns_its_sign(a: datetime, b: datetime) -> None:
    there = compute_duration(moments(a), moments(b), "hours").iloc[0]
    assert there == -compute_duration(moments(b), moments(a), "hours").iloc[0]
    apart = b.replace(microsecond=0) - a.replace(microsecond=0)
    assert there * 3600 == pytest.approx(apart.total_seconds())
