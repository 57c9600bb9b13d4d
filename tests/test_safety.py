"""Dose-limiting toxicity, phases and episodes by the built-in study's own specs, over subjects it has not."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from built_study import Built, read_built

from dossier.pipeline import build
from engine.yaml import read_yaml

HERE = Path(__file__).parent
FOLDER = HERE / "safety"
SUBJECTS: list[Any] = list(read_yaml(FOLDER / "subjects.yaml", FOLDER))
DATASETS = ["ADSL", "ADAE", "ADCE", "ADDLT"]
TERMS = {"CRS": "Cytokine release syndrome",
         "ICANS": "Immune effector cell-associated neurotoxicity syndrome"}


def rows_of(subject: Any) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows of the raw tables that a subject has, each with the name of its file."""
    said = {str(key): value for key, value in subject.items()}
    given = {key: str(value) for key, value in said.items() if isinstance(value, str)}
    level, _, part = given.get("cohort", "").partition(" ")
    day, _, time = given.get("infused", "").partition(" ")
    first = given.get("lymphodepletion") or (str(dt.date.fromisoformat(day) - dt.timedelta(5)) if day else "")
    consent = str(dt.date.fromisoformat(first or "2025-02-27") - dt.timedelta(25))
    yield "dm.csv", {"DMDAT": consent, "BRTHYY": "1990", "AGE": "35", "SEX": "Male", "R_ASIAN": "Yes",
                     "COUNTRY": "CHN"}
    yield "consent.csv", {"ICTYPE": "INITIAL", "ICVER": "V1.0", "ICDAT": consent}
    yield "visits.csv", {"VISIT": "SCR", "VISDAT": given["last"], "VISTYPE": "ON SITE"}
    if level:
        yield "enrol.csv", {"ENRDAT": consent, "PART": part or "ESCALATION", "DLASSIGN": level,
                            "TRTYN": "Yes" if day else "No"}
    if first:
        yield "ld.csv", {"LDSPID": "1", "LDTRT": "Fludarabine", "LDPDOSE": "30", "LDADOSE": "30",
                         "LDDOSU": "mg/m2", "LDFRQ": "QD", "LDROUTE": "INTRAVENOUS",
                         "LDSTDAT": first, "LDENDAT": first}
    if day:
        yield "infusion.csv", {"INFDAT": day, "INFSTTIM": time, "INFENTIM": "11:00", "DOSEGVN": "1"}
    if "death" in given:
        yield "death.csv", {"DTHDAT": given["death"], "DTHCAUS": "ADVERSE EVENT"}
        yield "ds.csv", {"DSSPID": "1", "DSPHASE": "STUDY", "DSREAS": "DEATH", "DSDAT": given["death"]}
    for number, row in enumerate(said.get("ae", ()), start=1):
        told = {str(key): str(value) for key, value in row.items()}
        boxes = {"AEONGO": "No", "AESER": "No", "DLT": "No", "AEOUT": "RECOVERED", "RELCART": "POSSIBLE"}
        term = TERMS.get(told.get("AEKIND", ""), "Anemia")
        yield "ae.csv", {"AESPID": str(number), "AETERM": term, **boxes, **told}
    for number, row in enumerate(said.get("cm", ()), start=1):
        told = {str(key): str(value) for key, value in row.items()}
        yield "cm.csv", {"CMSPID": str(number), "CMONGO": "No", **told}


def write_raw(root: Path, folder: Path) -> None:
    """Every raw file with its own header: the dictionary as it is, beside it these subjects' forms only."""
    (folder / "vendor").mkdir(parents=True)
    written: dict[str, list[dict[str, str]]] = {}
    for subject in SUBJECTS:
        for file, row in rows_of(subject):
            more = {"SITE": "03", "SUBJ": str(subject["subject"]), "REC_VER": "1"}
            written.setdefault(file, []).append({**more, **row})
    for path in sorted((root / "raw_fixtures").rglob("*.csv")):
        name = path.relative_to(root / "raw_fixtures")
        text = path.read_bytes()
        if path.name == "coding.csv":
            (folder / name).write_bytes(text)
            continue
        header = text.split(b"\n")[0].decode("latin-1")
        with (folder / name).open("w", encoding="latin-1", newline="") as out:
            out.write(header + "\n")
            columns = next(csv.reader([header.removeprefix("\xef\xbb\xbf")]))
            csv.DictWriter(out, columns, lineterminator="\n").writerows(written.get(path.name, []))
    source = openpyxl.load_workbook(root / "raw_fixtures/vendor/qpcr.xlsx")
    book = openpyxl.Workbook()
    sheet = book.create_sheet("Results")
    sheet.append([cell.value for cell in source["Results"][1]])
    book.save(folder / "vendor/qpcr.xlsx")


