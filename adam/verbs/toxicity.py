"""Toxicity grades by a grading table of the study: toxicity_grade."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import numpy as np

from adam.verbs.change import number_of
from adam.verbs.toxicity_arrays import UNKNOWN, Grades, Numbers, Values, compute_grades, compute_sign
from engine.build.derivation import Derivation
from engine.build.expand import Known
from engine.coded import Coded
from engine.columns import Column, Kind
from engine.errors import hint_for
from engine.spec.entries import Entry
from engine.spec.grading import Direction, Grading, Term
from engine.spec.references import ExpressionField, RefField
from engine.spec.verbs import verb
from engine.yaml.fields import Model, Name, TextField

_COLUMNS = {"LLN": "low", "ULN": "high", "BASE": "base",
            "LLN at BASE": "base_low", "ULN at BASE": "base_high"}
"""The key that names the column of what a grading table compares with."""

_TOLD = {"low": "the lower end of the range", "high": "the upper end of the range", "base": "the baseline",
         "base_low": "the lower end of the range at the baseline",
         "base_high": "the upper end of the range at the baseline"}


class Graded(Model):
    """The table and direction, and the columns of the results: which test, its value, unit and range."""

    table: TextField
    direction: Direction
    test: RefField
    value: RefField
    text: RefField | None = None
    unit: RefField
    low: RefField | None = None
    high: RefField | None = None
    base: RefField | None = None
    base_low: RefField | None = None
    base_high: RefField | None = None
    where: ExpressionField | None = None


class ToxicityGrade(Entry):
    """``{toxicity_grade: {table, direction, test, value, text, unit, low, high, base}, into: ATOXDSCL}``.

    ``into`` takes the name of the term; ``unknown_unit`` says what becomes of a value whose
    unit the table does not know.
    """

    toxicity_grade: Graded
    into: Name | None = None
    unknown_unit: Literal["error", "blank"] | None = None

    def also_makes(self, variable: str) -> tuple[str, ...]:
        """The variable of the term."""
        return () if self.into is None else (str(self.into),)

    def faults_with(self, known: Known, variable: str, kind: Kind) -> Iterator[tuple[str, str]]:
        """A table that the study does not have, or one that needs columns that are not named."""
        part = self.toxicity_grade
        table = known.gradings.get(str(part.table))
        if table is None:
            yield (f"the study has no grading table '{part.table}'",
                   hint_for(str(part.table), known.gradings) or f"write it as grading/{part.table}.yaml")
            return
        terms = table.of(part.direction)
        if not terms:
            yield f"grading table '{part.table}' has no terms of direction {part.direction}", ""
        missing: dict[str, str] = {}
        for name, term in terms.values():
            for what in term.reads():
                if getattr(part, _COLUMNS[what]) is None:
                    missing.setdefault(_COLUMNS[what], name)
        for key in (key for key in _TOLD if key in missing):
            yield (f"'{missing[key]}' of grading table '{part.table}' needs {_TOLD[key]}",
                   f"name its column under '{key}'")


@verb("toxicity_grade", layer="adam")
def derive_toxicity_grade(entry: ToxicityGrade, at: Derivation) -> Mapping[str, Column]:
    """The toxicity grade of a result in one direction, by a grading table of the study.

    0 where the test is graded and no grade is reached; blank where the test has no term in
    that direction, without a value, and where what the value is compared with is not known
    and could make the grade worse.  A value in another unit than the term's is converted
    where the table says how, else refused.  ``<5`` and ``>1000`` are graded as just below or
    above their number.

    Source: ADaMIG 1.3, section 3.3.7 (toxicity and range variables: ATOXGRL, ATOXGRH, ATOXDSCL).
    """
    part = entry.toxicity_grade
    terms = _table(part, at).of(part.direction)
    tests, units = at.coded(part.test), at.coded(part.unit)
    value = number_of(part.value, at).to_numpy(dtype="float64")
    among = at.condition(part.where) & ~np.isnan(value)
    grades = np.full(at.rows.size, UNKNOWN, dtype=np.int32)
    named = grades.copy()
    sign = _signs(part, at)
    limits = _limits(part, at)
    names = list(dict.fromkeys(name for name, _ in terms.values()))
    which = tests.numbers({test: float(names.index(name)) for test, (name, _) in terms.items()}.get)
    for number, name in enumerate(names):
        term = next(term for known, term in terms.values() if known == name)
        positions = np.flatnonzero(which == number)
        named[positions] = number
        positions = positions[among[positions]]
        scale = _scales(name, term, units, positions, entry, at)
        here = {what: column[positions] for what, column in limits.items()}
        values = Values(value[positions], sign[positions], here, scale)
        grades[positions] = np.where(np.isnan(scale), UNKNOWN, compute_grades(term, values))
    return _made(grades, named, names, entry, at)


def _table(part: Graded, at: Derivation) -> Grading:
    return at.build.plan.study.gradings[str(part.table)]


def _signs(part: Graded, at: Derivation) -> Numbers:
    if part.text is None:
        return np.zeros(at.rows.size)
    texts = at.coded(part.text)
    found: Numbers = np.nan_to_num(texts.numbers(lambda text: compute_sign([text])[0]))
    return found


def _limits(part: Graded, at: Derivation) -> dict[str, Numbers]:
    """What values are compared with, as far as the entry names its columns."""
    refs = {what: getattr(part, key) for what, key in _COLUMNS.items() if getattr(part, key) is not None}
    return {what: number_of(ref, at).to_numpy(dtype="float64") for what, ref in refs.items()}


def _scales(name: str, term: Term, units: Coded, positions: np.ndarray, entry: ToxicityGrade,
            at: Derivation) -> Numbers:
    """How many of each record's unit make one of the term's; NaN where nothing says so, which is refused."""
    table = entry.toxicity_grade.table
    ways = [term.factor(text) for text in units.distinct.to_pylist()]
    blank = 1.0 if term.unit is None else np.nan
    each = np.array([*(np.nan if way is None else float(1 / way) for way in ways), blank])
    scale: Numbers = each[units.codes[positions]]
    strange = np.zeros(at.rows.size, dtype=bool)
    strange[positions[np.isnan(scale)]] = True
    none, told = strange & units.isna(), f"in which '{name}' is graded"
    without = f"a value without a unit, and '{name}' is graded in {term.unit}"
    if entry.unknown_unit == "blank":
        at.note(strange & ~none, lambda unit: f"'{unit}' is not {term.unit}, {told}; left blank", units)
        at.note(none, f"{without}; left blank")
    else:
        at.refuse(strange & ~none, lambda unit: f"'{unit}' is not {term.unit}, {told}", units,
                  lambda unit: f"write convert: {{{unit}: FACTOR}} under the term in grading/{table}.yaml")
        at.refuse(none, without, hint="'unknown_unit: blank' leaves such values without a grade")
    return scale


def _made(grades: Grades, named: Grades, names: list[str], entry: ToxicityGrade,
          at: Derivation) -> Mapping[str, Column]:
    texts = [str(grade) for grade in range(6)]
    made = {at.variable: Column(Coded.choice(grades, texts), Kind.TEXT)}
    if entry.into is not None:
        made[str(entry.into)] = Column(Coded.choice(named, names), Kind.TEXT)
    return made
