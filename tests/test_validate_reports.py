"""Reports hold all findings, and what the data hold does no harm in them."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from validate_study import write_rules, write_study

from dossier.validate import shown
from dossier.validate.accepted import Acceptance
from dossier.validate.checking import check_package
from dossier.validate.files import HEADS, csv_text, json_text, write_report
from dossier.validate.model import Finding, Report, RuleResult
from dossier.validate.package import read_package
from dossier.validate.page import page
from dossier.validate.rulebook import read_rules
from dossier.validate.safe import cell, embedded
from dossier.validate.told import told
from dossier.validate.workbook import workbook
from engine.errors import DataError, Place

ENTRY = Acceptance("OWN-1", "AE", "", None, "S-01", "collected so", "A. Lee", "2026-05-01",
                   Place("accepted.yaml", 2))
UNUSED = Acceptance("OWN-2", "CM", "", None, "", "never", "A. Lee", "2026-05-01", Place("accepted.yaml", 9))


@pytest.fixture
def report(tmp_path: Path) -> Report:
    entries = read_rules([write_rules(tmp_path)], own=False)
    return check_package(read_package([write_study(tmp_path)]), entries, [ENTRY, UNUSED])


def test_the_table_is_grouped_by_rule_with_counts(report: Report) -> None:
    assert told(report, 90).splitlines() == [
        "severity  rule   findings  accepted  datasets  message",
        "--------  -----  --------  --------  --------  -------------------------------------------",
        "error     OWN-2         1            AE        AETERM is empty.",
        "error     OWN-3         1            ADSL      SEX is not that of DM.",
        "warning   OWN-1         2         1  AE        AESEV is no term.",
        "",
        "accepted.yaml:9: OWN-2 in CM: accepted, but there is no such finding; remove the entry",
        "2 errors, 1 warning, 1 accepted; 3 rules run on 3 datasets, 2 not run",
    ]


def test_the_table_can_list_records_and_rules_not_run(report: Report) -> None:
    lines = told(report, 90, everything=True).splitlines()
    assert "    AE record 2: subject S-01: AESEQ=2: AESEV = GRAVE, AETERM = (blank)" in lines
    assert "not run: OWN-4 on AE: column AELOC is absent" in lines
    assert "not run: OWN-5: is for SENDIG" in lines


def test_the_csv_file_has_every_finding_and_no_formula(report: Report) -> None:
    rows = list(csv.DictReader(io.StringIO(csv_text(report))))
    assert list(rows[0]) == list(HEADS)
    assert [(row["Rule"], row["Record"], row["Accepted"], row["Author"]) for row in rows] == [
        ("OWN-1", "2", "yes", "A. Lee"), ("OWN-1", "3", "", ""), ("OWN-2", "2", "", ""),
        ("OWN-3", "2", "", "")]
    assert rows[1]["Values"] == 'GRAVE; =HYPERLINK("http://x")'


def test_the_json_file_has_all_of_the_report(report: Report) -> None:
    made = json.loads(json_text(report))
    assert made["summary"] == {"errors": 2, "warnings": 1, "notices": 0, "accepted": 1, "told": report.told()}
    assert made["findings"][0]["accepted"] == {
        "reason": "collected so", "author": "A. Lee", "date": "2026-05-01"}
    assert [one["findings"] for one in made["accepted"]] == [1, 0]
    assert made["issues"][1] == {"dataset": "AE", "rule": "OWN-1", "severity": "warning", "findings": 2,
                                 "message": "AESEV is no term.", "accepted": 1, "explanation": "collected so"}
    assert [one["status"] for one in made["rules"]] == ["findings"] * 3 + ["not run"] * 2
    assert made["skipped"][0] == {"rule": "OWN-4", "dataset": "AE", "reason": "column AELOC is absent"}


def test_the_workbook_has_the_sheets_reviewers_know(report: Report) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(report)))
    assert book.sheetnames == ["Summary", "Details", "Rules", "Skipped", "Accepted"]
    sheet = [[one.value for one in row] for row in book["Summary"]]
    assert sheet[0] == ["Dataset", "Rule", "Severity", "Message", "Findings", "Accepted", "Explanation"]
    assert sheet[2] == ["AE", "OWN-1", "warning", "AESEV is no term.", 2, 1, "collected so"]
    assert book["Details"].max_row == 5
    assert book["Skipped"]["C3"].value == "is for SENDIG"
    assert [one.value for one in book["Rules"]["E"]][1:] == ["findings"] * 3 + ["not run"] * 2


EVIL = '=cmd|"/c calc"!A1</script><img src=x onerror=alert(1)>\x07\u2028'


def evil() -> Report:
    found = Finding("R<b>", "error", "AE", 1, EVIL, (("AESEQ", EVIL),), ("AETERM",), (EVIL,), EVIL, EVIL,
                    EVIL)
    return Report([], [RuleResult("R<b>", "error", EVIL, EVIL, "r.yml", checked=1, findings=1)], [found], [],
                  notes=[EVIL])


def test_values_are_no_formulas_in_cells() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(evil())))
    cells = [one for sheet in book for row in sheet for one in row if one.value is not None]
    assert {one.data_type for one in cells} <= {"s", "n"}
    assert not [one.value for one in cells if str(one.value).startswith(("=", "+", "-", "@"))]
    with zipfile.ZipFile(io.BytesIO(workbook(evil()))) as parts:
        assert not [name for name in parts.namelist() if b"<f>" in parts.read(name)]
    (row,) = list(csv.DictReader(io.StringIO(csv_text(evil()))))
    assert {row[name][:2] for name in ("Subject", "Values", "Message", "Source", "Spec")} == {"'="}


def test_values_stay_text_in_the_page() -> None:
    text = page(evil())
    assert "<img" not in text
    assert text.count("</script>") == 2
    held = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)
    assert held is not None
    found = json.loads(held[1])["findings"][0]
    assert found[3].startswith('=cmd|"/c calc"!A1</script><img src=x onerror=alert(1)>')
    assert "\x07" not in found[3]


def test_the_page_needs_nothing_else() -> None:
    text = page(evil())
    assert not re.findall(r"""(?:src|href)\s*=\s*["']|@import|url\(|https?:""", text.split('id="data"')[0])
    assert "default-src 'none'" in text
    assert "innerHTML" not in text


