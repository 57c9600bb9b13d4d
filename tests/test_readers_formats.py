"""engine.readers: workbooks, SAS datasets and Parquet files, with text that looks as the value does."""

from __future__ import annotations

import base64
import datetime as dt
import re
import shutil
import zipfile
import zlib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import openpyxl.chart
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine import xpt
from engine.errors import DataError
from engine.readers import RawTable, Source, read_headers, read_table

# A SAS7BDAT file of 8192 bytes as ReadStat writes it: text, number, date, datetime and time.
VITALS = (
    b"c-rlm&ubGw6vyA@N1K*t69^bZ=u#_GsA1QwrGkf~Hew_xg<V5$8qGo?Rzs6Q4+SH5@X(VN_2wVoP4G~V7BBUnh$lU$hoT-ld"
    b"GJTIw(IQfOuGB*CQ&IUoe%83dEdPGu`{zjW&*IuqYu~4-H%0|J-iu$u4Q>X-W!Q3eV{0UPZsQu7=T}J>56bbfmjSgzre~-Q>"
    b"u6}lTGJUu_@4kv6Pl_#3dgrzezc)n}~e~NIsU3h9o(6G+VwrGwaZmge)bb!?HXqC1g1v<KkvVhR+TUxuj%v{K`Rg;P~4MuQp"
    b"ISIUEj$!{Kl^91e%W`DeJZxo&mQ8>9(e6m}EyGHkm8es|mw)#E6CsoS=bKDYk3%eHr!Ko{(DRL>$Es6L1Er4U_gBfXAwwkY?"
    b"|!9!o_+*+@D=*bp3zO1KD2-#6Pyz;`dE9v)i-(cl+Qj%nAkL2C_t+xyJ(0<AD)vI>m<DzX>7nv?eN4)o0>a;$VpW07*K9l+s"
    b"D^@Mnba6b@*8U8K!{O{?Hr5OakJrjC+<*W%U$@T9^2a>#&srr{8s&TC@AAlBv}&G&?iTr*GX_0>mH&9l>u-((?6taKXEz3^-"
    b"%o7^i4e${dFw_1%ukUuRM!uhzeIh}Ieq~j3{XEzeb@K~gvK~9KZ5)?@}1DCjgf{jNc&}k+9b6awI#4W%j%8(W31D%<{eWAe+"
    b"QWVr>I(bB44f*E>!{4Goz=~ne!L*3pG$PTH1W~Yw6sCrcYJ$=|XL0S{DaS9D=+$rsd1ka!o82YP$8mOxo0Pq>`LosFJv%scD"
    b"%U(Y2gbp3==UY|+uIeXRYR+jL)sJKf_eG-iVPJFElspMctjeFMb>QCtwsO95Rc_UZI*Isd=68TZZjll$ra<qN?%j*PDa>kFC"
    b"s5%hah>Z5m>jo+huTrPXQ?1ilh-iPLivBSn=yVj$>3%k#J$lrzh9^^-nAKJDn4O!2Wertxs9QA~)^!_$$4v>}#<f+r+QcpEf"
    b"e($ca_z4YTLKy"
)


def rows(table: RawTable) -> list[list[str | None]]:
    frame = table.frame.drop(columns=["_file", "_row"])
    return [[None if cell != cell else cell for cell in row] for row in frame.to_numpy(object)]


def lines(table: RawTable) -> list[int]:
    return [int(line) for line in table.frame["_row"]]


def refusal(source: Source, wanted: list[str] | None = None) -> str:
    with pytest.raises(DataError) as caught:
        read_table("pk", [source], wanted)
    return str(caught.value)


