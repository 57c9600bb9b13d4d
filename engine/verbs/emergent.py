"""Treatment-emergent events, by the study's one plan: TRTEMFL, and AETRTEM in SUPPAE."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, model_validator

from engine.build.derivation import Derivation
from engine.build.expand import Known
from engine.build.rows import SUBJECT
from engine.coded import Coded, codes_of
from engine.columns import Column, Kind
from engine.expressions import Expression, parse
from engine.spec.entries import Entry
from engine.spec.references import ExpressionField, Ref, RefField
from engine.spec.study import Study, TreatmentEmergent
from engine.spec.verbs import verb
from engine.verbs.spans import DATED, Mask, Moments, Span, days, span_of, widened
from engine.yaml.fields import Integer, Model, OneOrMany, TextField, wrong

_SEVERITIES = ("ATOXGRN", "AETOXGRN", "ASEVN", "AESEVN", "ATOXGR", "AETOXGR")


class Emergent(Model):
    """The event: its start and end, what is known of the start's time, its episode and severity.

    ``days`` stands in place of the plan's; ``worsening`` names the episode as
    ``group`` does, and says that worsening counts.
    """

    start: RefField
    end: RefField | None = None
    collected: RefField | None = None
    time_flag: RefField | None = None
    days: Integer | None = None
    group: RefField | None = None
    worsening: RefField | None = None
    severity: ExpressionField | None = None
    levels: OneOrMany[TextField] | None = None

    @model_validator(mode="after")
    def _one_episode(self) -> Self:
        if self.group is not None and self.worsening is not None:
            raise wrong("'group' and 'worsening' both name the episode", "write one of them",
                        self.worsening.place)
        if self.days is not None and self.days < 0:
            raise wrong(f"'days' is {self.days}, less than none")
        return self

    @property
    def episode(self) -> Ref | None:
        """What makes an episode."""
        return self.group if self.worsening is None else self.worsening


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

    def faults_with(self, known: Known, variable: str, kind: Kind) -> Iterator[tuple[str, str]]:
        """A plan that is neither the study's nor the entry's own."""
        if self.plan is None and known.study.treatment_emergent is None:
            yield ("the study has no plan for what is treatment-emergent",
                   "add 'treatment_emergent' to the study file")

    def completed(self, known: Known) -> Self:
        """What is not said: treatment from TRTSDTM to TRTEDTM, the severity, the --DTC of ``start``."""
        part, plan = self.treatment_emergent, self.plan
        if plan is None and known.study.treatment_emergent is None and part.days is not None:
            start, end = known.first_of("TRTSDTM", "TRTSDT"), known.first_of("TRTEDTM", "TRTEDT")
            if start is not None:
                plan = TreatmentEmergent(start=parse(start), end=parse(end) if end is not None else None)
        severity = known.first_of(*_SEVERITIES)
        if part.episode is not None and part.severity is None and severity is not None:
            part = part.model_copy(update={"severity": parse(severity)})
        collected = known.collected(part.start)
        if part.collected is None and part.time_flag is None and collected is not None:
            part = part.model_copy(update={"collected": collected})
        return self.model_copy(update={"treatment_emergent": part, "plan": plan})


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
    """Flag treatment-emergent events by the one plan in the study file.

    An event counts if it may have started when treatment had (to the minute where
    both times are known, else by date), did not end before that, and may have started
    by the plan's last day.  An event without a start counts unless the plan says
    ``missing_start: not``.  With ``worsening``, an episode that began before treatment
    counts from its first worse record.

    Source: ADaM OCCDS 1.1, section 3.2 (TRTEMFL); ICH E9, glossary (treatment emergent).
    """
    plan = entry.plan or at.build.plan.study.study.treatment_emergent
    assert plan is not None  # see faults
    part = entry.treatment_emergent
    start = _start(part, at)
    end = span_of(_dates(part.end, at)) if part.end is not None else _unknown(at.rows.size)
    treated = _treated(plan, plan.days if part.days is None else part.days, at)
    found = compute_emergent(start, end, treated, missing_counts=plan.missing_start != "not")
    if part.episode is not None and (plan.worsening or part.worsening is not None):
        named = at.column(part.episode)
        episode = np.where(named.isna(), -1, codes_of([at.rows.coded(*SUBJECT), named.held]))
        found = compute_worsened(found, start, treated.start, episode, _severity(part, at))
    texts = [str(entry.then or "Y"), None if entry.else_ is None else str(entry.else_)]
    return Column(Coded.choice(np.where(found, 0, 1).astype("int32"), texts), Kind.TEXT)


def _dates(ref: RefField, at: Derivation) -> Column:
    column = at.column(ref)
    if column.kind not in DATED:
        raise at.wrong(f"'{ref}' is a {column.kind.value}, where a date is wanted")
    return column


def _start(part: Emergent, at: Derivation) -> Span:
    """What is known of each start: of an imputed datetime only what its flag or its --DTC leaves."""
    column = _dates(part.start, at)
    if part.collected is not None:
        return span_of(Column(at.coded(part.collected), Kind.TEXT))
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


def _treated(plan: TreatmentEmergent, count: int | None, at: Derivation) -> Treated:
    """A treatment with no end known has no last day; without ``count`` neither has a plan without ``end``."""
    start = _evaluated(plan.start, at)
    nowhere = np.full(at.rows.size, np.datetime64("NaT", "s"))
    if plan.end is None and count is None:
        return Treated(start.low, nowhere)
    last = start if plan.end is None else _evaluated(plan.end, at)
    return Treated(start.low, days(last.high) + np.timedelta64(86400 * (count or 0), "s"))


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
