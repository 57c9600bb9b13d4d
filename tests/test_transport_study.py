"""``dossier xpt export`` of a small study: what is translated, refused and told, and what does not fit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from test_transport_export import contents, read_set

from dossier.cli import main
from dossier.pipeline import build, planned
from dossier.transport.export import export
from dossier.transport.profiles import PROFILES
from dossier.transport.source import study_items
from engine.errors import DossierError

STUDY = """
study: {id: S, title: A study, created: 2026-07-15T00:00:00}
standards: {sdtmig: "3.4"}
subject: SUBJ
raw: {folder: raw, tables: {dm: dm.csv, ae: ae.csv, terms: terms.csv}}
"""
DM = """
domain: DM
from: dm
keys: [STUDYID, USUBJID]
variables:
  SUBJID: {from: SUBJ}
  SITEID: {constant: "01"}
  SEX: {from: SEX}
  COUNTRY: {constant: CHN}
  AGE: {from: AGE}
  AGEU: {constant: YEARS}
"""
AE = """
domain: AE
from: ae
keys: [STUDYID, USUBJID, AETERM]
variables:
  AESEQ: {sequence: [AETERM]}
  AETERM: {from: TERM}
  AEDECOD: {from: CODED}
supplemental:
  AENOTE: {from: NOTE, label: {en: Note}, origin: Collected}
"""


class Small:
    """A study of two subjects and what is done with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("raw", "sdtm"):
            (folder / name).mkdir()
        self.write("raw/dm.csv", "SUBJ,SEX,AGE\n1,F,30\n2,M,40\n")
        self.write("raw/terms.csv", "ZH,EN\n恶心,Nausea\n")
        self.write("study.yaml", STUDY)
        self.write("sdtm/dm.yaml", DM)
        self.write("sdtm/ae.yaml", AE)
        self.events("1,恶心,Nausea,\n2,Fever ≥ 38,Pyrexia,\n")

    def write(self, name: str, text: str) -> None:
        """Write a file of the study."""
        (self.folder / name).write_text(text, encoding="utf-8")

    def events(self, rows: str) -> None:
        """Set the events collected, each with subject, term, code and note; build."""
        self.write("raw/ae.csv", f"SUBJ,TERM,CODED,NOTE\n{rows}")
        build(self.folder / "study.yaml", self.folder / "build")

    def transport(self, text: str) -> None:
        """Set what the study says of transport."""
        self.write("study.yaml", f"{STUDY}transport:\n{text}")

    def export(self, agency: str, *more: str) -> int:
        """Run the command; the set goes beside the build."""
        return main(["xpt", "export", "--agency", agency, "--study", "study.yaml", *more])


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Small:
    """The small study, in the folder that commands run in."""
    monkeypatch.chdir(tmp_path)
    return Small(tmp_path)


