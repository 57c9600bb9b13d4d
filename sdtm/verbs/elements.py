"""The elements that each subject went through, by the element rules of the study: elements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.build.derivation import Derivation
from engine.build.rows import SUBJECT, Rows
from engine.coded import Coded, stack_coded
from engine.columns import Kind, blank
from engine.dates.parts import parse
from engine.spec.references import ExpressionField, RefField
from engine.spec.schedule import Element
from engine.spec.study import Study
from engine.spec.verbs import step
from engine.yaml.fields import Model
from sdtm.verbs.epochs import columns_begun, compare_begun, start_of

MADE = ("ETCD", "EPOCH", "SESTDTC", "SEENDTC", "SEUPDES")
"""What the step makes."""

UNPLANNED = "UNPLAN"
"""ETCD of an element that is not of the design (SDTMIG 3.4, section 5.3)."""


class Elements(Model):
    """``until`` ends the last element; ``ongoing``: of these subjects it has no end yet."""

    until: RefField
    ongoing: ExpressionField | None = None


class ElementsStep(Model):
    """``{elements: {until: DM.RFPENDTC, ongoing: CONDITION}}``."""

    elements: Elements

    def makes(self) -> tuple[str, ...]:
        """The variables it sets."""
        return MADE

    def needs(self, study: Study, dataset: str) -> Iterator[tuple[str, str]]:
        """What the elements of the study begin at."""
        for epoch in (study.epochs or {}).values():
            yield from columns_begun(epoch.parts().values(), study)


@dataclass(frozen=True)
class Stage:
    """An element as each record's subject meets it: when it begins, and whether it did."""

    code: str
    epoch: str
    unplanned: str | None
    start: pd.Series
    begun: np.ndarray


@step("elements", layer="sdtm")
def change_elements(entry: ElementsStep, at: Derivation) -> Rows:
    """A record for each element that a subject began, from records of one a subject.

    An element that would begin after ``until``, the subject's last day in the study,
    has not begun.  Each ends where the next one begins, the last at ``until``; an
    element that begins before the one that goes before it is refused.  Elements that
    are ``unplanned`` have the ETCD UNPLAN and the words of the study file in SEUPDES.

    Source: SDTMIG 3.4, section 5.3 (SE), assumptions on contiguous and unplanned elements.
    """
    _require_one_a_subject(at)
    until = at.text(entry.elements.until)
    stages = _stages(at, until)
    if not stages:
        raise at.wrong("the epochs of the study have no elements",
                       "give 'element' or 'elements' in the study file")
    _require_order(stages, at)
    last = until.mask(at.condition(entry.elements.ongoing)) if entry.elements.ongoing is not None else until
    position = np.concatenate([np.flatnonzero(stage.begun) for stage in stages])
    number = np.concatenate([np.full(int(stage.begun.sum()), n) for n, stage in enumerate(stages)])
    order = np.lexsort([number, position])
    made = at.rows.take(position[order])
    ends = _ends(stages, last)
    parts = {"ETCD": [_said(s, UNPLANNED if s.unplanned is not None else s.code) for s in stages],
             "EPOCH": [_said(s, s.epoch) for s in stages],
             "SESTDTC": [_dates(s.start, s) for s in stages],
             "SEENDTC": [_dates(end, s) for end, s in zip(ends, stages, strict=True)],
             "SEUPDES": [_said(s, s.unplanned) for s in stages]}
    for name, values in parts.items():
        made.put((name,), stack_coded(values).take(order), Kind.TEXT)
    return made


def _said(stage: Stage, text: str | None) -> Coded:
    size = int(stage.begun.sum())
    return Coded.nulls(size) if text is None else Coded.constant(text, size)


def _dates(values: pd.Series, stage: Stage) -> Coded:
    return Coded.of(values[stage.begun].reset_index(drop=True))


def _stages(at: Derivation, until: pd.Series) -> list[Stage]:
    """The elements of all epochs in their order; begun where the start is not certainly after ``until``."""
    found = []
    end = parse(until)
    for name, epoch in (at.build.plan.study.study.epochs or {}).items():
        for code, element in epoch.parts().items():
            start = start_of(element, at)
            date = parse(start)
            held, open_ = compare_begun(end.known, end.earliest, end.latest, date.known, date.earliest,
                                        date.latest, same_day=True)
            begun = start.notna().to_numpy() & (held | open_ | until.isna().to_numpy())
            said = element.unplanned if isinstance(element, Element) else None
            found.append(Stage(code, str(name), None if said is None else str(said), start, begun))
    return found


def _ends(stages: list[Stage], last: pd.Series) -> list[pd.Series]:
    """Where each element ends: at the start of the next one begun, the last where the subject's part did."""
    found: list[pd.Series] = []
    following = last
    for stage in reversed(stages):
        found.append(following)
        following = following.where(~stage.begun, stage.start)
    return found[::-1]


def _require_order(stages: list[Stage], at: Derivation) -> None:
    """Refuse an element that certainly begins before one that stands before it."""
    before = blank(at.index, Kind.TEXT)
    for stage in stages:
        own, other = parse(stage.start), parse(before)
        after, open_ = compare_begun(own.known, own.earliest, own.latest, other.known, other.earliest,
                                     other.latest, same_day=True)
        wrong = stage.begun & before.notna().to_numpy() & ~after & ~open_
        at.refuse(wrong, f"element {stage.code} begins before the element that stands before it", stage.start,
                  "see the order of 'epochs' and their elements in the study file")
        before = before.where(~stage.begun, stage.start)


def _require_one_a_subject(at: Derivation) -> None:
    again = at.rows.coded(*SUBJECT).series().duplicated(keep=False).to_numpy()
    at.refuse(again, lambda v: f"subject {v} has several records here", at.subjects(),
              "elements are made from records of one a subject, as in from: DM")


__all__ = ["MADE", "UNPLANNED", "Elements", "ElementsStep", "change_elements"]
