"""engine.readers: delimited files, several files as one table, and all that can be wrong with a file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import examples

from engine.errors import DataError, Place
from engine.readers import RawTable, Source, place_of, read_headers, read_table, require_columns
from engine.readers.delimited import DelimitedReader

SPEC = Place("specs/study.yaml", 7, 12)
TWICE = "; delete a column or name it otherwise in the file"
FEW = "; delete the line if it is no record; quote a cell that holds a line break"
Make = Callable[..., Source]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Write a raw file and give its source."""
    def made(content: str | bytes, name: str = "ae.csv", **options: Any) -> Source:
        path = tmp_path / "raw" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return Source(path, f"raw/{name}", place=SPEC, **options)
    return made


def rows(table: RawTable) -> list[list[str | None]]:
    frame = table.frame.drop(columns=["_file", "_row"])
    return [[None if cell != cell else cell for cell in row] for row in frame.to_numpy(object)]


def lines(table: RawTable) -> list[int]:
    return [int(line) for line in table.frame["_row"]]


def refusal(*sources: Source, wanted: list[str] | None = None) -> str:
    with pytest.raises(DataError) as caught:
        read_table("ae", sources, wanted)
    return str(caught.value)


def test_text_stays_as_typed(make: Make) -> None:
    table = read_table("ae", [make("A,B\n012,1.10\nNA,NULL\n1_000,nan\n-,#N/A\n")])
    assert rows(table) == [["012", "1.10"], ["NA", "NULL"], ["1_000", "nan"], ["-", "#N/A"]]
    assert {str(table.frame[name].dtype) for name in ("A", "B")} == {"str"}
    assert table.frame["_row"].dtype == np.dtype("int32")
    assert table.frame["_file"].dtype == np.dtype("int32")
    assert (table.name, table.files) == ("ae", ("raw/ae.csv",))


def test_blank_is_missing_and_ends_are_trimmed(make: Make) -> None:
    table = read_table("ae", [make('A , B\n" x ",\n   ,\u3000y\u00a0\n"",z\t\n')])
    assert list(table.frame.columns) == ["A", "B", "_file", "_row"]
    assert rows(table) == [["x", None], [None, "y"], [None, "z"]]


def test_trim_may_be_off_and_blank_is_missing_all_the_same(make: Make) -> None:
    table = read_table("ae", [make("A,B\n x ,  \n NA ,y\n", repair=(), missing=("NA",))])
    assert rows(table) == [[" x ", None], [None, "y"]]


def test_missing_is_exact_and_by_column(make: Make) -> None:
    source = make("A,PC\nNA,ND\nna,NA\n ND,\n", missing=("", "NA", "ND"), missing_by_column={"PC": ("",)})
    assert rows(read_table("pc", [source])) == [[None, "ND"], ["na", "NA"], [None, None]]


def test_lines_of_records_with_line_breaks_in_cells(make: Make) -> None:
    text = 'A,B\n1,"one\ntwo"\n\n2,"say ""hi"", ok"\n"3\n\n3",x\n4,y'
    for ending in ("\n", "\r\n"):
        table = read_table("ae", [make(text.replace("\n", ending))])
        assert lines(table) == [2, 5, 6, 9]
        assert rows(table)[0] == ["1", f"one{ending}two"]
        assert rows(table)[1] == ["2", 'say "hi", ok']


def test_old_mac_line_ends(make: Make) -> None:
    table = read_table("ae", [make("A,B\r1,x\r2,y\r")])
    assert (rows(table), lines(table)) == ([["1", "x"], ["2", "y"]], [2, 3])


def test_a_quote_within_a_cell_is_text(make: Make) -> None:
    table = read_table("ae", [make('A,B\n5" scar,x\n1,6\'2"\n')])
    assert rows(table) == [['5" scar', "x"], ["1", "6'2\""]]


