"""Laws of the array functions behind the analysis verbs and record steps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adam.records.collapse import compute_collapsed
from adam.records.copies import compute_carried
from adam.records.expand import compute_doses, frequencies, read_frequency
from adam.verbs.bands import compute_bands
from adam.verbs.baseline import compute_base, compute_not_after
from adam.verbs.choose import compute_chosen
from adam.verbs.concentrations import Position, compute_position
from adam.verbs.doses import compute_nearest, sort_doses
from adam.verbs.periods import compute_period
from adam.verbs.statistics import compute_summary
from adam.verbs.windows import compute_closest, compute_distance, compute_window
from engine.columns import Column, Kind
from engine.dates import iso_datetime
from engine.terminology import codelist
from engine.verbs.keys import compute_sequence
from engine.verbs.spans import Span, days, span_of

HOUR = 3600
small = st.integers(0, 4)
rows = st.lists(st.tuples(small, small, st.booleans()), max_size=25)


def seconds(values: list[int]) -> np.ndarray:
    """Moments so many seconds after the start of 2025."""
    return np.datetime64("2025-01-01T00:00:00") + np.array(values, dtype="int64").astype("timedelta64[s]")


def spans(*texts: str | None) -> Span:
    """The spans of --DTC texts."""
    return span_of(Column(pd.Series(list(texts), dtype="str"), Kind.TEXT))


# --- choosing -------------------------------------------------------------------------


@given(rows, st.booleans())
def test_one_record_a_group_is_chosen_and_none_is_better(
    records: list[tuple[int, int, bool]], last: bool,
) -> None:
    codes, keys, among = (np.array([r[n] for r in records]) for n in range(3))
    codes, keys, among = codes.astype("int64"), keys.astype("float64"), among.astype(bool)
    found = compute_chosen(codes, among, [keys], last=last)
    assert not (found.mask & ~among).any()
    for group in set(codes[among].tolist()):
        own = among & (codes == group)
        assert found.mask[own].sum() == 1
        best = keys[own].max() if last else keys[own].min()
        assert keys[own & found.mask].item() == best
        alike = own & (keys == best)
        assert found.tied[own].any() == (alike.sum() > 1)
        assert found.tied[own].sum() in (0, alike.sum())


@given(st.lists(st.tuples(small, small), max_size=25))
def test_a_sequence_counts_each_group_without_a_gap_in_order(records: list[tuple[int, int]]) -> None:
    codes = np.array([r[0] for r in records], dtype="int64")
    keys = np.array([r[1] for r in records], dtype="int64")
    order = np.argsort(keys, kind="stable")
    made = compute_sequence(codes, order)
    for group in set(codes.tolist()):
        own = codes == group
        assert sorted(made[own].tolist()) == list(range(1, own.sum() + 1))
        assert (np.diff(keys[own][np.argsort(made[own])]) >= 0).all()


# --- windows --------------------------------------------------------------------------


@st.composite
def windows(draw: st.DrawFn) -> list[tuple[float, float]]:
    """Windows that rise and do not overlap, the last one sometimes open."""
    edges = sorted(draw(st.sets(st.integers(-20, 20), min_size=2, max_size=8)))
    pairs = [(float(a), float(b)) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    return [*pairs[:-1], (pairs[-1][0], np.inf)] if draw(st.booleans()) else pairs


@given(windows(), st.lists(st.integers(-25, 25), max_size=20))
def test_a_day_is_in_the_one_window_that_holds_it(
    parts: list[tuple[float, float]], given_days: list[int],
) -> None:
    low, high = (np.array([p[n] for p in parts]) for n in (0, 1))
    found = compute_window(np.array(given_days, dtype="float64"), low, high)
    for day, number in zip(given_days, found.tolist(), strict=True):
        holding = [n for n, (a, b) in enumerate(parts) if a <= day <= b]
        assert holding == ([] if number < 0 else [number])


@given(st.integers(-30, 30).filter(bool), st.integers(-30, 30).filter(bool))
def test_without_a_day_zero_days_are_counted_as_a_calendar_does(day: int, target: int) -> None:
    def calendar(number: int) -> int:
        return number - 1 if number > 0 else number
    days_, targets = np.array([float(day)]), np.array([float(target)])
    assert compute_distance(days_, targets).item() == calendar(day) - calendar(target)
    assert compute_distance(days_, targets, day_zero=True).item() == day - target


@given(st.lists(st.tuples(small, st.integers(-5, 5), small), max_size=25), st.booleans())
def test_the_closest_record_wins_and_a_tie_goes_the_way_asked(
    records: list[tuple[int, int, int]], later: bool,
) -> None:
    codes = np.array([r[0] for r in records], dtype="int64")
    distance, order = (np.array([r[n] for r in records], dtype="float64") for n in (1, 2))
    mask = compute_closest(codes, np.ones(len(codes), dtype=bool), distance, [order], later=later).mask
    for group in set(codes.tolist()):
        own = codes == group
        nearest = np.abs(distance[own]).min()
        rivals = own & (np.abs(distance) == nearest)
        chosen = own & mask
        assert np.abs(distance[chosen]).item() == nearest
        assert distance[chosen].item() == (distance[rivals].max() if later else distance[rivals].min())
        same_day = rivals & (distance == distance[chosen].item())
        assert order[chosen].item() == (order[same_day].max() if later else order[same_day].min())


# --- baseline -------------------------------------------------------------------------


@given(st.integers(0, 3 * 86400), st.integers(0, 3 * 86400), st.booleans())
def test_of_known_times_the_moment_decides(when: int, dose: int, at_reference: bool) -> None:
    date, reference = (span_of(Column(pd.Series(seconds([s])), Kind.DATETIME)) for s in (when, dose))
    made = compute_not_after(date, reference, at_reference=at_reference).item()
    assert made == (when < dose or (when == dose and at_reference))


@given(st.integers(0, 3 * 86400), st.integers(0, 3 * 86400), st.booleans())
def test_of_dates_alone_the_day_decides(when: int, dose: int, same_day: bool) -> None:
    text = iso_datetime(pd.Series(seconds([when]))).str[:10]
    date = span_of(Column(text, Kind.TEXT))
    reference = span_of(Column(pd.Series(seconds([dose])), Kind.DATETIME))
    made = compute_not_after(date, reference, same_day=same_day).item()
    day, dosed = when // 86400, dose // 86400
    assert made == (day < dosed or (day == dosed and same_day))


def test_the_same_minute_is_at_the_reference_and_a_straddling_month_is_not_before() -> None:
    date = spans("2025-03-10T10:30", "2025-03-10T10:30:59", "2025-03", "2025-02", None, "2025-03")
    dose = spans(*["2025-03-10T10:30"] * 5, "2025-03-01")
    assert compute_not_after(date, dose).tolist() == [True, True, False, True, False, False]
    made = compute_not_after(date, dose, at_reference=False)
    assert made.tolist() == [False, False, False, True, False, False]


@given(st.lists(small, max_size=12), st.data())
def test_the_base_of_a_record_is_the_flagged_one_of_its_group(groups: list[int], data: st.DataObject) -> None:
    codes = np.array(groups, dtype="int64")
    flagged = np.zeros(len(codes), dtype=bool)
    for group in set(groups):
        if data.draw(st.booleans()):
            flagged[data.draw(st.sampled_from(np.flatnonzero(codes == group).tolist()))] = True
    base = compute_base(codes, flagged)
    for record, position in enumerate(base.tolist()):
        if position >= 0:
            assert flagged[position]
            assert codes[position] == codes[record]
        else:
            assert not flagged[codes == codes[record]].any()


# --- doses ----------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(-1, 2), st.integers(0, 12)), max_size=12),
       st.lists(st.tuples(st.integers(-1, 2), st.integers(0, 12)), max_size=12), st.booleans())
def test_the_nearest_dose_is_the_one_a_search_through_all_finds(
    dosed: list[tuple[int, int]], sampled: list[tuple[int, int]], instant_after: bool,
) -> None:
    dose_codes, codes = (np.array([r[0] for r in part], dtype="int64") for part in (dosed, sampled))
    doses, times = (seconds([r[1] * HOUR for r in part]) for part in (dosed, sampled))
    held = sort_doses(dose_codes, doses, times)
    for take in ("previous", "next", "first", "last", "closest"):
        found, tied = compute_nearest(held, codes, times, take, instant_after=instant_after)  # type: ignore[arg-type]
        for n, (code, hour) in enumerate(sampled):
            own = sorted(h for c, h in dosed if c == code and c >= 0)
            before = [h for h in own if h < hour or (h == hour and instant_after)]
            after = [h for h in own if h > hour or (h == hour and not instant_after)]
            gaps = [abs(h - hour) for h in (*before[-1:], *after[:1])]
            wanted = {"previous": before[-1:], "next": after[:1],
                      "first": own[:1], "last": own[-1:]}.get(take)
            if wanted is None:
                assert tied[n] == (len(gaps) == 2 and gaps[0] == gaps[1])
                wanted = [h for h in (*before[-1:], *after[:1]) if abs(h - hour) == min(gaps)][:1]
            made = [dosed[found[n]][1]] if found[n] >= 0 else []
            assert made == wanted
            assert found[n] < 0 or dosed[found[n]][0] == code


@given(st.integers(0, 86399), st.integers(0, 40), st.integers(0, 86399),
       st.sampled_from(sorted(term for term, f in frequencies().items() if f.unit not in ("months", "once"))))
def test_doses_begin_at_the_start_keep_their_interval_and_end_with_the_last_day(
    clock: int, length: int, end_clock: int, term: str,
) -> None:
    frequency = frequencies()[term]
    start, end = seconds([clock]), seconds([length * 86400 + end_clock])
    made = compute_doses(start, end, np.array([frequency.every]), np.array([frequency.unit])).moment
    every = frequency.every * {"minutes": 60, "hours": HOUR, "days": 86400}[frequency.unit]
    assert made[0] == start[0]
    assert (np.diff(made).astype("int64") == every).all()
    assert days(made[-1:])[0] <= days(end)[0]
    following = made[-1] + np.timedelta64(every, "s")
    late = days(np.array([following]))[0] > days(end)[0]
    assert late or (frequency.unit != "days" and following > end[0])
    if frequency.unit != "days":
        assert len(made) == 1 or made[-1] <= end[0] + np.timedelta64(every // 2, "s")
    else:
        assert len(made) == length // frequency.every + 1


@given(st.dates(min_value=pd.Timestamp("2000-01-01").date(), max_value=pd.Timestamp("2030-12-31").date()),
       st.integers(0, 1500), st.integers(1, 12))
def test_a_dose_every_so_many_months_keeps_its_day_where_the_month_has_it(
    first: pd.Timestamp, length: int, every: int,
) -> None:
    start = np.array([np.datetime64(first, "s")])
    end = start + np.timedelta64(length, "D").astype("timedelta64[s]")
    made = compute_doses(start, end, np.array([every]), np.array(["months"])).moment
    wanted, n = [], 0
    while (moment := pd.Timestamp(first) + pd.DateOffset(months=every * n)) <= pd.Timestamp(end[0]):
        wanted.append(np.datetime64(moment, "s"))
        n += 1
    assert made.tolist() == np.array(wanted).tolist()


def test_every_frequency_is_a_term_of_the_codelist_with_its_code() -> None:
    terms = codelist("FREQ")
    assert terms is not None
    assert set(frequencies()) <= set(terms.terms)
    assert read_frequency("2 weeks") == frequencies()["EVERY 2 WEEKS"]
    message = "an interval such as '36 hours', '10 days', '2 weeks' or 'once' is wanted"
    with pytest.raises(ValueError, match=message):
        read_frequency("sometimes")


# --- concentrations -------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(-2, 8), st.sampled_from("qbn")), max_size=20))
def test_every_value_below_the_limit_has_the_place_its_profile_gives_it(
    samples: list[tuple[int, int, str]],
) -> None:
    codes = np.array([s[0] for s in samples], dtype="int64")
    time = np.array([s[1] for s in samples], dtype="float64")
    quantified, below = (np.array([s[2] == word for s in samples], dtype=bool) for word in "qb")
    made = compute_position(codes, time, quantified, below)
    assert ((made == Position.NOT_BELOW) == ~below).all()
    for n in np.flatnonzero(below):
        later = time[quantified & (codes == codes[n]) & (time > 0)]
        if time[n] <= 0:
            wanted = Position.BEFORE_DOSE
        elif not len(later) or time[n] < later.min():
            wanted = Position.BEFORE_FIRST
        else:
            wanted = Position.BETWEEN if time[n] <= later.max() else Position.AFTER_LAST
        assert made[n] == wanted


# --- the rest -------------------------------------------------------------------------


@given(st.lists(st.one_of(st.none(), st.integers(0, 10)), max_size=15),
       st.dictionaries(st.integers(1, 9), st.booleans(), min_size=1, max_size=4))
def test_a_number_is_in_the_first_band_that_has_not_ended(
    numbers: list[int | None], ends: dict[int, bool],
) -> None:
    bands = sorted(ends.items())
    limits, closed = np.array([float(b[0]) for b in bands]), np.array([b[1] for b in bands])
    made = compute_bands(pd.Series(numbers, dtype="float64"), limits, closed)
    for number, band in zip(numbers, made.tolist(), strict=True):
        fitting = [n for n, (limit, shut) in enumerate(bands)
                   if number is not None and (number < limit or (shut and number == limit))]
        assert band == (fitting[0] if fitting else -1)


@given(st.lists(st.tuples(small, st.one_of(st.none(), small)), min_size=1, max_size=15),
       st.sampled_from(["min", "max", "sum", "mean", "count", "first", "last"]))
def test_collapsing_agrees_with_grouping(records: list[tuple[int, int | None]], how: str) -> None:
    codes = pd.factorize(np.array([r[0] for r in records]))[0].astype("int64")
    values = pd.Series([r[1] for r in records], dtype="float64")
    kept = np.flatnonzero(~pd.Series(codes).duplicated().to_numpy())
    made = compute_collapsed(Column(values, Kind.NUMBER), codes, kept, how, np.arange(len(values))).values
    grouped = values.groupby(codes)
    wanted = grouped.sum(min_count=1) if how == "sum" else getattr(grouped, how)()
    assert made.tolist() == pytest.approx(wanted.tolist(), nan_ok=True)


@given(st.lists(st.tuples(small, st.integers(1, 6), st.booleans()), max_size=15), st.integers(1, 6))
def test_what_is_carried_forward_is_the_last_value_before_a_visit_that_has_none(
    records: list[tuple[int, int, bool]], expected: int,
) -> None:
    codes, number, filled = (np.array([r[n] for r in records]) for n in range(3))
    codes, number, filled = codes.astype("int64"), number.astype("float64"), filled.astype(bool)
    mask = compute_carried(codes, number, filled, float(expected), []).mask
    for group in set(codes.tolist()):
        own = filled & (codes == group)
        earlier = number[own & (number < expected)]
        if (number[own] == expected).any() or not len(earlier):
            assert not mask[codes == group].any()
        else:
            assert number[mask & (codes == group)].tolist() == [earlier.max()]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=10))
def test_a_summary_lies_between_the_least_and_the_greatest(numbers: list[int]) -> None:
    values, codes = pd.Series(numbers, dtype="float64"), np.zeros(len(numbers), dtype="int64")
    low, high = (compute_summary(values, codes, how).item() for how in ("min", "max"))
    for how in ("mean", "median"):
        assert low <= compute_summary(values, codes, how).item() <= high  # type: ignore[arg-type]
    assert compute_summary(values, codes, "count").item() == len(numbers)
    assert np.isnan(compute_summary(values[:1], codes[:1], "sd").item())


@given(st.integers(0, 30), st.lists(st.integers(0, 30), min_size=1, max_size=3, unique=True))
def test_the_period_of_a_day_is_the_last_that_has_begun(day: int, starts: list[int]) -> None:
    begun = [seconds([start * 86400]) for start in sorted(starts)]
    made = compute_period(seconds([day * 86400]), begun, []).item()
    assert made == sum(start <= day for start in starts) - 1
    assert compute_period(seconds([day * 86400]), begun, [], first_takes_earlier=True).item() == max(made, 0)
