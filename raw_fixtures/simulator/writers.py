"""Files with fixed bytes: CSV in any encoding, and a minimal XLSX.

The workbook is written as plain Office Open XML: a library would stamp the time of writing, and its bytes
would change with its version.  A small one is stored uncompressed, for compressed bytes differ between builds
of zlib.
"""

from __future__ import annotations

import codecs
import zipfile
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import NamedTuple
from xml.sax.saxutils import escape

import numpy as np
import pandas as pd

ROWS_A_SHEET = 1_000_000
EXCEL_DAY_0 = date(1899, 12, 30)
# Windows-1252 as browsers and spreadsheets read it: the five bytes it lacks stay as they are.
WINDOWS = "".join(
    bytes([i]).decode("cp1252") if i not in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else chr(i) for i in range(256)
)


def mis_decode(text: str) -> str:
    """UTF-8 read as Windows-1252.

    >>> mis_decode("Cmax（ng）")
    'Cmaxï¼ˆngï¼‰'
    """
    return codecs.charmap_decode(text.encode("utf-8"), "strict", WINDOWS)[0]


def append_csv(path: Path, table: pd.DataFrame, encoding: str = "utf-8", garbled: bool = False) -> None:
    """Add a table to a file, with the header (and the byte order mark) where the file is new."""
    new = not path.exists()
    text = table.to_csv(index=False, header=new, lineterminator="\n")
    if garbled:
        text = mis_decode(text)
    if encoding == "utf-8-sig" and not new:
        encoding = "utf-8"
    with path.open("ab") as file:
        file.write(text.encode(encoding))


def _letter(number: int) -> str:
    return chr(ord("A") + number)


def _cells(values: pd.Series, letter: str, rows: np.ndarray, kind: str) -> np.ndarray:
    """The XML of one column's cells."""
    place = np.char.add(letter, rows.astype(str)).astype(object)
    codes, distinct = pd.factorize(values.to_numpy(dtype=object))
    if kind == "text":
        inner = [f't="inlineStr"><is><t xml:space="preserve">{escape(str(v))}</t></is></c>' for v in distinct]
    elif kind == "date":
        inner = [
            f's="1"><v>{(date.fromisoformat(v) - EXCEL_DAY_0).days}</v></c>' if v else "" for v in distinct
        ]
    else:
        inner = [f"><v>{v}</v></c>" if v else "" for v in distinct]
    body = np.asarray(inner, dtype=object)[codes]
    cells = '<c r="' + place + '" ' + body
    return np.where(values.to_numpy(dtype=object) == "", "", cells)


class Sheet(NamedTuple):
    """A sheet on its way: where its rows wait, how many they are, and how many columns."""

    part: Path
    used: int
    columns: int


class Workbook:
    """A workbook whose sheets grow by blocks of rows; a full sheet goes on in ``<name>_2`` and so on.

    Sheets wait in files beside the workbook, so that memory does not grow with them.
    """

    def __init__(self, path: Path, compressed: bool, rows_a_sheet: int = ROWS_A_SHEET) -> None:
        self.path, self.compressed, self.rows_a_sheet = path, compressed, rows_a_sheet
        self._sheets: dict[str, Sheet] = {}

    def __enter__(self) -> Workbook:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._close()
        for sheet in self._sheets.values():
            sheet.part.unlink(missing_ok=True)

    def append(self, name: str, table: pd.DataFrame, kinds: dict[str, str] | None = None) -> None:
        """Add rows; ``kinds`` tells the columns that are ``number`` or ``date``, the rest is text."""
        title, number = name, 1
        while title in self._sheets and self._sheets[title].used >= self.rows_a_sheet:
            number += 1
            title = f"{name}_{number}"
        if title not in self._sheets:
            part = self.path.with_name(f"{self.path.name}.{title}.part")
            part.write_bytes(_rows(pd.DataFrame([list(table.columns)], columns=table.columns), 1, {}))
            self._sheets[title] = Sheet(part, 0, len(table.columns))
        sheet = self._sheets[title]
        room = self.rows_a_sheet - sheet.used
        head = table.iloc[:room].reset_index(drop=True)
        with sheet.part.open("ab") as file:
            file.write(_rows(head, sheet.used + 2, kinds or {}))
        self._sheets[title] = sheet._replace(used=sheet.used + len(head))
        if len(table) > room:
            self.append(name, table.iloc[room:], kinds)

    def _close(self) -> None:
        method = zipfile.ZIP_DEFLATED if self.compressed else zipfile.ZIP_STORED
        with zipfile.ZipFile(self.path, "w", method) as archive:
            for name, text in _fixed_parts(list(self._sheets)).items():
                archive.writestr(self._entry(name, method), text.encode("utf-8"))
            for i, sheet in enumerate(self._sheets.values(), start=1):
                entry = self._entry(f"xl/worksheets/sheet{i}.xml", method)
                entry.file_size = sheet.part.stat().st_size  # lets a sheet above 2 GiB be written
                with archive.open(entry, "w") as target, sheet.part.open("rb") as source:
                    target.write(_sheet_start(sheet))
                    while block := source.read(1 << 20):
                        target.write(block)
                    target.write(SHEET_END)

    @staticmethod
    def _entry(name: str, method: int) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(name, date_time=(2026, 7, 10, 9, 0, 0))
        entry.compress_type, entry.create_system, entry.external_attr = method, 0, 0
        return entry


