"""Steps of ``records:`` that every layer may use: where, drop, unique."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from pydantic import model_validator

from engine.build.derivation import Derivation
from engine.build.rows import Rows, codes_of
from engine.spec.references import ExpressionField, OrderField, RefField
from engine.spec.verbs import step
from engine.verbs.keys import compute_marked
from engine.yaml.fields import Model, OneOrMany, TextField


class WhereStep(Model):
    """``{where: CONDITION}``: keep the records for which it is true."""

    where: ExpressionField


@step("where")
def change_where(entry: WhereStep, at: Derivation) -> Rows:
    """Keep the records for which a condition is true.

    A condition that cannot be told, because a value is blank, is not true.

    Source: Dossier's own.
    """
    return at.rows.where(at.condition(entry.where))


class DropStep(Model):
    """``{drop: CONDITION}``: drop the records for which it is true; ``note`` reports them so."""

    drop: ExpressionField
    note: TextField | None = None


@step("drop")
def change_drop(entry: DropStep, at: Derivation) -> Rows:
    """Drop the records for which a condition is true.

    A condition that cannot be told, because a value is blank, is not true: such a
    record stays.

    Source: Dossier's own.
    """
    dropped = at.condition(entry.drop)
    if entry.note is not None:
        at.note(dropped, f"record dropped: {entry.note}")
    return at.rows.where(~dropped)


class Unique(Model):
    """One record for each value of ``by``: the first or last by ``order``."""

    by: OneOrMany[RefField]
    order: OneOrMany[OrderField] | None = None
    take: Literal["first", "last"] | None = None

    @model_validator(mode="after")
    def _order_with_take(self) -> Self:
        if self.take is not None and self.order is None:
            raise ValueError(f"'take: {self.take}' needs an 'order'")
        return self


class UniqueStep(Model):
    """``{unique: {by, order, take}}``."""

    unique: Unique


@step("unique")
def change_unique(entry: UniqueStep, at: Derivation) -> Rows:
    """Keep one of the records alike in ``by``, blank or not; the others are counted.

    Source: Dossier's own.
    """
    part = entry.unique
    codes = codes_of(at.keys(part.by))
    order = at.sorted_positions(part.order) if part.order else np.arange(at.rows.size)
    every = np.ones(at.rows.size, dtype=bool)
    kept = compute_marked(codes, order, every, last=part.take == "last")
    alike = ", ".join(str(ref) for ref in part.by)
    at.note(~kept, f"record alike another in {alike} dropped")
    return at.rows.where(kept)