def test_one_column(make: Make) -> None:
    table = read_table("ae", [make("A\nx\n\ny\n")])
    assert (rows(table), lines(table)) == ([["x"], ["y"]], [2, 4])


def test_no_records(make: Make) -> None:
    for text in ("A,B\n", "A,B", "A,B\n\n\n"):
        table = read_table("ae", [make(text)])
        assert list(table.frame.columns) == ["A", "B", "_file", "_row"]
        assert (len(table.frame), str(table.frame["A"].dtype)) == (0, "str")


def test_tabs_semicolons_and_quotes(make: Make) -> None:
    assert rows(read_table("ae", [make("A\tB\n1,5\t'x\n", "ae.tsv")])) == [["1,5", "'x"]]
    assert rows(read_table("ae", [make("A;B\n1,5;'a;b'\n", delimiter=";", quote="'")])) == [["1,5", "a;b"]]
    assert rows(read_table("ae", [make('A,B\n"x,y\n', quote="")])) == [['"x', "y"]]
    assert rows(read_table("ae", [make("A\tB\n1\t2\n", "ae.csv", format="tsv")])) == [["1", "2"]]


def test_header_and_labels_lines(make: Make) -> None:
    text = "Export of 2026-06-30\nSubject,Reported term,\nskip,this,too\nSUBJ,AETERM,X\nS,T,U\n001,Fever,\n"
    source = make(text, header=4, labels=2)
    table = read_table("ae", [source])
    assert lines(table) == [5, 6]
    assert table.labels == {"SUBJ": "Subject", "AETERM": "Reported term", "X": ""}
    assert read_headers(source) == [("SUBJ", "Subject"), ("AETERM", "Reported term"), ("X", "")]
    two = 'SUBJ,TERM\n\nSubject,"Term\n(as told)"\n001,Fever\n'
    below = read_table("ae", [make(two, header=1, labels=3)])
    assert (lines(below), below.labels) == ([5], {"SUBJ": "Subject", "TERM": "Term\n(as told)"})


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "gb18030", "cp1252"])
def test_encodings(make: Make, encoding: str) -> None:
    text = "SUBJ,ÉTAT\n1,café\n" if encoding == "cp1252" else "受试者,B\n1,北京\n2,正常\n"
    marked = encoding in ("utf-8-sig", "utf-16", "utf-32")  # a byte order mark speaks for itself
    stated = "utf-8" if marked else encoding
    table = read_table("ae", [make(text.encode(encoding), encoding=stated)])
    expected = [line.split(",") for line in text.splitlines()]
    assert list(table.frame.columns[:2]) == expected[0]
    assert rows(table) == expected[1:]


def test_a_stated_utf_8_sig_needs_no_mark(make: Make) -> None:
    assert rows(read_table("ae", [make("SUBJECT,B\n1,2\n", encoding="utf-8-sig")])) == [["1", "2"]]


def test_repairs_of_names_and_cells(make: Make) -> None:
    source = make("ＳＵＢＪ,Cmax（ng）,C\n\uff11\uff12\u3000,ï\u00bcˆxï\u00bc‰,正常。\n",
                  repair=("width", "mojibake", "trim"), columns={"Cmax(ng)": "CMAX"})
    table = read_table("pk", [source])
    assert list(table.frame.columns[:3]) == ["SUBJ", "CMAX", "C"]
    assert rows(table) == [["12", "(x)", "正常。"]]


def test_renamed_by_the_name_as_written(make: Make) -> None:
    source = make("Cmax（ng）,B\n1,2\n", repair=("width",), columns={"Cmax（ng）": "CMAX"})
    assert read_headers(source) == [("CMAX", ""), ("B", "")]


def test_wanted_columns_in_file_order(make: Make) -> None:
    table = read_table("ae", [make("A,B,C\n1,2,3\n")], ["C", "A"])
    assert list(table.frame.columns) == ["A", "C", "_file", "_row"]
    assert rows(table) == [["1", "3"]]
    nothing = read_table("ae", [make("A,B\n1,2\n3,4\n")], [])
    assert (list(nothing.frame.columns), lines(nothing)) == (["_file", "_row"], [2, 3])


