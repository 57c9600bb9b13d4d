"""``dossier spec new``: a study guessed from its raw files, told as a guess, and sound as it is."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from laws import examples

from dossier.cli import main
from dossier.pipeline import check
from dossier.spec_new import guess_study, new_study
from dossier.spec_new.findings import find_tests
from dossier.spec_new.raw import read_folder
from dossier.spec_new.sniff import layouts
from engine.build.plan import Plan
from engine.errors import DataError, SpecError

HERE = Path(__file__).parent / "spec_new"
"""Raw files, each written another way, and the specs that are guessed from them."""


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A folder of raw files, each written another way."""
    return shutil.copytree(HERE / "raw", tmp_path / "raw")


def written(folder: Path, files: dict[str, str]) -> Path:
    """Write files into a folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def read(folder: Path) -> dict[str, str]:
    """The files below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
            for path in folder.rglob("*") if path.is_file()}


def of_file(text: str, name: str) -> list[str]:
    """The lines of a spec that begin with a name, without blanks before and behind."""
    return [line.strip() for line in text.splitlines() if line.strip().startswith(f"{name}:")]


def test_the_files_are_as_guessed(raw: Path, tmp_path: Path) -> None:
    new_study(raw, tmp_path / "specs")
    assert read(tmp_path / "specs") == read(HERE / "specs")


def test_what_is_written_is_sound(raw: Path, tmp_path: Path) -> None:
    new_study(raw, tmp_path / "specs")
    plan = check(tmp_path / "specs/study.yaml")
    assert sorted(plan.datasets) == ["ADSL", "AE", "DM", "EX", "LB", "VS"]


def test_the_command_says_what_it_made_and_what_comes_next(
        raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["spec", "new", "raw", "--out", "specs", "--id", "XYZ-1"]) == 0
    assert capsys.readouterr() == ("""\
wrote 7 files in specs: 68 entries guessed, 3 places to fill in
  AE: adverse_events
  DM: demography
  EX: dosing
  LB: lab_results
  VS: vitals
  left out: twice.csv: column names stand more than once: 'A' in columns 1 and 2; delete a column or name it \
otherwise in the file
look at each 'guess' and mend each 'fill in'; then dossier spec check --study specs/study.yaml --raw raw
""", "")
    lines = (tmp_path / "specs/study.yaml").read_text(encoding="utf-8").splitlines()
    assert lines[1:3] == ["study:", "  id: XYZ-1"]


