"""engine.xpt: files on disk are whole or not there, the same everywhere; no text is taken for a header."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from xpt_parts import laboratory

from engine.errors import DataError
from engine.xpt import layout, read, write

CREATED = datetime(2026, 6, 30, 8, 5, 9)
FIXED = {
    5: "b9b6d9bd7a5b76d112337ce418f2217f24e8e9345f8de4d4a9294bd3e23a8c6a",
    8: "f56ec442d5bdaa0fab38982e043e0a359392697b93e77ebae0468b0cb1da3f8c",
}
"""SHA-256 of the file of one table, on every system and with every Python."""


@pytest.mark.parametrize("version", [5, 8])
def test_the_bytes_are_the_same_everywhere(tmp_path: Path, version: int) -> None:
    frame = pd.DataFrame({
        "USUBJID": pd.Series(["01-001", "01-002", None], dtype="str"), "N": [1 / 3, None, -2.5e-70],
        "I": pd.Series([1, None, 2**53], dtype="Int64"), "B": [True, False, True],
        "C": pd.Series(["a", None, "北"], dtype="category"),
        "D": pd.Series(["2026-03-01T08:30:05.5", None, "1959-12-31"], dtype="datetime64[ms]"),
        "T": pd.Series(["08:30:05", None, "23:59:59"]).astype("timedelta64[s]")})
    path = tmp_path / "dm.xpt"
    write(frame, path, label="Demographics", created=CREATED, version=version, encoding="utf-8",
          column_labels={"USUBJID": "Unique Subject Identifier"}, special={"N": pd.Series([".A"], index=[1])})
    assert hashlib.sha256(path.read_bytes()).hexdigest() == FIXED[version]


def test_all_is_on_disk_before_the_file_takes_its_place(tmp_path: Path,
                                                        monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lb.xpt"
    seen: list[tuple[list[str], int]] = []
    sync = os.fsync

    def noted(handle: int) -> None:
        sync(handle)
        seen.append((os.listdir(tmp_path), os.fstat(handle).st_size))

    monkeypatch.setattr(os, "fsync", noted)
    write(laboratory(100), path, created=CREATED)
    (names, size), *folder = seen
    assert [name.endswith(".part") for name in names] == [True]
    assert size == path.stat().st_size
    if folder:  # where a system can, the folder's entry is put on disk too
        assert folder[0][0] == ["lb.xpt"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_nothing_is_left_of_a_table_whose_parts_break_off(tmp_path: Path,
                                                          error: type[BaseException]) -> None:
    def parts() -> Iterator[pd.DataFrame]:
        yield pd.DataFrame({"N": range(100_000)})
        assert len(os.listdir(tmp_path)) == 1
        raise error

    with pytest.raises(error):
        write(parts(), tmp_path / "lb.xpt")
    assert os.listdir(tmp_path) == []


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write(laboratory(1), tmp_path / "none" / "lb.xpt")


HEAD = "HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!000"


@pytest.mark.parametrize(("width", "record"), [(72, 3), (69, 57), (69, 40_057)])
@pytest.mark.parametrize("chunk", [60_000, 7])
def test_text_that_looks_like_a_header(tmp_path: Path, width: int, record: int, chunk: int) -> None:
    frame = pd.DataFrame({"USUBJID": [f"{n:08d}" for n in range(record + 20)],
                          "T": pd.Series(["H" * width] * (record + 20), dtype="str")})
    at = (record - 1) * (width + 8) + 8
    frame.loc[record - 1, "T"] = "." * (-at % 80) + HEAD[: width - -at % 80]
    whole = -at % 80 + 48 <= width
    path = tmp_path / "ae.xpt"
    options: dict[str, Any] = {"created": CREATED, "variable_length": {"USUBJID": 8, "T": width}}
    parts = (frame[n : n + chunk] for n in range(0, len(frame), chunk))
    if not whole:
        write(parts, path, **options)
        assert len(read(path)[0]) == len(frame)
        return
    with pytest.raises(DataError) as caught:
        write(parts, path, **options)
    assert str(caught.value) == (
        f"ae.xpt:{record}: AE: record {record}, subject {record - 1:08d}: its text stands in the file as the"
        " header of another dataset does; change it, or write version 8, which counts its records")
    write(frame, path, version=8, **options)
    pd.testing.assert_frame_equal(read(path)[0], frame)


@pytest.mark.parametrize("chunk", [7, 60])
def test_records_that_look_like_a_header_together(tmp_path: Path, chunk: int) -> None:
    texts = pd.Series(["x" * 24] * 60, dtype="str")
    texts[20], texts[21] = HEAD[:24], HEAD[24:48]
    frame, path = pd.DataFrame({"T": texts}), tmp_path / "ae.xpt"
    with pytest.raises(DataError) as caught:
        write((frame[n : n + chunk] for n in range(0, 60, chunk)), path, created=CREATED,
              variable_length={"T": 24})
    assert str(caught.value) == (
        "ae.xpt:21: AE: record 21: its text stands in the file as the header of another dataset does; change"
        " it, or write version 8, which counts its records")


def test_many_texts_that_only_begin_like_a_header(tmp_path: Path) -> None:
    texts = ["HEADER RECORD*******".ljust(80, "x"), layout.card(b"OBS     ").decode()]
    frame = pd.DataFrame({"T": texts * 5_000})
    path = tmp_path / "ae.xpt"
    write(frame, path, created=CREATED)
    pd.testing.assert_frame_equal(read(path)[0], frame.assign(T=frame["T"].str.rstrip()))
