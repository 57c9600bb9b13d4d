"""A table for the tests of transport files, and where the parts of such a file stand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from engine.xpt import layout


def values_start(data: bytes, variables: int, version: int) -> int:
    """Where the first value stands in a file of one dataset and so many variables."""
    at = layout.padded(8 * layout.RECORD + layout.NAMESTR.itemsize * variables)
    while layout.card_name(data[at : at + layout.RECORD]) != layout.NAMES["observations"][version]:
        at += layout.RECORD
        if at >= len(data):
            raise ValueError("no OBS header record")
    return at + layout.RECORD


def laboratory(size: int, seed: int = 1) -> pd.DataFrame:
    """A table of laboratory results with missing values in every column but the first two."""
    random = np.random.default_rng(seed)
    gone = random.random((size, 5)) < 0.1
    days = np.datetime64("2024-01-01", "s") + random.integers(0, 10**7, size).astype("timedelta64[s]")
    results = np.round(random.lognormal(2, 3, size), 3)
    tests = pd.Series(np.take(["ALT", "AST", "BILI"], random.integers(0, 3, size)))
    return pd.DataFrame({
        "USUBJID": pd.Series([f"01-{n // 7:05d}" for n in range(size)], dtype="str"),
        "LBSEQ": np.arange(size) % 7 + 1.0,
        "LBTESTCD": tests.mask(gone[:, 0]).astype("category"),
        "LBORRES": pd.Series([f"{result:g}" for result in results], dtype="str").mask(gone[:, 1]),
        "LBSTRESN": pd.Series(results).mask(gone[:, 2]),
        "LBDT": pd.Series(days.astype("datetime64[D]").astype("datetime64[s]")).mask(gone[:, 3]),
        "LBDTM": pd.Series(days).mask(gone[:, 4]),
    })


def with_full_texts(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with a text of full length in every column, from which other programs take the length."""
    made = frame.copy()
    made.loc[0, ["USUBJID", "LBTESTCD"]] = np.nan
    made.loc[0, "LBORRES"] = "x" * 31
    made.loc[1, "USUBJID"] = "a" * 12
    made["LBTESTCD"] = made["LBTESTCD"].cat.add_categories(["EIGHTLET"])
    made.loc[2, "LBTESTCD"] = "EIGHTLET"
    return made


def listed(values: pd.Series) -> list[Any]:
    """Values with None for what is missing or empty."""
    return [None if pd.isna(value) or value == "" else value for value in values]
