"""What a study's specs must have to be submitted: standard variables, labels, known terms."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import cache

from engine.build.plan import Plan
from engine.build.terms import codelists_of
from engine.errors import Problem, SpecError, did_you_mean, hint_for, likely, nearest
from engine.spec.dataset import DatasetSpec, VariableSpec
from engine.spec.entries import Entry
from engine.standards import sdtm_dataset
from engine.terminology import Codelist, Package, codelist
from engine.verbs.basic import Case, Constant
from engine.yaml.fields import sort_problems
from engine.yaml.nodes import Text
from sdtm.verbs.findings import TestOf
from sdtm.verbs.standard import Standardise


def require_submittable(plan: Plan) -> None:
    """Raise a SpecError with all that keeps the specs from describing standard datasets."""
    if found := submittable_problems(plan):
        raise SpecError(sort_problems(found))


def submittable_problems(plan: Plan) -> set[Problem]:
    """What keeps the specs from describing standard datasets; no name need have been resolved."""
    found: list[Problem] = []
    for spec in plan.datasets.values():
        found += _absent(spec)
        for variable in spec.variables.values():
            if not variable.name.startswith("_"):
                found += _variable_problems(plan, spec, variable)
        for source in spec.sources:
            for variable in source.variables.values():
                if not variable.name.startswith("_"):
                    found += _term_problems(plan, spec, variable)
        found += _test_problems(plan, spec)
    return set(found)


def _absent(spec: DatasetSpec) -> Iterator[Problem]:
    """Required variables of the domain that nothing makes (SDTMIG 3.4, 4.1.1)."""
    standard = sdtm_dataset(spec.name) if spec.layer == "sdtm" else None
    for name, variable in (standard.variables.items() if standard else ()):
        if variable.core == "Req" and name not in spec.variables:
            yield Problem(spec.place, f"{spec.name}.{name}",
                          f"the variable ({variable.label}) is Required, and nothing makes it",
                          f"give it an entry, as in {name}: {_usual(name.removeprefix(spec.name))}")


def _usual(name: str) -> str:
    """The entry that a variable most often has, by its name without the domain.

    >>> _usual("TESTCD"), _usual("TERM")
    ('{test: code}', '{from: COLUMN}')
    """
    usual = {"TESTCD": "{test: code}", "TEST": "{test: name}", "SEQ": "{sequence: [VARIABLE]}"}
    return usual.get(name, "{from: COLUMN}")


def _test_problems(plan: Plan, spec: DatasetSpec) -> Iterator[Problem]:
    """Codes of tests that are a misspelt --TESTCD, and standard units that are a misspelt --STRESU.

    Letter for letter: UL/L is no way to write U/L, although uL/L is a unit.  What is like no
    term shows with the data: not every unit and code a study has is a term.
    """
    prefix = spec.name[:2]
    codes = _lists(plan, spec, f"{prefix}TESTCD", TestOf)
    units = _lists(plan, spec, f"{prefix}STRESU", Standardise)
    for source in spec.sources:
        for code, test in source.tests.items():
            wanted = [(code, test.place, codes, f"{prefix}TESTCD")]
            if test.standard is not None:
                wanted.append((str(test.standard), test.places["standard"], units, f"{prefix}STRESU"))
            for value, place, lists, name in wanted:
                more = spec.variables[name].entry.extend or {} if lists else {}
                known = _known(lists, [str(term) for term in more])
                if value in known:
                    continue
                near = likely(value, _about(value, known)) or ""
                if near and _misspelt(value, near):
                    yield Problem(place, f"{spec.name}.tests.{code}", f"'{value}' is not in {_named(lists)}",
                                  f"{did_you_mean(value, near)} else add it under 'extend' of {name}")


def _misspelt(value: str, term: str) -> bool:
    """Whether a word is that term but for a letter or two.

    >>> [_misspelt(*pair) for pair in (("HBG", "HGB"), ("UL/L", "U/L"), ("copies/ug DNA", "copies/ug"))]
    [True, True, False]
    """
    turned = " " not in value and sorted(value) == sorted(term)
    return turned or SequenceMatcher(None, value, term).ratio() > 1 - _UNLIKE


_UNLIKE = 0.18
"""The part of the letters of two words in which a misspelt one may differ."""


def _known(lists: list[Codelist], more: list[str]) -> dict[str, frozenset[str]]:
    """Terms and synonyms of codelists, and further words, with the letters of each."""
    known: dict[str, frozenset[str]] = {}
    for one in lists:
        known |= _letters(one.code, one.package, one.version)
    return known | {word: frozenset(word) for word in more}


@cache
def _letters(code: str, package: Package, version: str) -> dict[str, frozenset[str]]:
    found = codelist(code, package, version)
    return {word: frozenset(word) for term in (found.terms.values() if found else ())
            for word in (term.value, *term.synonyms)}


def _about(value: str, known: dict[str, frozenset[str]]) -> list[str]:
    """Of many words those that may be no more than misspelt: to compare all is slow.

    >>> _about("HBG", {word: frozenset(word) for word in ("HGB", "HCT", "HEMOGLOBIN")})
    ['HGB']
    """
    letters, lower = frozenset(value), value.lower()
    apart = {size: int(_UNLIKE * (len(value) + size)) for size in range(3 * len(value) + 3)}
    return [word for word, own in known.items()
            if (most := apart.get(len(word))) is not None and abs(len(value) - len(word)) <= most
            and len(letters - own) + len(own - letters) <= most and word.lower() != lower]


def _lists(plan: Plan, spec: DatasetSpec, name: str, verb: type[Entry]) -> list[Codelist]:
    """The codelists whose terms a variable must have; none where another verb makes it, or more may be."""
    variable = spec.variables.get(name)
    maker = spec.variables.get(variable.made_by) if variable is not None and variable.made_by else variable
    if variable is None or maker is None or not isinstance(maker.entry, verb):
        return []
    entry = variable.entry
    strict = entry.unmapped in (None, "error") and entry.map is None
    return codelists_of(entry, plan, spec.name, name) if strict else []


def _is_term(value: str, lists: list[Codelist], entry: Entry) -> bool:
    """Whether a value that the spec itself writes is a term, or one that it adds."""
    known = {*(str(term) for term in entry.extend or {}), *entry.brings()}
    return value in known or any(c.find(value) for c in lists)


def _named(lists: list[Codelist]) -> str:
    return f"codelist {', '.join(f'{c.value} ({c.code})' for c in lists)}"


def _variable_problems(plan: Plan, spec: DatasetSpec, variable: VariableSpec) -> Iterator[Problem]:
    subject = f"{spec.name}.{variable.name}"
    standard = plan.metadata.standard(spec.name, variable.name)
    if spec.layer == "sdtm" and standard is None and not variable.supplemental and sdtm_dataset(spec.name):
        known = sdtm_dataset(spec.name)
        near = nearest(variable.name, known.variables if known else ())
        hint = "put it under 'supplemental'"
        yield Problem(variable.place, subject, f"SDTMIG 3.4 has no such variable in {spec.name}",
                      f"{did_you_mean(variable.name, near)} else {hint}" if near else hint)
    elif not variable.supplemental and variable.name not in _from_nowhere(plan, spec) and (
            not plan.metadata.label(spec.name, variable.name).en):
        yield Problem(variable.place, subject, "no label, and the standard has none for it",
                      "as in label: {en: ..., zh: ...}")
    yield from _term_problems(plan, spec, variable)


def _from_nowhere(plan: Plan, spec: DatasetSpec) -> set[str]:
    """Variables carried from a dataset that is not there: nothing can be said of them."""
    return {name for table, names in spec.carry.items() if table not in plan.datasets for name in names}


def _term_problems(plan: Plan, spec: DatasetSpec, variable: VariableSpec) -> Iterator[Problem]:
    """Values that ``constant`` and ``case`` write and that are no terms of the codelist."""
    entry = variable.entry
    lists = codelists_of(entry, plan, spec.name, variable.name)
    for value in _written(entry) if lists else ():
        if not _is_term(str(value), lists, entry):
            near = hint_for(str(value), [t for c in lists for t in c.terms])
            yield Problem(value.place, f"{spec.name}.{variable.name}", f"'{value}' is not in {_named(lists)}",
                          near)


def _written(entry: Entry) -> list[Text]:
    """The values an entry writes itself: the terms of its ``map``, else what its verb says."""
    values: list[object] = []
    if entry.map is not None:
        values = [*entry.map.values()]
    elif isinstance(entry, Constant):
        values = [entry.constant]
    elif isinstance(entry, Case):
        values = [*entry.case.values(), entry.else_]
    return [value for value in values if isinstance(value, Text)]