def test_files_become_one_table(make: Make) -> None:
    first = make("SUBJ,WBC\n1,5\n2,6\n", "s01.csv")
    second = make("Lab\nWBC,SUBJ,RBC\nNA,3,4.5\n", "s02.csv", header=2, missing=("NA",))
    table = read_table("lab", [first, second])
    assert list(table.frame.columns) == ["SUBJ", "WBC", "RBC", "_file", "_row"]
    assert rows(table) == [["1", "5", None], ["2", "6", None], ["3", None, "4.5"]]
    assert table.frame["_file"].tolist() == [0, 0, 1]
    assert [str(place) for place in place_of(table, [2, 0])] == ["raw/s02.csv:3", "raw/s01.csv:2"]
    only = read_table("lab", [first, second], ["RBC"])
    assert rows(only) == [[None], [None], ["4.5"]]


def test_a_column_without_a_name_that_is_blank(make: Make) -> None:
    assert rows(read_table("ae", [make("A,,B,\n1,,2,\n3, ,4,\n")])) == [["1", "2"], ["3", "4"]]


def test_a_large_file_with_quoted_line_breaks(make: Make) -> None:
    count = 20_000
    body = "".join(f'{n},"first\nsecond {n}"\n' if n % 100 == 0 else f"{n},plain\n" for n in range(count))
    table = read_table("ae", [make("N,TEXT\n" + body)])
    numbers = table.frame["N"].astype("int64").to_numpy()
    expected = 2 + numbers + (numbers + 99) // 100
    assert numbers.tolist() == list(range(count))
    assert (table.frame["_row"].to_numpy() == expected).all()


CELL = st.text(alphabet='ab,"\n é', max_size=4)
LOOSE = st.text(alphabet='a,"\n\r é', max_size=14)


def _csv_text(records: list[tuple[str, str]]) -> str:
    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\n') else text

    return "\n".join(",".join(map(cell, record)) for record in records)


@examples(40, 500)
@given(st.one_of(LOOSE, st.lists(st.tuples(CELL, CELL), max_size=5).map(_csv_text)))
def test_fast_gives_what_careful_gives(tmp_path_factory: pytest.TempPathFactory, body: str) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.csv"
    path.write_bytes(f"A,B\n{body}".encode())
    reader = DelimitedReader(Source(path, "fuzz.csv"), "fuzz")
    reader.header()
    data = reader._load()
    fast = reader._fast(data, [0, 1])
    if fast is not None:
        careful = reader._careful(data, [0, 1])
        assert {at: column.to_pylist() for at, column in fast.columns.items()} == {
            at: column.to_pylist() for at, column in careful.columns.items()}
        assert fast.rows.tolist() == careful.rows.tolist()


def test_a_file_that_is_not_there(make: Make, tmp_path: Path) -> None:
    make("A,B\n", "AE.csv")
    make("A,B\n", "dm.csv")
    there = tmp_path / "raw"
    assert refusal(Source(there / "ae.csv", "raw/ae.csv")) == (
        "raw/ae.csv: ae: no such file; did you mean 'AE.csv'? the folder holds AE.csv, dm.csv;"
        " --raw names another folder")
    assert refusal(Source(there / "zzzz.sas7bdat", "raw/zzzz.sas7bdat")) == (
        "raw/zzzz.sas7bdat: ae: no such file; the folder holds AE.csv, dm.csv; --raw names another folder")
    assert refusal(Source(there / "vendor" / "ae.csv", "raw/vendor/ae.csv")) == (
        "raw/vendor/ae.csv: ae: no such file, and no folder 'vendor'")
    (there / "sub.csv").mkdir()
    assert refusal(Source(there / "sub.csv", "raw/sub.csv")) == (
        "raw/sub.csv: ae: is a folder, not a file; name a file")


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="files have owners on POSIX only")
def test_a_file_that_may_not_be_read() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "ae.csv")
        path.write_text("A,B\n")
        path.chmod(0)
        Path(folder).chmod(0o755)
        was = os.geteuid()
        if was == 0:  # root may read everything: be nobody for a moment
            os.seteuid(65534)
        try:
            assert refusal(Source(path, "raw/ae.csv")) == "raw/ae.csv: ae: cannot be read: Permission denied"
        finally:
            os.seteuid(was)


