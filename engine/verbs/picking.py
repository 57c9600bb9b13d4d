"""Values from another table's records: pick, exists, count; and sources of dates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field, PlainValidator

from engine.build.collected import read_collected
from engine.build.derivation import Derivation
from engine.build.rows import SUBJECT, Rows, match
from engine.coded import Coded, Values
from engine.columns import Column, Kind
from engine.dates import date_hint
from engine.spec.entries import Entry
from engine.spec.nodes import key, remade
from engine.spec.references import ExpressionField, OrderField, RefField, TableModel, read_ref
from engine.spec.verbs import verb
from engine.yaml.fields import MapOf, OneOrMany, TextField, validate
from engine.yaml.nodes import Text, YamlMap
from engine.yaml.shapes import TextOrModel

KindOf = Callable[[tuple[str, ...]], Kind]


class There(TableModel):
    """Records of another table: ``in``, ``where``, matched by subject or ``on: {THEIRS: OURS}``."""

    there: ClassVar[frozenset[str]] = frozenset({"value", "where", "order"})
    there_keys: ClassVar[frozenset[str]] = frozenset({"on"})

    in_: TextField = Field(alias="in")
    on: MapOf[RefField, RefField] | None = None
    where: ExpressionField | None = None


class PickFrom(There):
    """What ``pick`` takes: ``value`` of the first or last record by ``order``."""

    value: ExpressionField
    order: OneOrMany[OrderField] | None = None
    take: Literal["first", "last"] | None = None
    expect: Literal["one", "one_or_none", "any"] | None = None


class Pick(Entry):
    """``{pick: {in, value, order, take, where, on, expect}}``."""

    pick: PickFrom


def reached(part: There, at: Derivation,
            columns: list[str]) -> tuple[Rows, list[Values], list[Values]]:
    """The other table's records that count, and the keys of these and of those to match by."""
    rows = at.other(str(part.in_), columns)
    if part.where is not None:
        rows = rows.where(at.condition(part.where, rows, str(part.in_)))
    if not part.on:
        return rows, [at.rows.coded(*SUBJECT)], [rows.coded(*SUBJECT)]
    ours = [at.column(ref) for ref in part.on.values()]
    theirs = [at.other_column(rows, ref.parts[-1]) for ref in part.on]
    for ref, mine, other in zip(part.on, ours, theirs, strict=True):
        if mine.kind is not other.kind:  # they would never be equal
            raise at.wrong(f"{part.in_}.{ref.parts[-1]} is a {other.kind.value} and is matched with a "
                           f"{mine.kind.value}", "CAST says how to turn one into the other")
    return rows, [c.held for c in ours], [c.held for c in theirs]


def _kind(entry: Pick, kind_of: KindOf) -> Kind:
    value, table = entry.pick.value, str(entry.pick.in_)
    kinds = {parts: kind_of(parts if len(parts) > 1 else (table, *parts)) for parts in value.names}
    return value.kind(kinds) or Kind.TEXT


@verb("pick", kind=_kind)
def derive_pick(entry: Pick, at: Derivation) -> Column:
    """A value of one record of another table: the first or last by an order.

    Without ``order`` several matching records are refused; ``expect: one``
    refuses a record without a match.

    Source: Dossier's own, for subject-level variables such as DOSE01A (ADaMIG 1.3, section 3.2).
    """
    part = entry.pick
    rows, left, right = reached(part, at, [])
    order = at.sorted_positions(part.order, rows, str(part.in_)) if part.order else None
    found = match(left, right, order)
    many = found.count > 1
    if part.order is None and str(part.expect or "") != "any":
        at.refuse(many, f"several records of {part.in_} match", hint="give 'order' and 'take'")
    if str(part.expect or "") == "one":
        at.refuse(found.count == 0, f"no record of {part.in_} matches")
    position = found.last if str(part.take or "first") == "last" else found.first
    return at.evaluate(part.value, rows, str(part.in_)).take(position)


class Exists(Entry):
    """``{exists: {in, where, on}}``: ``then`` (Y) where a record matches, else ``else`` (blank)."""

    exists: There
    then: TextField | None = None
    else_: TextField | None = Field(default=None, alias="else")


@verb("exists")
def derive_exists(entry: Exists, at: Derivation) -> Column:
    """Flag records for which another table has a matching record.

    Source: ADaMIG 1.3, section 3.2.3 (population flags such as SAFFL).
    """
    _, left, right = reached(entry.exists, at, [])
    hit = match(left, right).count > 0
    texts = [str(entry.then or "Y"), None if entry.else_ is None else str(entry.else_)]
    return Column(Coded.choice(np.where(hit, 0, 1).astype("int32"), texts), Kind.TEXT)


class Count(Entry):
    """``{count: {in, where, on}}``: how many records match."""

    count: There


@verb("count", kind=Kind.NUMBER)
def derive_count(entry: Count, at: Derivation) -> Column:
    """The number of matching records of another table; 0 where there is none.

    Source: Dossier's own.
    """
    _, left, right = reached(entry.count, at, [])
    return Column(pd.Series(match(left, right).count.astype("float64"), index=at.index), Kind.NUMBER)


class Dated(There):
    """One source of dates: ``in``, ``value`` and, if wanted, ``time`` and ``where``.

    In a raw table ``value`` and ``time`` are as collected and are read by its formats.
    """

    there: ClassVar[frozenset[str]] = frozenset({"value", "time", "where"})
    value: ExpressionField
    time: ExpressionField | None = None


def dated_values(item: Dated, at: Derivation, rows: Rows) -> Column:
    """The dates of a source's records: as they are in a dataset, read in a raw table."""
    table = str(item.in_)
    value = at.evaluate(item.value, rows, table)
    if table in at.build.plan.datasets or value.kind is not Kind.TEXT:
        return value
    time = at.evaluate(item.time, rows, table).values if item.time is not None else None
    read = read_collected(at.build.plan.study, table, rows, [value.values], time, time_alone="drop")
    at.refuse(read.bad.to_numpy(dtype=bool), lambda reason: reason, read.reasons, date_hint, rows)
    return Column(read.values, Kind.TEXT)


def read_dated(value: object) -> object:
    """A source of dates is ``AE.AESTDTC``, a column here, or ``{in, value, where}``."""
    if isinstance(value, Dated):
        return value
    if isinstance(value, YamlMap):
        return validate(Dated, value, "")
    if isinstance(value, Text):
        ref = read_ref(value)
        if len(ref.parts) == 1:
            return ref
        table, column = (key(part, value) for part in ref.parts)
        node = remade({key("in", value): table, key("value", value): column}, value)
        return validate(Dated, node, "")
    raise ValueError("a date is COLUMN, TABLE.COLUMN, or {in: ..., value: ..., where: ...}")


DatedField = Annotated[object, PlainValidator(read_dated), TextOrModel(Dated)]
