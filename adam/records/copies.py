"""Copies of records with something changed: copy, locf."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from adam.verbs.change import number_of
from adam.verbs.choose import Chosen, Codes, Mask, Ranks, compute_chosen, order_ranks
from engine.build.derivation import Derivation
from engine.build.expand import Known
from engine.build.new_rows import set_values
from engine.build.rows import Rows, stack
from engine.spec.references import ExpressionField, Order, OrderField, Ref, RefField
from engine.spec.verbs import step
from engine.yaml.fields import MapOf, Model, Name, Number, OneOrMany, TextField
from engine.yaml.nodes import Text


class Copy(Model):
    """Which records are copied, and what is different in the copies."""

    take: Literal["first", "last", "all"]
    by: OneOrMany[RefField] | None = None
    order: OneOrMany[OrderField] | None = None
    where: ExpressionField | None = None
    set: MapOf[Name, TextField] | None = None
    compute: MapOf[Name, ExpressionField] | None = None

    @model_validator(mode="after")
    def _something_changes(self) -> Self:
        if self.take != "all" and self.by is None:
            raise ValueError(f"'take: {self.take}' needs 'by'")
        if not self.set and not self.compute:
            raise ValueError("nothing tells a copy from its record; set a variable, such as DTYPE")
        twice = set(self.set or ()) & set(self.compute or ())
        if twice:
            raise ValueError(f"{min(twice)} stands under 'set' and 'compute'")
        return self


class CopyStep(Model):
    """``{copy: {by, order, take: last, where, set: {DTYPE: LOV}, compute: {AVAL: SQL}}}``."""

    copy_: Copy = Field(alias="copy")

    def makes(self) -> tuple[str, ...]:
        """The variables it sets."""
        return tuple(str(name) for name in (*(self.copy_.set or ()), *(self.copy_.compute or ())))

    def completed(self, known: Known) -> Self:
        """Without an order the first and last are those by ADTM, or ADT where there is no ADTM."""
        part, name = self.copy_, known.first_of("ADTM", "ADT")
        if part.take == "all" or part.order is not None or name is None:
            return self
        order = (Order(Ref((name,))),)
        return self.model_copy(update={"copy_": part.model_copy(update={"order": order})})


@step("copy", layer="adam")
def change_copy(entry: CopyStep, at: Derivation) -> Rows:
    """Add copies of records with some variables set.

    Source: ADaMIG 1.3, sections 3.3.4 (BASETYPE), 3.3.5 (DTYPE) and 4.2 (derived rows).
    """
    part = entry.copy_
    among = at.condition(part.where)
    if part.take != "all":
        if part.order is None:
            raise at.wrong(f"'take: {part.take}' needs an 'order' where there is neither ADTM nor ADT")
        chosen = compute_chosen(at.groups(part.by), among, order_ranks(part.order, at),
                                last=part.take == "last")
        at.refuse(chosen.tied, f"several records are the {part.take}", hint="add a column to 'order'")
        among = chosen.mask
    copies = at.rows.take(np.flatnonzero(among))
    return stack(at.dataset, [at.rows, set_values(copies, part.set, part.compute, at)])


class Locf(Model):
    """Carry the last value forward to the visits of ``expected`` (name: number) that have none."""

    by: OneOrMany[RefField]
    visit: RefField
    number: RefField
    expected: MapOf[TextField, Number]
    value: RefField = Ref(("AVAL",))
    order: OneOrMany[OrderField] | None = None
    where: ExpressionField | None = None
    set: MapOf[Name, TextField] | None = None


class LocfStep(Model):
    """``{locf: {by, visit: AVISIT, number: AVISITN, expected: {Day 28: 28}, set: {DTYPE: LOCF}}}``."""

    locf: Locf

    def makes(self) -> tuple[str, ...]:
        """The variables it sets."""
        part = self.locf
        return (part.visit.parts[-1], part.number.parts[-1], *(str(name) for name in part.set or ()))


def compute_carried(codes: Codes, number: Ranks, filled: Mask, expected: float, order: list[Ranks]) -> Chosen:
    """The record of each group that is carried to a visit the group has no value at.

    It is the last with a value whose visit number is below ``expected``.

    >>> number, filled = np.array([1.0, 2.0, 4.0]), np.array([True, True, True])
    >>> compute_carried(np.zeros(3, dtype="int64"), number, filled, 3.0, []).mask.tolist()
    [False, True, False]
    >>> compute_carried(np.zeros(3, dtype="int64"), number, filled, 4.0, []).mask.any()
    np.False_
    """
    present = np.zeros(int(codes.max(initial=-1)) + 1, dtype=bool)
    present[codes[filled & (number == expected)]] = True
    among = filled & (number < expected) & (~present[codes] if len(codes) else True)
    return compute_chosen(codes, among, [np.nan_to_num(number), *order], last=True)


@step("locf", layer="adam")
def change_locf(entry: LocfStep, at: Derivation) -> Rows:
    """Add records that carry the last value forward to planned visits without one.

    Source: ADaMIG 1.3, section 4.5.1 (DTYPE LOCF).
    """
    part = entry.locf
    number = number_of(part.number, at).to_numpy(dtype="float64")
    filled = ~at.column(part.value).isna() & ~np.isnan(number) & at.condition(part.where)
    codes, order, parts = at.groups(part.by), order_ranks(part.order, at), [at.rows]
    for name, visit in sorted(part.expected.items(), key=lambda item: item[1]):
        chosen = compute_carried(codes, number, filled, float(visit), order)
        at.refuse(chosen.tied, "several records are the last before a visit without a value",
                  hint="'order' says which of them is carried")
        copies = at.rows.take(np.flatnonzero(chosen.mask))
        visits = {Text(part.visit.parts[-1]): name, Text(part.number.parts[-1]): Text(str(visit))}
        parts.append(set_values(copies, visits | dict(part.set or {}), None, at))
    return stack(at.dataset, parts)
