"""Records that sum up others: summarise."""

from __future__ import annotations

from typing import Literal

import numpy as np

from adam.records.collapse import compute_collapsed
from adam.verbs.change import number_of
from adam.verbs.statistics import How, compute_summary
from engine.build.derivation import Derivation
from engine.build.new_rows import bare_rows, groups_of, set_values
from engine.build.rows import Rows, stack
from engine.columns import Column, Kind
from engine.spec.references import ExpressionField, RefField
from engine.spec.verbs import step
from engine.yaml.fields import Integer, MapOf, Model, Name, OneOrMany, TextField

Also = Literal["min", "max", "min_or_open", "max_or_open"]


class Summary(Model):
    """What is summed up, of which records, and what the new records hold beside it."""

    by: OneOrMany[RefField]
    value: RefField
    how: How
    where: ExpressionField | None = None
    at_least: Integer | None = None
    also: MapOf[Name, Also] | None = None
    keep: OneOrMany[RefField] | None = None
    set: MapOf[Name, TextField] | None = None


class SummariseStep(Model):
    """``{summarise: {by, value: AVAL, how: mean, keep, where, at_least, set: {DTYPE: AVERAGE}}}``."""

    summarise: Summary

    def makes(self) -> tuple[str, ...]:
        """The variables it sets."""
        part = self.summarise
        return (part.value.parts[-1], *(str(name) for name in (*(part.also or ()), *(part.set or ()))))


def _extreme(name: str, how: Also, behind: Rows, codes: np.ndarray, first: np.ndarray,
             at: Derivation) -> Column:
    """The least or greatest value of a variable in each group, such as the dates of an exposure."""
    column = behind.columns.get((name,))
    if column is None:
        raise at.wrong(f"'also' names {name}, which nothing derives", "give it an entry")
    return compute_collapsed(column, codes, first, how, np.arange(behind.size))


@step("summarise", layer="adam")
def change_summarise(entry: SummariseStep, at: Derivation) -> Rows:
    """Add a record for each group with a statistic of its values.

    The new record holds the columns of ``by``, ``keep`` and ``also`` and is blank elsewhere;
    a group without a value, or with fewer than ``at_least``, gets none.

    Source: ADaMIG 1.3, sections 3.3.5 (DTYPE AVERAGE, MAXIMUM ...) and 4.5.3.
    """
    part, name = entry.summarise, entry.summarise.value.parts[-1]
    values = number_of(part.value, at)
    positions = np.flatnonzero(at.condition(part.where) & values.notna().to_numpy())
    behind = at.rows.take(positions)
    codes, first = groups_of([at.column(ref).take(positions).held for ref in part.by])
    found = compute_summary(values.take(positions).set_axis(behind.index), codes, part.how)
    made = bare_rows(behind, codes, first, [*part.by, *(part.keep or ())], at)
    made.put((name,), found.reset_index(drop=True), Kind.NUMBER)
    for other, how in (part.also or {}).items():
        ends = _extreme(str(other), how, behind, codes, first, at)
        made.put((str(other),), ends.held, ends.kind)
    enough = (np.bincount(codes, minlength=len(first)) >= (part.at_least or 1)) & found.notna().to_numpy()
    return stack(at.dataset, [at.rows, set_values(made.where(enough), part.set, None, at)])
