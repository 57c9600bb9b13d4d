"""Characters written in others: the listed ones keep their meaning, all else is refused and never guessed."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossier.transport.characters import Characters, listed

ASCII = Characters("ascii")
ENCODINGS = ("ascii", "utf-8", "gb18030", "cp932", "euc_jp")


def test_the_table_is_of_characters_beyond_printable_ascii() -> None:
    assert len(listed()) > 250
    assert not [c for c in listed() if " " <= c <= "~"]
    assert not [c for c, made in listed().items() if not made.isascii() or ("?" in made and c != "？")]


def test_what_unicode_calls_compatible_is_written_so() -> None:
    """Where our table and Unicode's own both name ASCII, they agree, but for these."""
    ours = set("¹²³⁰⁺⁻⁴⁵⁶⁷⁸⁹") | {chr(0x2460 + n) for n in range(20)}  # 10⁹ is no 109
    strange = {}
    for character, made in listed().items():
        theirs = unicodedata.normalize("NFKC", character)
        plain = theirs.isascii() and theirs.isprintable() and character not in ours
        if plain and theirs.strip() != made.strip():
            strange[character] = (made, theirs)
    assert strange == {"™": ("(TM)", "TM"), "№": ("No.", "No"), "㎡": ("m^2", "m2"), "㎖": ("mL", "ml"),
                       "㎗": ("dL", "dl")}


@pytest.mark.parametrize(("text", "made"), [
    ("ＡＢＣ１２３", "ABC123"), ("Dose（mg）", "Dose(mg)"), ("≥ 38 °C", ">= 38 degC"),
    ("5 µg", "5 ug"), ("5 μg", "5 ug"),
    ("10⁹/L", "10^9/L"), ("10⁻¹²", "10^-12"), ("kg/m²", "kg/m^2"), ("a² b³", "a^2 b^3"), ("CO₂", "CO2"),
    ("“so” — it’s", "\"so\" - it's"), ("a\u00a0b\u3000c", "a b c"), ("IL‑6", "IL-6"), ("TNF-α", "TNF-alpha"),
    ("Ⅲ", "III"), ("a\tb\r\nc", "a b  c"), ("zero\u200bwidth", "zerowidth"), ("①", "(1)"),
    ("±2 × 3…", "+/-2 x 3..."),
    ("\u3000", ""), ("\u200b", ""), ("", ""),
])
def test_ascii(text: str, made: str) -> None:
    assert ASCII.written(text) == (made, "")


def test_what_is_not_listed_is_told() -> None:
    assert ASCII.written("Ménière, 恶心, é") == ("Mnire, ,", "éè恶心")
    assert ASCII.written("\x07") == ("", "\x07")


def test_the_study_goes_before_the_list() -> None:
    own = Characters("ascii", {"é": "e", "°": " degrees", "♀": ""})
    assert own.written("é 3° ♀") == ("e 3 degrees", "")


def test_an_encoding_keeps_what_it_holds() -> None:
    assert Characters("gb18030").written("恶心≥µ\u3000é") == ("恶心≥µ\u3000é", "")
    assert Characters("cp932").written("悪心 é µ") == ("悪心  u", "é")
    assert Characters("utf-8").written("a\u200bb\n") == ("ab", "")


@given(st.text(), st.sampled_from(ENCODINGS))
def test_laws(text: str, encoding: str) -> None:
    characters = Characters(encoding)
    made, bad = characters.written(text)
    assert made.encode(encoding).decode(encoding) == made          # it can be written
    assert made in (text, made.strip(" "))
    assert all(c not in made for c in bad)
    assert set(bad) <= set(text)
    if not bad:
        assert characters.written(made) == (made, "")              # and is then left alone
    assert text.count("?") + text.count("？") >= made.count("?")    # nothing turns into '?'


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_ascii_stays_as_it_is(text: str) -> None:
    for encoding in ENCODINGS:
        assert Characters(encoding).written(text) == (text, "")
