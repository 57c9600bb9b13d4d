"""A report as an XLSX workbook: the sheets Summary, Details, Rules and Skipped."""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

from dossier.validate.model import Report
from dossier.validate.safe import shown_cell
from dossier.validate.shown import first_ones, issues

_BOLD = Font(bold=True)
_HEAD = PatternFill("solid", start_color="DDE5F0")
_EPOCH = datetime.datetime(2000, 1, 1)  # a report of the same data is the same
_SUMMARY = ("Dataset", "Rule", "Severity", "Message", "Findings", "Accepted", "Explanation")
_DETAILS = ("Rule", "Severity", "Message", "Dataset", "Subject", "Record", "Key", "Variables", "Values",
            "Source", "Spec", "Accepted", "Agreement")
_RULES = ("Rule", "Severity", "Message", "Source", "Status", "Datasets checked", "Findings", "Accepted",
          "File")
_SKIPPED = ("Rule", "Dataset", "Reason")
_ACCEPTED = ("Rule", "Dataset", "Variable", "Value", "Subject", "Reason", "Author", "Date", "Findings")

Row = Sequence[str | int | None]


def workbook(report: Report) -> bytes:
    """The file's bytes; text is text also where it looks like a formula."""
    book = Workbook(write_only=True)
    book.properties.created = book.properties.modified = _EPOCH
    book.properties.creator = "Dossier"
    kept, note = first_ones(report.findings)
    _sheet(book, "Summary", _SUMMARY, _summary(report), (10, 16, 10, 70, 10, 10, 70))
    details: list[Row] = [
        (one.rule, one.severity, one.message, one.dataset, one.subject, one.record, one.key_text,
         "; ".join(one.variables), "; ".join(one.values), one.source, one.spec,
         "yes" if one.accepted else "", one.agreement) for one in kept]
    if note:
        details.append((note,))
    _sheet(book, "Details", _DETAILS, details, (16, 10, 60, 10, 22, 8, 24, 30, 40, 40, 26, 10, 14))
    rules: list[Row] = [(one.id, one.severity, one.message, one.source, one.status, one.checked, one.findings,
                         one.accepted, one.file) for one in report.rules]
    _sheet(book, "Rules", _RULES, rules, (16, 10, 70, 50, 14, 10, 10, 10, 40))
    _sheet(book, "Skipped", _SKIPPED, [(one.rule, one.dataset, one.reason) for one in report.skipped],
           (16, 10, 100))
    if report.acceptances:
        uses = report.uses()
        _sheet(book, "Accepted", _ACCEPTED, [
            (one.rule, one.dataset, one.variable, one.value, one.subject, one.reason, one.author, one.date,
             uses[one]) for one in report.acceptances], (16, 10, 14, 20, 22, 70, 20, 12, 10))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _summary(report: Report) -> Iterable[Row]:
    for one in issues(report.findings):
        yield (one.dataset, one.rule, one.severity, one.message, one.findings, one.accepted, one.explanation)
    yield (None,)
    yield (report.told(),)
    for note in report.notes:
        yield (note,)


def _sheet(book: Workbook, name: str, heads: Sequence[str], rows: Iterable[Row],
           widths: Sequence[int]) -> None:
    sheet = book.create_sheet(name)
    sheet.freeze_panes = "A2"
    for at, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(at)].width = width
    first = []
    for head in heads:
        made = WriteOnlyCell(sheet, head)
        made.font, made.fill = _BOLD, _HEAD
        first.append(made)
    sheet.append(first)
    number = 1
    for row in rows:
        number += 1
        sheet.append([_cell(sheet, value) for value in row])
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(heads))}{number}"


def _cell(sheet: Any, value: str | int | None) -> Any:
    if not isinstance(value, str):
        return value
    made = WriteOnlyCell(sheet, None)
    made.value = shown_cell(value)
    made.data_type = "s"
    return made
