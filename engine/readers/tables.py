"""Reads the files of a raw table and puts them together."""

from __future__ import annotations

import errno
import stat
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow.compute as pc

from engine.coded import Coded, stack_coded
from engine.errors import DataError, Place, Problem, nearest
from engine.readers.delimited import DelimitedReader
from engine.readers.parquet import ParquetReader
from engine.readers.sas import SasReader
from engine.readers.source import EMPTY, FORMATS, Cells, Header, RawTable, Reader, Source, choices, more
from engine.readers.texts import REPAIRS, clean, mend
from engine.readers.workbook import WorkbookReader

_READERS: dict[str, Callable[[Source, str], Reader]] = {
    "csv": DelimitedReader, "tsv": DelimitedReader, "xlsx": WorkbookReader,
    "sas7bdat": SasReader, "xpt": SasReader, "parquet": ParquetReader,
}
_OURS = ("_file", "_row")

MAX_BYTES = 4 << 30   # of one raw file
MAX_COLUMNS = 20_000  # of one raw file

_Item = TypeVar("_Item")
_Made = TypeVar("_Made")


@dataclass(frozen=True)
class _Part:
    """One file of a table: its reader and where each named column stands."""

    reader: Reader
    header: Header
    positions: Mapping[str, int]
    unnamed: tuple[int, ...]
    renamed: frozenset[str]


def read_table(name: str, sources: Sequence[Source], wanted: Collection[str] | None = None) -> RawTable:
    """Read the files of a raw table into one table of text.

    The columns are those of all files, in the order they are met, or the
    ``wanted`` ones among them; a column that a file does not have is NULL for
    its records.  Records keep the order of the files and of their lines.

    Raises DataError, with the faults of all files, when a file cannot be read as
    its source says, when no file has a wanted column, and when a source renames
    a column that no file has.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "ae.csv")
    ...     _ = path.write_text("SUBJ,AETERM\\n012,NA\\n013,Fever\\n")
    ...     table = read_table("ae", [Source(path, "raw/ae.csv", missing=("NA",))])
    >>> print(table.frame.to_string())
      SUBJ AETERM  _file  _row
    0  012    NaN      0     2
    1  013  Fever      0     3
    """
    if not sources:
        raise ValueError(f"raw table {name} has no files")
    _require_once(name, sources)
    with ExitStack() as stack:
        parts = _each(sources, lambda source: _open(source, name, stack))
        names = list(dict.fromkeys(column for part in parts for column in part.positions))
        _require_known(name, parts, names, wanted)
        kept = names if wanted is None else [column for column in names if column in set(wanted)]
        blocks = _each(parts, lambda part: _read(part, kept))
        first = {column: next(p for p in parts if column in p.positions) for column in kept}
        labels = {c: _mended_label(_labelled(parts, c) or first[c], c) for c in kept}
        formats = {c: f for c in kept if (f := _format(first[c], c))}
    files = tuple(source.file for source in sources)
    sizes = [len(rows) for _, rows, _ in blocks]
    starts = np.cumsum([0, *sizes[:-1]])
    again = np.concatenate([start + at for start, (_, _, at) in zip(starts, blocks, strict=True)])
    return RawTable(name, _stacked(kept, blocks), np.repeat(np.arange(len(files), dtype="int32"), sizes),
                    np.concatenate([rows for _, rows, _ in blocks]).astype("int32"), labels, files, formats,
                    again)


def read_headers(source: Source, name: str = "") -> list[tuple[str, str]]:
    """The columns of one file and their labels, as :func:`read_table` names them.

    Reads no more than it must; ``name`` is the table's, for messages.  Raises
    DataError as :func:`read_table` does for the header.
    """
    with ExitStack() as stack:
        part = _open(source, name, stack)
        return [(column, _mended_label(part, column)) for column in part.positions]


def require_columns(table: RawTable, names: Iterable[str], place: Place | None = None) -> None:
    """Raise DataError with every one of ``names`` that is no column of the table.

    ``place`` is the spec's line that asks for them.
    """
    problems = _missing(table.name, list(names), list(table.columns), table.files, None, place)
    if problems:
        raise DataError(problems)


def place_of(table: RawTable, positions: Iterable[int]) -> list[Place]:
    """The file and line of the records at these positions.

    >>> table = RawTable("a", {}, np.array([0]), np.array([17]), {}, ("a.csv",))
    >>> [str(place) for place in place_of(table, [0])]
    ['a.csv:17']
    """
    return [Place(table.files[int(table.file[at])], int(table.row[at])) for at in positions]


