"""What stands for a test: its code, name, result, unit, range and other columns: test."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from engine.build.derivation import Derivation
from engine.build.sources import test_column
from engine.columns import Column, Kind, map_distinct
from engine.errors import hint_for
from engine.spec.dataset import Test
from engine.spec.entries import Entry
from engine.spec.verbs import verb
from engine.terminology import Codelist, codelist
from engine.yaml.fields import OneOrMany, TextField

ROLES = ("code", "name", "result", "unit", "low", "high", "not_done")
"""Roles that every findings source knows; the spec adds others under ``columns`` and ``values``."""


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
    """
    role, tests = str(entry.test), tests_here(at)
    _require_role(role, tests, at)
    if role == "name":
        return _names(tests, at)
    column = test_column(role, tests, at.rows)
    values = column.values
    if entry.blank is not None and column.kind is Kind.TEXT:
        tokens = {str(token).casefold() for token in entry.blank}
        values = values.mask(values.str.strip().str.casefold().isin(tokens))
    if role == "unit":
        values = _spelled(values, tests, at)
    return Column(values, column.kind)


def tests_here(at: Derivation) -> dict[str, Test]:
    """The tests of the source an entry stands in, else those of all sources."""
    spec = at.build.plan.datasets[at.dataset]
    return dict(spec.tests if at.where.source is None else spec.sources[at.where.source].tests)


def test_codes(at: Derivation) -> pd.Series:
    """The test of each record."""
    key = ("@test", "code")
    if key not in at.rows.columns:
        raise at.wrong("the dataset has no tests", "give 'tests'")
    return at.rows.columns[key].values


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
    stated = test_column("name", {}, at.rows).values
    own = {code: str(test.name) for code, test in tests.items() if test.name is not None}
    listed = _listed_names(at)
    values = map_distinct(codes, lambda c: own.get(str(c)) or listed(str(c)))
    values = values.where(stated.isna(), stated)
    at.refuse((codes.notna() & values.isna()).to_numpy(), lambda v: f"test '{v}' has no name", codes,
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


def _spelled(values: pd.Series, tests: dict[str, Test], at: Derivation) -> pd.Series:
    """Units as each test's ``units`` spell them: exactly, else in any case."""
    codes = test_codes(at)
    made = values
    for code, test in tests.items():
        if test.units:
            exact = {str(k): str(v) for k, v in test.units.items()}
            folded = {k.casefold(): v for k, v in exact.items()}
            at_test = (codes == code).to_numpy(dtype=bool, na_value=False)
            spelled = map_distinct(values, lambda v, e=exact, f=folded: (  # type: ignore[misc]
                e.get(str(v), f.get(str(v).casefold(), str(v)))))
            made = made.mask(at_test, spelled)
    return made


__all__ = ["ROLES", "TestOf", "derive_test", "test_codes", "tests_here"]
