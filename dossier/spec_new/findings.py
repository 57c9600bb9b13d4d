"""Tests of a findings domain in a raw table: a column each (wide), or a record each (long)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import combinations

from dossier.spec_new.raw import RawColumn, RawTable
from dossier.spec_new.words import squeezed, test_for, without_unit
from dossier.spec_new.words import table as words_of
from engine.standards import sdtm_dataset
from engine.terminology import find_codelist

_PARTS = re.compile(r"[\s_.\-]+")
TEST_NAMES = frozenset((
    "TESTCD", "TEST", "TESTNAME", "ANALYTE", "ANALYTENAME", "PARAM", "PARAMCD", "PARAMETER", "ASSAY",
    "MEASUREMENT", "LABTEST", "TESTCODE"))
"""Names of a column that says which test a record is of."""


@dataclass
class Tests:
    """The tests of a table: by code the columns of their roles, or the text that the test column holds.

    ``long`` are the columns of a long table by role (``test``, ``result`` ...), ``strange``
    texts of its test column that no test is known for, ``used`` all columns that belong to
    tests, ``units`` a unit that stands in a column's name.
    """

    wide: dict[str, dict[str, str]] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    long: dict[str, str] = field(default_factory=dict)
    strange: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    units: dict[str, str] = field(default_factory=dict)

    @property
    def codes(self) -> list[str]:
        """The codes of the tests."""
        return list(self.wide or self.texts)

    def roles(self) -> set[str]:
        """The roles that some test has a column for."""
        return {role for columns in self.wide.values() for role in columns} | set(self.long)


def find_tests(table: RawTable, domain: str) -> Tests:
    """The tests of a findings domain in a table; none where it has none."""
    standard = sdtm_dataset(domain)
    if standard is None or standard.cls != "Findings":
        return Tests()
    long = _long(table, domain)
    return long if long.texts or long.strange else _wide(table, domain)


@cache
def _roles() -> dict[str, str]:
    return {squeezed(row["word"]): row["role"] for row in words_of("roles")}


def _wide(table: RawTable, domain: str) -> Tests:
    found = Tests()
    for by in (_by_name, _by_label):
        for column in table.own:
            if any(column.name in columns.values() for columns in found.wide.values()):
                continue
            for code, role, unit in by(column, domain):
                columns = found.wide.setdefault(code, {})
                if role not in columns and _fits(column, role):
                    columns[role] = column.name
                    told = unit or _label_unit(column)
                    if told and role == "result":
                        found.units[code] = told
                    break
    found.wide = {code: columns for code, columns in found.wide.items() if "result" in columns}
    tests = set(found.wide)
    for column in table.own:
        parts = [name for part in _parts(column.name) for name in (part, re.sub("(?i)(CD|CODE)$", "", part))]
        if any(test_for(part, domain) in tests for part in parts if part) or any(
                column.name in columns.values() for columns in found.wide.values()):
            found.used.add(column.name)
    return found


def _parts(name: str) -> list[str]:
    return [part for part in _PARTS.split(without_unit(name)[0]) if part]


def _label_unit(column: RawColumn) -> str:
    """The unit in brackets behind a label, if it is one."""
    unit, known = without_unit(column.label)[1], find_codelist("UNIT")
    return unit if unit and known is not None and known.find(unit) is not None else ""


def _fits(column: RawColumn, role: str) -> bool:
    """Whether values can be ranges, or results: more than one text that is no number."""
    if not column.filled:
        return True
    digits = any(any(c.isdigit() for c in value) for value in column.distinct[:50])
    if role in ("low", "high", "range"):
        return digits
    return role != "result" or digits or len(column.distinct) > 1 or column.distinct[0].upper() in _RESULTS


_RESULTS = frozenset({"NEGATIVE", "POSITIVE", "NORMAL", "ABNORMAL"})


def _by_label(column: RawColumn, domain: str) -> Iterator[tuple[str, str, str]]:
    """The test that a label names."""
    label, unit = without_unit(column.label)
    code = test_for(label, domain) if label else None
    if code is not None:
        yield code, "result", unit


def _by_name(column: RawColumn, domain: str) -> Iterator[tuple[str, str, str]]:
    """The test and role that a name may mean: whole, or a test among words that tell a role."""
    name, unit = without_unit(column.name)
    for whole in (name, name[2:] if name.upper().startswith(domain) else ""):
        code = test_for(whole, domain) if whole else None
        if code is not None:
            yield code, "result", unit
    parts = _parts(name)
    if parts and parts[0].upper() == domain:
        parts = parts[1:]
    for size in range(len(parts) - 1, 0, -1):
        for chosen in combinations(range(len(parts)), size):
            rest = squeezed("".join(p for n, p in enumerate(parts) if n not in chosen))
            code = test_for("_".join(parts[n] for n in chosen), domain)
            for word in (rest, rest.removeprefix(domain)):
                if code is not None and word in _roles():
                    yield code, _roles()[word], ""
    if len(parts) == 1:
        for ending, role in _roles().items():
            code = test_for(name[:-len(ending)], domain) if name.upper().endswith(ending) else None
            if code is not None and role != "result" and len(name) > len(ending) + 2:
                yield code, role, ""


def _long(table: RawTable, domain: str) -> Tests:
    result = by_role(table, domain, "result")
    if result is None:
        return Tests()
    best: tuple[float, RawColumn] | None = None
    for column in table.own:
        if column is result or not 0 < len(column.distinct) <= 400:
            continue
        share = sum(test_for(value, domain) is not None for value in column.distinct) / len(column.distinct)
        named = column.key in TEST_NAMES or column.key.removeprefix(domain) in ("TESTCD", "TEST")
        score = share + (0.6 if named else 0.0)
        several = named or len(column.distinct) > 2
        if several and score >= 0.5 and (best is None or score > best[0]):
            best = score, column
    if best is None:
        return Tests()
    found = Tests(long={"test": best[1].name, "result": result.name})
    for role in ("unit", "low", "high"):
        column_ = by_role(table, domain, role)
        if column_ is not None and column_ is not best[1]:
            found.long[role] = column_.name
    for value in best[1].distinct:
        code = test_for(value, domain)
        if code is None:
            found.strange.append(value)
        else:
            found.texts.setdefault(code, []).append(value)
    found.used = set(found.long.values())
    return found


def by_role(table: RawTable, domain: str, role: str) -> RawColumn | None:
    """The column whose name is a role's word, with or without the domain's letters."""
    for column in table.own:
        key = column.key
        for name in (key.removeprefix(domain), key):
            if _roles().get(name) == role and len(name) > 1:
                return column
    return None