def _each(items: Iterable[_Item], function: Callable[[_Item], _Made]) -> list[_Made]:
    """Do each, then raise the problems of all that failed."""
    made: list[_Made] = []
    problems: list[Problem] = []
    for item in items:
        try:
            made.append(function(item))
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(problems)
    return made


def _require_once(name: str, sources: Sequence[Source]) -> None:
    seen: set[str] = set()
    problems = []
    for source in sources:
        if source.file in seen:
            problems.append(Problem(Place(source.file), name, "the file is listed twice", spec=source.place))
        seen.add(source.file)
    if problems:
        raise DataError(problems)


def _open(source: Source, name: str, stack: ExitStack) -> _Part:
    """Open a file and read its header."""
    reader = _reader(source, name)
    stack.callback(reader.close)
    header = reader.header()
    if len(header.names) > MAX_COLUMNS:
        raise reader.error(f"has {len(header.names):,} columns, {MAX_COLUMNS:,} at most", line=header.line)
    positions, unnamed, renamed = _named(reader, header)
    return _Part(reader, header, positions, unnamed, renamed)


def _reader(source: Source, name: str) -> Reader:
    place = Place(source.file)

    def refuse(message: str, hint: str = "") -> DataError:
        return DataError(Problem(place, name, message, hint, spec=source.place))

    unknown = [word for word in source.repair if word not in REPAIRS]
    if unknown:
        raise refuse(f"unknown repair '{unknown[0]}'", choices(unknown[0], REPAIRS, "known:"))
    suffix = source.path.suffix
    kind = source.format or FORMATS.get(suffix.lower())
    if kind not in _READERS:
        what = f"format '{kind}'" if kind else f"extension '{suffix}'"
        raise refuse(f"unknown {what}", f"write format: one of {', '.join(_READERS)}")
    folder = source.path.parent
    try:
        found = source.path.stat()
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR):
            raise refuse(f"cannot be read: {error.strerror}") from error
        if not folder.is_dir():
            raise refuse(f"no such file, and no folder '{folder.name}'") from error
        raise refuse("no such file", _there(source.path)) from error
    if stat.S_ISDIR(found.st_mode):
        raise refuse("is a folder, not a file", "name a file")
    if not stat.S_ISREG(found.st_mode):  # reading a pipe would wait for its other end for ever
        raise refuse("is a device or pipe, not a file", "name a file")
    if found.st_size > MAX_BYTES:
        raise refuse(f"has {found.st_size / 2**30:,.1f} GiB, {MAX_BYTES >> 30} GiB at most", "split the file")
    try:
        with source.path.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        raise refuse(f"cannot be read: {error.strerror}") from error
    if empty:
        raise refuse("the file is empty", EMPTY)
    return _READERS[kind](source, name)


def _there(missing: Path) -> str:
    """The files of the folder in which one is not; the one with nearly its name before all.

    What follows the dot says nothing: ``ae.csv`` is not like ``ex.csv``.
    """
    there = sorted(entry.name for entry in missing.parent.iterdir() if entry.is_file())
    stems = {Path(name).stem: name for name in there}
    near = nearest(missing.stem, stems)
    suggested = f"did you mean '{stems[near]}'? " if near is not None else ""
    listed = choices("", there, "the folder holds")
    return f"{suggested}{listed}; --raw names another folder"


def _named(reader: Reader, header: Header) -> tuple[dict[str, int], tuple[int, ...], frozenset[str]]:
    """Name the columns: mended, then renamed.  Names twice, and names of ours, are refused."""
    source = reader.source
    found: dict[str, list[int]] = {}
    renamed: set[str] = set()
    for at, raw in enumerate(header.names):
        mended = mend(raw, (*source.repair, "trim"))
        for written in (raw, raw.strip(), mended):
            if written in source.columns:
                renamed.add(written)
                mended = source.columns[written]
                break
        found.setdefault(mended, []).append(at)
    unnamed = tuple(found.pop("", ()))
    twice = {name: at for name, at in found.items() if len(at) > 1}
    if twice:
        told = "; ".join(f"'{name}' in columns {_listed([n + 1 for n in at])}" for name, at in twice.items())
        raise reader.error(f"column names stand more than once: {told}",
                           "delete a column or name it otherwise in the file", line=header.line)
    ours = [name for name in found if name in _OURS]
    if ours:
        raise reader.error(f"the column name '{ours[0]}' is kept for the readers",
                           "'rename' gives it another name", line=header.line)
    return {name: at[0] for name, at in found.items()}, unnamed, frozenset(renamed)


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(str(n) for n in numbers[:-1]) + f" and {numbers[-1]}"


