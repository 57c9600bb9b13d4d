"""What arrived in disorder (raw_fixtures/README.md), as the supporting domains have it."""

from __future__ import annotations

import pytest
from built_study import Built
from test_support_domains import rows


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
