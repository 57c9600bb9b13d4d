"""What is said of values that a lookup finds nothing for, too much, or a record with nothing to take."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from engine.build.derivation import Derivation
from engine.build.refusals import LISTED, lines_of
from engine.build.required import is_required
from engine.build.rows import Match, Rows
from engine.columns import Column, Kind
from engine.errors import Record, did_you_mean, likely

_SUGGESTED = 20
"""For so many values without a match another one is looked for."""


def lines_matched(value: str, shown: pd.Series, found: Match, rows: Rows) -> str:
    """Where the records stand that a value matches: `` (raw/coding.csv, lines 2 and 10)``."""
    one = int(np.flatnonzero((shown == value).to_numpy() & (found.count > 1))[0])
    positions = found.order[found.start[one]:found.start[one] + found.count[one]]
    places = [rows.origin.place(n) for n in positions[:LISTED].tolist()]
    records = [Record(place) for place in places if place is not None]
    if not records:
        return ""
    told = lines_of(records, len(positions))
    return f" ({records[0].place.file}, {told})" if told.startswith("lines") else f" ({told})"


def none_hints(none: np.ndarray, ours: Column | None, theirs: Column | None,
               why: pd.Series) -> Callable[[str], str]:
    """What to do about each value without a match; of the first ones also which other it may mean."""
    otherwise = "set 'none: keep' or 'none: blank'"
    near: dict[str, str] = {}
    if ours is not None and theirs is not None and ours.kind is Kind.TEXT:
        known = {text for text in theirs.coded.texts() if text is not None}
        values = ours.values[none].drop_duplicates()[:_SUGGESTED]
        for told, value in zip(why[values.index], values, strict=True):
            meant = likely(str(value), known)
            if meant is not None:
                near[str(told)] = did_you_mean(str(value), meant)
    return lambda told: f"{near[told]} else {otherwise}" if told in near else otherwise


def require_taken(value: Column, position: np.ndarray, what: str, shown: Callable[[], pd.Series], rows: Rows,
                  at: Derivation) -> None:
    """Refuse records whose match has nothing to take (``what``), where the variable must have a value."""
    spec = at.build.plan.datasets[at.dataset]
    variable = spec.variables.get(at.variable)
    blank = (position >= 0) & value.isna()
    if variable is None or not blank.any() or not is_required(at.build.plan, spec, variable):
        return
    texts = np.full(at.rows.size, "", dtype=object)
    texts[blank] = [str(rows.origin.place(n) or "a record") for n in position[blank].tolist()]
    places = pd.Series(texts, index=at.index, dtype="str")
    at.refuse(blank, lambda v: v, shown() + " matches " + places + f", where {what} is blank",
              "fill it in there; 'required: false' lets the variable be blank")
