"""Messes of dates, characters and records in the EDC forms."""

from __future__ import annotations

from .messkit import Tables, add, add_event, copy, find, get, put
from .ranges import TESTS


def day_unknown(tables: Tables) -> None:
    """``UN-MAR-2025``"""
    add_event(tables, "01-006", "Rash", "UN-MAR-2025", AEENDAT="02-APR-2025", ENTERED="2025-04-03 10:12:40")
    for who in ("01-001", "01-004"):
        rows = find(tables, "mh", who)
        tables["mh"].loc[rows, "MHSTDAT"] = "UN-" + tables["mh"].loc[rows, "MHSTDAT"].str[3:]


def month_only(tables: Tables) -> None:
    """``2025-03`` and ``2025/3``"""
    add(
        tables,
        "cm",
        "03-006",
        "CMSPID",
        CMTRT="Paracetamol",
        **{"CMDOSE（mg）": "500"},
        CMROUTE="ORAL",
        CMFRQ="TID",
        CMINDC="Headache",
        CMSTDAT="2025-03",
        CMENDAT="2025-04-02",
        CMONGO="No",
        ENTERED="2025-04-11 09:20:13",
    )
    add_event(
        tables,
        "02-005",
        "肺炎",
        "2025/2/20",
        AEENDAT="2025/3",
        CTCAEGR="2",
        AECONTRT="是",
        ENTERED="2025-03-28 15:41:02",
    )
    rows = find(tables, "mh", "02-004")
    tables["mh"].loc[rows, "MHSTDAT"] = tables["mh"].loc[rows, "MHSTDAT"].str.rsplit("/", n=1).str[0]


def date_unknown(tables: Tables) -> None:
    """``UNK``"""
    add(
        tables,
        "mh",
        "01-003",
        "MHSPID",
        MHCAT="GENERAL",
        MHTERM="Hypertension",
        MHSTDAT="UNK",
        MHONGO="Y",
        ENTERED="2024-06-11 08:31:07",
    )
    add_event(tables, "02-007", "头痛", "UNK", AEENDAT="2025/6/30", ENTERED="2025-07-02 11:05:55")


def year_only(tables: Tables) -> None:
    """``2024`` and ``UN-UNK-2024``"""
    add_event(
        tables,
        "03-001",
        "Upper respiratory infection",
        "2024",
        AEENDAT="2024-07-02",
        RELCART="UNLIKELY",
        ENTERED="2024-07-03 16:02:10",
    )
    add_event(
        tables, "01-004", "Fatigue", "UN-UNK-2024", AEENDAT="15-NOV-2024", ENTERED="2024-11-20 09:44:31"
    )
    rows = find(tables, "mh", "03-002")
    tables["mh"].loc[rows, "MHSTDAT"] = tables["mh"].loc[rows, "MHSTDAT"].str[:4]


def birth_partial(tables: Tables) -> None:
    """Birth day not collected, once neither the month."""
    for who in ("01-002", "01-006", "01-009", "02-001", "02-003", "02-006", "03-002", "03-005"):
        put(tables, "dm", who, BRTHDD="")
    put(tables, "dm", "02-008", BRTHMM="", BRTHDD="")


def hour_only(tables: Tables) -> None:
    """``14`` and ``09:UN``"""
    add_event(
        tables,
        "02-004",
        "恶心",
        "2024/10/30",
        AESTTIM="14",
        AEENDAT="2024/11/1",
        ENTERED="2024-11-02 10:30:18",
    )
    put(tables, "vs", "01-005", {"VISIT": "D7"}, VSTIM="09:UN")


def time_without_date(tables: Tables) -> None:
    """A time whose date is missing."""
    put(tables, "vs", "03-004", {"VISIT": "SCR"}, VSDAT="")
    add_event(tables, "01-008", "Headache", "20-JUN-2025", AEENTIM="16:30", ENTERED="2025-06-23 13:15:26")


def full_width(tables: Tables) -> None:
    """Full-width letters, digits and brackets."""
    put(tables, "ae", "02-002", {"AETERM": "真菌性肺炎"}, AETERM="肺炎（真菌）")
    put(tables, "mh", "02-003", {"MHCAT": "PRIMARY DIAGNOSIS"}, MHTERM="Ｔ细胞急性淋巴细胞白血病")
    wide = str.maketrans("0123456789.", "０１２３４５６７８９．")
    glucose = get(tables, "lab_s02", "02-006", {"VISIT": "SCR"}, "GLUC")
    put(tables, "lab_s02", "02-006", {"VISIT": "SCR"}, GLUC=glucose.translate(wide))


def blanks_and_case(tables: Tables) -> None:
    """Blanks around a value, and another case."""
    add_event(
        tables, "01-001", "Fever  ", "11-APR-2024", AEENDAT="12-APR-2024", ENTERED="2024-04-15 09:02:37"
    )
    add_event(tables, "01-003", "NAUSEA", "05-JUL-2024", AEENDAT="06-JUL-2024", ENTERED="2024-07-08 14:20:09")
    add_event(tables, "03-003", " fatigue", "2024-10-15", AEENDAT="2024-10-21", ENTERED="2024-10-22 10:48:50")
    put(tables, "vs", "01-004", {"VISIT": "D7"}, VISIT="d7 ")
    put(tables, "enrol", "01-005", DLASSIGN="dl3 ")
    put(tables, "dm", "03-001", ETHNIC="Not Hispanic or Latino")


