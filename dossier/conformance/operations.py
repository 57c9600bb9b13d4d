"""Operations: values computed before the check, each put in a column of the frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dossier.conformance import library
from dossier.conformance.asked import by_pairs
from dossier.conformance.frame import Frame
from dossier.conformance.frames import dataset_facts
from dossier.conformance.model import Operation
from dossier.conformance.op_groups import dates_of, distinct, record_count
from dossier.conformance.op_numbers import ARITHMETIC, computed
from dossier.conformance.op_terms import paired
from dossier.conformance.outcomes import ColumnAbsent, Failure, NotRun
from dossier.conformance.study import Dataset, Study
from dossier.conformance.vectors import Vector
from engine.terminology import codelist

_ALWAYS_RAW = ("SUPP", "SQ", "RELREC", "RELSUB", "CO")


@dataclass(frozen=True)
class Step:
    """An operation on its way: what it is asked of."""

    operation: Operation
    frame: Frame
    dataset: Dataset
    study: Study

    @property
    def domain(self) -> str:
        """The dataset that is computed on."""
        name = self.operation.domain
        if name is None:
            return self.dataset.unsplit
        if name.startswith(("SUPP--", "SQ--")):
            return name.replace("--", self.dataset.rdomain or self.dataset.domain or "")
        return name.replace("--", self.dataset.prefix)

    @property
    def name(self) -> str:
        """The operation's variable, ``--`` replaced."""
        name = self.operation.name or ""
        if name.startswith("--"):
            return (self.operation.domain or self.dataset.prefix) + name[2:]
        return name

    @property
    def source(self) -> Frame:
        """The records computed on: the frame where it is of the domain, else the file; NotRun without one."""
        domain = self.domain
        if "DOMAIN" in self.frame and self.frame.size and not domain.startswith(_ALWAYS_RAW) \
                and self.frame.column("DOMAIN").cell(0) == domain:
            return self.frame
        other = self.study.unsplit(domain)
        if other is None:
            raise NotRun(f"there is no dataset {domain}")
        return other.frame

    @property
    def group(self) -> list[str]:
        """The grouping variables, a ``$list`` replaced by its members."""
        names: list[str] = []
        for one in self.operation.group:
            name = one.replace("--", self.operation.domain or self.dataset.prefix)
            cells = self.frame.column(name).used()[:1] if name.startswith("$") and name in self.frame else []
            names.extend(cells[0] if cells and isinstance(cells[0], tuple) else [name])
        return names

    def everywhere(self, value: Any) -> Vector:
        """One value on every row."""
        return Vector.constant(value, self.frame.size)


def add_columns(frame: Frame, operations: tuple[Operation, ...], dataset: Dataset, study: Study) -> Frame:
    """The frame with the column of each operation; each sees those before it."""
    made = frame.copy()
    for operation in operations:
        made.put(operation.id, OPERATION[operation.operator](Step(operation, made, dataset, study)))
    return made


def _min_date(step: Step) -> Vector:
    return dates_of(step.operation, step.name, step.group, step.frame, step.source, smallest=True)


def _max_date(step: Step) -> Vector:
    return dates_of(step.operation, step.name, step.group, step.frame, step.source, smallest=False)


def _distinct(step: Step) -> Vector:
    keep = _references(step) if step.operation.reference else None
    return distinct(step.operation, step.name, step.group, step.frame, step.source, keep)


def _references(step: Step) -> np.ndarray:
    """Rows whose cell names a variable of the dataset that RDOMAIN names."""
    source = step.source
    names, domains = source.column(step.name), source.column("RDOMAIN")
    known = {domain: set(other.columns) for domain in domains.used()
             if (other := step.study.unsplit(str(domain))) is not None}
    return by_pairs(names, domains, lambda name, domain: name in known.get(domain, ()))


def _count(step: Step) -> Vector:
    return record_count(step.operation, step.group, step.frame, step.source)


def _arithmetic(step: Step) -> Vector:
    operation = step.operation
    return computed(operation.operator, step.frame, step.name, operation.other or "")


def _study_day(step: Step) -> Vector:
    from dossier.conformance.dates import day_number
    from dossier.conformance.joins import first_match
    subjects = step.study.unsplit("DM")
    if subjects is None:
        raise NotRun("there is no dataset DM")
    days = step.frame.column(step.name).mapped(day_number, number=True)
    reference = subjects.frame.column("RFSTDTC").mapped(day_number, number=True)
    at = first_match([step.frame.column("USUBJID")], [subjects.frame.column("USUBJID")],
                     (step.frame.size, subjects.frame.size))
    difference = days.numbers() - reference.take(at).numbers()
    day = difference + (difference >= 0)
    known = np.isfinite(day)
    values, codes = np.unique(day[known], return_inverse=True)
    filled = np.full(step.frame.size, -1, dtype="int64")
    filled[known] = codes
    return Vector(filled, [int(value) for value in values], number=True)


def _variable_exists(step: Step) -> Vector:
    return step.everywhere(step.name in step.source)


