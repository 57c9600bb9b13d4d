"""Data of the benchmark of transport files: a table of laboratory results as SDTM has it, as Parquet.

25 variables, 203 bytes a record: 25 tests, 20 visits a subject, 500 records a
subject; one result in 33 is missing.  Nothing here is real.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

TESTS, VISITS = 25, 20
BLOCK = 1_000_000
"""Records made at a time."""

_UNITS = ("10^9/L", "g/L", "U/L", "mmol/L", "umol/L", "ng/L")
_DAYS = np.datetime_as_string(np.datetime64("2024-01-01") + np.arange(400))
_TIMES = tuple(f"{day}T{hour:02d}:{minute:02d}" for day in _DAYS for hour in (7, 8, 9, 10)
               for minute in range(0, 60, 5))
_RESULTS = tuple(f"{number / 100:g}" for number in range(100_000))


def make(folder: Path, rows: int) -> None:
    """Write the table of so many records to ``lb.parquet``."""
    writer = None
    for start in range(0, rows, BLOCK):
        part = table(start, min(start + BLOCK, rows))
        writer = writer or pq.ParquetWriter(folder / "lb.parquet", part.schema)
        writer.write_table(part)
    if writer is not None:
        writer.close()


def table(start: int, stop: int) -> pa.Table:
    """The records from one to another; text by codes."""
    size = stop - start
    random = np.random.default_rng(start)
    record = np.arange(start, stop)
    subject, within = record // (TESTS * VISITS), record % (TESTS * VISITS)
    test, visit = within // VISITS, within % VISITS
    gone = random.random(size) < 0.03
    results = np.round(random.lognormal(3, 1, size), 2)
    code = np.where(gone, -1, np.minimum((results * 100).astype("int64"), len(_RESULTS) - 1))
    low = np.round(np.linspace(1, 5, TESTS), 1)
    first = int(subject[0])
    subjects = [f"CD7CART-101-{n % 40:02d}-{n:05d}" for n in range(first, int(subject[-1]) + 1)]
    unit = np.where(gone, -1, test % len(_UNITS))
    return pa.table({
        "STUDYID": _text(np.zeros(size), ["CD7CART-101"]), "DOMAIN": _text(np.zeros(size), ["LB"]),
        "USUBJID": _text(subject - first, subjects), "LBSEQ": within + 1.0,
        "LBTESTCD": _text(test, [f"TEST{n:02d}" for n in range(TESTS)]),
        "LBTEST": _text(test, [f"Laboratory {n:02d}" for n in range(TESTS)]),
        "LBCAT": _text(test % 3, ["HEMATOLOGY", "CHEMISTRY", "URINALYSIS"]),
        "LBORRES": _text(code, _RESULTS), "LBORRESU": _text(unit, _UNITS),
        "LBORNRLO": _text(test, [f"{n * 1.5:g}" for n in range(TESTS)]),
        "LBORNRHI": _text(test, [f"{n * 7.5 + 3:g}" for n in range(TESTS)]),
        "LBSTRESC": _text(code, _RESULTS), "LBSTRESN": np.where(gone, np.nan, results),
        "LBSTRESU": _text(unit, _UNITS), "LBSTNRLO": low[test], "LBSTNRHI": low[test] * 4,
        "LBNRIND": _text(np.where(gone, -1, random.integers(0, 3, size)), ["LOW", "NORMAL", "HIGH"]),
        "LBSPEC": _text(test % 2, ["BLOOD", "SERUM"]), "LBLOBXFL": _text(np.where(visit == 1, 0, -1), ["Y"]),
        "VISITNUM": visit + 1.0,
        "VISIT": _text(visit, [f"WEEK {n:02d}" if n % 7 else f"UNSCHED {n:.2f}" for n in range(VISITS)]),
        "EPOCH": _text(visit % 3, ["SCREENING", "TREATMENT", "FOLLOW-UP"]),
        "LBDTC": _text(random.integers(0, len(_TIMES), size), _TIMES), "LBDY": visit * 7 + 1.0,
        "LBREASND": _text(np.where(gone, 0, -1), ["NOT STATED"]),
    })


def _text(codes: np.ndarray, texts: list[str] | tuple[str, ...]) -> pa.Array:
    """Texts by their positions, NULL where it is -1."""
    return pa.array(texts, pa.large_string()).take(pa.array(codes.astype("int64"), mask=codes < 0))