def duplicates(tables: Tables) -> None:
    """The same record twice."""
    copy(tables, "vs", "01-001", {"VISIT": "D7"})
    copy(tables, "ae", "03-003", {"AETERM": " fatigue"})
    copy(tables, "lab_s01", "01-004", {"VISIT": "D10"})
    copy(tables, "cytokines", "02-001", {"VISIT": "DAY 7", "ANALYTE": "IL-6"})


def unknown_subjects(tables: Tables) -> None:
    """Records of nobody in the study."""
    copy(tables, "vs", "02-001", {"VISIT": "D14"}, last=True, SUBJ="019")
    copy(tables, "lab_s03", "03-003", {"VISIT": "SCR"}, last=True, SUBJ="099")
    copy(
        tables,
        "qpcr",
        "01-007",
        {"VISIT": "DAY 14"},
        last=True,
        SUBJECT="CD7CART-101-01-077",
        SAMPLEID="Q01077-D14-A",
    )


def corrections(tables: Tables) -> None:
    """A second version of a record replaces the first."""
    add_event(
        tables,
        "01-003",
        "Neutrophil count decreased",
        "20-AUG-2024",
        AEENDAT="27-AUG-2024",
        CTCAEGR="2",
        ENTERED="2024-08-29 10:05:44",
    )
    copy(
        tables,
        "ae",
        "01-003",
        {"AESTDAT": "20-AUG-2024", "AETERM": "Neutrophil count decreased"},
        CTCAEGR="3",
        AECONTRT="Y",
        REC_VER="2",
        ENTERED="2024-09-02 15:37:20",
    )
    entered = get(tables, "infusion", "03-003", {}, "ENTERED")
    copy(tables, "infusion", "03-003", REC_VER="2", ENTERED="2024-10-17 09:12:05")
    put(tables, "infusion", "03-003", {"ENTERED": entered}, DOSEGVN="0.10", TOTCELLS="10.0")
    copy(tables, "lab_s01", "01-009", {"VISIT": "D1"}, REC_VER="2", ENTERED="2025-08-14 08:55:31")
    platelets = get(tables, "lab_s01", "01-009", {"VISIT": "D1", "REC_VER": "1"}, "PLT")
    put(tables, "lab_s01", "01-009", {"VISIT": "D1", "REC_VER": "1"}, PLT=platelets + "0")


def yes_in_words(tables: Tables) -> None:
    """Several ways of yes and no at one site."""
    rows = find(tables, "ae", "01-004")
    for row, (contrt, serious) in zip(rows[:3], (("Yes", "No"), ("y", "n"), ("是", "否")), strict=False):
        tables["ae"].loc[row, ["AECONTRT", "AESER"]] = [contrt, serious]
    put(tables, "dm", "01-005", R_ASIAN="Yes")
    put(tables, "dm", "02-003", R_ASIAN="y")


def not_available(tables: Tables) -> None:
    """``NA``"""
    put(tables, "vs", "03-003", {"VISIT": "SCR"}, HEIGHT="NA")


def races(tables: Tables) -> None:
    """Two boxes ticked."""
    put(tables, "dm", "01-005", R_WHITE="Y")
    put(tables, "dm", "03-006", R_ASIAN="Yes", R_NATIVE="Yes")


def consent_again(tables: Tables) -> None:
    """A second signature after the protocol changed."""
    for who, day, entered in (
        ("01-003", "12-DEC-2024", "2024-12-12 16:20:01"),
        ("02-004", "2024/12/18", "2024-12-19 09:33:47"),
        ("03-001", "2024-12-20", "2024-12-20 11:58:12"),
    ):
        again = "10:15 AM" if who[:2] == "03" else "10:15"
        copy(
            tables, "consent", who, ICTYPE="RE-CONSENT", ICVER="V2.0", ICDAT=day, ICTIM=again, ENTERED=entered
        )


def not_done(tables: Tables) -> None:
    """Visits at which nothing was measured, with the reason."""
    results = {name: "" for test in TESTS for name in (test, f"{test}_U")}
    put(
        tables,
        "lab_s03",
        "03-007",
        {"VISIT": "D21"},
        LBPERF="No",
        LBREASND="Subject refused",
        LBTIM="",
        **results,
    )
    signs = dict.fromkeys(
        ("VSTIM", "SYSBP", "DIABP", "PULSE", "RESP", "TEMP", "TEMPU", "WEIGHT", "HEIGHT"), ""
    )
    put(tables, "vs", "02-003", {"VISIT": "SCR"}, VSND="设备故障", **signs)
    put(tables, "ecog", "01-006", {"VISIT": "M3"}, ECOG="", ECOGND="Not assessed during conditioning")