def workbook(folder: Path, cells: list[list[Any]], **formats: str) -> Path:
    """A workbook with one sheet, Results; ``formats`` gives number formats by cell (``B2="..."``)."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Results"
    for row in cells:
        sheet.append(row)
    for name, number_format in formats.items():
        sheet[name].number_format = number_format
    path = folder / "qpcr.xlsx"
    book.save(path)
    return path


def edited(path: Path, change: Callable[[str], str]) -> Path:
    """The workbook with the XML of its sheet changed, as other programs would write it."""
    old = path.with_suffix(".old")
    shutil.move(path, old)
    with zipfile.ZipFile(old) as before, zipfile.ZipFile(path, "w") as after:
        for name in before.namelist():
            data = before.read(name)
            if name == "xl/worksheets/sheet1.xml":
                text = data.decode()
                assert change(text) != text
                data = change(text).encode()
            after.writestr(name, data)
    return path


def xlsx(path: Path, **options: Any) -> Source:
    return Source(path, "raw/qpcr.xlsx", **options)


def test_numbers_and_text_of_a_sheet(tmp_path: Path) -> None:
    path = workbook(tmp_path, [
        ["SUBJ", "RES", "LOQ"], ["012", 5.0, 0.1], [" x ", 1e16, 1e-7], [7, -2.50, 1 / 3],
        ["NA", "1.10", "<50"], [True, False, 123456789012],
    ])
    table = read_table("pk", [xlsx(path, missing=("NA",))])
    assert rows(table) == [
        ["012", "5", "0.1"], ["x", "10000000000000000", "0.0000001"], ["7", "-2.5", "0.3333333333333333"],
        [None, "1.10", "<50"], ["TRUE", "FALSE", "123456789012"],
    ]
    assert lines(table) == [2, 3, 4, 5, 6]
    assert table.files == ("raw/qpcr.xlsx",)


def test_numbers_as_excel_stores_them(tmp_path: Path) -> None:
    def long(text: str) -> str:
        return text.replace("<v>1</v>", "<v>5.0999999999999996</v>").replace("<v>2</v>", "<v>1.2E3</v>")

    path = edited(workbook(tmp_path, [["A", "B"], [1, 2]]), long)
    assert rows(read_table("pk", [xlsx(path)])) == [["5.1", "1200"]]


def test_dates_and_times_of_a_sheet(tmp_path: Path) -> None:
    noon, day = dt.datetime(2025, 3, 1, 12, 0), dt.datetime(2025, 3, 1)
    path = workbook(
        tmp_path, [["A", "B"], [day, noon], [day, noon], [dt.time(8, 30), dt.time(8, 30, 15)],
                   [dt.timedelta(hours=30, minutes=5), dt.datetime(2025, 3, 1, 23, 59, 59)], [day, noon]],
        A2="yyyy-mm-dd", B2="yyyy/m/d h:mm", A3="dd-mmm-yyyy hh:mm:ss", B3="yyyy-mm-dd hh:mm:ss",
        A4="h:mm", B4="h:mm:ss", A5="[h]:mm:ss", B5="yyyy-mm-dd", A6='[$-804]yyyy"h"', B6="d.m.yyyy")
    assert rows(read_table("pk", [xlsx(path)])) == [
        ["2025-03-01", "2025-03-01T12:00"], ["2025-03-01T00:00:00", "2025-03-01T12:00:00"],
        ["08:30", "08:30:15"], ["30:05:00", "2025-03-01T23:59:59"], ["2025-03-01", "2025-03-01T12:00"],
    ]


def test_rows_of_a_sheet(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["Vendor report"], ["Subject", "Result"], [], ["SUBJ", "RES", None, None],
                               [None, None], ["1", 5], [None], [], ["2"], [None, "3"]])
    source = xlsx(path, header=4, labels=2)
    table = read_table("pk", [source])
    assert (lines(table), rows(table)) == ([6, 9, 10], [["1", "5"], ["2", None], [None, "3"]])
    assert read_headers(source) == [("SUBJ", "Subject"), ("RES", "Result")]
    assert rows(read_table("pk", [source], ["RES"])) == [["5"], [None], ["3"]]
    none = read_table("pk", [xlsx(path, header=10)])
    assert list(none.frame.columns) == ["3", "_file", "_row"]
    assert len(none.frame) == 0


def test_sheets_by_name(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["A"], ["1"]])
    book = openpyxl.load_workbook(path)
    book.create_sheet("Notes").append(["A"])
    book.create_chartsheet("Chart").add_chart(openpyxl.chart.BarChart())
    book.save(path)
    table = read_table("pk", [xlsx(path, sheet="Results"), xlsx(path, sheet="Notes")])
    assert table.files == ("raw/qpcr.xlsx[Results]", "raw/qpcr.xlsx[Notes]")
    assert rows(table) == [["1"]]
    assert refusal(xlsx(path)) == (
        "raw/qpcr.xlsx: pk: the workbook has 2 sheets and none is named; write sheet: one of Results, Notes")
    assert refusal(xlsx(path, sheet="results")) == (
        "raw/qpcr.xlsx[results]: pk: no sheet 'results';"
        " did you mean 'Results'? case matters; the workbook has Results, Notes")


def test_formulas_give_their_stored_values(tmp_path: Path) -> None:
    def calculated(text: str) -> str:
        text = text.replace("<f>1+1</f><v />", "<f>1+1</f><v>2</v>")
        return text.replace('<c r="B2"><f>""</f><v />', '<c r="B2" t="str"><f>""</f><v></v>')

    path = workbook(tmp_path, [["A", "B"], ["=1+1", '=""']])
    assert refusal(xlsx(path)) == (
        "raw/qpcr.xlsx:2: pk: cell A2 holds a formula without a value (and 1 more record);"
        " open the workbook in Excel and save it")
    assert refusal(xlsx(path), ["B"]) == (
        "raw/qpcr.xlsx:2: pk: cell B2 holds a formula without a value;"
        " open the workbook in Excel and save it")
    assert rows(read_table("pk", [xlsx(edited(path, calculated))])) == [["2", None]]


def test_error_values(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["A", "B"], ["1", "#N/A"], ["2", "#DIV/0!"], ["3", "#N/A"]])
    assert refusal(xlsx(path)) == (
        "raw/qpcr.xlsx:2: pk: column 'B' holds the error value #N/A (and 2 more records)")
    assert refusal(xlsx(path, missing=("#N/A",))) == (
        "raw/qpcr.xlsx:3: pk: column 'B' holds the error value #DIV/0!")
    both = xlsx(path, missing_by_column={"B": ("#N/A", "#DIV/0!")})
    assert rows(read_table("pk", [both])) == [["1", None], ["2", None], ["3", None]]
    assert rows(read_table("pk", [xlsx(path)], ["A"])) == [["1"], ["2"], ["3"]]


def test_a_date_out_of_range_is_an_error_value(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["A", "B"], [99999999, "x"]], A2="yyyy-mm-dd")
    assert refusal(xlsx(path)) == "raw/qpcr.xlsx:2: pk: column 'A' holds the error value #VALUE!"


def test_cells_beyond_the_header(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["A", "B"], [1, 2, None, "far"], [3, 4], [5, 6, 7]])
    assert refusal(xlsx(path)) == (
        "raw/qpcr.xlsx:2: pk: cell D2 holds 'far' and has no column name (and 1 more record)")


def test_escaped_characters_of_a_sheet(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["A"], ["one two"]])
    edited(path, lambda text: text.replace("one two", "one_x000D_two_x0000_"))
    assert rows(read_table("pk", [xlsx(path)])) == [["one\rtwo_x0000_"]]


def test_a_wrong_size_in_the_sheet_is_no_matter(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["A", "B"], [1, 2]])
    edited(path, lambda text: text.replace('ref="A1:B2"', 'ref="A1"'))
    assert rows(read_table("pk", [xlsx(path)])) == [["1", "2"]]


def test_files_that_are_no_workbook(tmp_path: Path) -> None:
    path = tmp_path / "qpcr.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    assert refusal(xlsx(path)) == ("raw/qpcr.xlsx: pk: is an old .xls workbook, or one with a password;"
                                   " save it as a plain .xlsx")
    path.write_text("SUBJ,PCTPT\n001,1 h\n")
    assert refusal(xlsx(path)) == ("raw/qpcr.xlsx: pk: is text and no workbook;"
                                   " write format: csv, or save it as .xlsx")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "no workbook")
    assert refusal(xlsx(path)) == "raw/qpcr.xlsx: pk: is not an XLSX workbook; save it as a plain .xlsx"
    path.write_bytes(path.read_bytes()[:60])
    assert refusal(xlsx(path)) == ("raw/qpcr.xlsx: pk: the workbook is cut off or damaged;"
                                   " copy it again, or export it anew")


@pytest.mark.parametrize(("cells", "options", "expected"), [
    ([], {}, "raw/qpcr.xlsx: pk: the sheet is empty"),
    ([["A"], ["1"]], {"header": 4}, "raw/qpcr.xlsx: pk: header: row 4, but the sheet has 2 rows"),
    ([["A"]], {"labels": 2}, "raw/qpcr.xlsx: pk: labels: row 2, but the sheet has 1 row"),
    ([[None], ["A"]], {}, "raw/qpcr.xlsx:1: pk: the header row is blank"),
    ([["A", "B", "A"]], {}, "raw/qpcr.xlsx:1: pk: column names stand more than once: 'A' in columns 1 and 3;"
     " delete a column or name it otherwise in the file"),
    ([["A", None, "B"], ["1", "2", "3"]], {},
     "raw/qpcr.xlsx:2: pk: column 2 has no name, and its cells are not blank"),
])
def test_what_is_wrong_with_a_sheet(tmp_path: Path, cells: list[list[Any]], options: dict[str, Any],
                                    expected: str) -> None:
    assert refusal(xlsx(workbook(tmp_path, cells), **options)) == expected


@pytest.fixture
def vitals(tmp_path: Path) -> Source:
    path = tmp_path / "vs.sas7bdat"
    path.write_bytes(zlib.decompress(base64.b85decode(VITALS)))
    return Source(path, "raw/vs.sas7bdat")


def test_sas7bdat(vitals: Source) -> None:
    table = read_table("vs", [vitals])
    assert list(table.frame.columns) == ["SUBJ", "SITE", "TEMP", "VSDT", "VSDTM", "VSTM", "_file", "_row"]
    assert rows(table) == [
        ["001", "北京", "36.6", "2025-09-16", "2025-09-16T08:30:00", "08:30:00"],
        ["002", None, None, "1959-12-31", "1959-12-31T23:59:58.5", None],
        ["003", "Site NA", "37", None, None, "23:59:59.25"],
    ]
    assert lines(table) == [1, 2, 3]
    assert table.labels["TEMP"] == "Temperature (C)"
    assert table.formats == {"VSDT": "DATE9", "VSDTM": "DATETIME20", "VSTM": "TIME8"}
    assert read_headers(vitals)[:2] == [("SUBJ", "Subject"), ("SITE", "Site")]
    assert rows(read_table("vs", [vitals], ["VSDT", "SUBJ"])) == [
        ["001", "2025-09-16"], ["002", "1959-12-31"], ["003", None]]
    assert rows(read_table("vs", [vitals], [])) == [[], [], []]


def test_sas7bdat_that_is_cut_short(vitals: Source) -> None:
    whole = vitals.path.read_bytes()
    vitals.path.write_bytes(whole[:5000])
    assert refusal(vitals) == "raw/vs.sas7bdat: pk: is not a whole SAS dataset: unable to read from file"
    vitals.path.write_bytes(b"SUBJ,SITE\n" * 100)
    assert refusal(vitals) == (
        "raw/vs.sas7bdat: pk: is not a whole SAS dataset: invalid file, or file has unsupported features")


def transport(folder: Path, frame: pd.DataFrame, *variables: xpt.Variable) -> Source:
    path = folder / "vs.xpt"
    xpt.write(frame, path, name="VS", label="", variables=variables, created=dt.datetime(2026, 6, 30))
    return Source(path, "raw/vs.xpt")


def test_xpt(tmp_path: Path) -> None:
    frame = pd.DataFrame({
        "SUBJ": pd.Series(["001", " 02", None], dtype="str"), "TEMP": [36.6, None, 37.0],
        "VSDT": pd.Series(["1959-12-31", None, "2026-03-01"], dtype="datetime64[s]"),
        "VSTM": pd.Series(["08:30:00", None, "00:00:01"]).astype("timedelta64[s]")})
    source = transport(
        tmp_path, frame,
        xpt.Variable("SUBJ", "Subject", "Char", 5), xpt.Variable("TEMP", "Temperature", "Num", 8),
        xpt.Variable("VSDT", "Date", "Num", 8, "YYMMDD10."), xpt.Variable("VSTM", "Time", "Num", 8, "TIME5."))
    table = read_table("vs", [source])
    assert rows(table) == [["001", "36.6", "1959-12-31", "08:30:00"], ["02", None, None, None],
                           [None, "37", "2026-03-01", "00:00:01"]]
    assert table.labels["VSTM"] == "Time"
    whole = source.path.read_bytes()
    source.path.write_bytes(whole + whole[240:])
    assert refusal(source) == "raw/vs.xpt: pk: holds 2 datasets, one is expected"
    source.path.write_bytes(b"SUBJ\n")
    assert refusal(source) == "raw/vs.xpt: pk: is not a SAS transport file"


def test_a_number_that_is_no_sas_date(tmp_path: Path) -> None:
    source = transport(tmp_path, pd.DataFrame({"VSDT": [0.0, 20260301.0, 1e9]}),
                       xpt.Variable("VSDT", "Date", "Num", 8, "DATE9."))
    assert refusal(source) == "raw/vs.xpt:2: pk: VSDT: 20260301.0 is not a SAS date (and 1 more record)"


def test_xpt_in_another_encoding(tmp_path: Path) -> None:
    source = transport(tmp_path, pd.DataFrame({"SITE": pd.Series(["xxxx"], dtype="str")}),
                       xpt.Variable("SITE", "Site", "Char", 4))
    source.path.write_bytes(source.path.read_bytes().replace(b"xxxx", "北京".encode("gb18030")))
    assert refusal(source) == (
        "raw/vs.xpt:1: pk: SITE: record 1: holds b'\\xb1\\xb1\\xbe\\xa9', which is not utf-8 text;"
        " write encoding: with the true one, for example gb18030 or cp1252")
    assert rows(read_table("vs", [Source(source.path, "raw/vs.xpt", encoding="gb18030")])) == [["北京"]]


def parquet(folder: Path, **columns: Any) -> Source:
    path = folder / "lab.parquet"
    pq.write_table(pa.table(columns), path)
    return Source(path, "raw/lab.parquet")


def test_parquet(tmp_path: Path) -> None:
    noon = dt.datetime(2025, 3, 1, 12, 0)
    source = parquet(
        tmp_path, TEXT=pa.array(["012", " NA", None]), CODE=pa.array(["x", "x", "y"]).dictionary_encode(),
        WHOLE=pa.array([1, None, -3], pa.int64()), REAL=pa.array([5.0, 0.1, None]),
        SMALL=pa.array([0.1, 2, None], pa.float32()),
        EXACT=pa.array([Decimal("1.10"), None, Decimal("-2.00")]),
        FLAG=pa.array([True, False, None]), DAY=pa.array([dt.date(2025, 3, 1), None, dt.date(1959, 12, 31)]),
        MOMENT=pa.array([noon, None, noon.replace(microsecond=500_000)], pa.timestamp("ns")),
        ZONED=pa.array([noon.replace(tzinfo=dt.UTC), None, None]),
        TIME=pa.array([dt.time(8, 30), None, dt.time(23, 59, 59)]), NOTHING=pa.nulls(3))
    table = read_table("lab", [Source(source.path, "raw/lab.parquet", missing=("NA",))])
    assert rows(table) == [
        ["012", "x", "1", "5", "0.1", "1.10", "TRUE", "2025-03-01", "2025-03-01T12:00:00",
         "2025-03-01T12:00:00+00:00", "08:30:00", None],
        [None, "x", None, "0.1", "2", None, "FALSE", None, None, None, None, None],
        [None, "y", "-3", None, None, "-2.00", None, "1959-12-31", "2025-03-01T12:00:00.500000", None,
         "23:59:59", None],
    ]
    assert lines(table) == [1, 2, 3]
    assert rows(read_table("lab", [source], ["WHOLE", "CODE"])) == [["x", "1"], ["x", None], ["y", "-3"]]
    assert len(read_table("lab", [source], []).frame) == 3


def test_parquet_column_with_a_dot(tmp_path: Path) -> None:
    source = parquet(tmp_path, **{"a.b": pa.array(["1"]), "a": pa.array(["2"])})
    assert rows(read_table("lab", [source], ["a.b"])) == [["1"]]


@pytest.mark.parametrize(("values", "told"), [
    (pa.array([2**53], pa.timestamp("s")), "Casting from timestamp[ms] to timestamp[us] would result in out "
                                           "of "
     "bounds timestamp: 9007199254740992000"),
    (pa.array([2**61], pa.timestamp("us")), "date value out of range"),
    (pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0"),
                                            pa.py_buffer(b"\xff\xfe")]),
     "Invalid UTF8 sequence at string index 0"),
])
def test_parquet_values_that_are_no_text(tmp_path: Path, values: pa.Array, told: str) -> None:
    assert refusal(parquet(tmp_path, A=values)) == (
        f"raw/lab.parquet: pk: column 'A' holds what cannot be written as text ({told})")


def test_what_is_wrong_with_a_parquet_file(tmp_path: Path) -> None:
    nested = parquet(tmp_path, A=pa.array([[1, 2]]), B=pa.array(["x"]))
    told = re.sub("<.*>", "<>", refusal(nested))
    assert told == "raw/lab.parquet: pk: column 'A' holds list<>, not plain values"
    assert rows(read_table("lab", [nested], ["B"])) == [["x"]]
    assert refusal(parquet(tmp_path, A=pa.array(["ok", "a\0b"]))) == (
        "raw/lab.parquet:2: pk: column 'A' holds a NUL character")
    nested.path.write_bytes(b"A,B\n")
    assert refusal(nested) == "raw/lab.parquet: pk: is not a Parquet file"


def test_formats_of_one_table_may_differ(tmp_path: Path, vitals: Source) -> None:
    text = tmp_path / "vs2.csv"
    text.write_text("SUBJ,POS\n004,SITTING\n")
    table = read_table("vs", [Source(text, "raw/vs2.csv"), vitals], ["SUBJ", "POS", "TEMP"])
    assert rows(table)[:2] == [["004", "SITTING", None], ["001", None, "36.6"]]
    assert table.labels == {"SUBJ": "Subject", "POS": "", "TEMP": "Temperature (C)"}
