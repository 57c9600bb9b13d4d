"""Messes of results, units, samples and treatment times."""

from __future__ import annotations

from .messkit import Tables, copy, get, put


def below(tables: Tables) -> None:
    """``<50`` where else ``BLQ(<50)`` is written, and ``<5``."""
    put(tables, "qpcr", "03-001", {"VISIT": "MONTH 9", "SPECIMEN": "Blood"}, RESULT="<50")
    put(tables, "lab_s01", "01-002", {"VISIT": "SCR"}, ALT="<5")


def site_nd(tables: Tables) -> None:
    """``ND`` of a site: not done."""
    put(tables, "lab_s01", "01-005", {"VISIT": "D7"}, GLUC="ND")
    put(tables, "lab_s02", "02-001", {"VISIT": "D4"}, CREAT="ND")


def above(tables: Tables) -> None:
    """``> 1000``"""
    put(tables, "lab_s02", "02-002", {"VISIT": "D10"}, ALT="> 1000", AST="> 1000")


def thousands(tables: Tables) -> None:
    """``1,234``"""
    for name, who, where in (
        ("cytokines", "01-005", {"VISIT": "DAY 10", "ANALYTE": "Ferritin"}),
        ("qpcr", "01-007", {"VISIT": "DAY 10"}),
    ):
        text = get(tables, name, who, where, "RESULT")
        number = int(text) if text.isdigit() else 0
        put(tables, name, who, where, RESULT=f"{number if number >= 1000 else number + 1000:,}")


def decimal_comma(tables: Tables) -> None:
    """``5,6``"""
    for test in ("WBC", "HGB"):
        value = get(tables, "lab_s03", "03-002", {"VISIT": "D21"}, test)
        put(tables, "lab_s03", "03-002", {"VISIT": "D21"}, **{test: value.replace(".", ",")})


def unit_typed_in(tables: Tables) -> None:
    """``5.6 x10^9/L``"""
    value = get(tables, "lab_s01", "01-003", {"VISIT": "D14"}, "WBC")
    put(tables, "lab_s01", "01-003", {"VISIT": "D14"}, WBC=f"{value} x10^9/L", WBC_U="")


def leading_zero(tables: Tables) -> None:
    """``05.1``"""
    value = get(tables, "lab_s02", "02-004", {"VISIT": "D14"}, "GLUC")
    put(tables, "lab_s02", "02-004", {"VISIT": "D14"}, GLUC="0" + value)


def unit_spelling(tables: Tables) -> None:
    """``k/ul`` and ``g/l``"""
    put(tables, "lab_s03", "03-003", {"VISIT": "D4"}, WBC_U="k/ul")
    put(tables, "lab_s01", "01-006", {"VISIT": "D4"}, HGB_U="g/l")


def ranges(tables: Tables) -> None:
    """A wide tilde in a range, and a range left out."""
    put(tables, "lab_s02", "02-005", {"VISIT": "D1"}, WBC_RANGE="3.5～9.5")
    put(tables, "lab_s01", "01-002", {"VISIT": "SCR"}, WBC_LO="", WBC_HI="")


def two_samples(tables: Tables) -> None:
    """Two samples at one time point, four hours apart."""
    where = {"VISIT": "DAY 7", "SPECIMEN": "Blood"}
    sample = get(tables, "qpcr", "01-003", where, "SAMPLEID")
    level = get(tables, "qpcr", "01-003", where, "RESULT")
    second = str(round(int(level) * 1.13)) if level.isdigit() else level
    put(tables, "qpcr", "01-003", where, COLTIM="08:35")
    copy(
        tables,
        "qpcr",
        "01-003",
        where,
        SAMPLEID=sample[:-1] + "B",
        COLTIM="12:40",
        RESULT=second,
        COMMENT="Second tube",
    )


def sample_before_stop(tables: Tables) -> None:
    """End-of-infusion sample taken while the infusion ran, for long."""
    start = get(tables, "infusion", "02-004", {}, "INFSTTIM")
    stop = _later(start, 45)
    put(tables, "infusion", "02-004", INFENTIM=stop)
    put(tables, "qpcr", "02-004", {"TIMEPOINT": "End of infusion"}, COLTIM=_later(stop, -20))


def _later(clock: str, minutes: int) -> str:
    total = int(clock[:2]) * 60 + int(clock[3:]) + minutes
    return f"{total // 60:02d}:{total % 60:02d}"


def no_stop_time(tables: Tables) -> None:
    """Infusion without a stop time."""
    put(tables, "infusion", "03-002", INFENTIM="")


def not_analysed(tables: Tables) -> None:
    """A sample without a result."""
    put(tables, "qpcr", "01-008", {"VISIT": "DAY 21"}, RESULT="", COMMENT="Sample clotted, not analysed")


def no_collection_time(tables: Tables) -> None:
    """A sample with its date only."""
    put(tables, "qpcr", "03-003", {"VISIT": "MONTH 2"}, COLTIM="")


def subject_spelling(tables: Tables) -> None:
    """Lower case and a blank in a subject number."""
    put(tables, "qpcr", "01-007", {"VISIT": "DAY 4"}, SUBJECT="cd7cart-101-01-007 ")


def sample_after_dose(tables: Tables) -> None:
    """Laboratory sample on the first day of lymphodepletion, after its first dose."""
    put(tables, "lab_s01", "01-004", {"VISIT": "LD"}, LBTIM="15:40")


def delayed_day(tables: Tables) -> None:
    """Lymphodepletion in two intervals: the second day came a day late, the third after it."""
    for who, drugs, days in (
        ("01-006", ("1", "2"), ("08-FEB-2025", "09-FEB-2025")),
        ("03-003", ("1",), ("2024-10-05", "2024-10-06")),
    ):
        for drug in drugs:
            where = {"LDSPID": drug}
            first = get(tables, "ld", who, where, "LDSTDAT")
            copy(
                tables,
                "ld",
                who,
                where,
                LDSPID=str(int(drug) + 2),
                LDSTDAT=days[0],
                LDENDAT=days[1],
                LDADJ="Fever, second day given one day late",
                ENTERED=get(tables, "infusion", who, {}, "ENTERED"),
            )
            put(tables, "ld", who, where, LDENDAT=first)
    tables["ld"] = tables["ld"].sort_values(["SITE", "SUBJ", "LDSPID"], kind="stable").reset_index(drop=True)
