"""Data of the benchmark ``lb``: a laboratory's long transfer as CSV, and dm.csv.

One line a test of a sample: 25 tests, 20 visits a subject, 500 lines a subject.
Every other site writes conventional units.  Nothing here is real.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

VISITS = ("SCR", "BL", *(f"W{week}" for week in range(1, 18)), "EOT")
DAYS = np.array([-14, 1, *(7 * week + 1 for week in range(1, 18)), 127])
COLUMNS = ("SITE", "SUBJ", "ACCESSION", "VISIT", "LBDAT", "LBTIM", "TEST", "RESULT", "UNIT", "LOW", "HIGH",
           "SPECIMEN")
SITES = 40
BLOCK = 1_000_000
"""Lines made and written at a time."""


class Test(NamedTuple):
    """A test: its name at the laboratory, units and limits; ``factor`` leads from ``other`` to ``unit``."""

    code: str
    name: str
    unit: str
    other: str
    factor: float
    digits: int
    other_digits: int
    low: float
    high: float
    specimen: str = "Serum"


def _cells(code: str, name: str, low: float, high: float, digits: int = 2) -> Test:
    return Test(code, name, "10^9/L", "K/uL", 1, digits, digits, low, high, "Whole blood")


TESTS = (
    Test("HGB", "Haemoglobin", "g/L", "g/dL", 10, 0, 1, 120, 170, "Whole blood"),
    Test("HCT", "Haematocrit", "%", "%", 1, 1, 1, 36, 50, "Whole blood"),
    Test("RBC", "Red cell count", "10^12/L", "10^6/uL", 1, 2, 2, 4, 5.9, "Whole blood"),
    _cells("WBC", "White cell count", 3.5, 9.5), _cells("PLAT", "Platelet count", 125, 350, 0),
    _cells("NEUT", "Neutrophils", 1.8, 6.3), _cells("LYM", "Lymphocytes", 1.1, 3.2),
    _cells("MONO", "Monocytes", 0.1, 0.6), _cells("EOS", "Eosinophils", 0.02, 0.52),
    _cells("BASO", "Basophils", 0.01, 0.06),
    Test("SODIUM", "Sodium", "mmol/L", "mEq/L", 1, 1, 0, 136, 145),
    Test("K", "Potassium", "mmol/L", "mEq/L", 1, 2, 1, 3.5, 5.1),
    Test("GLUC", "Glucose", "mmol/L", "mg/dL", 0.0555075, 2, 0, 3.9, 6.1),
    Test("CREAT", "Creatinine", "umol/L", "mg/dL", 88.4017, 1, 2, 45, 110),
    Test("BILI", "Total bilirubin", "umol/L", "mg/dL", 17.104, 2, 2, 3, 21),
    Test("ALB", "Albumin", "g/L", "g/dL", 10, 1, 2, 35, 50),
    Test("PROT", "Total protein", "g/L", "g/dL", 10, 1, 2, 60, 83),
    Test("CHOL", "Cholesterol", "mmol/L", "mg/dL", 0.0258635, 2, 0, 2.8, 5.7),
    Test("TRIG", "Triglycerides", "mmol/L", "mg/dL", 0.0112943, 2, 0, 0.4, 1.8),
    Test("ALT", "ALT (SGPT)", "U/L", "U/L", 1, 1, 1, 7, 50),
    Test("AST", "AST (SGOT)", "U/L", "U/L", 1, 1, 1, 13, 40),
    Test("ALP", "Alkaline phosphatase", "U/L", "U/L", 1, 1, 1, 45, 125),
    Test("GGT", "Gamma GT", "U/L", "U/L", 1, 1, 1, 10, 60),
    Test("LDH", "LDH", "U/L", "U/L", 1, 2, 2, 120, 250),
    Test("CK", "Creatine kinase", "U/L", "U/L", 1, 2, 2, 50, 310),
)
A_VISIT, A_SUBJECT = len(TESTS), len(TESTS) * len(VISITS)
"""Lines a visit, and lines a subject."""


def make(folder: Path, rows: int) -> None:
    """Write ``lab.csv`` with so many lines, and ``dm.csv`` with their subjects."""
    subjects = -(-rows // A_SUBJECT)
    random = np.random.default_rng(20250328)
    first_dose = np.datetime64("2024-01-08") + random.integers(0, 600, subjects)
    _write_dm(folder / "dm.csv", subjects, first_dose, random)
    visits = subjects * len(VISITS)
    taken = np.repeat(first_dose, len(VISITS)) + np.tile(DAYS - (DAYS > 0), subjects)
    taken = taken + random.integers(-2, 3, visits) * np.tile(DAYS > 1, subjects)
    minute = random.integers(360, 720, visits)
    with (folder / "lab.csv").open("wb") as out:
        out.write((",".join(COLUMNS) + "\n").encode())
        for start in range(0, rows, BLOCK):
            block = _lines(np.arange(start, min(start + BLOCK, rows)), taken, minute, random)
            pa_csv.write_csv(block, out, pa_csv.WriteOptions(include_header=False, quoting_style="none"))


def site_of(subject: np.ndarray) -> np.ndarray:
    """The number of each subject's site, from 1."""
    return subject % SITES + 1


