"""engine.xpt: a damaged file is told how it is damaged, or read as its bytes are, in little memory."""

from __future__ import annotations

import math
import time
import tracemalloc
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from xpt_parts import values_start

from engine.errors import DataError
from engine.xpt import Metadata, Variable, layout, members, read, read_chunks, write

CREATED = datetime(2026, 6, 30, 8, 5, 9)
VARIABLES = (
    Variable("USUBJID", "Unique Subject Identifier", "Char", 12), Variable("SEQ", "Sequence", "Num", 8),
    Variable("TEXT", "Text", "Char", 31), Variable("SHORT", "Short Number", "Num", 3),
    Variable("FLAG", "", "Char", 1), Variable("DT", "Date", "Num", 8, "DATE9."),
)
LABELS = (*VARIABLES[:5], Variable("DT", "D" * 60, "Num", 8, "DATE9."))


def table(size: int) -> pd.DataFrame:
    random = np.random.default_rng(size)
    return pd.DataFrame({
        "USUBJID": [f"01-{n:04d}" for n in range(size)], "SEQ": random.normal(size=size),
        "TEXT": pd.Series([("word " * (n % 6)).strip() for n in range(size)], dtype="str"),
        "SHORT": random.integers(-9, 9, size).astype("float64"),
        "FLAG": np.where(np.arange(size) % 3, "Y", "N"),
        "DT": np.datetime64("2026-03-01", "s") + np.arange(size).astype("timedelta64[D]")})


def good(folder: Path, version: int, size: int = 20) -> bytes:
    path = folder / "lb.xpt"
    variables = LABELS if version == 8 else VARIABLES
    write(table(size), path, variables=variables, label="Results", created=CREATED, version=version)
    return path.read_bytes()


def refusal(path: Path, data: bytes, **options: Any) -> str:
    path.write_bytes(data)
    with pytest.raises(DataError) as caught:
        read(path, **options)
    return str(caught.value)


HEAD = "lb.xpt: is cut short or damaged; "


def test_files_that_are_cut_short(tmp_path: Path) -> None:
    path, data = tmp_path / "lb.xpt", good(tmp_path, 5)
    start = values_start(data, 6, 5)
    for end, how in (
            (len(data) - 1, f"it has {len(data) - 1} bytes, which is no multiple of 80"),
            (640, "it ends at byte 640, in the midst of its headers"),
            (start - 80, f"it ends at byte {start - 80}, in the midst of its headers"),
            (start + 80, "the last record, 2, has 17 of 63 bytes")):
        assert refusal(path, data[:end]) == HEAD + how
    path.write_bytes(data + b" " * 80)  # more blanks than padding can have: a record
    assert read(path, usecols=["TEXT"])[0]["TEXT"].isna().tolist()[-2:] == [False, True]
    data = good(tmp_path, 8)
    assert refusal(path, data[:-80]) == f"{HEAD}20 records of 63 bytes are stated, there is room for 19"
    assert refusal(path, data + b" " * 80) == f"{HEAD}20 records are stated, and more bytes than these follow"


def test_files_that_are_something_else(tmp_path: Path) -> None:
    path = tmp_path / "lb.xpt"
    assert refusal(path, b"") == "lb.xpt: is not a SAS transport file"
    assert refusal(path, b"STUDYID,DOMAIN\n" * 100) == "lb.xpt: is not a SAS transport file"
    assert refusal(path, b"**COMPRESSED** **COMPRESSED** **COMPRESSED**".ljust(80)) == (
        "lb.xpt: is not a SAS transport file; PROC CPORT wrote it; export it with the XPORT engine")
    with pytest.raises(DataError, match=r"^elsewhere/lb\.xpt: is not a SAS transport file;"):
        members(path, shown="elsewhere/lb.xpt")


