"""TS of the built-in study: complete, its terms with their codes, and what the data say."""

from __future__ import annotations

import re
from pathlib import Path

from built_study import Built

from dossier.pipeline import check
from engine.terminology import codelist

STUDY = Path(__file__).resolve().parents[1] / "specs" / "study.yaml"
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


def test_the_summary_is_complete(built: Built) -> None:
    ts = built.frames["TS"]
    assert set(ts["TSPARMCD"]) >= EVERY_TS
    assert ((ts["TSVAL"] == "") == (ts["TSVALNF"] != "")).all()
    assert set(ts["TSVALNF"]) - {""} <= NULL_FLAVOURS
    for _, group in ts.groupby("TSPARMCD"):
        assert sorted(group["TSSEQ"].astype(int)) == list(range(1, len(group) + 1))
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
    assert ts["DCUTDTC"] == "2026-06-30"
    assert ts["NARMS"] == str(built.frames["TA"]["ARMCD"].nunique())
    assert ts["TITLE"] == str(check(STUDY).study.study.study.title.en)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", ts["SSTDTC"])      # FDA 1734: or the study is refused
    assert set(dm["COUNTRY"]) == {ts["FCNTRY"]}
    low, high = (int(str(ts[name])[1:-1]) for name in ("AGEMIN", "AGEMAX"))
    assert assigned["AGE"].astype(int).between(low, high).all()
