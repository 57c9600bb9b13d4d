"""Run a plan: make each node in order, gathering every bad record on the way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from engine.build.coerce import finish_column
from engine.build.derivation import Derivation, EntryError
from engine.build.lost import Lost
from engine.build.plan import Plan
from engine.build.raw import RawTables
from engine.build.refusals import SHOWN, Refusals
from engine.build.rows import SUBJECT, Origin, Rows, stack
from engine.build.scope import ROWS, Node, Where
from engine.build.sources import source_rows
from engine.build.subjects import known_subject
from engine.columns import Column, blank
from engine.errors import DataError, Place, Problem, did_you_mean
from engine.spec.dataset import DatasetSpec, SourceSpec, VariableSpec
from engine.spec.entries import Declaration, Entry
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
        self.lost = self.refusals.lost = Lost(self.plan.datasets, self.plan.needs)

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

    def run(self, wanted: set[str] | None = None, nodes: Iterable[Node] | None = None) -> dict[str, float]:
        """Make every node of the wanted datasets and of what they read; or only these nodes, and theirs.

        Gives the seconds each dataset took; what is refused is gathered, see
        :meth:`require_clean`.
        """
        needed = needed_nodes(self.plan, wanted, nodes)
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
        self._forget_sources()
        return seconds

    def _forget_sources(self) -> None:
        """Let go of what only derivations read, so that a dataset is not held twice while it is finished."""
        self.parts.clear()
        self.raw.forget()
        self.raw.asking = None
        for name, rows in self.rows.items():
            self.rows[name] = rows.only(lambda key: len(key) == 1)

    def tables_read(self, nodes: Iterable[Node]) -> set[str]:
        """The raw tables that these nodes have read."""
        return {table for node in nodes for table in self.raw.asked.get(node, ())}

    def require_clean(self) -> None:
        """Raise what was refused, dataset by dataset, each in the order of raw files and rows."""
        found = [p for problems in self.refusals.problems.values() for p in sort_problems(problems)]
        if found:
            raise DataError(found)

    def _make(self, dataset: str, name: str) -> None:
        self.raw.asking = (dataset, name)
        if name.startswith("@source"):
            self._make_source(dataset, name)
        elif name == "@rows0":
            parts = [self.parts[f"{dataset}@source{n}"]
                     for n in range(len(self.plan.datasets[dataset].sources))]
            self.rows[dataset] = self._known_subjects(dataset, stack(dataset, parts), parts)
        elif name.startswith("@rows"):
            step, node = self.plan.datasets[dataset].steps[int(name[5:]) - 1], (dataset, name)
            at = Derivation(self, dataset, self.rows[dataset], Where(dataset), step.place, "", node)
            made = step.step.change(step.entry, at)
            made.name = dataset
            self.rows[dataset] = made
        else:
            spec = self.plan.datasets[dataset].variables[name]
            if spec.verb is not None and spec.made_by is None:
                where = Where(dataset, None, name)
                at = Derivation(self, dataset, self.rows[dataset], where, spec.place, name, (dataset, name))
                self._derive(spec, at)

    def _make_source(self, dataset: str, name: str) -> None:
        number, _, variable = name[len("@source"):].partition(".")
        source = self.plan.datasets[dataset].sources[int(number)]
        key = f"{dataset}@source{number}"
        if not variable:
            nothing = Rows(dataset, 0, Origin.nowhere(0))
            at = Derivation(self, dataset, nothing, Where(dataset, int(number), ROWS), source.place, "",
                            (dataset, name))
            self.parts[key] = source_rows(source, at)
            return
        spec = source.variables[variable]
        if spec.verb is not None and spec.made_by is None:
            at = Derivation(self, dataset, self.parts[key], Where(dataset, int(number), variable),
                            spec.place, variable, (dataset, name))
            self._derive(spec, at)

    def _derive(self, spec: VariableSpec, at: Derivation) -> None:
        assert spec.verb is not None
        try:
            made = spec.verb.derive(spec.entry, at)
            columns: Mapping[str, Column] = {spec.name: made} if isinstance(made, Column) else made
            for name, column in columns.items():
                at.variable = name
                entry, declared = self._entry_of(spec, name, at)
                finished = finish_column(entry, column, at, declared=declared)
                at.rows.put((name,), finished.held, finished.kind)
        except EntryError as error:
            # The build fails in the end; until then the variable is blank, so that others can be tried.
            for problem in error.problems:
                self.refusals.add(at.dataset, problem)
            if at.node is not None:
                self.lost.everyone(at.node)
            for name in (spec.name, *spec.entry.also_makes(spec.name)):
                kind = self.plan.kind(at.dataset, name)
                at.rows.put((name,), blank(at.index, kind), kind)

    def _entry_of(self, spec: VariableSpec, name: str, at: Derivation) -> tuple[Entry, bool]:
        """The entry that describes what ``spec`` made for a name, and whether it does so itself.

        In a source, keys of the dataset's own declaration hold where the source says nothing.
        """
        dataset, number = self.plan.datasets[at.dataset], at.where.source
        own = (dataset.variables if number is None else dataset.sources[number].variables).get(name)
        described = own is not None and own.made_by is not None
        entry = own.entry if own is not None and described else spec.entry
        declared = described or name == spec.name
        common = dataset.variables.get(name)
        if number is None or common is None or common.verb is not None or common.made_by is not None or (
                not isinstance(common.entry, Declaration)):
            return entry, declared
        said = {key: value for key in Entry.model_fields if (value := getattr(common.entry, key)) is not None}
        if declared:
            said = {key: value for key, value in said.items() if getattr(entry, key) is None}
        return (entry if declared else Declaration()).model_copy(update=said), True

    def _known_subjects(self, dataset: str, rows: Rows, parts: list[Rows]) -> Rows:
        """Refuse or drop records of subjects DM does not know (SDTMIG 3.4, 5.2)."""
        spec = self.plan.datasets[dataset]
        if spec.layer != "sdtm" or dataset == "DM" or "DM" not in self.rows:
            return rows
        subjects = rows.coded(*SUBJECT)
        known = set(self.rows["DM"].coded(*SUBJECT).texts())
        strange = ~subjects.where_text(known.__contains__)
        if spec.variables.get("USUBJID") is None or not strange.any():
            return rows
        policies = [self._unknown_subject(spec, source) for source in spec.sources]
        drop = strange & np.repeat([p == "drop" for p in policies], [p.size for p in parts])
        self.refusals.note(rows, dataset, "USUBJID", drop, "record of an unknown subject dropped")
        # A record without any subject is refused where USUBJID is made.
        self._refuse_strangers(dataset, rows, strange & ~drop & ~subjects.isna())
        return rows.where(~drop)

    def _refuse_strangers(self, dataset: str, rows: Rows, strange: np.ndarray) -> None:
        """Refuse records of subjects DM does not know, in one line; where it knows nobody, say that alone."""
        names = [str(s) for s in pd.unique(rows.coded(*SUBJECT).series()[strange])]
        if not names:
            return
        self.lost.strangers(names)
        known = [s for s in self.rows["DM"].coded(*SUBJECT).texts() if s is not None]
        if not known:
            self._refuse_nobody()
            return
        shown = ", ".join(f"'{name}'" for name in names[:SHOWN])
        rest = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        told = f"{len(names)} subjects are not in DM: {shown}{rest}" if rest or len(names) > 1 else (
            f"subject {shown} is not in DM")
        near = next(((name, other) for name in names if (other := known_subject(name, known))), None)
        meant = f"{did_you_mean(*near)} " if near is not None else ""
        self.refusals.refuse(rows, dataset, "USUBJID", strange, told,
                             hint=f"{meant}set 'unknown_subject: drop' if such records are to be left out",
                             spec=self.plan.datasets[dataset].place)

    def _refuse_nobody(self) -> None:
        """Refuse a DM without records, once, where other datasets have some."""
        spec = self.plan.datasets["DM"]
        table, raw = str(spec.sources[0].model.table), self.plan.study.study.raw.tables
        files = self.rows["DM"].origin.files
        kept = spec.sources[0].model.where is None and (table not in raw or raw[table].where is None)
        told = f"{table} has a header and no records" if kept else f"no record of {table} is left by 'where'"
        header = int(raw[table].files[0].header or 1) if table in raw else None
        problem = Problem(Place(files[0], header) if files else spec.place, "DM",
                          f"{told}, so that the study has no subjects",
                          "export it anew" if kept else "see 'where' of the table and of DM")
        if problem not in self.refusals.problems.get("DM", ()):
            self.refusals.add("DM", problem)

    def _unknown_subject(self, spec: DatasetSpec, source: SourceSpec) -> str:
        """What the dataset says of unknown subjects, else what its raw table says."""
        table = self.plan.study.study.raw.tables.get(str(source.model.table))
        return str(spec.model.unknown_subject or (table.unknown_subject if table else None) or "error")


def needed_nodes(plan: Plan, wanted: set[str] | None, nodes: Iterable[Node] | None = None) -> set[Node]:
    """All nodes of the wanted datasets, or these, and, transitively, what they need."""
    if wanted is None and nodes is None:
        return set(plan.order)
    found: set[Node] = set()
    waiting = list(nodes) if nodes is not None else [n for n in plan.order if n[0] in (wanted or ())]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting.extend(plan.needs.get(node, ()))
    return found


__all__ = ["Build", "np", "pd"]
