"""Fill in what a spec need not say: identifiers, kept and carried variables, standard metadata."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TypeVar

from engine.columns import Kind
from engine.errors import Place
from engine.spec.dataset import DatasetSpec, StepSpec, VariableSpec
from engine.spec.entries import Declaration, Label
from engine.spec.grading import Grading
from engine.spec.load import StudySpec
from engine.spec.references import Ref
from engine.spec.study import Study
from engine.spec.verbs import verbs_of
from engine.standards import (
    StandardVariable,
    adam_structure,
    adam_variable,
    sdtm_dataset,
    sdtm_variable,
)
from engine.standards.chinese import chinese_label
from engine.yaml.fields import validate
from engine.yaml.nodes import Text, YamlMap


@dataclasses.dataclass(frozen=True)
class Known:
    """What an entry may look at to fill in what it leaves unsaid: the study, and names of variables.

    An entry or step that has a method ``completed(known)`` gives its like with
    more said, before names are resolved; what it adds is read like what was typed.
    """

    study: Study
    dataset: str
    datasets: Mapping[str, DatasetSpec]
    gradings: Mapping[str, Grading] = dataclasses.field(default_factory=dict)

    def variables(self, table: str | None = None) -> list[str]:
        """The variables of this dataset or another, in their order; none of a raw table."""
        spec = self.datasets.get(self.dataset if table is None else table)
        if spec is None:
            return []
        return list(dict.fromkeys([*spec.variables, *(n for s in spec.sources for n in s.variables)]))

    def first_of(self, *names: str) -> str | None:
        """The first of these names that is a variable of this dataset."""
        own = set(self.variables())
        return next((name for name in names if name in own), None)

    def collected(self, ref: Ref) -> Ref | None:
        """The --DTC that a variable of this dataset is imputed from, if its entry tells one."""
        spec = self.datasets[self.dataset].variables.get(ref.parts[0]) if len(ref.parts) == 1 else None
        found: Ref | None = getattr(spec.entry, "collected", None) if spec is not None else None
        return found


def expand(study: StudySpec) -> dict[str, DatasetSpec]:
    """Every dataset with the variables its file leaves to the standard, and entries said in full."""
    found = {name: _expanded(spec, study) for name, spec in study.datasets.items()}
    return {name: _completed(spec, Known(study.study, name, found, study.gradings))
            for name, spec in found.items()}


def _completed(spec: DatasetSpec, known: Known) -> DatasetSpec:
    def said(part: _Part) -> _Part:
        made = getattr(part.entry, "completed", None)
        return part if made is None else dataclasses.replace(part, entry=made(known))

    variables = {name: said(variable) for name, variable in spec.variables.items()}
    sources = tuple(dataclasses.replace(source, variables={n: said(v) for n, v in source.variables.items()})
                    for source in spec.sources)
    return dataclasses.replace(spec, variables=variables, sources=sources,
                               steps=tuple(said(step) for step in spec.steps))


_Part = TypeVar("_Part", VariableSpec, StepSpec)


def _made(spec: DatasetSpec, name: str, verb: str, value: str, place: Place) -> VariableSpec:
    said = {verb: value}
    if spec.layer == "adam":  # carried as it is: its own dataset has seen to its terms
        said["codelist"] = "none"
    place = getattr(name, "place", place)  # a name listed under keep or with
    node = YamlMap(((Text(k, place), Text(v, place)) for k, v in said.items()), place)
    found = verbs_of(spec.layer)[verb]
    return VariableSpec(name, validate(found.entry, node, f"{spec.name}.{name}"), found, place, node=node,
                        unwritten=verb == "missing" and spec.layer == "sdtm")


def _expanded(spec: DatasetSpec, study: StudySpec) -> DatasetSpec:
    wanted: dict[str, tuple[str, str]] = {}
    if spec.layer == "sdtm":
        standard = sdtm_dataset(spec.name)
        wanted = {"STUDYID": ("expression", "study.id"), "DOMAIN": ("constant", spec.name)}
        if standard is None or "USUBJID" in standard.variables:
            wanted["USUBJID"] = ("subject", "true")
    else:
        names = ("STUDYID", "USUBJID", *spec.keep)
        wanted = {n: ("from", n) for n in names}
        for table, carried in spec.carry.items():
            there = table in study.datasets or table in study.study.raw.tables
            # What is carried from a table that is not there is blank: the table is told, once.
            wanted |= {n: ("from", f"{table}.{n}") if there else ("missing", "true")
                       for n in carried if n not in wanted}
    own = set(spec.variables) | {n for s in spec.sources for n in s.variables}
    own |= {n for step in spec.steps for n in getattr(step.entry, "makes", tuple)()}
    if spec.layer == "sdtm" and (standard := sdtm_dataset(spec.name)) is not None:
        expected = (n for n, v in standard.variables.items() if v.core == "Exp")
        wanted |= {n: ("missing", "true") for n in expected if n not in own}
    made = {n: _made(spec, n, *how, spec.place) for n, how in wanted.items() if n not in own}
    made |= {n: _stacked(spec, n) for s in spec.sources for n in s.variables if n not in spec.variables}
    for step in spec.steps:
        for name in getattr(step.entry, "makes", tuple)():
            if name not in spec.variables:
                made.setdefault(name, VariableSpec(name, Declaration(), None, step.place))
    return dataclasses.replace(spec, variables=made | dict(spec.variables))


def _stacked(spec: DatasetSpec, name: str) -> VariableSpec:
    """A variable that only the sources make: described by the first source's entry."""
    found = next(s.variables[name] for s in spec.sources if name in s.variables)
    return dataclasses.replace(found, verb=None)


