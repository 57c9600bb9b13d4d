"""Related records: each row beside the rows that RELREC relates it to."""

from __future__ import annotations

import numpy as np

from dossier.conformance.frame import Frame, stack
from dossier.conformance.joins import matched
from dossier.conformance.library import is_model_variable
from dossier.conformance.model import Match
from dossier.conformance.outcomes import NotRun
from dossier.conformance.study import Dataset, Study
from dossier.conformance.vectors import Vector, as_number, number_text

_PAIRED = ("STUDYID", "USUBJID", "RELID")


def join_related(frame: Frame, match: Match, dataset: Dataset, study: Study, relrec: Dataset) -> Frame:
    """The rows of the frame that are related to rows of other datasets, beside those rows."""
    relations = relrec.frame
    names = relations.column("RDOMAIN")
    mine = np.flatnonzero(names.where(lambda value: value == dataset.domain))
    others = np.flatnonzero(names.where(lambda value: value != dataset.domain))
    keys = [relations.column(name) for name in _PAIRED]
    at_left, at_right = matched([key.take(mine) for key in keys], [key.take(others) for key in keys],
                                (len(mine), len(others)))
    left, right = relations.take(mine[at_left]), relations.take(others[at_right])
    parts: list[Frame] = []
    seen = set()
    for row in range(left.size):
        pair = tuple(side.column(name).cell(row) for side in (left, right)
                     for name in ("RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL"))
        other = study.matching(str(pair[4])) if pair[4] is not None else None
        if other is not None and (row, pair) not in seen:
            seen.add((row, pair))
            part = _pair(frame, other, pair, match)
            parts.extend([part] if part is not None and part.size else [])
    if not parts:
        raise NotRun("no record is related")
    return stack(parts)


def _pair(frame: Frame, other: Dataset, pair: tuple[object, ...], match: Match) -> Frame | None:
    _, subject, idvar, value, _, their_subject, their_idvar, their_value = pair
    both = value is not None and their_value is not None
    ours = _restricted(frame, subject, idvar if both else None, value)
    theirs = _restricted(other.frame, their_subject, their_idvar if both else None, their_value)
    if ours is None or theirs is None:
        return None
    left = [ours.column(name) for name in ("STUDYID", "USUBJID")]
    right = [theirs.column(name) for name in ("STUDYID", "USUBJID")]
    if not both and idvar is not None and their_idvar is not None:
        if str(idvar) not in ours or str(their_idvar) not in theirs:
            return None
        left.append(ours.column(str(idvar)).mapped(number_text))
        right.append(theirs.column(str(their_idvar)).mapped(number_text))
    at_left, at_right = matched(left, right, (ours.size, theirs.size))
    names = {name: f"RELREC.{_wild(name, other, match.wildcard)}" for name in theirs.names}
    return ours.take(at_left).beside(theirs.take(at_right).renamed(names))


def _restricted(frame: Frame, subject: object, idvar: object, value: object) -> Frame | None:
    keep = np.ones(frame.size, dtype=bool)
    if subject is not None:
        keep &= frame.column("USUBJID").where(lambda cell: cell == subject)
    if idvar is not None:
        if str(idvar) not in frame:
            return None
        keep &= _fits(frame.column(str(idvar)), value)
    return frame.take(np.flatnonzero(keep))


def _fits(column: Vector, value: object) -> np.ndarray:
    number = as_number(value)
    return column.where(lambda cell: cell == value if isinstance(cell, str) else cell == number)


def _wild(name: str, other: Dataset, wildcard: str) -> str:
    domain = other.domain or ""
    if domain and name.startswith(domain) and is_model_variable(f"--{name[len(domain):]}"):
        return wildcard + name[len(domain):]
    return name
