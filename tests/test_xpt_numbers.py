"""engine.xpt: numbers are kept to the last bit; where another reader is wrong the test says so."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from xpt_parts import values_start

from engine.errors import DataError
from engine.xpt import Variable, layout, read, write
from engine.xpt.ibm import LETTERS, from_ibm, to_ibm
from engine.xpt.model import LARGEST, SMALLEST

CREATED = datetime(2026, 6, 30, 8, 5, 9)


def doubles(count: int, seed: int) -> np.ndarray:
    """Numbers of every exponent that a transport file has, of either sign; half of them with few digits."""
    random = np.random.default_rng(seed)
    bits = random.integers(0, 1 << 52, count, dtype="uint64")
    bits[::2] &= np.uint64((1 << 52) - 1) << random.integers(0, 52, len(bits[::2]), dtype="uint64")
    bits |= random.integers(763, 1275, count, dtype="uint64") << np.uint64(52)
    bits |= random.integers(0, 2, count, dtype="uint64") << np.uint64(63)
    return bits.view("float64")


def edges() -> np.ndarray:
    """Zero, the ends of the range, the powers of 2 and what stands next to them, and missing."""
    powers = np.ldexp(1.0, np.arange(-260, 252))
    near = np.concatenate([powers, np.nextafter(powers, 0)[1:], np.nextafter(powers, np.inf)])
    last = np.nextafter(LARGEST, 0)
    return np.concatenate([near, -near, [0.0, SMALLEST, -SMALLEST, last, -last, 1 / 3, 0.1, 2.0**53, np.nan]])


def observations(path: Path, version: int = 5) -> bytes:
    data = path.read_bytes()
    return data[values_start(data, 1, version):]


def put(folder: Path, values: np.ndarray | pd.Series, length: int = 8, **options: Any) -> Path:
    path = folder / "vs.xpt"
    write(pd.DataFrame({"X": values}), path, variables=[Variable("X", "", "Num", length)], created=CREATED,
          **options)
    return path


def put_bits(folder: Path, bits: list[int]) -> Path:
    """A file whose numbers are these bits."""
    path = put(folder, np.ones(len(bits)))
    data = path.read_bytes()
    start = values_start(data, 1, 5)
    stored = data[:start] + np.array(bits, dtype=">u8").tobytes()
    path.write_bytes(stored + layout.padding(len(stored)))
    return path


def same_bits(left: np.ndarray, right: np.ndarray) -> bool:
    return np.array_equal(left.view("uint64"), right.view("uint64"))


@pytest.mark.parametrize("count", [200_000, pytest.param(5_000_000, marks=pytest.mark.full)])
def test_doubles_of_the_whole_range(tmp_path: Path, count: int) -> None:
    values = doubles(count, seed=20260630)
    path = put(tmp_path, values)
    assert same_bits(read(path)[0]["X"].to_numpy(), values)
    seen = pyreadstat.read_xport(str(path))[0]["X"].to_numpy()
    assert same_bits(seen, values)
    # ReadStat does not write the last three powers of 2 that the format holds (pyreadstat 1.3.7).
    ordinary = values[np.abs(values) < 2.0**249]
    other = tmp_path / "other.xpt"
    pyreadstat.write_xport(pd.DataFrame({"X": ordinary}), str(other), table_name="VS", file_format_version=5)
    assert observations(put(tmp_path, ordinary)) == observations(other)


def test_edges(tmp_path: Path) -> None:
    values = edges()
    path = put(tmp_path, values)
    back = read(path)[0]["X"].to_numpy()
    assert np.array_equal(back, values, equal_nan=True)
    assert np.array_equal(pyreadstat.read_xport(str(path))[0]["X"].to_numpy(), values, equal_nan=True)
    ordinary = np.abs(values) < 2.0**249
    other = tmp_path / "other.xpt"
    frame = pd.DataFrame({"X": np.append(values[ordinary], -0.0)})
    pyreadstat.write_xport(frame, str(other), table_name="VS", file_format_version=5)
    assert observations(put(tmp_path, frame["X"])) == observations(other)
    assert observations(put(tmp_path, np.array([-0.0, 0.0])))[:16] == bytes(16)


@given(st.floats())
@example(SMALLEST)
@example(-SMALLEST)
@example(float(np.nextafter(SMALLEST, 0)))
@example(5e-324)
@example(LARGEST)
@example(float(np.nextafter(LARGEST, 0)))
@example(math.inf)
def test_a_double_has_an_ibm_number_or_is_told(value: float) -> None:
    made, bad = to_ibm(np.array([value, 1.0]))
    outside = value != 0 and not math.isnan(value) and not SMALLEST <= abs(value) < LARGEST
    assert (bad is not None) == outside
    if not outside:
        back, special = from_ibm(made)
        assert special is None
        assert back[0] == value or (math.isnan(value) and math.isnan(back[0]))
    else:
        assert bad is not None
        assert bad.tolist() == [True, False]


def by_hand(bits: int) -> float:
    """The definition: sign, 16 to the power of the exponent less 64, and 56 bits after the point."""
    fraction = bits & ((1 << 56) - 1)
    fraction >>= (cut := max(0, fraction.bit_length() - 53))  # digits that no double has are cut off
    size = math.ldexp(fraction, cut + 4 * (((bits >> 56) & 0x7F) - 64) - 56)
    return -size if bits >> 63 else size


REST = st.integers(1, (1 << 52) - 1)
NORMAL = st.builds(lambda first, nibble, rest: (first << 56) | (nibble << 52) | rest, st.integers(0, 255),
                   st.integers(1, 15), REST)
UNNORMAL = st.builds(lambda first, rest: (first << 56) | rest, st.integers(0, 255), REST)


@given(st.lists(st.one_of(NORMAL, UNNORMAL), min_size=1, max_size=20))
def test_numbers_of_56_bits_are_read_by_the_definition(bits: list[int]) -> None:
    made, special = from_ibm(np.array(bits, dtype="uint64"))
    assert special is None
    assert made.tolist() == [by_hand(one) for one in bits]


def test_normalised_numbers_of_56_bits_agree_with_others(tmp_path: Path) -> None:
    random = np.random.default_rng(7)
    bits = random.integers(0, (1 << 64) - 1, 50_000, dtype="uint64")
    bits[bits & np.uint64(0xF << 52) == 0] |= np.uint64(1 << 52)
    path = put_bits(tmp_path, bits.tolist())
    own = read(path)[0]["X"].to_numpy()
    assert same_bits(own, pyreadstat.read_xport(str(path))[0]["X"].to_numpy())
    assert same_bits(own, pd.read_sas(path)["X"].to_numpy())


def test_numbers_that_others_misread(tmp_path: Path) -> None:
    bits = [0x8000000000000000, 0x1000000000000000, 0x4101000000000000, 0x7FFFFFFFFFFFFFFF, 0]
    path = put_bits(tmp_path, bits)
    assert read(path)[0]["X"].tolist() == [0.0, 0.0, 0.0625, 2.0**252 - 2.0**199, 0.0]
    # ReadStat takes any fraction of zero for missing, adds the bit that a fraction not normalised lacks, and
    # takes the largest number for infinity (pyreadstat 1.3.7); pandas makes a number of zero (pandas 3.1).
    seen = pyreadstat.read_xport(str(path))[0]["X"].to_numpy()
    assert np.array_equal(seen, [np.nan, np.nan, 1.0625, np.inf, 0.0], equal_nan=True)
    assert pd.read_sas(path)["X"].tolist()[2:] == [1.0625, 2.0**252 - 2.0**199, SMALLEST]


@pytest.mark.parametrize("version", [5, 8])
@pytest.mark.parametrize("length", range(2, 9))
def test_short_numbers(tmp_path: Path, length: int, version: int) -> None:
    digits = 8 * (length - 1) - 4  # bits that every number of this length has, the first one among them
    whole = np.arange(-1000, 1000) * 2.0 ** max(0, digits - 12)
    whole = np.clip(whole, -(2.0**digits), 2.0**digits)
    values = np.concatenate([np.array([1.5, -2.25, 0.0, np.nan]), whole])
    values = values[to_ibm(values)[0] & np.uint64((1 << 8 * (8 - length)) - 1) == 0]
    assert len(values) > 900
    path = put(tmp_path, values, length, version=version)
    back, metadata = read(path)
    assert np.array_equal(back["X"].to_numpy(), values, equal_nan=True)
    assert metadata.variables[0].length == length
    seen = pyreadstat.read_xport(str(path))[0]["X"].to_numpy()
    # ReadStat gives every number of two bytes as missing (pyreadstat 1.3.7).
    right = np.isnan(seen).all() if length == 2 else np.array_equal(seen, values, equal_nan=True)
    assert right


def test_short_numbers_that_would_lose_digits(tmp_path: Path) -> None:
    frame = pd.DataFrame({"USUBJID": ["01-001", "01-002", "01-003"], "X": [0.5, 0.1, 1 / 3]})
    variables = [Variable("USUBJID", "", "Char", 6), Variable("X", "", "Num", 4)]
    with pytest.raises(DataError) as caught:
        write(frame, tmp_path / "vs.xpt", variables=variables, created=CREATED)
    assert str(caught.value) == (
        "vs.xpt:2: VS.X: record 2, subject 01-002: 0.1 loses digits in 4 bytes (and 1 more record)")
    assert [record.subject for record in caught.value.problems[0].records] == ["01-002", "01-003"]


@pytest.mark.parametrize("length", [2, 5, 8])
def test_special_missing_values(tmp_path: Path, length: int) -> None:
    values = np.full(30, np.nan)
    values[28] = 3.0
    letters = pd.Series(list(LETTERS), index=pd.Index(range(27), dtype="int64"), dtype="str")
    path = put(tmp_path, values, length, special={"X": letters})
    data = observations(path)
    assert [data[n * length : (n + 1) * length] for n in range(28)] == [
        (letter + "\0" * (length - 1)).encode() for letter in [*LETTERS, "."]]
    back, metadata = read(path)
    assert back["X"].isna().sum() == 29
    pd.testing.assert_series_equal(metadata.special["X"], letters)


def test_special_missing_values_that_cannot_be(tmp_path: Path) -> None:
    frame = pd.DataFrame({"X": [1.0, np.nan]})
    with pytest.raises(DataError) as caught:
        put(tmp_path, frame["X"], special={"X": pd.Series([".A", ".B"])})
    assert str(caught.value) == "vs.xpt:1: VS.X: record 1: 1.0 stands where a special missing value is given"
    with pytest.raises(ValueError, match=r"^'a' is no special missing value; they are A to Z and _$"):
        put(tmp_path, frame["X"], special={"X": pd.Series(["a"], index=[1])})
    with pytest.raises(ValueError, match=r"^the table has no record 2 for a special missing value$"):
        put(tmp_path, frame["X"], special={"X": pd.Series(["A"], index=[2])})
    with pytest.raises(ValueError, match=r"^Y is no number that is written, it has no special"):
        put(tmp_path, frame["X"], special={"Y": pd.Series(["A"], index=[1])})
