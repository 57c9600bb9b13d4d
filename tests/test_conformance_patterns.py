"""Patterns of rules: which are refused, and that those taken end in time."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossier.conformance.automata import PatternError, power_of
from dossier.conformance.patterns import compiled

EXPONENTIAL = [r"(a+)+$", r"(a|aa)+$", r"(.*)*x", r"([a-z]+,?)+$", r"^(\w+\s?)*$", r"(x+x+)+y", r"((a*)b?)*c",
               r"(?=(a+)+)b", r"((a?|b?)c)*x", r"(a{1,50}){1,50}x", r"((a|aa){3}){3}x", r"(?:a?){30}a{30}",
               r"^(([a-z])+.)+[A-Z]([a-z])+$", r"(?i)(a|A|b)*(?:(c|C)+)+$"]
SOUND = {r"^(-?[1-9]\d*|0)$": 1, r"^(.){21,}$": 1, r"^-?(\d+(\.\d+)?$)|(\.\d+$)": 1,
         r"^[a-z(?-i)]{2}[a-z(?-i)]{1,2}": 0, r"^\d*\.?\d*$": 2, r"([a-z]+,)+$": 1,
         r"^(([0-9]{4})(-[0-9]{2})?)+$": 1, r"^.*.*.*x$": 3, r"[^\x20-\x7E]": 0, r".*\S\s+$": 2,
         r"^P(\d+W|(?=.)(\d+Y)?(\d+M)?)$": 1}


@pytest.mark.parametrize("text", EXPONENTIAL)
def test_exponential_patterns_are_refused(text: str) -> None:
    with pytest.raises(PatternError, match="exponential"):
        compiled(text)


@pytest.mark.parametrize(("text", "power"), SOUND.items())
def test_sound_patterns_are_taken_with_the_power_of_their_time(text: str, power: int) -> None:
    assert power_of(text) == power


@pytest.mark.parametrize(("text", "told"), [
    ("(", "is no regular expression (missing ), unterminated subpattern at position 0)"),
    (r"(a)\1", "refers back to a group, which no rule may"),
    ("a" * 1001, "has 1001 characters, 1000 at most"),
    ("(a|aa)" * 30, "has too many places at which two ways go on"),
    (".*" * 60, "is too large"),
])
def test_other_patterns_that_are_refused(text: str, told: str) -> None:
    with pytest.raises(PatternError) as caught:
        compiled(text)
    assert str(caught.value) == told


def test_a_text_too_long_for_its_pattern_is_refused_at_once() -> None:
    start = time.process_time()
    with pytest.raises(PatternError, match="may take too long on a text of 5000 characters"):
        compiled("^.*.*.*x$").match("a" * 5000)
    assert time.process_time() - start < 1


PIECES = st.recursive(
    st.sampled_from(["a", "b", "[ab]", ".", r"\w", "c"]),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        inner.map(lambda part: f"(?:{part})*"), inner.map(lambda part: f"(?:{part})+"),
        inner.map(lambda part: f"(?:{part})?"), inner.map(lambda part: f"(?:{part}){{2}}")),
    max_leaves=8)


@given(PIECES)
def test_patterns_that_are_taken_end_in_time_and_match_as_python_does(piece: str) -> None:
    try:
        pattern = compiled(f"^{piece}$")
    except PatternError:
        return
    for text in ("a" * 24 + "!", "ab" * 12 + "!", "b" * 24):
        start = time.process_time()
        found = bool(pattern.match(text))
        assert time.process_time() - start < 1
        assert found == bool(re.match(f"^{piece}$", text))
