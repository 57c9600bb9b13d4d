"""Run rules over a package, and make of what they find a report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from dossier.conformance import execute
from dossier.conformance.study import Dataset
from dossier.conformance.values import cell_text
from dossier.conformance.vectors import Vector
from dossier.transport.diff_keys import candidates
from dossier.validate.accepted import Acceptance
from dossier.validate.lines import Lines
from dossier.validate.model import DatasetFacts, Finding, Report, RuleResult, Skip
from dossier.validate.package import Package
from dossier.validate.rulebook import Entry

Shown = Callable[[int], str]
"""Gives the text of a variable's value in a record."""

RECORDS = ("Record Data", "Value Check with Variable Metadata", "Value Check with Dataset Metadata")
"""The rule types whose findings are of records."""
_SUBJECT = "USUBJID"
_DATETIMES, _DATES = ("DATETIME", "E8601DT"), ("DATE", "YYMMDD", "DDMMYY", "MMDDYY", "E8601DA")
_SAS_ZERO = datetime(1960, 1, 1)
_LATEST = 500_000
"""Days from 1960 that are taken for a date, to the year 3328."""
_SAID_ELSEWHERE = ("STUDYID", "DOMAIN", "RDOMAIN", _SUBJECT)


def check_package(package: Package, entries: Sequence[Entry], acceptances: Sequence[Acceptance] = (),
                  lines: Lines | None = None) -> Report:
    """Run every rule on every dataset it is meant for."""
    names = {one.name: one for one in package.datasets}
    results, findings, skipped = [], [], []
    for entry in entries:
        result = RuleResult(entry.id, entry.severity, entry.message, entry.source, entry.file,
                            unreadable=entry.unreadable)
        results.append(result)
        if entry.rule is None:
            skipped.append(Skip(entry.id, "", entry.reason))
            result.skipped += 1
            continue
        found, passed_over = _run(package, entry, result, names, lines or Lines({}))
        findings.extend(found)
        skipped.extend(passed_over)
    facts = [DatasetFacts(one.name, one.label, one.file, one.records, len(one.variables))
             for one in package.datasets]
    report = Report(facts, results, findings, skipped, acceptances)
    accept(report)
    return report


def _run(package: Package, entry: Entry, result: RuleResult, names: Mapping[str, Dataset],
         lines: Lines) -> tuple[list[Finding], list[Skip]]:
    assert entry.rule is not None
    study, among = package.study(entry.layers)
    findings: list[Finding] = []
    skipped: list[Skip] = []
    outcomes = execute.run(entry.rule, study, among)
    for outcome in outcomes:
        failed = next((one for one in outcome.findings if one.error), None)
        reason = f"cannot be evaluated: {failed.values[0][1]}" if failed else outcome.reason
        if reason:
            skipped.append(Skip(entry.id, outcome.dataset, reason))
            result.skipped += 1
            continue
        result.checked += 1
        findings.extend(_findings(entry, outcome, names, lines))
    if not outcomes:
        skipped.append(Skip(entry.id, "", "no dataset that the rule is meant for"))
    return findings, skipped


def _findings(entry: Entry, outcome: execute.Outcome, names: Mapping[str, Dataset],
              lines: Lines) -> Iterator[Finding]:
    assert entry.rule is not None
    by_record = entry.rule.type in RECORDS
    named: dict[str, dict[str, Shown]] = {}
    meant = names.get(outcome.dataset)
    message = " ".join(entry.message.split()).replace("--", meant.prefix if meant is not None else "--")
    for found in outcome.findings:
        dataset = names.get(found.dataset)
        subject = ""
        key: tuple[tuple[str, str], ...] = ()
        if dataset is not None and found.record is not None and by_record:
            if dataset.name not in named:
                named[dataset.name] = _naming(dataset)
            shown = [(name, cell(found.record)) for name, cell in named[dataset.name].items()]
            subject = next((value for name, value in shown if name == _SUBJECT), "")
            key = tuple((name, value) for name, value in shown if value and name != _SUBJECT)
        variables = tuple(name for name, _ in found.values)
        qualifier = next((value for name, value in key if name == "QNAM"), "")
        yield Finding(entry.id, entry.severity, found.dataset, found.record, subject, key, variables,
                      tuple(value for _, value in found.values), message, entry.source,
                      lines.of(found.dataset, variables, qualifier))


def _naming(dataset: Dataset) -> dict[str, Shown]:
    """The variables that name a record, the subject and the key that the guides describe."""
    names, _ = next(candidates(dataset.name, dataset.columns), ([], False))
    wanted = [_SUBJECT, *(name for name in names if name not in _SAID_ELSEWHERE)]
    formats = {one.name: one.format.upper() for one in dataset.variables}
    return {name: partial(_cell, dataset.frame.column(name), formats.get(name, ""))
            for name in wanted if name in dataset.frame}


def _cell(column: Vector, form: str, record: int) -> str:
    """A cell as a person reads it: a SAS date or datetime as in ISO 8601, a whole number without a point."""
    value = column.cell(record - 1) if 0 < record <= len(column.codes) else None
    if value is None:
        return ""
    if not isinstance(value, float) or not value.is_integer():
        return cell_text(value)
    seconds = form.startswith(_DATETIMES)
    if (seconds or form.startswith(_DATES)) and abs(value) < _LATEST * (86_400 if seconds else 1):
        moment = _SAS_ZERO + timedelta(seconds=value if seconds else value * 86_400)
        return moment.isoformat() if seconds else moment.date().isoformat()
    return str(int(value))


def accept(report: Report) -> None:
    """Mark the findings that an acceptance takes, and count findings by rule anew."""
    by_rule: dict[str, list[Acceptance]] = {}
    for one in report.acceptances:
        by_rule.setdefault(one.rule, []).append(one)
    marked = []
    for finding in report.findings:
        taken = next((one for one in by_rule.get(finding.rule, ()) if one.takes(
            finding.dataset, finding.subject, finding.variables, finding.values)), None)
        marked.append(finding if taken is finding.accepted else replace(finding, accepted=taken))
    report.findings = marked
    results = {one.id: one for one in report.rules}
    for result in report.rules:
        result.findings = result.accepted = 0
    for finding in marked:
        results[finding.rule].findings += 1
        results[finding.rule].accepted += finding.accepted is not None
