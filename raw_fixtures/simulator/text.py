"""How a site writes: dates, times, numbers, yes and no."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from .draws import Bools, Days, Floats, Ints, Stream, Text
from .terms import TERMS

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
YES = {"01": "Y", "02": "是", "03": "Yes"}
NO = {"01": "N", "02": "否", "03": "No"}
BLANK_TIME = -1
LAST_ENTRY = np.datetime64("2026-07-10T16:45:00", "s")


def day_month_year(day: date) -> str:
    """``09-APR-2024``"""
    return f"{day.day:02d}-{MONTHS[day.month - 1]}-{day.year:04d}"


def slashes(day: date) -> str:
    """``2024/4/9``"""
    return f"{day.year}/{day.month}/{day.day}"


def clock(minute: int) -> str:
    """``14:35``"""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def half_clock(minute: int) -> str:
    """``02:35 PM``"""
    hour = minute // 60
    return f"{(hour - 1) % 12 + 1:02d}:{minute % 60:02d} {'AM' if hour < 12 else 'PM'}"


WRITTEN: dict[str, Callable[[date], str]] = {"01": day_month_year, "02": slashes, "03": date.isoformat}


def by_site(site: Text, values: Mapping[str, Any]) -> Text:
    """Each row's value among three."""
    out = np.empty(len(site), dtype=object)
    for name, value in values.items():
        mine = site == name
        out[mine] = value[mine] if isinstance(value, np.ndarray) else value
    return out


def dates(when: Days, site: Text) -> Text:
    """Dates as the site writes them, blank for NaT; each distinct date is written once.

    >>> dates(np.array(["2024-04-09"] * 3, "datetime64[D]"), np.array(["01", "02", "03"], object)).tolist()
    ['09-APR-2024', '2024/4/9', '2024-04-09']
    """
    distinct, place = np.unique(when.astype("datetime64[D]"), return_inverse=True)
    days = [None if np.isnat(day) else day.item() for day in distinct]
    texts = {
        name: np.asarray(["" if day is None else write(day) for day in days], dtype=object)[place]
        for name, write in WRITTEN.items()
    }
    return by_site(site, texts)


def iso_dates(when: Days) -> Text:
    """``2024-04-09``, blank for NaT."""
    text = np.datetime_as_string(when.astype("datetime64[D]")).astype(object)
    text[np.isnat(when)] = ""
    return text


def times(minutes: Ints, site: Text | None = None) -> Text:
    """Minutes of the day as the site writes them; without a site on the 24-hour clock; blank for -1.

    >>> times(np.array([875, 875, -1]), np.array(["01", "03", "01"], object)).tolist()
    ['14:35', '02:35 PM', '']
    """
    long = np.asarray([*map(clock, range(1440)), ""], dtype=object)[minutes]
    if site is None:
        return long
    return by_site(
        site,
        {
            "01": long,
            "02": long,
            "03": np.asarray([*map(half_clock, range(1440)), ""], dtype=object)[minutes],
        },
    )


def numbers(values: Floats, decimals: int) -> Text:
    """Numbers with a fixed count of decimals, blank for NaN.

    >>> numbers(np.array([1.005, np.nan, 12.0]), 1).tolist()
    ['1.0', '', '12.0']
    """
    text = np.char.mod(f"%.{decimals}f", np.nan_to_num(values, nan=0.0)).astype(object)
    text[np.isnan(values)] = ""
    return text


def yes_no(flag: Bools, site: Text) -> Text:
    """The site's word for yes or no."""
    return np.where(flag, by_site(site, YES), by_site(site, NO))


def verbatims(keys: pd.Series, site: Text, stream: Stream) -> Text:
    """How each record's term is written: in Chinese at site 02, else one of the English ways."""
    english = np.full(len(keys), "", dtype=object)
    for key in keys.unique():
        mine = (keys == key).to_numpy()
        english[mine] = stream.pick(int(mine.sum()), TERMS[str(key)].english)
    chinese = keys.map({key: term.chinese for key, term in TERMS.items()}).to_numpy(dtype=object)
    return np.where(site == "02", chinese, english)


def ticked(flag: Bools, site: Text) -> Text:
    """A check box: the site's yes, or nothing."""
    return np.where(flag, by_site(site, YES), "")


def form(
    subjects: pd.DataFrame, sub: Ints, when: Days, stream: Stream, columns: Mapping[str, Any]
) -> pd.DataFrame:
    """An EDC form: subject, the columns, version and entry time, in order of subject.

    ``sub`` is the row of each record's subject; ``when`` the date the record is about, entered days later.
    """
    n = len(sub)
    late = stream.integers(n, 1, 6) * 86400 + stream.integers(n, 8 * 3600, 18 * 3600)
    start = np.where(np.isnat(when), np.datetime64("2026-06-20", "D"), when).astype("datetime64[s]")
    entered = np.minimum(start + late.astype("timedelta64[s]"), LAST_ENTRY)
    table = pd.DataFrame(
        {
            "SITE": subjects["site"].to_numpy()[sub],
            "SUBJ": subjects["subj"].to_numpy()[sub],
            **columns,
            "REC_VER": "1",
            "ENTERED": np.char.replace(np.datetime_as_string(entered), "T", " ").astype(object),
        }
    ).astype("str")
    return table.iloc[np.argsort(sub, kind="stable")].reset_index(drop=True)