def structure_of(spec: DatasetSpec) -> str:
    """The ADaM structure a dataset follows, from its class and subclass (ADaMIG 1.3, OCCDS 1.1)."""
    cls, sub = str(spec.model.cls or "").upper(), str(spec.model.subclass or "").upper()
    if spec.name == "ADSL":
        return "ADSL"
    if cls == "OCCURRENCE DATA STRUCTURE":
        return "ADAE" if sub == "ADVERSE EVENT" else "OCCDS"
    if sub == "TIME-TO-EVENT":
        return "TTE"
    if sub == "NON-COMPARTMENTAL ANALYSIS":
        return "NCA"
    return "BDS"


class Metadata:
    """Standard metadata of each variable: of its own structure, else of where it comes from."""

    def __init__(self, datasets: Mapping[str, DatasetSpec]) -> None:
        self.datasets = datasets
        self._found: dict[tuple[str, str], StandardVariable | None] = {}

    def standard(self, dataset: str, name: str) -> StandardVariable | None:
        """The standard's own words on a variable, or None."""
        if (dataset, name) not in self._found:
            self._found[dataset, name] = self._standard(dataset, name)
        return self._found[dataset, name]

    def _standard(self, dataset: str, name: str) -> StandardVariable | None:
        spec = self.datasets[dataset]
        variable = spec.variables.get(name)
        if variable is not None and variable.supplemental:
            return None
        if spec.layer == "sdtm":
            return sdtm_variable(dataset, name)
        own = adam_structure(structure_of(spec))
        if own is not None and name in own.variables:
            return own.variables[name]
        for table in self._origins(spec, name):
            if table in self.datasets and name in self.datasets[table].variables:
                found = self.standard(table, name)
                if found is not None:
                    return dataclasses.replace(found, core="")
        return adam_variable(structure_of(spec), name)

    @staticmethod
    def _origins(spec: DatasetSpec, name: str) -> list[str]:
        carried = [t for t, names in spec.carry.items() if name in names]
        return carried + [t for s in spec.sources for t in s.tables.values()]

    def source_entry(self, dataset: str, name: str) -> VariableSpec | None:
        """The variable of that name in the dataset this one carries it from."""
        spec = self.datasets[dataset]
        for table in self._origins(spec, name):
            if table in self.datasets and name in self.datasets[table].variables:
                return self.datasets[table].variables[name]
        return None


    def label(self, dataset: str, name: str) -> Label:
        """A variable's label: the entry's, else the standard's, else that of the variable it carries.

        The standard's Chinese is our own (see :mod:`engine.standards.chinese`).
        """
        own = self.datasets[dataset].variables[name].entry.label
        standard = self.standard(dataset, name)
        carried = self.source_entry(dataset, name)
        theirs = carried.entry.label if carried is not None else None
        english = [own and own.en, standard and standard.label, theirs and theirs.en]
        chinese = [own and own.zh, chinese_label(dataset, name), theirs and theirs.zh]
        return Label.model_construct(en=next((t for t in english if t), None),
                                     zh=next((t for t in chinese if t), None))


__all__ = ["Kind", "Metadata", "expand", "structure_of"]
