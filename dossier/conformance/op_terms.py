"""The operation ``paired_term``: the name that terminology gives a code, as Albumin for ALB."""

from __future__ import annotations

from functools import cache

from dossier.conformance.outcomes import Failure
from dossier.conformance.vectors import Vector
from engine.terminology import codelist


@cache
def _pairs(codes: str, names: str) -> dict[str, str]:
    """The term of one codelist for each term of another: the two that stand for one concept."""
    one, two = codelist(codes), codelist(names)
    if one is None or two is None:
        raise Failure(f"no codelist {codes if one is None else names}")
    by_concept = {term.code: term.value for term in two.terms.values()}
    return {term.value: by_concept[term.code] for term in one.terms.values() if term.code in by_concept}


def paired(column: Vector, codes: str, names: str) -> Vector:
    """For each row the name that belongs to its code; null where the code is no term, or has no pair.

    This operation is ours.  Source: NCI EVS publishes the codes and the names of tests as two
    codelists whose terms share the concept's code.

    >>> paired(Vector.of(["ALB", "OWN", None]), "LBTESTCD", "LBTEST").cells()
    ['Albumin', None, None]
    """
    known = _pairs(codes, names)
    return column.mapped(lambda value: known.get(str(value)))
