"""engine.xpt: columns of every dtype come back as they were, or are refused with the reason."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from engine.errors import DataError
from engine.xpt import Encoding, Variable, read, write

CREATED = dt.datetime(2026, 6, 30, 8, 5, 9)


def back(folder: Path, values: Any, **options: Any) -> tuple[pd.Series, Variable]:
    """A column as it comes back, and what its file says of it."""
    path = folder / "xx.xpt"
    write(pd.DataFrame({"X": values}), path, created=CREATED, **options)
    encoding = options.get("encoding", "ascii")
    frame, metadata = read(path, encoding=encoding if isinstance(encoding, str) else encoding.name)
    return frame["X"], metadata.variables[0]


def refused(folder: Path, values: Any, variable: Variable | None = None, **options: Any) -> str:
    frame = values if isinstance(values, pd.DataFrame) else pd.DataFrame({"X": values})
    with pytest.raises(DataError) as caught:
        write(frame, folder / "xx.xpt", variables=[variable] if variable else None, created=CREATED,
              **options)
    assert list(folder.iterdir()) == []
    return str(caught.value)


NUMBERS = ([1, None, 3], [1.0, np.nan, 3.0])


@pytest.mark.parametrize("dtype", [
    "float64", "float32", "float16", "Float64", "Float32", "Int64", "Int32", "Int16", "Int8", "UInt64",
    "UInt8", "object", "category", pd.ArrowDtype(pa.int64()), pd.ArrowDtype(pa.int8()),
    pd.ArrowDtype(pa.uint64()), pd.ArrowDtype(pa.float32()), pd.ArrowDtype(pa.float64()),
    pd.ArrowDtype(pa.decimal128(9, 2)),
])
def test_numbers(tmp_path: Path, dtype: Any) -> None:
    found, variable = back(tmp_path, pd.Series(NUMBERS[0], dtype=dtype))
    assert (variable.type, variable.length, variable.format) == ("Num", 8, None)
    assert found.dtype == "float64"
    assert np.array_equal(found, NUMBERS[1], equal_nan=True)


@pytest.mark.parametrize("dtype", ["int64", "int8", "uint64", "uint16", "float64"])
def test_numbers_that_are_all_there(tmp_path: Path, dtype: str) -> None:
    assert back(tmp_path, pd.Series([1, 0, 100], dtype=dtype))[0].tolist() == [1.0, 0.0, 100.0]


@pytest.mark.parametrize("values", [
    pd.Series([True, False]), pd.Series([True, False, None], dtype="boolean"),
    pd.Series([True, False, None], dtype=pd.ArrowDtype(pa.bool_())),
    pd.Series([True, False, None], dtype="object"),
])
def test_booleans_are_1_and_0(tmp_path: Path, values: pd.Series) -> None:
    found, _ = back(tmp_path, values)
    assert np.array_equal(found, [1.0, 0.0, np.nan][: len(values)], equal_nan=True)


@pytest.mark.parametrize("dtype", [
    "str", "object", "category", "string", pd.StringDtype("python"), pd.ArrowDtype(pa.string()),
    pd.ArrowDtype(pa.large_string()), pd.ArrowDtype(pa.dictionary(pa.int8(), pa.string())),
    pd.ArrowDtype(pa.string_view()),
])
@pytest.mark.parametrize("texts", [
    ["ab", None, "c", "ab"], ["", " ", None], [None, None], [], ["x" * 200], [" a", "\tb", "c "],
])
def test_text(tmp_path: Path, dtype: Any, texts: list[str | None]) -> None:
    found, variable = back(tmp_path, pd.Series(texts, dtype=dtype), version=8)
    expected = [text.rstrip(" ") if text and text.strip(" ") else None for text in texts]
    assert found.dtype == "str"
    assert [None if pd.isna(text) else text for text in found] == expected
    assert variable.type == "Char"
    assert variable.length == max([1, *(len(text) for text in texts if text)])


def test_text_in_several_chunks_and_slices(tmp_path: Path) -> None:
    chunks = pa.chunked_array([["a", "bb"], [], ["ccc", None], ["d"]], pa.large_string())
    whole = pd.Series(chunks.to_pandas(types_mapper=pd.ArrowDtype))
    assert back(tmp_path, whole)[0].fillna("").tolist() == ["a", "bb", "ccc", "", "d"]
    assert back(tmp_path, whole.iloc[1:3].reset_index(drop=True))[0].tolist() == ["bb", "ccc"]


def test_a_missing_text_that_has_bytes_is_blank(tmp_path: Path) -> None:
    given = pa.array(["a", "bb", "ccc"], pa.large_string())
    _, ends, data = given.buffers()
    column = pa.Array.from_buffers(given.type, 3, [pa.py_buffer(b"\x05"), ends, data])
    assert column.to_pylist() == ["a", None, "ccc"]
    found, variable = back(tmp_path, pd.Series(pd.arrays.ArrowExtensionArray(column)))
    assert found.fillna("").tolist() == ["a", "", "ccc"]
    assert variable.length == 3


def test_many_categories_are_not_all_encoded_at_once(tmp_path: Path) -> None:
    texts = [f"{n:0190d}" for n in range(60_000)]
    column = pd.Series(pd.Categorical.from_codes([59_999, -1, 0], categories=pd.Index(texts, dtype="str")))
    assert back(tmp_path, column)[0].fillna("").tolist() == [texts[-1], "", texts[0]]


def test_a_category_that_no_record_has_may_be_anything(tmp_path: Path) -> None:
    column = pd.Series(pd.Categorical.from_codes([1, 1], categories=["é" * 300, "ok"]))
    found, variable = back(tmp_path, column)
    assert found.tolist() == ["ok", "ok"]
    assert variable.length == 2
    bad = pd.Series(pd.Categorical.from_codes([1, 0], categories=["é", "ok"]))
    assert refused_again(tmp_path, bad) == "xx.xpt:2: XX.X: record 2: 'é' holds 'é', which is not ASCII text"


def refused_again(folder: Path, values: pd.Series) -> str:
    (folder / "xx.xpt").unlink()
    return refused(folder, values)


MOMENTS = ["1970-01-01T00:00:00", None, "2026-03-01T08:30:05", "1899-12-31T23:59:59"]


@pytest.mark.parametrize("dtype", [
    "datetime64[s]", "datetime64[ms]", "datetime64[us]", "datetime64[ns]", "object", "category",
    pd.ArrowDtype(pa.timestamp("s")), pd.ArrowDtype(pa.timestamp("ns")),
])
def test_datetimes(tmp_path: Path, dtype: Any) -> None:
    moments = pd.Series(MOMENTS, dtype="datetime64[s]")
    column = moments.copy().astype(dtype)  # of a copy: pandas 3.0.0 changes what it converts to Arrow
    found, variable = back(tmp_path, column)
    assert variable.format == "DATETIME20."
    pd.testing.assert_series_equal(found, moments, check_names=False)


@pytest.mark.parametrize("column", [
    pd.Series([dt.date(2026, 3, 1), None, dt.date(1582, 1, 1), dt.date(9999, 12, 31)], dtype="object"),
    pd.Series([dt.date(2026, 3, 1), None, dt.date(1582, 1, 1), dt.date(9999, 12, 31)],
              dtype=pd.ArrowDtype(pa.date32())),
    pd.Series([dt.date(2026, 3, 1), None, dt.date(1582, 1, 1), dt.date(9999, 12, 31)],
              dtype=pd.ArrowDtype(pa.date64())),
])
@pytest.mark.parametrize("format", ["DATE9.", "E8601DT19."])
def test_dates(tmp_path: Path, column: pd.Series, format: str) -> None:
    found, variable = back(tmp_path, column, variable_format={"X": format})
    expected = pd.Series(["2026-03-01", None, "1582-01-01", "9999-12-31"], dtype="datetime64[s]")
    assert variable.format == format
    pd.testing.assert_series_equal(found, expected, check_names=False)


@pytest.mark.parametrize("dtype", [
    "timedelta64[s]", "timedelta64[ms]", "timedelta64[us]", "timedelta64[ns]", "object",
    pd.ArrowDtype(pa.duration("ms")), pd.ArrowDtype(pa.time32("s")), pd.ArrowDtype(pa.time64("ns")),
])
def test_times(tmp_path: Path, dtype: Any) -> None:
    times = pd.Series(["08:30:05", None, "23:59:59"]).astype("timedelta64[s]")
    objects = [dt.time(8, 30, 5), None, dt.time(23, 59, 59)]
    if isinstance(dtype, pd.ArrowDtype) and pa.types.is_time(dtype.pyarrow_dtype):
        column = pd.Series(objects, dtype=dtype)
    else:
        column = times.astype(dtype)
    assert back(tmp_path, pd.Series(objects, dtype="object"))[0].equals(times)
    found, variable = back(tmp_path, column)
    assert variable.format == "TIME8."
    pd.testing.assert_series_equal(found, times, check_names=False)


def test_the_calendar_of_sas_has_no_leap_years_4000_and_8000(tmp_path: Path) -> None:
    days = ["4000-02-28", "4000-03-01", "8000-02-28", "8000-03-01", "9999-12-31"]
    path = tmp_path / "xx.xpt"
    moments = pd.Series(days, dtype="datetime64[s]")
    frame = pd.DataFrame({"D": moments, "M": moments.astype("datetime64[us]")})
    write(frame, path, variable_format={"D": "DATE9."}, created=CREATED)
    pd.testing.assert_frame_equal(read(path)[0], frame.astype("datetime64[s]"))
    stored, _ = read(path, disable_datetime_conversion=True)
    assert stored["D"].tolist() == [745_153, 745_154, 2_206_122, 2_206_123, 2_936_547]
    assert stored["M"].tolist()[-1] == 253_717_660_800  # what SAS prints for '31DEC9999:00:00:00'dt


def test_parts_of_a_second_come_back_or_are_refused(tmp_path: Path) -> None:
    texts = ["2026-03-01T00:00:00.123456", None, "1960-01-01T00:00:00.000001"]
    moments = pd.Series(texts, dtype="datetime64[us]")
    for dtype in ("datetime64[us]", "datetime64[ns]"):
        pd.testing.assert_series_equal(back(tmp_path, moments.astype(dtype))[0], moments, check_names=False)
    (tmp_path / "xx.xpt").unlink()
    for text, unit in (("2026-03-01T00:00:00.000000001", "ns"), ("9000-01-01T00:00:00.000001", "us")):
        assert refused(tmp_path, pd.Series([text], dtype=f"datetime64[{unit}]")) == (
            f"xx.xpt:1: XX.X: record 1: {text} has finer parts of a second than the file keeps")


def test_decimals_and_large_objects(tmp_path: Path) -> None:
    found, _ = back(tmp_path, pd.Series([Decimal("0.10"), None, 3], dtype="object"),
                    variables=[Variable("X", "", "Num", 8)])
    assert np.array_equal(found, [0.1, np.nan, 3.0], equal_nan=True)
    numbers = [number / 100 for number in range(-500, 500)]
    cents = pd.Series([Decimal(str(number)) for number in numbers])
    for dtype in ("object", pd.ArrowDtype(pa.decimal128(9, 2)), pd.ArrowDtype(pa.decimal256(40, 8))):
        assert back(tmp_path, cents.astype(dtype))[0].tolist() == numbers


BEYOND = 2**53 + 1
WHOLE = "is beyond 2**53, up to which integers are kept exactly"
RANGE = "is beyond the numbers of an XPT file (5.4e-79 to 7.2e+75)"
PLACE = "have no place in an XPT file"
ZONE = "an XPT file has none; convert them to local time without a zone"
KINDS = "convert them to one kind, for example text"
SURROGATE = pd.Index(["\ud800"], dtype="object")


@pytest.mark.parametrize(("values", "message"), [
    (pd.Series([1, BEYOND]), f":2: XX.X: record 2: {BEYOND} {WHOLE}"),
    (pd.Series([1, -BEYOND], dtype="Int64"), f":2: XX.X: record 2: {-BEYOND} {WHOLE}"),
    (pd.Series([None, 2**64 - 1], dtype="UInt64"), f":2: XX.X: record 2: {2**64 - 1} {WHOLE}"),
    (pd.Series([1, BEYOND], dtype=pd.ArrowDtype(pa.int64())), f":2: XX.X: record 2: {BEYOND} {WHOLE}"),
    (pd.Series([1, 2**70], dtype="object"), f":2: XX.X: record 2: {2**70} {WHOLE}"),
    (pd.Series([BEYOND], dtype="category"), f":1: XX.X: record 1: {BEYOND} {WHOLE}"),
    (pd.Series([1.0, np.inf, -np.inf]), f":2: XX.X: record 2: inf {RANGE} (and 1 more record)"),
    (pd.Series([7.3e75]), f":1: XX.X: record 1: 7.3e+75 {RANGE}"),
    (pd.Series([1e-80]), f":1: XX.X: record 1: 1e-80 {RANGE}"),
    (pd.Series([5e-324]), f":1: XX.X: record 1: 5e-324 {RANGE}"),
    (pd.Series([1 + 2j]),
     f": XX.X: values of dtype complex128 {PLACE}; write the real and the imaginary part each"),
    (pd.Series([1 + 2j], dtype="object"), f": XX.X: complex values {PLACE}"),
    (pd.Series(["a", 5], dtype="object"), f": XX.X: holds objects of several kinds, str and int; {KINDS}"),
    (pd.Series(["a", 5], dtype="category"), f": XX.X: holds objects of several kinds, int and str; {KINDS}"),
    (pd.Series([b"a"], dtype="object"), f": XX.X: bytes values {PLACE}"),
    (pd.Series([{}], dtype="object"), f": XX.X: values of dict type {PLACE}"),
    (pd.Series([[1]], dtype=pd.ArrowDtype(pa.list_(pa.int64()))),
     f": XX.X: values of Arrow type list<item: int64> {PLACE}"),
    (pd.Series(pd.period_range("2026-01", periods=1, freq="M")),
     f": XX.X: values of dtype period[M] {PLACE}"),
    (pd.Series(pd.arrays.SparseArray([1.0])), f": XX.X: values of dtype Sparse[float64, nan] {PLACE}"),
    (pd.Series(["2026-03-01T08:00:00Z"], dtype="datetime64[s, UTC]"),
     f": XX.X: datetimes have the time zone UTC, {ZONE}"),
    (pd.Series([dt.datetime(2026, 3, 1)], dtype=pd.ArrowDtype(pa.timestamp("s", "Asia/Shanghai"))),
     f": XX.X: datetimes have the time zone Asia/Shanghai, {ZONE}"),
    (pd.Series([dt.datetime(2026, 3, 1, tzinfo=dt.UTC)], dtype="object"),
     ":1: XX.X: record 1: 2026-03-01 00:00:00+00:00 has a time zone, an XPT file has none"),
    (pd.Series(["4000-02-29"], dtype="datetime64[s]"),
     ":1: XX.X: record 1: 4000-02-29T00:00:00 is a day that the calendar of SAS lacks"),
    (pd.Series(["1581-12-31T23:59:59", None], dtype="datetime64[s]"),
     ":1: XX.X: record 1: 1581-12-31T23:59:59 is not within the years 1582 to 9999"),
    (pd.Series(np.array([10**16], dtype="timedelta64[s]")),
     ":1: XX.X: record 1: 10000000000000000 seconds is not within what SAS counts as a time"),
    (pd.Series(["a\0b"]), ":1: XX.X: record 1: 'a\\x00b' holds '\\x00', which is not ASCII text"),
    (pd.Series(["ok", "x" * 201]), ":2: XX.X: record 2: text of 201 bytes, length 200"),
    (pd.Series(["\ud800"], dtype="object"), ":1: XX.X: record 1: '\\ud800' is no text"),
    (pd.Series(pd.Categorical.from_codes([0], SURROGATE)), ":1: XX.X: record 1: '\\ud800' is no text"),
])
def test_nothing_is_silent(tmp_path: Path, values: pd.Series, message: str) -> None:
    assert refused(tmp_path, values) == f"xx.xpt{message}"


@pytest.mark.skipif(np.finfo("longdouble").nmant <= 52, reason="no longer doubles here")
def test_more_digits_than_a_double_has(tmp_path: Path) -> None:
    values = np.array([1, 1 + np.finfo("longdouble").eps], dtype="longdouble")
    assert refused(tmp_path, pd.Series(values)) == (
        "xx.xpt:2: XX.X: record 2: 1.0000000000000000001 has more digits than a double holds")


@pytest.mark.parametrize(("values", "variable", "message"), [
    (pd.Series(["a", 5, None, 6.5], dtype="object"), Variable("X", "", "Char", 3),
     "xx.xpt:2: XX.X: record 2: 5 is no text (and 1 more record)"),
    (pd.Series([1, "a", None, 2.5], dtype="object"), Variable("X", "", "Num", 8),
     "xx.xpt:2: XX.X: record 2: 'a' is no number"),
    (pd.Series([1.0]), Variable("Y", "", "Num", 8), "xx.xpt: XX.Y: the table has no such column"),
    (pd.Series([1.0]), Variable("X", "", "Num", 8, "$5."),
     "xx.xpt: XX.X: format $5. is for text, the variable is Num"),
    (pd.Series(["a"]), Variable("X", "", "Char", 8, "DATE9.", "no way"),
     "xx.xpt: XX.X: format DATE9. is for numbers, the variable is Char\n"
     "xx.xpt: XX.X: informat no way is not written as SAS writes it, for example DATE9. or 8.2"),
    (pd.Series([1.0]), Variable("X", "", "Num", 8, "MUCHTOOLONG9."),
     "xx.xpt: XX.X: format MUCHTOOLONG9. has a name of 11 characters, 8 at most"),
    (pd.Series([1.0]), Variable("X", "", "Num", 8, "BEST99999."),
     "xx.xpt: XX.X: format BEST99999. is wider than SAS allows"),
    (pd.Series([1.0]), Variable("X", "", "Num", 9),
     "xx.xpt: XX.X: length 9, but a number is written in 2 to 8 bytes"),
])
def test_variables_that_do_not_fit(tmp_path: Path, values: pd.Series, variable: Variable,
                                   message: str) -> None:
    assert refused(tmp_path, values, variable) == message


def test_a_subject_is_named(tmp_path: Path) -> None:
    for dtype in ("str", "category", "object"):
        frame = pd.DataFrame({"USUBJID": pd.Series(["01-001", None, "01-003"], dtype=dtype),
                              "X": ["a", "é", "北"]})
        assert refused(tmp_path, frame) == (
            "xx.xpt:2: XX.X: record 2: 'é' holds 'é', which is not ASCII text (and 1 more record)")
        frame["X"] = ["a", "b", "北"]
        assert refused(tmp_path, frame) == (
            "xx.xpt:3: XX.X: record 3, subject 01-003: '北' holds '北', which is not ASCII text")


def test_all_bad_records_are_counted_and_the_first_thousand_listed(tmp_path: Path) -> None:
    frame = pd.DataFrame({"X": [0.0] + [np.inf] * 40_000})
    with pytest.raises(DataError) as caught:
        write(frame, tmp_path / "xx.xpt", created=CREATED)
    assert str(caught.value).endswith("(and 39999 more records)")
    assert [record.place.line for record in caught.value.problems[0].records] == list(range(2, 1002))


def test_columns_of_one_name(tmp_path: Path) -> None:
    frame = pd.DataFrame([[1.0, 2.0]], columns=["X", "X"])
    assert refused(tmp_path, frame) == "xx.xpt: XX.X: stands twice"
    assert refused(tmp_path, frame, Variable("X", "", "Num", 8)) == (
        "xx.xpt: XX.X: the table has 2 columns of this name")


@pytest.mark.parametrize(("encoding", "size"), [("utf-8", 6), ("gb18030", 4), ("gbk", 4)])
@pytest.mark.parametrize("dtype", ["str", "object", "category"])
def test_text_in_another_encoding(tmp_path: Path, encoding: str, size: int, dtype: str) -> None:
    found, variable = back(tmp_path, pd.Series(["北京", None, "ab"], dtype=dtype), encoding=encoding)
    assert variable.length == size
    assert found.fillna("").tolist() == ["北京", "", "ab"]


def test_text_that_an_encoding_does_not_have(tmp_path: Path) -> None:
    for dtype in ("str", "object", "category"):
        assert refused(tmp_path, pd.Series(["é", "北", "\0"], dtype=dtype), encoding="cp1252") == (
            "xx.xpt:2: XX.X: record 2: '北' holds '北', which is not cp1252 text (and 1 more record)")
    for name in ("utf-16", "utf-7", "iso2022_jp", "hz", "no such"):
        with pytest.raises(ValueError, match=f"^{name} text does not keep ASCII as it is;"):
            write(pd.DataFrame({"X": ["a"]}), tmp_path / "xx.xpt", encoding=name)


class _Capitals(Encoding):
    """A receiver's rule of text: nothing but capitals."""

    def encode(self, texts: Any) -> tuple[Any, np.ndarray | None]:
        """Texts as bytes, and where one has small letters."""
        made, bad = super().encode(texts)
        small = np.array([text != text.upper() for text in texts.to_pylist()], dtype=bool)
        return made, small if bad is None else small | bad

    def tell(self, text: str) -> str:
        """What is wrong with a text."""
        return f"{text!r} has small letters"


def test_rules_of_a_receiver(tmp_path: Path) -> None:
    frame = pd.DataFrame({"X": ["OK", "no"]})
    assert refused(tmp_path, frame, encoding=_Capitals("ascii")) == (
        "xx.xpt:2: XX.X: record 2: 'no' has small letters")
    labels = refused(tmp_path, frame, Variable("X", "less < more", "Char", 2), checks=[
        lambda header: [(v.name, "the label has a <") for v in header.variables if "<" in v.label],
        lambda header: [("", f"is in {header.file}")]])
    assert labels == "xx.xpt: XX.X: the label has a <\nxx.xpt: XX: is in xx.xpt"
    write(frame, tmp_path / "xx.xpt", column_labels={"X": "研究编号"}, label="实验室",
          label_encoding="gb18030", created=CREATED)
    _, metadata = read(tmp_path / "xx.xpt", encoding="gb18030")
    assert (metadata.label, metadata.variables[0].label) == ("实验室", "研究编号")