def test_the_spec_is_named_beside_the_file(make: Make) -> None:
    with pytest.raises(DataError) as caught:
        read_table("ae", [make("A,A\n")])
    assert caught.value.problems[0].spec == SPEC


@pytest.mark.parametrize(("text", "options", "expected"), [
    ("", {}, "raw/ae.csv: ae: the file is empty; its header must name the columns: export it anew"),
    ("\ufeff", {}, "raw/ae.csv: ae: the file is empty; its header must name the columns: export it anew"),
    ("\n\nA,B\n", {},
     "raw/ae.csv:1: ae: the header line is blank; 'header' says which line names the columns"),
    (" , \n", {}, "raw/ae.csv:1: ae: the header line is blank; 'header' says which line names the columns"),
    ("A,B\n1,2\n", {"header": 5}, "raw/ae.csv: ae: header: line 5, but the file has 2 lines"),
    ("A,B\n", {"labels": 2}, "raw/ae.csv: ae: labels: line 2, but the file has 1 line"),
    ('A,"B\nC"\n1,2\n', {"labels": 2},
     "raw/ae.csv:2: ae: line 2 is part of a quoted cell that starts above it"),
    ("A,B,A,C,B\n", {}, "raw/ae.csv:1: ae: column names stand more than once:"
                        " 'A' in columns 1 and 3; 'B' in columns 2 and 5" + TWICE),
    ("A,a ,A ,A\n", {},
     "raw/ae.csv:1: ae: column names stand more than once: 'A' in columns 1, 3 and 4" + TWICE),
    ("A,_row\n", {},
     "raw/ae.csv:1: ae: the column name '_row' is kept for the readers; 'rename' gives it another name"),
    ("A,B\n1,2\n1\n1,2\n", {}, "raw/ae.csv:3: ae: 1 cell ('1') where the header has 2" + FEW),
    ('A,B\n1,"2\n2"\n1,2,3\n1\n1,2,3\n', {}, "raw/ae.csv:4: ae: 3 cells where the header has 2"
                                            " (line 6 too); a cell that holds ',' must be quoted\n"
                                            "raw/ae.csv:5: ae: 1 cell ('1') where the header has 2" + FEW),
    ('A,B\n1,"x\ny\n2,z\n', {},
     "raw/ae.csv:2: ae: the quotation mark of B is never closed: the cell would end with the file, in line 4;"
     " close it, or write it twice if it belongs to the text"),
    ('A,"B\n', {}, "raw/ae.csv:1: ae: the quotation mark is never closed: the cell would end"
                   " with the file, in line 1; close it, or write it twice if it belongs to the text"),
    ('A,B\n1,2\n"x"y,z\n', {},
     "raw/ae.csv:3: ae: the line cannot be split into cells: ',' expected after '\"';"
     " a quotation mark inside a quoted cell is written twice"),
    ("A,B\n1,2\n3,a\0b\n", {}, "raw/ae.csv:3: ae: a NUL character (U+0000) at byte 4 of the line, in B;"
                               " export the file anew"),
    ("A,,B\n1,,2\n1,x,2\n1,y,2\n", {}, "raw/ae.csv:3: ae: column 2 has no name, and its cells are not blank"
                                       " (and 1 more record)"),
    ("A,B\n", {"encoding": "utf8-chinese"}, "raw/ae.csv: ae: unknown encoding 'utf8-chinese';"
                                           " for example utf-8, utf-16, gb18030, cp1252"),
    ("A,B\n", {"encoding": "base64"}, "raw/ae.csv: ae: unknown encoding 'base64';"
                                     " for example utf-8, utf-16, gb18030, cp1252"),
    ("A,B\n", {"delimiter": "||"}, "raw/ae.csv: ae: delimiter: '||' is not one ASCII character"),
    ("A,B\n", {"quote": "“"}, "raw/ae.csv: ae: quote: '“' is not one ASCII character"),
    ("A,B\n", {"repair": ("widht",)}, "raw/ae.csv: ae: unknown repair 'widht';"
                                     " did you mean 'width'? known: width, mojibake, trim"),
    ("A,B\n", {"format": "xls"}, "raw/ae.csv: ae: unknown format 'xls';"
                                " write format: one of csv, tsv, xlsx, sas7bdat, xpt, parquet"),
    ("A,B\n", {"columns": {"C": "D"}},
     "raw/ae.csv: ae: no column 'C' to rename; the columns are A, B"),
])
def test_what_is_wrong_with_a_file(make: Make, text: str, options: dict[str, Any], expected: str) -> None:
    assert refusal(make(text, **options)) == expected


