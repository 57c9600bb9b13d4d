"""engine.xpt beside R's haven: it reads what we write, and writes the same bytes; skipped where it is not."""

from __future__ import annotations

import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from xpt_parts import laboratory, listed, values_start, with_full_texts

from engine.xpt import Variable, layout, read, write
from engine.xpt.ibm import LETTERS

if TYPE_CHECKING:
    from built_study import Built

CREATED = datetime(2026, 6, 30, 8, 5, 9)
STAMP = b"30JUN26:08:05:09"
# haven gives the format as the informat too.
VARIABLES = (
    Variable("USUBJID", "Unique Subject Identifier", "Char", 12, "$12.", "$12."),
    Variable("LBSEQ", "Sequence Number", "Num", 8), Variable("LBTESTCD", "Test", "Char", 8),
    Variable("LBORRES", "Result", "Char", 31),
    Variable("LBSTRESN", "Numeric Result", "Num", 8, "8.2", "8.2"),
    Variable("LBDT", "Date", "Num", 8, "DATE9.", "DATE9."),
    Variable("LBDTM", "Datetime", "Num", 8, "E8601DT19.", "E8601DT19."),
)
# haven 2.5.1 reads the letters of special missing values as small ones and writes capitals alone.
AGAIN = """a <- commandArgs(TRUE); d <- haven::read_xpt(a[1])
for (n in names(d)) if (is.double(d[[n]])) {
  t <- haven::is_tagged_na(d[[n]])
  if (any(t)) d[[n]][t] <- haven::tagged_na(toupper(haven::na_tag(d[[n]][t])))
}
haven::write_xpt(d, a[2], version = as.integer(a[3]), name = "LB", label = attr(d, "label"))"""
NUMBERS = """a <- commandArgs(TRUE); d <- haven::read_xpt(a[1])
writeBin(as.double(d$X), a[2], size = 8, endian = "little")"""
SHAPES = """for (f in commandArgs(TRUE)) {
  d <- haven::read_xpt(f)
  none <- sapply(d, function(x) sum(is.na(x)) + if (is.character(x)) sum(x == "") else 0)
  cat(nrow(d), ncol(d), sum(none), names(d), sep = " "); cat("\\n")
}"""


def r(script: str, *arguments: object) -> str:
    """What a script of R prints."""
    command = ["Rscript", "-e", script, *(str(one) for one in arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


@pytest.fixture(scope="module", autouse=True)
def haven() -> None:
    """Tests of this file need it."""
    if shutil.which("Rscript") is None or r("cat(requireNamespace('haven', quietly = TRUE))") != "TRUE":
        pytest.skip("R with haven is not installed")


@pytest.mark.parametrize("version", [5, 8])
def test_files_are_those_of_haven_but_for_the_time(tmp_path: Path, version: int) -> None:
    frame = with_full_texts(laboratory(3_000))
    letters = pd.Series(list(LETTERS), index=pd.RangeIndex(5, 32), dtype="str")
    frame.loc[letters.index, "LBSTRESN"] = np.nan
    path, other = tmp_path / "lb.xpt", tmp_path / "other.xpt"
    write(frame, path, variables=VARIABLES, label="Laboratory Test Results", created=CREATED,
          version=version, special={"LBSTRESN": letters})
    r(AGAIN, path, other, version)
    theirs = other.read_bytes()
    theirs = theirs.replace(theirs[144:160], STAMP)
    if version == 8:  # haven 2.5.1 does not state the number of records
        theirs = theirs.replace(layout.card(b"OBSV8   "), layout.observations(8, 3_000))
    assert path.read_bytes() == theirs
    found, metadata = read(other)
    pd.testing.assert_frame_equal(found, read(path)[0])
    pd.testing.assert_series_equal(metadata.special["LBSTRESN"], letters)


def test_haven_reads_numbers_of_the_whole_range(tmp_path: Path) -> None:
    random = np.random.default_rng(11)
    powers = np.ldexp(random.uniform(1, 2, 1024), random.integers(-260, 252, 1024))
    values = np.concatenate([powers, -powers, [0.0, 1 / 3, 2.0**53, np.nan]])
    path, found = tmp_path / "vs.xpt", tmp_path / "found"
    write(pd.DataFrame({"X": values}), path, created=CREATED)
    r(NUMBERS, path, found)
    assert np.array_equal(np.fromfile(found, dtype="<f8"), values, equal_nan=True)
    assert len(path.read_bytes()) - values_start(path.read_bytes(), 1, 5) >= 8 * len(values)


def test_haven_reads_the_built_study(built: Built) -> None:
    paths = sorted(built.folder.rglob("*.xpt"))
    assert len(paths) > 9
    lines = r(SHAPES, *paths).splitlines()
    for path, line in zip(paths, lines, strict=True):
        frame, metadata = read(path)
        missing = sum(one is None for name in frame for one in listed(frame[name]))
        assert line.split() == [str(len(frame)), str(frame.shape[1]), str(missing), *metadata.column_names]
