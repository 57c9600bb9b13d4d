"""Records that a step makes: what it sets on them, finished as any value is, and what they hold of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from engine.build.coerce import finish_column
from engine.build.derivation import Derivation
from engine.build.rows import SUBJECT, Origin, Rows
from engine.coded import Coded, Values, codes_of
from engine.columns import Column, Kind
from engine.expressions import Expression
from engine.spec.entries import Declaration
from engine.spec.references import Ref
from engine.yaml.nodes import Text


def set_values(rows: Rows, constants: Mapping[Text, Text] | None,
               expressions: Mapping[Text, Expression] | None, at: Derivation) -> Rows:
    """Put constants, and expressions over the records as they were, into variables of new records.

    Each is mapped to its codelist and kind as the variable's own entry says.
    """
    made = {str(name): at.evaluate(expression, rows) for name, expression in (expressions or {}).items()}
    for name_, text in (constants or {}).items():
        made[str(name_)] = Column(Coded.constant(str(text), rows.size), Kind.TEXT)
    for made_name, column in made.items():
        finished = finished_as(made_name, column, rows, at)
        rows.put((made_name,), finished.held, finished.kind)
    return rows


def finished_as(name: str, column: Column, rows: Rows, at: Derivation) -> Column:
    """A column brought to what the variable of that name is to be."""
    spec = at.build.plan.datasets[at.dataset].variables.get(name)
    entry = spec.entry if spec is not None else Declaration()
    there = replace(at, rows=rows, variable=name)
    finished = finish_column(entry, column, there, declared=False)
    known = at.rows.columns.get((name,))
    if known is not None and known.kind is not finished.kind:
        raise there.wrong(f"a {finished.kind.value} is set where the variable is a {known.kind.value}")
    return finished


def bare_rows(behind: Rows, codes: np.ndarray, first: np.ndarray, kept: Iterable[Ref],
              at: Derivation) -> Rows:
    """One new record a group, with the subject, the study and the columns ``kept``; all else is NULL.

    ``codes`` number the groups of ``behind`` from 0, ``first`` is a record of
    each.  Records of one group that differ in a kept column are refused.
    """
    keys: set[tuple[str, ...]] = {SUBJECT, ("STUDYID",), ("@", "STUDYID")}
    for ref in kept:
        target = at.build.plan.scope.find(ref.parts, at.where, ref.place)
        if target is None or target.kind not in ("variable", "source"):
            raise at.wrong(f"'{ref}' is no column of the dataset or its source")
        keys.add(target.key)
        alike = codes_of([behind.columns[target.key].held])
        differ = alike != alike[first][codes]
        at.refuse(differ, f"records behind one new record differ in {ref}", rows=behind,
                  hint=f"name {ref} in what groups them, or leave it out")
    made = Rows(behind.name, len(first), Origin.nowhere(len(first)))
    nothing = np.full(len(first), -1)
    for key, column in behind.columns.items():
        made.columns[key] = column.take(first if key in keys else nothing)
    return made


def groups_of(keys: Sequence[Values]) -> tuple[np.ndarray, np.ndarray]:
    """Group numbers 0, 1, 2 ... in order of appearance, and the first record of each.

    >>> groups_of([pd.Series(["b", "a", "b"])])
    (array([0, 1, 0]), array([0, 1]))
    """
    codes = pd.factorize(codes_of(keys))[0]
    first = np.flatnonzero(~pd.Series(codes).duplicated().to_numpy())
    return codes, first
