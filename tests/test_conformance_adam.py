"""Our rules for analysis datasets: their cases, and CDISC's drafts with theirs."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path

import pytest
import yaml

from dossier.conformance.cases import parse_cases, rule_files
from dossier.conformance.execute import run
from dossier.conformance.load import parse_rule, read_rule
from dossier.conformance.model import Rule
from dossier.conformance.reading import read_case
from dossier.conformance.study import Dataset, Study
from dossier.conformance.trial import run_cases
from engine.errors import SpecError

RULES = Path(str(resources.files("dossier.conformance"))) / "rules" / "adam"
UNSOUND = Path(__file__).with_name("adam_unsound_drafts.csv")


@cache
def rules() -> dict[str, Rule]:
    return {rule.id: rule for rule in map(read_rule, rule_files(RULES))}


@cache
def covers() -> dict[str, list[str]]:
    """The rules that cover each draft."""
    found: dict[str, list[str]] = {}
    for path in rule_files(RULES):
        loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        reference = loaded["Authorities"][0]["Standards"][0]["References"][0]
        for related in reference.get("Related Rules", []):
            found.setdefault(related["Id"], []).append(path.stem)
    return found


def test_every_rule_is_in_a_file_of_its_name_and_cites_its_source() -> None:
    assert len(rules()) >= 120
    for path in rule_files(RULES):
        loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        assert loaded["Core"]["Id"] == path.stem
        reference = loaded["Authorities"][0]["Standards"][0]["References"][0]
        assert reference["Citations"][0]["Document"]
        assert loaded["Severity"] in ("Error", "Warning")
        assert loaded["Outcome"]["Message"].endswith(".")


def test_no_file_lies_without_its_partner() -> None:
    cases = {path.name.removesuffix(".cases.yml") for path in RULES.glob("*.cases.yml")}
    alone = {path.stem for path in RULES.glob("*.yml") if not path.name.endswith(".cases.yml")}
    assert cases == alone == set(rules())


def test_every_rule_does_what_its_cases_say() -> None:
    cases = list(run_cases([RULES]))
    assert [str(case) for case in cases if case.status != "passed"] == []
    assert {case.rule for case in cases if case.name.startswith("passing")} == set(rules())
    assert {case.rule for case in cases if case.name.startswith("failing")} == set(rules())


def test_a_rule_that_cannot_run_on_a_failing_case_is_told() -> None:
    rule = parse_rule("Core: {Id: A}\nRule Type: Record Data\nSensitivity: Record\nScope: {}\n"
                      "Check: {all: [{name: X, operator: empty}]}\nOutcome: {Message: X is empty.}")
    case = parse_cases('passing: [{AE: "Y"}]\nfailing: [{AE: "Y\\n\\n1", findings: [AE 1]}]')[1]
    assert case.difference(run(rule, case.study)) == "nothing found: column X is absent"


@pytest.mark.parametrize(("text", "said"), [
    ("passing: []", "rule.cases.yml:1:1: 'passing' must be a list with at least one case"),
    ("pasing: [{AE: A}]", "rule.cases.yml:1:1: unknown key 'pasing'; did you mean 'passing'?"),
    ("passing: [{AE: A, findings: [AE]}]\nfailing: [{AE: A, findings: [AE]}]",
     "rule.cases.yml:1:11: a failing case tells its 'findings', a passing one has none"),
    ('passing: [{AE: "A,B\\n1"}]\nfailing: [{AE: A, findings: [AE]}]',
     "rule.cases.yml:1:16: a record of AE has 1 values for 2 variables; it is 1"),
])
def test_mistakes_in_cases_are_told_with_their_place(text: str, said: str) -> None:
    with pytest.raises(SpecError) as error:
        parse_cases(text)
    assert said in [str(problem) for problem in error.value.problems]


def test_an_operation_of_arithmetic_needs_both_sides() -> None:
    with pytest.raises(SpecError) as error:
        parse_rule("Core: {Id: A}\nRule Type: Record Data\nSensitivity: Record\nScope: {}\n"
                   "Operations: [{id: $a, operator: minus, name: AVAL}]\n"
                   "Check: {all: [{name: $a, operator: empty}]}\nOutcome: {Message: It is so.}")
    assert [str(problem) for problem in error.value.problems] == ["rule.yml:5:14: minus needs 'subtract'"]


def _lenient(study: Study) -> Study:
    """The study with text where a draft's case declares a number and holds none."""
    def reread(dataset: Dataset) -> Dataset:
        frame, _ = dataset.read()
        return replace(dataset, read=lambda: (frame, None))
    return replace(study, datasets=[reread(dataset) for dataset in study.datasets])


def _drafts(folder: Path) -> Iterator[tuple[str, str, Path]]:
    """Draft, name of the case and its data."""
    for data in sorted(folder.rglob("data")):
        if (data / "_datasets.csv").is_file():
            top = data.relative_to(folder).parts[0]
            number = re.search(r"AD0?(\d+)(b?)$", top)
            assert number is not None, top
            yield f"AD{int(number[1]):04d}{number[2]}", f"{data.parent.parent.name}/{data.parent.name}", data


@pytest.mark.full
@pytest.mark.shared
def test_every_sound_draft_is_covered(shared: Path) -> None:
    with UNSOUND.open(encoding="utf-8", newline="") as file:
        unsound = {(row["draft"], row["case"]) for row in csv.DictReader(file)}
    wrong: set[tuple[str, str]] = set()
    seen = 0
    for draft, name, data in _drafts(shared / "adam-rules-draft"):
        seen += 1
        study = _lenient(read_case(data))
        outcomes = [outcome for rule in covers().get(draft, []) for outcome in run(rules()[rule], study)]
        findings = [finding for outcome in outcomes for finding in outcome.findings]
        assert not [finding for finding in findings if finding.error], (draft, name)
        if bool(findings) != name.startswith("negative") or draft not in covers():
            wrong.add((draft, name))
    assert wrong == unsound
    assert seen > 190
