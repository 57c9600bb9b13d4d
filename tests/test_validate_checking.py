"""Folders are read, rules run on the datasets they are meant for, and findings say what they should."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from validate_study import AE, RULES, write_rules, write_study

from dossier.validate.accepted import read_accepted
from dossier.validate.checking import check_package
from dossier.validate.lines import Lines
from dossier.validate.model import Report, Skip
from dossier.validate.package import read_package
from dossier.validate.rulebook import Entry, read_rules
from engine.errors import DataError, Place, SpecError
from engine.xpt import write


def mine(folder: Path) -> list[Entry]:
    """The rules of the test alone."""
    return read_rules([write_rules(folder)], own=False)


@pytest.fixture
def report(tmp_path: Path) -> Report:
    return check_package(read_package([write_study(tmp_path)]), mine(tmp_path))


def test_findings_of_a_rule_say_all_that_is_known(report: Report) -> None:
    first, second = [one for one in report.findings if one.rule == "OWN-1"]
    assert (first.severity, first.dataset, first.record, first.subject) == ("warning", "AE", 2, "S-01")
    assert first.key == (("AESEQ", "2"),)
    assert (first.variables, first.values) == (("AESEV", "AETERM"), ("GRAVE", ""))
    assert (first.message, first.source) == ("AESEV is no term.", "Ours R1 (SDTMIG 3.4, 6.2)")
    assert second.key_text == "AESEQ=1"


def test_rules_of_adam_join_sdtm_and_a_rule_without_severity_is_an_error(report: Report) -> None:
    (found,) = [one for one in report.findings if one.rule == "OWN-3"]
    assert (found.severity, found.dataset, found.record, found.values) == ("error", "ADSL", 2, ("F", "M"))


def test_what_was_not_run_says_why(report: Report) -> None:
    assert list(report.skipped) == [Skip("OWN-4", "AE", "column AELOC is absent"),
                                    Skip("OWN-5", "", "is for SENDIG")]
    assert {one.id: one.status for one in report.rules} == {
        "OWN-1": "findings", "OWN-2": "findings", "OWN-3": "findings", "OWN-4": "not run", "OWN-5": "not run"}
    assert report.told() == "2 errors, 2 warnings; 3 rules run on 3 datasets, 2 not run"


def test_sdtm_rules_do_not_see_analysis_datasets(tmp_path: Path) -> None:
    package = read_package([write_study(tmp_path)])
    assert (sorted(package.sdtm), sorted(package.adam)) == (["AE", "DM"], ["ADSL"])
    study, among = package.study(frozenset({"sdtm"}))
    assert [one.name for one in study.datasets] == ["AE", "DM"]
    assert among == {"AE", "DM"}


@pytest.mark.parametrize("kind", ["xpt", "parquet"])
def test_other_formats_give_the_same_findings(kind: str, tmp_path: Path, report: Report) -> None:
    table = pd.read_csv(tmp_path / "data/sdtm/ae.csv", keep_default_na=False, dtype="str")
    table["AESEQ"] = table["AESEQ"].astype("float64")
    file = tmp_path / f"ae.{kind}"
    if kind == "xpt":
        write(table, file, name="AE")
    else:
        table.to_parquet(file)
    (tmp_path / "again").mkdir()
    found = check_package(read_package([file]), mine(tmp_path / "again")).findings
    assert found == [one for one in report.findings if one.dataset == "AE"]


def test_dates_in_a_key_are_shown_as_dates(tmp_path: Path) -> None:
    table = pd.DataFrame({"USUBJID": ["S-01"], "PARAMCD": ["X"], "ADT": [23925.0], "ADTM": [2067144900.0],
                          "AVISITN": [0.5], "ASEQ": [3.0]})
    write(table, tmp_path / "adx.xpt", name="ADX", variable_format={"ADT": "DATE9.", "ADTM": "DATETIME20."})
    (tmp_path / "r.yml").write_text(RULES["OWN-2"].replace("[AE]", "[ADX]").replace(
        "AETERM, operator: empty", "ADT, operator: non_empty"))
    (found,) = check_package(read_package([tmp_path / "adx.xpt"]),
                             read_rules([tmp_path / "r.yml"], own=False)).findings
    assert dict(found.key) == {"PARAMCD": "X", "AVISITN": "0.5", "ADTM": "2025-07-03T06:55:00",
                               "ADT": "2025-07-03", "ASEQ": "3"}


def test_a_test_case_folder_is_read_as_its_tables_say(tmp_path: Path) -> None:
    (tmp_path / "_datasets.csv").write_text("Filename,Label\nae,Adverse Events\n")
    (tmp_path / "_variables.csv").write_text("dataset,variable,label,type,length\nae,AESEQ,Sequence,Char,8\n")
    (tmp_path / "ae.csv").write_text(AE)
    (dataset,) = read_package([tmp_path]).datasets
    assert (dataset.label, dataset.frame.column("AESEQ").cells()) == ("Adverse Events", ["1", "2", "1"])


def test_the_line_of_the_spec_is_that_of_the_first_variable(tmp_path: Path) -> None:
    lines = Lines({"AE": {"": Place("ae.yaml", 1), "AETERM": Place("ae.yaml", 9, 3)}})
    found = check_package(read_package([write_study(tmp_path)]), mine(tmp_path), [], lines).findings
    assert [(one.rule, one.spec) for one in found] == [
        ("OWN-1", "ae.yaml:9"), ("OWN-1", "ae.yaml:9"), ("OWN-2", "ae.yaml:9"), ("OWN-3", "")]


@pytest.mark.parametrize(("make", "told"), [
    ("nowhere", "nowhere: no such file or folder"),
    ("empty/", "empty: no dataset in this folder or below; datasets are files *.xpt, *.parquet, *.csv"),
    ("notes.txt", "notes.txt: is no dataset; datasets are files *.xpt, *.parquet, *.csv"),
])
def test_what_is_no_data_is_refused(make: str, told: str, tmp_path: Path,
                                    monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if make.endswith("/"):
        Path(make).mkdir()
    elif make.endswith(".txt"):
        Path(make).write_text("x")
    with pytest.raises((SpecError, DataError)) as caught:
        read_package([Path(make)])
    assert str(caught.value) == told


def test_two_datasets_of_one_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_study(tmp_path)
    Path("ae.csv").write_text(AE)
    with pytest.raises(DataError) as caught:
        read_package([Path("data"), Path("ae.csv")])
    assert str(caught.value) == "ae.csv: AE: a second dataset of the name; the first is in data/sdtm"


def test_a_rule_that_cannot_be_read_is_told_and_the_others_run(tmp_path: Path,
                                                               monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_study(tmp_path)
    write_rules(tmp_path)
    Path("rules/OWN-4.yml").write_text(RULES["OWN-4"].replace("Check:", "Chekc:"))
    made = check_package(read_package([Path("data")]), read_rules([Path("rules")], own=False))
    assert made.skipped[0] == Skip("OWN-4", "", "cannot be read: rules/OWN-4.yml:5:1: unknown key 'Chekc'; "
                                                "did you mean 'Check'?")
    assert made.rules[3].status == "not readable"
    assert len(made.findings) == 4


def test_rules_need_distinct_ids_and_folders_with_rules(tmp_path: Path,
                                                        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_rules(tmp_path)
    Path("other").mkdir()
    Path("other/x.yml").write_text(RULES["OWN-1"])
    Path("bare").mkdir()
    with pytest.raises(SpecError) as caught:
        read_rules([Path("rules"), Path("other"), Path("bare"), Path("gone")], own=False)
    assert str(caught.value) == ("other/x.yml: OWN-1: the id is that of rules/OWN-1.yml as well\n"
                                 "bare: no rule in this folder or below\ngone: no such file or folder")


ACCEPTED = """\
accepted:
- rule: OWN-1
  dataset: AE
  variable: AESEV
  value: GRAVE
  subject: S-01
  reason: collected so
  author: A. Lee
  date: 2026-05-01
