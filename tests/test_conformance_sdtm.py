"""Our own rules of SDTM and of regulators: each has cases that pass and fail, and says where it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dossier.conformance.cases import SUFFIX, parse_cases, read_cases
from dossier.conformance.execute import Finding, run
from dossier.conformance.load import parse_rule, read_rule
from dossier.conformance.op_terms import paired
from dossier.conformance.outcomes import Failure
from dossier.conformance.trial import run_cases
from dossier.conformance.vectors import Vector

RULES = Path(__file__).parents[1] / "dossier" / "conformance" / "rules"
FOLDERS = [RULES / "sdtm", RULES / "regulator"]
FILES = sorted(file for folder in FOLDERS for file in folder.glob("*.yml") if not file.name.endswith(SUFFIX))


def test_every_case_goes_as_it_says() -> None:
    cases = list(run_cases(FOLDERS))
    assert [str(case) for case in cases if case.status != "passed"] == []
    assert len(cases) >= 2 * len(FILES)


def test_there_are_many_and_each_has_cases_beside_it() -> None:
    assert len(FILES) >= 400
    assert [file.name for file in FILES if not file.with_name(file.stem + SUFFIX).is_file()] == []


def test_a_rule_bears_the_name_of_its_file_a_severity_and_a_source() -> None:
    for file in FILES:
        rule = read_rule(file)
        assert rule.id == file.stem
        assert rule.severity in ("Error", "Warning", "Notice")
        assert re.fullmatch(r"(SDTM|FDA|NMPA|XPT)(-[A-Za-z0-9]+)+", rule.id)
        cited = re.findall(r"- \{Document: .+\}", " ".join(file.read_text(encoding="utf-8").split()))
        assert cited, file.name


def test_no_two_rules_say_the_same() -> None:
    said: dict[str, str] = {}
    for file in FILES:
        text = file.read_text(encoding="utf-8")
        told = text[text.index("Rule Type:"):text.index("Outcome:")]
        assert said.setdefault(told, file.stem) == file.stem


def test_cases_are_small_enough_to_be_read() -> None:
    for file in FILES:
        for case in read_cases(file.with_name(file.stem + SUFFIX)):
            for dataset in case.study.datasets:
                assert dataset.records <= 6


def test_a_pair_of_terms_is_found_by_its_concept() -> None:
    column = Vector.of(["ALT", "OWN", None, "ALT"])
    assert paired(column, "LBTESTCD", "LBTEST").cells() == ["Alanine Aminotransferase", None, None,
                                                            "Alanine Aminotransferase"]
    with pytest.raises(Failure, match="no codelist NOSUCH"):
        paired(column, "NOSUCH", "LBTEST")


RULE = """
Core: {Id: MINE}
Rule Type: Variable Metadata Check
Sensitivity: Record
Scope: {Domains: {Include: [ALL]}}
Operations: [{id: $x, operator: OPERATOR}]
Check: {all: [{name: $x, operator: equal_to, value: VALUE}]}
Outcome: {Message: M, Output Variables: [variable_name]}
"""


def found(operation: str, value: str, cases: str) -> list[Finding]:
    rule = parse_rule(RULE.replace("OPERATOR", operation).replace("VALUE", value))
    return [one for outcome in run(rule, parse_cases(cases)[0].study) for one in outcome.findings]


CASES = 'passing: [{AE: "DOMAIN,AESEQ#,AEOWN\\nAE,1,x"}]\nfailing: [{AE: "DOMAIN\\nAE", findings: [AE 1]}]'


def test_what_the_guide_says_of_a_variable() -> None:
    assert [one.record for one in found("library_variable, name: variable_name, key_name: type", "Num",
                                        CASES)] == [2]
    assert [one.record for one in found("library_variable, name: variable_name, key_name: label",
                                        "Sequence Number", CASES)] == [2]
    told = found("library_variable, name: variable_name, key_name: size", "Num", CASES)
    assert [one.values for one in told] == [(("EXECUTION_ERROR", "variables have no 'size'"),)]


def test_whether_there_is_a_define() -> None:
    with_define = CASES.replace("passing: [{", "passing: [{define: define.xml, ")
    assert [one.record for one in found("define_exists", "true", with_define)] == [1, 2, 3]
    assert found("define_exists", "true", CASES) == []


def test_a_pair_needs_two_codelists() -> None:
    told = found("paired_term, name: variable_name, codelists: [LBTEST]", "X", CASES)
    assert [one.values for one in told] == [(("EXECUTION_ERROR", "paired_term needs two codelists"),)]
