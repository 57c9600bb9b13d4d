"""A dataset as it leaves the build: variables in order with their metadata, records sorted, checked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.build.execute import Build
from engine.build.required import require_keys, require_texts, require_values
from engine.build.rows import Rows, sort_positions
from engine.coded import Coded
from engine.columns import Kind, cast
from engine.spec.dataset import DatasetSpec, VariableSpec
from engine.spec.entries import Label
from engine.standards import sdtm_dataset
from engine.standards.chinese import chinese_label

FORMATS = {Kind.DATE: "DATE9.", Kind.DATETIME: "DATETIME20.", Kind.TIME: "TIME8."}


@dataclass(frozen=True)
class FinishedVariable:
    """A variable with what every output needs to know of it."""

    name: str
    label: str
    label_zh: str
    type: str
    kind: Kind
    length: int
    format: str | None
    core: str
    spec: VariableSpec | None


@dataclass(frozen=True)
class Finished:
    """A finished dataset: ``frame`` holds just ``variables``, sorted by its keys; text as categories."""

    name: str
    layer: str
    label: str
    label_zh: str
    variables: tuple[FinishedVariable, ...]
    frame: pd.DataFrame
    rows: Rows | None
    keys: tuple[str, ...]


def finish(build: Build, name: str) -> Finished:
    """Check and order one dataset; what is wrong is refused with all other problems."""
    spec = build.plan.datasets[name]
    rows = build.rows[name]
    ordered = ordered_variables(build, spec)
    require_values(build, spec, rows)
    require_texts(build, spec, rows)
    require_keys(build, spec, rows)
    order = _sorted(spec, rows)
    rows = rows.take(order)
    frame = pd.DataFrame({n: _cast(rows, n, build) for n in ordered}, index=rows.index, copy=False)
    variables = tuple(_finished(build, spec, n, frame[n]) for n in ordered)
    label = dataset_label_of(spec)
    return Finished(name, spec.layer, str(label.en), str(label.zh or ""), variables,
                    frame, rows, tuple(str(k) for k in spec.model.keys or ()))


def _cast(rows: Rows, name: str, build: Build) -> pd.Series:
    column = rows.columns[(name,)]
    if column.kind is Kind.TEXT:
        return column.coded.categories()
    return cast(column.values, build.plan.kind(rows.name, name))


def ordered_variables(build: Build, spec: DatasetSpec) -> list[str]:
    """The standard's order; a variable the standard does not order follows the one written before it."""
    written = [n for n, v in spec.variables.items() if not n.startswith("_") and not v.supplemental]
    position: dict[str, tuple[int, int]] = {}
    last = 0
    for number, name in enumerate(written):
        standard = build.plan.metadata.standard(spec.name, name)
        if standard is not None and 0 < standard.order < 1_000_000 and standard.core != "":
            last = standard.order
            position[name] = (last, -1)
        else:
            position[name] = (last, number)
    return sorted(written, key=lambda n: position[n])


def _sorted(spec: DatasetSpec, rows: Rows) -> np.ndarray:
    if spec.model.sort:
        columns = [(rows.columns[(o.ref.parts[-1],)].held, o.descending) for o in spec.model.sort]
    else:
        columns = [(rows.columns[(str(k),)].held, False) for k in spec.model.keys or ()]
    return sort_positions(columns, rows.size)


def _finished(build: Build, spec: DatasetSpec, name: str, values: pd.Series) -> FinishedVariable:
    variable = spec.variables[name]
    standard = build.plan.metadata.standard(spec.name, name)
    kind = build.plan.kind(spec.name, name)
    text = kind is Kind.TEXT
    label = build.plan.metadata.label(spec.name, name)
    length = int(variable.entry.length) if variable.entry.length else (_longest(values) if text else 8)
    return FinishedVariable(
        name, str(label.en or ""), str(label.zh or ""), "Char" if text else "Num", kind, length,
        str(variable.entry.format) if variable.entry.format else FORMATS.get(kind),
        standard.core if standard else "", variable)


def dataset_label_of(spec: DatasetSpec) -> Label:
    """The dataset's label: English at worst its name, Chinese None where there is none."""
    own = spec.model.label
    standard = sdtm_dataset(spec.name) if spec.layer == "sdtm" else None
    english = own.en if own and own.en else (standard.label if standard else spec.name)
    chinese = own.zh if own and own.zh else (chinese_label(spec.name, "") or None)
    return Label.model_construct(en=english, zh=chinese)


def _longest(values: pd.Series) -> int:
    """Bytes of the longest value, at least 1."""
    return max(1, Coded.of(values).most_bytes())
