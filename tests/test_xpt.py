"""engine.xpt: what is written is read back, by us, by ReadStat and by pandas, and is the same every time."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xpt_parts import values_start

from engine.columns import Kind
from engine.errors import DataError
from engine.xpt import Metadata, Variable, read, times, write

CREATED = datetime(2026, 6, 30, 8, 5, 9)
VARIABLES = (
    Variable("USUBJID", "Unique Subject Identifier", "Char", 20),
    Variable("AVAL", "Analysis Value", "Num", 8),
    Variable("ADT", "Analysis Date", "Num", 8, "DATE9."),
    Variable("ADTM", "Analysis Datetime", "Num", 8, "E8601DT19."),
    Variable("ATM", "Analysis Time", "Num", 8, "TIME8."),
    Variable("AVALC", "Analysis Value (C)", "Char", 3, "$3."),
)


def sample() -> pd.DataFrame:
    return pd.DataFrame({
        "USUBJID": pd.Series(["CD7CART-101-01-001", "CD7CART-101-01-002", None], dtype="str"),
        "AVAL": [1.5, np.nan, -3.25],
        "ADT": pd.Series(["2026-03-01", "1959-12-31", None], dtype="datetime64[s]"),
        "ADTM": pd.Series(["2026-03-01T08:30:05", None, "1899-01-01T00:00:01"], dtype="datetime64[s]"),
        "ATM": pd.Series([None, "08:30:05", "23:59:59"]).astype("timedelta64[s]"),
        "AVALC": pd.Series([None, "ND", "<50"], dtype="str"),
        "_WORK": [1.0, 2.0, 3.0],
    })


def put(folder: Path, frame: pd.DataFrame, variables: tuple[Variable, ...] = VARIABLES, *, name: str = "ADXX",
        label: str = "Analysis", created: datetime = CREATED, version: int = 5) -> Path:
    path = folder / f"{name.lower()}.xpt"
    write(frame, path, name=name, label=label, variables=variables, created=created, version=version)
    return path


def message(folder: Path, frame: pd.DataFrame, variables: tuple[Variable, ...], **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        put(folder, frame, variables, **options)
    return str(caught.value)


@pytest.mark.parametrize("version", [5, 8])
def test_round_trip(tmp_path: Path, version: int) -> None:
    frame, metadata = read(put(tmp_path, sample(), version=version))
    pd.testing.assert_frame_equal(frame, sample().drop(columns="_WORK"))
    assert metadata == Metadata("ADXX", "Analysis", version, CREATED, CREATED, 3, VARIABLES)


def test_the_file_holds_sas_numbers(tmp_path: Path) -> None:
    found, _ = pyreadstat.read_xport(str(put(tmp_path, sample())), disable_datetime_conversion=True)
    assert found["ADT"].tolist()[:2] == [24166.0, -1.0]
    assert found["ADTM"].tolist()[0] == 24166 * 86400 + 8 * 3600 + 30 * 60 + 5
    assert found["ATM"].tolist()[1:] == [30605.0, 86399.0]
    assert found["USUBJID"].tolist()[2] == ""


def test_pandas_reads_it(tmp_path: Path) -> None:
    found = pd.read_sas(put(tmp_path, sample()), encoding="ascii")
    assert found["USUBJID"].tolist()[:2] == ["CD7CART-101-01-001", "CD7CART-101-01-002"]
    assert found["AVAL"].tolist()[0] == 1.5
    assert np.isnan(found["AVAL"][1])
    assert found["AVAL"][2] == -3.25
    assert found["ADT"].tolist()[:2] == [24166.0, -1.0]


@pytest.mark.parametrize("version", [5, 8])
def test_same_bytes_on_every_run(tmp_path: Path, version: int) -> None:
    first = put(tmp_path, sample(), version=version).read_bytes()
    assert put(tmp_path, sample(), version=version).read_bytes() == first
    later = put(tmp_path, sample(), created=datetime(2027, 1, 2, 3, 4, 5), version=version).read_bytes()
    assert first.count(b"30JUN26:08:05:09") == 4
    assert later == first.replace(b"30JUN26:08:05:09", b"02JAN27:03:04:05")


@pytest.mark.parametrize("version", [5, 8])
@pytest.mark.parametrize("rows", [0, 1, 3])
@pytest.mark.parametrize("lengths", [(1, 1), (200, 7), (40, 40), (3, 77)])
def test_lengths_are_the_variables_not_the_data(tmp_path: Path, version: int, rows: int,
                                                lengths: tuple[int, int]) -> None:
    variables = (Variable("A", "First", "Char", lengths[0]), Variable("B", "Second", "Char", lengths[1]))
    columns = {"A": pd.Series(["x"] * rows, dtype="str"), "B": pd.Series([None] * rows, dtype="str")}
    frame = pd.DataFrame(columns)
    path = put(tmp_path, frame, variables, version=version)
    back, metadata = read(path)
    assert metadata.variables == variables
    assert metadata.records == rows
    pd.testing.assert_frame_equal(back, frame)
    data = path.read_bytes()
    start = values_start(data, 2, version)
    assert data[start:].rstrip(b" ") == (b"x" + b" " * (sum(lengths) - 1)) * (rows - 1) + b"x" * (rows > 0)
    assert len(data) % 80 == 0
    assert len(data) - start - rows * sum(lengths) < 80


def test_no_records(tmp_path: Path) -> None:
    path = put(tmp_path, sample().iloc[:0])
    frame, metadata = read(path)
    pd.testing.assert_frame_equal(frame, sample().iloc[:0].drop(columns="_WORK"))
    assert metadata.variables == VARIABLES
    with pd.read_sas(path, iterator=True, encoding="ascii") as reader:
        assert list(getattr(reader, "columns", [])) == [v.name for v in VARIABLES]


def test_all_missing(tmp_path: Path) -> None:
    empty = sample().iloc[[0, 0]].reset_index(drop=True)
    for column, dtype in empty.dtypes.items():
        empty[column] = pd.Series([None, None]).astype(dtype)
    frame, metadata = read(put(tmp_path, empty))
    pd.testing.assert_frame_equal(frame, empty.drop(columns="_WORK"))
    assert metadata.variables == VARIABLES


def test_the_index_of_a_frame_is_no_matter(tmp_path: Path) -> None:
    frame = sample()
    frame.index = pd.Index([7, 7, 7])
    back, _ = read(put(tmp_path, frame))
    pd.testing.assert_frame_equal(back, sample().drop(columns="_WORK"))


def test_fractions_of_a_second(tmp_path: Path) -> None:
    frame = pd.DataFrame({"T": pd.Series(["2026-03-01T00:00:00.5", None], dtype="datetime64[ms]")})
    back, _ = read(put(tmp_path, frame, (Variable("T", "Moment", "Num", 8, "DATETIME22.3"),)))
    pd.testing.assert_frame_equal(back, frame.astype("datetime64[us]"))


NUMBERS = st.one_of(st.none(), st.floats(-1e70, 1e70).filter(lambda x: x == 0 or abs(x) > 1e-70))
TEXTS = st.one_of(st.none(), st.from_regex(r"[!-~]([ -~]{0,10}[!-~])?", fullmatch=True))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(NUMBERS, TEXTS), max_size=12))
def test_any_numbers_and_text_come_back(tmp_path_factory: pytest.TempPathFactory,
                                        rows: list[tuple[float | None, str | None]]) -> None:
    frame = pd.DataFrame({"N": pd.Series([n for n, _ in rows], dtype="float64"),
                          "C": pd.Series([c for _, c in rows], dtype="str")})
    variables = (Variable("N", "Number", "Num", 8), Variable("C", "Text", "Char", 12))
    back, _ = read(put(tmp_path_factory.mktemp("xpt"), frame, variables))
    pd.testing.assert_frame_equal(back, frame, check_exact=True)


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(times.FIRST_DAY, times.LAST_DAY)), max_size=8))
def test_days_there_and_back(tmp_path_factory: pytest.TempPathFactory, days: list[int | None]) -> None:
    numbers = pd.Series(days, dtype="float64")
    assert times.in_range(numbers, Kind.DATE).all()
    formats = {Kind.DATE: "DATE9.", Kind.DATETIME: "DATETIME20.", Kind.TIME: "TIME8."}
    frame = pd.DataFrame({kind.name: times.from_sas(numbers, kind) for kind in formats})
    path = tmp_path_factory.mktemp("xpt") / "adxx.xpt"
    given = {kind.name: format for kind, format in formats.items()}
    write(frame, path, variable_format=given, created=CREATED)
    stored, _ = read(path, disable_datetime_conversion=True)
    for kind in formats:
        pd.testing.assert_series_equal(stored[kind.name], numbers, check_names=False)


@pytest.mark.parametrize(("format", "kind"), [
    ("DATE9.", "date"), ("yymmdd10.", "date"), ("YYMMDDN8.", "date"), ("E8601DA.", "date"),
    ("MONYY7.", "date"), ("DATETIME20.", "datetime"), ("DATETIME22.3", "datetime"),
    ("E8601DT.", "datetime"), ("IS8601DT19.", "datetime"),
    ("TIME5.", "time"), ("E8601TM8.", "time"), ("HHMM.", "time"),
    ("BEST12.", "number"), ("8.2", "number"), ("", "number"), ("MYDATE9.", "number"),
])
def test_kinds_of_formats(format: str, kind: str) -> None:
    assert times.kind_of(format).value == kind


def test_values_that_do_not_fit(tmp_path: Path) -> None:
    frame = pd.DataFrame({
        "A": pd.Series(["fits", "too long by far", "way too long too", "café"], dtype="str"),
        "B": pd.Series(["北京", "nul\0", None, "ok"], dtype="str"),
        "N": [1.0, 1e76, -1e-80, np.inf],
    })
    variables = (Variable("A", "A", "Char", 10), Variable("B", "B", "Char", 9), Variable("N", "N", "Num", 8))
    with pytest.raises(DataError) as caught:
        put(tmp_path, frame, variables)
    assert str(caught.value).splitlines() == [
        "adxx.xpt:4: ADXX.A: record 4: 'café' holds 'é', which is not ASCII text",
        "adxx.xpt:2: ADXX.A: record 2: text of 15 bytes, length 10 (and 1 more record)",
        "adxx.xpt:1: ADXX.B: record 1: '北京' holds '北', which is not ASCII text"
        " (and 1 more record)",
        "adxx.xpt:2: ADXX.N: record 2: 1e+76 is beyond the numbers of an XPT file (5.4e-79 to 7.2e+75)"
        " (and 2 more records)",
    ]
    assert [record.place.line for record in caught.value.problems[3].records] == [2, 3, 4]
    assert not (tmp_path / "adxx.xpt").exists()


def test_names_labels_and_lengths_that_do_not_fit(tmp_path: Path) -> None:
    variables = (
        Variable("LONGNAMES", "x" * 41, "Char", 201), Variable("lower", "名称", "Num", 9),
        Variable("A", "a\tb", "Char", 0), Variable("A", "", "Char", 1),
    )
    assert message(tmp_path, sample(), variables, label="d" * 41, name="ADLONGNAM").splitlines() == [
        "adlongnam.xpt: ADLONGNAM: the name is not one of 8 capital letters, digits and underscores at most",
        "adlongnam.xpt: ADLONGNAM: the label has 41 bytes, 40 at most",
        "adlongnam.xpt: ADLONGNAM.LONGNAMES: the name is not one of 8 capital letters, digits and underscores"
        " at most",
        "adlongnam.xpt: ADLONGNAM.LONGNAMES: the label has 41 bytes, 40 at most",
        "adlongnam.xpt: ADLONGNAM.LONGNAMES: length 201 is not within 1 to 200",
        "adlongnam.xpt: ADLONGNAM.lower: the name is not one of 8 capital letters, digits and underscores"
        " at most",
        "adlongnam.xpt: ADLONGNAM.lower: the label holds '名', which is not printable ASCII",
        "adlongnam.xpt: ADLONGNAM.lower: length 9, but a number is written in 2 to 8 bytes",
        "adlongnam.xpt: ADLONGNAM.A: the label holds '\\t', which is not printable ASCII",
        "adlongnam.xpt: ADLONGNAM.A: length 0 is not within 1 to 200",
        "adlongnam.xpt: ADLONGNAM.A: stands twice",
    ]
    assert message(tmp_path, sample(), ()) == "adxx.xpt: ADXX: has no variables"
    many = tuple(Variable(f"X{n}", "", "Num", 8) for n in range(10_000))
    assert message(tmp_path, sample(), many) == "adxx.xpt: ADXX: has 10000 variables, 9999 at most"


def test_version_8_has_room(tmp_path: Path) -> None:
    variables = (Variable("A_LONGER_NAME", "L" * 60, "Char", 300),)
    frame = pd.DataFrame({"A_LONGER_NAME": pd.Series(["t" * 250, None], dtype="str")})
    back, metadata = read(put(tmp_path, frame, variables, version=8))
    pd.testing.assert_frame_equal(back, frame)
    assert metadata.variables == variables


def test_a_time_in_a_date(tmp_path: Path) -> None:
    frame = pd.DataFrame({"ADT": pd.Series(["2026-03-01", "2026-03-01T08:30:00"], dtype="datetime64[s]")})
    assert message(tmp_path, frame, VARIABLES[2:3]) == (
        "adxx.xpt:2: ADXX.ADT: record 2: 2026-03-01T08:30:00 has a time, format DATE9. holds a date")


def test_a_blank_last_record(tmp_path: Path) -> None:
    frame = pd.DataFrame({"A": pd.Series(["x", None], dtype="str")})
    assert message(tmp_path, frame, (Variable("A", "A", "Char", 4),)) == (
        "adxx.xpt:2: ADXX: record 2, the last, is blank throughout, like the padding at the end of the file;"
        " drop it, or write version 8, which counts its records")


@pytest.mark.parametrize(("frame", "variable", "error"), [
    (pd.DataFrame({"A": [1.0]}), Variable("A", "A", "Char", 4), "ADXX.A is Char, its values are float64"),
    (sample(), Variable("ADT", "A", "Num", 8), "ADXX.ADT has format None, its values are datetime64[s]"),
    (sample(), Variable("ADT", "A", "Num", 8, "TIME8."),
     "ADXX.ADT has format TIME8., its values are datetime64[s]"),
    (sample(), Variable("ATM", "A", "Num", 8, "DATE9."),
     "ADXX.ATM has format DATE9., its values are timedelta64[s]"),
])
def test_wrong_types_are_bugs(tmp_path: Path, frame: pd.DataFrame, variable: Variable, error: str) -> None:
    with pytest.raises(TypeError) as caught:
        put(tmp_path, frame, (variable,))
    assert str(caught.value) == error


def test_the_file_is_named_as_the_dataset(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^dataset DM belongs in dm\.xpt, not in DM\.xpt$"):
        write(sample(), tmp_path / "DM.xpt", name="DM", label="", variables=VARIABLES, created=CREATED)


def test_files_that_are_no_transport_file(tmp_path: Path) -> None:
    def refused(data: bytes) -> str:
        (tmp_path / "ae.xpt").write_bytes(data)
        with pytest.raises(DataError) as caught:
            read(tmp_path / "ae.xpt")
        return str(caught.value)

    good = put(tmp_path, sample()).read_bytes()
    assert refused(b"STUDYID,USUBJID\n") == "ae.xpt: is not a SAS transport file"
    assert refused(b"") == "ae.xpt: is not a SAS transport file"
    assert refused(good + good[240:]) == "ae.xpt: holds 2 datasets, one is expected"
    assert refused(good[:700]).startswith("ae.xpt: is cut short or damaged; ")


def test_a_number_its_format_cannot_show(tmp_path: Path) -> None:
    path = put(tmp_path, pd.DataFrame({"N": [1.0, 1e12, -1e9]}), (Variable("N", "N", "Num", 8, "DATE9."),))
    with pytest.raises(DataError) as caught:
        read(path)
    assert str(caught.value) == (
        "adxx.xpt:2: ADXX.N: record 2: 1000000000000.0 is not a SAS date (and 1 more record)")
