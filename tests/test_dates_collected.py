"""Dates and times as they are collected."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.dates import check_iso, read_dates
from engine.dates.formats import compile_format
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


UNKNOWN = ["UN", "UNK", "NK"]
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def read_one(value: str | None, formats: list[str], *, time: str | None = None,
             times: list[str] | None = None, unknown: list[str] = UNKNOWN, **options: Any) -> str | None:
    """The value read, or the reason in brackets."""
    clock = None if times is None else text(time)
    found = read_dates([text(value)], clock, formats, times or (), unknown, **options)
    assert found.bad.iloc[0] == (not pd.isna(found.reasons.iloc[0]))
    if found.bad.iloc[0]:
        return f"[{found.reasons.iloc[0]}]"
    return None if pd.isna(found.values.iloc[0]) else found.values.iloc[0]


BOTH = ["dd-MMM-yyyy", "yyyy-MM-dd"]


@pytest.mark.parametrize(("value", "wanted"), [
    ("01-MAR-2025", "2025-03-01"), ("01-mar-2025", "2025-03-01"), (" 01-March-2025 ", "2025-03-01"),
    ("15-Sept-2025", "2025-09-15"), ("2025-03-01", "2025-03-01"), ("29-FEB-2024", "2024-02-29"),
    ("UN-MAR-2025", "2025-03"), ("un-unk-2025", "2025"), ("2023-10-NK", "2023-10"),
    ("2025-UN-15", "2025---15"),
    ("15-MAR-UNK", "--03-15"), ("UN-MAR-UNK", "--03"), ("MAR-2025", "2025-03"), ("2025-03", "2025-03"),
    ("2025", "2025"), ("UNK", None), ("UN-UNK-UNK", None), ("UN UN", None), ("", None), ("  ", None),
    (None, None),
    ("２０２５－０３－０１", "2025-03-01"), ("2025\u201303\u201301", "2025-03-01"),
    ("31-FEB-2025", "['31-FEB-2025' is no calendar date]"),
    ("29-FEB-2025", "['29-FEB-2025' is no calendar date]"),
    ("31-APR-UNK", "['31-APR-UNK' is no calendar date]"),
    ("2025-13-01", "['2025-13-01' is no calendar date]"),
    ("00-MAR-2025", "['00-MAR-2025' is no calendar date]"),
    (" 03/04/2025 ", "['03/04/2025' fits none of the formats dd-MMM-yyyy, yyyy-MM-dd]"),
    ("1-MAR-2025", "['1-MAR-2025' fits none of the formats dd-MMM-yyyy, yyyy-MM-dd]"),
    ("01-MRZ-2025", "['01-MRZ-2025' fits none of the formats dd-MMM-yyyy, yyyy-MM-dd]"),
    ("2025-03-01 13:05", "['2025-03-01 13:05' fits none of the formats dd-MMM-yyyy, yyyy-MM-dd]"),
    ("2025-03-", "['2025-03-' fits none of the formats dd-MMM-yyyy, yyyy-MM-dd]"),
    ("45717", "['45717' fits none of the formats dd-MMM-yyyy, yyyy-MM-dd]"),
    ("XX-MAR-2025", "['XX-MAR-2025' fits none of the formats dd-MMM-yyyy, yyyy-MM-dd]"),
    ("a'b", "['a'b' fits none of the formats dd-MMM-yyyy, yyyy-MM-dd]"),
])
def test_two_formats(value: str | None, wanted: str | None) -> None:
    assert read_one(value, BOTH) == wanted


@pytest.mark.parametrize(("form", "value", "wanted"), [
    ("yyyy年M月d日", "2025年3月1日", "2025-03-01"), ("yyyy年M月d日", "２０２５年０３月１５日", "2025-03-15"),
    ("yyyy年M月d日", "2025年3月", "2025-03"), ("yyyy年M月d日", "2025年", "2025"),
    ("yyyy年M月d日", "2025年3月UN日", "2025-03"),
    ("yyyy年M月d日 HH时mm分", "2025年3月1日 13时05分", "2025-03-01T13:05"),
    ("yyyy年M月d日 ah:mm", "2025年3月1日 下午1:05", "2025-03-01T13:05"),
    ("yyyy/M/d", "2025/3/1", "2025-03-01"), ("yyyy/M/d", "2025/12/31", "2025-12-31"),
    ("d.M.yyyy", "1.3.2025", "2025-03-01"),
    ("MM/dd/yyyy", "03/04/2025", "2025-03-04"), ("MM/dd/yyyy", "03/2025", "2025-03"),
    ("MM/dd/yyyy", "2025", "2025"),
    ("MM/dd/yyyy", "UN/15/2025", "2025---15"), ("yyyyMMdd", "20250301", "2025-03-01"),
    ("yyyyMMdd", "202503", "2025-03"),
    ("ddMMMyyyy", "01MAR2025", "2025-03-01"), ("ddMMMyyyy", "UNMAR2025", "2025-03"),
    ("MMMM d, yyyy", "march 1, 2025", "2025-03-01"),
    ("dd-MMM-yy", "01-MAR-25", "2025-03-01"), ("dd-MMM-yy", "01-MAR-50", "1950-03-01"),
    ("dd-MMM-yy", "MAR-49", "2049-03"),
    ("dd-MMM-yy", "25", "['25' does not fit the format dd-MMM-yy]"),
    ("dd-MMM-yyyy", "01-MAR-25", "['01-MAR-25' does not fit the format dd-MMM-yyyy]"),
    ("dd-MMM", "01-MAR", "--03-01"),
    ("yyyy-MM-dd HH:mm", "2025-03-01 13:05", "2025-03-01T13:05"),
    ("yyyy-MM-dd HH:mm", "2025-03-01T13:05", "2025-03-01T13:05"),
    ("yyyy-MM-dd HH:mm", "2025-03-01", "2025-03-01"), ("yyyy-MM-dd HH:mm", "2025-03-01 13", "2025-03-01T13"),
    ("yyyy-MM-dd HH:mm", "2025-03-01 UN:05", "2025-03-01T-:05"),
    ("yyyy-MM-dd HH:mm", "2025-03-UN 13:05", "2025-03--T13:05"),
    ("yyyy-MM-dd HH:mm", "2025-03-0113:05", "['2025-03-0113:05' does not fit the format yyyy-MM-dd HH:mm]"),
    ("yyyy-MM-dd HH:mm", "2025-03-01 25:00", "['2025-03-01 25:00' is no time of day]"),
    ("yyyy-MM-dd'T'HH:mm:ss", "2025-03-01T13:05:09", "2025-03-01T13:05:09"),
    ("yyyy-MM-ddTHH:mm:ss", "2025-03-01T13:05", "2025-03-01T13:05"),
    ("dd-MMM-yyyy HH:mm", "MAR-2025 13:05", "['MAR-2025 13:05' does not fit the format dd-MMM-yyyy HH:mm]"),
    ("excel", "45717", "2025-03-01"), ("excel", "45717.0", "2025-03-01"),
    ("excel", "45717.545138888889", "2025-03-01T13:05"),
    ("excel", "45717.5451504629", "2025-03-01T13:05:01"), ("excel", "45717.9999999", "2025-03-02T00:00"),
    ("excel", "2025", "['2025' does not fit the format excel]"),
    ("excel", "00001", "['00001' does not fit the format excel]"),
])
def test_one_format(form: str, value: str, wanted: str) -> None:
    assert read_one(value, [form]) == wanted


@pytest.mark.parametrize(("form", "value", "wanted"), [
    ("HH:mm", "13:05", "T13:05"), ("HH:mm", "00:00", "T00:00"), ("HH:mm", "13", "T13"),
    ("HH:mm", "13:UN", "T13"),
    ("HH:mm", "UN:05", "T-:05"), ("HH:mm", "UN:UN", ""), ("HH:mm", "UNK", ""), ("HH:mm", None, ""),
    ("HH:mm", "１３：０５", "T13:05"),
    ("HH:mm:ss", "13:05:59", "T13:05:59"), ("HH:mm:ss", "13:UN:59", "T13:-:59"),
    ("HH", "09", "T09"), ("H", "9", "T09"), ("HHmm", "1305", "T13:05"), ("HHmm", "13", "T13"),
    ("hh:mm a", "12:05 AM", "T00:05"), ("hh:mm a", "12:05 pm", "T12:05"), ("hh:mm a", "01:05PM", "T13:05"),
    ("hh:mm a", "11:59 P.M.", "T23:59"), ("hh:mm a", "08 PM", "T20"), ("hh:mm a", "UN:30 PM", "T-:30"),
    ("hh:mm a", "UN:UN", ""), ("a h:mm", "上午 9:30", "T09:30"), ("h:mma", "9:30am", "T09:30"),
    ("excel", "0.5", "T12:00"),
    ("hh:mm a", "13:05 PM", "['13:05 PM' is no time of day]"),
    ("hh:mm a", "00:05 AM", "['00:05 AM' is no time of day]"),
    ("hh:mm a", "08:15", "['08:15' does not fit the format hh:mm a]"),
    ("HH:mm", "9:30", "['9:30' does not fit the format HH:mm]"),
    ("HH:mm", "24:00", "['24:00' is no time of day (midnight at the end of a day is 00:00 of the next day)]"),
    ("HH:mm", "24:01", "['24:01' is no time of day]"), ("HH:mm", "13:60", "['13:60' is no time of day]"),
    ("HH:mm:ss", "23:59:60", "['23:59:60' is no time of day]"),
])
def test_times(form: str, value: str | None, wanted: str) -> None:
    found = read_one("2025-03-01", ["yyyy-MM-dd"], time=value, times=[form])
    assert found == (wanted if wanted.startswith("[") else "2025-03-01" + wanted)


def test_a_bad_time_leaves_the_date_in_values() -> None:
    read = read_dates([text("2025-03-01")], text("25:10"), ["yyyy-MM-dd"], ["HH:mm"])
    assert read.values.tolist() == ["2025-03-01"]
    assert read.bad.tolist() == [True]
    assert read.reasons.tolist() == ["'25:10' is no time of day"]


def test_a_bad_date_hides_the_time() -> None:
    read = read_dates([text("2025-02-30")], text("13:10"), ["yyyy-MM-dd"], ["HH:mm"])
    assert read.values.isna().tolist() == [True]
    assert read.reasons.tolist() == ["'2025-02-30' is no calendar date"]


@pytest.mark.parametrize(("date", "time", "keep", "drop"), [
    ("UNK", "12:30", "-----T12:30", None), (None, "12", "-----T12", None),
    ("UN-MAR-2025", "12:30", "2025-03--T12:30", "2025-03--T12:30"),
    (None, None, None, None), (None, "UN:UN", None, None),
    ("15-MAR-UNK", "12:30", "--03-15T12:30", "--03-15T12:30"),
])
def test_time_without_date(date: str | None, time: str | None, keep: str | None, drop: str | None) -> None:
    assert read_one(date, ["dd-MMM-yyyy"], time=time, times=["HH:mm"]) == keep
    assert read_one(date, ["dd-MMM-yyyy"], time=time, times=["HH:mm"], time_without_date="drop") == drop


def test_time_given_twice() -> None:
    formats = ["yyyy-MM-dd HH:mm"]
    assert read_one("2025-03-01 13:05", formats, time="13:05", times=["HH:mm"]) == "2025-03-01T13:05"
    assert read_one("2025-03-01 13:05", formats, time="14:00", times=["HH:mm"]) == (
        "['2025-03-01 13:05' has a time of its own, and the time is '14:00']")


@pytest.mark.parametrize(("formats", "value", "wanted"), [
    (["dd/MM/yyyy", "MM/dd/yyyy"], "03/04/2025",
     "['03/04/2025' is 2025-04-03 by dd/MM/yyyy and 2025-03-04 by MM/dd/yyyy]"),
    (["dd/MM/yyyy", "MM/dd/yyyy"], "13/04/2025", "2025-04-13"),
    (["dd/MM/yyyy", "MM/dd/yyyy"], "04/04/2025", "2025-04-04"),
    (["dd/MM/yyyy", "MM/dd/yyyy"], "04/2025", "2025-04"), (["yyyy-MM-dd", "excel"], "2025", "2025"),
    (["yyyy-MM-dd", "yyyy-MM-dd HH:mm"], "2025-03", "2025-03"),
    (["yy-MM-dd", "dd-MM-yy"], "03-04-05",
     "['03-04-05' is 2003-04-05 by yy-MM-dd and 2005-04-03 by dd-MM-yy]"),
    (["dd-MM-yy"], "03-04-99", "1999-04-03"),
])
def test_ambiguity(formats: list[str], value: str, wanted: str) -> None:
    assert read_one(value, formats) == wanted


def test_unknown_words_that_begin_alike_are_read_at_once() -> None:
    """Were each of them tried in each place, this would take longer than a day."""
    words = ["U" * length for length in range(1, 61)]
    for form in ("yyyyMMddHHmmss", "ddMMMyyyy", "d-M-yyyy HH:mm"):
        value = "U" * 300 + "!"
        assert read_one(value, [form], unknown=words) == f"['{value}' does not fit the format {form}]"
    assert read_one("UUU-MAR-2025", ["dd-MMM-yyyy"], unknown=words) == "2025-03"
    assert read_one("UNKMAR2025", ["ddMMMyyyy"], unknown=["UN", "UNK"]) == "2025-03"


def test_year_cutoff() -> None:
    assert read_one("01-MAR-25", ["dd-MMM-yy"], year_cutoff=1926) == "2025-03-01"
    assert read_one("01-MAR-26", ["dd-MMM-yy"], year_cutoff=1926) == "1926-03-01"


@pytest.mark.parametrize(("day", "wanted"), [
    ("00", "2025-03"), ("99", "2025-03"), ("15", "2025-03-15"),
])
def test_numbers_as_unknown_words(day: str, wanted: str) -> None:
    unknown = ["00", "99"]
    assert read_one(f"2025-03-{day}", ["yyyy-MM-dd"], unknown=unknown) == wanted
    # In a time 00 is a number: a collected midnight is never lost.
    assert read_one("2025-03-15", ["yyyy-MM-dd"], time="00:00", times=["HH:mm"],
                    unknown=unknown) == "2025-03-15T00:00"


@pytest.mark.parametrize(("year", "month", "day", "wanted"), [
    ("2025", "3", "1", "2025-03-01"), ("2025", "03", "01", "2025-03-01"), ("2025", "MAR", "UN", "2025-03"),
    ("2025", "march", None, "2025-03"), ("2025", None, "15", "2025---15"), ("UNK", "3", "15", "--03-15"),
    (None, None, None, None), ("", " ", "", None), ("2025.0", "3.0", "1.0", "2025-03-01"),
    ("２０２５", "３月", "１日", "2025-03-01"), ("2025年", "12", "31", "2025-12-31"),
    ("2025", "2", "30", "[year '2025', month '2', day '30' is no calendar date]"),
    ("2025", "13", "1", "[year '2025', month '13', day '1' is no calendar date]"),
    ("25", "3", "1", "[year '25', month '3', day '1' is no year, month and day]"),
    ("2025", "3", "x", "[year '2025', month '3', day 'x' is no year, month and day]"),
    ("2025", "3", "1.5", "[year '2025', month '3', day '1.5' is no year, month and day]"),
])
def test_three_columns(year: str | None, month: str | None, day: str | None, wanted: str | None) -> None:
    read = read_dates([text(year), text(month), text(day)], unknown=UNKNOWN)
    got = read.values.iloc[0] if not read.bad.iloc[0] else f"[{read.reasons.iloc[0]}]"
    assert (None if pd.isna(got) else got) == wanted


def test_three_columns_with_time_and_short_years() -> None:
    read = read_dates([text("25", None), text("3", None), text("1", None)], text("9:05", "9:05"),
                      ["yy-MM-dd"], ["H:mm"])
    assert read.values.tolist() == ["2025-03-01T09:05", "-----T09:05"]


def test_a_column_keeps_its_index_and_types() -> None:
    dates = pd.Series(["2025-03-01", None, "x", "2025-03-01"], dtype="str", index=[5, 3, 9, 1])
    times = pd.Series(["10:00", "11:00", None, "12:00"], dtype="str", index=dates.index)
    read = read_dates([dates], times, ["yyyy-MM-dd"], ["HH:mm"])
    assert read.values.fillna("").tolist() == ["2025-03-01T10:00", "-----T11:00", "", "2025-03-01T12:00"]
    assert read.bad.tolist() == [False, False, True, False]
    assert [one.index.tolist() for one in read] == [[5, 3, 9, 1]] * 3
    assert [str(one.dtype) for one in read] == ["str", "bool", "str"]
    empty = read_dates([dates.iloc[:0]], times.iloc[:0], ["yyyy-MM-dd"], ["HH:mm"])
    assert [len(one) for one in empty] == [0, 0, 0]
    assert [str(one.dtype) for one in empty] == ["str", "bool", "str"]


@pytest.mark.parametrize(("form", "role", "message"), [
    ("dd-QQ-yyyy", "date", "'QQ' in the format 'dd-QQ-yyyy' is no date or time component; known: "
                           "yyyy yy MMMM MMM MM M dd d HH H hh h mm ss a"),
    ("yyyyy", "date", "'yyyyy' in the format 'yyyyy' is no date or time component; known: "
                      "yyyy yy MMMM MMM MM M dd d HH H hh h mm ss a"),
    ("H时m", "time", "'m' in the format 'H时m' is no date or time component; known: "
                     "yyyy yy MMMM MMM MM M dd d HH H hh h mm ss a"),
    ("dd-MM-dd", "date", "the format 'dd-MM-dd' has the day twice"),
    ("HH:mm", "date", "'HH:mm' is no date format"), ("yyyy", "time", "'yyyy' is no time format"),
    ("", "date", "'' is no date format"),
    ("hh:mm", "time", "the format 'hh:mm' needs hh or h together with a (AM or PM)"),
    ("HH:mm a", "time", "the format 'HH:mm a' needs hh or h together with a (AM or PM)"),
    ("mm:ss", "time", "the format 'mm:ss' has the minute without the hour"),
    ("HH:ss", "time", "the format 'HH:ss' has the second without the minute"),
    ("yyyy-MM-dd'T", "date", "the format 'yyyy-MM-dd'T' has an apostrophe without a second"),
])
def test_formats_that_are_none(form: str, role: Any, message: str) -> None:
    with pytest.raises(ValueError) as caught:   # noqa: PT011 - the whole message is compared below
        compile_format(form, role, ())
    assert str(caught.value) == message


def test_arguments_that_do_not_go_together() -> None:
    one = text("2025")
    for arguments, message in [
        (([one, one],), "a date stands in one column or in three (year, month, day), not in 2"),
        (([one],), "no date format is given"),
        (([one], one, ["yyyy"]), "no time format is given"),
    ]:
        with pytest.raises(ValueError) as caught:   # noqa: PT011
            read_dates(*arguments)  # type: ignore[arg-type]
        assert str(caught.value) == message


# How a component of a moment is written by a token of a format.
WRITE: dict[str, Any] = {
    "yyyy": lambda k: f"{k[0]:04d}", "MM": lambda k: f"{k[1]:02d}", "M": lambda k: str(k[1]),
    "MMM": lambda k: MONTHS[k[1] - 1].upper(), "dd": lambda k: f"{k[2]:02d}", "d": lambda k: str(k[2]),
    "HH": lambda k: f"{k[3]:02d}", "mm": lambda k: f"{k[4]:02d}", "ss": lambda k: f"{k[5]:02d}",
    "hh": lambda k: f"{(k[3] + 11) % 12 + 1:02d}", "a": lambda k: "AM" if k[3] < 12 else "PM",
}
PLACE = {"y": 0, "M": 1, "d": 2, "H": 3, "h": 3, "m": 4, "s": 5, "a": 3}
DATES = [["dd", "-", "MMM", "-", "yyyy"], ["yyyy", "-", "MM", "-", "dd"], ["d", ".", "M", ".", "yyyy"],
         ["MM", "/", "dd", "/", "yyyy"], ["yyyy", "年", "M", "月", "d", "日"], ["dd", "MMM", "yyyy"]]
TIMES = [["HH", ":", "mm", ":", "ss"], ["hh", ":", "mm", ":", "ss", " ", "a"], ["HH", "mm", "ss"]]


def write(tokens: list[str], known: tuple[int, ...]) -> str:
    """Write components by a format, a missing one as UN (the half day AM, as nothing hangs on it)."""
    texts = []
    for token in tokens:
        if token not in WRITE:
            texts.append(token)
        elif known[PLACE[token[0]]] == MISSING:
            texts.append("AM" if token == "a" else "UN")
        else:
            texts.append(WRITE[token](known))
    return "".join(texts)


@given(components(), st.sampled_from(DATES), st.sampled_from(TIMES), st.booleans())
def test_every_partial_form_reads_back(known: tuple[int, ...], date: list[str], time: list[str],
                                       apart: bool) -> None:
    """What is written in a declared format, unknown words included, is read as the same --DTC."""
    if apart:
        read = read_dates([text(write(date, known))], text(write(time, known)), ["".join(date)],
                          ["".join(time)], ["UN"])
    else:
        form = [*date, " ", *time]
        read = read_dates([text(write(form, known))], None, ["".join(form)], (), ["UN"])
    assert read.reasons.isna().tolist() == [True]
    found = read.values.iloc[0]
    assert (None if pd.isna(found) else found) == compose(known)
    assert not check_iso(read.values).iloc[0]


@given(components(year=True), st.sampled_from(DATES), st.integers(1, 2))
def test_every_truncation_reads_back(known: tuple[int, ...], date: list[str], kept: int) -> None:
    assume(known[1] != MISSING)
    known = tuple(n if i < kept else MISSING for i, n in enumerate(known))
    dropped = "d日" if kept == 2 else "d日M月"
    tokens = [token for token in date if token[0] not in dropped]
    words = [write([token], known) for token in tokens]
    numbers = [word for word in words if word.isalnum() and word not in "年月"]
    cjk = "年" in date
    joint = "" if "".join(date) == "ddMMMyyyy" else next(t for t in date if t not in WRITE)
    value = "".join(words) if cjk else joint.join(numbers)
    assert read_one(value, ["".join(date)]) == compose(known)


@given(st.text(alphabet="0123456789-/:. TUNKMARaJpm年月日", max_size=20))
def test_whatever_is_read_is_valid(value: str) -> None:
    formats = ["dd-MMM-yyyy", "yyyy-MM-dd", "yyyy年M月d日", "d/M/yyyy HH:mm", "excel"]
    read = read_dates([text(value)], text(value), formats, ["HH:mm", "h:mm a", "excel"], UNKNOWN)
    assert not check_iso(read.values).iloc[0]
    assert read.bad.iloc[0] == read.reasons.notna().iloc[0]
