"""How two datasets differ, in lines for people and in what JSON has words for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from dossier.transport.diff import Alone, DatasetDiff, Identical, OneSided, Result
from dossier.transport.diff_keys import Matching
from dossier.transport.diff_values import ValueDiff
from dossier.transport.shown import Value, moment, number, number_pair, plain_line, text_pair
from dossier.transport.tables import table
from engine.columns import Kind
from engine.errors import counted
from engine.xpt import Metadata, Variable

_MOVED = 8
"""So many variables are named where their order differs."""


def told(result: Result, width: int = 100) -> Iterator[str]:
    """The lines that tell of one dataset, or of a file that only one side has."""
    file = plain_line(result.file)
    if isinstance(result, OneSided):
        what = f": dataset {plain_line(result.dataset)}" if result.dataset else ""
        yield f"{file}{what}: only in {result.side}"
    elif isinstance(result, Identical):
        yield f"{file}: identical, byte by byte"
    else:
        yield f"{file}: equal; {_size(result.a)}" if result.equal else f"{file}: different"
        yield from _asides(result)
        if not result.equal:
            yield from _records(result)
            yield from _attributes(result)
            yield from _values(result)
            yield from _summary(result, width)


def _size(metadata: Metadata) -> str:
    variables = counted(len(metadata.variables), "variable")
    return f"{metadata.records:,} record{'s' if metadata.records != 1 else ''}, {variables}"


def _asides(result: DatasetDiff) -> Iterator[str]:
    """What may differ: when and how the files were written."""
    a, b = result.a, result.b
    pairs = [("created", moment(a.created), moment(b.created)),
             ("modified", moment(a.modified), moment(b.modified)),
             ("version", str(a.version), str(b.version)),
             ("written by SAS", plain_line(f"{a.sas} {a.system}"), plain_line(f"{b.sas} {b.system}"))]
    for word, one, other in pairs:
        if one != other:
            yield f"  {word} {one} -> {other} (not compared)"


def _records(result: DatasetDiff) -> Iterator[str]:
    """How many records there are, what brought them together, and those that are alone."""
    matching = result.matching
    by = ", ".join(plain_line(key.name) for key in matching.keys) or "position"
    why = f" ({plain_line(matching.note)})" if matching.note else ""
    a, b = result.a.records, result.b.records
    numbers = f"{a:,} -> {b:,}" if a != b else f"{a:,}"
    yield f"  records: {numbers}; {matching.both:,} in both, matched by {by}{why}"
    name = plain_line(result.a.name)
    for side, alone in (("A", result.records_a), ("B", result.records_b)):
        for record in alone:
            yield f"{name}: only in {side}: {named(record, matching)}"
        if alone.count > len(alone.listed):
            yield f"{name}: only in {side}: {_more(alone.count - len(alone.listed), 'record')}"
    if result.records_moved:
        yield f"{name}: records stand in another order, first {named(result.records_moved, matching)}"


def _more(left: int, thing: str) -> str:
    return f"{left:,} more {thing}{'s' if left != 1 else ''}; -v lists all"


def named(record: Mapping[str, Value], matching: Matching) -> str:
    """What names a record: ``USUBJID=01-001, AESEQ=3``, or ``record 12``."""
    if not matching.keys:
        return f"record {number(record['record'])}"
    return ", ".join(f"{plain_line(key.name)}={_bare(record[key.name], key.kind)}" for key in matching.keys)


def _bare(value: Value, kind: Kind) -> str:
    if value is None:
        return "(blank)"
    return plain_line(value) if isinstance(value, str) else number(value, kind)


def _attributes(result: DatasetDiff) -> Iterator[str]:
    """What differs in the dataset's name and label and in its variables."""
    name = plain_line(result.a.name)
    for change in result.changed:
        subject = f"{name}.{plain_line(change.variable)}" if change.variable else name
        a, b = (plain_line(value) or "none" for value in (change.a, change.b))
        if change.attribute == "label" or not change.variable:
            a, b = text_pair(change.a, change.b)
        unread = "; its values were not compared" if change.variable and change.attribute == "type" else ""
        yield f"{subject}: {change.attribute} {a} -> {b}{unread}"
    for side, alone in (("A", result.only_a), ("B", result.only_b)):
        for variable in alone:
            yield f"{name}.{plain_line(variable.name)}: only in {side} ({_described(variable)})"
    if result.moved:
        a, b = (" ".join(plain_line(one) for one in names[:_MOVED]) + (" ..." if len(names) > _MOVED else "")
                for names in result.moved)
        yield f"{name}: order of variables: {a} -> {b}"


def _described(variable: Variable) -> str:
    label = f", '{plain_line(variable.label)}'" if variable.label else ""
    return f"{variable.type} {variable.length}{label}"