def _require_known(name: str, parts: Sequence[_Part], names: Sequence[str],
                   wanted: Collection[str] | None) -> None:
    """Refuse wanted columns that no file has, and renamed ones that no file has."""
    first = parts[0].reader.source
    files = [part.reader.source.file for part in parts]
    problems = _missing(name, wanted or (), names, files, parts[0].header.line, first.place)
    used = frozenset[str]().union(*(part.renamed for part in parts))
    raw = [header for part in parts for header in part.header.names]
    for source in (part.reader.source for part in parts):
        for column in source.columns:
            if column not in used:
                problems.append(Problem(Place(source.file), name, f"no column '{column}' to rename",
                                        choices(column, raw, "the columns are"), spec=source.place))
    if problems:
        raise DataError(problems)


def _missing(name: str, wanted: Iterable[str], known: Sequence[str], files: Sequence[str],
             line: int | None, spec: Place | None) -> list[Problem]:
    place = Place(files[0], line)
    where = f" in any of its {len(files)} files" if len(files) > 1 else ""
    unknown = [column for column in dict.fromkeys(wanted) if column not in known]
    hints = [choices(column, known, "the columns are") for column in unknown]
    return [Problem(place, name, f"no column '{column}'{where}", hint, spec=spec)
            for column, hint in zip(unknown, hints, strict=True)]


_Block = tuple[dict[str, Coded], np.ndarray, np.ndarray]
"""The columns of one file by name, the line of each record, and the records that are the header again."""


def _read(part: _Part, kept: Sequence[str]) -> _Block:
    """The cells of one file, mended."""
    source = part.reader.source
    asked = {name: part.positions[name] for name in kept if name in part.positions}
    cells = part.reader.cells(sorted((*asked.values(), *part.unnamed)))
    for at in part.unnamed:
        _require_blank(part, at, cells)
    missing = {at: source.missing_by_column.get(name, source.missing) for name, at in asked.items()}
    _require_no_error_values(part, cells, missing)
    made = {name: clean(cells.columns[at], source.repair, missing[at]) for name, at in asked.items()}
    return made, cells.rows, _header_again(part, asked, made)


def _header_again(part: _Part, asked: Mapping[str, int], made: Mapping[str, Coded]) -> np.ndarray:
    """Records whose every cell is the name of its column, as where files were put one below the other.

    Of a single column that is no proof.
    """
    found = np.arange(0)
    for number, (name, at) in enumerate(asked.items() if len(asked) > 1 else ()):
        column, words = made[name], (*part.reader.source.repair, "trim")
        code = pc.index(column.distinct, mend(part.header.names[at], words)).as_py()
        found = (np.flatnonzero(column.codes == code) if number == 0 else found[column.codes[found] == code]
                 ) if code >= 0 else np.arange(0)
        if not len(found):
            break
    return found


def _require_blank(part: _Part, at: int, cells: Cells) -> None:
    """A column without a name may hold nothing: spreadsheets leave such columns behind."""
    filled = np.flatnonzero(~clean(cells.columns[at], ("trim",), ()).isna())
    if len(filled):
        lines = cells.rows[filled]
        message = f"column {at + 1} has no name, and its cells are not blank{more(len(lines) - 1)}"
        raise part.reader.error(message, line=int(lines[0]), records=part.reader.records(lines))


def _require_no_error_values(part: _Part, cells: Cells, missing: Mapping[int, Sequence[str]]) -> None:
    """A spreadsheet's error value is no data, unless the spec calls it missing."""
    bad = [(at, line, text) for at, line, text in cells.errors if text not in missing.get(at, ())]
    if bad:
        at, line, text = bad[0]
        message = f"column '{part.header.names[at]}' holds the error value {text}{more(len(bad) - 1)}"
        raise part.reader.error(message, line=line, records=part.reader.records(line for _, line, _ in bad))


def _labelled(parts: Sequence[_Part], column: str) -> _Part | None:
    """The first file that has a label for the column."""
    return next((part for part in parts if column in part.positions and _mended_label(part, column)), None)


def _mended_label(part: _Part, column: str) -> str:
    return mend(part.header.labels[part.positions[column]], (*part.reader.source.repair, "trim"))


def _format(part: _Part, column: str) -> str:
    return part.header.formats[part.positions[column]] if part.header.formats else ""


def _stacked(names: Sequence[str], blocks: Sequence[_Block]) -> dict[str, Coded]:
    """The columns of all files, one after the other; NULL where a file does not have one."""
    return {name: stack_coded([made[name] if name in made else Coded.nulls(len(rows))
                               for made, rows, _ in blocks]) for name in names}
