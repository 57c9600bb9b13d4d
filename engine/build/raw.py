"""Raw tables as rows: read once, cleaned as the study file says, with each record's subject."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from engine.build.checks import constant_kind
from engine.build.design import design_rows
from engine.build.evaluating import evaluate
from engine.build.refusals import Refusals
from engine.build.rows import SUBJECT, Origin, Rows, codes_of, match, sort_positions
from engine.coded import Coded
from engine.columns import Column, Kind, cast, repeated
from engine.errors import DataError, Problem, SpecError, hint_for
from engine.expressions import Expression
from engine.readers import RawTable as RawRecords
from engine.readers import Source, read_headers, read_table
from engine.spec.load import StudySpec
from engine.spec.study import RawFile, RawTable
from engine.yaml.fields import sort_problems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.build.scope import Node


class RawTables:
    """The study's raw tables, each read when first asked for."""

    def __init__(self, study: StudySpec, refusals: Refusals, used: Mapping[str, set[str]],
                 headers: Mapping[str, Mapping[str, str]]) -> None:
        self.study, self.refusals, self.used, self.headers = study, refusals, used, headers
        self.design = study.study.design_tables()
        self._rows: dict[str, Rows] = {}
        self.asking: Node | None = None
        self.asked: dict[Node, set[str]] = {}
        """The raw tables that each node has read."""

    def rows(self, table: str) -> Rows:
        """All records of a raw table after cleaning; columns are keyed by plain name."""
        if self.asking is not None:
            self.asked.setdefault(self.asking, set()).add(table)
        if table not in self._rows and table in self.design:
            self._rows[table] = design_rows(self.design[table])
        if table not in self._rows:
            try:
                self._rows[table] = self._read(table)
            except DataError as error:
                raise self._with_others(error, table) from error
        return self._rows[table]

    def _with_others(self, error: DataError, table: str) -> DataError:
        """The error of a table that cannot be read, and those of all others that are read and cannot be."""
        problems = list(error.problems)
        for other in self.used:
            if other != table and other not in self._rows and other not in self.design:
                try:
                    self._raw(other)
                except DataError as found:
                    problems += found.problems
        return DataError(sort_problems(problems))

    def forget(self) -> None:
        """Let go of all tables; one that is asked for again is read again."""
        self._rows.clear()

    def _read(self, table: str) -> Rows:
        spec, raw = self.study.study.raw.tables[table], self._raw(table)
        rows = Rows(table, len(raw.row), Origin(raw.files, raw.file, raw.row))
        for name, column in raw.columns.items():
            rows.put((name,), column, Kind.TEXT)
        if len(raw.again):
            again = np.isin(np.arange(rows.size), raw.again)
            self.refusals.refuse(rows, table, "", again, "the line is the header again",
                                 hint="delete it, or leave it out with 'where'")
            rows = rows.where(~again)
        rows.columns[SUBJECT] = self._subject(rows, table)
        return self._cleaned(rows, spec)

    def _raw(self, table: str) -> RawRecords:
        whole = self.study.study.raw.tables[table].unique is True
        return read_table(table, sources(self.study, table),
                          None if whole else sorted(self.columns_read(table)))

    def columns_read(self, table: str) -> set[str]:
        """The columns of a raw table that anything reads: datasets, cleaning, or the subject."""
        used = set(self.used.get(table, ()))
        return used if table in self.design else used | self._own_columns(
            table, self.study.study.raw.tables[table])

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

    def _evaluate(self, expression: Expression, rows: Rows) -> Column:
        constants = self.study.study.constants()
        columns: dict[tuple[str, ...], Column] = {}
        for parts in expression.names:
            if parts in constants:
                kind = constant_kind(parts)
                columns[parts] = Column(cast(repeated(constants[parts], rows.index), kind), kind)
            else:
                columns[parts] = rows.columns[(parts[-1],)]
        made, bad = evaluate(expression, columns, rows.size)
        for message, mask in bad.items():
            self.refusals.refuse(rows, rows.name, "", mask, message, spec=expression.place)
        return made

    def _subject(self, rows: Rows, table: str) -> Column:
        expression = self.study.study.subject_of(table)
        constants = self.study.study.constants()
        if any(p not in constants and (p[-1],) not in rows.columns for p in expression.names):
            return Column(Coded.nulls(rows.size), Kind.TEXT)
        return self._evaluate(expression, rows)

    def _cleaned(self, rows: Rows, spec: RawTable) -> Rows:
        if spec.where is not None:
            rows = rows.where(self._evaluate(spec.where, rows).values.fillna(False).to_numpy(dtype=bool))
        if spec.unique:
            names = list(spec.unique) if isinstance(spec.unique, tuple) else [
                k[0] for k in rows.columns if k != SUBJECT]
            codes = codes_of([rows.coded(n) for n in names])
            again = pd.Series(codes).duplicated().to_numpy()
            self.refusals.note(rows, rows.name, "", again, "duplicate record dropped")
            rows = rows.where(~again)
        if spec.supersede is not None:
            rows = self._superseded(rows, spec)
        return rows

    def _superseded(self, rows: Rows, spec: RawTable) -> Rows:
        assert spec.supersede is not None
        order = sort_positions([(self._comparable(rows, o.ref.parts[-1]), o.descending)
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

    def _comparable(self, rows: Rows, name: str) -> pd.Series:
        """A column as it is meant to sort: version 10 after 9, dates by date."""
        from engine.build.ordering import LOST, comparable, lost_message, raw_rules  # it reads by our files
        texts = rows.values(name)
        found = comparable(texts, *raw_rules(self.study, rows), by_size=True)
        self.refusals.refuse(rows, rows.name, "", found.lost, lost_message(name).format, texts, LOST)
        return found.values

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


def _outside(study: StudySpec, file: RawFile, subject: str = "raw") -> list[Problem]:
    """A file named by its full path, or that lies (perhaps by a link) outside the raw folder."""
    named = study.raw_folder / str(file.file)
    path = Path(os.path.realpath(named))
    if not Path(file.file).is_absolute() and path.is_relative_to(study.raw_folder):
        return []
    hint = f"name a file below {study.study.raw.folder}"
    below = Path(os.path.normpath(named)).is_relative_to(study.raw_folder)
    if below and not Path(file.file).is_absolute():
        return [Problem(file.file.place, subject, f"'{file.file}' is a link to a file outside the raw folder",
                        f"copy the file into {study.study.raw.folder}")]
    return [Problem(file.file.place, subject, f"'{file.file}' lies outside the raw folder", hint)]


def _require_near(study: StudySpec) -> None:
    """Refuse a raw folder that is neither inside the study's folder nor beside it, links followed.

    Whoever writes a spec could otherwise name any folder of whoever runs it; the
    one who runs it may name any by ``--raw``.
    """
    home = Path(os.path.realpath(study.path.parent))
    near = home.parent if home.parent != Path(home.anchor) else home
    if study.raw_override is None and not study.raw_folder.is_relative_to(near):
        folder = study.study.raw.folder
        told = f"the folder '{folder}' is neither inside the study's folder nor beside it"
        hint = "name it on the command line, --raw FOLDER"
        raise SpecError(Problem(folder.place, "raw.folder", told, hint))


def all_headers(study: StudySpec, tables: Iterable[str] | None = None) -> dict[str, dict[str, str]]:
    """Column name -> label of each raw table.

    Raises a SpecError with all files outside the raw folder, or a DataError with
    all that cannot be read.
    """
    _require_near(study)
    outside = [p for table, file in study.study.files() for p in _outside(study, file, f"raw.tables.{table}")]
    if outside:
        raise SpecError(sort_problems(outside))
    found: dict[str, dict[str, str]] = {}
    problems: list[Problem] = []
    for table in study.study.raw.tables if tables is None else tables:
        names: dict[str, str] = {}
        for source in sources(study, str(table)):
            try:
                for name, label in read_headers(source, str(table)):
                    names.setdefault(name, label)
            except DataError as error:
                problems.extend(error.problems)
        found[str(table)] = names
    if problems:
        raise DataError(problems)
    return found


__all__ = ["RawTables", "Sequence", "all_headers", "hint_for", "match", "sources"]
