"""Grading tables: which value of a laboratory test is which toxicity grade.

A study keeps them in ``grading/``, one file a table.  A term grades the tests it
names in one direction.  Each grade says where it begins; the worst grade that a
value has reached is its grade.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import PlainValidator, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from engine.errors import Problem
from engine.numbers import Conversion, known_conversion, unit_key
from engine.spec.bounds import too_many
from engine.spec.dataset import Conversions, ConversionsField
from engine.yaml import shapes
from engine.yaml.fields import Key, MapOf, Model, OneOrMany, TextField, wrong
from engine.yaml.nodes import Text, describe, shown

Direction = Literal["low", "high"]

_LIMIT = re.compile(r"""
    (?: (?P<times>\d{1,9}(?:\.\d{1,9})?) \s* (?:x|×|\*) \s* )? (?P<of>LLN|ULN|BASE)
    (?: \s* (?P<sign>[+-]) \s* (?P<plus>\d{1,15}(?:\.\d{1,9})?) )?
    | (?P<number>\d{1,15}(?:\.\d{1,9})?)
    """, re.VERBOSE | re.ASCII)
_HINT = "a number, or LLN, ULN or BASE as in 'ULN', '1.5 x ULN' or 'ULN + 20'"
_GRADES = ("1", "2", "3", "4", "5")
_LONGEST_TERM = 200  # bytes of a text variable


@dataclass(frozen=True)
class Limit:
    """``times`` x ``of`` + ``plus``; without ``of`` the number ``plus``."""

    times: Decimal
    of: str | None
    plus: Decimal

    @property
    def absolute(self) -> bool:
        """Whether it holds a number that means nothing without a unit."""
        return self.plus != 0 or self.of is None


def read_limit(value: object) -> Limit:
    """Read ``75``, ``ULN``, ``1.5 x ULN`` or ``ULN + 20``.

    >>> read_limit(Text("1.5 x ULN")).times, read_limit(Text("75")).plus
    (Decimal('1.5'), Decimal('75'))
    """
    if isinstance(value, Limit):
        return value
    if not isinstance(value, Text) or not value:
        raise wrong(f"a limit is wanted, not {describe(value)}", _HINT)
    found = _LIMIT.fullmatch(value.strip())
    if found is None:
        raise wrong(f"'{shown(value)}' is no limit", _HINT, value.place)
    if found["number"] is not None:
        return Limit(Decimal(0), None, Decimal(found["number"]))
    times = Decimal(found["times"] or 1)
    if not times:
        raise wrong(f"'{shown(value)}' is 0 times something", "write the number alone", value.place)
    return Limit(times, found["of"], Decimal(f"{found['sign']}{found['plus']}" if found["plus"] else 0))


LimitField = Annotated[Limit, PlainValidator(read_limit), WithJsonSchema(shapes.TEXT)]
"""Where a grade begins."""


class Begins(Model):
    """Where a grade begins: ``below`` or ``at_most``, of a high one ``above`` or ``at_least``.

    Of several limits one is enough.
    """

    below: OneOrMany[LimitField] | None = None
    at_most: OneOrMany[LimitField] | None = None
    above: OneOrMany[LimitField] | None = None
    at_least: OneOrMany[LimitField] | None = None

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        if len(self.words) != 1:
            told = "nothing says where the grade begins" if not self.words else (
                f"'{self.words[0]}' and '{self.words[1]}' both say where the grade begins")
            raise wrong(told, "one of 'below', 'at_most', 'above' and 'at_least'")
        return self

    @property
    def words(self) -> tuple[str, ...]:
        """The keys that are there."""
        return tuple(name for name in type(self).model_fields if getattr(self, name) is not None)

    @property
    def word(self) -> str:
        """The one key that is there."""
        return self.words[0]

    @property
    def limits(self) -> tuple[Limit, ...]:
        """The limits, of which one is enough."""
        found: tuple[Limit, ...] = getattr(self, self.word)
        return found

    @property
    def closed(self) -> bool:
        """Whether a value at the limit has the grade."""
        return self.word in ("at_most", "at_least")


_WORDS: Mapping[str, tuple[str, str]] = {"low": ("below", "at_most"), "high": ("above", "at_least")}


class Term(Model):
    """A term: the tests it grades in one direction, and its grades from the mildest to the worst.

    ``abnormal`` has the grades of a subject whose baseline lies beyond the range in
    that direction, in place of ``grades``.
    """

    tests: OneOrMany[TextField]
    direction: Direction
    unit: TextField | None = None
    convert: ConversionsField | None = None
    grades: MapOf[Key, Begins]
    abnormal: MapOf[Key, Begins] | None = None
    source: TextField | None = None

    def begins(self) -> Iterator[tuple[str, Begins]]:
        """Each grade with where it begins, those of an abnormal baseline too."""
        yield from self.grades.items()
        yield from (self.abnormal or {}).items()

    def reads(self) -> set[str]:
        """What a value is compared with: of LLN, ULN and BASE, and the LLN or ULN ``at BASE``."""
        found = {limit.of for _, begins in self.begins() for limit in begins.limits if limit.of is not None}
        if self.abnormal is not None:
            found |= {"BASE", f"{'LLN' if self.direction == 'low' else 'ULN'} at BASE"}
        return found

    def factor(self, unit: str) -> Fraction | None:
        """What a value in a unit is multiplied by to be in the term's; None where nothing says so.

        Another spelling of the term's unit is that unit.
        """
        if self.unit is None:
            return Fraction(1)
        for named, way in self.convert.made(self.unit).items() if self.convert is not None else ():
            if unit_key(named) == unit_key(unit):
                return way.times
        exact = known_conversion(unit, str(self.unit))
        return Fraction(1) if exact == Conversion(Fraction(1)) else None


class Grading(Model):
    """A grading table: what it is called, where it comes from, and its terms by name."""

    grading: TextField
    source: TextField | None = None
    terms: MapOf[Key, Term]

    def of(self, direction: str) -> dict[str, tuple[str, Term]]:
        """The term, with its name, of each test in a direction."""
        return {str(test): (str(name), term) for name, term in self.terms.items()
                if term.direction == direction for test in term.tests}


# --- what only shows in a whole term, or in several ---------------------------------------


def term_faults(term: Term, subject: str) -> Iterator[Problem]:
    """What is wrong with a term as a whole: grades out of order, units that say nothing."""
    for grades in (term.grades, term.abnormal):
        if grades is not None:
            yield from _grade_faults(grades, term, subject)
    yield from _unit_faults(term, subject)


def _grade_faults(grades: Mapping[str, Begins], term: Term, subject: str) -> Iterator[Problem]:
    if not grades:
        yield Problem(term.place, subject, "at least one grade is wanted", "as in grades: {1: {below: LLN}}")
    for grade, begins in grades.items():
        if grade not in _GRADES:
            yield Problem(getattr(grade, "place", begins.place), subject, f"'{shown(grade)}' is no grade",
                          f"a grade is {_GRADES[0]} to {_GRADES[-1]}")
        if begins.word not in _WORDS[term.direction]:
            yield Problem(begins.place, subject,
                          f"'{begins.word}' does not begin a grade of direction {term.direction}",
                          " or ".join(f"'{word}'" for word in _WORDS[term.direction]))
        if told := too_many(len(begins.limits), "limits"):
            yield Problem(begins.place, subject, told)
    for (mild, milder), (bad, worse) in pairwise(grades.items()):
        if bad <= mild or not _further(milder, worse, term.direction):
            told = f"stands after grade {mild}" if bad <= mild else f"begins no further out than grade {mild}"
            yield Problem(getattr(bad, "place", worse.place), subject, f"grade {bad} {told}",
                          "grades go from the mildest to the worst")


def _further(milder: Begins, worse: Begins, direction: Direction) -> bool:
    """Whether limits of two grades that can be compared, being of one kind, grow with the grade."""
    outward = 1 if direction == "high" else -1
    for one in milder.limits:
        for other in worse.limits:
            apart = [outward * (other.times - one.times), outward * (other.plus - one.plus)]
            alike = max(apart) <= 0 and not (milder.closed and not worse.closed)
            if one.of == other.of and (min(apart) < 0 or alike):
                return False
    return True


def _unit_faults(term: Term, subject: str) -> Iterator[Problem]:
    if term.unit is None:
        absolute = next((g for g, begins in term.begins() if any(x.absolute for x in begins.limits)), None)
        if absolute is not None:
            yield Problem(term.place, subject, f"grade {absolute} has a number, and the term no unit",
                          "as in unit: g/L")
        if term.convert is not None:
            yield Problem(term.places.get("convert", term.place), subject,
                          "'convert' needs 'unit', the unit to convert to")
        return
    for unit, node in (term.convert.ways if term.convert is not None else {}).items():
        try:
            way = Conversions({unit: node}).made(term.unit)[unit]
        except PydanticCustomError as error:
            told = error.context or {}
            yield Problem(node.place, subject, str(told.get("message")), str(told.get("hint") or ""))
            continue
        if way.minus or way.plus or way.times <= 0:
            yield Problem(node.place, subject, f"'{shown(unit)}' is not converted by a factor",
                          "as in convert: {g/dL: 10}")


def term_clashes(terms: Mapping[str, Term], subject: str) -> Iterator[Problem]:
    """Tests that two terms grade in one direction, and names too long for a variable."""
    seen: dict[tuple[str, str], str] = {}
    for name, term in terms.items():
        size = len(name.encode("utf-8"))
        if size > _LONGEST_TERM:
            yield Problem(getattr(name, "place", term.place), subject,
                          f"a term's name of {size} bytes, {_LONGEST_TERM} at most")
        for test in term.tests:
            key = (term.direction, str(test))
            if key in seen:
                told = (f"is listed twice by '{shown(name)}'" if seen[key] == name else
                        f"has two terms of direction {term.direction}: "
                        f"'{shown(seen[key])}' and '{shown(name)}'")
                yield Problem(test.place, subject, f"test '{test}' {told}", "a test has one term a direction")
            seen.setdefault(key, str(name))
