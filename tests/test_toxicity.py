"""Toxicity grades: CTCAE 5.0 at every bound of every term, laws of grading, mistakes in a table."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cases_runner import build_study, made_frame, write_study
from hypothesis import given
from hypothesis import strategies as st

import adam.verbs  # noqa: F401 (registers the verbs of this layer)
import engine.verbs  # noqa: F401 (registers the common verbs)
from adam.verbs.toxicity_arrays import Numbers, Values, compute_grades, compute_limit
from engine.errors import SpecError
from engine.spec.grading import Grading, Limit, Term
from engine.spec.grading_files import load_grading, load_gradings
from engine.yaml.fields import Collector
from engine.yaml.nodes import YamlMap
from engine.yaml.reader import parse_yaml, read_yaml

ROOT = Path(__file__).resolve().parents[1]
SPECS = ROOT / "specs"
CTCAE = load_grading(SPECS / "grading" / "ctcae-5.yaml", SPECS)
TERMS = sorted(CTCAE.terms.items())
LISTED = read_yaml(ROOT / "tests" / "grading" / "ctcae-5.yaml", ROOT)
KNOWN = ("low", "high", "base", "base_low", "base_high")

STUDY = """
study: {{subject: USUBJID}}
raw:
  lb: |
{lines}
adam:
  ADLB:
    class: BASIC DATA STRUCTURE
    from: lb
    variables:
      PARAMCD: {{from: TEST}}
      AVALC: {{from: RESULT}}
      AVAL: {{expression: "CAST(REPLACE(REPLACE(REPLACE(RESULT, '<'), '>'), '=') AS NUMBER)"}}
      AVALU: {{from: UNIT, label: Unit}}
      ANRLO: {{from: low}}
      ANRHI: {{from: high}}
      BASE: {{from: base}}
      _LO: {{from: base_low, type: number}}
      _HI: {{from: base_high, type: number}}
      ATOXGRL:
        toxicity_grade:
          {{table: ctcae-5, direction: low, test: PARAMCD, value: AVAL, text: AVALC, unit: AVALU, low: ANRLO}}
        into: ATOXDSCL
      ATOXGRH:
        toxicity_grade:
          {{table: ctcae-5, direction: high, test: PARAMCD, value: AVAL, text: AVALC, unit: AVALU,
           high: ANRHI, base: BASE, base_high: _HI}}
        into: ATOXDSCH
