"""What the data cut-off leaves of a domain: cut_off."""

from __future__ import annotations

from typing import Self

import numpy as np
import pandas as pd
from pydantic import model_validator

from engine.build.derivation import Derivation
from engine.build.new_rows import set_values
from engine.build.rows import Rows, stack
from engine.coded import Coded
from engine.columns import Kind
from engine.dates import earliest
from engine.spec.references import ExpressionField, RefField
from engine.spec.verbs import step
from engine.yaml.fields import MapOf, Model, Name, TextField


class CutOff(Model):
    """``start`` after the cut-off drops a record; ``end`` after it is taken back, and the rest says so."""

    start: RefField
    end: RefField | None = None
    set: MapOf[Name, TextField] | None = None
    compute: MapOf[Name, ExpressionField] | None = None

    @model_validator(mode="after")
    def _only_with_an_end(self) -> Self:
        if self.end is None and (self.set or self.compute):
            raise ValueError("'set' and 'compute' are for records whose 'end' is taken back")
        twice = {*(self.set or ())} & {*(self.compute or ())}
        if twice:
            raise ValueError(f"{min(twice)} stands under 'set' and 'compute'")
        return self


class CutOffStep(Model):
    """``{cut_off: {start: AESTDTC, end: AEENDTC, set: {AEENRTPT: ONGOING}, compute: {AEENTPT: SQL}}}``."""

    cut_off: CutOff

    def makes(self) -> tuple[str, ...]:
        """The variables it sets."""
        part = self.cut_off
        ends = (part.end.parts[-1],) if part.end is not None else ()
        return (*ends, *(str(name) for name in (*(part.set or ()), *(part.compute or ()))))


@step("cut_off", layer="sdtm")
def change_cut_off(entry: CutOffStep, at: Derivation) -> Rows:
    """Drop what starts after the data cut-off, and leave open what ends after it.

    The cut-off is the study's, that day included.  A partial date is after it where no day that
    it allows is not; a record without a start stays.

    Source: Dossier's own.
    """
    cutoff = at.build.plan.study.study.study.cutoff
    if cutoff is None:
        raise at.wrong("the study has no data cut-off; give 'cutoff' under 'study' in the study file")
    end_of_day = pd.Timestamp(cutoff) + pd.Timedelta(days=1)
    part = entry.cut_off
    late = _after(at.coded(part.start), end_of_day)
    at.note(late, f"record dropped: {part.start} is after the data cut-off, {cutoff}")
    if part.end is None:
        return at.rows.where(~late)
    ends = at.coded(part.end)
    open_ = _after(ends, end_of_day) & ~late
    at.note(open_, f"{part.end} is after the data cut-off, {cutoff}, and left out", ends)
    if not open_.any():
        return at.rows.where(~late)
    opened = at.rows.take(np.flatnonzero(open_))
    changed = set_values(opened, part.set, part.compute, at)
    changed.put((part.end.parts[-1],), Coded.nulls(opened.size), Kind.TEXT)
    others = ~open_ & ~late
    order = np.argsort(np.concatenate([np.flatnonzero(others), np.flatnonzero(open_)]), kind="stable")
    return stack(at.dataset, [at.rows.take(np.flatnonzero(others)), changed]).take(order)


def _after(dates: Coded, moment: pd.Timestamp) -> np.ndarray:
    """Where every moment that a date allows is at or after one."""
    return (earliest(dates) >= moment).to_numpy(dtype=bool)
