"""A report as one page that needs nothing else: opened from a file, without a network."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib import resources
from typing import Any

from dossier.validate.model import Finding, Report
from dossier.validate.safe import embedded
from dossier.validate.shown import first_ones, issues
from engine.characters import visible

LONGEST = 500
"""Characters of a value."""


def page(report: Report) -> str:
    """The page as text; what the data hold is only ever shown as text."""
    kept, note = first_ones(report.findings)
    template = resources.files("dossier.validate").joinpath("page.html").read_text(encoding="utf-8")
    before, rest = template.split("@told@", 1)
    between, after = rest.split("@data@", 1)
    return f"{before}{escape(report.told())}{between}{embedded(_data(report, kept, note))}{after}"


def _data(report: Report, kept: Sequence[Finding], note: str) -> dict[str, Any]:
    """What the page's script shows; findings name their rule and spec by position."""
    numbers = {one.id: at for at, one in enumerate(report.rules)}
    uses = report.uses()
    return {
        "rules": [[one.id, one.severity, _text(one.message), _text(one.source), one.status, one.checked,
                   one.findings, one.accepted] for one in report.rules],
        "findings": [[numbers[one.rule], one.dataset, one.record, _text(one.subject), _text(one.key_text),
                      [_text(name) for name in one.variables], [_text(value) for value in one.values],
                      _text(one.message), _text(one.spec),
                      [one.accepted.reason, one.accepted.author, one.accepted.date] if one.accepted else None,
                      one.agreement] for one in kept],
        "issues": {f"{numbers[one.rule]} {one.dataset}": [one.findings, one.accepted]
                   for one in issues(report.findings)},
        "skipped": [[one.rule, one.dataset, _text(one.reason)] for one in report.skipped],
        "accepted": [[_text(one.meant), _text(one.reason), one.author, one.date, uses[one]]
                     for one in report.acceptances],
        "datasets": [[one.name, _text(one.label), one.file, one.records, one.variables]
                     for one in report.datasets],
        "notes": [_text(told) for told in (*report.notes, note) if told], "core": report.core,
    }


def _text(text: str) -> str:
    made = visible(text)
    return made if len(made) <= LONGEST else f"{made[:LONGEST]}..."
