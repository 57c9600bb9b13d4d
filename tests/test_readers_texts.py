"""engine.readers.texts: repairs that do no harm, numbers and dates as text."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.columns import Kind
from engine.readers.texts import clean, clock, half_width, mend, sas_text, shortest, unscramble


@pytest.mark.parametrize(("text", "expected"), [
    ("（\uff11\uff12．\uff15）", "(12.5)"),
    ("Ａｂ＃", "Ab#"),
    ("＜\uff15\uff10\u3000ng／mL", "<50 ng/mL"),
    ("发热，寒战。", "发热,寒战。"),
    ("《说明》、“正常”…", "《说明》、“正常”…"),
    ("￥｡ｱ ℃", "￥｡ｱ ℃"),
])
def test_width(text: str, expected: str) -> None:
    assert half_width(text) == expected


@pytest.mark.parametrize("text", ["）", "北京 正常", "5 μg", "café °C", "aА€b",
                                  "≥ 10^9/L"])
@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_mojibake_is_undone(text: str, encoding: str) -> None:
    undefined = (0x81, 0x8D, 0x8F, 0x90, 0x9D) if encoding == "cp1252" else ()
    bad = "".join(chr(b) if b in undefined else bytes([b]).decode(encoding) for b in text.encode())
    assert bad != text
    assert unscramble(f"x {bad}, {bad}") == f"x {text}, {text}"


@pytest.mark.parametrize("text", [
    "café", "× 10^6", "37 °C", "北京", "“quoted” – €5", "é’", "naïve", "ï\u00bc",
    "äöüß", "≤ 5 µg",
])
def test_what_is_no_mojibake_stays(text: str) -> None:
    assert unscramble(text) == text


@given(st.text())
def test_a_repaired_run_is_utf_8_read_wrongly(text: str) -> None:
    mended = unscramble(text)
    if mended != text:
        assert len(mended) < len(text)
        assert re.sub("[\x80-\U0010ffff]", "", mended) == re.sub("[\x80-\U0010ffff]", "", text)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_mojibake_of_any_text_is_undone(text: str) -> None:
    assert unscramble(text.encode().decode("latin-1")) == text


def test_mojibake_whose_bytes_look_like_blanks() -> None:
    scrambled = "à".encode().decode("latin-1")  # ends in a no-break space
    assert mend(scrambled, ("mojibake", "trim")) == "à"
    assert mend("\u3000".encode().decode("cp1252"), ("mojibake", "trim")) == ""


@given(st.lists(st.one_of(st.none(), st.text(alphabet=" \tabé\u3000ＡNA\n\u00a0", max_size=6)), max_size=8),
       st.lists(st.sampled_from(["NA", "a", "é"]), max_size=2),
       st.sets(st.sampled_from(["width", "mojibake", "trim"])))
def test_clean_is_mend_for_each_value(texts: list[str | None], missing: list[str], repair: set[str]) -> None:
    def one(text: str | None) -> str | None:
        if text is None:
            return None
        mended = mend(text, sorted(repair))
        return None if mended.strip() in {"", *missing} else mended

    expected = [one(text) for text in texts]
    for values in (pa.chunked_array([texts[:3], texts[3:]], pa.string()), pa.array(texts, pa.large_string())):
        assert clean(values, sorted(repair), missing).texts() == expected


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_shortest_text_is_the_number(number: float) -> None:
    text = shortest(number)
    assert float(text) == number
    assert not text.endswith(".0")
    if 1e-10 <= abs(number) < 1e21:
        assert re.fullmatch(r"-?\d+(\.\d*[1-9])?", text)


@given(st.integers(-10**15, 10**15))
def test_whole_numbers_have_no_point(number: int) -> None:
    assert shortest(float(number)) == str(number)


def test_shortest_of_a_smaller_float() -> None:
    assert shortest(np.float32(0.1)) == "0.1"


@given(st.integers(0, 86_399))
def test_the_clock_goes_back(seconds: int) -> None:
    hours, minutes, rest = clock(seconds).split(":")
    assert int(hours) * 3600 + int(minutes) * 60 + int(rest) == seconds


def test_fractions_on_the_clock() -> None:
    assert [clock(x) for x in (0.5, 59.999999, 59.9999999, 3661.25)] == [
        "00:00:00.5", "00:00:59.999999", "00:01:00", "01:01:01.25"]


def test_sas_numbers_as_text() -> None:
    numbers = pd.Series([0.0, -1.0, 24000.75, math.nan])
    assert sas_text(numbers, Kind.DATE).to_pylist() == ["1960-01-01", "1959-12-31", "2025-09-16", None]
    assert sas_text(numbers, Kind.DATETIME).to_pylist() == [
        "1960-01-01T00:00:00", "1959-12-31T23:59:59", "1960-01-01T06:40:00.75", None]
    assert sas_text(numbers, Kind.NUMBER).to_pylist() == ["0", "-1", "24000.75", None]
