"""What stands for a test: its code, name, result, unit, range and other columns: test."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from engine.build.derivation import Derivation
from engine.build.rows import distinct_records
from engine.build.sources import test_column
from engine.coded import Coded
from engine.columns import Column, Kind
from engine.errors import hint_for
from engine.spec.dataset import Test
from engine.spec.entries import Entry
from engine.spec.verbs import verb
from engine.terminology import Codelist, codelist
from engine.yaml.fields import OneOrMany, TextField

ROLES = ("code", "name", "result", "unit", "low", "high", "not_done")
"""Roles that every findings source knows; the spec adds others under ``columns`` and ``values``."""

_READ = {"code": (), "not_done": (), "name": ("name",), "unit": ("units", "values.unit")}
"""Keys of the tests that a role is read from, beside its columns; other roles: ``values``."""


class TestOf(Entry):
    """``{test: ROLE, blank: [TOKENS]}``: code, name, result, unit, low, high, not_done or another role.

    ``blank`` lists texts, in any case, that mean no value (``ND`` for not done).
    """

    test: TextField
    blank: OneOrMany[TextField] | None = None


@verb("test", layer="sdtm")
def derive_test(entry: TestOf, at: Derivation) -> Column:
    """A column of the record's test: of the wide or long source, or as ``values`` states it.

    ``name`` is the test's own ``name``, else the term of the --TEST codelist with
    the NCI code of the --TESTCD term (the two codelists of CDISC terminology share
    their codes); ``unit`` is spelled as the test's ``units`` say.

    Source: SDTMIG 3.4, sections 4.5.1.1 (original results) and 4.5.1.2 (tests not done).
    """
    role = str(entry.test)
    tests = tests_here(at, *_READ.get(role, (f"values.{role}",)))
    _require_role(role, tests, at)
    if role == "name":
        return _names(tests, at)
    column = test_column(role, tests, at.rows)
    if column.kind is not Kind.TEXT:
        return column
    texts = column.coded
    if entry.blank is not None:
        tokens = {str(token).casefold() for token in entry.blank}
        texts = texts.map(lambda text: None if text.strip().casefold() in tokens else text)
    if role == "unit":
        texts = _spelled(texts, tests, at)
    return Column(texts, Kind.TEXT)


def tests_here(at: Derivation, *keys: str) -> dict[str, Test]:
    """The tests of the source an entry stands in, else those of all sources.

    Of a test in several sources the latter must all say the same under ``keys``
    (``standard``, ``values.category``): glucose of blood and of urine may not be meant alike.
    """
    spec = at.build.plan.datasets[at.dataset]
    if at.where.source is not None:
        return dict(spec.sources[at.where.source].tests)
    first: dict[str, tuple[Test, str]] = {}
    for source in spec.sources:
        for code, test in source.tests.items():
            known, table = first.setdefault(code, (test, str(source.model.table)))
            for key in keys:
                if _said(test, key) != _said(known, key):
                    raise at.wrong(f"test {code} has not the same '{key}' in sources {table} and "
                                   f"{source.model.table}", "make the variable in each of them")
    return spec.tests


def _said(test: Test, key: str) -> object:
    """What a test says under a key, or a key inside one (``values.category``)."""
    name, _, inner = key.partition(".")
    value = getattr(test, name)
    return (value or {}).get(inner) if inner else value


def test_codes(at: Derivation) -> Coded:
    """The test of each record."""
    key = ("@test", "code")
    if key not in at.rows.columns:
        raise at.wrong("the dataset has no tests", "give 'tests'")
    return at.rows.columns[key].coded


def _require_role(role: str, tests: dict[str, Test], at: Derivation) -> None:
    spec = at.build.plan.datasets[at.dataset]
    known = {*ROLES, *(str(r) for t in tests.values() for r in (*t.roles(), *(t.values or {})))}
    for source in spec.sources:
        if source.long is not None:
            known |= {str(r) for r in source.long.columns or {}}
    test_codes(at)
    if role not in known:
        raise at.wrong(f"no test has a '{role}'", hint_for(role, known))


def _names(tests: dict[str, Test], at: Derivation) -> Column:
    codes = test_codes(at)
    stated = test_column("name", {}, at.rows).coded
    own = {code: str(test.name) for code, test in tests.items() if test.name is not None}
    listed = _listed_names(at)
    values = stated.or_else(codes.map(lambda code: own.get(code) or listed(code)))
    at.refuse(~codes.isna() & values.isna(), lambda v: f"test '{v}' has no name", codes,
              "give 'name' under the test")
    return Column(values, Kind.TEXT)


def _listed_names(at: Derivation) -> Callable[[str], str | None]:
    """The --TEST term of a --TESTCD term, by the NCI code they share."""
    prefix = at.dataset[:2]
    codes, names = (_codelist(f"{prefix}{ending}", at) for ending in ("TESTCD", "TEST"))

    def name(code: str) -> str | None:
        term = codes.find(code) if codes is not None else None
        found = names.by_code(term.code) if term is not None and names is not None else None
        return found.value if found is not None else None

    return name


def _codelist(variable: str, at: Derivation) -> Codelist | None:
    spec = at.build.plan.datasets[at.dataset].variables.get(variable)
    standard = at.build.plan.metadata.standard(at.dataset, variable)
    names = [str(n) for n in spec.entry.codelist] if spec is not None and spec.entry.codelist else (
        list(standard.codelists) if standard is not None else [])
    return codelist(names[0]) if names else None


def _spelled(values: Coded, tests: dict[str, Test], at: Derivation) -> Coded:
    """Units as each test's ``units`` spell them: exactly, else in any case."""
    spelling = {code: {str(k): str(v) for k, v in test.units.items()}
                for code, test in tests.items() if test.units}
    if not spelling:
        return values
    folded = {code: {k.casefold(): v for k, v in exact.items()} for code, exact in spelling.items()}
    codes = test_codes(at)
    pairs, first = distinct_records([codes, values])
    made = [unit if code not in spelling or unit is None else
            spelling[code].get(unit, folded[code].get(unit.casefold(), unit))
            for code, unit in zip(codes.take(first).texts(), values.take(first).texts(), strict=True)]
    return Coded.of(pd.Series(made, dtype="str")).take(pairs)


__all__ = ["ROLES", "TestOf", "derive_test", "test_codes", "tests_here"]
