"""Order of --DTC values, and the first or last of several."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import examples

from engine.dates import earliest, earliest_by, earliest_of, latest, latest_by, latest_of, order_key
from engine.dates.parts import MISSING, compose


def text(*values: str | None) -> pd.Series:
    return pd.Series(list(values), dtype="str")


@st.composite
def components(draw: st.DrawFn, year: bool = False) -> tuple[int, ...]:
    """Components of a real moment, any of them missing (the year only if allowed)."""
    moment = draw(st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31)))
    known = [*moment.timetuple()[:6]]
    holes = draw(st.lists(st.booleans(), min_size=6, max_size=6))
    return tuple(MISSING if hole and (n or not year) else value
                 for n, (value, hole) in enumerate(zip(known, holes, strict=True)))


@st.composite
def truncated(draw: st.DrawFn) -> str:
    """A value with nothing missing but at its end."""
    moment = draw(st.datetimes())
    kept = draw(st.integers(1, 6))
    found = compose([n if i < kept else MISSING for i, n in enumerate(moment.timetuple()[:6])])
    assert found is not None
    return found


def test_partial_before_complete_and_null_first() -> None:
    wanted = ["", "--12-15", "2025", "2025---15", "2025-03", "2025-03-05", "2025-03-05T10",
              "2025-03-05T10:30"]
    dtc = pd.Series([None, *wanted[1:]][::-1], dtype="str")
    assert order_key(dtc).sort_values().tolist() == wanted


@given(truncated(), truncated())
def test_order_agrees_with_the_first_moment(a: str, b: str) -> None:
    dtc = text(a, b)
    keys, first = order_key(dtc), earliest(dtc)
    if keys[0] <= keys[1]:
        assert first[0] <= first[1]
    if first[0] < first[1]:
        assert keys[0] < keys[1]


@given(truncated(), truncated())
def test_what_contains_comes_first(a: str, b: str) -> None:
    first, last = earliest(text(a, b)), latest(text(a, b))
    if first[0] <= first[1] and last[1] <= last[0] and a != b:
        assert order_key(text(a, b))[0] < order_key(text(a, b))[1]


@pytest.mark.parametrize(("values", "first", "last"), [
    (["2025-03", "2025-03-05"], "2025-03-05", "2025-03-05"),
    (["2025-03-05", "2025-03"], "2025-03-05", "2025-03-05"),
    (["2025-03", "2025-04-01"], "2025-03", "2025-04-01"),
    (["2025-03", "2025-02-28"], "2025-02-28", "2025-03"),
    (["2025", "2025-03", "2025-03-05T10"], "2025-03-05T10", "2025-03-05T10"),
    (["2025-03-01", "2025-03"], "2025-03-01", "2025-03-01"),
    (["2025-03", "2025-03-31"], "2025-03-31", "2025-03-31"),
    (["--03-01", None, "2025"], "2025", "2025"),
    (["--03-01", None], None, None),
    ([None, None], None, None),
])
def test_of_several_columns(values: list[str | None], first: str | None, last: str | None) -> None:
    columns = [pd.Series([value], dtype="str", index=[7]) for value in values]
    found = [earliest_of(columns), latest_of(columns)]
    assert [None if pd.isna(one.iloc[0]) else one.iloc[0] for one in found] == [first, last]
    assert all(one.index.tolist() == [7] and one.dtype == "str" for one in found)


@examples(12, 100)
@given(st.lists(components(year=True), min_size=1, max_size=5))
def test_the_chosen_value_is_one_of_them_and_none_is_surer(rows: list[tuple[int, ...]]) -> None:
    values = [compose(row) for row in rows]
    columns = [text(value) for value in values]
    low, high = earliest(text(*values)), latest(text(*values))
    one, other = earliest_of(columns).iloc[0], latest_of(columns).iloc[0]
    assert one in values
    assert other in values
    assert latest(text(one)).iloc[0] == high.min()
    assert earliest(text(other)).iloc[0] == low.max()
    groups = pd.Series(["S1"] * len(values))
    assert latest(earliest_by(text(*values), groups)).tolist() == [high.min()]
    assert earliest(latest_by(text(*values), groups)).tolist() == [low.max()]


def test_by_group() -> None:
    dtc = text("2025-03", "2025-03-05", "2024-01-01", None, "--01-01", "2025-05-01")
    subject = pd.Series(["B", "B", "A", "A", "C", None], dtype="str", name="USUBJID")
    assert latest_by(dtc, subject).to_dict() == {"A": "2024-01-01", "B": "2025-03-05"}
    assert earliest_by(dtc, subject).to_dict() == {"A": "2024-01-01", "B": "2025-03-05"}
    assert latest_by(dtc, subject).index.name == "USUBJID"


def test_no_columns() -> None:
    with pytest.raises(ValueError, match=r"^at least one column is needed$"):
        latest_of([])
