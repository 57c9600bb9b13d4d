"""Whatever is changed in a spec, an expression or a raw file: it is read, or refused as documented."""

from __future__ import annotations

import io
import re
import shutil
import tempfile
import zipfile
import zlib
from base64 import b85decode
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from expression_writer import record, table_of, write_expression
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import examples
from test_readers_formats import VITALS

from dossier.pipeline import REGISTERED, check
from engine.columns import DTYPES
from engine.errors import DataError, Place, SpecError
from engine.expressions import ExpressionError, parse
from engine.readers import Source, read_table
from engine.spec.load import load_dataset, load_study

assert REGISTERED, "importing them registers the verbs"
ROOT = Path(__file__).resolve().parents[1]
LAYERS = {"sdtm": "domain", "adam": "dataset"}

Draw = st.DrawFn


def changed(draw: Draw, text: str, parts: Sequence[tuple[int, int]], others: Sequence[str]) -> str:
    """A text in which one part is left out, doubled, or followed or replaced by another."""
    start, stop = draw(st.sampled_from(parts)) if parts else (0, 0)
    part, other = text[start:stop], draw(st.sampled_from(others))
    made: str = draw(st.sampled_from(["", part + part, part + other, other, f"{other} {part}"]))
    return text[:start] + made + text[stop:]


def spans(pattern: str, text: str) -> list[tuple[int, int]]:
    """Where a pattern is found."""
    return [found.span() for found in re.finditer(pattern, text)]


# --- expressions -----------------------------------------------------------------------

TOKEN = r"'(?:[^']|'')*'|\"[^\"]*\"|[\w.]+|<>|\|\||[<>]=|\S"
SIGNS = ["(", ")", "'", '"', ",", ".", "--", "/*", ";", "||", "=", "<>", "*", "NOT", "NULL", "AND", "OR",
         "CASE",
         "WHEN", "THEN", "ELSE", "END", "IN", "IS", "LIKE", "ESCAPE", "BETWEEN", "CAST", "AS", "INTERVAL",
         "DAY",
         "DATE", "TRUE", "N1", "T1", "X9", "1", "1e999", "0.5", "''", "'a'", "LENGTH", "(1)", "\u4e2d",
         "\u202e",
         "\u3000", "\n", "\\", "%", "[", "{", "#", "@", "\u2018", "\uff08"]


@st.composite
def changed_expressions(draw: Draw) -> str:
    text = write_expression(lambda options: draw(st.sampled_from(options)))
    for _ in range(draw(st.integers(1, 3))):
        text = changed(draw, text, spans(TOKEN, text), SIGNS)
    return text


ROWS = [record(Random(n).choice) for n in range(3)]
TABLE = table_of(ROWS)
KINDS = {name: column.kind for name, column in TABLE.items()}
PLACE = Place("dm.yaml", 3, 10)


def require_caret(error: ExpressionError, text: str) -> None:
    """One problem, its column inside the text (or just behind it) and the caret under its line."""
    (problem,) = error.problems
    assert problem.place is not None
    assert problem.place.column is not None
    assert 10 <= problem.place.column <= 10 + len(text)
    lines = str(problem).split("\n")
    assert len(lines) in (1, 3)
    if len(lines) == 3:
        shown, caret = lines[1:]
        assert caret.strip() == "^"
        assert shown.startswith("    ")
        assert 4 <= len(caret) - 1 <= 2 * len(shown)  # a wide character takes two places


def require_parsed_or_refused(text: str) -> None:
    """Parse, check and evaluate an expression, or see it refused with a caret."""
    try:
        expression = parse(text, PLACE)
        expression.kind(KINDS)
    except ExpressionError as error:
        require_caret(error, text)
        return
    assert parse(expression.sql()).tree == expression.tree
    values, kind, bad = expression.evaluate(TABLE, pd.RangeIndex(len(ROWS)))
    assert values.dtype == DTYPES[kind]
    for mask in bad.values():
        assert values[mask].isna().all()


