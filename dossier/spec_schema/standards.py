"""What the standards have to offer an editor: variables, their labels, terms and tests."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dossier.spec_schema.models import ref
from engine.standards import (
    StandardDataset,
    StandardVariable,
    adam_structure,
    adam_structures,
    adam_variable,
    sdtm_dataset,
    sdtm_names,
)
from engine.standards.sdtm import pool
from engine.terminology import Codelist, find_codelist
from engine.yaml.shapes import TEXT, Shape

MOST_TERMS = 200
"""Codelists of more terms are named, not listed."""

_CORE = {"Req": "Required", "Exp": "Expected", "Perm": "Permissible", "Cond": "Conditional"}
_INDEX = {"xx": "01", "zz": "01", "y": "1", "w": "1"}


class Offers:
    """Builds the part of a schema that knows standard variables; gathers its definitions."""

    def __init__(self, definitions: dict[str, Shape]) -> None:
        self.definitions = definitions

    def domains(self) -> list[Shape]:
        """For each SDTM domain its variables, and no others but working columns."""
        found = []
        for name in sdtm_names():
            standard = sdtm_dataset(name)
            assert standard is not None
            every = dict(standard.variables)
            for generic, variable in pool(standard.cls).items():
                every.setdefault(generic.replace("--", name), variable)
            offered = {"properties": self._properties(every, name), "patternProperties": {"^_": {}},
                       "additionalProperties": False}
            self.definitions[f"variables.{name}"] = offered
            then = _everywhere(ref(f"variables.{name}"))
            tests = self._tests(standard)
            if tests is not None:
                then["properties"]["tests"] = tests
            found.append({"if": _is("domain", name), "then": then})
        return found

    def structures(self) -> list[Shape]:
        """For each ADaM structure its variables; others may have any name."""
        found = []
        for name in adam_structures():
            structure = adam_structure(name)
            assert structure is not None
            indexed = {_indexed(n): v for n, v in structure.variables.items() if not n.startswith("*")}
            every = {n: adam_variable(name, n) or v for n, v in indexed.items()}
            self.definitions[f"variables.{name}"] = {"properties": self._properties(every, "")}
            condition = _structure(name, structure)
            found.append({"if": condition, "then": _everywhere(ref(f"variables.{name}"))})
        return found

    def _properties(self, variables: Mapping[str, StandardVariable], domain: str) -> dict[str, Shape]:
        return {name: self._variable(variable, name, domain) for name, variable in variables.items()
                if len(name) <= 8}

    def _variable(self, variable: StandardVariable, name: str, domain: str) -> Shape:
        lists = [c for code in variable.codelists if (c := find_codelist(code)) is not None]
        told = [_CORE.get(variable.core, ""), "number" if variable.type == "Num" else "text", variable.role,
                *(f"codelist {c.value} ({c.code})" for c in lists),
                *([f"values {', '.join(variable.value_list)}"] if variable.value_list else [])]
        label = variable.label.replace("--", domain) or name
        made: Shape = {"description": f"{label}. {', '.join(part for part in told if part)}"}
        short = [c for c in lists if len(c.terms) <= MOST_TERMS]
        if len(short) == len(lists) == 1 and variable.role != "Result Qualifier":
            return {**made, "allOf": [self._terms(short[0])]}
        return {**made, "type": "object"}

    def _terms(self, codelist: Codelist) -> Shape:
        """Offers the terms wherever an entry writes a value; synonyms and other cases are terms too."""
        name = f"terms.{codelist.code}"
        if name not in self.definitions:
            self.definitions[f"term.{codelist.code}"] = {"anyOf": [{"enum": list(codelist.terms)}, TEXT]}
            value = ref(f"term.{codelist.code}")
            values = {"type": "object", "additionalProperties": value}
            self.definitions[name] = {"type": "object", "properties": {
                "constant": value, "map": values, "case": values, "then": value, "else": value,
                "flag": value}}
        return ref(name)

    def _tests(self, standard: StandardDataset) -> Shape | None:
        variable = standard.variables.get(f"{standard.name}TESTCD")
        codelist = find_codelist(variable.codelists[0]) if variable and variable.codelists else None
        if codelist is None:
            return None
        name = f"tests.{codelist.code}"
        self.definitions[name] = {"properties": {
            code: {"description": term.decode} for code, term in codelist.terms.items()}}
        return ref(name)


def _everywhere(variables: Shape) -> Shape:
    """The variables of a file, of its one source and of each of its sources."""
    inside = {"properties": {"variables": variables}}
    return {"properties": {"variables": variables, "from": {**inside, "items": inside}}}


def _is(key: str, value: str) -> Shape:
    return {"properties": {key: {"const": value}}, "required": [key]}


def _structure(name: str, structure: StandardDataset) -> Shape:
    """What of a file says that it follows a structure (see :func:`engine.build.expand.structure_of`)."""
    if name == "ADSL":
        return _is("dataset", "ADSL")
    not_adsl = {"not": _is("dataset", "ADSL")}
    if structure.subclass:
        return {"allOf": [_is("class", structure.cls), _is("subclass", structure.subclass), not_adsl]}
    others = [s.subclass for n in adam_structures() if (s := adam_structure(n)) is not None and s.subclass]
    own = {"properties": {"subclass": {"not": {"enum": others}}}}
    return {"allOf": [_is("class", structure.cls), own, not_adsl]}


def _indexed(template: str) -> str:
    """The first variable that a template names; a plain name is itself.

    >>> _indexed("TRTxxP"), _indexed("TRxxPGy"), _indexed("AVAL")
    ('TRT01P', 'TR01PG1', 'AVAL')
    """
    return re.sub("xx|zz|y|w", lambda found: _INDEX[found[0]], template)
