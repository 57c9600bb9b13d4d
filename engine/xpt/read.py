"""Reads a transport file of one dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat

from engine.columns import Kind
from engine.errors import DataError, Place, Problem, Record
from engine.xpt import layout, times
from engine.xpt.checks import record_problem
from engine.xpt.model import Metadata, Variable


def read(path: Path) -> tuple[pd.DataFrame, Metadata]:
    """Read a dataset and what its file says of it.

    Text comes as ``str`` (blank is missing), numbers as float64; numbers with a
    date, datetime or time format as ``datetime64[s]`` and ``timedelta64[s]``
    (``[us]`` where the file holds fractions of a second).

    Raises DataError when the file is no transport file, is cut short, holds
    several datasets, or holds a number that its format cannot show.
    """
    frame, metadata = read_numbers(path)
    for variable in metadata.variables:
        kind = times.kind_of(variable.format) if variable.type == "Num" else Kind.TEXT
        if kind in (Kind.DATE, Kind.DATETIME, Kind.TIME):
            values = frame[variable.name]
            require_in_range(values, kind, Place(path.name), f"{metadata.name}.{variable.name}")
            frame[variable.name] = times.from_sas(values, kind)
    return frame, metadata


def read_numbers(path: Path) -> tuple[pd.DataFrame, Metadata]:
    """Read a dataset with its dates and times as the SAS numbers that stand in the file."""
    data = path.read_bytes()
    version = layout.version_of(data)
    if version is None:
        raise DataError(Problem(Place(path.name), "", "is not a SAS transport file"))
    count = layout.members(data, version)
    if count != 1:
        raise DataError(Problem(Place(path.name), "", f"holds {count} datasets, one is expected"))
    try:
        frame, found = pyreadstat.read_xport(str(path), disable_datetime_conversion=True)
    except pyreadstat.ReadstatError as error:
        raise DataError(Problem(Place(path.name), "", "is cut short or damaged", str(error))) from error
    metadata = _metadata(found, version)
    columns = {v.name: _column(frame[v.name], v) for v in metadata.variables}
    return pd.DataFrame(columns, index=pd.RangeIndex(len(frame))), metadata


def _column(values: pd.Series, variable: Variable) -> pd.Series:
    if variable.type == "Num":
        return values.astype("float64")
    text = values.astype("str")
    return text.where(text != "")


def _metadata(found: Any, version: int) -> Metadata:
    kinds = found.readstat_variable_types
    variables = tuple(
        Variable(
            name, label or "", "Char" if kinds[name] == "string" else "Num",
            int(found.variable_storage_width[name]), _format(found.original_variable_types[name]),
        )
        for name, label in zip(found.column_names, found.column_labels, strict=True)
    )
    return Metadata(found.table_name or "", found.file_label or "", version, found.creation_time,
                    found.modification_time, int(found.number_rows), variables)


def _format(found: str | None) -> str | None:
    return found if not found or "." in found else f"{found}."


def require_in_range(values: pd.Series, kind: Kind, place: Place, subject: str) -> None:
    """Raise DataError with the records whose number is no SAS date, datetime or time."""
    inside = times.in_range(values, kind)
    if inside.all():
        return
    bad = [int(n) for n in (~inside).nonzero()[0]]
    records = tuple(Record(Place(place.file, n + 1)) for n in bad)
    raise DataError(record_problem(records, subject, f"{values.iloc[bad[0]]} is not a SAS {kind.value}"))
