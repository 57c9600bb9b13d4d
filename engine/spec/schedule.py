"""Planned visits, unscheduled ones, epochs and the elements in them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from engine.errors import Problem
from engine.spec.bounds import LONGEST_ETCD
from engine.spec.entries import LabelField
from engine.spec.references import ExpressionField, RefField, TableModel
from engine.yaml import shapes
from engine.yaml.fields import Boolean, Integer, Key, MapOf, Model, Number, OneOrMany, TextField, wrong
from engine.yaml.nodes import Text


class Visit(Model):
    """A planned visit.  VISITDY is in study days, so it is never 0 (SDTMIG 3.4, 4.4.5).

    ``start_rule`` and ``end_rule`` are the words of TV (TVSTRL, TVENRL).
    """

    VISITNUM: Number
    VISIT: TextField
    VISITDY: Annotated[Integer, AfterValidator(lambda v: _no_day_zero(v)), WithJsonSchema(
        {**shapes.INTEGER, "not": {"const": 0}})] | None = None
    aliases: OneOrMany[TextField] | None = None
    label: LabelField | None = None
    start_rule: TextField | None = None
    end_rule: TextField | None = None


def _no_day_zero(day: int) -> int:
    if day == 0:
        raise wrong("there is no study day 0", "the day of the reference date is 1, the day before it -1")
    return day


def visit_key(code: str) -> str:
    """The spelling visit codes are compared by: trimmed, full-width made plain, any case.

    >>> visit_key(" Ｄ7 ") == visit_key("d7")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", code).split()).casefold()


def one_visit_a_code(visits: dict[str, Visit]) -> dict[str, Visit]:
    """Refuse visits that say the same, see :func:`visit_clashes`."""
    for problem in visit_clashes(visits):
        raise wrong(problem.message, problem.hint, problem.place)
    return visits


def visit_clashes(visits: Mapping[str, Visit]) -> Iterator[Problem]:
    """Codes of several visits, and visits of one number or name, which say the same (SDTMIG 3.4, 4.4.5)."""
    seen: dict[str, str] = {}
    for code, visit in visits.items():
        for text in (code, *(visit.aliases or ())):
            first = seen.setdefault(visit_key(text), str(code))
            if first != str(code):
                yield Problem(getattr(text, "place", None), f"visits.{code}",
                              f"'{text}' stands for {first} and for {code}",
                              "a code or alias belongs to one visit, in any case")
    for name in ("VISITNUM", "VISIT"):
        known: dict[object, str] = {}
        for code, visit in visits.items():
            value = getattr(visit, name)
            first = known.setdefault(value, str(code))
            if first != str(code):
                yield Problem(visit.places.get(name), f"visits.{code}",
                              f"visits {first} and {code} have the same {name} '{value}'",
                              "other codes of one visit go under 'aliases'")


class Unscheduled(TableModel):
    """How unscheduled visits are told and numbered.

    Codes that fit ``code`` (patterns with one ``%``; in any case) take VISITNUM from
    the planned visit before them by date (0 where there is none), with .01, .02 ...
    added in order, and ``name`` with that number behind it.  What ``%`` stands for
    tells the unscheduled visits of a subject apart, so ``UNS1`` of the one table is
    ``UNSCHEDULED 1`` of the other.  The visits that happened are in table ``in``.
    """

    there: ClassVar[frozenset[str]] = frozenset({"visit", "date"})
    in_: TextField = Field(alias="in")
    visit: RefField
    date: RefField
    code: OneOrMany[Annotated[TextField, AfterValidator(lambda v: _one_percent(v))]]
    name: TextField


def _one_percent(pattern: Text) -> Text:
    if pattern.count("%") != 1:
        raise wrong(f"'{pattern}' is no pattern of a visit code", "it has one %, as in UNS%")
    return pattern


class Begun(Model):
    """What begins at a reference variable (``DM.RFICDTC``) or expression.

    A raw column (``infusion.INFDAT``, with ``time: infusion.INFSTTIM``) is read by
    its table's formats.
    """

    starts: ExpressionField
    time: RefField | None = None


class Element(Begun):
    """An element of an epoch; one that is not of the design is ``unplanned``, which says what it was."""

    unplanned: TextField | None = None


def _short_codes(elements: dict[str, Element]) -> dict[str, Element]:
    for code, element in elements.items():
        if element.unplanned is None:
            _short_code(code)
    return elements


def _short_code(code: str) -> str:
    if len(code) > LONGEST_ETCD:
        raise wrong(f"'{code}' has {len(code)} characters, and an ETCD {LONGEST_ETCD} at most", "",
                    getattr(code, "place", None))
    return code


class Epoch(Begun):
    """An epoch, and the elements in it: ``element``, which begins with it, or ``elements`` in their order.

    ``inclusive: false``: a record of the start date whose time, or the start's, is
    unknown stays in the epoch before.
    """

    element: Annotated[TextField, AfterValidator(_short_code)] | None = None
    elements: Annotated[MapOf[Key, Element], AfterValidator(_short_codes)] | None = None
    inclusive: Boolean | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.element is not None and self.elements is not None:
            raise wrong("'element' and 'elements' both stand here", "list it under 'elements'",
                        self.places.get("element"))
        return self

    def parts(self) -> dict[str, Begun]:
        """The elements of the epoch by ETCD, in their order."""
        return {str(self.element): self} if self.element is not None else dict(self.elements or {})