"""


def cases() -> Iterator[dict[str, str]]:
    """Each value of the list, with what it is compared with and its grade."""
    for row in LISTED:
        assert isinstance(row, YamlMap)
        known = {key: str(row.find(key) or "") for key in (*KNOWN, "term", "direction", "test", "unit")}
        grades = row.find("grades")
        assert isinstance(grades, YamlMap)
        for value, grade in grades.items():
            yield {**known, "value": str(value), "grade": str(grade)}


def test_ctcae_at_every_bound(tmp_path: Path) -> None:
    """All values of the list in one study: the grade, and the term behind it."""
    listed = list(cases())
    lines = ["STUDYID,USUBJID,TEST,RESULT,UNIT," + ",".join(KNOWN)]
    lines += [",".join(["S", "1", c["test"], c["value"], c["unit"], *(c[k] for k in KNOWN)]) for c in listed]
    case = parse_yaml(STUDY.format(lines="\n".join(f"    {line}" for line in lines)))
    assert isinstance(case, YamlMap)
    path = write_study(case, tmp_path)
    (path.parent / "grading").mkdir()
    (path.parent / "grading" / "ctcae-5.yaml").write_bytes((SPECS / "grading" / "ctcae-5.yaml").read_bytes())
    made = made_frame(build_study(path), "ADLB")
    ends = {"low": ("ATOXGRL", "ATOXDSCL"), "high": ("ATOXGRH", "ATOXDSCH")}
    found = [{**c, "grade": made[ends[c["direction"]][0]][n], "term": made[ends[c["direction"]][1]][n]}
             for n, c in enumerate(listed)]
    assert found == listed


def _one(case: dict[str, str]) -> Values:
    """A case as arrays of one value."""
    def number(text: str) -> Numbers:
        return np.array([float(text) if text else np.nan])
    scale = 1 / (CTCAE.terms[case["term"]].factor(case["unit"]) or 0)
    limits = {"LLN": number(case["low"]), "ULN": number(case["high"]), "BASE": number(case["base"]),
              "LLN at BASE": number(case["base_low"]), "ULN at BASE": number(case["base_high"])}
    return Values(number(case["value"].lstrip("<>=")), np.zeros(1), limits, np.array([float(scale)]))


@pytest.mark.parametrize("name", sorted(CTCAE.terms))
def test_the_list_has_values_at_and_on_both_sides_of_every_bound(name: str) -> None:
    term = CTCAE.terms[name]
    listed = [_one(c) for c in cases() if c["term"] == name and c["unit"] == str(term.unit) and not any(
        sign in c["value"] for sign in "<>")]
    bounds = [(limit, abnormal) for grades, abnormal in ((term.grades, False), (term.abnormal or {}, True))
              for begins in grades.values() for limit in begins.limits]
    for limit, abnormal in bounds:
        sides = {side for values in listed if term.abnormal is None or _abnormal(values) is abnormal
                 for side in _near(values, limit)}
        assert sides == {-1, 0, 1}, f"{limit} of {name}"


def _abnormal(values: Values) -> bool:
    return bool(values.limits["BASE"][0] > values.limits["ULN at BASE"][0])


def _near(values: Values, limit: Limit) -> Iterator[int]:
    """On which side of a limit a value lies, if it is within 6 % of it."""
    bound, value = compute_limit(limit, values)[0], values.value[0]
    if abs(value - bound) <= bound * 0.06:
        yield 0 if abs(value - bound) < 1e-9 else -1 if value < bound else 1


# --- laws --------------------------------------------------------------------------------

term_of = st.sampled_from(TERMS)
positive = st.floats(0.001, 5000)
maybe = st.one_of(st.just(np.nan), positive)


Record = tuple[Term, float, float, dict[str, Numbers]]
COMPARED = ("LLN", "ULN", "BASE", "LLN at BASE", "ULN at BASE")


@st.composite
def records(draw: st.DrawFn) -> Record:
    """A term, two values, and what they are compared with, some of it unknown."""
    _, term = draw(term_of)
    limits = {name: np.array([draw(maybe)] * 2) for name in COMPARED}
    known = [float(values[0]) for values in limits.values() if not np.isnan(values[0])]
    near = draw(st.one_of(positive, st.sampled_from(known or [1.0])))
    factor = draw(st.sampled_from([1.0, 1.5, 3.0, 5.0, 6.0, 10.0, 20.0]))
    return term, near * factor, draw(positive), limits


def _graded(term: Term, pair: tuple[float, float], limits: dict[str, Numbers], scale: float = 1.0,
            sign: tuple[float, float] = (0.0, 0.0)) -> list[int]:
    values = Values(np.array(pair) * scale, np.array(sign), {k: v * scale for k, v in limits.items()},
                    np.full(2, scale))
    return [int(grade) for grade in compute_grades(term, values)]


@given(records())
def test_a_value_further_out_has_no_milder_grade(record: Record) -> None:
    term, one, other, limits = record
    inner, outer = sorted((one, other), reverse=term.direction == "low")
    grades = _graded(term, (inner, outer), limits)
    if -1 not in grades:
        assert grades[0] <= grades[1]


@given(records(), st.sampled_from([0.001, 0.1, 10.0, 18.0, 88.42, 1e6]))
def test_the_unit_does_not_change_the_grade(record: Record,
                                            scale: float) -> None:
    term, one, other, limits = record
    assert _graded(term, (one, other), limits, scale) == _graded(term, (one, other), limits)


@given(records(), st.sampled_from(COMPARED), positive)
def test_what_is_told_without_a_limit_stays_with_it(record: Record,
                                                    name: str, known: float) -> None:
    term, one, other, limits = record
    without = _graded(term, (one, other), {**limits, name: np.full(2, np.nan)})
    with_it = _graded(term, (one, other), {**limits, name: np.full(2, known)})
    assert [b for a, b in zip(without, with_it, strict=True) if a >= 0] == [a for a in without if a >= 0]


@given(records())
def test_just_below_and_just_above_are_on_either_side(record: Record) -> None:
    term, one, _, limits = record
    below, above = _graded(term, (one, one), limits, sign=(-1.0, 1.0))
    exact, _ = _graded(term, (one, one), limits)
    if -1 not in (below, above, exact):
        assert sorted((below, above, exact)) in ([below, exact, above], [above, exact, below])


@pytest.mark.full
def test_a_million_records_are_graded_in_two_seconds(tmp_path: Path) -> None:
    """The arithmetic of all terms over a million results; the whole verb adds the grouping by test."""
    size = 1_000_000
    rng = np.random.default_rng(5)
    column = {name: rng.uniform(0.1, 200, size) for name in ("value", *COMPARED)}
    which = rng.integers(0, len(TERMS), size)
    began = time.perf_counter()
    graded = 0
    for number, (_, term) in enumerate(TERMS):
        at = np.flatnonzero(which == number)
        limits = {name: values[at] for name, values in column.items() if name != "value"}
        made = compute_grades(term, Values(column["value"][at], np.zeros(len(at)), limits, np.ones(len(at))))
        graded += int((made >= 0).sum())
    assert graded == size
    assert time.perf_counter() - began < 2


# --- a table that is wrong ---------------------------------------------------------------


def _problems(text: str, folder: Path) -> str:
    (folder / "grading").mkdir()
    (folder / "grading" / "own.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as error:
        load_grading(folder / "grading" / "own.yaml", folder)
    return str(error.value).replace(f"{folder}/", "")


WRONG = """\
grading: Own
sourse: here
terms:
  Odd grades:
    tests: A
    direction: low
    unit: g/L
    grades: {0: {below: LLN}, 2: {above: 80}, 1: {below: 90}}
  Odd limits:
    tests: B
    direction: high
    unit: g/L
    grades: {1: {above: 1.5 ULN}, 2: {above: 0 x ULN}, 3: {above: ULN, at_least: 7}, 4: {}}
  Odd units:
    tests: [C, C]
    direction: high
    unit: umol/L
    convert: {mg/dL: {molar: x}, U/L: {minus: 32}}
    grades: {1: {above: 7}}
  No unit:
    tests: [C, D]
    direction: high
    convert: {mg/dL: 10}
    grades: {1: {above: ULN}, 2: {above: ULN + 5}, 3: {above: ULN}}
  No direction: {tests: E, grades: {}, abnorml: {}}
  Nothing: {tests: E, direction: low, grades: {}}
