"""The built-in study, built once a test run, and its files read by an independent reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat

from engine.yaml import read_yaml


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


def expected_records(folder: Path) -> list[tuple[str, Any]]:
    """The records of the files of expected records in a folder, each with its dataset."""
    cases: list[tuple[str, Any]] = []
    for file in sorted(folder.glob("*.yaml")):
        spec: Any = read_yaml(file, folder)
        for record in spec["records"]:
            cases.append((str(spec["dataset"]), record))
    return cases


def case_name(case: tuple[str, Any]) -> str:
    """A name for a test of one expected record."""
    return f"{case[0]}-" + "-".join(str(v) for v in case[1]["find"].values())


def compare_record(built: Built, dataset: str, record: Any) -> None:
    """Assert that there is the one record, with these values; or none, where it is to be absent."""
    frame = _found(built, dataset, record)
    if "absent" in record:
        assert frame.empty, record["why"]
        return
    assert len(frame) == 1, f"{len(frame)} records of {dataset} fit {dict(record['find'])}"
    row = frame.iloc[0]
    wanted = {str(n): str(v["is"]) for n, v in record["values"].items()}
    got = {name: row.get(name, "(no such variable)") for name in wanted}
    assert got == wanted


def _found(built: Built, dataset: str, record: Any) -> pd.DataFrame:
    frame = built.frames[dataset]
    for name, value in record["find"].items():
        frame = frame[frame[str(name)] == str(value)]
    if "parent" in record:
        parent = built.frames[dataset.removeprefix("SUPP")]
        for name, value in record["parent"].items():
            parent = parent[parent[str(name)] == str(value)]
        keys = parent[["USUBJID", f"{dataset.removeprefix('SUPP')}SEQ"]].rename(
            columns={f"{dataset.removeprefix('SUPP')}SEQ": "IDVARVAL"})
        frame = frame.merge(keys, on=["USUBJID", "IDVARVAL"])
    return frame
