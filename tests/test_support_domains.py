"""The supporting domains and the trial design of the built-in study, against the standard and each other."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from built_study import Built

from dossier.pipeline import check
from engine import xpt
from engine.build.plan import Plan
from engine.build.terms import codelists_of
from engine.standards import sdtm_dataset

STUDY = Path(__file__).resolve().parents[1] / "specs" / "study.yaml"
OF_SUBJECTS = ("CM", "DD", "DS", "EC", "IE", "MH", "PR", "SE", "SS", "SV", "VS")
OF_THE_TRIAL = ("TA", "TE", "TI", "TS", "TV")
DOMAINS = (*OF_SUBJECTS, *OF_THE_TRIAL)
CUT = "2026-06-30"
PARTIAL = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d(:\d\d(:\d\d)?)?)?)?)?")


@cache
def plan() -> Plan:
    """The plan of the built-in study, for what its specs declare."""
    return check(STUDY)


@cache
def metadata(path: Path) -> tuple[tuple[str, str], ...]:
    """Names and labels of a file's variables, in their order."""
    return tuple((v.name, v.label) for v in xpt.read(path)[1].variables)


def rows(built: Built, name: str, where: str = "", **fixed: str) -> pd.DataFrame:
    """Records of a dataset with these values; ``where`` is the end of USUBJID."""
    frame = built.frames[name]
    if where:
        frame = frame[frame["USUBJID"].str.endswith(where)]
    for column, value in fixed.items():
        frame = frame[frame[column] == value]
    return frame


def assert_counted(frame: pd.DataFrame, by: str, number: str) -> None:
    """Assert that a variable counts 1, 2, 3 ... in each group."""
    for _, group in frame.groupby(by):
        assert sorted(group[number].astype(int)) == list(range(1, len(group) + 1))


# --- every domain ------------------------------------------------------------------------


@pytest.mark.parametrize("name", DOMAINS)
def test_variables_are_the_standards_with_required_values(built: Built, name: str) -> None:
    standard = sdtm_dataset(name)
    assert standard is not None
    listed = metadata(built.file(name))
    own = [n for n, _ in listed if n in standard.variables]
    assert own == sorted(own, key=lambda n: standard.variables[n].order)
    assert all(label == standard.variables[n].label for n, label in listed if n in standard.variables)
    wanted = {n for n, v in standard.variables.items() if v.core in ("Req", "Exp")}
    assert wanted <= {n for n, _ in listed}
    frame = built.frames[name]
    assert len(frame)
    required = [n for n, v in standard.variables.items() if v.core == "Req"]
    assert [n for n in required if (frame[n] == "").any()] == []
    assert set(frame["STUDYID"]) == {"CD7CART-101"}
    assert set(frame["DOMAIN"]) == {name}


@pytest.mark.parametrize("name", DOMAINS)
def test_values_are_terms_of_their_codelists(built: Built, name: str) -> None:
    frame, spec = built.frames[name], plan().datasets[name]
    for variable, entry in ((n, v.entry) for n, v in spec.variables.items() if n in frame.columns):
        lists = codelists_of(entry, plan(), name, variable)
        entries = [entry, *(s.variables[variable].entry for s in spec.sources if variable in s.variables)]
        added = {str(term) for each in entries for term in each.extend or {}}
        known = {term for each in lists for term in each.terms} | added
        strange = set(frame[variable]) - known - {""}
        assert not lists or not strange, f"{name}.{variable}"


@pytest.mark.parametrize("name", DOMAINS)
def test_keys_tell_records_apart_and_sort_them(built: Built, name: str) -> None:
    keys = [str(key) for key in plan().datasets[name].model.keys or ()]
    frame = xpt.read(built.file(name))[0]
    assert not frame.duplicated(keys).any()
    assert frame.index.tolist() == frame.sort_values(keys, kind="stable", na_position="first").index.tolist()


@pytest.mark.parametrize("name", OF_SUBJECTS)
def test_subjects_are_in_dm_and_sequences_run_from_one(built: Built, name: str) -> None:
    frame = built.frames[name]
    assert set(frame["USUBJID"]) <= set(built.frames["DM"]["USUBJID"])
    if f"{name}SEQ" in frame:
        assert_counted(frame, "USUBJID", f"{name}SEQ")


