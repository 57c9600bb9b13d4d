"""Units and reference ranges of the three local laboratories."""

from __future__ import annotations

import pandas as pd

# Test: unit, divisor of the value in the first site's unit, decimals.
Scale = dict[str, tuple[str, float, int]]
COMMON: Scale = {
    "WBC": ("10^9/L", 1.0, 2),
    "NEUT": ("10^9/L", 1.0, 2),
    "LYM": ("10^9/L", 1.0, 2),
    "HGB": ("g/L", 1.0, 0),
    "PLT": ("10^9/L", 1.0, 0),
    "ALT": ("U/L", 1.0, 0),
    "AST": ("U/L", 1.0, 0),
    "TBIL": ("umol/L", 1.0, 1),
    "CREAT": ("umol/L", 1.0, 0),
    "GLUC": ("mmol/L", 1.0, 1),
}
TESTS = tuple(COMMON)
SCALES: dict[str, Scale] = {
    "01": COMMON,
    "02": COMMON | {"TBIL": ("μmol/L", 1.0, 1), "CREAT": ("μmol/L", 1.0, 0)},
    "03": COMMON
    | {
        "WBC": ("K/uL", 1.0, 2),
        "NEUT": ("K/uL", 1.0, 2),
        "LYM": ("K/uL", 1.0, 2),
        "HGB": ("g/dL", 10.0, 1),
        "PLT": ("K/uL", 1.0, 0),
        "TBIL": ("mg/dL", 17.1, 2),
        "CREAT": ("mg/dL", 88.42, 2),
        "GLUC": ("mg/dL", 1 / 18.016, 0),
    },
}
# Sites 01 and 02: the range of men, then of women.
SITE_01: dict[str, tuple[str, str]] = {
    "WBC": ("3.5-9.5", "3.5-9.5"),
    "NEUT": ("1.8-6.3", "1.8-6.3"),
    "LYM": ("1.1-3.2", "1.1-3.2"),
    "HGB": ("130-175", "115-150"),
    "PLT": ("125-350", "125-350"),
    "ALT": ("9-50", "7-40"),
    "AST": ("15-40", "13-35"),
    "TBIL": ("3.4-20.5", "3.4-20.5"),
    "CREAT": ("57-97", "41-73"),
    "GLUC": ("3.9-6.1", "3.9-6.1"),
}
SITE_02 = SITE_01 | {"TBIL": ("<26", "<21"), "CREAT": ("57-111", "41-81")}
# Site 03: by age band, men and women; CREAT changed with a new method on 2025-01-01; GLUC was never sent.
BANDS = (("14", "17"), ("18", "59"), ("60", "120"))
SITE_03: dict[str, tuple[str, str]] = {
    "WBC": ("4.1-11.0 3.5-9.5 3.5-9.5", "4.1-11.0 3.5-9.5 3.5-9.5"),
    "NEUT": ("1.8-8.3 1.8-6.3 1.8-6.3", "1.8-8.3 1.8-6.3 1.8-6.3"),
    "LYM": ("1.2-3.8 1.1-3.2 1.0-3.0", "1.2-3.8 1.1-3.2 1.0-3.0"),
    "HGB": ("12.9-17.2 13.0-17.5 12.5-17.0", "11.4-15.4 11.5-15.0 11.2-14.8"),
    "PLT": ("150-407 125-350 110-330", "150-407 125-350 110-330"),
    "ALT": ("7-43 9-50 9-50", "6-29 7-40 7-40"),
    "AST": ("12-37 15-40 15-40", "10-31 13-35 13-35"),
    "TBIL": ("0.20-1.20 0.20-1.30 0.20-1.30", "0.20-1.10 0.20-1.20 0.20-1.20"),
    "CREAT": ("0.50-1.00 0.64-1.10 0.64-1.26", "0.45-0.85 0.46-0.83 0.46-0.92"),
}
NEW_CREAT = ("0.48-0.98 0.62-1.08 0.62-1.22", "0.43-0.83 0.44-0.81 0.44-0.90")
FIRST_DAY, CHANGE_EVE, CHANGE, OPEN_END = "2023-01-01", "2024-12-31", "2025-01-01", "2099-12-31"
COLUMNS = ["SITE", "TEST", "SEX", "AGE_LO", "AGE_HI", "FROM", "TO", "UNIT", "LO", "HI"]


def lab_ranges() -> pd.DataFrame:
    """lab_ranges.csv, the same for any subjects."""
    rows = []
    for test, limits in SITE_03.items():
        changed = test == "CREAT"
        rows += _period(test, limits, FIRST_DAY, CHANGE_EVE if changed else OPEN_END)
        if changed:
            rows += _period(test, NEW_CREAT, CHANGE, OPEN_END)
    return pd.DataFrame(rows, columns=COLUMNS)


def _period(test: str, limits: tuple[str, str], start: str, stop: str) -> list[tuple[str, ...]]:
    return [
        ("03", test, sex, *band, start, stop, SCALES["03"][test][0], *text.split("-"))
        for sex, by_band in zip(("M", "F"), limits, strict=True)
        for band, text in zip(BANDS, by_band.split(), strict=True)
    ]