def test_nothing_is_written_over(raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                 monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    out = written(tmp_path / "specs", {"study.yaml": "mine"})
    assert main(["spec", "new", "raw", "--out", "specs"]) == 2
    assert capsys.readouterr() == ("", (
        "specs: new: is there already, and nothing is written over; name a new or empty folder with --out\n"
        "dossier: 1 problem; nothing was written\n"))
    assert [p.name for p in out.iterdir()] == ["study.yaml"]
    assert (out / "study.yaml").read_text() == "mine"
    (tmp_path / "empty").mkdir()
    assert main(["spec", "new", "raw", "--out", "empty"]) == 0


@pytest.mark.parametrize(("folder", "study", "kind", "message"), [
    ("nowhere", None, DataError, "{tmp}/nowhere: new: is no folder; name the folder of the raw files"),
    ("empty", None, DataError, "{tmp}/empty: new: holds no table that can be read"),
    ("bad", None, DataError, "{tmp}/bad: new: holds no table that can be read; "
                             "a.xlsx: is not an XLSX workbook; save it as a plain .xlsx"),
    ("raw", "a b", SpecError, "--id: 'a b' is no identifier of a study; letters, digits, - and _"),
])
def test_what_cannot_be_guessed_is_told(raw: Path, tmp_path: Path, folder: str, study: str | None,
                                        kind: type[Exception], message: str) -> None:
    written(tmp_path / "empty", {"notes.md": "no table"})
    written(tmp_path / "bad", {"a.xlsx": "no workbook"})
    with pytest.raises(kind) as caught:
        new_study(tmp_path / folder, tmp_path / "specs", study)
    assert str(caught.value) == message.format(tmp=tmp_path)
    assert not (tmp_path / "specs").exists()


def test_everything_is_marked(raw: Path, tmp_path: Path) -> None:
    files = guess_study(raw, tmp_path / "specs").files
    for name, text in files.items():
        above = ""
        inside = False
        for line in text.splitlines():
            inside = line == "variables:" or (inside and line.startswith(" "))
            entry = re.match(r"  [A-Z_][A-Z0-9]*: ", line) if inside and name.startswith("sdtm") else None
            if entry:
                assert re.search(r"# (guess|fill in|by the standard)", line + above), (name, line)
            above = line if line.strip().startswith("#") else ""


# --- how files are written ---------------------------------------------------------------


@pytest.mark.parametrize(("name", "data", "encoding", "delimiter", "header", "labels"), [
    ("plain.csv", b"SUBJ,AETERM\n1,Fever\n", None, None, 1, None),
    ("bom.csv", b"\xef\xbb\xbfSUBJ;AETERM\n1;Fever\n", None, ";", 1, None),
    ("tabs.tsv", b"SUBJ\tAETERM\n1\tFever\n", None, None, 1, None),
    ("pipes.csv", b"SUBJ|AETERM|A,B\n1|Fever|x\n", None, "|", 1, None),
    ("latin.csv", "SUBJ,AETERM\n1,Übelkeit\n2,fièvre\n".encode("cp1252"), "cp1252", None, 1, None),
    ("chinese.csv", "SUBJ,AETERM\n1,发热\n2,皮疹\n".encode("gb18030"), "gb18030", None, 1, None),
    ("japanese.csv", "SUBJ,AETERM\n1,めまい\n2,発熱の疑い\n".encode("cp932"), "cp932", None, 1, None),
    ("utf16.csv", "SUBJ,AETERM\n1,Fever\n".encode("utf-16"), "utf-16", None, 1, None),
    ("labels_first.csv", b"Subject,Reported term\nSUBJ,AETERM\n1,Fever\n", None, None, 2, 1),
    ("labels_below.csv", b"SUBJ,AGE\nSubject number,Age in years\n1,34\n2,51\n", None, None, 1, 2),
    ("title.csv", b"Study ABC\n\nSUBJ,AETERM,AESEV\n1,Fever,MILD\n1,Cough,MILD\n", None, None, 3, None),
    ("all_text.csv", b"PT,SOC\nFever,General disorders\nCough,Chest disorders\n", None, None, 1, None),
])
def test_layouts(tmp_path: Path, name: str, data: bytes, encoding: str | None, delimiter: str | None,
                 header: int, labels: int | None) -> None:
    (tmp_path / name).write_bytes(data)
    (found,) = layouts(tmp_path / name, "tsv" if name.endswith("tsv") else "csv")
    assert (found.encoding, found.delimiter) == (encoding, delimiter)
    assert (found.header, found.labels) == (header, labels)
    (table,) = read_folder(tmp_path).tables
    assert table.records >= 1


def test_each_sheet_of_a_workbook_is_a_table(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for title, rows in (("AE", [["SUBJID", "AETERM"], ["1", "Fever"]]), ("Notes", [["free text"]]),
                        ("CM", [["Subject", "Drug name"], ["SUBJID", "CMTRT"], ["1", "Aspirin"]])):
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.remove(book["Sheet"])
    (tmp_path / "raw").mkdir()
    book.save(tmp_path / "raw/export.xlsx")
    files = guess_study(tmp_path / "raw", tmp_path / "specs", "S").files
    assert of_file(files["study.yaml"], "export_ae") == [
        "export_ae: {file: export.xlsx, sheet: AE} # guess: AE"]
    assert of_file(files["study.yaml"], "export_cm") == [
        "export_cm: {file: export.xlsx, sheet: CM, labels: 1, header: 2} # guess: CM"]
    new_study(tmp_path / "raw", tmp_path / "specs", "S")
    assert sorted(check(tmp_path / "specs/study.yaml").datasets) == ["AE", "CM"]


def test_files_alike_are_one_table(tmp_path: Path) -> None:
    head = "SITE,SUBJ,LBDAT,WBC,HGB\n"
    written(tmp_path / "raw", {"lab_site1.csv": head + "1,1,2025-01-02,5,12\n",
                               "lab_site2.csv": head + "2,1,02-JAN-2025,6,13\n"})
    text = guess_study(tmp_path / "raw", tmp_path / "specs", "S").files["study.yaml"]
    assert of_file(text, "lab") == [
        "lab: {files: [{file: lab_site1.csv}, {file: lab_site2.csv}]} # guess: LB"]
    assert of_file(text, "dates") == ["dates: [yyyy-MM-dd, dd-MMM-yyyy]           # guess"]


def test_a_date_that_may_be_read_in_two_ways_is_to_be_filled_in(tmp_path: Path) -> None:
    written(tmp_path / "raw", {"ae.csv": "SUBJID,AETERM,AESTDAT\n1,Fever,03/04/2025\n1,Rash,05/06/2025\n"})
    text = guess_study(tmp_path / "raw", tmp_path / "specs", "S").files["study.yaml"]
    assert of_file(text, "dates") == [
        "dates: [dd/MM/yyyy]                        # fill in: day and month could be the other way round"]


# --- what columns mean -------------------------------------------------------------------


def test_boxes_coded_twins_and_what_goes_on(tmp_path: Path) -> None:
    written(tmp_path / "raw", {
        "dm.csv": "SUBJID,SITEID,SEX,RACE_WHITE,RACE_ASIAN,AGE\n1,01,F,X,,30\n2,01,M,,X,40\n",
        "ds.csv": "SUBJID,DSREAS,DSDAT\n1,Completed,2025-03-01\n",
        "mh.csv": ("SUBJID,MHTERM,MHONGO,MHONGOCD,MHSEV,MHSEVCD,MHENDAT\n"
                   "1,Asthma,No,N,mild form,1,2020-01-01\n2,Gout,Yes,Y,bad form,3,\n")})
    files = guess_study(tmp_path / "raw", tmp_path / "specs", "S").files
    race = files["sdtm/dm.yaml"].partition("  RACE:")[2].partition("  COUNTRY:")[0]
    assert race.splitlines()[1:] == [
        "    choose: {WHITE: RACE_WHITE, ASIAN: RACE_ASIAN}", "    ticked: [X]", "    many: MULTIPLE",
        "    supplemental: RACE", "    extend: {MULTIPLE: Multiple}"]
    goes_on = "{when: \"MHONGO IN ('Yes')\", term: ONGOING, point: DM.RFPENDTC, into: MHENTPT}"
    assert f"relative_end: {goes_on}" in files["sdtm/mh.yaml"]
    assert of_file(files["sdtm/dm.yaml"], "RFPENDTC") == [
        "RFPENDTC: {latest: DS.DSSTDTC}             # guess: the last disposition event"]


def test_terms_come_from_a_dictionary_beside_the_forms(tmp_path: Path) -> None:
    written(tmp_path / "raw", {
        "ae.csv": "SUBJID,AETERM\n1,hot skin\n2,Bad head\n",
        "meddra.csv": "VERBATIM,PT,PT_CODE,SOC\nHOT SKIN,Pyrexia,1,General\nBAD HEAD,Headache,2,Nervous\n"})
    text = guess_study(tmp_path / "raw", tmp_path / "specs", "S").files["sdtm/ae.yaml"]
    new_study(tmp_path / "raw", tmp_path / "specs", "S")
    assert text.partition("  AEDECOD:")[2].partition("\n  #")[0].rstrip().splitlines()[1:4] == [
        "    lookup:", "      in: meddra", "      match: {VERBATIM: AETERM}"]
    assert {"AEDECOD", "AEPTCD", "AESOC", "AEBODSYS"} <= set(
        check(tmp_path / "specs/study.yaml").datasets["AE"].variables)


@pytest.mark.parametrize(("header", "tests"), [
    ("SUBJ,SYSBP,DIABP", {"SYSBP": {"result": "SYSBP"}, "DIABP": {"result": "DIABP"}}),
    ("SUBJ,VSORRES_SYSBP,VSORRESU_SYSBP,VSORRES_TEMP",
     {"SYSBP": {"result": "VSORRES_SYSBP", "unit": "VSORRESU_SYSBP"}, "TEMP": {"result": "VSORRES_TEMP"}}),
    ("SUBJ,Systolic BP (mmHg),Heart rate", {
        "SYSBP": {"result": "Systolic BP (mmHg)"}, "HR": {"result": "Heart rate"}}),
])
def test_tests_by_the_names_of_columns(tmp_path: Path, header: str, tests: dict[str, dict[str, str]]) -> None:
    cells = ",".join("mmHg" if "ORRESU" in name else str(n) for n, name in enumerate(header.split(",")))
    written(tmp_path, {"vs.csv": f"{header}\n{cells}\n"})
    (table,) = read_folder(tmp_path).tables
    assert find_tests(table, "VS").wide == tests


# --- the studies at hand -----------------------------------------------------------------


def test_the_built_in_raw_files(root: Path, tmp_path: Path) -> None:
    made = new_study(root / "raw_fixtures", tmp_path / "specs", "S1")
    plan = check(tmp_path / "specs/study.yaml", root / "raw_fixtures")
    assert {table: domain for table, domain in made.tables.items() if domain} == {
        "ae": "AE", "cm": "CM", "da": "DA", "dm": "DM", "ds": "DS", "ie": "IE", "infusion": "EX", "lab": "LB",
        "ld": "EX", "mh": "MH", "surv": "SS", "cytokines": "LB", "flow": "CP", "qpcr_results": "PC",
        "visits": "SV", "vs": "VS"}
    own = check(root / "specs/study.yaml")
    assert list(plan.study.study.visits or {}) == list(own.study.study.visits or {})
    assert [(str(v.VISITNUM), str(v.VISIT)) for v in (plan.study.study.visits or {}).values()] == [
        (str(v.VISITNUM), str(v.VISIT)) for v in (own.study.study.visits or {}).values()]
    made_by_hand = {n for n, v in own.study.datasets["AE"].variables.items() if not v.supplemental}
    guessed = set(plan.study.datasets["AE"].variables)
    assert {n for n in made_by_hand if not n.startswith("_")} - guessed == set()
    assert columns_of_tests(plan, "lab") == columns_of_tests(own, "lab")


def columns_of_tests(plan: Plan, table: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """The columns of LB's tests of a table by code and role."""
    return {code: {role: ref.parts for role, ref in test.roles().items()}
            for source in plan.datasets["LB"].sources if source.model.table == table
            for code, test in source.tests.items()}


@pytest.mark.full
@pytest.mark.shared
def test_an_edc_export(shared: Path, tmp_path: Path) -> None:
    made = new_study(shared / "edc-export", tmp_path / "specs", "DEMO")
    plan = check(tmp_path / "specs/study.yaml", shared / "edc-export")
    assert {"AE", "CM", "DM", "DS", "EX", "IE", "LB", "MH", "PE", "PR", "QS", "VS"} <= set(plan.datasets)
    assert made.left_out == {}
    entry = plan.datasets["AE"].variables["AESTDTC"].entry
    assert [str(ref) for ref in entry.date] == ["AESTDAT"]  # type: ignore[attr-defined]


# --- whatever the columns are called -----------------------------------------------------


FORMS = {
    "ae": ["AETERM", "AESTDAT", "AESER", "AEONGO", "AEENDAT"],
    "dm": ["SITEID", "SEX", "RACE", "AGE", "ICDAT"],
    "ds": ["DSREAS", "DSDAT", "DSTERM", "DSSPID"],
    "form 1": ["STAT", "CD"],
    "lab": ["VISIT", "TEST", "RESULT", "UNIT", "LBDAT"],
    "mh": ["MHTERM", "MHSTDAT", "MHONGO", "MHENDAT"],
    "pc": ["RESULT", "LLOQ", "TIMEPOINT"],
    "vs": ["VISIT", "SYSBP", "DIABP", "VSDAT", "VSPERF"],
    "x.y": ["EXTRT", "EXDOSE", "EXSTDAT", "EXENDAT"],
}
NAMES = st.one_of(
    st.sampled_from(["a.b", "Dose (mg)", "CASE", "x: y", "#", "'q'", "AE,B", "{c}", "%", "RACE_ASIAN",
                     "RACE_WHITE", "USUBJID", "STUDYID", "AESEQ", "DOMAIN", "LBORRES", "RESULT", "WBC",
                     "HGB_U", "VSDTC", "true", "null", "- x", "EPOCH", "source", "study", "1st", "VISITNUM",
                     "EXENDTC", "AEDECOD", "AETERM"]),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cf")), min_size=1,
            max_size=12).filter(lambda name: name.strip() == name and '"' not in name and ";" not in name))
VALUES = st.sampled_from(["", "", "Y", "N", "1", "2.5", "2025-01-02", "UN/FEB/2025", "10:30", "Male", "Fever",
                          "<5", "SCR", "mg/dL", "Hemoglobin", "not done", "\u00e5", "3.5-9.5"])
Forms = dict[str, tuple[list[str], list[list[str]]]]
ROWS = st.lists(st.lists(VALUES, min_size=9, max_size=9), min_size=1, max_size=4)


@settings(examples(8, 60), suppress_health_check=[HealthCheck.too_slow])
@given(forms=st.dictionaries(st.sampled_from(sorted(FORMS)), st.tuples(
    st.lists(NAMES, max_size=4, unique=True), ROWS), min_size=1, max_size=4))
def test_whatever_the_columns_the_specs_are_sound(tmp_path_factory: pytest.TempPathFactory,
                                                  forms: Forms) -> None:
    folder = tmp_path_factory.mktemp("any")
    files = {}
    for form, (more, rows) in forms.items():
        names = list(dict.fromkeys([*FORMS[form], *more]))
        lines = [["SUBJID", *names], *([f"S{n}", *row[:len(names)]] for n, row in enumerate(rows))]
        files[f"{form}.csv"] = "".join(";".join(line) + "\n" for line in lines)
    made = new_study(written(folder / "raw", files), folder / "specs", "S1")
    assert not [text for text in made.files.values() if "\t" in text]
    plan = check(folder / "specs/study.yaml")
    assert set(plan.datasets) == {Path(name).stem.upper() for name in made.files if name != "study.yaml"}