def _numbered(values: np.ndarray, width: int, before: str = "") -> pa.Array:
    """Numbers as text with leading zeros."""
    distinct, codes = np.unique(values, return_inverse=True)
    return pa.array([f"{before}{value:0{width}d}" for value in distinct.tolist()]).take(pa.array(codes))


def _chosen(words: tuple[str, ...], codes: np.ndarray) -> pa.Array:
    return pa.array(words).take(pa.array(codes))


def _write_dm(path: Path, subjects: int, first_dose: np.ndarray, random: np.random.Generator) -> None:
    who = np.arange(subjects)
    arm = random.integers(0, 2, subjects)
    consent = first_dose - random.integers(15, 28, subjects)
    table = pa.table({
        "SITE": _numbered(site_of(who), 3), "SUBJ": _numbered(who // SITES + 1, 4),
        "ICDAT": _dates(consent), "FDDAT": _dates(first_dose),
        "FDTIM": _clock(random.integers(480, 720, subjects)),
        "AGE": _numbered(random.integers(18, 80, subjects), 1),
        "SEX": _chosen(("Female", "Male"), random.integers(0, 2, subjects)),
        "RACE": _chosen(("ASIAN", "WHITE", "BLACK OR AFRICAN AMERICAN"), random.integers(0, 3, subjects)),
        "COUNTRY": _chosen(("China", "Germany", "Spain"), site_of(who) % 3),
        "ARMCD": _chosen(("A", "P"), arm),
    })
    with path.open("wb") as out:
        out.write((",".join(table.column_names) + "\n").encode())
        pa_csv.write_csv(table, out, pa_csv.WriteOptions(include_header=False, quoting_style="none"))


_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def _dates(days: np.ndarray) -> pa.Array:
    """Dates as ``09-APR-2024``."""
    distinct, codes = np.unique(days.astype("datetime64[D]"), return_inverse=True)
    parts = (text.split("-") for text in np.datetime_as_string(distinct).tolist())
    return pa.array([f"{day}-{_MONTHS[int(month) - 1]}-{year}" for year, month, day in parts]).take(
        pa.array(codes))


def _clock(minutes: np.ndarray) -> pa.Array:
    """Minutes of the day as ``HH:mm``."""
    return pa.array([f"{minute // 60:02d}:{minute % 60:02d}" for minute in range(1440)]).take(
        pa.array(minutes))


def _lines(at: np.ndarray, taken: np.ndarray, minute: np.ndarray, random: np.random.Generator) -> pa.Table:
    """The lines with these numbers, from 0."""
    subject, sample, test = at // A_SUBJECT, at // A_VISIT, at % A_VISIT
    site = site_of(subject)
    conventional = site % 2 == 0
    result, low, high = _results(test, conventional, random)
    unit = _chosen(tuple(t.unit for t in TESTS) + tuple(t.other for t in TESTS),
                   test + len(TESTS) * conventional)
    no_time = pa.array((sample * 7919) % 97 == 0)
    return pa.table([
        _numbered(site, 3), _numbered(subject // SITES + 1, 4), _numbered(sample, 7, "A"),
        _chosen(VISITS, sample % len(VISITS)), _dates(taken[sample]),
        pa.compute.if_else(no_time, "", _clock(minute[sample])),
        _chosen(tuple(t.name for t in TESTS), test), result, unit, low, high,
        _chosen(tuple(t.specimen for t in TESTS), test),
    ], names=list(COLUMNS))


def _results(test: np.ndarray, conventional: np.ndarray,
             random: np.random.Generator) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Results and limits as text: a few below the limit of quantification, a few blank."""
    chance = random.random(len(test))
    spread = random.standard_normal(len(test))
    texts: list[list[str]] = [[], [], []]
    codes = np.zeros((3, len(test)), dtype=np.int64)
    for number, one in enumerate(TESTS):
        for other in (False, True):
            here = np.flatnonzero((test == number) & (conventional == other))
            factor, digits = (one.factor, one.other_digits) if other else (1.0, one.digits)
            middle, sigma = math.log(math.sqrt(one.low * one.high)), math.log(one.high / one.low) / 3.2
            values = np.exp(middle + sigma * spread[here]) / factor
            scaled, own = np.unique(np.rint(values * 10**digits).astype(np.int64), return_inverse=True)
            made = [f"{value / 10**digits:.{digits}f}" for value in scaled.tolist()]
            codes[0, here] = own + len(texts[0])
            least = f"<{one.low / factor / 10:.{digits + 1}f}"
            codes[0, here[chance[here] < 0.005]] = len(texts[0]) + len(made)
            codes[0, here[chance[here] > 0.997]] = len(texts[0]) + len(made) + 1
            texts[0] += [*made, least, ""]
            for part, limit in ((1, one.low), (2, one.high)):
                codes[part, here] = len(texts[part])
                texts[part].append(f"{limit / factor:.{digits}f}")
    results, lows, highs = (pa.array(t).take(pa.array(c)) for t, c in zip(texts, codes, strict=True))
    return results, lows, highs
