"""The built-in study, built once a test run, and its files read by an independent reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyreadstat


@dataclass(frozen=True)
class Built:
    """The folder of a built set and its datasets as pyreadstat reads them."""

    folder: Path
    frames: dict[str, pd.DataFrame]
    metadata: Mapping[str, object]

    def file(self, name: str) -> Path:
        """The transport file of a dataset."""
        return next(self.folder.rglob(f"{name.lower()}.xpt"))


def read_built(folder: Path) -> Built:
    """Read every transport file below a folder; text stays text, dates become ISO text."""
    frames, metadata = {}, {}
    for path in sorted(folder.rglob("*.xpt")):
        frame, meta = pyreadstat.read_xport(str(path), disable_datetime_conversion=True)
        name = path.stem.upper()
        frames[name] = pd.DataFrame({c: shown(frame[c], meta.original_variable_types.get(c) or "")
                                     for c in frame.columns}, index=frame.index, dtype="str")
        metadata[name] = meta
    return Built(folder, frames, metadata)


def shown(values: pd.Series, fmt: str) -> pd.Series:
    """Values as a person would write them: shortest numbers, ISO dates, blank for missing."""
    if values.dtype.kind != "f":
        return values.astype("str").fillna("")
    epoch = pd.Timestamp("1960-01-01")
    kind = fmt.rstrip("0123456789.")
    if kind == "DATE":
        made = (epoch + pd.to_timedelta(values, unit="D")).dt.strftime("%Y-%m-%d")
    elif kind == "DATETIME":
        made = (epoch + pd.to_timedelta(values, unit="s")).dt.strftime("%Y-%m-%dT%H:%M:%S")
    elif kind == "TIME":
        made = (epoch + pd.to_timedelta(values, unit="s")).dt.strftime("%H:%M:%S")
    else:
        made = values.map(lambda v: "" if pd.isna(v) else f"{v:.12g}")
    return made.fillna("").astype("str")
