"""A report as files: CSV and JSON with all findings, XLSX and a page with as many as a person reads."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dossier.validate.model import Finding, Report
from dossier.validate.page import page
from dossier.validate.safe import cell
from dossier.validate.shown import issues
from dossier.validate.workbook import workbook
from engine.errors import DataError, Place, Problem
from engine.yaml.source import show_path

HEADS = ("Rule", "Severity", "Dataset", "Record", "Subject", "Key", "Variables", "Values", "Message",
         "Source", "Spec", "Accepted", "Reason", "Author", "Date", "Agreement")
FORMATS = ("csv", "json", "xlsx", "html")


def write_report(report: Report, folder: Path, formats: Sequence[str]) -> list[Path]:
    """Write the report in these formats, ``validation.FORMAT`` each; a file is there whole or not at all.

    Raises :class:`DataError` where the folder cannot be written.
    """
    makers: dict[str, Callable[[Report], bytes]] = {
        "csv": lambda one: csv_text(one).encode("utf-8-sig"),
        "json": lambda one: json_text(one).encode("utf-8"),
        "xlsx": workbook, "html": lambda one: page(one).encode("utf-8")}
    written = []
    for name in formats:
        target = folder / f"validation.{name}"
        data = makers[name](report)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            aside = folder / f".validation-{os.getpid()}.{name}"
            aside.write_bytes(data)
            aside.replace(target)
        except OSError as error:
            raise DataError(Problem(Place(show_path(target)), "", f"cannot be written: {error.strerror}",
                                    "name another folder with --out")) from error
        written.append(target)
    return written


def csv_text(report: Report) -> str:
    """All findings, a line each; text that a spreadsheet would take for a formula has ``'`` before it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADS)
    writer.writerows([cell(one) for one in row(finding)] for finding in report.findings)
    return out.getvalue()


def row(finding: Finding) -> list[str]:
    """A finding as a row of text.

    >>> row(Finding("R", "error", "AE", 1, "S1", (("AESEQ", "2"),), ("A", "B"), ("x", ""), "Wrong.", ""))[:8]
    ['R', 'error', 'AE', '1', 'S1', 'AESEQ=2', 'A; B', 'x; ']
    """
    taken = finding.accepted
    said = ("yes", taken.reason, taken.author, taken.date) if taken else ("", "", "", "")
    return [finding.rule, finding.severity, finding.dataset,
            "" if finding.record is None else str(finding.record), finding.subject, finding.key_text,
            "; ".join(finding.variables), "; ".join(finding.values), finding.message, finding.source,
            finding.spec, *said, finding.agreement]


def json_text(report: Report) -> str:
    """The whole report, for programs and for the reviewer's guide."""
    uses = report.uses()
    made = {
        "summary": {"errors": report.count("error"), "warnings": report.count("warning"),
                    "notices": report.count("notice"), "accepted": report.accepted, "told": report.told()},
        "datasets": [vars(one) for one in report.datasets],
        "rules": [{"id": one.id, "severity": one.severity, "status": one.status, "message": one.message,
                   "source": one.source, "file": one.file, "findings": one.findings,
                   "accepted": one.accepted, "datasets": one.checked} for one in report.rules],
        "issues": [asdict(one) for one in issues(report.findings)],
        "findings": [_plain(one) for one in report.findings],
        "skipped": [vars(one) for one in report.skipped],
        "accepted": [{"rule": one.rule, "dataset": one.dataset, "variable": one.variable, "value": one.value,
                      "subject": one.subject, "reason": one.reason, "author": one.author, "date": one.date,
                      "place": str(one.place), "findings": uses[one]} for one in report.acceptances],
        "notes": report.notes,
    }
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


def _plain(finding: Finding) -> dict[str, Any]:
    taken = finding.accepted
    said = {"reason": taken.reason, "author": taken.author, "date": taken.date} if taken else None
    return {"rule": finding.rule, "severity": finding.severity, "dataset": finding.dataset,
            "record": finding.record, "subject": finding.subject, "key": dict(finding.key),
            "variables": list(finding.variables), "values": list(finding.values),
            "message": finding.message, "source": finding.source, "spec": finding.spec,
            "accepted": said, "agreement": finding.agreement}