def _rows(table: pd.DataFrame, first: int, kinds: dict[str, str]) -> bytes:
    numbers = np.arange(first, first + len(table))
    text = '<row r="' + numbers.astype(str).astype(object) + '">'
    for i, name in enumerate(table.columns):
        text = text + _cells(table[name], _letter(i), numbers, kinds.get(name, "text"))
    return "".join(text + "</row>").encode("utf-8")


XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
SHEET_END = b"</sheetData></worksheet>"
RELATIONS = f'<Relationships xmlns="{PACKAGE}/relationships">'
PLAIN = 'fontId="0" fillId="0" borderId="0"'
# Cell style 0 is plain, 1 a date.
STYLES = (
    f'{XML}<styleSheet xmlns="{MAIN}">'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders>'
    f'<cellStyleXfs count="1"><xf numFmtId="0" {PLAIN}/></cellStyleXfs>'
    f'<cellXfs count="2"><xf numFmtId="0" {PLAIN} xfId="0"/>'
    f'<xf numFmtId="14" {PLAIN} xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def _fixed_parts(sheets: list[str]) -> dict[str, str]:
    """Everything in the package but the sheets."""
    parts = {"/xl/workbook.xml": "sheet.main", "/xl/styles.xml": "styles"}
    parts |= {f"/xl/worksheets/sheet{i + 1}.xml": "worksheet" for i in range(len(sheets))}
    kinds = "".join(
        f'<Override PartName="{name}" ContentType="{TYPE}.{kind}+xml"/>' for name, kind in parts.items()
    )
    links = [("worksheet", f"worksheets/sheet{i + 1}.xml") for i in range(len(sheets))] + [
        ("styles", "styles.xml")
    ]
    listed = "".join(
        f'<sheet name="{name}" sheetId="{i}" r:id="rId{i}"/>' for i, name in enumerate(sheets, start=1)
    )
    return {
        "[Content_Types].xml": (
            f'{XML}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Default Extension="xml" ContentType="application/xml"/>{kinds}</Types>'
        ),
        "_rels/.rels": XML + RELATIONS + _link(1, "officeDocument", "xl/workbook.xml") + "</Relationships>",
        "xl/workbook.xml": (
            f'{XML}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": (
            XML
            + RELATIONS
            + "".join(_link(i, *link) for i, link in enumerate(links, start=1))
            + "</Relationships>"
        ),
        "xl/styles.xml": STYLES,
    }


def _sheet_start(sheet: Sheet) -> bytes:
    """A reader learns the width from the dimension: trailing blank cells are not written."""
    corner = f"{_letter(sheet.columns - 1)}{sheet.used + 1}"
    return f'{XML}<worksheet xmlns="{MAIN}"><dimension ref="A1:{corner}"/><sheetData>'.encode()


def _link(number: int, kind: str, target: str) -> str:
    return f'<Relationship Id="rId{number}" Type="{OFFICE}/{kind}" Target="{target}"/>'
