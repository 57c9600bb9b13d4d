"""The terms that a study's translations give, by variable: what a value is written as."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from engine.build.plan import Plan
from engine.build.raw import RawTables
from engine.build.refusals import Refusals
from engine.errors import DataError, Place, Problem, SpecError, hint_for
from engine.spec.transport import Translation
from engine.yaml.fields import sort_problems

Terms = dict[str, str]
"""A value, and the term it is written as."""

LANGUAGES = ("en", "zh")
"""The languages that values are translated into."""


def terms_of(plan: Plan, language: str) -> dict[str, Terms]:
    """The terms of each variable that has a translation into a language.

    Raises a SpecError for a variable that no dataset has and for a table or
    column that is not there, a DataError for a value with several terms.
    """
    transport = plan.study.study.transport
    if transport is None or transport.translations is None:
        return {}
    wanted = transport.translations.of(language)
    problems = translation_problems(plan, language)
    if problems:
        raise SpecError(sort_problems(problems))
    used: dict[str, set[str]] = {}
    for one in wanted.values():
        if one.in_ is not None:
            used.setdefault(str(one.in_), set()).update((str(one.match), str(one.take)))
    refusals = Refusals()
    raw = RawTables(plan.study, refusals, used, plan.scope.headers)
    found: dict[str, Terms] = {}
    twice: list[Problem] = []
    for name, one in wanted.items():
        terms = {} if one.in_ is None else _looked_up(raw, one, f"{_where(language)}.{name}", twice)
        found[name] = {**terms, **{str(k): str(v) for k, v in (one.map or {}).items()}}
    twice += [problem for one in refusals.problems.values() for problem in one]
    if twice:
        raise DataError(sort_problems(twice))
    return found


def translation_problems(plan: Plan, language: str | None = None) -> list[Problem]:
    """Variables, tables and columns that translations name and the study does not have."""
    transport = plan.study.study.transport
    if transport is None or transport.translations is None:
        return []
    known = {name for spec in plan.datasets.values() for name in spec.variables if not name.startswith("_")}
    return [problem for wanted in ((language,) if language else LANGUAGES)
            for name, one in transport.translations.of(wanted).items()
            for problem in _unknown(name, f"{_where(wanted)}.{name}", one, known, plan)]


def translation_columns(plan: Plan) -> dict[str, set[str]]:
    """The columns of raw tables that translations read."""
    transport = plan.study.study.transport
    found: dict[str, set[str]] = {}
    if transport is not None and transport.translations is not None:
        for language in LANGUAGES:
            for one in transport.translations.of(language).values():
                if one.in_ is not None:
                    found.setdefault(str(one.in_), set()).update(
                        str(column) for column in (one.match, one.take) if column is not None)
    return found


def _where(language: str) -> str:
    return f"transport.translations.{language}"


def _unknown(name: str, subject: str, one: Translation, known: set[str], plan: Plan) -> list[Problem]:
    """A name that the study does not have: of the variable, the table, or a column."""
    if name not in known:
        place: Place | None = getattr(name, "place", None)
        return [Problem(place, subject, f"no dataset has a variable {name}", hint_for(name, known))]
    if one.in_ is None:
        return []
    headers = plan.scope.headers
    if one.in_ not in headers:
        hint = hint_for(one.in_, headers)
        return [Problem(one.in_.place, subject, f"there is no raw table '{one.in_}'", hint)]
    return [Problem(column.place, subject, f"table {one.in_} has no column '{column}'",
                    hint_for(column, headers[one.in_]))
            for column in (one.match, one.take) if column is not None and column not in headers[one.in_]]


def _looked_up(raw: RawTables, one: Translation, subject: str, problems: list[Problem]) -> Terms:
    rows = raw.rows(str(one.in_))
    table = pd.DataFrame({"value": rows.values(str(one.match)), "term": rows.values(str(one.take))})
    table = table.dropna().drop_duplicates()
    several = table[table["value"].duplicated(keep=False)]
    for value, terms in several.groupby("value")["term"]:
        told = " and ".join(f"'{term}'" for term in terms)
        problems.append(Problem(one.in_.place if one.in_ else None, subject,
                                f"'{value}' has several terms in table {one.in_}: {told}",
                                "keep one of them with 'where' of a raw table, or name it under 'map'"))
    return dict(zip(table["value"], table["term"], strict=True))


def own_characters(plan: Plan) -> Mapping[str, str]:
    """What the study writes characters as."""
    transport = plan.study.study.transport
    given = transport.characters if transport is not None else None
    return {str(k): str(v) for k, v in (given or {}).items()}