def test_headers_that_contradict(tmp_path: Path) -> None:
    path, data = tmp_path / "lb.xpt", good(tmp_path, 5)
    start = values_start(data, 6, 5)

    def changed(at: int, new: bytes) -> str:
        return refusal(path, data[:at] + new + data[at + len(new):])

    first = 640
    assert changed(560 + 52, b"00000x") == f"{HEAD}the NAMESTR header states '00000x' variables"
    assert changed(560, b"?") == f"{HEAD}a NAMESTR header is missing at byte 560"
    assert changed(320, b"?") == f"{HEAD}a DSCRPTR header is missing at byte 320"
    assert changed(start - 80, b"?") == f"{HEAD}a OBS header is missing at byte {start - 80}"
    assert changed(first, b"\0\3") == f"{HEAD}variable 1 has type 3, not 1 or 2"
    assert changed(first + 8, b" " * 8) == f"{HEAD}variable 1 has no name"
    assert changed(first + 4, b"\0\0") == f"{HEAD}the length of LB.USUBJID, 0, is not within 1 to 32767"
    assert changed(first + 144, b"\0\x09") == f"{HEAD}the length of LB.SEQ, 9, is not within 2 to 8"
    assert changed(first + 144, b"\0\7") == f"{HEAD}variable TEXT stands at byte 20 of a record, not at 19"
    assert changed(first + 148, b"USUBJID ") == "lb.xpt: variable USUBJID stands twice in dataset LB"
    assert changed(first + 16, b"\xff") == (
        "lb.xpt: the label of LB.USUBJID is not utf-8; give the true encoding, for example gb18030 or cp1252")
    data = good(tmp_path, 8)
    section = data.index(b"LABELV8 ") - 20
    assert changed(section + 48, b"x") == f"{HEAD}the header of long labels does not state how many there are"
    assert changed(section + 80, b"\0\7\0\2\0\0XX") == f"{HEAD}a long label is for variable 7 of 6"
    assert changed(section + 48, b"9999999") == f"{HEAD}9999999 long labels are stated for 6 variables"


def test_text_in_another_encoding(tmp_path: Path) -> None:
    path, data = tmp_path / "lb.xpt", good(tmp_path, 5)
    start = values_start(data, 6, 5)
    at = start + 2 * 63 + 20
    changed = data[:at] + "北京".encode("gb18030") + data[at + 4:]
    assert refusal(path, changed) == (
        "lb.xpt:3: LB.TEXT: record 3, subject 01-0002: holds b'\\xb1\\xb1\\xbe\\xa9 word', which is not utf-8"
        " text; give the true encoding, for example gb18030 or cp1252")
    told = refusal(path, changed, encoding="ascii")
    assert "b'\\xb1\\xb1\\xbe\\xa9 word', which is not ascii text" in told
    assert read(path, encoding="gb18030")[0]["TEXT"][2] == "北京 word"


def test_numbers_that_are_no_dates(tmp_path: Path) -> None:
    path, data = tmp_path / "lb.xpt", good(tmp_path, 5)
    at = values_start(data, 6, 5) + 4 * 63 + 55
    path.write_bytes(data[:at] + b"\x48" + data[at + 1:])
    with pytest.raises(DataError) as caught:
        read(path, usecols=["DT"])
    assert str(caught.value).startswith("lb.xpt:5: LB.DT: record 5, subject 01-0004: ")
    assert str(caught.value).endswith(" is not a SAS date")
    assert read(path, disable_datetime_conversion=True)[0]["DT"][4] > 1e9


def by_the_bytes(data: bytes, metadata: Metadata) -> dict[str, list[Any]]:
    """The values of a file with one dataset, read byte by byte after its headers are known."""
    head = data.index(layout.card(layout.NAMES["observations"][metadata.version])[:48])
    size = sum(v.length for v in metadata.variables)
    found: dict[str, list[Any]] = {v.name: [] for v in metadata.variables}
    for record in range(metadata.records):
        at = head + 80 + record * size
        for variable in metadata.variables:
            stored = data[at : at + variable.length]
            at += variable.length
            found[variable.name].append(number(stored) if variable.type == "Num" else
                                        stored.decode("utf-8").rstrip(" ") or None)
    return found


