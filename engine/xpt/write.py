"""Writes one dataset to one transport file, the same bytes on every run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat

from engine.columns import Kind
from engine.errors import DataError, Place, Record
from engine.xpt import layout, times
from engine.xpt.checks import Encoding, last_record_problem, record_problem, require_header, value_problems
from engine.xpt.model import LIMITS, Variable


def write(frame: pd.DataFrame, path: Path, *, name: str, label: str, variables: Sequence[Variable],
          created: datetime, version: int = 5, encoding: Encoding = "ascii") -> None:
    """Write the ``variables`` of ``frame``, in their order, to the file ``path``.

    Text is ``str`` or categories of it (missing NaN, written as blanks), numbers float64, dates and
    datetimes ``datetime64`` and times ``timedelta64``, written as SAS numbers
    by the variable's format (``DATE9.``, ``DATETIME20.``, ``TIME8.``).  Every
    text has exactly the variable's length; ``created`` is the time stamped in
    the headers, so that the same data make the same bytes.  The file is named
    as the dataset, in small letters.

    Raises DataError with every name, label, length and value that the version
    cannot hold (in version 5: names of 8, labels of 40, text of 200 bytes, all
    ASCII), naming variable and record.  With ``encoding="utf-8"`` values may be
    any text; lengths count its bytes, and no header says so: tell the reader.

    >>> import tempfile
    >>> frame = pd.DataFrame({"AGE": [54.0]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(frame, Path(folder, "dm.xpt"), name="DM", label="Demographics",
    ...           variables=[Variable("AGE", "Age", "Num", 8)], created=datetime(2026, 6, 30))
    ...     print(Path(folder, "dm.xpt").read_bytes()[648:651])
    b'AGE'
    """
    if version not in LIMITS:
        raise ValueError(f"no such version of the transport format: {version}")
    if path.name != f"{name.lower()}.xpt":
        raise ValueError(f"dataset {name} belongs in {name.lower()}.xpt, not in {path.name}")
    require_header(path, name, label, variables, version)
    plain = frame.reset_index(drop=True)
    table = pd.DataFrame({v.name: _sas_values(plain[v.name], v, name, path) for v in variables})
    problems = [p for v in variables for p in value_problems(table[v.name], v, name, path, encoding)]
    if version == 5:
        problems += last_record_problem(table, name, path)
    if problems:
        raise DataError(problems)
    _write_guarded(table, path, name, label, variables, version)
    _finish(path, len(table), variables, created, version)


def _sas_values(values: pd.Series, variable: Variable, name: str, path: Path) -> pd.Series:
    """Text as it is, everything else as SAS numbers."""
    if variable.type == "Char":
        if isinstance(values.dtype, pd.CategoricalDtype) and values.cat.categories.dtype == "str":
            values = values.astype("str")
        if values.dtype != "str":
            raise TypeError(f"{name}.{variable.name} is Char, its values are {values.dtype}")
        return values.fillna("")
    if values.dtype.kind not in "mM":
        return values.astype("float64") + 0.0  # minus zero becomes zero
    kind = times.kind_of(variable.format)
    if (values.dtype.kind == "m") != (kind is Kind.TIME) or kind is Kind.NUMBER:
        raise TypeError(f"{name}.{variable.name} has format {variable.format}, its values are {values.dtype}")
    numbers = times.to_sas(values, kind)
    if kind is Kind.DATE:
        _require_midnight(values, numbers, variable, Place(path.name), name)
    return numbers


def _require_midnight(values: pd.Series, days: pd.Series, variable: Variable, place: Place,
                      name: str) -> None:
    """A time of day would be dropped without a word by a date's format."""
    bad = np.flatnonzero((days % 1 > 0).to_numpy())
    if not len(bad):
        return
    records = tuple(Record(Place(place.file, int(n) + 1)) for n in bad)
    message = f"{values.iloc[bad[0]].isoformat()} has a time, format {variable.format} holds a date"
    raise DataError(record_problem(records, f"{name}.{variable.name}", message))


def _write_guarded(table: pd.DataFrame, path: Path, name: str, label: str,
                   variables: Sequence[Variable], version: int) -> None:
    """Write the table and a guard record after it, to a file of its own: one there may be linked elsewhere.

    The library gives a text variable the width of its longest value, and has
    no way to ask for another: the guard's texts have the wanted lengths.
    """
    path.unlink(missing_ok=True)
    guarded = {}
    for variable in variables:
        column = table[variable.name]
        guard = "x" * variable.length if variable.type == "Char" else 0.0
        last = pd.Series([guard], dtype=column.dtype)
        guarded[variable.name] = pd.concat([column, last], ignore_index=True)
    pyreadstat.write_xport(
        pd.DataFrame(guarded), str(path), file_label=label, table_name=name,
        file_format_version=5 if version == 5 else 8,
        column_labels=[v.label for v in variables],
        variable_format={v.name: v.format for v in variables if v.format},
    )


def _finish(path: Path, count: int, variables: Sequence[Variable], created: datetime, version: int) -> None:
    """Take the guard record off the end and stamp the headers with ``created``."""
    record = sum(v.length for v in variables)
    with path.open("r+b") as file:
        data = file.read(2 * 640 + 1000 * len(variables))
        start = layout.values_start(data, len(variables), version)
        guarded = start + (count + 1) * record
        size = file.seek(0, 2)
        if size != guarded + len(layout.padding(guarded)):
            raise ValueError(f"{path.name}: {size} bytes written, {guarded} expected")
        end = start + count * record
        file.truncate(end)
        file.seek(end)
        file.write(layout.padding(end))
        for at in layout.STAMPS:
            file.seek(at)
            file.write(layout.stamp(created))
        if version == 8:  # the OBS header of version 8 counts the records
            file.seek(start - layout.RECORD + 48)
            file.write(f"{count:>15}".encode("ascii"))