@examples(50, 2_000)
@given(changed_expressions())
def test_a_changed_expression_is_parsed_or_refused_with_a_caret(text: str) -> None:
    require_parsed_or_refused(text)


# --- specs -----------------------------------------------------------------------------

SPECS = [file for folder in ("specs",
                             "specs/examples/edc-demo") for file in sorted((ROOT / folder).rglob("*.yaml"))
         if ("examples" in folder or "examples" not in file.parts) and (
             file.name == "study.yaml" or file.parent.name in LAYERS)]
PIECES = ["", "''", "~", "[]", "{}", "-", "0", "-1", "1e9", "99999999999999999999", "'", '"', "(", ")", "%",
          "NULL",
          "study", "source.X", "DM.DM", "@rows0", "_", "__class__", "2025-02-30", "true", "'x'", "\u4e2d",
          "A.B.C",
          "..", "*", "&a", "!x", "<<: x", "? ", "- ", ": ", "|", ">", "first", "last", "error", "[x, y]",
          "{a: b}",
          "{from: X}", "1 = 1", "CASE WHEN 1=1 THEN 2 END", "X" * 40, "0.5", "1/0", "\t", "\u200b", "#",
          "---", "%"]
WORD = r"[\w.]+|[^\w\s]"
VALUE = r"(?<=: )(?:\{[^{}\n]*\}|\[[^\[\]\n]*\]|[^\n{}\[\],]+)"
LINE = r"(?m)^.*\n"
INDENT = r"(?m)^ +"


@st.composite
def changed_specs(draw: Draw) -> tuple[Path, str]:
    """One of the files of our own studies, changed."""
    file = draw(st.sampled_from(SPECS))
    text = file.read_text(encoding="utf-8")
    words = sorted(set(re.findall(r"\w+", text)))
    for _ in range(draw(st.integers(1, 3))):
        pattern = draw(st.sampled_from([WORD, VALUE, VALUE, LINE, INDENT]))
        text = changed(draw, text, spans(pattern, text), PIECES if draw(st.booleans()) else words)
    return file, text


def read_changed(file: Path, text: str, read: Callable[[Path], object]) -> None:
    """Read a copy of a file's study in which it holds another text."""
    study = next(parent for parent in file.parents if (parent / "study.yaml").is_file())
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "specs")
        shutil.copytree(study, copy, ignore=shutil.ignore_patterns("examples"))
        changed_file = copy / file.relative_to(study)
        changed_file.write_text(text, encoding="utf-8")
        try:
            read(changed_file)
        except SpecError as refusal:
            said = str(refusal).split("\n")
        else:
            return
    assert all(said)


def load(file: Path) -> object:
    """Read a changed file as its study does."""
    if file.name == "study.yaml":
        return load_study(file)
    return load_dataset(file, file.parents[1], file.parent.name, LAYERS[file.parent.name])


@examples(30, 400)
@given(changed_specs())
def test_a_changed_spec_is_read_or_refused(spec: tuple[Path, str]) -> None:
    read_changed(*spec, load)


@pytest.mark.full
@settings(max_examples=400)
@given(changed_specs())
def test_a_changed_spec_is_planned_or_refused(spec: tuple[Path, str]) -> None:
    def plan(file: Path) -> object:
        study = next(parent for parent in file.parents if (parent / "study.yaml").is_file())
        try:
            return check(study / "study.yaml", ROOT / "raw_fixtures")
        except DataError:
            return None
    read_changed(*spec, plan)


# --- raw files -------------------------------------------------------------------------

BYTES = [b"", b'"', b",", b"\n", b"\r", b"\r\n", b"\t", b";", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xd6\xd0",
         b'""', b'",',
         b"\x1a", b"\xe2\x80\xae", b"\xed\xa0\x80", b"\x00\x00\x00\x00", b"\xff\xff\xff\x7f", b"\x80"]


