"""Concentrations below the limit of quantification: blq."""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import AfterValidator, Field

from adam.verbs.change import number_of
from adam.verbs.choose import Codes, Mask
from engine.build.derivation import Derivation
from engine.columns import Column, Kind
from engine.expressions.like import compile_like
from engine.spec.entries import Entry
from engine.spec.references import RefField
from engine.spec.verbs import verb
from engine.yaml.fields import Model, OneOrMany, TextField

Rule = Literal["0", "blank", "lloq", "half"]


class Position(IntEnum):
    """Where a value below the limit stands among those of its profile."""

    NOT_BELOW = 0
    BEFORE_DOSE = 1
    BEFORE_FIRST = 2
    BETWEEN = 3
    AFTER_LAST = 4


_WORDS = {
    Position.BEFORE_DOSE: "before the dose", Position.BEFORE_FIRST: "before the first value",
    Position.BETWEEN: "between values", Position.AFTER_LAST: "after the last value",
}


def _like(pattern: str) -> str:
    compile_like(str(pattern))     # a ValueError says what is wrong with it
    return pattern


class Blq(Model):
    """The result as text and number, what means "below", and a rule for each position."""

    text: RefField
    number: RefField
    is_: OneOrMany[Annotated[TextField, AfterValidator(_like)]] = Field(alias="is")
    time: RefField
    by: OneOrMany[RefField]
    lloq: RefField | None = None
    before_dose: Rule | None = None
    before_first: Rule | None = None
    between: Rule | None = None
    after_last: Rule | None = None

    def rule(self, position: Position) -> str | None:
        """What the entry says of a position."""
        said: str | None = getattr(self, position.name.lower())
        return said


class BlqEntry(Entry):
    """``{blq: {text, number, is: [...], time, by, lloq, before_dose: 0, after_last: blank}}``."""

    blq: Blq


def compute_position(codes: Codes, time: NDArray[np.float64], quantified: Mask,
                     below: Mask) -> NDArray[np.int64]:
    """The :class:`Position` of each value below the limit; 0 for all others.

    ``codes`` number the profiles from 0, ``time`` is relative to the dose: at 0 or
    less a sample was taken before it.  The first and last quantified values are
    those after the dose; a profile with none has every later value before the first.

    >>> time = np.array([-1.0, 1.0, 4.0, 8.0, 24.0])
    >>> quantified = np.array([False, False, True, False, False])
    >>> compute_position(np.zeros(5, dtype="int64"), time, quantified, ~quantified).tolist()
    [1, 2, 0, 4, 4]
    """
    size = int(codes.max(initial=-1)) + 1
    first, last = np.full(size, np.inf), np.full(size, -np.inf)
    counted = quantified & (time > 0)
    np.minimum.at(first, codes[counted], time[counted])
    np.maximum.at(last, codes[counted], time[counted])
    conditions = [~below, time <= 0, time < first[codes], time <= last[codes]]
    places = [Position.NOT_BELOW, Position.BEFORE_DOSE, Position.BEFORE_FIRST, Position.BETWEEN]
    return np.select(conditions, places, Position.AFTER_LAST).astype(np.int64)


@verb("blq", layer="adam", kind=Kind.NUMBER)
def derive_blq(entry: BlqEntry, at: Derivation) -> Column:
    """Analysis values of concentrations, those below the limit by their place in the profile.

    Each place has a rule of its own: 0, blank, the limit, or half of it.  A value
    below the limit is told by the LIKE patterns of ``is``; one whose place has no rule,
    or whose time or limit is not known where it is needed, is refused, as is text that
    is neither a number nor below the limit.

    Source: ADaMIG-NCA 1.0, which leaves the rules to the analysis plan.
    """
    part = entry.blq
    text, number = at.coded(part.text), number_of(part.number, at)
    tests = [compile_like(str(pattern)) for pattern in part.is_]
    unknown = number.isna().to_numpy()
    below = text.where_text(lambda v: any(test(v) for test in tests)) & unknown
    strange = ~text.isna() & unknown & ~below
    at.refuse(strange, lambda v: f"'{v}' is neither a number nor below the limit", text,
              "'is' lists what means below the limit")
    time = number_of(part.time, at).to_numpy(dtype="float64")
    at.refuse(below & np.isnan(time), "the value is below the limit, and its time is not known")
    below &= ~np.isnan(time)
    position = compute_position(at.groups(part.by), time, number.notna().to_numpy(), below)
    return Column(_ruled(part, position, number, at), Kind.NUMBER)


def _ruled(part: Blq, position: NDArray[np.int64], number: pd.Series, at: Derivation) -> pd.Series:
    values = number.to_numpy(dtype="float64").copy()
    limit = number_of(part.lloq, at).to_numpy(dtype="float64") if part.lloq is not None else None
    for place in list(Position)[1:]:
        here, rule = position == place, part.rule(place)
        if rule is None:
            at.refuse(here, f"no rule for a value below the limit {_WORDS[place]}",
                      hint=f"say it with '{place.name.lower()}': 0, blank, lloq or half")
        elif rule == "0":
            values[here] = 0.0
        elif rule in ("lloq", "half"):
            if limit is None:
                raise at.wrong(f"rule '{rule}' needs the limit", "name it with 'lloq'")
            at.refuse(here & np.isnan(limit), f"rule '{rule}' needs the limit, which is blank")
            values[here] = limit[here] * (1.0 if rule == "lloq" else 0.5)
    return pd.Series(values, index=at.index)
