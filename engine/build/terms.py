"""The codelists a variable's values are terms of."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
