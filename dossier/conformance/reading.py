"""Studies under check: a test case as CDISC's repository lays it out, or a folder of datasets."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from dossier.conformance.frame import Frame, Held
from dossier.conformance.outcomes import Failure
from dossier.conformance.study import Dataset, Study, VariableFacts
from engine.errors import DataError, Place, Problem
from engine.yaml.source import show_path


def read_case(folder: Path) -> Study:
    """The study of a test case: ``folder`` is its ``data``.

    ``.env`` names product and version, ``_datasets.csv`` the files,
    ``_variables.csv`` the type of each variable.  Raises :class:`DataError` for
    files that are missing or cannot be read.
    """
    settings = _settings(folder / ".env")
    declared = _table(folder / "_variables.csv", ("dataset", "variable", "label", "type", "length"))
    files = _table(folder / "_datasets.csv", ("Filename", "Label"))
    known = {path.name.lower(): path for path in folder.glob("*.csv")}
    datasets = []
    for entry in files:
        stem = entry["Filename"].removesuffix(".csv").removesuffix(".xpt")
        path = known.get(f"{stem.lower()}.csv")
        if path is not None:
            datasets.append(_listed(path, stem, entry, declared))
    define = settings.get("DEFINE_XML")
    return Study(datasets, folder / define if define else None, settings.get("CT") or None,
                 (settings.get("PRODUCT") or "SDTMIG").upper(), settings.get("VERSION", "3-4"))


def _listed(path: Path, stem: str, entry: dict[str, str], declared: list[dict[str, str]]) -> Dataset:
    variables = tuple(
        VariableFacts(row["variable"], row["label"], row["type"], _whole(row["length"]))
        for row in declared if row["dataset"] == stem)
    types = {row["variable"]: row["type"] for row in declared if row["dataset"].lower() == stem.lower()}
    data = path.read_bytes()
    return Dataset(
        name=(entry.get("Dataset Name") or stem).upper(), label=entry["Label"], file=path.name,
        size=len(data), records=max(0, _lines(data) - 1), variables=variables,
        read=_reader(path, types))


def _lines(data: bytes) -> int:
    return data.count(b"\n") + (not data.endswith(b"\n") and bool(data))


def _reader(path: Path, types: dict[str, str]) -> Callable[[], tuple[Frame, Failure | None]]:
    return lambda: read_csv(path, types)


def read_csv(path: Path, types: dict[str, str]) -> tuple[Frame, Failure | None]:
    """The records of a CSV file: ``Char`` is text as it stands, ``Num`` a number, all else is guessed.

    Only a cell with nothing in it is missing.  The Failure is of the first variable
    declared a number that holds text.  Raises :class:`DataError` for a file that is no CSV.
    """
    try:
        table = pd.read_csv(path, dtype="str", keep_default_na=False, na_values=[""], encoding="utf-8-sig",
                            index_col=False)
    except pd.errors.EmptyDataError:
        return Frame({}, 0, [path.stem.upper()]), None
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise DataError(Problem(Place(show_path(path)), "", f"is no CSV file ({error})")) from error
    fault, columns = None, {}
    for name in table.columns:
        column = table[name]
        try:
            column = _typed(column, types.get(str(name)))
        except Failure as error:
            fault = fault or error
        columns[str(name)] = Held(column)
    return Frame(columns, len(table), [path.stem.upper()]), fault


def _typed(column: pd.Series, kind: str | None) -> pd.Series:
    if kind == "Num":
        return _numbers(column)
    if kind is None and column.notna().any():
        return _guessed(column)
    return column


def _numbers(column: pd.Series) -> pd.Series:
    try:
        made: pd.Series = pd.to_numeric(column).astype("float64")
    except (ValueError, TypeError):
        raise Failure(f"{column.name} holds text that is no number") from None
    return made


def _guessed(column: pd.Series) -> pd.Series:
    made: pd.Series = pd.to_numeric(column, errors="coerce")
    if (made.isna() & column.notna()).any():
        return column
    whole = made.notna().all() and np.isfinite(made).all() and not column.str.contains("[.eE]").any()
    return made.astype("int64" if whole else "float64")


def _whole(text: str) -> int | None:
    return int(text) if text.isdecimal() else None


def _settings(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {key.strip(): value.strip().strip("\"'") for key, value in pairs}


def _table(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    if not path.is_file():
        raise DataError(Problem(Place(show_path(path)), "", "no such file", "a test case needs it"))
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, restval=""))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(Problem(Place(show_path(path)), "", f"is no CSV file ({error})")) from error
    lacking = [name for name in columns if rows and name not in rows[0]]
    if lacking:
        raise DataError(Problem(Place(show_path(path), 1), "", f"no column '{lacking[0]}'"))
    return [{key: value or "" for key, value in row.items() if isinstance(value, str | None) and key}
            for row in rows]
