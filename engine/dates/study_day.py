"""Study days and ages."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.dates.parts import Moments, parse


def compute_study_day(date: pd.Series, reference: pd.Series | pd.Timestamp) -> pd.Series:
    """Study day, float64: the reference date is day 1, the day before it -1; there is no day 0.

    ``date`` and ``reference`` are datetime64 (one reference a record, or one for
    all); the time of day is left out.  NaN if either is missing.
    Source: SDTMIG 3.4 section 4.4.4.

    >>> days = pd.Series(pd.to_datetime(["2025-03-09T00:00", "2025-03-10T23:00", "2025-03-11T00:00"]))
    >>> compute_study_day(days, pd.Timestamp("2025-03-10 14:30")).tolist()
    [-1.0, 1.0, 2.0]
    """
    given = reference if isinstance(reference, pd.Series) else pd.Series([reference], dtype="datetime64[s]")
    start = given.to_numpy("datetime64[s]")
    days = date.to_numpy("datetime64[s]").astype("datetime64[D]")
    apart = (days - start.astype("datetime64[D]")) / np.timedelta64(1, "D")
    return pd.Series(np.where(apart >= 0, apart + 1, apart), index=date.index, dtype="float64")


class Age(NamedTuple):
    """Completed years (float64), and where dates are given but leave the age open."""

    years: pd.Series
    undetermined: pd.Series


def _completed(birth: Moments, at: Moments) -> NDArray[np.float64]:
    """Completed years between two days; someone born on 29 February has a birthday on 1 March."""
    def split(days: Moments) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        months = days.astype("datetime64[M]")
        year = np.where(np.isnat(days), np.nan, months.astype("datetime64[Y]").astype(np.int64) + 1970)
        month = months.astype(np.int64) % 12
        day = (days.astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64)
        return year, month * 31 + day

    (born, birthday), (now, today) = split(birth), split(at)
    years: NDArray[np.float64] = now - born - (today < birthday)
    return years


def compute_age(birth: pd.Series, at: pd.Series) -> Age:
    """Age in completed years at a date, from two --DTC columns.

    A partial date gives an age only where every day it allows gives the same one;
    otherwise ``years`` is NaN and ``undetermined`` True.  A date before the birth
    gives a negative number.  Source: SDTMIG 3.4 section 5.2 (AGE, with AGEU YEARS).

    >>> birth = pd.Series(["1980-06-15", "1980-06", "1980", None], dtype="str")
    >>> at = pd.Series(["2025-06-14", "2025-08-01", "2025-06-14", "2025-06-14"], dtype="str")
    >>> found = compute_age(birth, at)
    >>> found.years.tolist(), found.undetermined.tolist()
    ([44.0, 45.0, nan, nan], [False, False, True, False])
    """
    born, now = parse(birth), parse(at)
    oldest = _completed(born.earliest, now.latest)
    youngest = _completed(born.latest, now.earliest)
    sure = oldest == youngest
    open_ = born.valid & now.valid & ~sure
    return Age(pd.Series(np.where(sure, oldest, np.nan), index=birth.index, dtype="float64"),
               pd.Series(open_, index=birth.index))
