"""Hostile raw files in place of the one of the small study."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hostile_study import ANY, BUILD, MORE, RAW, STUDY, Case, Content, write, write_study

HEAD = "SITE,SUBJ,SEX,AGE\n"
SAVE = "open the workbook in Excel and save it"


def raw(name: str, content: Callable[[], Content], *said: str, file: str = "dm.csv", status: int = 1,
        problems: int = 1, megabytes: int = 300, heavy: bool = False) -> Case:
    """A case of one raw file."""
    def make(folder: Path) -> None:
        write_study(folder, study=STUDY.replace("dm.csv", file))
        write(folder / "raw" / file, content())
    return Case(f"files: {name}", make, said, BUILD, status, problems, megabytes, heavy)


def sized(size: int) -> Callable[[Path], None]:
    """A raw file of any size that takes no place on the disk."""
    def make(folder: Path) -> None:
        write_study(folder)
        with (folder / "raw/dm.csv").open("r+b") as file:
            file.truncate(size)
    return make


BLANK = "'unread: blank' leaves it out"
LONG = "a cell has more than 131,072 characters; is a quote not closed?"

DELIMITED = [
    raw("a cell of 100 MB", lambda: HEAD + "01,001,M," + "a" * 100_000_000 + "\n",
        f"raw/dm.csv:2: dm: {LONG}",
        megabytes=900),
    raw("a quoted cell of 100 MB", lambda: HEAD + '01,001,M,"' + "a" * 100_000_000 + '"\n',
        f"raw/dm.csv:2: dm: {LONG}", megabytes=900, heavy=True),
    raw("a quote that is closed nowhere in 100 MB", lambda: HEAD + '01,001,M,"' + "a\n" * 50_000_000,
        f"raw/dm.csv:2: dm: {LONG}", megabytes=900, heavy=True),
    raw("a header of 100 MB", lambda: "SITE," + "a" * 100_000_000 + "\n",
        "raw/dm.csv:1: dm: the line has more than 8,388,608 characters; is it a text file, and 'encoding' "
        "right?"),
    raw("a header of 100,000 columns",
        lambda: "SITE,SUBJ,SEX,AGE," + ",".join(f"C{n}" for n in range(99_996)) + "\n",
        "raw/dm.csv:1: dm: has 100,000 columns, 20,000 at most"),
    raw("a header of 100,000 columns without a name", lambda: "SITE,SUBJ,SEX,AGE" + "," * 99_996 + "\n",
        "raw/dm.csv:1: dm: has 100,000 columns, 20,000 at most"),
    raw("a header of one name 20,000 times", lambda: ",".join(["C"] * 20_000) + "\n",
        f"raw/dm.csv:1: dm: column names stand more than once: 'C' in columns 1, 2, 3, 4, {MORE}"),
    raw("a line of a million cells", lambda: HEAD + "x," * 1_000_000 + "\n",
        "raw/dm.csv:2: dm: 1000001 cells where the header has 4; a cell that holds ',' must be quoted"),
    raw("10 million quotes", lambda: HEAD + '"' * 10_000_000, f"raw/dm.csv:2: dm: {LONG}"),
    raw("10 MB of NUL", lambda: HEAD.encode() + b"\0" * 10_000_000,
        "raw/dm.csv:2: dm: a NUL character (U+0000) at byte 1 of the line, in SITE; is the file UTF-16? "
        "write encoding: utf-16"),
    raw("UTF-16 without a mark", lambda: RAW.encode("utf-16-le"),
        "raw/dm.csv:1: dm: a NUL character (U+0000) at byte 2 of the line; is the file UTF-16? write "
        "encoding: utf-16"),
    raw("bytes that are no text", lambda: HEAD.encode() + b"\xff" * 100_000,
        "raw/dm.csv:2: dm: byte 0xFF, number 1 of the line, is not utf-8; the file reads as cp1252: write "
        "encoding: cp1252"),
    raw("bytes at random", lambda: random.Random(1).randbytes(1_000_000),
        f"raw/dm.csv:1: dm: byte 0x{MORE}"),
    raw("a cell that writes to the terminal", lambda: HEAD + "01,001,M,\x1b[2J\x07\n",
        f"raw/dm.csv:2: DM.AGE: '\\x1b[2J\\x07' is no number; 1 of 1 record; {BLANK}"),
    raw("a cell that looks like a message", lambda: HEAD + '01,001,M,"x\nraw/dm.csv:1: all is well"\n',
        f"raw/dm.csv:2: DM.AGE: 'x\\nraw/dm.csv:1: all is well' is no number; 1 of 1 record; {BLANK}"),
    raw("a cell that turns its line round", lambda: HEAD + "01,001,M,\u202e3\u200b\n",
        f"raw/dm.csv:2: DM.AGE: '\\u202e3\\u200b' is no number; 1 of 1 record; {BLANK}"),
    raw("30,000 values that are no numbers",
        lambda: HEAD + "".join(f"01,{n},M,x{n}\n" for n in range(30_000)),
        f"raw/dm.csv:2: DM.AGE: 'x0' is no number; 1 of 30000 records; {BLANK}", ANY,
        "raw/dm.csv:1002: DM.AGE: 29,000 more values that do not fit; 29000 of 30000 records",
        problems=1_001),
    Case("files: 10 GiB", sized(10 << 30), ("raw/dm.csv: dm: has 10.0 GiB, 4 GiB at most; split the file",),
         BUILD, 1),
]

TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
KINDS = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PARTS = "http://schemas.openxmlformats.org/package/2006/relationships"
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
BOOK = "xl/workbook.xml"
LINKS = "xl/_rels/workbook.xml.rels"


def text_cells(line: int, *texts: str) -> str:
    """A row of a sheet with the texts in its cells."""
    cells = (f'<c r="{chr(65 + n)}{line}" t="inlineStr"><is><t>{text}</t></is></c>' for n,
             text in enumerate(texts))
    return f'<row r="{line}">{"".join(cells)}</row>'


ROWS = text_cells(1, "SITE", "SUBJ", "SEX", "AGE") + text_cells(2, "01", "001", "M", "34")


def sheet(rows: str, before: str = "") -> str:
    """The XML of a sheet."""
    return f'<?xml version="1.0"?>{before}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'


def workbook(**parts: str) -> bytes:
    """A workbook whose parts may be others: ``sheet``, ``strings``, ``book``, ``links``, ``extra``."""
    names = ("workbook", "worksheets/sheet1", "sharedStrings", "styles")
    kinds = ("sheet.main", "worksheet", "sharedStrings", "styles")
    overrides = "".join(f'<Override PartName="/xl/{name}.xml" ContentType="{KINDS}.{kind}+xml"/>'
                        for name, kind in zip(names, kinds, strict=True))
    links = "".join(f'<Relationship Id="rId{n}" Type="{RELATED}/{kind}" Target="{target}.xml"/>'
                    for n, (kind, target) in enumerate(zip(kinds[1:], names[1:], strict=True), 1))
    made = {
        "[Content_Types].xml": f'<Types xmlns="{TYPES}"><Default Extension="rels" ContentType='
                               f'"application/vnd.openxmlformats-package.relationships+xml"/>{overrides}</Types>',
        BOOK: f'<workbook xmlns="{MAIN}" xmlns:r="{RELATED}"><sheets><sheet name="S" sheetId="1" '
              f'r:id="rId1"/></sheets>'
              "</workbook>",
        LINKS: f'<Relationships xmlns="{PARTS}">{links}</Relationships>',
        SHEET: sheet(ROWS),
        STRINGS: f'<sst xmlns="{MAIN}"><si><t>x</t></si></sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><cellXfs count="1"><xf/></cellXfs></styleSheet>',
    }
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in (made | {"xl/media/x.bin": parts.pop("extra", "x")}
                           | {globals()[key.upper()]: text for key, text in parts.items()}).items():
            archive.writestr(name, text)
    return found.getvalue()


def book(name: str, made: Callable[[], bytes], *said: str, status: int = 1) -> Case:
    """A case of a workbook; the message goes on behind the file's name."""
    return raw(name, made, *(f"raw/dm.xlsx{line}" for line in said), file="dm.xlsx", status=status)


