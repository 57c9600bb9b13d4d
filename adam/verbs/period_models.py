"""What the spec says of a subject's treatment periods: the models of periods and period."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, model_validator

from engine.spec.entries import Entry
from engine.spec.references import ExpressionField, RefField
from engine.verbs.picking import There
from engine.yaml.fields import Boolean, Integer, Key, MapOf, Model, OneOrMany, TextField, wrong
from engine.yaml.nodes import Text

_TEMPLATE = re.compile(r"[A-Z][A-Z0-9]*xx[A-Z0-9]*")
_MOMENT = re.compile(r"[A-Z][A-Z0-9]*xx[SE]DTM?")
_LONGEST = 8


def numbered(template: str, number: int) -> str:
    """A name of period ``number`` (from 1).

    >>> numbered("TRxxSDTM", 2)
    'TR02SDTM'
    """
    return template.replace("xx", f"{number:02d}", 1)


def _template(name: Text) -> Text:
    if not _TEMPLATE.fullmatch(name) or len(name) > _LONGEST:
        raise wrong(f"'{name}' is no name with a period's number", "as in TRTxxA: xx is 01, 02 ...",
                    name.place)
    return name


def _moment(name: Text) -> Text:
    if not _MOMENT.fullmatch(name):
        raise wrong(f"'{name}' is no start or end of a period", "as in TRxxSDT, TRxxEDTM, APxxSDT",
                    name.place)
    return _template(name)


def _most(number: int) -> int:
    if not 1 <= number <= 99:
        raise wrong(f"the number of periods is 1 to 99, not {number}")
    return number


Template = Annotated[TextField, AfterValidator(_moment)]
TemplateKey = Annotated[Key, AfterValidator(_template)]


class Analysis(Model):
    """How long an analysis period (APxx) lasts beyond treatment."""

    days: Integer | None = None
    not_after: OneOrMany[RefField] | None = None


class Periods(There):
    """The records of ``in`` that make up the periods, which period each is of, and what is made of them."""

    there: ClassVar[frozenset[str]] = frozenset(
        {"where", "start", "start_time", "end", "end_time", "number", "change", "take"})

    most: Annotated[Integer, AfterValidator(_most)]
    number: ExpressionField | None = None
    change: RefField | None = None
    start: ExpressionField
    start_time: ExpressionField | None = None
    end: ExpressionField | None = None
    end_time: ExpressionField | None = None
    makes: OneOrMany[Template] | None = None
    take: MapOf[TemplateKey, ExpressionField] | None = None
    several: Literal["first", "last"] | None = None
    planned: MapOf[TemplateKey, OneOrMany[ExpressionField]] | None = None
    highest: Literal["none", "year", "month", "day", "hour", "minute", "second"] | None = None
    ignore_seconds: Boolean | None = None
    overlap: Literal["error", "keep"] | None = None
    analysis: Analysis | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.number is None) == (self.change is None):
            raise wrong("either 'number' or 'change' says which period a record is of")
        for name in self.makes or ():
            if self.end is None and "xxE" in name:
                raise wrong(f"{name} needs the 'end' of the records", place=name.place)
        for template, expressions in (self.planned or {}).items():
            if len(expressions) != self.most:
                raise wrong(f"{template} wants an expression for each of {self.most} periods, "
                            f"not {len(expressions)}", place=getattr(template, "place", None))
        every = [str(name) for name in (*self.moments, *(self.take or ()), *(self.planned or ()))]
        twice = next((name for name in every if every.count(name) > 1), None)
        if twice is not None:
            raise wrong(f"{twice} is made twice")
        return self

    @property
    def moments(self) -> tuple[str, ...]:
        """The starts and ends that are made, as templates."""
        if self.makes is not None:
            return tuple(str(name) for name in self.makes)
        ends = ("E",) if self.end is not None else ()
        kinds = ("TR",) if self.analysis is None else ("TR", "AP")
        return tuple(f"{kind}xx{side}DT" for kind in kinds for side in ("S", *ends))

    def timed(self, side: str) -> bool:
        """Whether the start (S) or end (E) is wanted with its time."""
        return any(name.endswith(f"xx{side}DTM") for name in self.moments)

    def flags(self) -> Iterator[tuple[str, str, str]]:
        """Each imputation flag as a template, with the side it is of and its kind (DTF, TMF)."""
        for name in self.moments:
            stem, side = name.rpartition("DT")[0], name.rpartition("xx")[2][0]
            if name.startswith("AP") and self.analysis is not None:
                continue
            if self.highest in ("year", "month", "day") and f"{stem}DTF" not in self.moments:
                yield f"{stem}DTF", side, "DTF"
            known = self.highest in (None, "none") or (self.highest == "second" and self.ignore_seconds)
            if name.endswith("DTM") and not known:
                yield f"{stem}TMF", side, "TMF"

    def templates(self) -> list[str]:
        """All that is made, as templates, each once."""
        return list(dict.fromkeys([*self.moments, *(flag for flag, _, _ in self.flags()),
                                   *map(str, self.take or ()), *map(str, self.planned or ())]))


class PeriodsEntry(Entry):
    """``{periods: {in, most, number, start, end, makes: [TRxxSDT, TRxxEDT], take: {TRTxxA: EXTRT}}}``."""

    periods: Periods

    def also_makes(self, variable: str) -> tuple[str, ...]:
        """The variables of all periods; the entry's own is how many the subject had."""
        part = self.periods
        return tuple(numbered(template, number) for template in part.templates()
                     for number in range(1, part.most + 1))
