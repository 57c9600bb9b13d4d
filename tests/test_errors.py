"""Errors read as *place: subject: what is wrong; hint*, and hints name the nearest word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import DataError, DossierError, Place, Problem, Record, SpecError, hint_for


@pytest.mark.parametrize(("place", "text"), [
    (Place("ae.yaml"), "ae.yaml"), (Place("ae.yaml", 3), "ae.yaml:3"),
    (Place("ae.yaml", 3, 7), "ae.yaml:3:7")])
def test_a_place_shows_what_is_known(place: Place, text: str) -> None:
    assert str(place) == text


@pytest.mark.parametrize(("problem", "text"), [
    (Problem(Place("ae.yaml", 3, 7), "AE.AESEV", "is wrong", "mend it"),
     "ae.yaml:3:7: AE.AESEV: is wrong; mend it"),
    (Problem(Place("ae.yaml", 3), "", "is wrong"), "ae.yaml:3: is wrong"),
    (Problem(None, "AE", "is wrong"), "AE: is wrong"),
    (Problem(None, "", "is wrong", "mend it"), "is wrong; mend it")])
def test_a_problem_leaves_out_what_it_does_not_know(problem: Problem, text: str) -> None:
    assert str(problem) == text


def test_places_sort_by_line_not_by_text() -> None:
    assert sorted([Place("a", 10, 1), Place("a", 9, 2), Place("a", 9, 1)]) == [
        Place("a", 9, 1), Place("a", 9, 2), Place("a", 10, 1)]


def test_problems_are_alike_whatever_records_stand_behind_them() -> None:
    one = Problem(Place("a", 1), "AE", "is wrong")
    assert one == Problem(Place("a", 1), "AE", "is wrong", records=(Record(Place("a", 1)),))
    assert one != Problem(Place("a", 1), "AE", "is wrong", spec=Place("b"))


@pytest.mark.parametrize("kind", [SpecError, DataError])
def test_an_error_is_a_line_a_problem(kind: type[DossierError]) -> None:
    problems = [Problem(Place("a", 1), "AE", "is wrong"), Problem(Place("a", 2), "AE", "is worse")]
    assert str(kind(problems)) == "a:1: AE: is wrong\na:2: AE: is worse"
    assert kind(problems[0]).problems == (problems[0],)
    assert kind(iter(problems)).problems == tuple(problems)
    with pytest.raises(ValueError, match=r"^an error needs at least one problem$"):
        kind([])


@pytest.mark.parametrize(("word", "known", "hint"), [
    ("asign", ["assign", "copy"], "did you mean 'assign'?"),
    ("AETREM", ["AETERM", "aeterm_raw"], "did you mean 'AETERM'?"),
    ("aeterm", ["AETERM"], "did you mean 'AETERM'? case matters"),
    ("x", ["copy", "assign", "copy"], "known: assign, copy"),
    ("x", [], ""),
    ("x", [f"N{n:02}" for n in range(12)], "known: " + ", ".join(f"N{n:02}" for n in range(12))),
    ("x", [f"N{n:02}" for n in range(14)],
     "known: " + ", ".join(f"N{n:02}" for n in range(12)) + " and 2 more"),
    ("S\u0415X", ["SEX", "AGE"], "did you mean 'SEX', without CYRILLIC CAPITAL LETTER IE?"),
    ("\uff33\uff25\uff38", ["SEX"],
     "did you mean 'SEX', without FULLWIDTH LATIN CAPITAL LETTER S?"),
    ("SEX\u200b", ["SEX"], "did you mean 'SEX', without ZERO WIDTH SPACE?"),
    ("S\u00c9X", ["SEX"], "did you mean 'SEX'?"),
    ("恶心2", ["恶心1"], "did you mean '恶心1'?"),
    ("x" * 101, ["x" * 100], f"known: {'x' * 100}")])
def test_hints(word: str, known: list[str], hint: str) -> None:
    assert hint_for(word, known) == hint


def test_very_many_known_words_are_compared_by_their_beginning() -> None:
    known = [f"{letter}{n}" for letter in "ABK" for n in range(20_000)]
    assert hint_for("K0001", known) == "did you mean 'K1000'?"
    assert hint_for("K", ["AETERM", *known]) == "did you mean 'K9'?"
    assert hint_for("Z", known) == f"known: {', '.join(sorted(known)[:12])} and 59988 more"


@pytest.mark.parametrize(("problem", "text"), [
    (Problem(Place("a\nb.yaml", 1), "A\x1b[2J", "'\u202ex' is wrong", "write 'x\u200b'"),
     "a\\nb.yaml:1: A\\x1b[2J: '\\u202ex' is wrong; write 'x\\u200b'"),
    (Problem(None, "", "'x\nae.yaml:1: all is well' is no number"),
     "'x\\nae.yaml:1: all is well' is no number"),
    (Problem(None, "", "is wrong", "mend it\n    A + * B\n        ^"),
     "is wrong; mend it\n    A + * B\n        ^"),
    (Problem(None, "AE", f"'{'x' * 2_000_000}' is wrong", "mend it"),
     f"AE: '{'x' * 76}... is wrong; mend it"),
    (Problem(None, "AE", f"'{'x' * 9_000}' is wrong", "mend it"), f"AE: '{'x' * 76}... is wrong; mend it"),
    (Problem(None, "AE", f"'{'x ' * 2_000}' is wrong", "mend it"),
     f"AE: '{('x ' * 2_000)[:1199]}...; mend it"),
])
def test_what_cannot_be_seen_is_told_and_what_is_long_is_cut(problem: Problem, text: str) -> None:
    assert str(problem) == text


@given(st.text(max_size=8), st.lists(st.text(min_size=1, max_size=8), max_size=20))
def test_a_hint_never_suggests_a_word_that_is_not_known(word: str, known: list[str]) -> None:
    hint = hint_for(word, known)
    if hint.startswith("did you mean '"):
        told = hint.removeprefix("did you mean '")
        assert any(told == f"{one}'?" or told.startswith(f"{one}', without ") for one in known)
    else:
        assert hint.startswith("known: ") or (hint == "" and not known)