@pytest.mark.parametrize("name", OF_THE_TRIAL)
def test_datasets_of_the_trial_have_no_subjects(built: Built, name: str) -> None:
    assert "USUBJID" not in built.frames[name].columns


@pytest.mark.parametrize("name", OF_SUBJECTS)
def test_dates_are_iso_8601_and_none_starts_after_the_cut(built: Built, name: str) -> None:
    frame = built.frames[name]
    for column in (c for c in frame.columns if c.endswith("DTC")):
        assert [v for v in set(frame[column]) - {""} if not PARTIAL.fullmatch(v)] == []
    for column in (c for c in (f"{name}DTC", f"{name}STDTC") if c in frame.columns):
        assert (frame[column].str[:10] <= CUT).all()


@pytest.mark.parametrize("name", OF_SUBJECTS)
def test_study_days_count_from_rfstdtc_without_a_day_zero(built: Built, name: str) -> None:
    reference = built.frames["DM"].set_index("USUBJID")["RFSTDTC"].str[:10]
    frame = built.frames[name]
    compared = 0
    for column in (c for c in frame.columns if c.endswith("DTC") and f"{c[:-3]}DY" in frame.columns):
        start = pd.to_datetime(frame["USUBJID"].map(reference).replace("", None))
        date = pd.to_datetime(frame[column].str[:10].where(frame[column].str.len() >= 10))
        days = (date - start).dt.days
        wanted = (days + (days >= 0)).map(lambda v: "" if pd.isna(v) else f"{v:.0f}")
        assert wanted.tolist() == frame[f"{column[:-3]}DY"].tolist(), column
        compared += int((wanted != "").sum())
    assert compared or name in ("IE", "MH", "SS")  # screen failures have no reference date; history no days


# --- elements, epochs and arms -----------------------------------------------------------


def test_arms_elements_and_epochs_of_the_design_agree(built: Built) -> None:
    ta, te = built.frames["TA"], built.frames["TE"].set_index("ETCD")["ELEMENT"]
    assert set(ta["ETCD"]) == set(te.index)
    assert (ta["ELEMENT"] == ta["ETCD"].map(te)).all()
    for _, arm in ta.groupby("ARMCD"):
        assert arm["TAETORD"].astype(int).tolist() == list(range(1, len(arm) + 1))
        assert list(dict.fromkeys(arm["EPOCH"])) == ["SCREENING", "TREATMENT", "FOLLOW-UP"]
        assert arm["ARM"].nunique() == 1
    assert ta.groupby("ARMCD")["ETCD"].agg(tuple).is_unique
    dm = built.frames["DM"]
    arms = set(map(tuple, ta[["ARMCD", "ARM"]].to_numpy()))
    planned = dm[dm["ARMCD"] != ""]
    assert set(map(tuple, planned[["ARMCD", "ARM"]].to_numpy())) == arms
    actual = dm[dm["ACTARMCD"] != ""]
    assert set(map(tuple, actual[["ACTARMCD", "ACTARM"]].to_numpy())) <= arms
    assert (te.str.len() <= 40).all()
    assert (te.index.str.len() <= 8).all()


def _elements(built: Built) -> Iterator[tuple[dict[Hashable, str], pd.DataFrame]]:
    """Each subject of DM with its elements, in their order."""
    se = built.frames["SE"]
    for subject in built.frames["DM"].to_dict("records"):
        own = se[se["USUBJID"] == subject["USUBJID"]]
        yield subject, own.iloc[own["SESEQ"].astype(int).to_numpy().argsort()]


def test_the_elements_of_a_subject_are_contiguous(built: Built) -> None:
    ended = set(rows(built, "DS", DSSCAT="STUDY PARTICIPATION")["USUBJID"])
    for subject, own in _elements(built):
        starts, ends = own["SESTDTC"].tolist(), own["SEENDTC"].tolist()
        assert starts[0] == subject["RFICDTC"]
        assert starts == sorted(starts)
        assert ends[:-1] == starts[1:]
        assert ends[-1] == (subject["RFPENDTC"] if subject["USUBJID"] in ended else "")
        assert all(start[:len(subject["RFPENDTC"])] <= subject["RFPENDTC"] for start in starts)