@given(st.text())
def test_embedded_text_comes_back_and_ends_no_element(text: str) -> None:
    made = embedded([text])
    assert json.loads(made) == [text]
    assert not set("<>&\u2028\u2029") & set(made)


@given(st.text())
def test_a_cell_never_begins_as_a_formula(text: str) -> None:
    made = cell(text)
    assert made in (text, f"'{text}")
    if made[:1] in ("=", "@"):
        pytest.fail(f"{made!r} is a formula")
    if made[:1] in ("+", "-"):
        float(made)


def test_of_very_many_findings_the_first_are_shown_and_all_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "MOST", 3)
    found = [Finding("R", "error", name, number, "", (), (), (), "Wrong.", "") for name in ("AE", "CM")
             for number in range(1, 6)]
    made = Report([], [RuleResult("R", "error", "Wrong.", "", "", checked=2, findings=10)], found, [])
    kept, note = shown.first_ones(found)
    assert [one.record for one in kept] == [1, 2, 3] * 2
    assert note == ("4 findings left out here: of each rule and dataset the first 3 are listed; "
                    "the CSV and JSON files have all")
    assert note in page(made)
    book = openpyxl.load_workbook(io.BytesIO(workbook(made)))
    assert (book["Details"]["A8"].value, book["Summary"]["E2"].value) == (note, 5)
    assert csv_text(made).count("\n") == 11


def test_reports_are_written_whole_and_alike(report: Report, tmp_path: Path) -> None:
    kinds = ["csv", "json", "html"]
    paths = write_report(report, tmp_path / "out", kinds)
    first = [path.read_bytes() for path in paths]
    assert [path.name for path in paths] == ["validation.csv", "validation.json", "validation.html"]
    assert [path.read_bytes() for path in write_report(report, tmp_path / "out", kinds)] == first
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(path.name for path in paths)


def test_a_folder_that_cannot_be_written_is_told(report: Report, tmp_path: Path,
                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("out").write_text("a file")
    with pytest.raises(DataError) as caught:
        write_report(report, Path("out"), ["csv"])
    assert str(caught.value) == ("out/validation.csv: cannot be written: File exists; "
                                 "name another folder with --out")


@pytest.mark.full
@pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium to open the page with")
@pytest.mark.parametrize(("asked", "rows"), [
    ("", ["error OWN-2 AE 1", "error OWN-3 ADSL 1", "warning OWN-1 AE 2 1"]),
    ("tab=Details&severity=warning&open=on", ["warning OWN-1 AE 3 S-02"]),
    ("tab=Details&text=S-01", ["warning OWN-1 AE 2 S-01", "error OWN-2 AE 2 S-01"]),
    ("tab=Skipped&rule=OWN-5", ["OWN-5 is for SENDIG"]),
])
def test_a_browser_shows_what_the_filters_ask_for(asked: str, rows: list[str], report: Report,
                                                  tmp_path: Path) -> None:
    (file,) = write_report(report, tmp_path / "out", ["html"])
    done = subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'user'}",
         "--dump-dom", f"{file.as_uri()}#{asked}"], capture_output=True, text=True, timeout=120, check=True)
    table = re.search(r"<tbody>(.*?)</tbody>", done.stdout, re.S)
    assert table is not None
    shown_rows = [" ".join(re.sub("<[^>]+>", " ", row).split()) for row in table[1].split("</tr>")[:-1]]
    assert len(shown_rows) == len(rows)
    assert [found[:len(row)] for found, row in zip(shown_rows, rows, strict=True)] == rows
