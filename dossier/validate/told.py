"""A report as a table on the terminal, grouped by rule."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from dossier.validate.accepted import Acceptance
from dossier.validate.model import SEVERITIES, Finding, Report
from engine.characters import bounded, visible
from engine.errors import Problem, counted, nearest

_HEADS = ("severity", "rule", "findings", "accepted", "datasets", "message")
_MOST_REASONS = 8
_MOST_RECORDS = 5


def told(report: Report, width: int = 100, everything: bool = False) -> str:
    """The table, what was not run and the counts; ``everything`` also lists records and each rule not run."""
    lines = [*_table(report, width, everything), *_not_run(report, everything), *_unused(report)]
    lines += [visible(note) for note in report.notes]
    return "\n".join([*lines, report.told()])


def _table(report: Report, width: int, everything: bool) -> list[str]:
    grouped: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in report.findings:
        grouped[finding.rule].append(finding)
    if not grouped:
        return []
    order = sorted(grouped, key=lambda rule: (SEVERITIES.index(grouped[rule][0].severity), rule))
    rows = [_HEADS]
    for rule in order:
        found = grouped[rule]
        accepted = sum(one.accepted is not None for one in found)
        rows.append((found[0].severity, visible(rule), str(len(found)), str(accepted or ""),
                     visible(_datasets(found)), visible(" ".join(found[0].message.split()))))
    widths = [max(len(row[at]) for row in rows) for at in range(len(_HEADS) - 1)]
    widths.append(max(40, width - sum(widths) - 2 * len(widths)))
    lines = [_line(rows[0], widths), "  ".join("-" * one for one in widths)]
    for rule, row in zip(order, rows[1:], strict=True):
        lines.append(_line(row, widths))
        if everything:
            lines.extend(_records(grouped[rule]))
    return [*lines, ""]


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [text if len(text) <= wide else f"{text[:wide - 3]}..."
             for text, wide in zip(row, widths, strict=True)]
    return "  ".join(cell.rjust(wide) if at in (2, 3) else cell.ljust(wide)
                     for at, (cell, wide) in enumerate(zip(cells, widths, strict=True))).rstrip()


def _datasets(found: Sequence[Finding]) -> str:
    names = list(dict.fromkeys(one.dataset for one in found))
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")


def _records(found: Sequence[Finding]) -> list[str]:
    lines = []
    for one in found[:_MOST_RECORDS]:
        where = f"{one.dataset} record {one.record}" if one.record is not None else one.dataset
        values = ", ".join(f"{name} = {bounded(value) or '(blank)'}"
                           for name, value in zip(one.variables, one.values, strict=True))
        parts = [where, f"subject {one.subject}" if one.subject else "", one.key_text, values, one.spec]
        lines.append(visible("    " + ": ".join(part for part in parts if part)))
    if len(found) > _MOST_RECORDS:
        lines.append(f"    and {len(found) - _MOST_RECORDS} more")
    return lines


def _not_run(report: Report, everything: bool) -> list[str]:
    lacking = [one for one in report.skipped if one.reason]
    if everything:
        return [visible(f"not run: {one.rule}{f' on {one.dataset}' if one.dataset else ''}: {one.reason}")
                for one in lacking]
    broken = [one for one in lacking if one.reason.startswith(("cannot be read", "cannot be evaluated"))]
    lines = [visible(f"not run: {one.rule}{f' on {one.dataset}' if one.dataset else ''}: {one.reason}")
             for one in broken[:_MOST_REASONS]]
    if len(broken) > _MOST_REASONS:
        lines.append(f"not run: {counted(len(broken) - _MOST_REASONS, 'more rule')} that cannot be read or "
                     "evaluated; -v lists all")
    return lines


def _unused(report: Report) -> list[str]:
    uses: Counter[Acceptance] = Counter(report.uses())
    rules = {one.id for one in report.rules}
    lines = []
    for one in report.acceptances:
        if one.rule not in rules:
            hint = nearest(one.rule, rules)
            lines.append(Problem(one.place, one.meant, "accepted, but there is no such rule here",
                                 f"did you mean '{hint}'?" if hint else ""))
        elif not uses[one]:
            lines.append(Problem(one.place, one.meant, "accepted, but there is no such finding",
                                 "remove the entry"))
    return [str(line) for line in lines]
