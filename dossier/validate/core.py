"""CDISC's own engine beside ours: run an installation the user has, and merge what it reports.

Its command line and its JSON report are described in the README of CDISC Rules Engine
(CORE): ``core validate -s sdtmig -v 3-4 -d FOLDER -o REPORT -of JSON``; ``Issue_Details``
holds a finding an entry, ``Rules_Report`` the state of every rule.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PureWindowsPath
from typing import Any

from dossier.validate.model import Finding, Report, RuleResult
from dossier.validate.package import Package
from engine.errors import DataError, Place, Problem, counted
from engine.yaml.source import show_path

NAMES = ("core", "core.exe", "core.py")
LONGEST_RUN = 4 * 3600
"""Seconds that CORE may take."""
NONE = ("no CORE installation is found; unpack a release of CDISC's engine "
        "(github.com/cdisc-org/cdisc-rules-engine/releases) and name its folder with --core PATH")


@dataclass(frozen=True)
class Issue:
    """A finding of CORE."""

    rule: str
    dataset: str
    record: int | None
    subject: str
    sequence: str
    variables: tuple[str, ...]
    values: tuple[str, ...]
    message: str


@dataclass(frozen=True)
class CoreReport:
    """What CORE reports: its findings, and for each rule its message and whether it was run."""

    issues: tuple[Issue, ...]
    rules: Mapping[str, tuple[str, bool]]


def find_core(path: Path | None) -> list[str] | None:
    """The command that starts CORE: of the file or folder named, else on the system's path; else None."""
    if path is None:
        found = shutil.which("core")
        return [found] if found else None
    file = path if path.is_file() else next((path / name for name in NAMES if (path / name).is_file()), None)
    if file is None:
        return None
    file = file.absolute()
    if file.suffix != ".py":
        return [str(file)]
    own = [file.parent / folder / part for folder in (".venv", "venv")
           for part in ("bin/python", "Scripts/python.exe")]
    return [str(next((one for one in own if one.is_file()), sys.executable)), str(file)]


def run_core(command: Sequence[str], package: Package) -> CoreReport:
    """Run CORE over each folder that holds SDTM datasets, in the installation's own folder.

    Raises :class:`DataError` where it fails or writes no report.
    """
    issues: list[Issue] = []
    rules: dict[str, tuple[str, bool]] = {}
    for part in package.parts:
        if package.sdtm.isdisjoint(one.name for one in part.datasets):
            continue
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "report"
            path = part.path.absolute()
            given = ["-d", str(path)] if path.is_dir() else ["-dp", str(path)]
            define = ["-dxp", str(part.define.absolute())] if part.define else []
            _run([*command, "validate", "-s", "sdtmig", "-v", "3-4", *given, *define, "-o", str(target),
                  "-of", "JSON"], Path(command[-1]).parent)
            made = read_report(target.with_suffix(".json"))
        issues.extend(made.issues)
        for rule, (message, was_run) in made.rules.items():
            rules[rule] = (message, was_run or rules.get(rule, ("", False))[1])
    return CoreReport(tuple(issues), rules)


def _run(command: Sequence[str], folder: Path) -> None:
    place = Place(command[-1] if len(command) == 1 else show_path(folder))
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace",
                              timeout=LONGEST_RUN, stdin=subprocess.DEVNULL, check=False)
    except OSError as error:
        raise DataError(Problem(place, "CORE", f"cannot be run: {error.strerror}")) from error
    except subprocess.TimeoutExpired as error:
        raise DataError(Problem(place, "CORE", f"was not done after {LONGEST_RUN // 3600} hours")) from error
    if done.returncode:
        last = next((line for line in reversed(done.stderr.splitlines()) if line.strip()), "it said nothing")
        raise DataError(Problem(place, "CORE", f"ended with status {done.returncode}: {last.strip()}"))