def damaged(name: str, row: str, error: str) -> Case:
    """A workbook with a row that no spreadsheet program writes."""
    return book(f"a workbook with {name}", lambda: workbook(sheet=sheet(ROWS + row)),
                f": dm: is a damaged workbook ({error}); {SAVE}")


LAUGHS = "<!DOCTYPE x [<!ENTITY a0 'lol'>" + "".join(
    f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12)) + "]>"
OUTSIDE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
DOCTYPE = "defines a document type, which no workbook does"


def dense(part: str, size: int) -> str:
    return f": dm: {part} unpacks to {size} MiB, more than 100 times what it is packed; {SAVE}"


WORKBOOKS = [
    book("a workbook", workbook, status=0),
    book("a workbook of entities that explode",
         lambda: workbook(sheet=sheet(ROWS.replace("M", "&a11;"), LAUGHS)),
         f": dm: {SHEET} {DOCTYPE}; {SAVE}"),
    book("a workbook with such entities in its shared texts",
         lambda: workbook(strings=f'{LAUGHS}<sst xmlns="{MAIN}"><si><t>&a11;</t></si></sst>'),
         f": dm: {STRINGS} {DOCTYPE}; {SAVE}"),
    book("a workbook that names a file of the machine",
         lambda: workbook(sheet=sheet(ROWS.replace("M", "&e;"), OUTSIDE)),
         f": dm: {SHEET} {DOCTYPE}; {SAVE}"),
    book("a workbook that names a document type elsewhere",
         lambda: workbook(book='<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><workbook/>'),
         f": dm: {BOOK} {DOCTYPE}; {SAVE}"),
    book("a workbook with a document type in UTF-16 behind a long comment",
         lambda: workbook(sheet=f'<?xml version="1.0"?><!--{"x" * 100_000}-->{LAUGHS}<worksheet/>'),
         f": dm: {SHEET} {DOCTYPE}; {SAVE}"),
    book("a workbook of blanks", lambda: workbook(sheet=sheet(ROWS + " " * 100_000_000)), dense(SHEET, 95)),
    book("a workbook of empty rows", lambda: workbook(sheet=sheet(ROWS + "<row/>" * 2_000_000)),
         dense(SHEET, 11)),
    book("a workbook of shared texts",
         lambda: workbook(strings="<sst>" + "<si><t>x</t></si>" * 1_000_000 + "</sst>"),
         dense(STRINGS, 16)),
    book("a workbook of one text of 30 MB",
         lambda: workbook(sheet=sheet(ROWS.replace("M", "x" * 30_000_000))),
         dense(SHEET, 28)),
    book("a workbook of nested elements", lambda: workbook(sheet=sheet("<a>" * 1_000_000)), dense(SHEET, 2)),
    book("a workbook with a picture of nothing", lambda: workbook(extra="\0" * 30_000_000),
         dense("xl/media/x.bin", 28)),
    book("a workbook with row 2,000,000,000",
         lambda: workbook(sheet=sheet(ROWS + '<row r="2000000000"><c r="A2000000000"><v>1</v></c></row>')),
         f": dm: the sheet has a row beyond 1,048,576, the last there is; {SAVE}"),
    book("a workbook whose rows reach to column ZZZ",
         lambda: workbook(sheet=sheet(ROWS + "".join(f'<row r="{n}"><c r="ZZZ{n}"><v>1</v></c></row>'
                                                    for n in range(3, 3_000)))),
         ":276: dm: rows go far beyond the last column with a name, to ZZZ276; delete those columns, for "
         "they hold formats"),
    damaged("a column there is not", '<row r="3"><c r="AAAA3"><v>1</v></c></row>',
            "'AAAA' is not a valid column name. Column names are from A to ZZZ"),
    damaged("a cell of no place", '<row r="3"><c r="??"><v>1</v></c></row>',
            "invalid literal for int() with base 10: '?'"),
    damaged("a row of no number", '<row r="x"/>', "could not convert string to float: 'x'"),
    damaged("a number that is none", '<row r="3"><c r="A3"><v>xx</v></c></row>',
            "invalid literal for int() with base 10: 'xx'"),
    damaged("a shared text there is not", '<row r="3"><c r="A3" t="s"><v>9</v></c></row>',
            "list index out of range"),
    damaged("a date that is none", '<row r="3"><c r="A3" t="d"><v>never</v></c></row>', "Invalid datetime "
                                                                                        "value never"),
    damaged("an entity that nothing defines", '<row r="3"><c r="A3"><v>&e;</v></c></row>',
            "undefined entity: line 1, column 541"),
    book("a workbook that is cut", lambda: workbook(sheet=sheet(ROWS)[:-30]),
         ": dm: is a damaged workbook (no element found: line 1, column 511); " + SAVE),
    book("a workbook whose sheet is no XML", lambda: workbook(sheet="hello"),
         f": dm: {SHEET} is not XML: no element found; {SAVE}"),
    book("a workbook whose sheet lies elsewhere",
         lambda: workbook(links=f'<Relationships xmlns="{PARTS}"><Relationship Id="rId1" '
                                f'Type="{RELATED}/worksheet" '
                                'Target="../../../../etc/passwd"/></Relationships>'),
         f": dm: the workbook has no sheet of cells; {SAVE}"),
    book("a workbook cut at its end", lambda: workbook()[:-30],
         ": dm: the workbook is cut off or damaged; copy it again, or export it anew"),
]


