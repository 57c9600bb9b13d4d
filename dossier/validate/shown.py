"""Which findings a person is shown: the first of each rule and dataset, and what is left out is said."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from dossier.validate.model import Finding, Severity
from engine.errors import counted

MOST = 1_000
"""Findings of one rule in one dataset."""
MOST_IN_ALL = 100_000


def first_ones(findings: Sequence[Finding]) -> tuple[list[Finding], str]:
    """At most so many findings of each rule and dataset, and a line where some are left out."""
    seen: Counter[tuple[str, str]] = Counter()
    kept: list[Finding] = []
    for one in findings:
        place = (one.rule, one.dataset)
        seen[place] += 1
        if seen[place] <= MOST and len(kept) < MOST_IN_ALL:
            kept.append(one)
    left = len(findings) - len(kept)
    if not left:
        return kept, ""
    return kept, (f"{counted(left, 'finding')} left out here: of each rule and dataset the first {MOST:,} "
                  "are listed; the CSV and JSON files have all")


@dataclass(frozen=True)
class Issue:
    """How many findings a rule has in a dataset, and why those of them that are accepted are."""

    dataset: str
    rule: str
    severity: Severity
    message: str
    findings: int
    accepted: int
    explanation: str


def issues(findings: Sequence[Finding]) -> list[Issue]:
    """The findings counted by dataset and rule."""
    grouped: defaultdict[tuple[str, str], list[Finding]] = defaultdict(list)
    for one in findings:
        grouped[one.dataset, one.rule].append(one)
    made = []
    for (dataset, rule), found in sorted(grouped.items()):
        taken = [one.accepted.reason for one in found if one.accepted is not None]
        made.append(Issue(dataset, rule, found[0].severity, found[0].message, len(found), len(taken),
                          "; ".join(dict.fromkeys(taken))))
    return made
