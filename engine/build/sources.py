"""The records a source gives: its table, joined, filtered, and for findings one a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from engine.build.rows import SUBJECT, Key, Origin, Rows, stack
from engine.build.rows import match as match_keys
from engine.coded import Coded
from engine.columns import Column, Kind
from engine.spec.dataset import Join, Long, SourceSpec, Test
from engine.spec.references import Ref

if TYPE_CHECKING:
    from engine.build.derivation import Derivation


def source_rows(source: SourceSpec, at: Derivation) -> Rows:
    """The rows of one source, before the variables it makes."""
    table = str(source.model.table)
    base = at.other(table, [])
    rows = Rows(at.dataset, base.size, base.origin)
    for key, column in base.columns.items():
        if key == SUBJECT:
            rows.columns[key] = column
        elif len(key) == 1:
            rows.columns["@", key[0]] = column
    at.rows = rows
    for alias, join in (source.model.join or {}).items():
        at.rows = _joined(str(alias), join, at)
    if source.model.where is not None:
        at.rows = at.rows.where(at.condition(source.model.where))
    if source.long is not None:
        at.rows = _long(source, source.long, at)
    elif source.tests:
        at.rows = _wide(source, at)
    return at.rows


def _joined(alias: str, join: Join, at: Derivation) -> Rows:
    rows = at.rows
    other = at.other(str(join.table or alias), [])
    if join.where is not None:
        other = other.where(at.condition(join.where, other, str(join.table or alias)))
    names = [str(n) for n in join.on or ()]
    left = [rows.columns["@", n].held for n in names] or [rows.coded(*SUBJECT)]
    right = [at.other_column(other, n).held for n in names] or [other.coded(*SUBJECT)]
    order = at.sorted_positions(join.order, other, str(join.table or alias)) if join.order else None
    found = match_keys(left, right, order)
    if join.take is None:
        at.refuse(found.count > 1, f"several records of {join.table or alias} match",
                  hint="say which one: 'order' and 'take'")
    position = found.last if str(join.take or "") == "last" else found.first
    none = position < 0
    policy = str(join.none or "error")
    if policy == "error":
        at.refuse(none, f"no record of {join.table or alias} matches", hint="'none: keep' or 'none: drop'")
    for key, column in other.columns.items():
        if key != SUBJECT and len(key) == 1:
            rows.columns["@", alias, key[0]] = column.take(position)
            rows.columns.setdefault(("@", key[0]), rows.columns["@", alias, key[0]])
    return rows.where(~none) if policy == "drop" else rows


def _role_key(role: str) -> Key:
    return "@test", role


def _stopped(source: SourceSpec, at: Derivation) -> np.ndarray:
    """Where the source says that nothing was done."""
    part = source.model.not_done
    return at.condition(part.when) if part is not None else np.zeros(at.rows.size, dtype=bool)


def _marked(rows: Rows, mask: np.ndarray) -> None:
    """Note the records that stand for something not done (role ``not_done``)."""
    rows.put(_role_key("not_done"), Coded.constant("Y", rows.size).where(mask), Kind.TEXT)


def _panel(source: SourceSpec, results: list[Column], stopped: np.ndarray, at: Derivation) -> list[Rows]:
    """A record for the whole panel of each row where nothing was done."""
    part = source.model.not_done
    if part is None or part.test is None:
        return []
    for column in results:
        at.refuse(stopped & ~column.isna(), lambda v: f"not done, and yet a result '{v}'",
                  column.values)
    positions = np.flatnonzero(stopped)
    made = at.rows.take(positions)
    made.put(_role_key("code"), Coded.constant(str(part.test), made.size), Kind.TEXT)
    if part.name is not None:
        made.put(_role_key("name"), Coded.constant(str(part.name), made.size), Kind.TEXT)
    _marked(made, np.ones(made.size, dtype=bool))
    made.put(("@row",), pd.Series(positions, dtype="float64"), Kind.NUMBER)
    return [made]


def _wide(source: SourceSpec, at: Derivation) -> Rows:
    """One record a test, row and filled result column of a wide table; a test wholly blank makes none."""
    base, stopped = at.rows, _stopped(source, at)
    each = source.model.not_done is not None and bool(source.model.not_done.each)
    results = {code: [at.column(r) for r in test.result or ()] for code, test in source.tests.items()}
    parts = _panel(source, [column for columns in results.values() for column in columns], stopped, at)
    for code, test in source.tests.items():
        roles = {role: at.column(ref) for role, ref in test.roles().items()}
        filled = [~column.isna() for column in results[code]] or [np.zeros(base.size, dtype=bool)]
        lacking = ~np.logical_or.reduce(filled)
        if str(source.model.empty or "drop") != "keep":
            lacking &= stopped & each
        # Without any result the test has one record, if any: that of its first result column.
        filled[0] = filled[0] | lacking
        there = at.condition(test.when)
        for number, mask in enumerate(filled):
            positions = np.flatnonzero(mask & there)
            part = base.take(positions)
            if results[code]:
                part.columns[_role_key("result")] = results[code][number].take(positions)
            for role, column in roles.items():
                part.columns[_role_key(role)] = column.take(positions)
            part.put(_role_key("code"), Coded.constant(code, part.size), Kind.TEXT)
            if source.model.not_done is not None:
                _marked(part, (stopped & lacking & each)[positions])
            part.put(("@row",), pd.Series(positions, dtype="float64"), Kind.NUMBER)
            parts.append(part)
    made = stack(at.dataset, parts)
    order = np.lexsort([np.concatenate([np.full(p.size, n) for n, p in enumerate(parts)]),
                        made.values("@row").to_numpy()])
    return made.take(order)


def _long(source: SourceSpec, long: Long, at: Derivation) -> Rows:
    """Name the test of each record of a long table."""
    rows, stopped = at.rows, _stopped(source, at)
    names: dict[str, str] = {}
    for code, test in source.tests.items():
        for name in test.is_ or (code,):
            names[str(name).casefold()] = code
    raw = at.coded(long.test)
    codes = raw.map(lambda text: names.get(text.casefold()))
    part = source.model.not_done
    if part is not None:
        _marked(rows, stopped)
        if part.test is not None:
            codes = codes.filled(stopped, str(part.test))
        if part.name is not None:
            rows.put(_role_key("name"), Coded.constant(str(part.name), rows.size).where(stopped), Kind.TEXT)
    stray = codes.isna()
    if str(long.others or "error") == "drop":
        at.note(stray, lambda v: f"test '{v}' is not among the tests; dropped", raw)
    else:
        at.refuse(stray, lambda v: f"'{v}' in {long.test} is none of the tests", raw,
                  "add it under 'tests', or set 'others: drop'")
    rows.put(_role_key("code"), codes, Kind.TEXT)
    named = {"result": long.result, "unit": long.unit, "low": long.low, "high": long.high}
    for role, ref in {**{r: c for r, c in named.items() if c is not None}, **(long.columns or {})}.items():
        if isinstance(ref, Ref):
            rows.columns[_role_key(str(role))] = at.column(ref)
    return rows.where(~stray)


def test_column(role: str, tests: dict[str, Test], rows: Rows) -> Column:
    """A role's values: a column of it, or what each test says under ``values``."""
    key = _role_key(role)
    values = rows.columns[key] if key in rows.columns else Column(Coded.nulls(rows.size), Kind.TEXT)
    stated = {c: str((t.values or {})[role]) for c, t in tests.items() if role in (t.values or {})}
    if not stated:
        return values
    own = rows.coded(*_role_key("code")).map(stated.get)
    return Column(values.coded.or_else(own), Kind.TEXT)


__all__ = ["Origin", "source_rows", "test_column"]
