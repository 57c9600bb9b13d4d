"""Treatment-emergent events, by the study's one plan: TRTEMFL, and AETRTEM in SUPPAE."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from engine.build.derivation import Derivation
from engine.build.rows import codes_of
from engine.columns import Column, Kind, marked
from engine.expressions import Expression
from engine.spec.entries import Entry
from engine.spec.references import ExpressionField, RefField
from engine.spec.study import Study, TreatmentEmergent
from engine.spec.verbs import verb
from engine.verbs.spans import DATED, Mask, Moments, Span, days, span_of, widened
from engine.yaml.fields import Model, OneOrMany, TextField


class Emergent(Model):
    """The event: its start and end, what is known of the start's time, its episode and severity."""

    start: RefField
    end: RefField | None = None
    collected: RefField | None = None
    time_flag: RefField | None = None
    group: RefField | None = None
    severity: ExpressionField | None = None
    levels: OneOrMany[TextField] | None = None


class TreatmentEmergentEntry(Entry):
    """``{treatment_emergent: {start, end, collected, group, severity}, then, else, plan}``."""

    treatment_emergent: Emergent
    then: TextField | None = None
    else_: TextField | None = Field(default=None, alias="else")
    plan: TreatmentEmergent | None = None

    def needs(self, study: Study, dataset: str) -> Iterable[tuple[str, str]]:
        """The variables that the study's plan names; those of a plan of its own are seen anyway."""
        plan = None if self.plan is not None else study.treatment_emergent
        for expression in (plan.start, plan.end) if plan is not None else ():
            for parts in expression.names if expression is not None else ():
                if parts[0] != "study":
                    yield (parts[0], parts[1]) if len(parts) > 1 else (dataset, parts[0])


class Treated(NamedTuple):
    """Treatment of each record's subject: its first moment (NaT: not treated), the last day that counts."""

    start: Moments
    last_day: Moments


def compute_emergent(start: Span, end: Span, treated: Treated, *, missing_counts: bool = True) -> Mask:
    """Which events are treatment-emergent by their dates alone.

    An event counts if it could have started when treatment had (to the minute
    where both times are known, else by date), did not end before treatment, and
    its first possible day is not after the last that counts (NaT: no limit).  A
    missing start counts unless ``missing_counts`` is False; nothing counts
    without treatment.  Source: ADaM-OCCDSIG 1.1, TRTEMFL; ICH E9.
    """
    ended = end.high < treated.start
    begun = ~(start.high < treated.start)
    late = start.first_day > treated.last_day
    unknown = np.isnat(start.low)
    counts = np.where(unknown, missing_counts, begun & ~late)
    found: Mask = ~np.isnat(treated.start) & ~ended & counts
    return found


def compute_worsened(emergent: Mask, start: Span, treated: Moments, episode: NDArray[np.int64],
                     severity: NDArray[np.float64]) -> Mask:
    """Which of the emergent rows count where an episode began before treatment.

    ``episode`` numbers the episodes, -1 for an event of one row.  An episode with
    a row before treatment counts from its first later row that is more severe than
    the last one before treatment; the rows after that one count with it.  A
    severity that is not known counts as more severe.  Rows of other episodes are
    left as they are.

    >>> when = np.array(["2025-03-01", "2025-03-11", "2025-03-12", "2025-03-13"], dtype="datetime64[s]")
    >>> known = np.ones(4, dtype=bool)
    >>> rows = Span(when, when, known, known)
    >>> treated = np.full(4, np.datetime64("2025-03-10T00:00:00"))
    >>> emergent = np.array([False, True, True, True])
    >>> compute_worsened(emergent, rows, treated, np.zeros(4, dtype="int64"),
    ...                  np.array([3.0, 3.0, 4.0, 2.0])).tolist()
    [False, False, True, True]
    """
    before = (start.high < treated) & (episode >= 0)
    size = int(episode.max(initial=-1)) + 1
    never = np.iinfo(np.int64).max
    when = np.where(np.isnat(start.low), never, start.low.astype("int64"))
    order = np.lexsort((when, episode))
    state = np.full(size, np.nan)
    earlier = order[before[order]]
    state[episode[earlier]] = severity[earlier]     # in order: the last one before treatment stands
    begun = np.zeros(size, dtype=bool)
    begun[episode[earlier]] = True
    inside = np.where(episode >= 0, begun[episode] if size else False, False)
    reference = state[episode] if size else np.full(len(episode), np.nan)
    worse = emergent & inside & ~(severity <= reference)
    risen = np.zeros(len(episode), dtype=bool)
    risen[order] = pd.Series(worse[order]).groupby(episode[order]).cummax().to_numpy(dtype=bool)
    found: Mask = emergent & (~inside | risen)
    return found