def test_elements_are_those_of_the_design_or_say_what_they_were(built: Built) -> None:
    ta = built.frames["TA"].set_index(["ARMCD", "ETCD"])
    for subject, own in _elements(built):
        planned, other = own[own["ETCD"] != "UNPLAN"], own[own["ETCD"] == "UNPLAN"]
        if subject["ARMCD"]:
            wanted = ta.loc[[(subject["ARMCD"], code) for code in planned["ETCD"]]]
            assert wanted[["ELEMENT", "TAETORD", "EPOCH"]].to_numpy().tolist() == (
                planned[["ELEMENT", "TAETORD", "EPOCH"]].to_numpy().tolist())
        else:
            assert own["ETCD"].tolist() == ["SCRN"]
        assert (planned["SEUPDES"] == "").all()
        assert (other["SEUPDES"] != "").all()
        assert (other[["ELEMENT", "TAETORD"]] == "").all().all()


def test_elements_follow_treatment(built: Built) -> None:
    ex = built.frames["EX"]
    for subject, own in _elements(built):
        doses = ex[ex["USUBJID"] == subject["USUBJID"]]
        started = own.set_index("ETCD")["SESTDTC"]
        depleted = doses[doses["EXCAT"] == "LYMPHODEPLETION"]["EXSTDTC"]
        infused = doses[doses["EXCAT"] == "CAR-T CELL INFUSION"]["EXSTDTC"]
        assert started.get("LD", "") == (depleted.min() if len(depleted) else "")
        code = f"CAR{subject['ARMCD'][-1:]}"
        assert started.get(code, "") == (infused.min() if len(infused) else "")
        assert ("UNPLAN" in started.index) == (subject["ARMNRS"] == "UNPLANNED TREATMENT")


@pytest.mark.parametrize(("name", "date"), [
    ("CM", "CMSTDTC"), ("PR", "PRSTDTC"), ("EC", "ECSTDTC"), ("VS", "VSDTC"), ("DS", "DSSTDTC"),
    ("IE", "IEDTC"), ("SS", "SSDTC")])
def test_epoch_is_that_of_the_element_under_way(built: Built, name: str, date: str) -> None:
    elements = {subject["USUBJID"]: own[["SESTDTC", "EPOCH"]].to_numpy().tolist()
                for subject, own in _elements(built)}
    frame = built.frames[name]
    told = frame[frame[date].str.len() >= 10]
    for subject, moment, epoch in told[["USUBJID", date, "EPOCH"]].to_numpy():
        begun = [of for start, of in elements[subject] if moment[:len(start)] >= start[:len(moment)]]
        assert epoch == (begun[-1] if begun else ""), (subject, moment)
    assert len(told)


# --- visits ------------------------------------------------------------------------------


def test_planned_visits_are_those_of_the_design(built: Built) -> None:
    columns = ["VISITNUM", "VISIT", "VISITDY"]
    planned = set(map(tuple, built.frames["TV"][columns].to_numpy()))
    sv = built.frames["SV"]
    inside = [tuple(row) in planned for row in sv[columns].to_numpy()]
    assert inside == (sv["SVPRESP"] == "Y").tolist()
    assert (sv["SVOCCUR"] == sv["SVPRESP"]).all()
    unplanned = sv[sv["SVPRESP"] == ""]
    assert unplanned["VISIT"].str.startswith("UNSCHEDULED ").all()
    assert (unplanned["SVUPDES"] != "").all()
    assert (sv[sv["SVPRESP"] == "Y"]["SVUPDES"] == "").all()
    assert set(built.frames["TV"]["ARMCD"]) == {""}
    assert "0" not in set(built.frames["TV"]["VISITDY"])


