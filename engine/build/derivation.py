"""What a verb sees: the columns it may read, other tables, and where to report bad records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd

from engine.build.evaluating import evaluate
from engine.build.ordering import ordered_here, ordered_there
from engine.build.rows import SUBJECT, Match, Rows, Values, match, sort_positions
from engine.build.scope import Node, Target, Where
from engine.coded import Coded, groups_of
from engine.columns import Column, Kind, blank, cast, repeated
from engine.errors import DataError, Place, Problem
from engine.expressions import Expression
from engine.spec.references import Order, Ref

if TYPE_CHECKING:
    from engine.build.execute import Build

Message = Callable[[str], str] | str
Held = TypeVar("Held", pd.Series, Coded)


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
    node: Node | None = None

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
        return self.coded(ref).series()

    def coded(self, ref: Ref | str) -> Coded:
        """The codes of a column that must hold text."""
        column = self.column(ref)
        if column.kind is not Kind.TEXT:
            raise self.wrong(f"'{ref}' is a {column.kind.value}, where text is wanted")
        return column.coded

    def _parts(self, parts: tuple[str, ...]) -> Column:
        target = self.build.plan.scope.find(parts, self.where, self.place)
        if target is None:
            raise KeyError(f"{self.dataset}: {parts} was not found in planning")
        return self._target(self.rows, target)

    def _target(self, rows: Rows, target: Target) -> Column:
        if target.kind == "constant":
            text = self.build.plan.scope.constants[target.key]
            if target.key == ("study", "cutoff"):
                return Column(cast(repeated(text, rows.index), Kind.DATE), Kind.DATE)
            return Column(Coded.constant(text, rows.size), Kind.TEXT)
        if target.kind == "subject":
            return self.subject_value(rows, str(target.table), str(target.column))
        if target.key not in rows.columns and target.kind == "source":
            return Column(Coded.nulls(rows.size), Kind.TEXT)
        if target.key not in rows.columns and self._made_by_a_step(target):   # and that comes later
            kind = self.build.plan.kind(self.dataset, target.key[-1])
            return Column(blank(rows.index, kind), kind)
        return rows.columns[target.key]

    def _made_by_a_step(self, target: Target) -> bool:
        spec = self.build.plan.datasets[self.dataset].variables.get(target.key[-1])
        return target.kind == "variable" and spec is not None and spec.verb is None

    def subject_value(self, rows: Rows, table: str, column: str) -> Column:
        """A column of a table with one record a subject, brought to these rows."""
        other = self.build.rows_of(table, [column])
        found = match([rows.columns[SUBJECT].coded], [other.columns[SUBJECT].coded])
        if (found.count > 1).any():
            self._refuse_several(table, column, other, set(rows.columns[SUBJECT].values[found.count > 1]))
        return self.build.column_of(other, column).take(found.first)

    def _refuse_several(self, table: str, column: str, other: Rows, subjects: set[str]) -> None:
        """Refuse records of a table that has several of a subject: once, whatever reads them."""
        refusals, values = self.build.refusals, other.columns[SUBJECT].values
        if table == "DM":  # there it is wrong whoever reads it
            subjects = set(values[values.duplicated() & values.notna()])
        new = {subject for subject in subjects if (table, subject) not in refusals.several}
        refusals.several |= {(table, subject) for subject in new}
        reader = f"{self.dataset}.{self.variable} reads {table}.{column}" if self.variable else ""
        hint = ("drop one with 'unique' or 'supersede' of its raw table" if table == "DM"
                else f"{reader}: choose one with 'pick'" if reader else "choose one with 'pick'")
        refusals.refuse(other, table, "", values.isin(new).to_numpy(dtype=bool), lambda v: (
            f"one record of subject {v} is wanted, and there are several"), values, hint, self.place,
            node=(table, "USUBJID"), lines=True)

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
        made, bad = evaluate(expression, columns, at.size)
        for message, mask in bad.items():
            self.refuse(mask, message, rows=at)
        return made

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

    def groups(self, refs: Iterable[Ref] | None) -> np.ndarray:
        """A code a record, equal where these columns are (the subject if there are none)."""
        columns = [self.rows.columns[SUBJECT]] if not refs else [self.column(ref) for ref in refs]
        return groups_of([column.held for column in columns])

    def sorted_positions(self, order: Iterable[Order], rows: Rows | None = None,
                         table: str | None = None, first: Sequence[Values] = ()) -> np.ndarray:
        """Positions that put records in this order, records alike in ``first`` together."""
        at = self.rows if rows is None else rows
        columns = [(values, False) for values in first]
        for item in order:
            name = item.ref.parts[-1]
            column = self.column(item.ref) if table is None else self.build.column_of(at, name)
            held: Values = column.held
            if column.kind is Kind.TEXT and table is None:
                held = ordered_here(self, item.ref, column)
            elif column.kind is Kind.TEXT:
                held = ordered_there(self, at, name, column)
            columns.append((held, item.descending))
        return sort_positions(columns, at.size)

    def matched(self, left: Sequence[Values], right: Sequence[Values],
                order: np.ndarray | None = None) -> Match:
        """Records of another table alike in a key (see :func:`engine.build.rows.match`)."""
        return match(left, right, order)

    # --- reporting -------------------------------------------------------------------

    def refuse(self, mask: np.ndarray, message: Message, values: Values | None = None,
               hint: Message = "", rows: Rows | None = None) -> None:
        """Refuse records; the build goes on to gather all others and then fails."""
        self.build.refusals.refuse(self.rows if rows is None else rows, self.dataset, self.variable,
                                   mask, message, values, hint, self.place, node=self.node)

    def lose(self, mask: np.ndarray) -> None:
        """Note records whose value is lost for a reason that is told elsewhere."""
        if self.node is not None:
            self.build.lost.note(self.node, self.rows, mask)

    def note(self, mask: np.ndarray, message: Message, values: Values | None = None,
             rows: Rows | None = None) -> None:
        """Note records that the spec's policy kept, blanked or dropped."""
        self.build.refusals.note(self.rows if rows is None else rows, self.dataset, self.variable,
                                 mask, message, values)

    def settle(self, policy: str | None, mask: np.ndarray, values: Held, message: Message,
               kept: Held | None = None, hint: Message = "") -> Held:
        """Apply ``error | keep | blank`` (error if nothing is said) to records that do not fit."""
        if not mask.any():
            return values
        original = values if kept is None else kept
        if policy in (None, "error"):
            self.refuse(mask, message, original, hint)
            return values.where(~mask)
        self.note(mask, message, original)
        left = values.where(~mask)
        if policy != "keep":
            return left
        if isinstance(left, Coded):
            assert isinstance(original, Coded)
            return left.or_else(original.where(mask))
        assert isinstance(original, pd.Series)
        return left.where(~mask, original)

    def wrong(self, message: str, hint: str = "") -> EntryError:
        """An error of the whole entry that only showed with the data."""
        subject = f"{self.dataset}.{self.variable}" if self.variable else self.dataset
        return EntryError(Problem(self.place, subject, message, hint))
