"""The built-in study's raw data: fixed bytes, every mess where the list says, lifelike kinetics."""

from __future__ import annotations

import importlib
import re
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

FOLDER = Path(__file__).resolve().parents[1] / "raw_fixtures"
sys.path.insert(0, str(FOLDER))
simulate = importlib.import_module("simulate")
study = importlib.import_module("simulator.study")
mess = importlib.import_module("simulator.mess")
reread = importlib.import_module("simulator.reread")
evidence = importlib.import_module("simulator.evidence")
writers = importlib.import_module("simulator.writers")

read, sheet, people, rows = reread.read, reread.sheet, reread.people, reread.rows
texts, named, day = reread.texts, reread.named, reread.day

Raw = dict[str, pd.DataFrame]
WRITTEN, CLOCK = reread.WRITTEN, reread.CLOCK
TESTS = ("WBC", "NEUT", "LYM", "HGB", "PLT", "ALT", "AST", "TBIL", "CREAT", "GLUC")


@pytest.fixture(scope="module")
def raw() -> Raw:
    """The committed data."""
    made: Raw = read(FOLDER)
    return made


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of 200 subjects."""
    folder = tmp_path_factory.mktemp("large")
    simulate.main(["--out", str(folder), "--subjects", "200"])
    return folder


def test_default_output_is_what_is_committed(tmp_path: Path) -> None:
    simulate.main(["--out", str(tmp_path)])
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    kept = {path.relative_to(FOLDER): path.read_bytes() for pattern in ("*.csv", "vendor/*")
            for path in FOLDER.glob(pattern)}
    assert sorted(made) == sorted(kept)
    assert [str(name) for name in made if made[name] != kept[name]] == []


def test_another_seed_places_every_mess_and_draws_other_values(raw: Raw) -> None:
    other = next(iter(study.chunks(24, 5)))
    assert people(other["dm"]).tolist() == people(raw["dm"]).tolist()
    assert not other["qpcr"]["RESULT"].equals(raw["qpcr"]["RESULT"])


def test_fewer_than_24_subjects_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        simulate.main(["--out", str(tmp_path), "--subjects", "23"])
    assert capsys.readouterr().err.endswith("error: --subjects: at least 24\n")
    with pytest.raises(ValueError, match=r"^the study has 24 subjects; 23 are too few$"):
        next(study.chunks(23, 1))


def test_readme_names_every_file_and_column(raw: Raw) -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    for path in [*FOLDER.glob("*.csv"), *FOLDER.glob("vendor/*")]:
        assert path.name in readme
    tests = {column for name in raw if name.startswith("lab_s") for column in raw[name].columns
             if column.split("_")[0] in TESTS}
    columns = {column for table in raw.values() for column in table.columns} - tests
    assert [column for column in sorted(columns) if not re.search(rf"\b{re.escape(column)}", readme)] == []


@given(st.text())
def test_mis_decoding_can_be_undone(text: str) -> None:
    assert reread.meant(writers.mis_decode(text)) == text


def test_a_full_sheet_goes_on_in_the_next(tmp_path: Path) -> None:
    table = pd.DataFrame({"A": [f"a&{i}" for i in range(7)], "B": ["", *"123456"], "C": ["2025-01-31"] * 7})
    for name in ("one.xlsx", "two.xlsx"):
        with writers.Workbook(tmp_path / name, compressed=False, rows_a_sheet=3) as book:
            book.append("S", table.iloc[:2], {"B": "number", "C": "date"})
            book.append("S", table.iloc[2:], {"B": "number", "C": "date"})
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.xlsx", "two.xlsx"]
    parts = [sheet(tmp_path / "one.xlsx", name) for name in ("S", "S_2", "S_3")]
    assert [len(part) for part in parts] == [3, 3, 1]
    whole = pd.concat(parts, ignore_index=True)
    assert whole["A"].tolist() == table["A"].tolist()
    assert whole["B"].tolist() == table["B"].tolist()
    assert set(whole["C"]) == {"2025-01-31 00:00:00"}


def test_design_of_the_study(raw: Raw) -> None:
    dm, enrol, given = raw["dm"], raw["enrol"], raw["infusion"]
    assert len(dm) == 24
    assert dict(dm["SITE"].value_counts()) == {"01": 9, "02": 8, "03": 7}
    failed = set(people(raw["ie"])[raw["ie"]["IECD"] != ""])
    assert len(failed) == 4
    assert set(people(enrol)) == set(people(dm)) - failed
    last = given.sort_values("REC_VER").drop_duplicates(["SITE", "SUBJ"], keep="last")
    assert len(last) == 18
    level = enrol.assign(level=enrol["DLASSIGN"].str.strip().str.upper(), who=people(enrol))
    level = level[level["who"].isin(people(last))]
    assert level.groupby(["level", "PART"]).size().to_dict() == {
        ("DL1", "ESCALATION"): 3, ("DL2", "ESCALATION"): 6, ("DL2", "EXPANSION"): 3, ("DL3", "ESCALATION"): 6}
    assert set(people(raw["ld"])) - set(people(last)) == {"02-006"}
    assert set(people(enrol)) - set(people(raw["ld"])) == {"03-004"}
    dlt = raw["ae"][raw["ae"]["DLT"].isin(["Y", "是", "Yes"])]
    assert people(dlt).tolist() == ["02-002"]
    assert dlt["ASTCTGR"].tolist() == ["4"]
    assert people(raw["death"]).tolist() == ["01-001", "01-007", "02-002", "02-005"]


def test_every_verbatim_is_in_the_dictionary(raw: Raw) -> None:
    coding = raw["coding"]
    assert not coding.duplicated(["KIND", "VERBATIM"]).any()
    assert set(coding["DICT"]) == {"INVENTED 1.0"}
    assert texts(coding, named(coding, "_CODE$")).str.fullmatch(r"(9\d{7})?").all()
    assert coding["PT"].str.endswith(" (inv)").all()
    for kind, table, column in (("AE", "ae", "AETERM"), ("MH", "mh", "MHTERM"), ("CM", "cm", "CMTRT")):
        known = set(coding.loc[coding["KIND"] == kind, "VERBATIM"])
        met = {unicodedata.normalize("NFKC", text).strip().upper() for text in raw[table][column]}
        assert met <= known


def test_serious_events_have_a_criterion_and_grades_are_kept_apart(raw: Raw) -> None:
    ae = raw["ae"]
    ticked = (ae[named(ae, "^SER_")] != "").any(axis=1)
    assert (ticked == ae["AESER"].isin(["Y", "Yes", "是"])).all()
    assert ((ae["CTCAEGR"] == "") == (ae["ASTCTGR"] != "")).all()
    assert ((ae["ASTCTGR"] != "") == ae["AEKIND"].isin(["CRS", "ICANS"])).all()


@pytest.mark.parametrize("cell", evidence.CELLS, ids=lambda cell: f"{cell.number}-{cell.table}-{cell.column}")
def test_mess_in_a_cell(raw: Raw, cell: Any) -> None:
    values = rows(raw, cell.table, cell.who, **cell.where)[cell.column]
    assert len(values) > 0
    assert values.str.fullmatch(cell.pattern).all(), values.tolist()


Check = Callable[[Raw], None]
CHECKS: dict[str, Check] = {}


def placed(*numbers: str) -> Callable[[Check], Check]:
    """Registers a check of messes that are more than one cell."""
    def register(check: Check) -> Check:
        CHECKS.update(dict.fromkeys(numbers, check))
        return check
    return register


@placed("M06", "M07")
def formats(raw: Raw) -> None:
    for table, column in (("visits", "VISDAT"), ("infusion", "INFDAT"), ("consent", "ICDAT")):
        for site, pattern in WRITTEN.items():
            values = raw[table].loc[raw[table]["SITE"] == site, column]
            assert values.str.fullmatch(pattern).all()
    for site, pattern in CLOCK.items():
        for table, column in (("infusion", "INFSTTIM"), ("consent", "ICTIM"), ("ld", "LDSTTIM")):
            assert raw[table].loc[raw[table]["SITE"] == site, column].str.fullmatch(pattern).all()


@placed("M11", "M12")
def mis_decoded(raw: Raw) -> None:
    stored = (FOLDER / "cm.csv").read_text(encoding="utf-8")
    assert "CMDOSEï¼ˆmgï¼‰" in stored.splitlines()[0]
    assert "\x8d" in stored
    assert raw["cm"].columns[4] == "CMDOSE（mg）"
    assert "托珠单抗" in set(raw["cm"]["CMTRT"])
    assert list(raw["pk_summary"].columns) == ["SUBJECT", "Cmaxï¼ˆngï¼‰", "Tmaxï¼ˆdï¼‰"]
    assert list(raw["summary"].columns) == ["SUBJECT", "Cmax（ng）", "Tmax（d）"]
    assert raw["summary"]["SUBJECT"].tolist() == raw["pk_summary"]["SUBJECT"].tolist()


@placed("M13", "M14")
def encodings(raw: Raw) -> None:
    data = (FOLDER / "lab_s02.csv").read_bytes()
    assert "是" in data.decode("gb18030")
    with pytest.raises(UnicodeDecodeError):
        data.decode("utf-8")
    marked = [path.name for path in FOLDER.rglob("*.csv") if path.read_bytes().startswith(b"\xef\xbb\xbf")]
    assert marked == ["lab_s03.csv"]


@placed("M17", "M23", "M24", "M25")
def units_and_ranges(raw: Raw) -> None:
    words = raw["qpcr"]["RESULT"].value_counts()
    assert words["BLQ(<50)"] > 5
    assert words["ND"] > 20
    assert raw["infusion"]["LOT"].str.fullmatch(r"0\d{5}").all()
    usual = {name: [raw[name][f"{test}_U"].mode()[0] for test in ("WBC", "HGB", "TBIL", "CREAT")]
             for name in ("lab_s01", "lab_s02", "lab_s03")}
    assert usual == {"lab_s01": ["10^9/L", "g/L", "umol/L", "umol/L"],
                     "lab_s02": ["10^9/L", "g/L", "μmol/L", "μmol/L"],
                     "lab_s03": ["K/uL", "g/dL", "mg/dL", "mg/dL"]}
    assert named(raw["lab_s03"], "_(LO|HI|RANGE)$") == []
    assert set(raw["lab_s02"]["TBIL_RANGE"]) == {"<26", "<21"}
    assert "GLUC" not in set(raw["lab_ranges"]["TEST"])
    assert len(raw["lab_ranges"]) == 9 * 6 + 6


def those(raw: Raw, choose: Callable[[pd.DataFrame], pd.Series]) -> dict[str, list[str]]:
    """Subjects of the records chosen in each table that has any."""
    chosen = {name: people(table[choose(table)]).tolist() for name, table in raw.items()
              if name not in ("coding", "lab_ranges")}
    return {name: who for name, who in chosen.items() if who}


@placed("M26", "M27")
def duplicates_and_strangers(raw: Raw) -> None:
    assert those(raw, lambda table: table.duplicated()) == {
        "vs": ["01-001"], "ae": ["03-003"], "lab_s01": ["01-004"], "cytokines": ["02-001"]}
    assert those(raw, lambda table: ~people(table).isin(people(raw["dm"]))) == {
        "vs": ["02-019"], "lab_s03": ["03-099"], "qpcr": ["01-077"]}


@placed("M28")
def corrections(raw: Raw) -> None:
    assert those(raw, lambda table: table.get("REC_VER", table.iloc[:, 0]) == "2") == {
        "ae": ["01-003"], "infusion": ["03-003"], "lab_s01": ["01-009"]}
    event = rows(raw, "ae", "01-003", AETERM="Neutrophil count decreased", AESTDAT="20-AUG-2024")
    assert event["AESPID"].nunique() == 1
    for pair in (event, rows(raw, "infusion", "03-003"), rows(raw, "lab_s01", "01-009", VISIT="D1")):
        assert pair["REC_VER"].tolist() == ["1", "2"]
        assert pair["ENTERED"].is_monotonic_increasing


@placed("M35")
def samples(raw: Raw) -> None:
    infusion = rows(raw, "infusion", "02-004").iloc[0]
    early = rows(raw, "qpcr", "02-004", TIMEPOINT="End of infusion").iloc[0]
    assert infusion["INFSTTIM"] < early["COLTIM"] < infusion["INFENTIM"]


@placed("M42")
def episodes(raw: Raw) -> None:
    crs = rows(raw, "ae", "02-002", AEGRP="CRS-1")
    assert crs["ASTCTGR"].tolist() == ["1", "2", "3", "1"]
    assert crs["AESTTIM"].tolist()[1:] == crs["AEENTIM"].tolist()[:-1]


@placed("M44", "M45", "M46")
def on_the_infusion_day(raw: Raw) -> None:
    for who, term, side in (("01-001", "Headache", -1), ("02-001", "寒战", 1), ("03-001", "Nausea", 0)):
        infusion = rows(raw, "infusion", who).iloc[0]
        start = rows(raw, "ae", who, AETERM=term, AESTDAT=infusion["INFDAT"])["AESTTIM"].iloc[-1]
        seen = 0 if start == "" else 1 if start > infusion["INFENTIM"] else -1
        assert seen == side
        assert seen != -1 or start < infusion["INFSTTIM"]


@placed("M50")
def after_the_cut(raw: Raw) -> None:
    late: dict[str, set[str]] = {}
    for name, table in raw.items():
        for column in named(table, "DAT$"):
            for who, text in zip(people(table), table[column], strict=True):
                site = "03" if column in ("COLDAT", "RUNDAT") else who[:2]
                if re.fullmatch(WRITTEN[site], text) and day(text, site) > pd.Timestamp("2026-06-30"):
                    late.setdefault(name, set()).add(who)
    both = {"01-003", "03-007"}
    assert late == {"visits": both, "vs": both, "lab_s01": {"01-003"}, "lab_s03": {"03-007"}, "da": both,
                    "ecog": both, "surv": both, "qpcr": both, "flow": both, "ae": {"03-006"}}


@pytest.mark.parametrize("number", sorted(CHECKS))
def test_mess_of_records(raw: Raw, number: str) -> None:
    CHECKS[number](raw)


def test_readme_code_and_tests_hold_the_same_messes() -> None:
    listed = re.findall(r"^\| (M\d\d) \|", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    made = [entry.number for entry in mess.MESSES]
    assert listed == made
    assert sorted({cell.number for cell in evidence.CELLS} | set(CHECKS)) == made


def test_transgene_rises_to_a_peak_and_falls(raw: Raw) -> None:
    blood = reread.course(raw, "qpcr")
    blood = blood[blood["SPECIMEN"] == "Blood"]
    assert blood["who"].nunique() == 18
    assert set(blood.loc[blood["TIMEPOINT"] == "Pre-dose", "RESULT"]) == {"ND"}
    assert (blood.loc[blood["TIMEPOINT"] == "End of infusion", "value"] > 0).all()
    top = blood.loc[blood.groupby("who")["value"].idxmax()].set_index("who")
    assert top["day"].between(5, 16).all()
    assert top["value"].between(8e3, 5e5).all()
    day28 = blood[blood["VISIT"] == "DAY 28"].set_index("who")["value"]
    assert len(day28) == 18
    assert (day28 < 0.2 * top["value"]).all()
    last = blood.sort_values("day").groupby("who").tail(1)
    assert (last["RESULT"] == "ND").sum() >= 4
    assert ((last["day"] > 250) & (last["value"] >= 50)).sum() >= 2


def test_cd7_positive_cells_vanish_and_return_in_some(raw: Raw) -> None:
    cells = reread.course(raw, "flow")
    cells = cells[(cells["POPULATION"] == "CD7+ cells") & (cells["UNIT"] == "/uL")]
    base = cells[cells["TIMEPOINT"] == "Pre-dose"].set_index("who")["value"]
    nadir = cells[cells["day"] > 0].groupby("who")["value"].min()
    assert len(base) == 18
    assert (nadir < 0.1 * base).all()
    day4 = cells[cells["VISIT"] == "DAY 4"].set_index("who")["value"]
    assert (day4 > nadir).all()
    last = cells[cells["day"] > 150].sort_values("day").groupby("who").tail(1).set_index("who")["value"]
    assert (last > 0.5 * base[last.index]).sum() >= 4
    assert (last < 0.1 * base[last.index]).sum() >= 3


def test_flow_counts_and_percentages_agree(raw: Raw) -> None:
    def values(population: str, unit: str) -> pd.Series:
        table = raw["flow"][(raw["flow"]["POPULATION"] == population) & (raw["flow"]["UNIT"] == unit)]
        return pd.to_numeric(table.set_index("SAMPLEID")["RESULT"], errors="coerce")

    share = 100 * values("CD7+ cells", "/uL") / values("Lymphocytes", "/uL")
    near = (share - values("CD7+ cells", "%")).abs().dropna()
    assert len(near) > 150
    assert near.max() < 2


def test_cytokines_peak_with_crs(raw: Raw) -> None:
    crs = raw["ae"].assign(who=people(raw["ae"]))[raw["ae"]["AEKIND"] == "CRS"]
    grade = crs.groupby("who")["ASTCTGR"].max()
    severe = grade[grade >= "2"].index
    assert len(severe) >= 8
    table = reread.course(raw, "cytokines")
    for analyte, times_more in (("IL-6", 20), ("Ferritin", 2), ("CRP", 3)):
        one = table[table["ANALYTE"] == analyte]
        base = one[one["TIMEPOINT"] == "Pre-dose"].groupby("who")["value"].first()
        top = one.loc[one.groupby("who")["value"].idxmax()].set_index("who")
        assert (top.loc[severe, "value"] > times_more * base[severe]).all()
        assert top.loc[severe, "day"].between(3, 17).all()
    onset = crs.drop_duplicates("who")
    for who, start in zip(onset["who"], onset["AESTDAT"], strict=True):
        infused = rows(raw, "infusion", who)["INFDAT"].iloc[0]
        assert 3 <= (day(start, who[:2]) - day(infused, who[:2])).days <= 12


def test_blood_counts_fall_after_lymphodepletion_and_recover(raw: Raw) -> None:
    labs = pd.concat([raw[f"lab_s{site}"] for site in ("01", "02", "03")])
    labs = labs.assign(who=people(labs), NEUT=pd.to_numeric(labs["NEUT"]))
    infused = set(people(raw["infusion"]))
    labs = labs[labs["who"].isin(infused)]
    low = labs[labs["VISIT"].isin(["D7", "D10", "D14"])].groupby("who")["NEUT"].min()
    assert (low < 0.5).all()
    first = labs.drop_duplicates(["who", "VISIT"]).set_index("who")
    start, end = (first.loc[first["VISIT"] == visit, "NEUT"] for visit in ("SCR", "D28"))
    assert (start > 1).all()
    assert (end > low).all()


@pytest.mark.full
def test_more_subjects_come_after_the_same_24(large: Path) -> None:
    for path in [*FOLDER.glob("*.csv"), *FOLDER.glob("vendor/*.csv")]:
        assert (large / path.relative_to(FOLDER)).read_bytes().startswith(path.read_bytes())
    few, many = (sheet(folder / "vendor" / "qpcr.xlsx", "Results") for folder in (FOLDER, large))
    pd.testing.assert_frame_equal(many.iloc[:len(few)], few)


@pytest.mark.full
def test_subjects_after_the_24th_are_clean(large: Path, raw: Raw) -> None:
    everything = read(large)
    known = set(people(everything["dm"]))
    assert len(known) == len(everything["dm"]) == 200
    # Lines after those of the 24.
    new: dict[str, Any] = {name: table.iloc[len(raw[name]):] for name, table in everything.items()
                           if name not in ("coding", "lab_ranges")}
    assert len(new["infusion"]) == len(new["enrol"][new["enrol"]["TRTYN"].isin(["Y", "是", "Yes"])]) > 100
    for name, table in new.items():
        who = people(table)
        assert set(who) <= known - set(people(raw["dm"])), name
        assert not table.duplicated().any(), name
        assert "REC_VER" not in table or set(table["REC_VER"]) == {"1"}, name
        for column in table.columns:
            if column.endswith(("DAT", "TIM", "NOTTRTDT")) and name not in ("qpcr", "flow", "cytokines"):
                shape = CLOCK if column.endswith("TIM") else WRITTEN
                for site in shape:
                    values = table.loc[(table["SITE"] == site) & (table[column] != ""), column]
                    assert values.str.fullmatch(shape[site]).all(), (name, column)
            assert (table[column] == table[column].str.strip()).all(), (name, column)
    for name in ("lab_s01", "lab_s02", "lab_s03"):
        assert texts(new[name], TESTS).str.fullmatch(r"(0|[1-9]\d*)(\.\d+)?").all()
    assert (new["dm"][["BRTHYY", "BRTHMM", "BRTHDD"]] != "").all(axis=None)
    assert new["qpcr"]["RESULT"].str.fullmatch(r"\d+|ND|BLQ\(<50\)").all()