def test_wrong_encodings(make: Make) -> None:
    chinese = "A,B\n1,x\n2,北京正常\n"
    assert refusal(make(chinese.encode("gb18030"))) == (
        "raw/ae.csv:3: ae: byte 0xB1, number 3 of the line, is not utf-8;"
        " the file reads as gb18030: write encoding: gb18030")
    assert refusal(make("A,B\n1,café\n".encode("cp1252"))) == (
        "raw/ae.csv:2: ae: byte 0xE9, number 6 of the line, is not utf-8;"
        " the file reads as cp1252: write encoding: cp1252")
    assert refusal(make(b"A,B\n\xff,\x81\n", encoding="gb18030")) == (
        "raw/ae.csv:2: ae: byte 0xFF, number 1 of the line, is not gb18030")
    assert refusal(make("Ä,B\n".encode("cp1252"))) == (
        "raw/ae.csv:1: ae: byte 0xC4, number 1 of the line, is not utf-8;"
        " the file reads as cp1252: write encoding: cp1252")
    assert refusal(make("A,B\n1,2\n".encode("utf-16-le"))) == (
        "raw/ae.csv:1: ae: a NUL character (U+0000) at byte 2 of the line;"
        " is the file UTF-16? write encoding: utf-16")


def test_the_records_listed_of_a_fault_are_bounded(make: Make) -> None:
    with pytest.raises(DataError) as caught:
        read_table("ae", [make("A,B\n" + "x\n" * 3_000)])
    assert str(caught.value) == (
        "raw/ae.csv:2: ae: 1 cell ('x') where the header has 2 (lines 3, 4, 5, 6, 7 and 2994 more too); "
        "delete the line if it is no record; quote a cell that holds a line break")
    assert len(caught.value.problems[0].records) == 1_000


def test_an_unknown_extension(make: Make) -> None:
    assert refusal(make("A,B\n", "ae.txt")) == (
        "raw/ae.txt: ae: unknown extension '.txt';"
        " write format: one of csv, tsv, xlsx, sas7bdat, xpt, parquet")
    assert rows(read_table("ae", [make("A,B\n1,2\n", "ae.txt", format="csv")])) == [["1", "2"]]


def test_the_records_of_a_ragged_file_are_named(make: Make) -> None:
    with pytest.raises(DataError) as caught:
        read_table("ae", [make("A,B\n1\n1,2\n1,2,3\n2\n")])
    assert [[record.place for record in problem.records] for problem in caught.value.problems] == [
        [Place("raw/ae.csv", 2), Place("raw/ae.csv", 5)], [Place("raw/ae.csv", 4)]]


