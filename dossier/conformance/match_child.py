"""Children and their parents: supplemental qualifiers, comments and related records."""

from __future__ import annotations

from typing import Any

import numpy as np

from dossier.conformance.frame import Frame, stack
from dossier.conformance.joins import first_match, matched
from dossier.conformance.model import Match
from dossier.conformance.study import Dataset, Study
from dossier.conformance.vectors import Vector, as_number


def join_parent(frame: Frame, match: Match, dataset: Dataset, study: Study) -> Frame:
    """The frame of a child with the columns of its parents, if the entry is meant for it."""
    if dataset.is_supp:
        if match.name not in ("SUPP--", "SQ--", dataset.name, dataset.unsplit):
            return frame
        parents = [other.frame for other in study.datasets if other.domain == dataset.rdomain]
        return _with_parent(frame, stack(parents), match, dataset.rdomain or "") if parents else frame
    if match.name not in (dataset.domain, dataset.name):
        return frame
    if "RDOMAIN" not in frame:
        return frame
    names = [str(value) for value in frame.column("RDOMAIN").used()]
    for name in names:
        parents = [other.frame for other in study.datasets if other.domain == name]
        if not parents:
            continue
        column = frame.column("RDOMAIN")
        mine = column.where(lambda value, name=name: value == name)  # type: ignore[misc]
        rest, own = frame.take(np.flatnonzero(~mine)), frame.take(np.flatnonzero(mine))
        frame = stack([rest, _with_parent(own, stack(parents), match, name)])
    return frame


def _with_parent(frame: Frame, parent: Frame, match: Match, domain: str) -> Frame:
    keys = [(left, right) for left, right in match.keys if left not in ("IDVAR", "IDVARVAL")]
    names = [left for left, _ in match.keys]
    if "IDVAR" not in names:
        return _plain(frame, parent, keys, domain)
    for name in ("IDVAR", "IDVARVAL"):
        frame.column(name)
    found = _parents(frame, parent, keys)
    joined = frame.copy()
    for name in parent.names:
        taken = parent.column(name).take(found)
        joined.put(name, _over(frame.column(name), taken, found) if name in frame else taken)
    return joined


def _over(child: Vector, parent: Vector, found: np.ndarray) -> Vector:
    """The parent's cell where there is a parent, the child's where there is none."""
    values = [*child.values, *parent.values]
    codes = np.where(found < 0, child.codes, np.where(parent.codes < 0, -1, parent.codes + len(child.values)))
    return Vector(codes, values, child.number).distinct()


def _plain(frame: Frame, parent: Frame, keys: list[tuple[str, str]], domain: str) -> Frame:
    at_left, at_right = matched([frame.column(left) for left, _ in keys],
                                [parent.column(right) for _, right in keys],
                                (frame.size, parent.size), keep=True)
    same = {left for left, right in keys if left == right}
    kept = parent.without(sorted(same))
    names = {name: f"{name}.{domain}" for name in kept.names if name in frame}
    return frame.take(at_left).beside(kept.take(at_right).renamed(names))


def _parents(frame: Frame, parent: Frame, keys: list[tuple[str, str]]) -> np.ndarray:
    """For each row of the child the position of its parent, -1 for none."""
    found = np.full(frame.size, -1, dtype="int64")
    left = [frame.column(name) for name, _ in keys]
    right = [parent.column(name) for _, name in keys]
    idvar, idvarval = frame.column("IDVAR"), frame.column("IDVARVAL")
    filled = ~idvar.null & ~idvarval.null
    # A key that the child leaves empty does not narrow: rows are taken together that leave the same ones.
    lacking = sum((column.null.astype("int64") << at for at, column in enumerate(left)),
                  start=np.zeros(frame.size, dtype="int64"))
    kinds = lacking * (len(idvar.values) + 1) + np.where(filled, idvar.codes + 1, 0)
    for kind in np.unique(kinds):
        rows = np.flatnonzero(kinds == kind)
        lacks, variable = divmod(int(kind), len(idvar.values) + 1)
        used = [at for at in range(len(left)) if not lacks >> at & 1]
        mine = [left[at].take(rows) for at in used]
        theirs = [right[at] for at in used]
        if not variable:
            found[rows] = first_match(mine, theirs, (len(rows), parent.size)) if parent.size else -1
            continue
        name = str(idvar.values[variable - 1])
        if name not in parent:
            continue
        value, wanted = parent.column(name), idvarval.take(rows)
        for read in (_like(value), str):
            sides = [*mine, wanted.mapped(read)], [*theirs, value.mapped(read if read is str else _same)]
            sides[0][-1].number = sides[1][-1].number = False
            hit = first_match(*sides, (len(rows), parent.size))
            hit = np.where(sides[0][-1].null, -1, hit)
            found[rows] = np.where(found[rows] >= 0, found[rows], hit)
    return found


def _like(parent: Vector) -> Any:
    """How a child's text is read to compare with a parent's values."""
    if parent.number:
        return lambda text: as_number(text)
    return _same


def _same(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value