@pytest.mark.parametrize("name", ["VS", "LB", "PC", "SS"])
def test_visits_of_other_domains_took_place(built: Built, name: str) -> None:
    keys, frame = ["USUBJID", "VISITNUM", "VISIT"], built.frames[name]
    if name == "SS":  # of the dead and the lost others were asked: no visit of theirs
        frame = frame[frame["SSORRES"] == "ALIVE"]
    there = set(map(tuple, built.frames["SV"][keys].to_numpy()))
    assert set(map(tuple, frame[keys].drop_duplicates().to_numpy())) <= there


# --- criteria, deaths, disposition -------------------------------------------------------


def test_criteria_not_met_are_criteria_of_the_trial(built: Built) -> None:
    ie = built.frames["IE"]
    keys = ["IETESTCD", "IETEST", "IECAT"]
    assert set(map(tuple, ie[keys].to_numpy())) <= set(map(tuple, built.frames["TI"][keys].to_numpy()))
    assert ((ie["IECAT"] == "INCLUSION") == (ie["IEORRES"] == "N")).all()
    assert (ie["IEORRES"] == ie["IESTRESC"]).all()
    assert len(built.frames["TI"]) == 10
    failed = built.frames["DM"][built.frames["DM"]["ARMNRS"] == "SCREEN FAILURE"]["USUBJID"]
    assert set(ie["USUBJID"]) == set(failed)


def test_deaths_have_a_cause(built: Built) -> None:
    dm = built.frames["DM"]
    assert set(built.frames["DD"]["USUBJID"]) == set(dm[dm["DTHFL"] == "Y"]["USUBJID"])
    assert set(built.frames["DD"]["DDTESTCD"]) == {"PRCDTH"}
    died = built.frames["DD"].merge(dm[["USUBJID", "DTHDTC"]], on="USUBJID")
    assert (died["DDDTC"] >= died["DTHDTC"]).all()
    assert len(built.frames["SUPPDD"]) == len(died)


def test_milestones_and_events_of_disposition_are_all_there(built: Built) -> None:
    ds, dm = built.frames["DS"], built.frames["DM"]
    consents = ds[ds["DSDECOD"] == "INFORMED CONSENT OBTAINED"]
    first = consents.groupby("USUBJID")["DSSTDTC"].min()
    assert first.to_dict() == dm.set_index("USUBJID")["RFICDTC"].to_dict()
    again = consents[consents["DSTERM"] == "INFORMED CONSENT OBTAINED AGAIN"]["USUBJID"].str[-6:]
    assert sorted(again) == ["01-003", "02-004", "03-001"]
    entered = ds[ds["DSDECOD"] == "ENTERED INTO TRIAL"]["USUBJID"]
    assert sorted(entered) == sorted(dm[dm["ARMCD"] != ""]["USUBJID"])
    events = ds[ds["DSCAT"] == "DISPOSITION EVENT"]
    assert set(events["USUBJID"]) == set(dm["USUBJID"])
    assert set(events[events["DSDECOD"] == "DEATH"]["USUBJID"]) == set(dm[dm["DTHFL"] == "Y"]["USUBJID"])


# --- exposure, procedures, medication ----------------------------------------------------


def test_exposure_as_collected_agrees_with_exposure(built: Built) -> None:
    given = rows(built, "EC", ECMOOD="PERFORMED", ECOCCUR="Y")
    keys = ["USUBJID", "LNKID"]
    both = given.rename(columns={"ECLNKID": "LNKID"}).merge(
        built.frames["EX"].rename(columns={"EXLNKID": "LNKID"}), on=keys, how="outer", indicator=True)
    assert set(both["_merge"]) == {"both"}
    for name in ("TRT", "CAT", "STDTC", "ENDTC", "ROUTE", "DOSFRQ", "DOSFRM", "LOT", "ADJ"):
        assert (both[f"EC{name}"] == both[f"EX{name}"]).all(), name
    cells = both[both["ECCAT"] == "CAR-T CELL INFUSION"]
    weight = built.frames["SUPPEC"][built.frames["SUPPEC"]["QNAM"] == "ECWEIGHT"]
    cells = cells.merge(weight[["USUBJID", "QVAL"]], on="USUBJID")
    assert len(cells) == 18
    assert set(cells["ECDOSU"]) == {"10^6 Therapeutic Cells"}
    by_weight = cells["ECDOSE"].astype(float) / cells["QVAL"].astype(float)
    assert ((by_weight - cells["EXDOSE"].astype(float)).abs() <= 0.01).all()
    rest = both[both["ECCAT"] == "LYMPHODEPLETION"]
    assert (rest[["ECDOSE", "ECDOSU"]].to_numpy() == rest[["EXDOSE", "EXDOSU"]].to_numpy()).all()


