"""A statistic of another table's records: summary."""

from __future__ import annotations

import numpy as np
import pandas as pd

from adam.verbs.statistics import How, compute_summary
from engine.build.derivation import Derivation
from engine.build.rows import pairs
from engine.columns import Column, Kind
from engine.spec.entries import Entry
from engine.spec.references import ExpressionField
from engine.spec.verbs import verb
from engine.verbs.picking import There, reached


class SummaryFrom(There):
    """What is summed up: ``value`` of the records that match, and ``how``."""

    value: ExpressionField
    how: How


class SummaryEntry(Entry):
    """``{summary: {in: EX, value: EXDOSE, how: sum, where, on}}``."""

    summary: SummaryFrom


@verb("summary", layer="adam", kind=Kind.NUMBER)
def derive_summary(entry: SummaryEntry, at: Derivation) -> Column:
    """A statistic of another table's records, such as a cumulative dose; blank where there is no value.

    Source: Dossier's own, for subject-level variables such as cumulative doses (ADaMIG 1.3, section 3.2).
    """
    part = entry.summary
    rows, left, right = reached(part, at, [])
    value = at.evaluate(part.value, rows, str(part.in_))
    if value.kind is not Kind.NUMBER:
        raise at.wrong(f"'{part.value.text}' is a {value.kind.value}, where a number is wanted",
                       "CAST(... AS NUMBER) makes one of it")
    ours, theirs = pairs(at.matched(left, right))
    values = value.values.iloc[theirs].reset_index(drop=True)
    known = values.notna().to_numpy()
    made = np.full(at.rows.size, 0.0 if part.how == "count" else np.nan)
    if known.any():
        found = compute_summary(values[known], ours[known], part.how)
        made[found.index.to_numpy()] = found.to_numpy()
    return Column(pd.Series(made, index=at.index), Kind.NUMBER)
