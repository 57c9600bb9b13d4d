"""Raw tables as rows: read once, cleaned as the study file says, with each record's subject."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from engine.build.checks import constant_kind
from engine.build.refusals import Refusals
from engine.build.rows import SUBJECT, Origin, Rows, codes_of, match, sort_positions
from engine.columns import Column, Kind, cast, map_distinct, repeated
from engine.errors import DataError, Problem, SpecError, hint_for
from engine.expressions import Expression
from engine.readers import Source, read_headers, read_table
from engine.spec.load import StudySpec
from engine.spec.study import RawFile, RawTable
from engine.yaml.fields import sort_problems

if TYPE_CHECKING:
    from collections.abc import Sequence

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)


class RawTables:
    """The study's raw tables, each read when first asked for."""

    def __init__(self, study: StudySpec, refusals: Refusals, used: Mapping[str, set[str]],
                 headers: Mapping[str, Mapping[str, str]]) -> None:
        self.study, self.refusals, self.used, self.headers = study, refusals, used, headers
        self._rows: dict[str, Rows] = {}

    def rows(self, table: str) -> Rows:
        """All records of a raw table after cleaning; columns are keyed by plain name."""
        if table not in self._rows:
            self._rows[table] = self._read(table)
        return self._rows[table]

    def _read(self, table: str) -> Rows:
        spec = self.study.study.raw.tables[table]
        wanted = set(self.used.get(table, ())) | self._own_columns(table, spec)
        raw = read_table(table, sources(self.study, table), sorted(wanted) if not _all(spec) else None)
        frame = raw.frame
        origin = Origin(raw.files, frame["_file"].to_numpy(dtype="int32"),
                        frame["_row"].to_numpy(dtype="int32"))
        rows = Rows(table, len(frame), origin)
        for name in frame.columns:
            if name not in ("_file", "_row"):
                rows.put((str(name),), frame[name], Kind.TEXT)
        rows.put(SUBJECT, self._subject(rows, table), Kind.TEXT)
        return self._cleaned(rows, spec)

    def _own_columns(self, table: str, spec: RawTable) -> set[str]:
        found: set[str] = set()
        for expression in (self.study.study.subject_of(table), spec.where):
            if expression is not None:
                found |= {p[-1] for p in expression.names if p[0] != "study"}
        if isinstance(spec.unique, tuple):
            found |= {str(name) for name in spec.unique}
        if spec.supersede is not None:
            found |= {r.parts[-1] for r in spec.supersede.by}
            found |= {o.ref.parts[-1] for o in spec.supersede.order}
        subject = {p[-1] for p in self.study.study.subject_of(table).names if p[0] != "study"}
        return found if subject <= set(self.headers[table]) else found - subject

    def _evaluate(self, expression: Expression, rows: Rows) -> pd.Series:
        constants = self.study.study.constants()
        columns: dict[tuple[str, ...], Column] = {}
        for parts in expression.names:
            if parts in constants:
                kind = constant_kind(parts)
                columns[parts] = Column(cast(repeated(constants[parts], rows.index), kind), kind)
            else:
                columns[parts] = rows.columns[(parts[-1],)]
        result = expression.evaluate(columns, rows.index)
        for message, mask in result.bad.items():
            self.refusals.refuse(rows, rows.name, "", mask.to_numpy(dtype=bool), message,
                                 spec=expression.place)
        return result.values

    def _subject(self, rows: Rows, table: str) -> pd.Series:
        expression = self.study.study.subject_of(table)
        constants = self.study.study.constants()
        if any(p not in constants and (p[-1],) not in rows.columns for p in expression.names):
            return pd.Series(np.nan, index=rows.index, dtype="str")
        return self._evaluate(expression, rows)

    def _cleaned(self, rows: Rows, spec: RawTable) -> Rows:
        if spec.where is not None:
            rows = rows.where(self._evaluate(spec.where, rows).fillna(False).to_numpy(dtype=bool))
        if spec.unique:
            names = list(spec.unique) if isinstance(spec.unique, tuple) else [
                k[0] for k in rows.columns if k != SUBJECT]
            codes = codes_of([rows.values(n) for n in names])
            again = pd.Series(codes).duplicated().to_numpy()
            self.refusals.note(rows, rows.name, "", again, "duplicate record dropped")
            rows = rows.where(~again)
        if spec.supersede is not None:
            rows = self._superseded(rows, spec)
        return rows

    def _superseded(self, rows: Rows, spec: RawTable) -> Rows:
        assert spec.supersede is not None
        order = sort_positions([(_numbers_by_size(rows.values(*o.ref.parts[-1:])), o.descending)
                                for o in spec.supersede.order], rows.size)
        keys = [rows.values(*r.parts[-1:]) for r in spec.supersede.by]
        codes = codes_of(keys)
        empty = np.logical_or.reduce([k.isna().to_numpy() for k in keys])
        old = np.zeros(rows.size, dtype=bool)
        old[order] = pd.Series(codes[order]).duplicated(keep="last").to_numpy()
        old &= ~empty
        self._require_versions(rows, codes, empty, spec)
        self.refusals.note(rows, rows.name, "", old, "record superseded by a later version")
        return rows.where(~old)


    def _require_versions(self, rows: Rows, codes: np.ndarray, empty: np.ndarray, spec: RawTable) -> None:
        """Refuse records alike in key and version: nothing says which one counts."""
        assert spec.supersede is not None
        versions = [rows.values(*o.ref.parts[-1:]) for o in spec.supersede.order]
        both = codes_of([pd.Series(codes), *versions])
        again = pd.Series(both).duplicated(keep=False).to_numpy() & ~empty
        key = ", ".join(str(r) for r in spec.supersede.by)
        order = ", ".join(str(o.ref) for o in spec.supersede.order)
        self.refusals.refuse(rows, rows.name, "", again, f"records alike in {key} and in version {order}",
                             hint="'unique: true' drops exact duplicates; else correct the data")


