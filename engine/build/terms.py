"""The codelists a variable's values are terms of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.errors import did_you_mean, likely
from engine.spec.entries import Entry
from engine.terminology import Codelist, Package, find_codelist
from engine.yaml.dump import dump
from engine.yaml.nodes import Text, YamlMap

if TYPE_CHECKING:
    from engine.build.plan import Plan


def codelists_of(entry: Entry, plan: Plan, dataset: str, variable: str) -> list[Codelist]:
    """The codelists a variable's values are terms of: the entry's, else the standard's."""
    package: Package = "adam" if plan.datasets[dataset].layer == "adam" else "sdtm"
    if entry.codelist is not None:
        if [str(n) for n in entry.codelist] == ["none"]:
            return []
        names = [str(n) for n in entry.codelist]
    else:
        standard = plan.metadata.standard(dataset, variable)
        # A result is a term only where its test has terms; a spec says so where it has.
        names = list(standard.codelists) if standard and standard.role != "Result Qualifier" else []
    found = [find_codelist(n, package) for n in names]
    return [c for c in found if c is not None]


FEW = 12
"""So many terms of a codelist are named in a hint; those of a longer one are not."""


def term_hint(value: str, entry: Entry, codelists: Sequence[Codelist], of: str = "") -> str:
    """What to do about a value that is no term: the nearest one, or the few there are, and where it goes.

    >>> from engine.terminology import codelist
    >>> term_hint("Mld", Entry(), [codelist("AESEV")])
    "did you mean 'MILD'? write map: {Mld: MILD}"
    >>> term_hint("awful", Entry(), [codelist("AESEV")])
    "known: MILD, MODERATE, SEVERE; say under 'map' which it is"
    >>> term_hint("?", Entry(), [codelist("UNIT")])
    "say under 'map' which term it is, or add it under 'extend'"
    """
    if not codelists:
        near = likely(value, [str(word) for word in entry.map or {}])
        return f"{did_you_mean(value, near)} add it there" if near else "add it there"
    terms = {t for c in codelists for t in c.terms} | {str(term) for term in entry.extend or {}}
    listed = f"known: {', '.join(sorted(terms))}; " if len(terms) <= FEW else ""
    more = ", or add it under 'extend'" if all(c.extensible for c in codelists) else ""
    near = likely(value, terms)
    if near:
        pair = YamlMap([(Text(value), Text(near))], flow=True)
        return f"{did_you_mean(value, near)} write map: {dump(pair).rstrip()}{of}{more}"
    return f"{listed}say under 'map'{of} which {'it' if listed else 'term it'} is{more}"
