"""What must hold of response and survival in the built study: who has which record, and where it is from."""

from __future__ import annotations

import pandas as pd
import pytest
from built_study import Built


@pytest.fixture(scope="module")
def infused(built: Built) -> set[str]:
    adsl = built.frames["ADSL"]
    return set(adsl.loc[adsl["SAFFL"] == "Y", "USUBJID"])


def records(built: Built, dataset: str, code: str) -> pd.DataFrame:
    """The records of a parameter by subject."""
    frame = built.frames[dataset]
    found = frame[frame["PARAMCD"] == code].set_index("USUBJID")
    assert code == "OVR" or found.index.is_unique
    return found


def test_each_infused_subject_has_one_record_of_a_derived_response(built: Built, infused: set[str]) -> None:
    for code in ("BOR", "RESPFL", "MRDNEG"):
        assert set(records(built, "ADRS", code).index) == infused
    assert set(built.frames["ADRS"]["USUBJID"]) == infused


def test_the_best_response_is_the_best_of_the_assessments_that_count(built: Built, infused: set[str]) -> None:
    overall, best = records(built, "ADRS", "OVR"), records(built, "ADRS", "BOR")
    counts = overall[(overall["ANL01FL"] == "Y") & (overall["AVALC"] != "RELAPSED DISEASE")]
    for subject in sorted(infused):
        own = counts.loc[[subject]].sort_values(["AVAL", "ADT"])
        assert tuple(best.loc[subject, ["AVALC", "ADT"]]) == (own["AVALC"].iloc[0], own["ADT"].iloc[0])
    assert best["AVALC"].value_counts().to_dict() == {"CR": 16, "NR": 2}


def test_a_responder_has_a_cr_or_cri_and_only_a_responder_can_be_mrd_negative(built: Built) -> None:
    best, responder, negative = (records(built, "ADRS", code) for code in ("BOR", "RESPFL", "MRDNEG"))
    responders = set(responder.index[responder["AVALC"] == "Y"])
    assert responders == set(best.index[best["AVALC"].isin(["CR", "CRi"])])
    assert set(negative.index[negative["AVALC"] == "Y"]) <= responders
    for frame in (responder, negative):
        assert (frame["ADT"] == "").equals(frame["AVALC"] == "N")


def test_survival_is_of_the_infused_and_relapse_of_the_responders(built: Built, infused: set[str]) -> None:
    responder = records(built, "ADRS", "RESPFL")
    responders = responder[responder["AVALC"] == "Y"]
    assert set(records(built, "ADTTE", "OS").index) == infused
    for code in ("RFS", "DOR"):
        found = records(built, "ADTTE", code)
        assert found["STARTDT"].to_dict() == responders["ADT"].to_dict()
    rfs, dor = (records(built, "ADTTE", code)["CNSR"].astype(float) for code in ("RFS", "DOR"))
    assert (rfs <= dor).all()   # a death may censor the one, never an event less in the other
    assert (int(rfs.sum()), int(dor.sum())) == (12, 13)


def test_time_is_in_days_both_counted_and_within_the_data_cut(built: Built) -> None:
    adtte = built.frames["ADTTE"]
    start, end = pd.to_datetime(adtte["STARTDT"]), pd.to_datetime(adtte["ADT"])
    assert (adtte["AVAL"].astype(float) == (end - start).dt.days + 1).all()
    assert (adtte["AVAL"].astype(float) >= 1).all()
    assert (adtte["ADT"] <= "2026-06-30").all()
    assert (adtte["EVNTDESC"] != "").all()
    assert ((adtte["CNSDTDSC"] != "") == (adtte["CNSR"] == "1")).all()


def test_every_time_leads_back_to_the_date_it_is_from(built: Built) -> None:
    for (domain, variable), own in built.frames["ADTTE"].groupby(["SRCDOM", "SRCVAR"]):
        source = built.frames[str(domain)]
        there = pd.DataFrame({"USUBJID": source["USUBJID"], "SRCSEQ": source.get("ASEQ", ""),
                              "_THERE": source[str(variable)]})
        found = own.merge(there, on=["USUBJID", "SRCSEQ"], how="left", validate="many_to_one")
        assert (found["_THERE"] == found["ADT"]).all()
    adrs, rs = built.frames["ADRS"], built.frames["RS"].rename(columns={"RSSEQ": "SRCSEQ"})
    assert ((adrs["SRCSEQ"] != "") == (adrs["ADT"] != "")).all()
    found = adrs[adrs["SRCSEQ"] != ""].merge(rs, on=["USUBJID", "SRCSEQ"], how="left")
    assert (found["RSDTC"] == found["ADT"]).all()
    assert set(found["RSTESTCD"]) == {"OVRLRESP"}


def test_ecog_pairs_the_text_and_the_grade_of_the_terminology(built: Built) -> None:
    rs = built.frames["RS"]
    ecog = rs[rs["RSTESTCD"] == "ECOG101"]
    done = ecog[ecog["RSSTAT"] == ""]
    assert (done["RSSTRESC"] == done["RSSTRESN"]).all()
    assert done.groupby("RSORRES")["RSSTRESC"].nunique().eq(1).all()
    missed = ecog.loc[ecog["RSSTAT"] == "NOT DONE", ["RSORRES", "RSSTRESC", "RSREASND"]]
    assert missed.to_numpy().tolist() == [["", "", "Not assessed during conditioning"]]


def test_bone_marrow_is_in_lb_and_a_result_below_the_limit_stays_text(built: Built) -> None:
    lb = built.frames["LB"]
    marrow = lb[lb["LBSPEC"] == "BONE MARROW"]
    assert marrow.groupby("LBTESTCD").size().to_dict() == {"BLASTCE": 117, "LEUKCENC": 117}
    below = marrow[marrow["LBORRES"].str.startswith("<")]
    assert set(below["LBSTRESC"]) == {"<1", "<0.01"}
    assert set(below["LBSTRESN"]) == {""}
