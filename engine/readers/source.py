"""A raw file as the spec names it, a raw table as the readers give it, and what a reader is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engine.coded import Coded
from engine.errors import DataError, Place, Problem, Record, hint_for

LISTED = 1_000
"""So many bad records are listed behind one problem; the count told is always exact."""

FORMATS: dict[str, str] = {
    ".csv": "csv", ".tsv": "tsv", ".xlsx": "xlsx", ".xlsm": "xlsx",
    ".sas7bdat": "sas7bdat", ".xpt": "xpt", ".parquet": "parquet",
}
"""The format each extension means."""


@dataclass(frozen=True)
class Source:
    """One raw file and how to read it.

    ``shown`` is the path as messages show it.  ``header`` and ``labels`` are the
    lines (of a text file) or rows (of a sheet) of the column names and labels;
    the data follow the later of the two.  ``missing`` are the texts that mean
    no value, ``missing_by_column`` replaces them for a column.  ``repair`` is a
    set of ``width`` (full-width forms become ASCII), ``mojibake`` (UTF-8 that
    was read as Windows-1252 or Latin-1 and saved again) and ``trim`` (blanks at
    both ends).  ``columns`` renames: raw header to name.  ``place`` is the
    spec's entry.

    >>> Source(Path("raw/ae.csv"), "raw/ae.csv").file
    'raw/ae.csv'
    >>> Source(Path("raw/pk.xlsx"), "raw/pk.xlsx", sheet="Results").file
    'raw/pk.xlsx[Results]'
    """

    path: Path
    shown: str
    format: str | None = None
    encoding: str = "utf-8"
    header: int = 1
    labels: int | None = None
    sheet: str | None = None
    missing: tuple[str, ...] = ("",)
    missing_by_column: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    delimiter: str | None = None
    quote: str = '"'
    repair: tuple[str, ...] = ("trim",)
    columns: Mapping[str, str] = field(default_factory=dict)
    place: Place | None = None

    @property
    def file(self) -> str:
        """The file as places name it: the path shown, with the sheet where one is named."""
        return f"{self.shown}[{self.sheet}]" if self.sheet else self.shown


@dataclass(frozen=True)
class RawTable:
    """A raw table: text by codes, with the file and line of every record.

    ``file`` (int32) is a position in ``files``, ``row`` (int32, from 1) the
    physical line of a text file, the row of a sheet or the record of any other
    file.  ``labels`` and ``formats`` hold what the files say of a column,
    ``again`` the positions of records that are the header of their file again.
    """

    name: str
    columns: Mapping[str, Coded]
    file: np.ndarray
    row: np.ndarray
    labels: Mapping[str, str]
    files: tuple[str, ...]
    formats: Mapping[str, str] = field(default_factory=dict)
    again: np.ndarray = field(default_factory=lambda: np.arange(0))

    @property
    def frame(self) -> pd.DataFrame:
        """The columns as ``str`` with NaN for missing, then ``_file`` and ``_row``."""
        index = pd.RangeIndex(len(self.row))
        columns = {name: column.series(index) for name, column in self.columns.items()}
        return pd.DataFrame({**columns, "_file": self.file, "_row": self.row}, index=index)


@dataclass(frozen=True)
class Header:
    """What a file says of its columns, as written there, and on which line."""

    names: tuple[str, ...]
    labels: tuple[str, ...]
    formats: tuple[str, ...] = ()
    line: int | None = None


@dataclass(frozen=True)
class Cells:
    """The text of the columns asked for, by position, and the line of each record.

    ``columns`` holds arrow arrays; ``errors`` are cells that hold a
    spreadsheet's error value: position, line, text.
    """

    columns: Mapping[int, Any]
    rows: np.ndarray
    errors: Sequence[tuple[int, int, str]] = ()


class Reader(ABC):
    """Reads one file: first its header, then the cells asked for."""

    def __init__(self, source: Source, table: str) -> None:
        self.source = source
        self.table = table

    @abstractmethod
    def header(self) -> Header:
        """The columns of the file."""

    @abstractmethod
    def cells(self, positions: Sequence[int]) -> Cells:
        """The cells of the columns at these positions; called after :meth:`header`."""

    def close(self) -> None:  # noqa: B027 (most readers hold nothing open)
        """Let go of the file."""

    def error(self, message: str, hint: str = "", *, line: int | None = None,
              records: Sequence[Record] = ()) -> DataError:
        """A problem of this file, told in the project's form."""
        place = Place(self.source.file, line)
        return DataError(Problem(place, self.table, message, hint, tuple(records), self.source.place))

    def records(self, lines: Iterable[int]) -> tuple[Record, ...]:
        """The records on these lines, the first thousand of them."""
        return tuple(Record(Place(self.source.file, int(line))) for line in islice(lines, LISTED))


EMPTY = "its header must name the columns: export it anew"
"""What to do about a file in which nothing stands."""


def also(lines: Sequence[int]) -> str:
    """The first of the further lines a message is about.

    >>> also([]), also([5]), also([5, 6, 7]), also(range(5, 15))
    ('', ' (line 5 too)', ' (lines 5, 6 and 7 too)', ' (lines 5, 6, 7, 8, 9 and 5 more too)')
    """
    if len(lines) < 2:
        return f" (line {lines[0]} too)" if lines else ""
    shown = [str(line) for line in lines[:5]]
    last = f"{len(lines) - 5} more" if len(lines) > 5 else shown.pop()
    return f" (lines {', '.join(shown)} and {last} too)"


def more(count: int) -> str:
    """How many records a message leaves unsaid.

    >>> more(0), more(1), more(5)
    ('', ' (and 1 more record)', ' (and 5 more records)')
    """
    return f" (and {count} more record{'' if count == 1 else 's'})" if count else ""


def choices(word: str, known: Iterable[str], what: str) -> str:
    """Suggest the nearest known word and list what there is.

    >>> choices("ae.csv", ["aes.csv", "dm.csv"], "the folder holds")
    "did you mean 'aes.csv'? the folder holds aes.csv, dm.csv"
    """
    words = list(dict.fromkeys(known))
    near = hint_for(word, words)
    near = f"{near}{' ' if near.endswith('?') else '; '}" if near.startswith("did you mean") else ""
    shown = ", ".join(words[:12]) or "nothing"
    rest = f" and {len(words) - 12} more" if len(words) > 12 else ""
    return f"{near}{what} {shown}{rest}"
