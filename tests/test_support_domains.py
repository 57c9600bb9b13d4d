"""The supporting domains and the trial design of the built-in study, against the standard and each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
from engine.terminology import codelist

STUDY = Path(__file__).resolve().parents[1] / "specs" / "study.yaml"
OF_SUBJECTS = ("CM", "DD", "DS", "EC", "IE", "MH", "PR", "SE", "SS", "SV", "VS")
OF_THE_TRIAL = ("TA", "TE", "TI", "TS", "TV")
DOMAINS = (*OF_SUBJECTS, *OF_THE_TRIAL)
CUT = "2026-06-30"
PARTIAL = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d(:\d\d(:\d\d)?)?)?)?)?")
NULL_FLAVOURS = {"NI", "INV", "DER", "OTH", "NINF", "PINF", "UNC", "MSK", "NA", "UNK", "ASKU", "NAV", "NASK",
                 "QS", "TRC"}
"""Why a value is not there (ISO 21090:2011)."""
EVERY_TS = {
    "ACTSUB", "ADAPT", "ADDON", "AGEMAX", "AGEMIN", "DCUTDESC", "DCUTDTC", "EXTTIND", "FCNTRY", "HLTSUBJI",
    "INDIC", "INTMODEL", "INTTYPE", "LENGTH", "NARMS", "NCOHORT", "OBJPRIM", "OBJSEC", "OUTMSPRI", "OUTMSSEC",
    "PCLAS", "PLANSUB", "RANDOM", "REGID", "RLPSCRIT", "SDMDUR", "SENDTC", "SEXPOP", "SPONSOR", "SSTDTC",
    "STOPRULE", "STYPE", "TBLIND", "TCNTRL", "TDIGRP", "THERAREA", "TINDTP", "TITLE", "TPHASE", "TRT",
    "TTYPE"}
"""Parameters that a complete summary of such a trial has (SDTMIG 3.4, 7.4.1; FDA's conformance guide)."""


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


def _elements(built: Built) -> Iterator[tuple[pd.Series, pd.DataFrame]]:
    """Each subject of DM with its elements, in their order."""
    se = built.frames["SE"]
    for _, subject in built.frames["DM"].iterrows():
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


# --- what arrived in disorder (raw_fixtures/README.md) ------------------------------------


def test_vital_signs_that_arrived_in_disorder(built: Built) -> None:
    assert len(rows(built, "VS", "01-001", VISIT="DAY 7", VSTESTCD="SYSBP")) == 1           # M26
    assert rows(built, "VS", "02-019").empty                                                 # M27
    assert rows(built, "VS", "03-003", VSTESTCD="HEIGHT").empty                              # M30
    assert set(rows(built, "VS", "03-004", VISIT="SCREENING")["VSDTC"]) == {""}              # M09
    assert set(rows(built, "VS", "01-005", VISIT="DAY 7")["VSDTC"]) == {"2024-12-10T09"}     # M08
    assert len(rows(built, "VS", "01-004", VISIT="DAY 7")) == 6                              # M15
    undone = rows(built, "VS", "02-003")                                                     # M33
    assert set(undone["VSSTAT"]) == {"NOT DONE"}
    assert len(undone) == 7
    assert (undone["VSREASND"] != "").all()
    assert (undone[["VSORRES", "VSORRESU", "VSSTRESC", "VSSTRESU"]] == "").all().all()
    assert rows(built, "VS", VSSTAT="")["VSREASND"].eq("").all()
    assert rows(built, "VS", "01-003", VISIT="MONTH 24").empty                               # M50
    assert rows(built, "VS", "03-007", VISIT="MONTH 12").empty


def test_temperatures_of_all_sites_are_in_celsius(built: Built) -> None:
    found = rows(built, "VS", VSTESTCD="TEMP", VSSTAT="")
    assert set(found["VSORRESU"]) == {"C", "F"}
    assert set(found["VSSTRESU"]) == {"C"}
    assert found["VSSTRESN"].astype(float).between(35.5, 41).all()
    foreign = found[found["VSORRESU"] == "F"]
    exact = (foreign["VSORRES"].astype(float) - 32) * 5 / 9
    assert ((exact - foreign["VSSTRESN"].astype(float)).abs() <= 0.05 + 1e-9).all()


def test_the_baseline_of_vital_signs_is_before_the_first_dose(built: Built) -> None:
    first = built.frames["DM"].set_index("USUBJID")["RFXSTDTC"]
    flagged = rows(built, "VS", VSLOBXFL="Y")
    assert not flagged.duplicated(["USUBJID", "VSTESTCD"]).any()
    start = flagged["USUBJID"].map(first)
    assert (start != "").all()
    assert (flagged["VSDTC"].str[:10] <= start.str[:10]).all()
    assert set(flagged["USUBJID"]) == set(first[first != ""].index)


@pytest.mark.parametrize(("subject", "spid", "start"), [
    ("01-001", "1", "2022-12"), ("01-004", "1", "2022-05"),     # M01
    ("02-004", "1", "2021-11"), ("01-003", "3", ""),            # M02, M03
    ("03-002", "1", "2021"), ("03-001", "1", "2022-04-29")])    # M04
def test_history_keeps_partial_dates(built: Built, subject: str, spid: str, start: str) -> None:
    assert rows(built, "MH", subject, MHSPID=spid)["MHSTDTC"].tolist() == [start]


def test_history_is_coded_and_ongoing_by_a_date(built: Built) -> None:
    mh = built.frames["MH"]
    assert (mh["MHDECOD"] != "").all()
    assert set(rows(built, "MH", "02-003")["MHTERM"]) >= {"T细胞急性淋巴细胞白血病"}  # M10
    assert ((mh["MHENRTPT"] == "ONGOING") == (mh["MHENTPT"] != "")).all()
    assert ((mh["MHENRTPT"] == "ONGOING") == (mh["MHENDTC"] == "")).all()
    assert set(mh["USUBJID"]) == set(built.frames["DM"]["USUBJID"])


def test_medication_is_read_through_its_wrong_decoding(built: Built) -> None:
    cm = built.frames["CM"]
    assert (cm["CMDECOD"] != "").all()
    assert not cm["CMTRT"].str.contains("[\u0080-\u00ff]").any()                            # M11
    assert {"托珠单抗", "地塞米松"} <= set(cm["CMTRT"])
    assert "2025-03" in {v[:7] for v in rows(built, "CM", "03-006")["CMSTDTC"] if len(v) == 7}  # M02
    assert ((cm["CMDOSE"] != "") == (cm["CMDOSU"] == "mg")).all()


# --- trial summary -----------------------------------------------------------------------


def test_the_summary_is_complete(built: Built) -> None:
    ts = built.frames["TS"]
    assert set(ts["TSPARMCD"]) >= EVERY_TS
    assert ((ts["TSVAL"] == "") == (ts["TSVALNF"] != "")).all()
    assert set(ts["TSVALNF"]) - {""} <= NULL_FLAVOURS
    assert_counted(ts, "TSPARMCD", "TSSEQ")
    assert (ts["TSVAL"].str.len() <= 200).all()
    assert ts["TSVAL"].map(str.isascii).all()
    assert not {"CURTRT"} & set(ts["TSPARMCD"])   # nothing is added on, so there is no current treatment


def test_the_summary_has_terms_with_their_codes(built: Built) -> None:
    ts = built.frames["TS"]
    short, long = codelist("TSPARMCD"), codelist("TSPARM")
    assert short is not None
    assert long is not None
    for code, name in set(map(tuple, ts[["TSPARMCD", "TSPARM"]].to_numpy())):
        assert long.terms[name].code == short.terms[code].code
    coded = ts[ts["TSVCDREF"] == "CDISC CT"]
    assert (coded["TSVALCD"].str.fullmatch(r"C\d+")).all()
    assert set(coded["TSVCDVER"]) == {"2025-03-28"}
    assert coded.groupby("TSVAL")["TSVALCD"].nunique().eq(1).all()
    assert (ts[ts["TSVCDREF"] != "CDISC CT"][["TSVALCD", "TSVCDVER"]] == "").all().all()
    named = {"TPHASE", "STYPE", "TBLIND", "TCNTRL", "INTTYPE", "INTMODEL", "SEXPOP", "TINDTP", "TTYPE"}
    for name in named:
        terms = codelist(name)
        assert terms is not None
        assert set(ts[ts["TSPARMCD"] == name]["TSVAL"]) <= set(terms.terms)


def test_the_summary_tells_what_the_data_are(built: Built) -> None:
    ts, dm = built.frames["TS"].set_index("TSPARMCD")["TSVAL"], built.frames["DM"]
    assigned = dm[dm["ARMCD"] != ""]
    assert ts["ACTSUB"] == str(len(assigned)) == "20"
    assert ts["SSTDTC"] == assigned["RFICDTC"].str[:10].min() == "2024-03-16"
    assert ts["DCUTDTC"] == CUT
    assert ts["NARMS"] == str(built.frames["TA"]["ARMCD"].nunique())
    assert ts["TITLE"] == str(plan().study.study.study.title.en)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", ts["SSTDTC"])      # FDA 1734: or the study is refused
    assert set(dm["COUNTRY"]) == {ts["FCNTRY"]}
    low, high = (int(str(ts[name])[1:-1]) for name in ("AGEMIN", "AGEMAX"))
    assert assigned["AGE"].astype(int).between(low, high).all()