def number(stored: bytes) -> float | None:
    """A number by the definition."""
    sign, exponent = stored[0] >> 7, stored[0] & 0x7F
    fraction = int.from_bytes(stored[1:].ljust(7, b"\0"), "big")
    if not fraction:
        return None if stored[:1] in b"._ABCDEFGHIJKLMNOPQRSTUVWXYZ" else 0.0
    fraction = fraction >> (cut := max(0, fraction.bit_length() - 53))
    return (-1) ** sign * math.ldexp(fraction, cut + 4 * (exponent - 64) - 56)


def mutated(data: bytes, random: np.random.Generator, start: int) -> bytes:
    """A file cut short, lengthened, or with some bytes changed, most of them in its headers."""
    how = random.integers(0, 10)
    if how == 0:
        return data[: random.integers(0, len(data))]
    if how == 1:
        return data[: random.integers(0, len(data) // 80) * 80]
    if how == 2:
        at = int(random.integers(0, len(data) // 80)) * 80
        return data[:at] + data[at + 80 * int(random.integers(1, 5)):]
    if how == 3:
        at = int(random.integers(0, len(data)))
        return data[:at] + random.bytes(int(random.integers(1, 200))) + data[at:]
    changed = bytearray(data)
    for _ in range(int(random.integers(1, 6))):
        at = int(random.integers(0, start if how < 8 else len(data)))
        likely = ord(random.choice(list("0 9AZ\xff")))
        changed[at] = random.integers(0, 256) if random.random() < 0.7 else likely
    return bytes(changed)


def outcome(path: Path) -> tuple[list[str], tuple[pd.DataFrame, Metadata] | None]:
    """What a file is refused for, or what is read of it."""
    try:
        return [], read(path, disable_datetime_conversion=True)
    except DataError as error:
        return str(error).splitlines(), None


@pytest.mark.parametrize("version", [5, 8])
def test_250_damaged_files_are_refused_or_read_as_they_are(tmp_path: Path, version: int) -> None:
    path, data = tmp_path / "lb.xpt", good(tmp_path, version)
    start = values_start(data, 6, version)
    random = np.random.default_rng(version)
    refused = 0
    tracemalloc.start()
    try:
        for _ in range(250):
            changed = mutated(data, random, start)
            path.write_bytes(changed)
            tracemalloc.reset_peak()
            begun = time.process_time()
            told, found = outcome(path)
            refused += bool(told)
            assert all(line.startswith("lb.xpt") for line in told)
            if found is not None:
                frame, metadata = found
                own = {name: [None if pd.isna(value) else value for value in frame[name]] for name in frame}
                assert own == by_the_bytes(changed, metadata)
            assert time.process_time() - begun < 5
            assert tracemalloc.get_traced_memory()[1] < 16 * 2**20
    finally:
        tracemalloc.stop()
    assert 50 < refused < 240


def test_thousands_of_datasets_or_variables_are_read_in_no_time(tmp_path: Path) -> None:
    path, data = tmp_path / "lb.xpt", good(tmp_path, 5, 1)
    begun = time.process_time()
    path.write_bytes(data * 2_000)
    found = members(path)
    assert [len(found), found[0].records, found[-1].records] == [2_000, 1, 1]
    frame = pd.DataFrame({f"X{n}": [1.0] for n in range(4_000)})
    write(frame, path, created=CREATED)
    assert read(path)[0].shape == (1, 4_000)
    assert time.process_time() - begun < 10


def test_reading_takes_memory_for_the_part_that_is_read(tmp_path: Path) -> None:
    path = tmp_path / "lb.xpt"
    path.write_bytes(good(tmp_path, 5, 60_000))
    tracemalloc.start()
    try:
        sizes = [len(frame) for frame, _ in read_chunks(path, 5_000)]
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()
    assert sizes == [5_000] * 12
