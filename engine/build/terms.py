"""The codelists a variable's values are terms of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from engine.errors import hint_for
from engine.spec.entries import Entry
from engine.terminology import Codelist, Package, find_codelist

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


def term_hint(value: str, entry: Entry, codelists: Sequence[Codelist]) -> str:
    """What to do about a value that is no term: the nearest one, or the few there are, and where it goes.

    >>> from engine.terminology import codelist
    >>> term_hint("Mld", Entry(), [codelist("AESEV")])
    "did you mean 'MILD'? say so under 'map'"
    >>> term_hint("awful", Entry(), [codelist("AESEV")])
    "known: MILD, MODERATE, SEVERE; say under 'map' which it is"
    >>> term_hint("?", Entry(), [codelist("UNIT")])
    "say under 'map' which term it is, or add it under 'extend'"
    """
    if not codelists:
        return _near(value, entry.map or {}, "add it there")
    terms = {t for c in codelists for t in c.terms} | {str(term) for term in entry.extend or {}}
    listed = f"known: {', '.join(sorted(terms))}; " if len(terms) <= FEW else ""
    which = f"say under 'map' which {'it' if listed else 'term it'} is"
    more = ", or add it under 'extend'" if all(c.extensible for c in codelists) else ""
    return _near(value, terms, f"say so under 'map'{more}", f"{listed}{which}{more}")


def _near(value: str, known: Iterable[str], then: str, otherwise: str = "") -> str:
    """The nearest known word and what to do then, or else something other."""
    hint = hint_for(value, [str(word) for word in known])
    return f"{hint} {then}" if hint.startswith("did you mean") else (otherwise or then)
