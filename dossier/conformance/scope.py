"""Whether a rule is meant for a dataset."""

from __future__ import annotations

from collections.abc import Collection

from dossier.conformance.library import class_of
from dossier.conformance.model import Rule
from dossier.conformance.study import Dataset, Study

_KINDS = ("SUPP--", "SQ--", "AP--", "APFA--")
"""Names for supplemental qualifiers and associated persons; the official engine takes any for any."""


def in_scope(rule: Rule, dataset: Dataset, study: Study) -> bool:
    """Whether the rule's classes and domains take the dataset in."""
    return _domain(rule, dataset) and _class(rule, dataset, study)


def _domain(rule: Rule, dataset: Dataset) -> bool:
    include, exclude = rule.domains.include, rule.domains.exclude
    if _named(exclude, dataset) or dataset.unsplit in exclude:
        return False
    if rule.split is False and dataset.is_split:
        return False
    if rule.split and dataset.is_split:
        return True
    if include is None:
        return not rule.split
    return _named(include, dataset)


def _named(names: Collection[str], dataset: Dataset) -> bool:
    if "ALL" in names or dataset.domain in names or dataset.name in names:
        return True
    return (dataset.is_supp or dataset.is_ap) and any(kind in names for kind in _KINDS)


def _class(rule: Rule, dataset: Dataset, study: Study) -> bool:
    include, exclude = rule.classes.include, rule.classes.exclude
    if (include is None and not exclude) or (include is not None and "ALL" in include):
        return True
    found = class_of(dataset, study)
    names = {found, "FINDINGS"} if found == "FINDINGS ABOUT" else {found}
    if include is not None and names.isdisjoint(include):
        return False
    return names.isdisjoint(exclude)
