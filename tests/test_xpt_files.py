"""engine.xpt: whole files beside those of ReadStat; several datasets, parts of them, padding."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from xpt_parts import laboratory, listed, with_full_texts

from engine.errors import DataError
from engine.xpt import Metadata, Variable, layout, members, read, read_chunks, write

CREATED = datetime(2026, 6, 30, 8, 5, 9)
STAMP = b"30JUN26:08:05:09"
VARIABLES = (
    Variable("USUBJID", "Unique Subject Identifier", "Char", 12, "$12.", "$12."),
    Variable("LBSEQ", "Sequence Number", "Num", 8), Variable("LBTESTCD", "Test", "Char", 8),
    Variable("LBORRES", "Result", "Char", 31),
    Variable("LBSTRESN", "Numeric Result", "Num", 8, "8.2", "COMMA9.1"),
    Variable("LBDT", "Date", "Num", 8, "DATE9."), Variable("LBDTM", "Datetime", "Num", 8, "E8601DT19."),
)


def put(folder: Path, frame: Any, name: str = "LB", **options: Any) -> Path:
    path = folder / f"{name.lower()}.xpt"
    usual: dict[str, Any] = {"variables": VARIABLES, "label": "Laboratory Test Results", "created": CREATED}
    write(frame, path, **usual | options)
    return path


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """A table as it comes back: text as ``str``."""
    return frame.astype(dict.fromkeys(frame.select_dtypes("category"), "str"))


def by_readstat(folder: Path, version: int, frame: pd.DataFrame, variables: tuple[Variable, ...]) -> bytes:
    """What ReadStat writes of a table whose texts have the full length, with our stamps."""
    stored = frame.copy()
    for name, epoch, unit in (("LBDT", "1960-01-01", 86400), ("LBDTM", "1960-01-01", 1)):
        stored[name] = (stored[name] - pd.Timestamp(epoch)).dt.total_seconds() / unit
    stored["LBTESTCD"] = stored["LBTESTCD"].astype("str").fillna("")
    stored["LBORRES"] = stored["LBORRES"].fillna("")
    path = folder / "other.xpt"
    pyreadstat.write_xport(
        stored, str(path), file_label="Laboratory Test Results", table_name="LB",
        file_format_version=5 if version == 5 else 8,
        column_labels=[v.label for v in variables],
        variable_format={v.name: v.format for v in variables if v.format},
        variable_informat={v.name: v.informat for v in variables if v.informat})
    data = path.read_bytes()
    stamp = data[144:160]
    assert data.count(stamp) == 4
    return data.replace(stamp, STAMP)


@pytest.mark.parametrize("version", [5, 8])
def test_files_are_those_of_readstat_but_for_the_time(tmp_path: Path, version: int) -> None:
    frame = with_full_texts(laboratory(3_000))
    own = put(tmp_path, frame, version=version).read_bytes()
    assert own == by_readstat(tmp_path, version, frame, VARIABLES)


@pytest.mark.parametrize("version", [5, 8])
def test_readstat_and_pandas_read_what_we_write(tmp_path: Path, version: int) -> None:
    frame = laboratory(500)
    path = put(tmp_path, frame, version=version)
    seen, found = pyreadstat.read_xport(str(path), disable_datetime_conversion=True)
    own, metadata = read(path, disable_datetime_conversion=True)
    assert (found.table_name, found.file_label) == (metadata.table_name, metadata.file_label)
    assert found.column_names == metadata.column_names
    assert found.column_labels == metadata.column_labels
    assert found.variable_storage_width == metadata.variable_storage_width
    assert found.column_names_to_labels == metadata.column_names_to_labels
    assert found.creation_time == metadata.creation_time
    assert found.modification_time == metadata.modification_time
    assert (found.number_rows, found.number_columns) == (metadata.number_rows, metadata.number_columns)
    for name in own:
        assert listed(own[name]) == listed(seen[name])
    if version == 5:
        others = pd.read_sas(path, encoding="ascii")
        for name in own:
            assert listed(own[name]) == listed(others[name])


@pytest.mark.parametrize("version", [5, 8])
def test_all_that_is_given_comes_back(tmp_path: Path, version: int) -> None:
    frame = laboratory(200)
    path = put(tmp_path, frame, version=version)
    found, metadata = read(path)
    pd.testing.assert_frame_equal(found, plain(frame))
    assert metadata == Metadata("LB", "Laboratory Test Results", version, CREATED, CREATED, 200, VARIABLES)
    assert metadata.original_variable_types["LBSTRESN"] == "8.2"
    assert (metadata.sas, metadata.system, metadata.kind) == ("6.06", "bsd4.2", "")


LONG = (
    Variable("A_LONGER_NAME_THAN_EIGHT", "L" * 100, "Char", 300, "$MUCHTOOLONGFORMAT20.", "$SHORT8."),
    Variable("SHORT", "short", "Num", 8, "MYFORMATHASALONGNAME12.3"),
    Variable("MIXED_Case", "m" * 41, "Num", 3, "8.2", "ALSOALONGINFORMAT9."),
    Variable("PLAIN", "", "Char", 4),
)


def test_version_8_keeps_long_names_labels_formats_and_text(tmp_path: Path) -> None:
    frame = pd.DataFrame({"A_LONGER_NAME_THAN_EIGHT": ["t" * 250, None], "SHORT": [1.5, None],
                          "MIXED_Case": [2.0, None], "PLAIN": ["a", None]})
    path = put(tmp_path, frame, "A_DATASET_OF_A_LONG_NAME", variables=LONG, version=8, label="d" * 40)
    found, metadata = read(path)
    assert metadata == Metadata("A_DATASET_OF_A_LONG_NAME", "d" * 40, 8, CREATED, CREATED, 2, LONG)
    assert found["A_LONGER_NAME_THAN_EIGHT"].tolist() == ["t" * 250, np.nan]
    labels = tuple(Variable(v.name, v.label, v.type, v.length) for v in LONG)
    path = put(tmp_path, frame, variables=labels, version=8)
    assert read(path)[1].variables == labels
    assert pyreadstat.read_xport(str(path))[1].column_labels == [v.label or None for v in labels]
    data = path.read_bytes()
    assert b"HEADER RECORD*******LABELV8 HEADER RECORD!!!!!!!2                               " in data
    assert b"HEADER RECORD*******OBSV8   HEADER RECORD!!!!!!!              2                 " in data


def joined(*files: Path) -> bytes:
    """Several datasets in one file, as SAS writes a library."""
    return b"".join(path.read_bytes()[240 if n else 0:] for n, path in enumerate(files))


@pytest.mark.parametrize("version", [5, 8])
def test_several_datasets(tmp_path: Path, version: int) -> None:
    sizes = {"LB": 50, "VS": 0, "EG": 33, "PC": 1}
    paths = [put(tmp_path, laboratory(size, size), name, version=version) for name, size in sizes.items()]
    library = tmp_path / "library.xpt"
    for whole in (joined(*paths), b"".join(path.read_bytes() for path in paths)):
        library.write_bytes(whole)
        assert {found.name: found.records for found in members(library)} == sizes
        for name, size in sizes.items():
            found, metadata = read(library, member=name)
            pd.testing.assert_frame_equal(found, plain(laboratory(size, size)))
            assert metadata.name == name
    for member, message in ((None, "library.xpt: holds 4 datasets, one is expected"),
                            ("VZ", "library.xpt: VZ: no such dataset; known: EG, LB, PC, VS")):
        with pytest.raises(DataError) as caught:
            read(library, member=member)
        assert str(caught.value) == message
    library.write_bytes(joined(paths[0], paths[0]))
    with pytest.raises(DataError) as caught:
        read(library, member="LB")
    assert str(caught.value) == "library.xpt: LB: 2 datasets have this name"


@pytest.mark.parametrize("version", [5, 8])
@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 250])
def test_parts(tmp_path: Path, version: int, size: int) -> None:
    frame = laboratory(size)
    if size > 60:
        frame.loc[[3, 60], "LBSTRESN"] = np.nan
    special = {"LBSTRESN": pd.Series(["A", "_"], index=[3, 60], dtype="str")} if size > 60 else {}
    path = put(tmp_path, frame, version=version, special=special)
    parts = list(read_chunks(path, 100))
    whole, metadata = read(path)
    assert [len(part) for part, _ in parts] == ([min(100, size - n) for n in range(0, size, 100)] or [0])
    pd.testing.assert_frame_equal(pd.concat([part for part, _ in parts]), whole)
    if special:
        letters = pd.concat([found.special["LBSTRESN"] for _, found in parts if "LBSTRESN" in found.special])
        pd.testing.assert_series_equal(letters, special["LBSTRESN"])
        pd.testing.assert_series_equal(metadata.special["LBSTRESN"], special["LBSTRESN"])
    (tmp_path / "again").mkdir()
    again = put(tmp_path / "again", read_chunks(path, 7), version=version)
    assert again.read_bytes() == path.read_bytes()
    some = list(read_chunks(path, 30, usecols=["LBORRES", "LBSEQ"], row_offset=20, row_limit=50))
    columns = ["LBSEQ", "LBORRES"]
    pd.testing.assert_frame_equal(pd.concat([part for part, _ in some]), whole.loc[:, columns].iloc[20:70])


def test_a_choice_of_columns_and_records(tmp_path: Path) -> None:
    frame = laboratory(100)
    path = put(tmp_path, frame)
    found, metadata = read(path, usecols=["LBDT", "LBSEQ"], row_offset=10, row_limit=5)
    pd.testing.assert_frame_equal(found, frame.loc[10:14, ["LBSEQ", "LBDT"]])
    assert metadata.column_names == ["LBSEQ", "LBDT"]
    assert metadata.records == 100
    nothing, metadata = read(path, metadataonly=True)
    pd.testing.assert_frame_equal(nothing, plain(frame).iloc[:0])
    assert metadata.records == 100
    assert read(path, row_offset=500)[0].empty
    assert read(path, usecols=[])[0].shape == (100, 0)
    with pytest.raises(DataError) as caught:
        read(path, usecols=["LBSEQ", "LBDTC"])
    assert str(caught.value) == "lb.xpt: LB.LBDTC: no such variable; did you mean 'LBDT'?"
    for offset, limit in ((-1, 0), (0, -1)):
        with pytest.raises(ValueError, match=r"^neither row_offset nor row_limit can be below 0$"):
            read(path, row_offset=offset, row_limit=limit)
    with pytest.raises(ValueError, match=r"^parts of 0 records cannot be read$"):
        next(read_chunks(path, 0))


def test_parts_need_lengths(tmp_path: Path) -> None:
    parts = [pd.DataFrame({"A": ["x"], "N": [1]}), pd.DataFrame({"A": ["yy"], "N": [2]})]
    with pytest.raises(ValueError, match=r"^the length of A must be given: the table comes in parts$"):
        write(iter(parts), tmp_path / "ae.xpt")
    made = write(iter(parts), tmp_path / "ae.xpt", variable_length={"A": 2}, created=CREATED)
    assert made.records == 2
    assert read(tmp_path / "ae.xpt")[0]["A"].tolist() == ["x", "yy"]
    with pytest.raises(ValueError, match=r"^there is no part of the table to write, not even an empty one$"):
        write(iter([]), tmp_path / "ae.xpt")
    with pytest.raises(DataError) as caught:
        write(iter([*parts, pd.DataFrame({"A": ["long"], "N": [3]})]), tmp_path / "ae.xpt",
              variable_length={"A": 2}, created=CREATED)
    assert str(caught.value) == "ae.xpt:3: AE.A: record 3: text of 4 bytes, length 2"


@pytest.mark.parametrize("size", [1, 3, 4, 7, 40, 79, 80, 81, 100, 160, 200])
@pytest.mark.parametrize("blank", [0, 1, 2, 5])
def test_blank_records_at_the_end_are_kept_or_refused(tmp_path: Path, size: int, blank: int) -> None:
    full = -(-80 // size)  # records that fill 80 bytes
    for records in {blank, blank + 1, full - 1, full, full + 1, full + blank, 2 * full, 2 * full + 1, 17}:
        if records < blank:
            continue
        frame = pd.DataFrame({"A": pd.Series(["x"] * (records - blank) + [None] * blank, dtype="str")})
        path = tmp_path / "ae.xpt"
        options: dict[str, Any] = {"variable_length": {"A": size}, "created": CREATED}
        # Padding is less than 80 bytes: where the blanks at the end are as many, some of them are records.
        last = -(-records * size // 80) * 80
        clear = not blank or (records - 1) * size <= last - 80
        if clear:
            write(frame, path, **options)
            assert len(read(path)[0]) == records
            path.unlink()
            continue
        with pytest.raises(DataError) as caught:
            write(frame, path, **options)
        assert str(caught.value) == (
            f"ae.xpt:{records}: AE: record {records}, the last, is blank throughout, like the padding at the"
            " end of the file; drop it, or write version 8, which counts its records")
        write(frame, path, version=8, **options)
        assert len(read(path)[0]) == records


def test_a_refused_table_leaves_what_was_there(tmp_path: Path) -> None:
    path = put(tmp_path, laboratory(10))
    before, linked = path.read_bytes(), tmp_path / "linked"
    os.link(path, linked)
    bad = laboratory(10)
    bad.loc[9, "LBORRES"] = "é"
    with pytest.raises(DataError):
        put(tmp_path, bad)
    assert path.read_bytes() == before
    put(tmp_path, laboratory(20))
    assert len(read(path)[0]) == 20
    assert linked.read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["lb.xpt", "linked"]


def test_the_time_of_writing(tmp_path: Path) -> None:
    begun = datetime.now().replace(microsecond=0)
    path = put(tmp_path, laboratory(1), created=None)
    created = read(path)[1].created
    assert created is not None
    assert begun <= created <= datetime.now()
    with pytest.raises(DataError) as caught:
        put(tmp_path, laboratory(1), created=datetime(1959, 12, 31))
    assert str(caught.value) == (
        "lb.xpt: LB: the year of its creation, 1959, is not within 1960 to 2059")
    data = path.read_bytes()
    path.write_bytes(data.replace(layout.stamp(created), b"no date at all!!"))
    assert read(path)[1].created is None


@pytest.mark.parametrize("version", [5, 8])
def test_the_same_bytes_on_every_run(tmp_path: Path, version: int) -> None:
    first = put(tmp_path, laboratory(1_000), version=version).read_bytes()
    frame = laboratory(1_000)
    for dtype in ("object", "category", "str"):
        frame["LBORRES"] = frame["LBORRES"].astype(dtype)
        assert put(tmp_path, frame, version=version).read_bytes() == first
    assert put(tmp_path, [frame[:1], frame[1:700], frame[700:]], version=version).read_bytes() == first


def test_it_is_usable_alone() -> None:
    code = "import sys, engine.xpt; print(*(name for name in sys.modules if name.startswith('engine.')))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    others = {name for name in done.stdout.split() if not name.startswith("engine.xpt")}
    assert others == {"engine.characters", "engine.coded", "engine.columns", "engine.errors"}


def test_labels_and_formats_by_name(tmp_path: Path) -> None:
    frame = pd.DataFrame({"A": ["x"], "N": [1.0], "D": pd.Series(["2026-03-01"], dtype="datetime64[s]")})
    path = tmp_path / "ae.xpt"
    for labels in ({"A": "Text", "D": "Date"}, ["Text", None, "Date"]):
        write(frame, path, column_labels=labels, variable_format={"D": "YYMMDD10.", "N": "8.2"},
              variable_informat={"D": "ANYDTDTE10."}, variable_length={"A": 7, "N": 3})
        assert read(path)[1].variables == (
            Variable("A", "Text", "Char", 7), Variable("N", "", "Num", 3, "8.2"),
            Variable("D", "Date", "Num", 8, "YYMMDD10.", "ANYDTDTE10."))
    with pytest.raises(ValueError, match=r"^2 labels for 3 columns$"):
        write(frame, path, column_labels=["a", "b"])
    with pytest.raises(ValueError, match=r"^the table has no column B$"):
        write(frame, path, variable_length={"B": 3})
    both = r"^labels, formats, informats and lengths stand in variables, or are given by name$"
    with pytest.raises(ValueError, match=both):
        write(frame, path, variables=[Variable("N", "", "Num", 8)], variable_format={"N": "8.2"})