def _numbers_by_size(values: pd.Series) -> pd.Series:
    """Text that is all numbers as ranks by size, so that version 10 follows 9; other text as it is.

    >>> _numbers_by_size(pd.Series(["9", "10", None], dtype="str")).tolist()
    [0.0, 1.0, nan]
    >>> _numbers_by_size(pd.Series(["9", "10", "draft"], dtype="str")).tolist()
    ['9', '10', 'draft']
    """
    distinct = values.dropna().unique()
    if not len(distinct) or not all(_NUMBER.fullmatch(str(v)) for v in distinct):
        return values
    sizes = sorted({Decimal(str(v)) for v in distinct})
    rank = {size: float(place) for place, size in enumerate(sizes)}
    return map_distinct(values, lambda v: rank[Decimal(str(v))], "float64")


def _all(spec: RawTable) -> bool:
    return spec.unique is True


def sources(study: StudySpec, table: str) -> list[Source]:
    """The files of a raw table as the readers want them, the study's reading rules filled in."""
    reading = study.study.read
    found = []
    for file in study.study.raw.tables[table].files:
        path = _inside(study, file)
        missing = file.missing if file.missing is not None else reading.missing
        repair = file.repair if file.repair is not None else reading.repair
        found.append(Source(
            path=path, shown=shown(study, file), format=str(file.format) if file.format else None,
            encoding=str(file.encoding or "utf-8"), header=int(file.header or 1),
            labels=int(file.labels) if file.labels else None,
            sheet=str(file.sheet) if file.sheet else None,
            missing=tuple(str(m) for m in missing or ()),
            missing_by_column={str(k): tuple(str(x) for x in v) for k, v in (file.missing_in or {}).items()},
            delimiter=str(file.delimiter) if file.delimiter else None,
            repair=tuple(str(r) for r in repair or ("trim",)),
            columns={str(k): str(v) for k, v in (file.rename or {}).items()},
            place=file.file.place))
    return found


def shown(study: StudySpec, file: RawFile) -> str:
    """The file's path as messages show it: from the folder the command runs in, where it lies below."""
    path = study.raw_folder / str(file.file)
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


def _inside(study: StudySpec, file: RawFile) -> Path:
    path = study.raw_folder / str(file.file)
    if outside := _outside(study, file):
        raise SpecError(outside)
    return path


def _outside(study: StudySpec, file: RawFile) -> list[Problem]:
    """A file named by its full path, or that lies (perhaps by a link) outside the raw folder."""
    path = study.raw_folder / str(file.file)
    if not Path(file.file).is_absolute() and path.resolve().is_relative_to(study.raw_folder):
        return []
    return [Problem(file.file.place, "raw", f"'{file.file}' lies outside the raw folder",
                    f"name a file below {study.study.raw.folder}")]


def all_headers(study: StudySpec, tables: Iterable[str] | None = None) -> dict[str, dict[str, str]]:
    """Column name -> label of each raw table.

    Raises a SpecError with all files outside the raw folder, or a DataError with
    all that cannot be read.
    """
    outside = [p for _, file in study.study.files() for p in _outside(study, file)]
    if outside:
        raise SpecError(sort_problems(outside))
    found: dict[str, dict[str, str]] = {}
    problems: list[Problem] = []
    for table in study.study.raw.tables if tables is None else tables:
        names: dict[str, str] = {}
        for source in sources(study, str(table)):
            try:
                for name, label in read_headers(source):
                    names.setdefault(name, label)
            except DataError as error:
                problems.extend(error.problems)
        found[str(table)] = names
    if problems:
        raise DataError(problems)
    return found


__all__ = ["RawTables", "Sequence", "all_headers", "hint_for", "match", "sources"]
