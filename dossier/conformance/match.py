"""Match Datasets: what is joined onto the frame of a rule."""

from __future__ import annotations

import numpy as np

from dossier.conformance.frame import Frame
from dossier.conformance.joins import matched, require_like
from dossier.conformance.match_child import join_parent
from dossier.conformance.match_relrec import join_related
from dossier.conformance.model import Match, Rule
from dossier.conformance.outcomes import Failure
from dossier.conformance.study import Dataset, Study
from dossier.conformance.vectors import Vector, group_ids, number_text

_STATIC = ("STUDYID", "USUBJID", "APID", "POOLID", "SPDEVID")
_GONE = ("QNAM", "QVAL", "QLABEL", "IDVAR", "IDVARVAL")


def join_all(frame: Frame, rule: Rule, dataset: Dataset, study: Study) -> Frame:
    """The frame with every match dataset of the rule joined, in order."""
    done: set[str] = set()
    for match in rule.matches:
        if match.child:
            frame = join_parent(frame, match, dataset, study)
            continue
        name = match.name
        if name.startswith(("SUPP", "SQ")):
            name = name.replace("--", dataset.prefix)
        if name == dataset.unsplit or name in done:
            continue
        done.add(name)
        other = study.matching(name)
        if other is None:
            continue
        if name == "RELREC":
            frame = join_related(frame, match, dataset, study, other)
        elif other.is_supp:
            frame = _pivoted(frame, other.frame)
        else:
            frame = _joined(frame, match, rule, dataset, other)
    return frame


def _joined(frame: Frame, match: Match, rule: Rule, dataset: Dataset, other: Dataset) -> Frame:
    """An ordinary join; a column of both gets the other's name behind it on the right."""
    right = other.frame
    keys = [(left.replace("--", dataset.domain or ""), there.replace("--", match.name))
            for left, there in match.keys]
    ours = [frame.column(left) for left, _ in keys]
    theirs = [right.column(there) for _, there in keys]
    for (name, _), one, two in zip(keys, ours, theirs, strict=True):
        require_like(name, one, two)
    at_left, at_right = matched(ours, theirs, (frame.size, right.size), keep=match.how == "left")
    same = [left for left, there in keys if left == there]
    names = {}
    for name in right.names:
        told = f"{match.name}.{name}"
        if rule.mentions(told) or (name in frame and name not in same):
            names[name] = told
    kept = right.without([name for name in same if name not in names])
    return frame.take(at_left).beside(kept.take(at_right).renamed(names))


def _pivoted(frame: Frame, supp: Frame) -> Frame:
    """Supplemental qualifiers as columns of their parent, by left join."""
    for needed in ("QNAM", "QVAL", "IDVAR", "IDVARVAL"):
        supp.column(needed)
    idvars = supp.column("IDVAR").used()
    blank = supp.column("IDVAR").null
    if not idvars or (len(idvars) == 1 and not blank.any()):
        return _pivot_join(frame, supp, idvars[0] if idvars else None, integer=True)
    for idvar in idvars:
        rows = supp.column("IDVAR").codes == supp.column("IDVAR").values.index(idvar)
        frame = _pivot_join(frame, supp.take(np.flatnonzero(rows)), idvar, integer=False)
    return _pivot_join(frame, supp.take(np.flatnonzero(blank)), None, integer=False) if blank.any() else frame


def _pivot_join(frame: Frame, supp: Frame, idvar: str | None, integer: bool) -> Frame:
    static = [name for name in _STATIC if name in frame and name in supp]
    ours, theirs = [frame.column(name) for name in static], [supp.column(name) for name in static]
    for name, one, two in zip(static, ours, theirs, strict=True):
        require_like(name, one, two)
    if idvar is not None:
        parent = frame.column(idvar)
        ours.append(parent.mapped(number_text if integer else str))
        theirs.append(supp.column("IDVARVAL"))
    qnam = supp.column("QNAM")
    keyed = group_ids(theirs, supp.size)
    if len(np.unique(group_ids([*theirs, qnam], supp.size))) < int((~qnam.null).sum()):
        raise Failure("supplemental qualifiers give one variable of one record two values")
    _, first, back = np.unique(keyed, return_index=True, return_inverse=True)
    wide = supp.take(first).without([*_GONE, *static])
    value = supp.column("QVAL")
    made = {}
    for name in qnam.used():
        rows = np.flatnonzero(qnam.codes == qnam.values.index(name))
        codes = np.full(len(first), -1, dtype="int64")
        codes[back[rows]] = value.codes[rows]
        made[str(name)] = Vector(codes, value.values)
    _, at_right = matched(ours, [key.take(first) for key in theirs], (frame.size, len(first)), keep=True)
    names = {name: f"{name}_supp" for name in wide.names if name in frame}
    joined = frame.beside(wide.take(at_right).renamed(names))
    for name, vector in made.items():
        taken = vector.take(at_right)
        if name in joined and not integer:  # another pass gave some records theirs
            before = joined.column(name)
            taken = _filled(before, taken)
        joined.put(name, taken)
    return joined


def _filled(first: Vector, second: Vector) -> Vector:
    values = [*first.values, *second.values]
    codes = np.where(first.codes >= 0, first.codes,
                     np.where(second.codes >= 0, second.codes + len(first.values), -1))
    return Vector(codes, values, first.number).distinct()


