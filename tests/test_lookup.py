"""The interval join of ``lookup`` against a plain search over all pairs, and its folding of text."""

from __future__ import annotations

from pathlib import Path

import pytest
from cases_runner import build_study, write_study
from hypothesis import given
from hypothesis import strategies as st
from laws import examples

import sdtm.verbs  # noqa: F401 (registers the verbs of this layer)
from engine.verbs.lookup import fold_text
from engine.yaml.nodes import Text, YamlMap
from engine.yaml.reader import parse_yaml

SPEC = """
sdtm:
  VS:
    from: vs
    variables:
      VSTESTCD: {constant: TEMP}
      _AGE: {expression: CAST(AGE AS NUMBER)}
      VSCAT:
        lookup:
          in: bands
          match: {SEX: SEX}
          between: {_AGE: [LO, HI]}
          take: NAME
          order: NAME
        none: blank
        several: first
"""
bound = st.none() | st.integers(0, 20)
people = st.lists(st.tuples(st.sampled_from("FM"), st.none() | st.integers(0, 20)), min_size=1, max_size=12)
bands = st.lists(st.tuples(st.sampled_from("FM"), bound, bound), min_size=1, max_size=8)


def _first(person: tuple[str, int | None], rows: list[tuple[str, int | None, int | None]]) -> str:
    sex, age = person
    fits = [n for n, (s, low, high) in enumerate(rows)
            if age is not None and s == sex and (low is None or low <= age) and (high is None or age <= high)]
    return f"B{fits[0]}" if fits else ""


def _cell(value: int | None) -> str:
    return "" if value is None else str(value)


@given(people, bands)
@examples(8, 60)
def test_intervals_are_those_of_a_plain_search(
    tmp_path_factory: pytest.TempPathFactory, who: list[tuple[str, int | None]],
    rows: list[tuple[str, int | None, int | None]],
) -> None:
    """A record finds the first band, by order, whose bounds hold its value; blank bounds are open."""
    folder: Path = tmp_path_factory.mktemp("lookup")
    case = parse_yaml(SPEC)
    assert isinstance(case, YamlMap)
    raw = {"vs": ["SUBJ,SEX,AGE", *(f"S{n},{s},{_cell(a)}" for n, (s, a) in enumerate(who))],
           "bands": ["SEX,LO,HI,NAME", *(f"{s},{_cell(low)},{_cell(high)},B{n}"
                                         for n, (s, low, high) in enumerate(rows))]}
    case[Text("raw")] = YamlMap((Text(name), Text("\n".join(lines) + "\n")) for name, lines in raw.items())
    build = build_study(write_study(case, folder))
    made = build.rows["VS"].values("VSCAT").fillna("").tolist()
    assert made == [_first(person, rows) for person in who]


@given(st.lists(st.text(max_size=12), max_size=5))
def test_folding_twice_changes_nothing_more(texts: list[str]) -> None:
    """Folded text folds to itself."""
    once = [fold_text(text) for text in texts]
    assert [fold_text(text) for text in once] == once