@st.composite
def changed_bytes(draw: Draw, whole: bytes) -> bytes:
    """Bytes of which some are left out, doubled, or others put in."""
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(whole)))
        stop = min(len(whole), start + draw(st.sampled_from([0, 1, 1, 2, 8, 100])))
        part, other = whole[start:stop], draw(st.sampled_from(BYTES))
        whole = whole[:start] + draw(st.sampled_from([b"", part + part, part + other, other])) + whole[stop:]
    return whole


def workbook() -> bytes:
    """A workbook of two columns and some rows."""
    book, found = openpyxl.Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet("S")
    sheet.append(["SUBJ", "AGE"])
    for n in range(9):
        sheet.append([f"00{n}", n * 1.5])
    book.save(found)
    return found.getvalue()


def parquet() -> bytes:
    """A Parquet file of text, numbers and moments."""
    found = io.BytesIO()
    pq.write_table(pa.table({"A": ["x", None, "z"] * 9, "B": [1, 2, None] * 9,
                             "C": pa.array([0, 86_400_000, None] * 9, pa.timestamp("ms"))}), found)
    return found.getvalue()


@st.composite
def changed_parts(draw: Draw, whole: bytes) -> bytes:
    """A workbook with one of its parts changed, in its text or its bytes."""
    archive, found = zipfile.ZipFile(io.BytesIO(whole)), io.BytesIO()
    chosen = draw(st.sampled_from(archive.namelist()))
    with zipfile.ZipFile(found, "w") as made:
        for name in archive.namelist():
            part = archive.read(name)
            if name == chosen and draw(st.booleans()):
                text = part.decode("utf-8")
                marks = spans(r'"[^"]*"|(?<=>)[^<]+(?=<)|<[^>]*>', text)
                part = changed(draw, text, marks, ['""', '"x"', '"-1"', '"1e999"', '"A1"', "x", "-1", "",
                                                   "<x>",
                                                   "</row>", "&e;", "99999999999"]).encode()
            elif name == chosen:
                part = draw(changed_bytes(part))
            made.writestr(name, part)
    return found.getvalue()


def read_raw(content: bytes, name: str, **options: object) -> None:
    """Read a raw file, which must give text or be refused for its content."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(content)
        try:
            frame = read_table("t", [Source(path, name, **options)]).frame  # type: ignore[arg-type]
        except DataError as refusal:
            said = str(refusal).split("\n")
            frame = None
    if frame is None:
        assert all(line.startswith(name) for line in said)
        return
    assert {str(kind) for kind in frame.drop(columns=["_file", "_row"]).dtypes} <= {"str"}
    assert frame["_row"].is_unique


CSV = {file.name: file.read_bytes() for file in sorted((ROOT / "raw_fixtures").glob("*.csv"))}


@examples(40, 500)
@given(st.sampled_from(sorted(CSV)).flatmap(lambda name: changed_bytes(CSV[name])),
       st.sampled_from(["utf-8", "utf-8", "gb18030", "cp1252", "utf-16"]),
       st.sampled_from([("trim",), ("trim", "width", "mojibake"), ()]))
def test_a_changed_csv_file_is_read_or_refused(content: bytes, encoding: str,
                                               repair: tuple[str, ...]) -> None:
    read_raw(content, "a.csv", encoding=encoding, repair=repair)


@examples(20, 200)
@given(changed_bytes(workbook()) | changed_parts(workbook()))
def test_a_changed_workbook_is_read_or_refused(content: bytes) -> None:
    read_raw(content, "a.xlsx")


@given(changed_bytes(parquet()))
def test_a_changed_parquet_file_is_read_or_refused(content: bytes) -> None:
    read_raw(content, "a.parquet")


@given(changed_bytes(zlib.decompress(b85decode(VITALS))))
def test_a_changed_sas_dataset_is_read_or_refused(content: bytes) -> None:
    read_raw(content, "a.sas7bdat")