def problems(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines of an error, without progress."""
    return [line for line in capsys.readouterr().err.splitlines() if not re.match(r" +\d+\.\d s  ", line)]


HERE = "build/m5/datasets/s/tabulations/sdtm"
CLOSING = "dossier: 1 problem; nothing was written"


def test_what_is_not_ascii_and_has_no_english_is_refused(
        small: Small, capsys: pytest.CaptureFixture[str]) -> None:
    small.events("1,恶心,Nausea,发冷\n2,Müdigkeit,恶心,\n2,恶心,Nausea,\n")
    assert small.export("FDA") == 1
    hint = ("not ASCII; give its English under transport.translations.en, "
            "or the character under transport.characters")
    more = hint.replace("ASCII;", "ASCII (and 1 more record);")
    assert problems(capsys) == [
        f"{HERE}/ae.xpt:1: AE.AETERM: record 1, subject 1: '恶心' holds '恶', '心', which is {more}",
        f"{HERE}/ae.xpt:2: AE.AETERM: record 2, subject 2: 'Müdigkeit' holds 'ü', which is {hint}",
        f"{HERE}/ae.xpt:2: AE.AEDECOD: record 2, subject 2: '恶心' holds '恶', '心', which is {hint}",
        f"{HERE}/suppae.xpt:1: SUPPAE.QVAL: record 1, subject 1: '发冷' holds '发', '冷', which is {hint}",
        "dossier: 4 problems; nothing was written"]
    assert not Path("build/fda").exists()


def test_values_are_written_as_the_study_says_and_told(
        small: Small, capsys: pytest.CaptureFixture[str]) -> None:
    small.events("1,恶心,Nausea,发冷\n2,Müdigkeit,恶心,５ µg\n2,Fever ≥ 38,Pyrexia,\n")
    small.transport("  characters: {ü: ue}\n  translations:\n    en:\n"
                    "      AETERM: {in: terms, match: ZH, take: EN}\n"
                    "      AEDECOD: {map: {恶心: Nausea}}\n      AENOTE: {map: {发冷: Feels cold}}\n")
    assert small.export("FDA", "-v") == 0
    assert capsys.readouterr().out.splitlines() == [
        "ae.xpt: AE.AETERM: '恶心' written as 'Nausea', translated; 1 record",
        f"    {HERE}/ae.xpt:1: subject 1",
        "ae.xpt: AE.AETERM: 'Fever ≥ 38' written as 'Fever >= 38', in other characters; 1 record",
        f"    {HERE}/ae.xpt:2: subject 2",
        "ae.xpt: AE.AETERM: 'Müdigkeit' written as 'Muedigkeit', in other characters; 1 record",
        f"    {HERE}/ae.xpt:3: subject 2",
        "ae.xpt: AE.AEDECOD: '恶心' written as 'Nausea', translated; 1 record",
        f"    {HERE}/ae.xpt:3: subject 2",
        "suppae.xpt: SUPPAE.QVAL: '发冷' written as 'Feels cold', translated; 1 record",
        f"    {HERE}/suppae.xpt:1: subject 1",
        "suppae.xpt: SUPPAE.QVAL: '５ µg' written as '5 ug', in other characters; 1 record",
        f"    {HERE}/suppae.xpt:2: subject 2",
        "dataset  records  variables  bytes  label",
        "-------  -------  ---------  -----  -----",
        "AE             3         22  4,160  Adverse Events",
        "DM             2         24  4,160  Demographics",
        "SUPPAE         2         10  2,240  Supplemental Qualifiers for AE",
        "written to build/fda for FDA, version 5, in ascii"]
    read = read_set(Path("build/fda"), "ascii")
    assert read["AE"][0]["AETERM"].tolist() == ["Nausea", "Fever >= 38", "Muedigkeit"]
    assert read["SUPPAE"][0]["QVAL"].tolist() == ["Feels cold", "5 ug"]


def test_lengths_grow_up_to_what_there_is_room_for(small: Small, capsys: pytest.CaptureFixture[str]) -> None:
    small.events(f"1,恶,x,\n2,{'≥' * 60},y,\n")
    small.transport(f"  translations: {{en: {{AETERM: {{map: {{恶: {'long ' * 30}term}}}}}}}}\n")
    assert small.export("FDA") == 0
    assert read_set(Path("build/fda"))["AE"][1].variable_storage_width["AETERM"] == 154
    capsys.readouterr()
    small.transport(f"  translations: {{en: {{AETERM: {{map: {{恶: {'long ' * 40}term}}}}}}}}\n")
    before = contents(Path("build/fda"))
    assert small.export("FDA") == 1
    assert problems(capsys) == [
        f"{HERE}/ae.xpt:1: AE.AETERM: record 1, subject 1: text of 204 bytes; version 5 has room for 200",
        CLOSING]
    assert contents(Path("build/fda")) == before


def test_a_label_that_is_missing_in_chinese(small: Small, capsys: pytest.CaptureFixture[str]) -> None:
    (small.folder / "adam").mkdir()
    small.write("adam/adsl.yaml", "dataset: ADSL\nfrom: DM\nkeys: [USUBJID]\nkeep: [SEX]\nvariables:\n"
                "  OURS: {constant: x, label: A variable of ours}\n")
    small.events("1,恶心,Nausea,\n")
    assert small.export("NMPA") == 1
    assert problems(capsys) == [
        "build/m5/datasets/s/analysis/adam/datasets/adsl.xpt: ADSL.OURS: has no label; "
        "NMPA wants one, in Chinese: label: {zh: ...} in its spec", CLOSING]


def test_a_build_that_the_specs_no_longer_fit(small: Small, capsys: pytest.CaptureFixture[str]) -> None:
    small.write("sdtm/ae.yaml", AE.replace("  AEDECOD:", "  AEMODIFY: {from: TERM}\n  AEDECOD:"))
    small.write("sdtm/ds.yaml", "domain: DS\nfrom: dm\nkeys: [USUBJID]\nvariables:\n"
                "  DSSEQ: {sequence: [USUBJID]}\n  DSTERM: {constant: X}\n  DSDECOD: {constant: COMPLETED}\n")
    Path(HERE, "zz.xpt").write_bytes(Path(HERE, "dm.xpt").read_bytes())
    assert small.export("NMPA") == 1
    hint = "run dossier build, then export again"
    assert problems(capsys) == [
        f"build/m5/datasets/s: DS: is in the specs, and was not built; {hint}",
        f"{HERE}/ae.xpt: AE: the specs have AEMODIFY besides; {hint}",
        f"{HERE}/zz.xpt: ZZ: the file holds dataset DM; {hint}",
        "dossier: 3 problems; nothing was written"]


def test_nothing_was_built(small: Small, capsys: pytest.CaptureFixture[str]) -> None:
    assert small.export("FDA", "--from", "elsewhere") == 1
    assert problems(capsys) == [
        "elsewhere/m5/datasets/s: export: there are no built datasets; run dossier build, then export again",
        CLOSING]
    assert not Path("elsewhere").exists()


@pytest.mark.parametrize(("entry", "message"), [
    ("AETRM: {map: {a: b}}",
     "study.yaml:9:7: transport.translations.en.AETRM: no dataset has a variable AETRM; "
     "did you mean 'AETERM'?"),
    ("AETERM: {in: term, match: ZH, take: EN}",
     "study.yaml:9:20: transport.translations.en.AETERM: there is no raw table 'term'; "
     "did you mean 'terms'?"),
    ("AETERM: {in: terms, match: CN, take: EN}",
     "study.yaml:9:34: transport.translations.en.AETERM: table terms has no column 'CN'; known: EN, ZH"),
    ("AETERM: {in: terms, match: ZH}",
     "study.yaml:9:20: study: key 'take' is missing; "
     "'in', 'match' and 'take' go together"),
    ("AETERM: {}",
     "study.yaml:9:15: study: neither 'map' nor 'in' says where the terms are; "
     "as in {map: {恶心: Nausea}} or {in: coding, match: PT, take: PT_ZH}"),
])
def test_a_translation_that_cannot_be(small: Small, capsys: pytest.CaptureFixture[str], entry: str,
                                      message: str) -> None:
    small.transport(f"  translations:\n    en:\n      {entry}\n")
    assert small.export("FDA") == 2
    assert problems(capsys) == [message, CLOSING]


@pytest.mark.parametrize(("entry", "message"), [
    ("{e: x}", "study.yaml:7:16: study: 'e' is not one character outside ASCII; as in {é: e}"),
    ("{éé: x}", "study.yaml:7:16: study: 'éé' is not one character outside ASCII; as in {é: e}"),
    ("{é: ê}", "study.yaml:7:19: study: 'ê' is not ASCII; what é is written as"),
])
def test_a_character_that_cannot_be(small: Small, capsys: pytest.CaptureFixture[str], entry: str,
                                    message: str) -> None:
    small.transport(f"  characters: {entry}\n")
    assert small.export("FDA") == 2
    assert problems(capsys) == [message, CLOSING]


def test_a_value_with_several_terms(small: Small, capsys: pytest.CaptureFixture[str]) -> None:
    small.write("raw/terms.csv", "ZH,EN\n恶心,Nausea\n恶心,Nausea\n恶心,Sickness\n")
    small.transport("  translations:\n    en:\n      AETERM: {in: terms, match: ZH, take: EN}\n")
    assert small.export("FDA") == 1
    assert problems(capsys) == [
        "study.yaml:9:20: transport.translations.en.AETERM: '恶心' has several terms in table terms: "
        "'Nausea' and 'Sickness'; keep one of them with 'where' of a raw table, or name it under 'map'",
        CLOSING]


def test_what_has_no_chinese_term_is_told(small: Small, capsys: pytest.CaptureFixture[str]) -> None:
    small.events("1,恶心,Nausea,\n2,Fever,Pyrexia,\n2,热,Pyrexia,\n")
    small.transport("  translations:\n    zh:\n      AEDECOD: {in: terms, match: EN, take: ZH}\n")
    assert small.export("NMPA") == 0
    assert capsys.readouterr().out.splitlines()[:2] == [
        "ae.xpt: AE.AEDECOD: 'Nausea' written as '恶心', translated; 1 record",
        f"note: {HERE}/ae.xpt: AE.AEDECOD: no Chinese for 'Pyrexia': kept in 2 records"]


def test_an_encoding_that_the_agency_does_not_take(small: Small, capsys: pytest.CaptureFixture[str]) -> None:
    for agency, name, message in (
            ("FDA", "utf-8", "--encoding: FDA does not take utf-8; known: ascii"),
            ("NMPA", "gbk", "--encoding: NMPA does not take gbk; known: gb18030, utf-8"),
            ("PMDA", "nonsense", "--encoding: nonsense text does not keep ASCII as it is; "
                                 "use utf-8, gb18030 or cp1252")):
        assert small.export(agency, "--encoding", name) == 2
        assert problems(capsys) == [message, CLOSING]


def test_a_set_is_as_the_last_good_one_where_writing_fails(small: Small) -> None:
    small.events("1,Nausea,Nausea,\n")
    assert small.export("FDA") == 0
    before = contents(Path("build/fda"))
    plan, profile = planned(Path("study.yaml")), PROFILES["FDA"]

    def stop(message: str) -> None:
        if message == "writing DM":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(lambda: study_items(plan, Path("build"), profile, "ascii"), profile, "ascii", Path("build"),
               progress=stop)
    assert contents(Path("build/fda")) == before
    assert sorted(path.name for path in Path("build").iterdir()) == [".lock", ".state.json", "fda", "m5"]
    with pytest.raises(DossierError):  # a build beside it keeps its place too
        small.events("1,Nausea,Nausea,\n3,x,y,\n")
    assert Path("build/fda").is_dir()
