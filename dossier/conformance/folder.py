"""A folder of datasets under check: transport files, Parquet files or CSV files, a file a dataset."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from dossier.conformance.frame import Frame, Held
from dossier.conformance.outcomes import Failure
from dossier.conformance.reading import read_csv
from dossier.conformance.study import Dataset, Study, VariableFacts
from engine import xpt
from engine.errors import DataError, Place, Problem
from engine.yaml.source import show_path

FORMATS = (".xpt", ".parquet", ".csv")
"""The formats that are read; a folder's datasets are of the first of them that it holds."""


def read_folder(folder: Path, define: Path | None = None, encoding: str = "utf-8") -> Study:
    """The study of a folder; records are read when a rule first asks for them.

    Raises :class:`DataError` for a folder without datasets, or one with two
    files of a dataset, and for files that cannot be read.
    """
    shown = show_path(folder)
    if not folder.is_dir():
        raise DataError(Problem(Place(shown), "", "no such folder"))
    files = sorted(path for path in folder.iterdir()
                   if path.is_file() and not path.name.startswith(("_", ".")))
    for suffix in FORMATS:
        chosen = [path for path in files if path.suffix.lower() == suffix]
        if chosen:
            break
    else:
        raise DataError(Problem(Place(shown), "", "no dataset in this folder",
                                f"datasets are files {', '.join('*' + suffix for suffix in FORMATS)}"))
    names: dict[str, Path] = {}
    for path in chosen:
        if path.stem.upper() in names:
            raise DataError(Problem(Place(show_path(path)), "", f"a second file of {path.stem.upper()}"))
        names[path.stem.upper()] = path
    found = folder / "define.xml"
    datasets = [read_file(path, encoding) for path in chosen]
    return Study(datasets, define or (found if found.is_file() else None))


def read_file(path: Path, encoding: str = "utf-8") -> Dataset:
    """The dataset of one file; :class:`DataError` for another format, or a file that cannot be read."""
    makers = {".xpt": _transport, ".parquet": _parquet, ".csv": _csv}
    maker = makers.get(path.suffix.lower())
    if maker is None:
        raise DataError(Problem(Place(show_path(path)), "", "is no dataset",
                                f"datasets are files {', '.join('*' + suffix for suffix in FORMATS)}"))
    return maker(path, encoding)


def _transport(path: Path, encoding: str) -> Dataset:
    _, about = xpt.read(path, metadataonly=True, encoding=encoding, shown=show_path(path))
    facts = tuple(VariableFacts(one.name, one.label, one.type, one.length, one.format or "")
                  for one in about.variables)

    def read() -> tuple[Frame, Failure | None]:
        table, _ = xpt.read(path, encoding=encoding, disable_datetime_conversion=True, shown=show_path(path))
        return _frame(table), None
    return Dataset(about.name.upper() or path.stem.upper(), about.label, path.name, path.stat().st_size,
                   about.records, facts, read)


def _parquet(path: Path, encoding: str) -> Dataset:
    try:
        about = pq.read_metadata(path)
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError) as error:
        raise DataError(Problem(Place(show_path(path)), "", "is not a Parquet file")) from error
    facts = tuple(VariableFacts(field.name, _label(field.metadata),
                                "Num" if _is_number(field.type) else "Char", None) for field in schema)

    def read() -> tuple[Frame, Failure | None]:
        table = pd.read_parquet(path)
        return _frame(table), None
    return Dataset(path.stem.upper(), _label(schema.metadata), path.name, path.stat().st_size,
                   about.num_rows, facts, read)


def _label(metadata: dict[bytes, bytes] | None) -> str:
    return (metadata or {}).get(b"label", b"").decode("utf-8", "replace")


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _frame(table: pd.DataFrame) -> Frame:
    columns = {}
    for name in table.columns:
        column = table[name]
        number = pd.api.types.is_numeric_dtype(column.dtype)
        columns[str(name)] = Held(column.astype("float64" if number else "str"))
    return Frame(columns, len(table), [])


def _csv(path: Path, encoding: str) -> Dataset:
    held: list[tuple[Frame, Failure | None]] = []

    def read() -> tuple[Frame, Failure | None]:
        if not held:
            held.append(read_csv(path, {}))
        return held[0]
    frame, _ = read()
    facts = tuple(VariableFacts(name, "", "Num" if frame.column(name).number else "Char", None)
                  for name in frame.names)
    return Dataset(path.stem.upper(), "", path.name, path.stat().st_size, frame.size, facts, read)
