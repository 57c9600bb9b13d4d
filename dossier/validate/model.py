"""What a validation finds: findings, rules and how each went, and what was not run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from dossier.validate.accepted import Acceptance
from engine.errors import counted

Severity = Literal["error", "warning", "notice"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "notice")
"""The severities, the gravest first."""

Agreement = Literal["", "both", "only Dossier", "only CORE"]
"""Which engine has a finding, of a rule that both ran; empty for a rule that one of them ran."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    ``record`` is the number of the record in its file (from 1), None where the finding
    is of a whole dataset; ``key`` holds the values that name the record; ``spec`` is the
    line of the spec that made the first variable, where the study is known.
    """

    rule: str
    severity: Severity
    dataset: str
    record: int | None
    subject: str
    key: tuple[tuple[str, str], ...]
    variables: tuple[str, ...]
    values: tuple[str, ...]
    message: str
    source: str
    spec: str = ""
    accepted: Acceptance | None = None
    agreement: Agreement = ""

    @property
    def key_text(self) -> str:
        """The key in a line.

        >>> Finding("R", "error", "AE", 1, "S1", (("AESEQ", "2"), ("AETERM", "x")), (), (), "", "").key_text
        'AESEQ=2, AETERM=x'
        """
        return ", ".join(f"{name}={value}" for name, value in self.key)


@dataclass(frozen=True)
class Skip:
    """A rule that was not run on a dataset, and why; no dataset where it was run on none."""

    rule: str
    dataset: str
    reason: str


@dataclass
class RuleResult:
    """A rule and how it went; ``status`` is told by what came of it on the datasets it is meant for."""

    id: str
    severity: Severity
    message: str
    source: str
    file: str
    checked: int = 0
    skipped: int = 0
    findings: int = 0
    accepted: int = 0
    unreadable: bool = False

    @property
    def status(self) -> str:
        """``findings``, ``passed``, ``not run``, ``not applicable`` or ``not readable``.

        >>> RuleResult("R", "error", "", "", "", checked=2, findings=1).status
        'findings'
        """
        if self.unreadable:
            return "not readable"
        if self.findings:
            return "findings"
        if self.checked:
            return "passed"
        return "not run" if self.skipped else "not applicable"


@dataclass(frozen=True)
class DatasetFacts:
    """A dataset that was looked at."""

    name: str
    label: str
    file: str
    records: int
    variables: int


@dataclass
class Report:
    """All that a validation tells."""

    datasets: Sequence[DatasetFacts]
    rules: Sequence[RuleResult]
    findings: Sequence[Finding]
    skipped: Sequence[Skip]
    acceptances: Sequence[Acceptance] = ()
    notes: list[str] = field(default_factory=list)
    core: bool = False

    def count(self, severity: Severity) -> int:
        """The findings of a severity that are not accepted."""
        return sum(one.severity == severity and one.accepted is None for one in self.findings)

    @property
    def accepted(self) -> int:
        """The findings that are accepted."""
        return sum(one.accepted is not None for one in self.findings)

    def uses(self) -> Counter[Acceptance]:
        """How many findings each acceptance takes."""
        return Counter(one.accepted for one in self.findings if one.accepted is not None)

    def fails(self, on: Severity) -> bool:
        """Whether a finding of this severity or a graver one is not accepted."""
        return any(self.count(one) for one in SEVERITIES[:SEVERITIES.index(on) + 1])

    def told(self) -> str:
        """The counts in a line.

        >>> Report([], [], [], []).told()
        'no findings; 0 rules run on 0 datasets, 0 not run'
        """
        parts = [counted(self.count(one), one) for one in SEVERITIES if self.count(one)]
        if self.accepted:
            parts.append(f"{self.accepted} accepted")
        run = sum(one.status in ("findings", "passed") for one in self.rules)
        return (f"{', '.join(parts) or 'no findings'}; {counted(run, 'rule')} run on "
                f"{counted(len(self.datasets), 'dataset')}, {len(self.rules) - run} not run")
