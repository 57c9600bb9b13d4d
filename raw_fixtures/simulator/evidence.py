"""Where a mess shows itself in one cell of the raw data; messes of several records are not among these."""

from __future__ import annotations

from typing import NamedTuple

from .reread import CLOCK, WRITTEN


class Cell(NamedTuple):
    """A value that is the mess."""

    number: str  # as in the list of messes
    table: str  # file, or sheet
    who: str  # subject
    where: dict[str, str]  # other values of the record
    column: str
    pattern: str  # what its value must match


CELLS: tuple[Cell, ...] = (
    Cell("M01", "ae", "01-006", {"AETERM": "Rash"}, "AESTDAT", "UN-MAR-2025"),
    Cell("M01", "mh", "01-001", {}, "MHSTDAT", r"UN-[A-Z]{3}-\d{4}"),
    Cell("M01", "mh", "01-004", {}, "MHSTDAT", r"UN-[A-Z]{3}-\d{4}"),
    Cell("M02", "cm", "03-006", {"CMINDC": "Headache"}, "CMSTDAT", "2025-03"),
    Cell("M02", "ae", "02-005", {"AESTDAT": "2025/2/20"}, "AEENDAT", "2025/3"),
    Cell("M02", "mh", "02-004", {}, "MHSTDAT", r"\d{4}/\d{1,2}"),
    Cell("M03", "mh", "01-003", {"MHTERM": "Hypertension"}, "MHSTDAT", "UNK"),
    Cell("M03", "ae", "02-007", {"AEENDAT": "2025/6/30"}, "AESTDAT", "UNK"),
    Cell("M04", "ae", "03-001", {"AEENDAT": "2024-07-02"}, "AESTDAT", "2024"),
    Cell("M04", "ae", "01-004", {"AETERM": "Fatigue"}, "AESTDAT", "UN-UNK-2024"),
    Cell("M04", "mh", "03-002", {}, "MHSTDAT", r"\d{4}"),
    *(
        Cell("M05", "dm", who, {}, "BRTHDD", "")
        for who in ("01-002", "01-006", "01-009", "02-001", "02-003", "02-006", "02-008", "03-002", "03-005")
    ),
    Cell("M05", "dm", "02-008", {}, "BRTHMM", ""),
    Cell("M08", "ae", "02-004", {"AESTDAT": "2024/10/30"}, "AESTTIM", "14"),
    Cell("M08", "vs", "01-005", {"VISIT": "D7"}, "VSTIM", "09:UN"),
    Cell("M10", "ae", "02-002", {"CTCAEGR": "5"}, "AETERM", "肺炎（真菌）"),
    Cell("M10", "mh", "02-003", {"MHCAT": "PRIMARY DIAGNOSIS"}, "MHTERM", "Ｔ细胞急性淋巴细胞白血病"),
    Cell("M10", "lab_s02", "02-006", {"VISIT": "SCR"}, "GLUC", "[０-９]+．[０-９]"),
    Cell("M15", "ae", "01-001", {"AEENDAT": "12-APR-2024"}, "AETERM", "Fever  "),
    Cell("M15", "ae", "01-003", {"AESTDAT": "05-JUL-2024"}, "AETERM", "NAUSEA"),
    Cell("M15", "ae", "03-003", {"AEENDAT": "2024-10-21"}, "AETERM", " fatigue"),
    Cell("M15", "vs", "01-004", {"VISIT": "d7 "}, "VSDAT", WRITTEN["01"]),
    Cell("M15", "enrol", "01-005", {}, "DLASSIGN", "dl3 "),
    Cell("M15", "dm", "03-001", {}, "ETHNIC", "Not Hispanic or Latino"),
    Cell("M16", "qpcr", "03-001", {"VISIT": "MONTH 9", "SPECIMEN": "Blood"}, "RESULT", "<50"),
    Cell("M16", "lab_s01", "01-002", {"VISIT": "SCR"}, "ALT", "<5"),
    Cell("M18", "lab_s01", "01-005", {"VISIT": "D7"}, "GLUC", "ND"),
    Cell("M18", "lab_s02", "02-001", {"VISIT": "D4"}, "CREAT", "ND"),
    Cell("M19", "lab_s02", "02-002", {"VISIT": "D10"}, "ALT", "> 1000"),
    Cell("M19", "lab_s02", "02-002", {"VISIT": "D10"}, "AST", "> 1000"),
    Cell(
        "M20", "cytokines", "01-005", {"VISIT": "DAY 10", "ANALYTE": "Ferritin"}, "RESULT", r"\d{1,2},\d{3}"
    ),
    Cell("M20", "qpcr", "01-007", {"VISIT": "DAY 10"}, "RESULT", r"\d{1,2},\d{3}"),
    Cell("M21", "lab_s03", "03-002", {"VISIT": "D21"}, "WBC", r"\d+,\d{2}"),
    Cell("M21", "lab_s03", "03-002", {"VISIT": "D21"}, "HGB", r"\d+,\d"),
    Cell("M22", "lab_s01", "01-003", {"VISIT": "D14"}, "WBC", r"\d+\.\d{2} x10\^9/L"),
    Cell("M22", "lab_s01", "01-003", {"VISIT": "D14"}, "WBC_U", ""),
    Cell("M23", "lab_s02", "02-004", {"VISIT": "D14"}, "GLUC", r"0\d+\.\d"),
    Cell("M24", "lab_s03", "03-003", {"VISIT": "D4"}, "WBC_U", "k/ul"),
    Cell("M24", "lab_s01", "01-006", {"VISIT": "D4"}, "HGB_U", "g/l"),
    Cell("M25", "lab_s02", "02-005", {"VISIT": "D1"}, "WBC_RANGE", "3.5～9.5"),
    Cell("M25", "lab_s01", "01-002", {"VISIT": "SCR"}, "WBC_LO", ""),
    Cell("M25", "lab_s01", "01-002", {"VISIT": "SCR"}, "WBC_HI", ""),
    Cell("M29", "dm", "01-005", {}, "R_ASIAN", "Yes"),
    Cell("M29", "dm", "02-003", {}, "R_ASIAN", "y"),
    Cell("M30", "vs", "03-003", {"VISIT": "SCR"}, "HEIGHT", "NA"),
    Cell("M33", "lab_s03", "03-007", {"VISIT": "D21", "LBPERF": "No"}, "LBREASND", "Subject refused"),
    Cell("M33", "vs", "02-003", {"VISIT": "SCR", "SYSBP": ""}, "VSND", "设备故障"),
    Cell("M33", "ecog", "01-006", {"VISIT": "M3", "ECOG": ""}, "ECOGND", "Not assessed during conditioning"),
    Cell("M36", "infusion", "03-002", {}, "INFENTIM", ""),
    Cell(
        "M37", "qpcr", "01-008", {"VISIT": "DAY 21", "RESULT": ""}, "COMMENT", "Sample clotted, not analysed"
    ),
    Cell("M38", "qpcr", "03-003", {"VISIT": "MONTH 2"}, "COLTIM", ""),
    Cell("M43", "ae", "01-008", {"AETERM": "Peripheral neuropathy", "AEENDAT": ""}, "AEONGO", "Y"),
    Cell("M48", "death", "02-002", {}, "DTHDAT", "2024/12/19"),
    Cell("M48", "ds", "02-002", {"DSREAS": "DEATH"}, "DSDAT", "2024/12/18"),
    Cell("M48", "ae", "02-002", {"AEOUT": "死亡"}, "AEENDAT", "2024/12/20"),
    Cell("M49", "death", "02-005", {}, "DTHDAT", "2025/7"),
    Cell("M49", "ds", "02-005", {"DSREAS": "DEATH"}, "DSDAT", "2025/7"),
    Cell("M49", "surv", "02-005", {"SSSTAT": "DEAD"}, "SSDTHDAT", "2025/7"),
    Cell("M49", "ds", "01-007", {"DSREAS": "DEATH"}, "DSDAT", "UN-MAY-2025"),
    Cell("M49", "death", "01-007", {}, "DTHDAT", "09-MAY-2025"),
    Cell("M09", "vs", "03-004", {"VISIT": "SCR", "VSDAT": ""}, "VSTIM", CLOCK["03"]),
    Cell("M09", "ae", "01-008", {"AETERM": "Headache", "AEENDAT": ""}, "AEENTIM", "16:30"),
    Cell("M28", "ae", "01-003", {"AESTDAT": "20-AUG-2024", "CTCAEGR": "3"}, "REC_VER", "2"),
    Cell("M28", "infusion", "03-003", {"DOSEGVN": "0.10"}, "REC_VER", "1"),
    Cell("M32", "consent", "01-003", {"ICTYPE": "RE-CONSENT"}, "ICDAT", "12-DEC-2024"),
    Cell("M32", "consent", "02-004", {"ICTYPE": "RE-CONSENT"}, "ICDAT", "2024/12/18"),
    Cell("M32", "consent", "03-001", {"ICTYPE": "RE-CONSENT"}, "ICDAT", "2024-12-20"),
    Cell("M34", "qpcr", "01-003", {"TIMEPOINT": "168 h", "COLTIM": "08:35"}, "SAMPLEID", "Q01003-D7-A"),
    Cell("M34", "qpcr", "01-003", {"TIMEPOINT": "168 h", "COLTIM": "12:40"}, "SAMPLEID", "Q01003-D7-B"),
    Cell("M41", "ld", "01-006", {"LDSPID": "1"}, "LDENDAT", "06-FEB-2025"),
    Cell("M41", "ld", "01-006", {"LDSPID": "3", "LDSTDAT": "08-FEB-2025"}, "LDENDAT", "09-FEB-2025"),
    Cell("M47", "ae", "01-004", {"AEGRP": "NEU-1", "CTCAEGR": "3"}, "AESTDAT", "14-SEP-2024"),
    Cell("M47", "ae", "01-004", {"AEGRP": "NEU-1", "CTCAEGR": "4"}, "AESTDAT", "19-SEP-2024"),
    Cell("M29", "ae", "01-004", {"AECONTRT": "Yes"}, "AESER", "No"),
    Cell("M29", "ae", "01-004", {"AECONTRT": "y"}, "AESER", "n"),
    Cell("M29", "ae", "01-004", {"AECONTRT": "是"}, "AESER", "否"),
    Cell("M31", "dm", "01-005", {"R_ASIAN": "Yes"}, "R_WHITE", "Y"),
    Cell("M31", "dm", "03-006", {"R_ASIAN": "Yes"}, "R_NATIVE", "Yes"),
    Cell("M39", "qpcr", "01-007", {"VISIT": "DAY 4"}, "SUBJECT", "cd7cart-101-01-007 "),
    Cell("M39", "qpcr", "02-001", {}, "SUBJECT", "02-001"),
    Cell("M40", "ld", "01-004", {"LDSTDAT": "12-SEP-2024"}, "LDSTTIM", "1[01]:.."),
    Cell("M40", "lab_s01", "01-004", {"VISIT": "LD", "LBDAT": "12-SEP-2024"}, "LBTIM", "15:40"),
)
