"""Records that sum up others: summarise."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from adam.records.values import bare_rows, groups_of, set_values
from adam.verbs.change import number_of
from engine.build.derivation import Derivation
from engine.build.rows import Rows, stack
from engine.columns import Kind
from engine.spec.references import ExpressionField, RefField
from engine.spec.verbs import step
from engine.yaml.fields import Integer, MapOf, Model, Name, OneOrMany, TextField

How = Literal["mean", "median", "min", "max", "sum", "count", "sd"]


class Summary(Model):
    """What is summed up, of which records, and what the new records hold beside it."""

    by: OneOrMany[RefField]
    value: RefField
    how: How
    where: ExpressionField | None = None
    at_least: Integer | None = None
    keep: OneOrMany[RefField] | None = None
    set: MapOf[Name, TextField] | None = None


class SummariseStep(Model):
    """``{summarise: {by, value: AVAL, how: mean, keep, where, at_least, set: {DTYPE: AVERAGE}}}``."""

    summarise: Summary

    def makes(self) -> tuple[str, ...]:
        """The variables it sets."""
        return (self.summarise.value.parts[-1], *(str(name) for name in self.summarise.set or ()))


def compute_summary(values: pd.Series, codes: np.ndarray, how: How) -> pd.Series:
    """A statistic of each group 0 .. n-1, missing values left out; ``sd`` is of a sample.

    >>> compute_summary(pd.Series([1.0, 3.0, 5.0]), np.array([0, 0, 1]), "mean").tolist()
    [2.0, 5.0]
    """
    grouped = values.groupby(codes)
    found: pd.Series = grouped.std() if how == "sd" else getattr(grouped, how)()
    return found.astype("float64")


@step("summarise", layer="adam")
def change_summarise(entry: SummariseStep, at: Derivation) -> Rows:
    """Add a record for each group with a statistic of its values (DTYPE AVERAGE, MAXIMUM ...).

    The new record holds the columns of ``by`` and ``keep`` and is blank elsewhere;
    a group without a value, or with fewer than ``at_least``, gets none.
    """
    part, name = entry.summarise, entry.summarise.value.parts[-1]
    values = number_of(part.value, at)
    positions = np.flatnonzero(at.condition(part.where) & values.notna().to_numpy())
    behind = at.rows.take(positions)
    codes, first = groups_of([key.take(positions).set_axis(behind.index) for key in at.keys(part.by)])
    found = compute_summary(values.take(positions).set_axis(behind.index), codes, part.how)
    made = bare_rows(behind, codes, first, [*part.by, *(part.keep or ())], at)
    made.put((name,), found.reset_index(drop=True), Kind.NUMBER)
    enough = (np.bincount(codes, minlength=len(first)) >= (part.at_least or 1)) & found.notna().to_numpy()
    return stack(at.dataset, [at.rows, set_values(made.where(enough), part.set, None, at)])
