"""Rounding and plain decimals."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.numbers import format_number, half_up, half_up_significant

WIDE = Context(prec=800, rounding=ROUND_HALF_UP)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
# Numbers a laboratory reports: a decimal of few places, often a tie when one is cut off.
REPORTED = st.integers(-10**9, 10**9).flatmap(lambda n: st.integers(0, 6).map(lambda d: n / 10**d))


@pytest.mark.parametrize(("value", "digits", "wanted"), [
    (2.675, 2, 2.68), (1.005, 2, 1.01), (-2.675, 2, -2.68), (0.5, 0, 1.0), (1.5, 0, 2.0), (2.5, 0, 3.0),
    (-0.5, 0, -1.0),
    (0.49999999999999994, 0, 0.0), (2.4999999999999996, 0, 2.0), (1250, -2, 1300.0), (-1250, -2, -1300.0),
    (49.9, -2, 0.0),
    (50, -2, 100.0), (0.285, 2, 0.29), (8.345, 2, 8.35), (1e22, 2, 1e22),
    (123456789012345.675, 2, 123456789012345.67),
    (4503599627370497.5, 0, 4503599627370498.0), (1e-300, 5, 0.0), (0.0, 3, 0.0),
    (1.7976931348623157e308, 22, 1.7976931348623157e308),
])
def test_half_up(value: float, digits: int, wanted: float) -> None:
    assert half_up(pd.Series([value]), digits).tolist() == [wanted]


@given(st.lists(FLOATS | REPORTED, min_size=1, max_size=20), st.integers(-6, 12))
@example([2.675, 1.005, 1e300, 5e-324, -0.0], 2)
def test_half_up_is_decimals_half_up(values: list[float], digits: int) -> None:
    exact = [Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), context=WIDE) for value in values]
    found = half_up(pd.Series(values), digits)
    assert found.tolist() == [float(value) for value in exact]
    assert not np.signbit(found[found == 0]).any()


@given(st.integers(-10**8, 10**8), st.integers(0, 8))
def test_ties_go_away_from_zero(whole: int, digits: int) -> None:
    """A decimal ending in 5 one place further, the case floats get wrong."""
    tie = (10 * whole + (5 if whole >= 0 else -5)) / 10 ** (digits + 1)
    assert half_up(pd.Series([tie]), digits).tolist() == [(whole + (1 if whole >= 0 else -1)) / 10**digits]


def test_missing_infinite_and_index() -> None:
    values = pd.Series([np.nan, np.inf, -np.inf, 1.25, -0.04], index=[9, 4, 7, 1, 2])
    found = half_up(values, 1)
    assert found.index.tolist() == [9, 4, 7, 1, 2]
    np.testing.assert_array_equal(found, [np.nan, np.inf, -np.inf, 1.3, 0.0])
    assert half_up(values.iloc[:0], 1).tolist() == []
    assert half_up(pd.Series([5, 15]), -1).tolist() == [10.0, 20.0]
    with pytest.raises(ValueError, match=r"^cannot round to 23 digits; from -22 to 22 can be asked for$"):
        half_up(values, 23)


@pytest.mark.parametrize(("value", "digits", "wanted"), [
    (0.0012345, 3, 0.00123), (99.95, 3, 100.0), (1234567, 3, 1230000.0), (0, 2, 0.0), (-0.0, 2, 0.0),
    (2.675, 3, 2.68),
    (-125, 2, -130.0), (88.40169731, 4, 88.4),
])
def test_significant(value: float, digits: int, wanted: float) -> None:
    assert half_up_significant(pd.Series([value, np.nan]), digits).fillna(-1).tolist() == [wanted, -1]


def test_significant_needs_a_digit() -> None:
    with pytest.raises(ValueError, match=r"^cannot round to 0 significant digits; 1 is the least$"):
        half_up_significant(pd.Series([1.0]), 0)


@pytest.mark.parametrize(("value", "digits", "fixed", "wanted"), [
    (1.10, None, False, "1.1"), (50.0, None, False, "50"), (-0.0, None, False, "0"),
    (1e-7, None, False, "0.0000001"),
    (1.5e300, None, False, "15" + "0" * 299), (1e16, None, False, "10000000000000000"),
    (0.1 + 0.2, None, False, "0.30000000000000004"),
    (2.675, 2, False, "2.68"), (2.5, 2, False, "2.5"), (2.5, 2, True, "2.50"), (3, 2, True, "3.00"),
    (3, 0, True, "3"),
    (-0.001, 2, False, "0"), (-0.001, 2, True, "0.00"), (1e-7, 3, True, "0.000"), (1250, -2, False, "1300"),
])
def test_format(value: float, digits: int | None, fixed: bool, wanted: str) -> None:
    found = format_number(pd.Series([value, np.nan], index=[3, 1]), digits, fixed=fixed)
    assert found.fillna("").tolist() == [wanted, ""]
    assert (str(found.dtype), found.index.tolist()) == ("str", [3, 1])


@given(st.lists(FLOATS | REPORTED, max_size=20))
def test_format_round_trips_and_is_plain(values: list[float]) -> None:
    found = format_number(pd.Series(values, dtype="float64")).tolist()
    assert [float(text) for text in found] == values
    for text in found:
        assert set(text) <= set("-.0123456789")
        assert not ("." in text and text.endswith("0"))
        assert not text.endswith(".")
        assert text != "-0"


def test_what_cannot_be_written() -> None:
    with pytest.raises(ValueError, match=r"^an infinite number cannot be written$"):
        format_number(pd.Series([1.0, np.inf]))
    for digits in (None, -1):
        with pytest.raises(ValueError, match=r"^fixed decimals need a number of digits, 0 or more$"):
            format_number(pd.Series([1.0]), digits, fixed=True)


@given(st.lists(REPORTED, min_size=1), st.integers(0, 4))
def test_rounding_twice_changes_nothing(values: list[float], digits: int) -> None:
    once = half_up(pd.Series(values), digits)
    assert half_up(once, digits).tolist() == once.tolist()