def test_planned_doses_stand_beside_those_given(built: Built) -> None:
    planned = rows(built, "EC", ECMOOD="SCHEDULED")
    given = rows(built, "EC", ECMOOD="PERFORMED", ECOCCUR="Y")
    assert sorted(map(tuple, planned[["USUBJID", "ECLNKID"]].to_numpy())) == (
        sorted(map(tuple, given[["USUBJID", "ECLNKID"]].to_numpy())))
    assert (planned[["ECSTDTC", "ECENDTC", "ECOCCUR", "EPOCH"]] == "").all().all()
    cells = planned[planned["ECLNKID"] == "CART"].set_index("USUBJID")["ECDOSE"]
    arms = built.frames["DM"].set_index("USUBJID")["ARMCD"]
    assert cells.to_dict() == {s: {"DL1": "0.5", "DL2": "1", "DL3": "2"}[arms[s]] for s in cells.index}
    missed = rows(built, "EC", ECOCCUR="N").set_index("USUBJID")["ECREASOC"]
    assert missed.to_dict() == {"CD7CART-101-02-006": "ADVERSE EVENT",
                                "CD7CART-101-03-004": "PRODUCT OUT OF SPECIFICATION"}


def test_viability_volume_and_weight_of_the_product_are_there(built: Built) -> None:
    named = built.frames["SUPPEC"].groupby("QNAM")["QVAL"].size().to_dict()
    assert named == {"ECINTRP": 18, "ECVIAB": 18, "ECVOL": 18, "ECWEIGHT": 18}
    assert built.frames["SUPPEC"]["QVAL"].str.len().gt(0).all()
    assert rows(built, "EC", "01-001", ECOCCUR="Y", ECLNKID="CART")["ECLOT"].tolist() == ["009442"]


def test_leukapheresis_and_transplant(built: Built) -> None:
    pr, dm = built.frames["PR"], built.frames["DM"]
    collected = pr[pr["PRDECOD"] == "LEUKAPHERESIS"]
    assert sorted(collected["USUBJID"]) == sorted(dm[dm["ARMCD"] != ""]["USUBJID"])
    assert (collected["PRENDTC"] > collected["PRSTDTC"]).all()
    transplanted = pr[pr["PRDECOD"] == "ALLOGENEIC STEM CELL TRANSPLANT"]
    assert transplanted["USUBJID"].str[-6:].tolist() == ["01-006", "03-001", "03-002"]


def test_medication_is_related_to_the_event_it_treats(built: Built) -> None:
    ae, cm = built.frames["AE"], built.frames["CM"]
    named = built.frames["SUPPCM"].merge(cm, left_on=["USUBJID", "IDVARVAL"], right_on=["USUBJID", "CMSEQ"])
    links = built.frames["RELREC"]
    links = links[links["RELID"].str.startswith("AECM")]
    side = {name: links[links["RDOMAIN"] == name][["USUBJID", "RELID", "IDVARVAL"]] for name in ("AE", "CM")}
    both = side["CM"].merge(side["AE"], on=["USUBJID", "RELID"], suffixes=("_CM", "_AE"))
    found = set(map(tuple, both[["USUBJID", "IDVARVAL_CM", "IDVARVAL_AE"]].to_numpy()))
    wanted = named.merge(ae, left_on=["USUBJID", "QVAL"], right_on=["USUBJID", "AESPID"])
    assert found == set(map(tuple, wanted[["USUBJID", "CMSEQ", "AESEQ"]].to_numpy()))
    assert len(found) == len(named) > 50