def read_report(path: Path) -> CoreReport:
    """CORE's report in JSON; :class:`DataError` if it is missing or laid out in another way."""
    place = Place(show_path(path))
    try:
        made = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(Problem(place, "CORE", "wrote no report")) from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DataError(Problem(place, "CORE", f"its report is no JSON ({error})")) from error
    parts = {str(key).lower(): value for key, value in made.items()} if isinstance(made, dict) else {}
    details, rules = parts.get("issue_details"), parts.get("rules_report")
    if not isinstance(details, list) or not isinstance(rules, list) or not all(
            isinstance(one, dict) for one in (*details, *rules)):
        raise DataError(Problem(place, "CORE", "its report has no Issue_Details or no Rules_Report"))
    return CoreReport(tuple(_issue(one) for one in details), {
        str(one.get("core_id") or ""): (str(one.get("message") or ""),
                                        str(one.get("status")).upper() not in ("SKIPPED", "EXECUTION ERROR"))
        for one in rules})


def _issue(one: Mapping[str, Any]) -> Issue:
    variables = tuple(str(name) for name in one.get("variables") or ())
    given = one.get("values") or []
    values = tuple("" if value is None else str(value) for value in given)[:len(variables)]
    values += ("",) * (len(variables) - len(values))
    record = str(one.get("row") or "")
    return Issue(str(one.get("core_id") or ""), _dataset_name(str(one.get("dataset") or "")),
                 int(record) if record.isdecimal() else None, _said(one.get("USUBJID")),
                 _said(one.get("SEQ")), variables, values, str(one.get("message") or ""))


def _dataset_name(text: str) -> str:
    """The dataset of a file's name or path: ``ae.xpt`` and ``AE`` are AE."""
    return PureWindowsPath(text.replace("/", "\\")).stem.upper()


def _said(value: object) -> str:
    return "" if value is None or value == "" else str(value)


def merge(report: Report, core: CoreReport) -> None:
    """Put CORE's findings beside ours: marked as of both, or of one of the engines.

    Findings belong together by rule, dataset and record.  Of a rule that one engine
    alone has or could run, nothing can be said; CORE's findings of it are added unmarked.
    """
    ours = {one.id: one for one in report.rules}
    ran = {rule for rule, result in ours.items() if result.status in ("findings", "passed")}
    theirs = {rule for rule, (_, was_run) in core.rules.items() if was_run}
    compared = ran & theirs
    waiting: defaultdict[tuple[str, str, int | None], deque[Issue]] = defaultdict(deque)
    for issue in core.issues:
        waiting[issue.rule, issue.dataset, issue.record].append(issue)
    merged: list[Finding] = []
    for finding in report.findings:
        if finding.rule in compared:
            same = waiting[finding.rule, finding.dataset.upper(), finding.record]
            if same:
                same.popleft()
                finding = replace(finding, agreement="both")
            else:
                finding = replace(finding, agreement="only Dossier")
        merged.append(finding)
    rest = [issue for issues in waiting.values() for issue in issues]
    merged.extend(_finding(issue, ours.get(issue.rule), issue.rule in compared) for issue in rest)
    known = set(ours)
    for rule, message in {**{one.rule: one.message for one in rest},
                          **{rule: message for rule, (message, _) in core.rules.items()}}.items():
        if rule not in known:
            made = RuleResult(rule, "error", message, "CORE", "", checked=int(rule in theirs))
            report.rules = [*report.rules, made]
    report.findings, report.core = merged, True
    report.notes.append(_told(merged, len(compared)))


def _finding(issue: Issue, rule: RuleResult | None, compared: bool) -> Finding:
    key = (("--SEQ", issue.sequence),) if issue.sequence else ()
    return Finding(issue.rule, rule.severity if rule else "error", issue.dataset, issue.record, issue.subject,
                   key, issue.variables, issue.values, issue.message, rule.source if rule else "CORE",
                   agreement="only CORE" if compared else "")


def _told(findings: Sequence[Finding], compared: int) -> str:
    number = {kind: sum(one.agreement == kind for one in findings)
              for kind in ("both", "only Dossier", "only CORE")}
    return (f"CORE: {counted(compared, 'rule')} run by both engines; "
            f"{counted(number['both'], 'finding')} of both, "
            f"{number['only Dossier']} of Dossier only, {number['only CORE']} of CORE only")
