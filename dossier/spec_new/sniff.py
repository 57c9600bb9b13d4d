"""How a raw file is written, told from its first lines: encoding, delimiter, header and label lines."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
import zipfile
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import openpyxl

from engine.errors import DataError, Place, Problem
from engine.readers import Source
from engine.readers.workbook import cell_text

_LINES = 60
_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ENCODINGS = ("cp932", "gb18030", "cp1252")
_DELIMITERS = (",", ";", "\t", "|")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_VALUE = re.compile(r"[\W\d_]*\d[\W\d]*|\d{1,4}\D{1,3}[A-Za-z]{0,9}\D{0,3}\d{2,4}")


@dataclass(frozen=True)
class Layout:
    """How a file is written; what is as the readers take it anyway is None."""

    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header: int = 1
    labels: int | None = None
    sheet: str | None = None
    several: bool = False

    def source(self, path: Path, shown: str) -> Source:
        """The file as the readers want it."""
        return Source(path, shown, format=self.format, encoding=self.encoding or "utf-8", header=self.header,
                      labels=self.labels, sheet=self.sheet, missing=(), delimiter=self.delimiter)


def layouts(path: Path, kind: str) -> list[Layout]:
    """The layout of a file; of a workbook one a sheet that holds a table.

    Raises DataError where a workbook cannot be opened.
    """
    if kind == "xlsx":
        return _sheets(path)
    if kind not in ("csv", "tsv"):
        return [Layout()]
    data = path.read_bytes()
    encoding = _encoding(data)
    text = data.decode(encoding or "utf-8-sig", errors="replace")
    usual = "\t" if path.suffix.lower() == ".tsv" else ","
    delimiter = _delimiter(text, usual)
    rows = _rows(text, delimiter)
    header, labels = headings(rows)
    return [Layout("csv" if path.suffix.lower() not in (".csv", ".tsv") else None, encoding,
                   delimiter if delimiter != usual else None, header, labels)]


def _encoding(data: bytes) -> str | None:
    """None for UTF-8, or where a byte order mark says it; else the first that fits the text."""
    if data.startswith(_BOMS) or _decoded(data, "utf-8") is not None:
        return None if not data.startswith(_BOMS[1:]) else "utf-16"
    for name in _ENCODINGS:
        text = _decoded(data, name)
        if text is not None and _plausible(text, name) and not (name == "gb18030" and _single(data)):
            return name
    return "cp1252"


def _single(data: bytes) -> bool:
    """Whether bytes beyond ASCII mostly stand alone, as accented letters do."""
    runs = [len(run) for run in re.findall(rb"[\x80-\xff]+", data)]
    return 2 * runs.count(1) > len(runs)


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _plausible(text: str, encoding: str) -> bool:
    """Whether the characters beyond ASCII are those that are written so: kana, or ideographs in a row."""
    odd = [c for c in text if ord(c) > 127]
    names = [unicodedata.name(c, "") for c in odd[:5000]]
    share = sum(n.startswith(("CJK", "IDEOGRAPHIC", "FULLWIDTH", "GREEK", "HIRAGANA", "KATAKANA"))
                for n in names) / max(len(names), 1)
    if encoding == "cp932":
        return share > 0.9 and any(n.startswith(("HIRAGANA", "KATAKANA LETTER")) for n in names)
    return encoding == "cp1252" or share > 0.9


def _delimiter(text: str, usual: str) -> str:
    """The sign that cuts most lines into as many cells, and into most."""
    best, most = usual, (0.0, 0)
    for sign in (usual, *_DELIMITERS):
        rows = _rows(text, sign)
        width, times = Counter(len(row) for row in rows if row).most_common(1)[0] if any(rows) else (1, 0)
        score = (times / max(len(rows), 1) if width > 1 else 0.0, width)
        if score[0] > 0.5 and (score[1] > most[1]):
            best, most = sign, score
    return best


def _rows(text: str, delimiter: str) -> list[list[str]]:
    """The first lines of a text, cut into cells."""
    try:
        found = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        return [[cell.strip() for cell in row] for row in islice(found, _LINES)]
    except csv.Error:
        return []


def headings(rows: list[list[str]]) -> tuple[int, int | None]:
    """The lines of the names and of the labels, from 1.

    The first line that is as wide as most is a heading.  The next one is, too,
    where it names every column and the lines below hold numbers or dates; of two
    headings the one whose cells are all plain names, each once, has the names.

    >>> headings([["Site", "Reported term"], ["SITE", "AETERM"], ["01", "Fever"], ["01", "Cough"]])
    (2, 1)
    >>> headings([["A study"], [], ["SITE", "AGE"], ["Site", "Age in years"], ["01", "34"]])
    (3, 4)
    >>> headings([["PT", "SOC"], ["Fever", "General disorders"], ["Cough", "Respiratory"]])
    (1, None)
    """
    filled = [len([c for c in row if c]) for row in rows]
    widths = Counter(len(row) for row, count in zip(rows, filled, strict=True) if count)
    if not widths:
        return 1, None
    width = max(widths, key=lambda w: (widths[w], w))
    first = next((n for n, row in enumerate(rows) if len(row) == width and 2 * filled[n] > width), 0)
    one = rows[first]
    two = rows[first + 1] if first + 1 < len(rows) else []
    rest = [row for row in rows[first + 2:] if len(row) == width]
    several = len(set(two)) >= width * 0.6
    if len(two) != width or not all(two) or not several or any(_VALUE.fullmatch(c) for c in two):
        return first + 1, None
    if _named(two) and (not _named(one) or _longer(one, two)):
        return first + 2, first + 1
    values = sum(any(_VALUE.fullmatch(row[n]) for row in rest if row[n]) for n in range(width))
    if _named(one) and 3 * values >= width and _longer(two, one):
        return first + 1, first + 2
    return first + 1, None


def _named(cells: list[str]) -> bool:
    return len(set(cells)) == len(cells) and all(_NAME.fullmatch(cell) for cell in cells)


def _longer(labels: list[str], names: list[str]) -> bool:
    """Whether cells are labels of others: several words somewhere, and longer in all."""
    return any(" " in cell for cell in labels) and sum(map(len, labels)) > sum(map(len, names))


def _sheets(path: Path) -> list[Layout]:
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(Problem(Place(path.name), "raw", "is not an XLSX workbook",
                                "save it as a plain .xlsx")) from error
    found = []
    names = [sheet.title for sheet in book.worksheets]
    for sheet in book.worksheets:
        sheet.reset_dimensions()
        rows = [[(cell_text(cell) or "").strip() for cell in row]
                for row in islice(sheet.iter_rows(), _LINES)]
        width = max((len(row) for row in rows), default=0)
        rows = [[*row, *[""] * (width - len(row))] for row in rows]
        if width < 2 or len(rows) < 2:
            continue
        header, labels = headings(rows)
        found.append(Layout(header=header, labels=labels, sheet=sheet.title if len(names) > 1 else None))
    book.close()
    several = len(found) > 1
    return [Layout(header=one.header, labels=one.labels, sheet=one.sheet, several=several) for one in found]
