"""What a study's specs must have to be submitted: standard variables, labels, known terms."""

from __future__ import annotations

from collections.abc import Iterator

from engine.build.plan import Plan
from engine.build.terms import codelists_of
from engine.errors import Problem, SpecError, hint_for
from engine.spec.dataset import DatasetSpec, VariableSpec
from engine.spec.entries import Entry
from engine.standards import sdtm_dataset
from engine.verbs.basic import Case, Constant
from engine.yaml.fields import sort_problems
from engine.yaml.nodes import Text


def require_submittable(plan: Plan) -> None:
    """Raise a SpecError with all that keeps the specs from describing standard datasets."""
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
    if found:
        raise SpecError(sort_problems(set(found)))


def _absent(spec: DatasetSpec) -> Iterator[Problem]:
    """Required variables of the domain that nothing makes (SDTMIG 3.4, 4.1.1)."""
    standard = sdtm_dataset(spec.name) if spec.layer == "sdtm" else None
    for name, variable in (standard.variables.items() if standard else ()):
        if variable.core == "Req" and name not in spec.variables:
            yield Problem(spec.place, f"{spec.name}.{name}", "the variable is Required, and nothing makes it",
                          f"{variable.label}; give it an entry")


def _variable_problems(plan: Plan, spec: DatasetSpec, variable: VariableSpec) -> Iterator[Problem]:
    subject = f"{spec.name}.{variable.name}"
    standard = plan.metadata.standard(spec.name, variable.name)
    if spec.layer == "sdtm" and standard is None and not variable.supplemental and sdtm_dataset(spec.name):
        known = sdtm_dataset(spec.name)
        near = hint_for(variable.name, known.variables if known else ())
        yield Problem(variable.place, subject, f"SDTMIG 3.4 has no such variable in {spec.name}",
                      f"put it under 'supplemental'; {near}")
    elif not variable.supplemental and not plan.metadata.label(spec.name, variable.name).en:
        yield Problem(variable.place, subject, "no label, and the standard has none for it",
                      "as in label: {en: ..., zh: ...}")
    yield from _term_problems(plan, spec, variable)


def _term_problems(plan: Plan, spec: DatasetSpec, variable: VariableSpec) -> Iterator[Problem]:
    """Values that ``constant`` and ``case`` write and that are no terms of the codelist."""
    entry = variable.entry
    lists = codelists_of(entry, plan, spec.name, variable.name)
    extended = {str(k) for k in entry.extend or {}}
    for value in _written(entry) if lists else ():
        if str(value) not in extended and not any(c.find(str(value)) for c in lists):
            named = ", ".join(f"{c.value} ({c.code})" for c in lists)
            near = hint_for(str(value), [t for c in lists for t in c.terms])
            yield Problem(value.place, f"{spec.name}.{variable.name}",
                          f"'{value}' is not in codelist {named}", near)


def _written(entry: Entry) -> list[Text]:
    """The values an entry writes itself; those of a ``map`` are looked at with the plan."""
    if entry.map is not None:
        return []
    values: list[object] = []
    if isinstance(entry, Constant):
        values = [entry.constant]
    elif isinstance(entry, Case):
        values = [*entry.case.values(), entry.else_]
    return [value for value in values if isinstance(value, Text)]
