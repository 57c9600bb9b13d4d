"""Conversions: exact arithmetic, molar masses, and the table of units."""


from __future__ import annotations

import csv
from decimal import Decimal
from fractions import Fraction
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.numbers import Conversion, convert, known_conversion, parse_conversion, unit_key

TABLE = list(csv.DictReader(
    files("engine.numbers").joinpath("units.csv").read_text(encoding="utf-8").splitlines()))
ALIKE = [(a["unit"], b["unit"]) for a in TABLE for b in TABLE if a["dimension"] == b["dimension"]]
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-10**6, max_value=10**6)


@pytest.mark.parametrize(("spec", "value", "wanted"), [
    (1, 7, 7), (0.0113, 100, "1.13"), ("0.0113", 100, "1.13"), ("5/9", 9, 5), (" 5 / 9 ", 18, 10),
    ("1e-3", 5, "0.005"),
    (Decimal("1.1"), "88.42", "97.262"), (1.1, "88.42", "97.262"), (Fraction(1, 3), 3, 1),
    ("2.5/0.5", 2, 10), (-1, 5, -5),
    ({"minus": 32, "times": "5/9"}, 212, 100), ({"times": "9/5", "plus": "32"}, 100, 212),
    ({"times": 1000}, 2, 2000),
    ({"plus": 273.15}, 0, "273.15"), ({"minus": "273.15"}, "273.15", 0),
    ({"minus": 1, "times": 2, "plus": 3}, 5, 11),
])
def test_specs(spec: Any, value: Any, wanted: Any) -> None:
    assert parse_conversion(spec).apply(Fraction(value)) == Fraction(wanted)


@pytest.mark.parametrize(("source", "target", "molar", "value", "wanted"), [
    ("mg/dL", "umol/L", "113.12", 1, Fraction(10000) / Fraction("113.12")),        # creatinine
    ("umol/L", "mg/dL", "113.12", Fraction(10000) / Fraction("113.12"), 1),
    ("mg/dL", "mmol/L", "180.16", "180.16", 10), ("g/L", "mmol/L", 180, 1, Fraction(1000, 180)),
    ("ng/mL", "nmol/L", 250, 1, 4), ("ug/L", "pmol/L", 500, 1, 2000),
    ("mmol/L", "g/L", 58, 10, Fraction("0.58")),
    ("mg", "mmol", 50, 100, 2), ("mg/day", "umol/day", 113, 113, 1000), ("ug/g", "umol/g", 10, 20, 2),
    ("mg/dl", "µmol/l", "113.12", "11.312", 1000),
])
def test_molar_masses(source: str, target: str, molar: Any, value: Any, wanted: Any) -> None:
    assert parse_conversion({"molar": molar}, source, target).apply(Fraction(value)) == Fraction(wanted)


@pytest.mark.parametrize(("spec", "units", "message"), [
    ("five", (), "the factor 'five' is no number or fraction"),
    ("5/0", (), "the factor '5/0' divides by zero"),
    ("", (), "the factor '' is no number or fraction"),
    (True, (), "the factor True is no number or fraction"),
    (None, (), "the factor None is no number or fraction"),
    ([1], (), "the factor [1] is no number or fraction"),
    (float("nan"), (), "the factor 'nan' is no number or fraction"),
    ("1,5", (), "the factor '1,5' is no number or fraction"),
    ("1_0", (), "the factor '1_0' is no number or fraction"),
    (0, (), "a factor of 0 would make every result the same"),
    ({"times": "0.0"}, (), "a factor of 0 would make every result the same"),
    ({}, (), "a conversion needs a factor; known: minus, times, plus, molar"),
    ({"tims": 1}, (), "unknown key 'tims' in a conversion; did you mean 'times'?"),
    ({"times": "x"}, (), "times 'x' is no number or fraction"),
    ({"molar": 113, "times": 1}, ("mg/dL", "umol/L"), "a molar mass stands alone in a conversion"),
    ({"molar": 0}, ("mg/dL", "umol/L"), "a molar mass is more than 0, not 0"),
    ({"molar": 113}, (), "a molar mass needs the unit to convert from and the unit to convert to"),
    ({"molar": 113}, ("U/L", "umol/L"),
     "'U/L' is no unit of mass or amount of substance, such as mg/dL or umol/L"),
    ({"molar": 113}, ("mg/dL", "%"),
     "'%' is no unit of mass or amount of substance, such as mg/dL or umol/L"),
    ({"molar": 113}, ("mg/dL", "g/L"), "'mg/dL' and 'g/L' are both masses, and need no molar mass"),
    ({"molar": 113}, ("mmol/L", "mol/L"),
     "'mmol/L' and 'mol/L' are both amounts of substance, and need no molar mass"),
    ({"molar": 113}, ("mg/dL", "umol/g"), "'mg/dL' and 'umol/g' are not per the same thing"),
])
def test_specs_that_are_wrong(spec: Any, units: tuple[str, ...], message: str) -> None:
    with pytest.raises(ValueError) as caught:   # noqa: PT011 - the whole message is compared below
        parse_conversion(spec, *units)
    assert str(caught.value) == message