@verb("treatment_emergent")
def derive_treatment_emergent(entry: TreatmentEmergentEntry, at: Derivation) -> Column:
    """Flag treatment-emergent events by the plan in study.yaml (OCCDS 1.1, TRTEMFL)."""
    plan = entry.plan or at.build.plan.study.study.treatment_emergent
    if plan is None:
        raise at.wrong("the study has no plan for what is treatment-emergent",
                       "add 'treatment_emergent' to the study file")
    part = entry.treatment_emergent
    start = _start(part, at)
    end = span_of(_dates(part.end, at)) if part.end is not None else _unknown(at.rows.size)
    treated = _treated(plan, at)
    found = compute_emergent(start, end, treated, missing_counts=plan.missing_start != "not")
    if plan.worsening and part.group is not None:
        keys = [at.subjects(), at.column(part.group).values]
        episode = np.where(keys[1].notna().to_numpy(), codes_of(keys), -1)
        found = compute_worsened(found, start, treated.start, episode, _severity(part, at))
    values = marked(found, str(entry.then or "Y"), at.index)
    if entry.else_ is not None:
        values = values.mask(~found, str(entry.else_))
    return Column(values, Kind.TEXT)


def _dates(ref: RefField, at: Derivation) -> Column:
    column = at.column(ref)
    if column.kind not in DATED:
        raise at.wrong(f"'{ref}' is a {column.kind.value}, where a date is wanted")
    return column


def _start(part: Emergent, at: Derivation) -> Span:
    """What is known of each start: of an imputed datetime only what its flag or its --DTC leaves."""
    column = _dates(part.start, at)
    if part.collected is not None:
        return span_of(Column(at.text(part.collected), Kind.TEXT))
    if column.kind is not Kind.DATETIME:
        return span_of(column)
    if part.time_flag is not None:
        return widened(span_of(column), at.text(part.time_flag))
    raise at.wrong(f"'{part.start}' may be imputed, and nothing says how much of its time is known",
                   "name the --DTC with 'collected', or the flag with 'time_flag'")


def _unknown(size: int) -> Span:
    moments = np.full(size, np.datetime64("NaT", "s"))
    mask = np.zeros(size, dtype=bool)
    return Span(moments, moments, mask, mask)


def _evaluated(expression: Expression, at: Derivation) -> Span:
    column = at.evaluate(expression)
    if column.kind not in DATED:
        raise at.wrong(f"the plan's '{expression.text}' is a {column.kind.value}, where a date is wanted")
    return span_of(column)


def _treated(plan: TreatmentEmergent, at: Derivation) -> Treated:
    """A treatment with no end known has no last day; without ``days`` neither has a plan without ``end``."""
    start = _evaluated(plan.start, at)
    nowhere = np.full(at.rows.size, np.datetime64("NaT", "s"))
    if plan.end is None and plan.days is None:
        return Treated(start.low, nowhere)
    last = start if plan.end is None else _evaluated(plan.end, at)
    return Treated(start.low, days(last.high) + np.timedelta64(86400 * (plan.days or 0), "s"))


def _severity(part: Emergent, at: Derivation) -> NDArray[np.float64]:
    if part.severity is None:
        raise at.wrong("worsening of an episode needs a severity", "name it with 'severity'")
    column = at.evaluate(part.severity)
    if column.kind is Kind.NUMBER:
        return numbers_of(column.values)
    if column.kind is not Kind.TEXT:
        raise at.wrong(f"'{part.severity.text}' is a {column.kind.value}, where a severity is wanted")
    if part.levels is not None:
        ranks = {str(level).casefold(): float(rank) for rank, level in enumerate(part.levels)}
        made = column.values.str.casefold().map(ranks).astype("float64")
        hint = f"levels: {', '.join(str(level) for level in part.levels)}"
    else:
        made = pd.to_numeric(column.values, errors="coerce").astype("float64")
        hint = "say with 'levels' which is worse"
    at.refuse((column.values.notna() & made.isna()).to_numpy(), lambda v: f"'{v}' is no severity",
              column.values, hint)
    return numbers_of(made)


def numbers_of(values: pd.Series) -> NDArray[np.float64]:
    """Numbers as an array, missing NaN."""
    found: NDArray[np.float64] = values.to_numpy(dtype="float64")
    return found