def test_columns_that_are_not_there(make: Make) -> None:
    source = make("SUBJ,AETERM,AESTDAT\n1,x,y\n")
    assert refusal(source, wanted=["AETREM", "SUBJ", "QQQ"]).splitlines() == [
        "raw/ae.csv:1: ae: no column 'AETREM'; did you mean 'AETERM'?"
        " the columns are SUBJ, AETERM, AESTDAT",
        "raw/ae.csv:1: ae: no column 'QQQ'; the columns are SUBJ, AETERM, AESTDAT"]
    assert refusal(source, make("SUBJ\n1\n", "ae2.csv"), wanted=["QQQ"]) == (
        "raw/ae.csv:1: ae: no column 'QQQ' in any of its 2 files; the columns are SUBJ, AETERM, AESTDAT")
    table = read_table("ae", [source])
    require_columns(table, ["SUBJ", "AETERM"])
    with pytest.raises(DataError) as caught:
        require_columns(table, ["_row", "SUBJ"], Place("ae.yaml", 4))
    assert str(caught.value) == "raw/ae.csv: ae: no column '_row'; the columns are SUBJ, AETERM, AESTDAT"
    assert caught.value.problems[0].spec == Place("ae.yaml", 4)


def test_the_faults_of_all_files_come_together(make: Make) -> None:
    bad = make("A,A\n", "s01.csv"), make("A,B\n1,2\n", "s02.csv"), make("", "s03.csv")
    assert refusal(*bad).splitlines() == [
        "raw/s01.csv:1: ae: column names stand more than once: 'A' in columns 1 and 2" + TWICE,
        "raw/s03.csv: ae: the file is empty; its header must name the columns: export it anew"]
    assert refusal(make("A,B\n1\n", "s01.csv"), make("A,B\n1,2,3\n", "s02.csv")).splitlines() == [
        "raw/s01.csv:2: ae: 1 cell ('1') where the header has 2" + FEW,
        "raw/s02.csv:2: ae: 3 cells where the header has 2; a cell that holds ',' must be quoted"]


def test_a_rename_that_one_file_of_two_has(make: Make) -> None:
    names = {"Old": "NEW"}
    files = make("Old,B\n1,2\n", "a.csv", columns=names), make("B,C\n3,4\n", "b.csv", columns=names)
    table = read_table("ae", files)
    assert list(table.frame.columns[:3]) == ["NEW", "B", "C"]


def test_a_file_listed_twice(make: Make) -> None:
    source = make("A,B\n")
    assert refusal(source, source) == "raw/ae.csv: ae: the file is listed twice"


def test_headers_of_a_file_broken_below(make: Make) -> None:
    source = make(b"A,B\n" + b"1,2\n" * 100_000 + b"\xff\n")
    assert read_headers(source, "ae") == [("A", ""), ("B", "")]
    with pytest.raises(DataError) as caught:
        read_headers(make(b"A,\xff\n"))
    assert str(caught.value) == "raw/ae.csv:1: byte 0xFF, number 3 of the line, is not utf-8;" \
                                " the file reads as cp1252: write encoding: cp1252"


def test_a_table_without_files_is_a_bug() -> None:
    with pytest.raises(ValueError, match=r"^raw table ae has no files$"):
        read_table("ae", [])


@examples(20, 200)
@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=6))
def test_what_is_written_by_pandas_is_read_back(tmp_path_factory: pytest.TempPathFactory,
                                                records: list[tuple[str, str]]) -> None:
    path = tmp_path_factory.getbasetemp() / "pandas.csv"
    frame = pd.DataFrame(records, columns=["A", "B"], dtype="str")
    frame.to_csv(path, index=False, lineterminator="\n")
    table = read_table("t", [Source(path, "pandas.csv", repair=())])
    assert rows(table) == [[cell if cell.strip() else None for cell in record] for record in records]