"""
TOLD = """\
grading/own.yaml:2:1: own: unknown key 'sourse'; did you mean 'source'?
grading/own.yaml:8:14: own.Odd grades: '0' is no grade; a grade is 1 to 5
grading/own.yaml:8:34: own.Odd grades: 'above' does not begin a grade of direction low; 'below' or 'at_most'
grading/own.yaml:8:47: own.Odd grades: grade 1 stands after grade 2; grades go from the mildest to the worst
grading/own.yaml:13:25: own.Odd limits: '1.5 ULN' is no limit; {limit}
grading/own.yaml:13:46: own.Odd limits: '0 x ULN' is 0 times something; write the number alone
grading/own.yaml:13:59: own.Odd limits: 'above' and 'at_least' both say where the grade begins; {one}
grading/own.yaml:13:89: own.Odd limits: nothing says where the grade begins; {one}
grading/own.yaml:15:16: own: test 'C' is listed twice by 'Odd units'; a test has one term a direction
grading/own.yaml:18:22: own.Odd units: molar 'x' is no number or fraction; {way}
grading/own.yaml:18:39: own.Odd units: 'U/L' is not converted by a factor; as in convert: {{g/dL: 10}}
grading/own.yaml:21:5: own.No unit: grade 2 has a number, and the term no unit; as in unit: g/L
grading/own.yaml:21:13: own: test 'C' has two terms of direction high: 'Odd units' and 'No unit'; \
a test has one term a direction
grading/own.yaml:23:14: own.No unit: 'convert' needs 'unit', the unit to convert to
grading/own.yaml:24:52: own.No unit: grade 3 begins no further out than grade 2; \
grades go from the mildest to the worst
grading/own.yaml:25:17: own.No direction: missing key 'direction'; add it
grading/own.yaml:25:40: own.No direction: unknown key 'abnorml'; did you mean 'abnormal'?
grading/own.yaml:26:12: own.Nothing: at least one grade is wanted; as in grades: {{1: {{below: LLN}}}}
""".format(limit="a number, or LLN, ULN or BASE as in 'ULN', '1.5 x ULN' or 'ULN + 20'",
           one="one of 'below', 'at_most', 'above' and 'at_least'",
           way="as in 10, 5/9, {minus: 32, times: 5/9} or {molar: 113.12}")


def test_all_mistakes_of_a_table_at_once(tmp_path: Path) -> None:
    assert _problems(WRONG, tmp_path) + "\n" == TOLD


@pytest.mark.parametrize(("text", "told"), [
    ("", "grading/own.yaml:1: own: the file is empty; a grading table has 'grading' and 'terms' at least"),
    ("- a\n", "grading/own.yaml:1:1: own: a grading table is a mapping of keys to values"),
    ("grading: A\n", "grading/own.yaml:1:1: own: missing key 'terms'; add it"),
    ("grading: A\nterms: {}\n", "grading/own.yaml:2:8: own: at least one term is wanted"),
    ("grading: A\nterms: [B]\n",
     "grading/own.yaml:2:8: own: a mapping is wanted, not a list; as in terms: {KEY: VALUE}"),
])
def test_a_file_that_is_no_table(text: str, told: str, tmp_path: Path) -> None:
    assert _problems(text, tmp_path) == told


def test_bounds_of_a_table(tmp_path: Path) -> None:
    head, term = "grading: A\nterms:\n", "{{tests: T{0}, direction: low, grades: {{1: {{below: LLN}}}}}}\n"
    many = "".join(f"  N{n}: " + term.format(n) for n in range(1_001))
    assert _problems(head + many, tmp_path) == (
        "grading/own.yaml:3:3: own: 1,001 terms, 1,000 at most")


def test_files_that_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "grading" / "old").mkdir(parents=True)
    for name in ("a.yml", "old/b.yaml"):
        (tmp_path / "grading" / name).write_text("grading: A\n")
    problems = Collector()
    assert load_gradings(tmp_path, problems) == {}
    assert [str(p).replace(f"{tmp_path}/", "") for p in problems.problems] == [
        "grading/a.yml: the file is not read; name it a.yaml",
        "grading/old/b.yaml: the file is not read; put it straight into grading/"]


def test_a_study_without_tables_has_none(tmp_path: Path) -> None:
    problems = Collector()
    assert load_gradings(tmp_path, problems) == {}
    assert problems.problems == []


def test_the_terms_of_a_test() -> None:
    assert isinstance(CTCAE, Grading)
    both = {test: (CTCAE.of("low").get(test, ("",))[0], CTCAE.of("high").get(test, ("",))[0])
            for test in ("HGB", "LYM", "ALT", "FERRITIN")}
    assert both == {"HGB": ("Anemia", "Hemoglobin increased"),
                    "LYM": ("Lymphocyte count decreased", "Lymphocyte count increased"),
                    "ALT": ("", "Alanine aminotransferase increased"), "FERRITIN": ("", "")}


def test_nothing_to_grade() -> None:
    empty = np.zeros(0)
    values = Values(empty, empty, dict.fromkeys(COMPARED, empty), empty)
    assert [len(compute_grades(term, values)) for _, term in TERMS] == [0] * len(TERMS)
    assert pd.Series(compute_grades(TERMS[0][1], values)).dtype == "int32"
