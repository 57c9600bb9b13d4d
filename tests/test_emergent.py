"""Laws of what is treatment-emergent, and what the collected part of a date allows."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from engine.columns import Column, Kind
from engine.dates import impute
from engine.verbs.emergent import Treated, compute_emergent, compute_worsened
from engine.verbs.spans import Span, span_of, widened


def spans(*texts: str | None) -> Span:
    """The spans of --DTC texts."""
    return span_of(Column(pd.Series(list(texts), dtype="str"), Kind.TEXT))


NOTHING = spans(None)
dtc = st.builds(
    lambda month, day, hour, minute, cut: f"2025-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:00"[:cut],
    st.integers(2, 4), st.integers(1, 28), st.integers(0, 23), st.integers(0, 59),
    st.sampled_from([4, 7, 10, 13, 16, 19]))


def treated_for(window: int) -> Treated:
    """Treatment at 10:30 on 10 March, and so many days that count after it."""
    dose = spans("2025-03-10T10:30:00")
    return Treated(dose.low, dose.first_day + np.timedelta64(window * 86400, "s"))


@given(dtc, st.integers(0, 60))
def test_a_complete_start_is_judged_by_its_moment_and_the_last_day(text: str, window: int) -> None:
    start, treated = spans(text), treated_for(window)
    made = compute_emergent(start, NOTHING, treated)
    if start.low[0] == start.high[0]:
        assert made.item() == (treated.start[0] <= start.low[0] and start.first_day[0] <= treated.last_day[0])


@given(dtc, st.sampled_from([4, 7, 10, 13, 16]))
def test_to_know_less_of_a_start_never_makes_an_event_less_emergent(text: str, cut: int) -> None:
    treated = treated_for(30)
    whole, part = (compute_emergent(spans(t), NOTHING, treated).item() for t in (text, text[:cut]))
    assert part or not whole


@given(dtc, st.one_of(st.none(), dtc))
def test_the_collected_text_and_the_imputed_datetime_agree(start: str, end: str | None) -> None:
    treated, ended = treated_for(30), spans(end)
    text = pd.Series([start], dtype="str")
    infusion, limit = pd.Series(treated.start), pd.Series(ended.high)
    before = infusion.mask(infusion > limit)
    made = impute(text, highest="month", not_before=[before], not_after=[limit])
    imputed = widened(span_of(Column(made.datetime, Kind.DATETIME)), made.time_flag)
    possible = np.isnat(ended.high) | (spans(start).low <= ended.high)
    if possible.all():      # an event does not end before it starts
        found = [compute_emergent(span, ended, treated).item() for span in (imputed, spans(start))]
        assert found[0] == found[1]


@given(st.lists(st.tuples(st.integers(-1, 2), st.integers(1, 20), st.integers(1, 4)), max_size=15))
def test_an_episode_that_began_before_counts_from_its_first_worse_row(
    events: list[tuple[int, int, int]],
) -> None:
    episode = np.array([e[0] for e in events], dtype="int64")
    start = spans(*(f"2025-03-{e[1]:02d}" for e in events))
    severity = np.array([e[2] for e in events], dtype="float64")
    treated = np.full(len(events), np.datetime64("2025-03-10", "s"))
    low, high, dated, timed = (np.repeat(part, len(events)) for part in NOTHING)
    nothing = Span(low.astype("datetime64[s]"), high.astype("datetime64[s]"), dated == 1, timed == 1)
    emergent = compute_emergent(start, nothing,
                                Treated(treated, np.full(len(events), np.datetime64("NaT", "s"))))
    made = compute_worsened(emergent, start, treated, episode, severity)
    assert not (made & ~emergent).any()
    for number in set(episode.tolist()):
        own = episode == number
        if number < 0 or emergent[own].all():
            assert (made[own] == emergent[own]).all()
            continue
        earlier = np.flatnonzero(own & ~emergent)
        state = severity[earlier[np.argsort(start.low[earlier], kind="stable")][-1]]
        for n in np.flatnonzero(own & emergent):
            at_once = (start.low == start.low[n]) & (np.arange(len(events)) <= n)
            so_far = own & emergent & ((start.low < start.low[n]) | at_once)
            assert made[n] == (severity[so_far] > state).any()


def test_missing_starts_count_unless_they_are_not_to_or_the_event_ended_before() -> None:
    start = spans(None, None, None, "--03-12", None)
    end = spans(None, "2025-03-09", "2025-03-10", None, "2025-03-10T10:30:00")
    dose = spans(*["2025-03-10T10:30"] * 5)
    treated = Treated(dose.low, dose.first_day)
    assert compute_emergent(start, end, treated).tolist() == [True, False, True, True, True]
    assert compute_emergent(start, end, treated, missing_counts=False).tolist() == [False] * 5
    never = Treated(np.full(5, np.datetime64("NaT", "s")), dose.first_day)
    assert compute_emergent(spans(*["2025-03-12"] * 5), end, never).tolist() == [False] * 5


def test_a_row_that_may_have_started_after_treatment_is_no_state_before_it() -> None:
    start = spans("2025-03-08", "2025-03-10", "2025-03-12")
    treated, severity = spans(*["2025-03-10T10:30"] * 3).low, np.array([2.0, 3.0, 3.0])
    last_day = treated + np.timedelta64(30, "D")
    emergent = compute_emergent(start, spans(None, None, None), Treated(treated, last_day))
    episode = np.zeros(3, dtype="int64")
    assert compute_worsened(emergent, start, treated, episode, severity).tolist() == [False, True, True]