- {rule: OWN-2, dataset: CM, reason: never, author: A. Lee, date: 2026-05-01}
"""


def test_accepted_findings_are_marked_and_no_longer_count(tmp_path: Path) -> None:
    (tmp_path / "accepted.yaml").write_text(ACCEPTED)
    entries = read_accepted(tmp_path / "accepted.yaml")
    made = check_package(read_package([write_study(tmp_path)]), mine(tmp_path), entries)
    assert [(one.rule, one.record) for one in made.findings if one.accepted] == [("OWN-1", 2)]
    assert made.told() == "2 errors, 1 warning, 1 accepted; 3 rules run on 3 datasets, 2 not run"
    assert [one.accepted for one in made.rules] == [1, 0, 0, 0, 0]
    assert made.uses() == {entries[0]: 1}


def test_a_report_fails_by_its_findings_that_are_not_accepted(tmp_path: Path) -> None:
    (tmp_path / "accepted.yaml").write_text("accepted:\n" + "".join(
        f"- {{rule: OWN-{number}, reason: so, author: A. Lee, date: 2026-05-01}}\n" for number in (2, 3)))
    entries = read_accepted(tmp_path / "accepted.yaml")
    made = check_package(read_package([write_study(tmp_path)]), mine(tmp_path), entries)
    assert (made.fails("error"), made.fails("warning")) == (False, True)


def test_mistakes_in_the_accepted_file_are_all_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("accepted.yaml").write_text("accepted:\n- {rule: OWN-1, reson: x, author: A, date: 2026-13-01}\n")
    with pytest.raises(SpecError) as caught:
        read_accepted(Path("accepted.yaml"))
    assert str(caught.value) == (
        "accepted.yaml:2:17: unknown key 'reson'; did you mean 'reason'?\n"
        "accepted.yaml:2:44: there is no date '2026-13-01'; write it as in 2025-03-28")
