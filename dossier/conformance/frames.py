"""The frame that each rule type is evaluated on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dossier.conformance.define import define_frame
from dossier.conformance.frame import Frame, stack
from dossier.conformance.model import Rule
from dossier.conformance.study import Dataset, Study
from dossier.conformance.vectors import Vector, stacked


def build(rule: Rule, dataset: Dataset, study: Study) -> Frame:
    """The frame of a rule for a dataset; the files of a split dataset one under another."""
    if rule.type == "Domain Presence Check":
        return _presence(dataset, study)
    if rule.type == "Define Item Metadata Check against Library Metadata":
        return define_frame(dataset, study)
    maker = _MAKERS[rule.type]
    return stack([maker(part, rule) for part in study.parts(dataset)])


def _records(dataset: Dataset, rule: Rule) -> Frame:
    return dataset.frame


def _presence(dataset: Dataset, study: Study) -> Frame:
    columns = {one.unsplit: Vector.of([one.file]) for one in study.datasets}
    return Frame(columns, 1, [dataset.name])


def variable_columns(dataset: Dataset, rule: Rule) -> dict[str, Vector]:
    """What is declared of each variable, a row a variable."""
    facts = dataset.variables
    columns = {
        "variable_name": Vector.of([one.name for one in facts]),
        "variable_order_number": Vector.of(range(1, len(facts) + 1), number=True),
        "variable_label": Vector.of([one.label for one in facts]),
        "variable_size": Vector.of([one.length for one in facts], number=True),
        "variable_data_type": Vector.of([one.type for one in facts]),
        "variable_format": Vector.of([one.format for one in facts]),
    }
    if rule.mentions("variable_max_size"):
        columns["variable_max_size"] = Vector.of(
            [_longest(dataset.frame, one.name) for one in facts], number=True)
    return columns


def _longest(frame: Frame, name: str) -> int | None:
    if name not in frame:
        return None
    return max((len(str(value)) for value in frame.column(name).used()), default=0)


def _variables(dataset: Dataset, rule: Rule) -> Frame:
    return Frame(variable_columns(dataset, rule), len(dataset.variables), [dataset.name])


def dataset_facts(dataset: Dataset) -> dict[str, Any]:
    """What is known of a file: the columns of a Dataset Metadata Check."""
    return {
        "dataset_name": dataset.name, "dataset_label": dataset.label, "dataset_location": dataset.file,
        "dataset_size": dataset.size, "record_count": dataset.records, "is_ap": dataset.is_ap,
        "ap_suffix": dataset.ap_suffix, "domain": dataset.domain,
    }


def _dataset(dataset: Dataset, rule: Rule) -> Frame:
    columns = {name: Vector.of([value]) for name, value in dataset_facts(dataset).items()}
    return Frame(columns, 1, [dataset.name])


def _cells(dataset: Dataset) -> Frame:
    """Every cell of a dataset, all records of the first variable before the second."""
    frame = dataset.frame
    names, size = frame.names, frame.size
    columns = {
        "row_number": Vector(np.tile(np.arange(size), len(names)), range(1, size + 1), number=True),
        "variable_name": Vector(np.repeat(np.arange(len(names)), size), names),
        "variable_value": stacked([frame.column(name) for name in names]) if names else Vector.of([]),
    }
    rows = np.tile(np.arange(1, size + 1), len(names))
    return Frame(columns, size * len(names), [dataset.name], rows)


def _value_by_variable(dataset: Dataset, rule: Rule) -> Frame:
    cells = _cells(dataset)
    name = cells.column("variable_name")
    facts = variable_columns(dataset, rule)
    place = {one: at for at, one in reversed(list(enumerate(fact.name for fact in dataset.variables)))}
    positions = np.array([*(place.get(one, -1) for one in name.values), -1], dtype="int64")[name.codes]
    for column, vector in facts.items():
        if column != "variable_name":
            cells.put(column, vector.take(positions))
    kinds = cells.column("variable_data_type")
    measured = kinds.where(lambda kind: kind in ("text", "integer", "float"))
    lengths = cells.column("variable_value").mapped(lambda value: len(str(value)), number=True)
    cells.put("variable_value_length", Vector(np.where(measured, lengths.codes, -1), lengths.values, True))
    return cells


def _value_by_dataset(dataset: Dataset, rule: Rule) -> Frame:
    cells = _cells(dataset)
    for name, value in dataset_facts(dataset).items():
        cells.put(name, Vector.constant(value, cells.size))
    return cells


_MAKERS: dict[str, Callable[[Dataset, Rule], Frame]] = {
    "Record Data": _records, "Variable Metadata Check": _variables, "Dataset Metadata Check": _dataset,
    "Value Check with Variable Metadata": _value_by_variable,
    "Value Check with Dataset Metadata": _value_by_dataset,
}