def _values(result: DatasetDiff) -> Iterator[str]:
    """The values that differ, as many as are listed."""
    for found in result.values:
        subject = plain_line(f"{result.a.name}.{found.variable}")
        for one in found:
            if found.kind is Kind.TEXT:
                a, b = text_pair(*("" if value is None else str(value) for value in (one.a, one.b)))
            else:
                a, b = number_pair(one.a, one.b, found.kind)
            yield f"{subject}: {named(one.record, found.matching)}: {a} -> {b}"
        if found.count > len(found):
            yield f"{subject}: {_more(found.count - len(found), 'value')}"


def _summary(result: DatasetDiff, width: int) -> list[str]:
    """A table with a line for each variable in which something differs."""
    words: dict[str, list[str]] = {}
    for change in result.changed:
        if change.variable:
            words.setdefault(change.variable, []).append(change.attribute)
    for side, alone in (("A", result.only_a), ("B", result.only_b)):
        words |= {variable.name: [f"only in {side}"] for variable in alone}
    values = {found.variable: found for found in result.values}
    order = dict.fromkeys([*result.a.column_names, *result.b.column_names])
    rows = []
    for name in order:
        if name in words or name in values:
            found = values.get(name)
            share = "" if found is None else _share(found.count, result.matching.both)
            largest = "" if found is None or found.largest is None else f"{found.largest:.6g}"
            rows.append((plain_line(name), "" if found is None else f"{found.count:,}", share, largest,
                         ", ".join(words.get(name, []))))
    heads = ("variable", "values", "of records", "furthest apart", "otherwise")
    return ["", *table(heads, rows, right=(1, 2, 3), room=width, flexible=4), ""] if rows else []


def _share(count: int, of: int) -> str:
    """A part of all, in percent.

    >>> _share(1, 3), _share(1, 10_000), _share(9_999, 10_000)
    ('33.3%', '<0.1%', '>99.9%')
    """
    part = f"{count / of:.1%}"
    return "<0.1%" if part == "0.0%" else ">99.9%" if part == "100.0%" and count < of else part


class Tally:
    """Counts results, for the line a comparison ends with.

    >>> tally = Tally()
    >>> tally.add(OneSided("ae.xpt", "", "A"))
    >>> tally.told(), tally.equal
    ('1 compared: 0 equal, 0 different, 1 on one side only', False)
    """

    def __init__(self) -> None:
        self._found = Counter[str]()

    def add(self, result: Result) -> None:
        """Count a result."""
        kind = "alone" if isinstance(result, OneSided) else "equal" if result.equal else "different"
        self._found[kind] += 1

    def __bool__(self) -> bool:
        """Whether there was any."""
        return bool(self._found)

    @property
    def equal(self) -> bool:
        """Whether nothing differed."""
        return self._found["equal"] == self._found.total()

    def told(self) -> str:
        """How many there were of each kind."""
        alone = f", {self._found['alone']} on one side only" if self._found["alone"] else ""
        return (f"{self._found.total()} compared: {self._found['equal']} equal, "
                f"{self._found['different']} different{alone}")


def plain_facts(result: Result) -> dict[str, Any]:
    """A result for programs."""
    if isinstance(result, OneSided):
        return {"file": result.file, "equal": False, "only_in": result.side,
                **({"dataset": result.dataset} if result.dataset else {})}
    if isinstance(result, Identical):
        return {"file": result.file, "datasets": [one.name for one in result.datasets], "equal": True,
                "identical": True}
    matching = result.matching
    return {
        "file": result.file, "dataset": result.a.name, "equal": result.equal, "identical": False,
        "stamps": {side: _stamps(one) for side, one in (("a", result.a), ("b", result.b))},
        "attributes": [{"variable": one.variable or None, "attribute": one.attribute, "a": one.a, "b": one.b}
                       for one in result.changed],
        "variables_only_in": {"a": [v.name for v in result.only_a], "b": [v.name for v in result.only_b]},
        "order": {side: list(names) for side, names in zip("ab", result.moved or (), strict=False)} or None,
        "records": {
            "a": result.a.records, "b": result.b.records, "both": matching.both,
            "key": [key.name for key in matching.keys], "note": matching.note,
            "only_in": {"a": _alone(result.records_a), "b": _alone(result.records_b)},
            "first_moved": result.records_moved},
        "values": [_value(found) for found in result.values],
    }


def _stamps(metadata: Metadata) -> dict[str, Any]:
    return {"created": metadata.created.isoformat() if metadata.created else None,
            "modified": metadata.modified.isoformat() if metadata.modified else None,
            "version": metadata.version, "sas": metadata.sas, "system": metadata.system}


def _alone(alone: Alone) -> dict[str, Any]:
    return {"count": alone.count, "listed": list(alone)}


def _value(found: ValueDiff) -> dict[str, Any]:
    return {"variable": found.variable, "count": found.count, "furthest": found.largest,
            "listed": [{"record": one.record, "a": one.a, "b": one.b} for one in found]}
