"""engine.characters: what cannot be seen or passes for something else, and text that shows it."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.characters import BIDIRECTIONAL, CONTROLS, INVISIBLE, bounded, disguise, plain, visible

UNSEEN = re.compile(f"[{BIDIRECTIONAL}{CONTROLS}{INVISIBLE}\t\n\r]")


def test_every_control_and_format_character_is_unseen() -> None:
    """All of Cc and Cs, and of Cf all but signs that are drawn: numbers in Arabic, Syriac and Kaithi."""
    seen = {chr(code) for code in range(sys.maxunicode + 1)
            if unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs", "Zl",
                                                   "Zp") and not UNSEEN.match(chr(code))}
    assert all(re.match("ARABIC|SYRIAC|KAITHI", unicodedata.name(character)) for character in seen)


@pytest.mark.parametrize("character", list("aÉ恶１ \u00a0\u3000·-\u0301€\U0001f600"))
def test_what_is_drawn_is_seen(character: str) -> None:
    assert not UNSEEN.match(character)
    assert visible(character) == character


@pytest.mark.parametrize(("text", "shown"), [
    ("S\u200bEX", "S\\u200bEX"), ("\u202eM", "\\u202eM"), ("\x1b[2J", "\\x1b[2J"), ("a\tb\r", "a\\tb\\r"),
    ("\ud800", "\\ud800"), ("\U000e0041", "\\U000e0041"), ("\u3164", "\\u3164"),
    ("a\nae.yaml:1: fine", "a\\nae.yaml:1: fine"), ("a\n    A + B\n    ^", "a\n    A + B\n    ^"),
    ("恶心", "恶心")])
def test_what_cannot_be_seen_is_told_by_its_code(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_a_visible_text_hides_nothing_and_stays(text: str) -> None:
    shown = visible(text)
    assert not UNSEEN.search(shown.replace("\n    ", "    "))
    assert visible(shown) == shown
    assert shown.encode("utf-8").decode("utf-8") == shown


@given(st.text(), st.integers(1, 3_000))
def test_a_bounded_text_is_short(text: str, times: int) -> None:
    assert len(bounded(text * times)) <= 1_203
    if len(text) <= 160:
        assert bounded(text) == text


@pytest.mark.parametrize(("word", "known", "told"), [
    ("S\u0415X", "SEX", "CYRILLIC CAPITAL LETTER IE"), ("\u0405\u0415\u0425", "SEX", "CYRILLIC CAPITAL "
                                                                                     "LETTER DZE"),
    ("S\u0395X", "sex", "GREEK CAPITAL LETTER EPSILON"), ("\U0001d412EX", "SEX",
                                                          "MATHEMATICAL BOLD CAPITAL S"),
    ("SEX\u200d", "SEX", "ZERO WIDTH JOINER"), ("SEX", "SEX", ""), ("S\u00c9X", "SEX", ""),
    ("恶心", "SEX", ""),
    ("恶心", "恶心", "")])
def test_a_disguise_is_named(word: str, known: str, told: str) -> None:
    assert disguise(word, known) == told
    assert bool(told) == (word != known and plain(word).lower() == plain(known).lower())