@pytest.mark.parametrize(("source", "target", "value", "wanted"), [
    ("g/dL", "g/L", "13.5", 135), ("g/L", "g/dL", 135, "13.5"), ("K/uL", "10^9/L", "5.6", "5.6"),
    ("10^3/uL", "10^9/L", 4, 4),
    ("/uL", "10^9/L", 5600, "5.6"), ("10^12/L", "10^6/uL", "4.5", "4.5"), ("cells/uL", "10^6/L", 250, 250),
    ("mg/L", "mg/dL", 10, 1), ("ng/mL", "ug/L", 300, 300), ("pg/mL", "ng/L", 12, 12), ("ug/mL", "mg/L", 3, 3),
    ("in", "cm", 70, "177.8"), ("ft", "m", 6, "1.8288"), ("LB", "kg", 150, "68.0388555"),
    ("lb", "kg", 1, "0.45359237"),
    ("oz", "g", 1, "28.349523125"), ("F", "C", "98.6", 37), ("C", "F", 37, "98.6"),
    ("K", "C", "310.15", 37), ("C", "K", 0, "273.15"),
    ("F", "K", 212, "373.15"), ("%", "fraction of 1", 45, "0.45"), ("mmol/L", "umol/L", "0.1", 100),
    ("h", "min", 2, 120),
    ("10^6/kg", "10^5/kg", 2, 20), ("x10⁹/l", "K/µL", 7, 7), ("kU/L", "U/mL", 3, 3),
    ("uIU/mL", "mIU/L", 3, 3),
])
def test_known_conversions(source: str, target: str, value: Any, wanted: Any) -> None:
    found = known_conversion(source, target)
    assert found is not None
    assert found.apply(Fraction(value)) == Fraction(wanted)


@pytest.mark.parametrize(("source", "target"), [
    ("mg/dL", "umol/L"), ("U/L", "IU/L"), ("mg/L", "mg/L FEU"), ("mmHg", "kPa"), ("furlong", "cm"),
    ("g/L", "G/L"), ("kg", "cm"),
])
def test_unknown_conversions(source: str, target: str) -> None:
    assert known_conversion(source, target) is None


def test_a_unit_to_itself() -> None:
    assert known_conversion("mmHg", "mmHg") == Conversion(Fraction(1))
    assert known_conversion("µmol/l", "umol/L") == Conversion(Fraction(1))


def test_the_table_has_each_unit_once() -> None:
    keys = [unit_key(row["unit"]) for row in TABLE]
    assert len(set(keys)) == len(keys)


@given(st.sampled_from(ALIKE), NUMBERS)
def test_there_and_back(pair: tuple[str, str], value: Decimal) -> None:
    there, back = known_conversion(*pair), known_conversion(*pair[::-1])
    assert there is not None
    assert back is not None
    assert back.apply(there.apply(Fraction(value))) == Fraction(value)
    assert there.inverse().apply(there.apply(Fraction(value))) == Fraction(value)


@given(st.sampled_from(ALIKE), st.data(), NUMBERS)
def test_by_way_of_a_third_unit(pair: tuple[str, str], data: st.DataObject, value: Decimal) -> None:
    third = data.draw(st.sampled_from([b for a, b in ALIKE if a == pair[0]]))
    direct, first, second = (known_conversion(*p) for p in (pair, (pair[0], third), (third, pair[1])))
    assert direct is not None
    assert first is not None
    assert second is not None
    assert second.apply(first.apply(Fraction(value))) == direct.apply(Fraction(value))


def test_no_float_dust() -> None:
    values = pd.Series([88.42, 0.1, 1.1, np.nan, 88.42], index=[3, 1, 4, 5, 9])
    found = convert(values, parse_conversion(1.1))
    np.testing.assert_array_equal(found, [97.262, 0.11, 1.21, np.nan, 97.262])
    assert (str(found.dtype), found.index.tolist()) == ("float64", [3, 1, 4, 5, 9])
    text = pd.Series(["88.42", " 0.10 ", None, "1E2"], dtype="str")
    np.testing.assert_array_equal(convert(text, parse_conversion(1.1)), [97.262, 0.11, np.nan, 110])
    assert convert(text.iloc[:0], parse_conversion(1.1)).tolist() == []


@pytest.mark.parametrize(("value", "options", "wanted"), [
    (2.675, {"digits": 2}, 2.68), (-2.675, {"digits": 2}, -2.68), (1250, {"digits": -2}, 1300),
    (2.5, {"digits": 0}, 3),
    (0.0012345, {"significant": 3}, 0.00123), (99.95, {"significant": 3}, 100), (0, {"significant": 3}, 0),
    (-1234567, {"significant": 2}, -1200000), (0.00999, {"significant": 1}, 0.01), (1, {"significant": 1}, 1),
])
def test_rounding(value: float, options: Any, wanted: float) -> None:
    assert convert(pd.Series([value]), Conversion(Fraction(1)), **options).tolist() == [wanted]


@pytest.mark.parametrize(("values", "options", "message"), [
    (["abc"], {}, "'abc' is no number"), (["1/2"], {}, "'1/2' is no number"),
    ([np.inf], {}, "'inf' is no number"),
    (["1e999"], {}, "'1e999' is too large a number to convert"),
    ([1.0], {"digits": 1, "significant": 2}, "round to digits or to significant digits, not to both"),
    ([1.0], {"significant": 0}, "cannot round to 0 significant digits; 1 is the least"),
])
def test_what_cannot_be_converted(values: list[Any], options: Any, message: str) -> None:
    with pytest.raises(ValueError) as caught:   # noqa: PT011 - the whole message is compared below
        convert(pd.Series(values), Conversion(Fraction(1)), **options)
    assert str(caught.value) == message


@given(NUMBERS, st.integers(0, 5))
def test_rounded_as_decimal_does(value: Decimal, digits: int) -> None:
    wanted = value.quantize(Decimal(1).scaleb(-digits), rounding="ROUND_HALF_UP")
    assert convert(pd.Series([str(value)]), Conversion(Fraction(1)), digits).tolist() == [float(wanted)]
