"""Run a plan: make each node in order, gathering every bad record on the way."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from engine.build.coerce import finish_column
from engine.build.derivation import Derivation
from engine.build.plan import Plan
from engine.build.raw import RawTables
from engine.build.refusals import Refusals
from engine.build.rows import SUBJECT, Origin, Rows, stack
from engine.build.scope import ROWS, Where
from engine.build.sources import source_rows
from engine.columns import Column
from engine.errors import DataError
from engine.spec.dataset import VariableSpec
from engine.yaml.fields import sort_problems


@dataclass
class Build:
    """A build under way: the rows of each dataset so far."""

    plan: Plan
    refusals: Refusals = field(default_factory=Refusals)
    rows: dict[str, Rows] = field(default_factory=dict)
    parts: dict[str, Rows] = field(default_factory=dict)
    progress: Callable[[str], None] = lambda message: None

    def __post_init__(self) -> None:
        scope = self.plan.scope
        self.raw = RawTables(self.plan.study, self.refusals, scope.used, scope.headers)

    def rows_of(self, table: str, columns: list[str], own: Derivation | None = None) -> Rows:
        """A dataset's records so far, or a raw table's."""
        if own is not None and table == own.dataset:
            return own.rows
        if table in self.plan.datasets:
            return self.rows[table]
        return self.raw.rows(table)

    def column_of(self, rows: Rows, name: str) -> Column:
        """A column of another table's records by its plain name."""
        if (name,) in rows.columns:
            return rows.columns[(name,)]
        return rows.columns[("@", name)]

    def run(self, wanted: set[str] | None = None) -> dict[str, float]:
        """Make every node of the wanted datasets and of what they read.

        Gives the seconds each dataset took; what is refused is gathered, see
        :meth:`require_clean`.
        """
        needed = _needed(self.plan, wanted)
        seconds: dict[str, float] = {}
        begun: set[str] = set()
        for dataset, name in self.plan.order:
            if (dataset, name) not in needed:
                continue
            if dataset not in begun:
                self.progress(f"deriving {dataset}")
                begun.add(dataset)
            start = time.perf_counter()
            self._make(dataset, name)
            seconds[dataset] = seconds.get(dataset, 0.0) + time.perf_counter() - start
        return seconds

    def require_clean(self) -> None:
        """Raise what was refused, dataset by dataset, each in the order of raw files and rows."""
        found = [p for problems in self.refusals.problems.values() for p in sort_problems(problems)]
        if found:
            raise DataError(found)

    def _make(self, dataset: str, name: str) -> None:
        if name.startswith("@source"):
            self._make_source(dataset, name)
        elif name == "@rows0":
            parts = [self.parts[f"{dataset}@source{n}"]
                     for n in range(len(self.plan.datasets[dataset].sources))]
            self.rows[dataset] = self._known_subjects(dataset, stack(dataset, parts))
        elif name.startswith("@rows"):
            step = self.plan.datasets[dataset].steps[int(name[5:]) - 1]
            at = Derivation(self, dataset, self.rows[dataset], Where(dataset), step.place, "")
            made = step.step.change(step.entry, at)
            made.name = dataset
            self.rows[dataset] = made
        else:
            spec = self.plan.datasets[dataset].variables[name]
            if spec.verb is not None and spec.made_by is None:
                where = Where(dataset, None, name)
                at = Derivation(self, dataset, self.rows[dataset], where, spec.place, name)
                self._derive(spec, at)

    def _make_source(self, dataset: str, name: str) -> None:
        number, _, variable = name[len("@source"):].partition(".")
        source = self.plan.datasets[dataset].sources[int(number)]
        key = f"{dataset}@source{number}"
        if not variable:
            nothing = Rows(dataset, 0, Origin.nowhere(0))
            at = Derivation(self, dataset, nothing, Where(dataset, int(number), ROWS), source.place)
            self.parts[key] = source_rows(source, at)
            return
        spec = source.variables[variable]
        if spec.verb is not None and spec.made_by is None:
            at = Derivation(self, dataset, self.parts[key], Where(dataset, int(number), variable),
                            spec.place, variable)
            self._derive(spec, at)

    def _derive(self, spec: VariableSpec, at: Derivation) -> None:
        assert spec.verb is not None
        made = spec.verb.derive(spec.entry, at)
        columns: Mapping[str, Column] = {spec.name: made} if isinstance(made, Column) else made
        for name, column in columns.items():
            own = self.plan.datasets[at.dataset].variables.get(name)
            described = own is not None and own.made_by is not None
            entry = own.entry if own is not None and described else spec.entry
            at.variable = name
            finished = finish_column(entry, column, at, declared=described or name == spec.name)
            at.rows.put((name,), finished.values, finished.kind)

    def _known_subjects(self, dataset: str, rows: Rows) -> Rows:
        """Refuse or drop records of subjects DM does not know (SDTMIG 3.4, 5.2)."""
        spec = self.plan.datasets[dataset]
        if spec.layer != "sdtm" or dataset == "DM" or "DM" not in self.rows:
            return rows
        subjects = rows.columns[SUBJECT].values
        known = self.rows["DM"].columns[SUBJECT].values
        strange = ~subjects.isin(known).to_numpy()
        if spec.variables.get("USUBJID") is None or not strange.any():
            return rows
        if str(spec.model.unknown_subject or "error") == "drop":
            self.refusals.note(rows, dataset, "USUBJID", strange, "record of an unknown subject dropped")
            return rows.where(~strange)
        self.refusals.refuse(rows, dataset, "USUBJID", strange,
                             lambda v: f"subject '{v}' is not in DM", subjects,
                             "set 'unknown_subject: drop' if such records are to be left out", spec.place)
        return rows


def _needed(plan: Plan, wanted: set[str] | None) -> set[tuple[str, str]]:
    """All nodes of the wanted datasets and, transitively, what they need."""
    if wanted is None:
        return set(plan.order)
    found: set[tuple[str, str]] = set()
    waiting = [n for n in plan.order if n[0] in wanted]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting.extend(plan.needs.get(node, ()))
    return found


__all__ = ["Build", "np", "pd"]
