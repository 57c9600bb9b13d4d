"""Cases beside rules are read, run and compared; folders of datasets are read alike in each format."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from dossier.cli import main
from dossier.conformance.compare import compare, read_results
from dossier.conformance.execute import run
from dossier.conformance.folder import read_folder
from dossier.conformance.load import parse_rule
from dossier.conformance.reading import read_case
from dossier.conformance.trial import run_cases
from engine.errors import DataError
from engine.xpt import write

RULE = """\
Core: {Id: OWN-1}
Rule Type: Record Data
Sensitivity: Record
Scope: {Classes: {Include: [EVENTS]}}
Check: {all: [{name: AESEQ, operator: greater_than, value: 1}]}
Outcome: {Message: It is so., Output Variables: [AESEQ, AETERM]}
"""
DATA = {
    ".env": "PRODUCT=SDTMIG\nVERSION=3-4\n",
    "_datasets.csv": "Filename,Label\nae,Adverse Events\n",
    "_variables.csv": "dataset,variable,label,type,length\nAE,AESEQ,Sequence Number,Num,8\n"
                      "ae,AETERM,Term,Char,200\n",
    "ae.csv": 'DOMAIN,AESEQ,AETERM,AEX\nAE,1,NA,7\n\nAE,2,"two\nlines",8\n',
}
RESULTS = 'Dataset,Record,Variable,Value\nAE,2,AESEQ,2.0\nAE,2,AETERM,"two\nlines"\n'


def case(folder: Path, kind: str = "negative", results: str | None = RESULTS, **files: str) -> Path:
    made = folder / "OWN-1" / kind / "01"
    (made / "data").mkdir(parents=True)
    (folder / "OWN-1" / "rule.yml").write_text(RULE, encoding="utf-8")
    for name, text in {**DATA, **files}.items():
        (made / "data" / name).write_text(text, encoding="utf-8")
    if results is not None:
        (made / "results").mkdir()
        (made / "results" / "results.csv").write_text(results, encoding="utf-8", newline="")
    return made


def test_cells_are_read_as_declared_or_guessed(tmp_path: Path) -> None:
    frame = read_case(case(tmp_path) / "data").datasets[0].frame
    assert {name: frame.column(name).cells() for name in frame.names} == {
        "DOMAIN": ["AE", "AE"], "AESEQ": [1.0, 2.0], "AETERM": ["NA", "two\nlines"], "AEX": [7, 8]}


def test_what_is_known_of_a_file(tmp_path: Path) -> None:
    dataset = read_case(case(tmp_path) / "data").datasets[0]
    assert (dataset.name, dataset.label) == ("AE", "Adverse Events")
    assert (dataset.file, dataset.records) == ("ae.csv", 4)
    assert [one.name for one in dataset.variables] == ["AETERM"]


def test_the_command_says_how_each_case_went(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case(tmp_path)
    assert main(["rules", "test", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "passed  OWN-1 negative/01\n1 passed, 0 failed, 0 skipped\n"


def test_a_difference_is_told_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case(tmp_path, results="Dataset,Record,Variable,Value\nAE,1,AESEQ,1.0\nAE,2,AESEQ,2.0\n")
    assert main(["rules", "test", str(tmp_path)]) == 1
    assert capsys.readouterr().out == (
        "failed  OWN-1 negative/01: 1 missing (AE,1,AESEQ,1.0), 1 unexpected (AE,2,AETERM,two lines)\n"
        "0 passed, 1 failed, 0 skipped\n")


def test_text_in_a_number_is_an_execution_error(tmp_path: Path) -> None:
    case(tmp_path, results="Dataset,Record,Variable,Value\nAE,,EXECUTION_ERROR,any text\n",
         **{"ae.csv": "DOMAIN,AESEQ\nAE,<5\n"})
    assert [str(one) for one in run_cases([tmp_path])] == ["passed  OWN-1 negative/01"]


@pytest.mark.parametrize(("change", "told"), [
    ({"results": None}, "skipped OWN-1 negative/01: there is no results.csv"),
    ({".env": "PRODUCT=SENDIG\n"}, "skipped OWN-1 negative/01: the case is of SENDIG, which is not carried"),
])
def test_cases_that_cannot_be_compared_are_skipped(tmp_path: Path, change: dict[str, str], told: str) -> None:
    case(tmp_path, **change)
    assert [str(one) for one in run_cases([tmp_path])] == [told]


def test_a_rule_that_cannot_be_read_fails_all_its_cases(tmp_path: Path) -> None:
    case(tmp_path)
    path = tmp_path / "OWN-1" / "rule.yml"
    path.write_text(RULE.replace("greater_than", "greter_than"), encoding="utf-8")
    (told,) = [one.told for one in run_cases([tmp_path])]
    assert told.endswith("rule.yml:5:39: unknown operator 'greter_than'; did you mean 'greater_than'?")


def test_a_folder_without_rules_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no rule\.yml in this folder or below"):
        list(run_cases([tmp_path]))


def test_results_that_are_none_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    path.write_text("a,b\n", encoding="utf-8")
    with pytest.raises(DataError, match="does not begin with the header Dataset,Record,Variable,Value"):
        read_results(path)


def test_lines_are_compared_as_often_as_they_stand() -> None:
    line = ("AE", "1", "AESEQ", "1.0")
    assert compare([line, line], [line]).missing == (line,)
    assert not compare([("AE", "", "X", "null")], [("AE ", "", "X", "")])


@pytest.mark.parametrize("suffix", [".xpt", ".parquet", ".csv"])
def test_a_folder_is_read_alike_in_each_format(tmp_path: Path, suffix: str) -> None:
    table = pd.DataFrame({"DOMAIN": ["AE", "AE"], "AESEQ": [1.0, 2.5], "AETERM": ["Pain", None]})
    path = tmp_path / f"ae{suffix}"
    {".xpt": lambda: write(table, path), ".parquet": lambda: table.to_parquet(path),
     ".csv": lambda: table.to_csv(path, index=False)}[suffix]()
    study = read_folder(tmp_path)
    outcomes = run(parse_rule(RULE), study)
    lines = [line for one in outcomes for finding in one.findings for line in finding.lines()]
    assert lines == [("AE", "2", "AESEQ", "2.5"), ("AE", "2", "AETERM", "")]
    assert [(one.name, one.type) for one in study.datasets[0].variables] == [
        ("DOMAIN", "Char"), ("AESEQ", "Num"), ("AETERM", "Char")]


def test_a_folder_without_datasets_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no dataset in this folder; datasets are files \*.xpt"):
        read_folder(tmp_path)


DEFINE = """\
<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3"><Study><MetaDataVersion>
<ItemGroupDef OID="IG.AE" Name="AE" Domain="AE"><ItemRef ItemOID="IT.D" Mandatory="Yes"/></ItemGroupDef>
<ItemDef OID="IT.D" Name="DOMAIN" DataType="text" Length="2"><CodeListRef CodeListOID="CL.D"/></ItemDef>
<CodeList OID="CL.D" Name="D"><CodeListItem CodedValue="AE"><Alias Name="C49562" Context="nci:ExtCodeID"/>
</CodeListItem><Alias Name="C66734" Context="nci:ExtCodeID"/></CodeList></MetaDataVersion></Study></ODM>
"""


def test_variables_of_define_beside_those_of_the_guide(tmp_path: Path) -> None:
    made = case(tmp_path, **{".env": "PRODUCT=SDTMIG\nDEFINE_XML=define.xml\n", "define.xml": DEFINE})
    rule = RULE.replace("Record Data", "Define Item Metadata Check against Library Metadata")
    rule = rule.replace("{name: AESEQ, operator: greater_than, value: 1}",
                        "{name: define_variable_ccode, operator: equal_to, value: C66734}")
    rule = rule.replace("[AESEQ, AETERM]", "[define_variable_codelist_coded_codes, library_variable_core]")
    (outcome,) = run(parse_rule(rule), read_case(made / "data"))
    assert [line for finding in outcome.findings for line in finding.lines()] == [
        ("AE", "1", "define_variable_codelist_coded_codes", "['C49562']"),
        ("AE", "1", "library_variable_core", "Req")]


def test_define_with_a_document_type_is_refused(tmp_path: Path) -> None:
    made = case(tmp_path, **{".env": "DEFINE_XML=define.xml\n",
                             "define.xml": '<!DOCTYPE a [<!ENTITY b "c">]>' + DEFINE})
    rule = RULE.replace("Record Data", "Define Item Metadata Check against Library Metadata")
    with pytest.raises(DataError, match=r"declares a document type; define\.xml needs none"):
        run(parse_rule(rule), read_case(made / "data"))


@pytest.mark.full
@pytest.mark.shared
def test_the_published_rules_find_what_is_published(shared: Path) -> None:
    folder = shared / "core-rules"
    if not folder.is_dir():
        pytest.skip("published rules are not at hand")
    cases = list(run_cases([folder]))
    assert [str(one) for one in cases if one.status == "failed"] == []
    assert sum(one.status == "passed" for one in cases) >= 500
