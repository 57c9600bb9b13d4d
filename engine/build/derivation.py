"""What a verb sees: the columns it may read, other tables, and where to report bad records."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from engine.build.rows import SUBJECT, Match, Rows, match, sort_positions, taken
from engine.build.scope import Target, Where
from engine.columns import Column, Kind, blank, cast, repeated
from engine.errors import DataError, Place, Problem
from engine.expressions import Expression
from engine.spec.references import Order, Ref

if TYPE_CHECKING:
    from engine.build.execute import Build

Message = Callable[[str], str] | str


class EntryError(DataError):
    """An entry that does not fit the data it met; the build goes on to gather all others."""


@dataclass
class Derivation:
    """The working place of one entry: ``rows`` are the dataset's records now."""

    build: Build
    dataset: str
    rows: Rows
    where: Where
    place: Place
    variable: str = ""

    @property
    def index(self) -> pd.RangeIndex:
        """The records' index, 0 .. size-1."""
        return self.rows.index

    @property
    def kind(self) -> Kind:
        """The kind the variable is to have."""
        return self.build.plan.kind(self.dataset, self.variable)

    # --- reading columns -------------------------------------------------------------

    def column(self, ref: Ref | str) -> Column:
        """The column a name means, one value a record."""
        parts = ref.parts if isinstance(ref, Ref) else tuple(ref.split("."))
        return self._parts(parts)

    def text(self, ref: Ref | str) -> pd.Series:
        """A column that must hold text."""
        column = self.column(ref)
        if column.kind is not Kind.TEXT:
            raise self.wrong(f"'{ref}' is a {column.kind.value}, where text is wanted")
        return column.values

    def _parts(self, parts: tuple[str, ...]) -> Column:
        target = self.build.plan.scope.find(parts, self.where, self.place)
        if target is None:
            raise KeyError(f"{self.dataset}: {parts} was not found in planning")
        return self._target(self.rows, target)

    def _target(self, rows: Rows, target: Target) -> Column:
        if target.kind == "constant":
            text = repeated(self.build.plan.scope.constants[target.key], rows.index)
            if target.key == ("study", "cutoff"):
                return Column(cast(text, Kind.DATE), Kind.DATE)
            return Column(text, Kind.TEXT)
        if target.kind == "subject":
            return self.subject_value(rows, str(target.table), str(target.column))
        if target.key not in rows.columns and target.kind == "source":
            return Column(blank(rows.index, Kind.TEXT), Kind.TEXT)
        return rows.columns[target.key]

    def subject_value(self, rows: Rows, table: str, column: str) -> Column:
        """A column of a table with one record a subject, brought to these rows."""
        other = self.build.rows_of(table, [column])
        found = match([rows.columns[SUBJECT].values], [other.columns[SUBJECT].values])
        if (found.count > 1).any():
            values = rows.columns[SUBJECT].values
            self.build.refusals.refuse(
                rows, self.dataset, self.variable, found.count > 1,
                lambda v: f"{table}.{column}: {table} has several records for subject {v}", values,
                "name one with 'pick'", self.place)
        source = self.build.column_of(other, column)
        return Column(taken(source.values, found.first, rows.index), source.kind)

    # --- expressions -----------------------------------------------------------------

    def evaluate(self, expression: Expression, rows: Rows | None = None, table: str | None = None) -> Column:
        """Evaluate an expression over these records (or over another table's)."""
        at = self.rows if rows is None else rows
        columns: dict[tuple[str, ...], Column] = {}
        for parts in expression.names:
            target = (self.build.plan.scope.find(parts, self.where, expression.place) if table is None
                      else self.build.plan.scope.there(table, parts, self.where, expression.place))
            assert target is not None
            if table is not None and target.kind == "variable":
                columns[parts] = self.build.column_of(at, str(target.column))
            else:
                columns[parts] = self._target(at, target)
        result = expression.evaluate(columns, at.index)
        for message, mask in result.bad.items():
            self.refuse(mask.to_numpy(dtype=bool), message, rows=at)
        return Column(result.values, result.kind)

    def condition(self, expression: Expression | None, rows: Rows | None = None,
                  table: str | None = None) -> np.ndarray:
        """Where a condition is true; NULL counts as not true."""
        at = self.rows if rows is None else rows
        if expression is None:
            return np.ones(at.size, dtype=bool)
        column = self.evaluate(expression, rows, table)
        if column.kind is not Kind.BOOLEAN:
            raise self.wrong(f"'{expression.text}' is no condition")
        return column.values.fillna(False).to_numpy(dtype=bool)

    # --- other tables and keys -------------------------------------------------------

    def other(self, table: str, columns: Iterable[str]) -> Rows:
        """Another dataset's or raw table's records, with at least these columns."""
        return self.build.rows_of(str(table), list(columns), own=self)

    def other_column(self, rows: Rows, name: str) -> Column:
        """A column of records got by :meth:`other`."""
        return self.build.column_of(rows, name)

    def subjects(self, rows: Rows | None = None) -> pd.Series:
        """The subject of each record."""
        return (self.rows if rows is None else rows).columns[SUBJECT].values

    def keys(self, refs: Iterable[Ref]) -> list[pd.Series]:
        """The values of several columns, to group by."""
        return [self.column(ref).values for ref in refs]

    def sorted_positions(self, order: Iterable[Order], rows: Rows | None = None,
                         table: str | None = None) -> np.ndarray:
        """Positions that put records in this order."""
        at = self.rows if rows is None else rows
        columns = []
        for item in order:
            column = (self.column(item.ref) if table is None
                      else self.build.column_of(at, item.ref.parts[-1]))
            columns.append((column.values, item.descending))
        return sort_positions(columns, at.size)

    def matched(self, left: list[pd.Series], right: list[pd.Series],
                order: np.ndarray | None = None) -> Match:
        """Records of another table alike in a key (see :func:`engine.build.rows.match`)."""
        return match(left, right, order)

    # --- reporting -------------------------------------------------------------------

    def refuse(self, mask: np.ndarray, message: Message, values: pd.Series | None = None,
               hint: str = "", rows: Rows | None = None) -> None:
        """Refuse records; the build goes on to gather all others and then fails."""
        self.build.refusals.refuse(self.rows if rows is None else rows, self.dataset, self.variable,
                                   mask, message, values, hint, self.place)

    def note(self, mask: np.ndarray, message: Message, values: pd.Series | None = None,
             rows: Rows | None = None) -> None:
        """Note records that the spec's policy kept, blanked or dropped."""
        self.build.refusals.note(self.rows if rows is None else rows, self.dataset, self.variable,
                                 mask, message, values)

    def settle(self, policy: str | None, mask: np.ndarray, values: pd.Series, message: Message,
               kept: pd.Series | None = None, hint: str = "") -> pd.Series:
        """Apply ``error | keep | blank`` (error if nothing is said) to records that do not fit."""
        if not mask.any():
            return values
        original = values if kept is None else kept
        if policy in (None, "error"):
            self.refuse(mask, message, original, hint)
            return values.mask(mask)
        self.note(mask, message, original)
        return values.where(~mask, original) if policy == "keep" else values.mask(mask)

    def wrong(self, message: str, hint: str = "") -> EntryError:
        """An error of the whole entry that only showed with the data."""
        subject = f"{self.dataset}.{self.variable}" if self.variable else self.dataset
        return EntryError(Problem(self.place, subject, message, hint))
