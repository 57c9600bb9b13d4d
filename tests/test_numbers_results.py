"""Results as they are typed."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.numbers import format_number, read_results, unit_key

UNITS = ["10^9/L", "mg/dL", "g/L", "G/L", "%", "ug/mL", "DNA copies/ug"]


def one(value: str | None, **options: Any) -> tuple[object, ...]:
    """Number, comparator, unit and kind of one text, NULL as None."""
    found = read_results(pd.Series([value], dtype="str"), **{"units": UNITS, **options})
    return tuple(None if pd.isna(series.iloc[0]) else series.iloc[0]
                 for series in (found.number, found.comparator, found.unit, found.kind))


def number(value: float, unit: str | None = None) -> tuple[object, ...]:
    return (value, None, unit, "number")


def limit(sign: str, value: float, unit: str | None = None) -> tuple[object, ...]:
    return (value, sign, unit, "comparator")


TEXT = (None, None, None, "text")
BLANK = (None, None, None, "blank")


@pytest.mark.parametrize(("value", "wanted"), [
    ("5.6", number(5.6)), (" 5.6 ", number(5.6)), ("0050", number(50)), ("-3.2", number(-3.2)),
    ("\u22123.2", number(-3.2)),
    (".5", number(0.5)), ("5.", number(5)), ("1.2E3", number(1200)), ("1.2e-3", number(0.0012)),
    ("0", number(0)),
    ("1,234", number(1234)), ("12,345,678.9", number(12345678.9)), ("５．６", number(5.6)),
    ("１,２３４", number(1234)),
    ("\u30005.6\u3000", number(5.6)), ("1234", number(1234)),
    ("1,5", TEXT), ("1,23", TEXT), ("1,2345", TEXT), ("12,34,567", TEXT), ("0,234", TEXT), ("1.234,5", TEXT),
    ("1.2.3", TEXT), ("1 234", TEXT), ("+5", TEXT), ("+", TEXT), ("1+", TEXT), ("++", TEXT), ("-", TEXT),
    (".", TEXT),
    ("3.5-9.5", TEXT), ("12-05", TEXT), ("5/10", TEXT), ("~5", TEXT), ("ND", TEXT), ("NaN", TEXT),
    ("inf", TEXT),
    ("1E999", TEXT), ("1_000", TEXT), ("0x10", TEXT), ("5 H", TEXT), ("5E", TEXT), ("BLQ", TEXT),
    ("阴性", TEXT),
    ("", BLANK), ("  ", BLANK), ("\u3000", BLANK), (None, BLANK),
    ("<50", limit("<", 50)), ("< 50", limit("<", 50)), ("＜50", limit("<", 50)), ("> 1000", limit(">", 1000)),
    (">1,000", limit(">", 1000)), ("<=0.5", limit("<=", 0.5)), ("≤0.5", limit("<=", 0.5)),
    ("≥ 5", limit(">=", 5)),
    ("=>5", limit(">=", 5)), ("=<5", limit("<=", 5)), ("BLQ(<50)", limit("<", 50)),
    ("blq ( < 50 )", limit("<", 50)),
    ("BLQ（＜50）", limit("<", 50)), ("LLOQ(<=0.1)", limit("<=", 0.1)), ("ALQ(>1000)", limit(">", 1000)),
    ("BLQ(50)", TEXT), ("BLQ(>50)", TEXT), ("ALQ(<50)", TEXT), ("BLQ(<50", TEXT), ("XYZ(<50)", TEXT),
    ("<", TEXT),
    ("<>5", TEXT), ("<LLOQ", TEXT), ("<+5", TEXT), ("=5", TEXT), ("<50>", TEXT), ("< <50", TEXT),
    ("5.6 x10^9/L", number(5.6, "10^9/L")), ("5.6×10⁹/L", number(5.6, "10^9/L")),
    ("5.6 10^9/l", number(5.6, "10^9/L")),
    ("5.6*10**9/L", number(5.6, "10^9/L")), ("88 mg/dl", number(88, "mg/dL")), ("45%", number(45, "%")),
    ("４５％", number(45, "%")), ("12 g/L", number(12, "g/L")), ("12 G/L", number(12, "G/L")),
    ("3 µg/mL", number(3, "ug/mL")),
    ("3 mcg / mL", number(3, "ug/mL")), ("<0.5mg/dL", limit("<", 0.5, "mg/dL")),
    ("BLQ(<50 DNA copies/ug)", limit("<", 50, "DNA copies/ug")),
    ("88 MG/DL", TEXT), ("88 mmol/L", TEXT), ("88 mg/dL (H)", TEXT), ("mg/dL", TEXT), ("1,5 mg/dL", TEXT),
])
def test_with_a_decimal_point(value: str | None, wanted: tuple[object, ...]) -> None:
    assert one(value) == wanted


@pytest.mark.parametrize(("value", "comma", "thousands", "wanted"), [
    ("1,5", True, True, number(1.5)), ("1.234,5", True, True, number(1234.5)),
    ("1.234", True, True, number(1234)),
    ("1.5", True, True, TEXT), ("1.234", True, False, TEXT), ("1,234", True, True, number(1.234)),
    ("1,2E3", True, True, number(1200)), ("<0,5", True, True, limit("<", 0.5)), ("1,234.5", True, True, TEXT),
    ("0,5 mg/dL", True, True, number(0.5, "mg/dL")), (",5", True, True, number(0.5)),
    ("1,5", "auto", True, number(1.5)), ("1.5", "auto", True, number(1.5)),
    ("1.234,5", "auto", True, number(1234.5)),
    ("1,234.5", "auto", True, number(1234.5)), ("0,234", "auto", True, number(0.234)),
    ("0.234", "auto", True, number(0.234)),
    ("1,234", "auto", True, TEXT), ("1.234", "auto", True, TEXT), ("<1,234", "auto", True, TEXT),
    ("1,234,567", "auto", True, number(1234567)), ("1234,567", "auto", True, number(1234.567)),
    ("1,234", "auto", False, number(1.234)), ("1.234", "auto", False, number(1.234)),
    ("1234", "auto", True, number(1234)),
    ("1,234", False, False, TEXT), ("1,234 mg/dL", "auto", True, TEXT),
])
def test_marks(value: str, comma: Any, thousands: bool, wanted: tuple[object, ...]) -> None:
    assert one(value, decimal_comma=comma, thousands=thousands) == wanted


def test_columns() -> None:
    text = pd.Series([" <50 ", None, "5.6", "ＮＤ", "5.6"], dtype="str", index=[4, 2, 9, 1, 7])
    found = read_results(text)
    assert found.text.fillna("").tolist() == ["<50", "", "5.6", "ＮＤ", "5.6"]     # as collected, trimmed
    assert found.kind.tolist() == ["comparator", "blank", "number", "text", "number"]
    assert [str(series.dtype) for series in found] == ["float64", "str", "str", "str", "str"]
    assert all(series.index.equals(text.index) for series in found)
    assert [len(series) for series in read_results(text.iloc[:0])] == [0] * 5


def test_units_that_cannot_be_told_apart() -> None:
    with pytest.raises(ValueError, match=r"^the units 'mg/dL' and 'mg/dl' cannot be told apart$"):
        read_results(pd.Series(["1"]), units=["mg/dL", "mg/dl"])
    assert read_results(pd.Series(["1 mg/dL"]), units=["mg/dL", "mg/dL"]).number.tolist() == [1.0]


@pytest.mark.parametrize(("typed", "key"), [
    ("mg/dl", "mg/dL"), ("umol/l", "umol/L"), ("µmol/L", "umol/L"), ("μmol/L", "umol/L"),
    ("mcmol/L", "umol/L"),
    ("uL", "uL"), ("K/µl", "K/uL"), ("x10^9/L", "10^9/L"), ("X 10^9/L", "10^9/L"), ("×10⁹/L", "10^9/L"),
    ("10¹²/L", "10^12/L"), ("10^9 / L", "10^9/L"), ("mcL", "uL"), ("cell", "cell"), ("cells/ul", "cells/uL"),
    ("℃", "°C"), ("Mg/dL", "Mg/dL"), ("mL/min/1.73m2", "mL/min/1.73m2"), ("g%", "g%"), ("lb", "lb"),
])
def test_unit_key(typed: str, key: str) -> None:
    assert unit_key(typed) == key


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-10**7, max_value=10**7),
       st.sampled_from([False, True, "auto"]), st.booleans())
def test_every_number_written_reads_back(value: Any, comma: Any, grouped: bool) -> None:
    written = f"{value:,f}" if grouped else f"{value:f}"
    if comma is True:
        written = written.translate(str.maketrans(".,", ",."))
    found = one(written, decimal_comma=comma)
    if comma == "auto" and found == TEXT:
        # Refused only where the other reading is a number too.
        assert one(written) != TEXT
        assert one(written, decimal_comma=True) != TEXT
        assert one(written) != one(written, decimal_comma=True)
    else:
        assert found == number(float(value))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_is_formatted_reads_back(value: float) -> None:
    text = format_number(pd.Series([value])).iloc[0]
    assert one(text) == number(value)
