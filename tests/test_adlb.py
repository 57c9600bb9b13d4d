"""The laboratory analysis of the built-in study: laws that its records keep, whatever the data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from built_study import Built

BY = ["USUBJID", "PARAMCD"]
NUMBERS = ("LBSEQ", "AVAL", "BASE", "CHG", "ANRLO", "ANRHI", "ADY", "AWTDIFF", "ATOXGRLN", "ATOXGRHN",
           "CRSGR", "ASTCTGRN")


def read(built: Built, name: str) -> pd.DataFrame:
    """A dataset with blank as NaN and numbers as such; dates stay ISO text, which compares as they do."""
    frame = built.frames[name].replace("", np.nan)
    return frame.assign(**{column: frame[column].astype("float64") for column in NUMBERS if column in frame})


@pytest.fixture(scope="module")
def adlb(built: Built) -> pd.DataFrame:
    """The laboratory analysis."""
    return read(built, "ADLB")


@pytest.fixture(scope="module")
def after(adlb: pd.DataFrame) -> pd.Series:
    """Which records are after the infusion."""
    return adlb["ADTM"] > adlb["TRTSDTM"]


def test_it_holds_all_results_of_infused_subjects_but_cell_counts(built: Built, adlb: pd.DataFrame) -> None:
    lb, adsl = read(built, "LB"), read(built, "ADSL")
    infused = adsl.loc[adsl["SAFFL"] == "Y", "USUBJID"]
    wanted = lb[lb["USUBJID"].isin(infused) & lb["LBSTAT"].isna() & (lb["LBCAT"] != "IMMUNOPHENOTYPING")]
    assert sorted(zip(adlb["USUBJID"], adlb["LBSEQ"], strict=True)) == sorted(
        zip(wanted["USUBJID"], wanted["LBSEQ"], strict=True))
    assert adlb["AVAL"].notna().all()
    assert adlb["PARAM"].notna().all()
    assert (adlb.groupby("PARAMCD")["PARAM"].nunique() == 1).all()
    assert (adlb.groupby("PARAMCD")["AVALU"].nunique() == 1).all()


def test_a_baseline_is_the_last_record_before_the_infusion(adlb: pd.DataFrame, after: pd.Series) -> None:
    last = adlb[~after].groupby(BY)["ADTM"].transform("max").reindex(adlb.index)
    assert ((adlb["ABLFL"] == "Y") == (adlb["ADTM"] == last)).all()
    base = adlb[adlb["ABLFL"] == "Y"].set_index(BY)["AVAL"]
    assert base.index.is_unique
    assert (adlb["BASE"].to_numpy() == base.reindex(pd.MultiIndex.from_frame(adlb[BY])).to_numpy()).all()
    assert adlb["CHG"].notna().eq(after).all()
    assert np.allclose(adlb["CHG"][after], (adlb["AVAL"] - adlb["BASE"])[after])


@pytest.mark.parametrize(("test", "limits"), [
    ("HGB", (100, 80)), ("PLAT", (75, 50, 25)), ("NEUT", (1.5, 1, 0.5)), ("LYM", (0.8, 0.5, 0.2)),
    ("WBC", (3, 2, 1))])
def test_low_grades_by_another_way(adlb: pd.DataFrame, test: str, limits: tuple[float, ...]) -> None:
    one = adlb[adlb["PARAMCD"] == test]
    grade = (one["AVAL"] < one["ANRLO"]).astype(int)
    for number, limit in enumerate(limits, start=2):
        grade = grade.mask(one["AVAL"] < limit, number)
    assert one["ATOXGRLN"].tolist() == grade.tolist()


@pytest.mark.parametrize(("test", "limits", "first"), [
    ("ALT", (3, 5, 20), 1.5), ("AST", (3, 5, 20), 1.5), ("BILI", (1.5, 3, 10), None)])
def test_high_grades_by_the_baseline_by_another_way(adlb: pd.DataFrame, test: str, limits: tuple[float, ...],
                                                    first: float | None) -> None:
    one = adlb[adlb["PARAMCD"] == test]
    value = one["AVAL"] + one["AVALC"].str.startswith(">") * 1e-6
    abnormal = one["USUBJID"].isin(one.loc[(one["ABLFL"] == "Y") & (one["AVAL"] > one["ANRHI"]), "USUBJID"])
    unit = one["ANRHI"].where(~abnormal, one["BASE"])
    begun = value > unit
    if first is not None:
        begun = begun.where(~abnormal, value >= first * one["BASE"])
    grade = begun.astype(int)
    for number, limit in enumerate(limits, start=2):
        grade = grade.mask(value > limit * unit, number)
    assert one["ATOXGRHN"].tolist() == grade.tolist()
    assert abnormal.any() or test != "ALT"


def test_creatinine_by_baseline_or_upper_limit_by_another_way(adlb: pd.DataFrame) -> None:
    one = adlb[adlb["PARAMCD"] == "CREAT"]
    least = one[["BASE", "ANRHI"]].min(axis=1)
    grade = (one["AVAL"] > one["ANRHI"]).astype(int)
    for number, limit in ((2, 1.5 * least), (3, 3 * least), (4, 6 * one["ANRHI"])):
        grade = grade.mask(one["AVAL"] > limit, number)
    assert one["ATOXGRHN"].tolist() == grade.tolist()


def test_no_grade_where_ctcae_has_no_term(adlb: pd.DataFrame) -> None:
    graded = {end: set(adlb.loc[adlb[f"ATOXGR{end}"].notna(), "PARAMCD"]) for end in "LH"}
    assert graded == {"L": {"HGB", "NEUT", "LYM", "PLAT", "WBC"},
                      "H": {"HGB", "LYM", "WBC", "ALT", "AST", "BILI", "CREAT"}}


@pytest.mark.parametrize("end", ["L", "H"])
def test_one_worst_record_to_day_28(adlb: pd.DataFrame, after: pd.Series, end: str) -> None:
    among = adlb[after & (adlb["ADY"] <= 29) & adlb[f"ATOXGR{end}N"].notna()]
    worst = among.sort_values([*BY, f"ATOXGR{end}N", "ADTM"], ascending=[True, True, False, True])
    wanted = worst.groupby(BY)["LBSEQ"].first()
    flagged = adlb[adlb[f"WORST{end}FL"] == "Y"].set_index(BY)["LBSEQ"]
    assert flagged.sort_index().to_dict() == wanted.to_dict()


def test_one_record_a_window_the_nearest(adlb: pd.DataFrame) -> None:
    away = adlb["AWTDIFF"].abs()
    nearest = away.groupby([adlb["USUBJID"], adlb["PARAMCD"], adlb["AVISIT"]]).transform("min")
    chosen = adlb[adlb["ANL01FL"] == "Y"]
    assert not chosen.duplicated([*BY, "AVISIT"]).any()
    assert len(chosen) == len(adlb.drop_duplicates([*BY, "AVISIT"]))
    assert (away == nearest)[chosen.index].all()


def test_days_of_a_crs_episode(built: Built, adlb: pd.DataFrame) -> None:
    ae = read(built, "ADAE")
    crs = ae[ae["AECAT"] == "CYTOKINE RELEASE SYNDROME"].groupby(["USUBJID", "AEGRPID"])
    episodes = crs.agg(first=("ASTDT", "min"), last=("AENDT", "max"), grade=("ASTCTGRN", "max")).reset_index()
    both = adlb[["USUBJID", "LBSEQ", "ADT"]].merge(episodes, on="USUBJID")
    both = both[(both["ADT"] >= both["first"]) & (both["ADT"] <= both["last"])]
    inside = adlb[adlb["CRSFL"] == "Y"]
    assert sorted(zip(inside["USUBJID"], inside["LBSEQ"], inside["CRSGR"], strict=True)) == sorted(
        zip(both["USUBJID"], both["LBSEQ"], both["grade"], strict=True))
    assert {"INTLK6", "IFNG", "FERRITIN", "CRP"} <= set(inside["PARAMCD"])