@pytest.fixture(scope="module")
def made(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The datasets of these subjects."""
    folder = tmp_path_factory.mktemp("safety")
    write_raw(root, folder / "raw")
    build(root / "specs/study.yaml", folder / "out", DATASETS, folder / "raw")
    return read_built(folder / "out")


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda one: f"{one['subject']}-{one['shows']}")
def test_subject(made: Built, subject: Any) -> None:
    for name, records in subject["expect"].items():
        listed = [records] if name == "ADSL" else records
        wanted = [{str(key): str(value) for key, value in one.items()} for one in listed]
        frame = made.frames[str(name)]
        frame = frame[frame["SUBJID"] == f"03-{subject['subject']}"]
        if name == "ADAE":
            frame = frame.sort_values("AESPID")
        assert len(frame) == len(wanted), name
        rows = zip(frame.to_dict("records"), wanted, strict=True)
        assert [{key: row[key] for key in one} for row, one in rows] == wanted, name


def counts(frame: pd.DataFrame) -> dict[str, tuple[int, ...]]:
    """Treated, evaluable and with a dose-limiting toxicity by cohort, summed up from AVAL."""
    sums = frame.assign(AVAL=frame["AVAL"].astype(int)).pivot_table(
        index="COHORT", columns="PARAMCD", values="AVAL", aggfunc="sum", fill_value=0)
    return {str(cohort): tuple(map(int, row)) for cohort, *row in
            sums[["TREATED", "DLTEVAL", "DLT"]].reset_index().itertuples(index=False)}


def test_counts_by_cohort(made: Built, built: Built) -> None:
    assert counts(made.frames["ADDLT"]) == {
        "DL1": (4, 4, 1), "DL2": (4, 3, 2), "DL2 EXPANSION": (2, 1, 1), "DL3": (3, 3, 1)}
    assert counts(built.frames["ADDLT"]) == {
        "DL1": (3, 3, 0), "DL2": (6, 6, 1), "DL2 EXPANSION": (3, 3, 0), "DL3": (6, 6, 0)}


@pytest.mark.parametrize("which", ["made", "built"])
def test_what_is_told_of_a_cohort_is_what_its_records_say(which: str, request: pytest.FixtureRequest) -> None:
    frame = request.getfixturevalue(which).frames["ADDLT"]
    told = frame[["COHORT", "NTREAT", "NEVAL", "NDLT"]].drop_duplicates().set_index("COHORT")
    assert {cohort: tuple(map(int, row)) for cohort, *row in told.itertuples()} == counts(frame)


@pytest.mark.parametrize("which", ["made", "built"])
def test_the_flag_of_a_subject_is_that_of_its_events(which: str, request: pytest.FixtureRequest) -> None:
    frames = request.getfixturevalue(which).frames
    events, episodes = frames["ADAE"], frames["ADCE"]
    with_dlt = set(events.loc[events["DLTFL"] == "Y", "USUBJID"])
    adsl = frames["ADSL"]
    assert set(adsl.loc[adsl["DLTFL"] == "Y", "USUBJID"]) == with_dlt
    assert set(episodes.loc[episodes["DLTFL"] == "Y", "USUBJID"]) <= with_dlt


def test_every_row_of_crs_and_icans_is_in_one_episode(built: Built) -> None:
    events, episodes = built.frames["ADAE"], built.frames["ADCE"]
    rows = events[events["AECAT"].isin(["CYTOKINE RELEASE SYNDROME", "NEUROTOXICITY"])]
    assert episodes["NAEROWS"].astype(int).sum() == len(rows) > len(episodes)
    traced = episodes.merge(rows, left_on=["USUBJID", "SRCSEQ"], right_on=["USUBJID", "AESEQ"])
    assert traced["ASTCTGRN_x"].tolist() == traced["ASTCTGRN_y"].tolist() == episodes["ASTCTGRN"].tolist()


def test_relrec_links_each_treatment_to_its_event(built: Built) -> None:
    relrec, cm, supp = (built.frames[name] for name in ("RELREC", "CM", "SUPPCM"))
    links = relrec[relrec["RELID"].str.startswith("AECM")]
    sides = {domain: links[links["RDOMAIN"] == domain] for domain in ("AE", "CM")}
    both = sides["AE"].merge(sides["CM"], on=["USUBJID", "RELID"], suffixes=("_ae", "_cm"))
    linked = both.merge(built.frames["AE"], left_on=["USUBJID", "IDVARVAL_ae"], right_on=["USUBJID", "AESEQ"])
    linked = linked.merge(cm, left_on=["USUBJID", "IDVARVAL_cm"], right_on=["USUBJID", "CMSEQ"])
    named = supp[supp["QNAM"] == "CMAESPID"]
    named = named.merge(cm, left_on=["USUBJID", "IDVARVAL"], right_on=["USUBJID", "CMSEQ"])
    drugs = named[named["CMDECOD"].str.match("Tocilizumab|Dexamethasone|Methylprednisolone")]
    assert len(drugs) > 10
    assert set(zip(drugs["USUBJID"], drugs["CMSEQ"], drugs["QVAL"], strict=True)) <= set(
        zip(linked["USUBJID"], linked["CMSEQ"], linked["AESPID"], strict=True))