def parquet(names: Sequence[str] = ("SITE", "SUBJ", "SEX", "AGE")) -> bytes:
    """A Parquet file of one record."""
    found = io.BytesIO()
    pq.write_table(pa.table({name: ["1"] for name in names}), found)
    return found.getvalue()


def repeated() -> bytes:
    """Some kilobytes that say they are 40 million records."""
    found = io.BytesIO()
    part = pa.table({name: pa.nulls(20_000_000) for name in ("SITE", "SUBJ", "SEX", "AGE")})
    with pq.ParquetWriter(found, part.schema) as writer:
        for _ in range(2):
            writer.write_table(part, row_group_size=20_000_000)
    return found.getvalue()


def table(name: str, made: Callable[[], Content], said: str) -> Case:
    """A case of a file of another format."""
    return raw(name, made, f"raw/dm.parquet: dm: {said}", file="dm.parquet")


OTHERS = [
    table("a Parquet file that is text", lambda: "hello", "is not a Parquet file"),
    table("a Parquet file of nothing between its marks", lambda: b"PAR1" + b"\xff" * 1_000 + b"PAR1",
          "is not a Parquet file"),
    table("a Parquet file with an index of 2 GB", lambda: b"PAR1" + b"\0" * 100 + b"\xff\xff\xff\x7fPAR1",
          "is not a Parquet file"),
    table("a Parquet file with an index at random",
          lambda: b"PAR1" + random.Random(2).randbytes(1_000) + (900).to_bytes(4, "little") + b"PAR1",
          "is not a Parquet file"),
    table("a Parquet file that is cut", lambda: parquet()[:-1], "is not a Parquet file"),
    table("a Parquet file under a key", lambda: b"PARE" + b"\0" * 100 + (50).to_bytes(4, "little") + b"PARE",
          "is not a Parquet file"),
    table("a Parquet file of 40 million records", repeated, "has 40,000,000 records, 20,000,000 at most; "
                                                            "split the file"),
    table("a Parquet file of 20,001 columns",
          lambda: parquet([f"C{n}" for n in range(20_001)]), "has 20,001 columns, 20,000 at most"),
    raw("a SAS dataset that is text", lambda: "hello" * 1_000,
        "raw/dm.sas7bdat: dm: is not a whole SAS dataset: invalid file, or file has unsupported features",
        file="dm.sas7bdat"),
    raw("a SAS dataset at random", lambda: random.Random(3).randbytes(100_000),
        "raw/dm.sas7bdat: dm: is not a whole SAS dataset: invalid file, or file has unsupported features",
        file="dm.sas7bdat"),
    raw("a transport file that is text", lambda: "hello" * 1_000, "raw/dm.xpt: dm: is not a SAS transport "
                                                                  "file",
        file="dm.xpt"),
]

FILES = [*DELIMITED, *WORKBOOKS, *OTHERS]