def _variable_count(step: Step) -> Vector:
    last = {one.unsplit: one for one in step.study.datasets}
    name = step.operation.name or ""
    found = sum(name.replace("--", one.prefix) in one.columns for one in last.values())
    return step.everywhere(found)


def _columns(step: Step) -> Vector:
    return step.everywhere(tuple(name for name in step.source.names if not name.startswith("$")))


def _study_domains(step: Step) -> Vector:
    return step.everywhere(library.unique(one.domain or "" for one in step.study.datasets))


def _dataset_names(step: Step) -> Vector:
    return step.everywhere(library.unique(one.name for one in step.study.datasets))


def _metadata(step: Step) -> Vector:
    facts = {one.name: dataset_facts(one) for one in step.study.parts(step.dataset)}
    if step.name not in facts[step.dataset.name]:
        raise ColumnAbsent(f"{step.name} is nothing known of a dataset")
    cells = [facts.get(file, {}).get(step.name) for file in step.frame.files]
    return Vector.of(cells).take(step.frame.parts)


def _is_custom(step: Step) -> Vector:
    return step.everywhere(library.is_custom(step.dataset.unsplit))


def _label(step: Step) -> Vector:
    return step.everywhere(library.label_of(step.dataset.unsplit))


def _guide(step: Step) -> list[library.Listed]:
    return library.guide_list(step.dataset, step.study)


def _of_core(core: str) -> Callable[[Step], Vector]:
    return lambda step: step.everywhere(tuple(one.name for one in _guide(step) if one.core == core))


def _guide_order(step: Step) -> Vector:
    return step.everywhere(library.unique(one.name for one in _guide(step)))


def _filtered(step: Step, listed: list[library.Listed]) -> tuple[str, ...]:
    key, value = step.operation.key_name or "", step.operation.key_value
    if key not in ("role", "core", "name", "label", "type"):
        raise Failure(f"variables have no '{key}'")
    return library.unique(one.name for one in listed if getattr(one, key) == value)


def _guide_filtered(step: Step) -> Vector:
    names = set(step.source.names)
    return step.everywhere(tuple(name for name in _filtered(step, _guide(step)) if name in names))


def _model_filtered(step: Step) -> Vector:
    return step.everywhere(_filtered(step, library.model_list(step.dataset, step.study)))


def _model_order(step: Step) -> Vector:
    return step.everywhere(library.unique(
        one.name for one in library.model_list(step.dataset, step.study)))


def _parent_model_order(step: Step) -> Vector:
    def listed(name: Any) -> tuple[str, ...]:
        parent = step.study.unsplit(str(name))
        if parent is None:
            raise NotRun(f"there is no dataset {name}")
        return library.unique(one.name for one in library.model_list(parent, step.study))
    return step.frame.column("RDOMAIN").mapped(listed)


def _terms(step: Step) -> Vector:
    found: list[str] = []
    kind = step.operation.returntype
    for name in step.operation.codelists:
        listed = codelist(name)
        if listed is None:
            raise Failure(f"no codelist {name}")
        if step.operation.level == "codelist":
            found.append({"value": listed.value, "code": listed.code, "pref_term": listed.name}[kind])
            continue
        for term in listed.terms.values():
            found.append({"value": term.value, "code": term.code, "pref_term": term.decode}[kind])
    return step.everywhere(tuple(found))


def _paired(step: Step) -> Vector:
    names = step.operation.codelists
    if len(names) != 2:
        raise Failure("paired_term needs two codelists")
    return paired(step.frame.column(step.name), names[0], names[1])


def _library_variable(step: Step) -> Vector:
    """What the guide, else the model, says of the variable that a cell names; ours."""
    key = step.operation.key_name or ""
    if key not in ("role", "core", "label", "type"):
        raise Failure(f"variables have no '{key}'")
    known = {one.name: getattr(one, key) for one in _guide(step)}
    return step.frame.column(step.name).mapped(known.get)


def _define_exists(step: Step) -> Vector:
    return step.everywhere(step.study.define is not None)


OPERATION: dict[str, Callable[[Step], Vector]] = {
    "codelist_terms": _terms, "dataset_names": _dataset_names, "distinct": _distinct,
    **dict.fromkeys(ARITHMETIC, _arithmetic),
    "domain_is_custom": _is_custom, "domain_label": _label, "dy": _study_day,
    "expected_variables": _of_core("Exp"), "extract_metadata": _metadata,
    "get_column_order_from_dataset": _columns, "get_column_order_from_library": _guide_order,
    "get_dataset_filtered_variables": _guide_filtered, "get_model_column_order": _model_order,
    "get_model_filtered_variables": _model_filtered, "get_parent_model_column_order": _parent_model_order,
    "define_exists": _define_exists, "library_variable": _library_variable, "max_date": _max_date,
    "min_date": _min_date, "paired_term": _paired, "record_count": _count,
    "required_variables": _of_core("Req"), "study_domains": _study_domains,
    "variable_count": _variable_count, "variable_exists": _variable_exists,
}
