"""The order of derivation, from what each entry reads, across datasets.

A node is a variable of a dataset, its records (``@rows0`` as stacked from the
sources, ``@rowsN`` after the Nth step of ``records:``), or what a source makes
before stacking.  A variable that a step reads is derived before it, on the
records there are then; all others after the last step.
"""

from __future__ import annotations

import graphlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from engine.build.checks import entry_problems, key_problems, kind_problems, name_problems, table_problems
from engine.build.expand import Metadata, expand
from engine.build.scope import ROWS, Node, Scope, Target, Where, declared_kind
from engine.columns import Kind
from engine.errors import Place, Problem, SpecError, hint_for
from engine.expressions import Expression
from engine.spec.dataset import DatasetSpec, SourceSpec, VariableSpec
from engine.spec.load import StudySpec
from engine.spec.references import Use, read_parts, uses
from engine.terminology import find_codelist, names
from engine.yaml.fields import sort_problems
from engine.yaml.nodes import Text


@dataclass
class Plan:
    """Everything decided before data are touched."""

    study: StudySpec
    datasets: dict[str, DatasetSpec]
    scope: Scope
    metadata: Metadata
    order: list[Node] = field(default_factory=list)
    stage: dict[Node, int] = field(default_factory=dict)
    needs: dict[Node, set[Node]] = field(default_factory=dict)
    doubtful: set[Node] = field(default_factory=set)
    """Variables whose kind means nothing, for something behind them is wrong."""
    _kinds: dict[Node, Kind] = field(default_factory=dict)

    def final(self, dataset: str) -> Node:
        """The node of a dataset's records as they leave the last step."""
        return dataset, f"@rows{len(self.datasets[dataset].steps)}"

    def kind(self, dataset: str, name: str) -> Kind:
        """The kind of a variable: declared, by the standard, or as its verb makes it."""
        node = (dataset, name)
        if node not in self._kinds:
            self._kinds[node] = Kind.TEXT  # a working column that reads itself in a circle
            try:
                self._kinds[node] = self._kind(dataset, name)
            except SpecError:  # told where the entry itself is looked at
                self.doubtful.add(node)
        return self._kinds[node]

    def _kind(self, dataset: str, name: str) -> Kind:
        spec = self.datasets[dataset]
        variable, where = spec.variables.get(name), Where(dataset, None, name)
        verb_spec: VariableSpec | None
        for number, source in enumerate(spec.sources):
            if name in source.variables and (variable is None or variable.verb is None):
                where = Where(dataset, number, name)
                own = source.variables[name]
                variable = own if variable is None or variable.entry.kind is None else variable
                verb_spec = own
                break
        else:
            verb_spec = variable
        if variable is None:
            return Kind.TEXT
        standard = self.metadata.standard(dataset, name)
        kind = declared_kind(variable, standard.type if standard else "")
        if kind is not None:
            return kind
        made = verb_spec.verb.kind if verb_spec and verb_spec.verb and not verb_spec.made_by else None
        if made is None or verb_spec is None:
            return Kind.TEXT
        if isinstance(made, Kind):
            return made
        return made(verb_spec.entry, lambda parts: self.kind_of(parts, where))

    def kind_of(self, parts: tuple[str, ...], where: Where) -> Kind:
        """The kind of what a name means."""
        target = self.scope.find(parts, where, None)
        return self.target_kind(target, where) if target else Kind.TEXT

    def target_kind(self, target: Target, where: Where) -> Kind:
        """The kind of a target: raw columns and constants are text."""
        if target.kind == "constant":
            return Kind.DATE if target.key == ("study", "cutoff") else Kind.TEXT
        if target.table is None:
            return self.kind(where.dataset, target.key[-1])
        if target.table in self.datasets and target.column is not None:
            return self.kind(target.table, target.column)
        return Kind.TEXT


def bare_plan(study: StudySpec, headers: Mapping[str, Mapping[str, str]]) -> Plan:
    """The datasets in full, before any name is resolved; enough for what their entries say alone."""
    datasets = expand(study)
    return Plan(study, datasets, Scope(study, datasets, headers), Metadata(datasets))


def make_plan(study: StudySpec, headers: Mapping[str, Mapping[str, str]]) -> Plan:
    """Resolve every name and order all nodes; raises a SpecError with all problems."""
    plan = bare_plan(study, headers)
    problems = plan.scope.problems
    if clashes := name_problems(study):
        raise SpecError(sort_problems(clashes))  # no other name can be trusted
    problems += table_problems(study, headers)
    whole = []
    for spec in plan.datasets.values():
        absent = _absent_tables(plan, spec)
        problems += absent
        problems += _unknown_tables(plan, spec, spec.carry, design=False)
        if not absent:
            whole.append(spec)
            problems += key_problems(spec)
            _Planner(plan, spec).run()
            problems += entry_problems(plan, spec)
    try:
        plan.order = _sorted(plan)
    except SpecError as error:
        problems += error.problems  # in a circle kinds mean nothing
    else:
        plan.doubtful |= _doubtful(plan, problems, whole)
        problems += kind_problems(plan, whole)
    if problems:
        raise SpecError(sort_problems(dict.fromkeys(problems)))
    return plan


def _absent_tables(plan: Plan, spec: DatasetSpec) -> list[Problem]:
    """The sources and joins of a dataset that no table or dataset of the study gives."""
    named = [t for s in spec.sources for t in (
        s.model.table, *(j.table or a for a, j in (s.model.join or {}).items()))]
    found = _unknown_tables(plan, spec, named)
    own = [Problem(getattr(table, "place", spec.place), spec.name,
                   "a dataset does not come from its own records", "name a raw table, or another dataset")
           for table in named if str(table) == spec.name]
    return found + own


def _unknown_tables(plan: Plan, spec: DatasetSpec, named: Iterable[str], *,
                    design: bool = True) -> list[Problem]:
    known = {*plan.study.study.raw.tables, *plan.datasets, *(plan.scope.design if design else ())}
    return [Problem(getattr(table, "place", spec.place), spec.name, f"no table or dataset '{table}'",
                    hint_for(str(table), known)) for table in named if str(table) not in known]


def _doubtful(plan: Plan, problems: Iterable[Problem], whole: Iterable[DatasetSpec]) -> set[Node]:
    """Variables of which something is wrong, those of datasets without their tables, and what reads any."""
    sound = {spec.name for spec in whole}
    wrong = {problem.subject for problem in problems}
    found: set[Node] = set()
    for node in plan.order:
        dataset, name = node[0], node[1].rpartition(".")[2]
        if name.startswith("@"):
            continue
        behind = (need for need in plan.needs.get(node, ()) if not need[1].startswith("@") or "." in need[1])
        if dataset not in sound or f"{dataset}.{name}" in wrong or any(
                (need[0], need[1].rpartition(".")[2]) in found for need in behind):
            found.add((dataset, name))
    return found


def _sorted(plan: Plan) -> list[Node]:
    graph = {node: sorted(needs) for node, needs in sorted(plan.needs.items())}
    try:
        return list(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        members = list(reversed(error.args[1]))[:-1]
    first = min(members, key=lambda node: (node[1].startswith("@"), node))
    at = members.index(first)
    shown = [_told(node) for node in (*members[at:], *members[:at], first)]
    circle = " -> ".join(t for n, t in enumerate(shown) if n == 0 or t != shown[n - 1])
    variable = plan.datasets[first[0]].variables.get(first[1].rpartition(".")[2])
    place = variable.place if variable else plan.datasets[first[0]].place
    raise SpecError(Problem(place, _told(first), f"reads itself in a circle: {circle}",
                            "make one of them from something else"))


def _told(node: Node) -> str:
    """A node as messages name it: ``AE.AESTDY``, or ``AE`` for its records."""
    dataset, name = node
    variable = name.partition(".")[2] if name.startswith("@") else name
    return f"{dataset}.{variable}" if variable else dataset


class _Planner:
    """Finds the nodes of one dataset and what each needs."""

    def __init__(self, plan: Plan, spec: DatasetSpec) -> None:
        self.plan, self.spec, self.name = plan, spec, spec.name

    def run(self) -> None:
        rows0 = (self.name, "@rows0")
        self._need(rows0)
        if self.spec.layer == "sdtm" and self.name != "DM" and "DM" in self.plan.datasets:
            self._need(rows0, self.plan.final("DM"))
        for number, source in enumerate(self.spec.sources):
            node = (self.name, f"@source{number}")
            self._need(node)
            self._need(rows0, node)
            where = Where(self.name, number, ROWS)
            if str(source.model.table) in self.plan.datasets:
                self._need(node, self.plan.final(str(source.model.table)))
            self._joins(node, source, where)
            for code, test in source.tests.items():
                self._known_codelists(test.codelist or (), f"tests.{code}")
            parts = [source.model.where, source.model.not_done, source.tests, source.long]
            self._needs(node, [u for p in parts for u in uses(p)], where)
            for variable in source.variables.values():
                own = (self.name, f"@source{number}.{variable.name}")
                self._need(own, node)
                self._need(rows0, own)
                if variable.made_by is not None:
                    self._need(own, (self.name, f"@source{number}.{variable.made_by}"))
                else:
                    self._entry(own, variable, Where(self.name, number, variable.name))
        for spec in self.spec.variables.values():
            self._variable(spec)
        self._steps()

    def _joins(self, node: Node, source: SourceSpec, where: Where) -> None:
        """What joining needs: the keys on both sides, and what ``where`` and ``order`` read there."""
        near = [str(source.model.table)]
        for alias, join in (source.model.join or {}).items():
            table = str(join.table or alias)
            for name in join.on or ():
                holder = next((t for t in near if name in self.plan.scope.columns_of(t)), near[0])
                for each in (holder, table):
                    self._there(node, Use((str(name),), each, name.place), where)
            for use in (*uses(join.where), *uses(join.order or ())):
                self._there(node, Use(use.parts, table, use.place), where)
            if table in self.plan.datasets:
                self._need(node, self.plan.final(table))
            near.append(table)

    def _need(self, node: Node, *others: Node) -> None:
        self.plan.needs.setdefault(node, set()).update(others)

    def _variable(self, spec: VariableSpec) -> None:
        node = (self.name, spec.name)
        self._need(node)
        self._codelists(spec)
        if spec.made_by is not None:
            self._need(node, (self.name, spec.made_by))
        elif spec.verb is not None:
            self._entry(node, spec, Where(self.name, None, spec.name))
        elif not self._otherwise_made(spec.name):
            self.plan.scope.problems.append(Problem(
                spec.place, f"{self.name}.{spec.name}", "nothing makes this variable",
                "give it a verb, or name it in the entry or step that makes it"))

    def _codelists(self, spec: VariableSpec) -> None:
        self._known_codelists([n for n in spec.entry.codelist or () if str(n) != "none"], spec.name)

    def _known_codelists(self, listed: Iterable[Text], subject: str) -> None:
        for name in listed:
            if find_codelist(str(name)) is None:
                hint = hint_for(str(name), [*names("sdtm"), *names("adam")])
                self.plan.scope.problems.append(Problem(
                    name.place, f"{self.name}.{subject}", f"unknown codelist '{name}'", hint))

    def _otherwise_made(self, name: str) -> bool:
        return any(name in s.variables for s in self.spec.sources) or any(
            name in _makes(s.entry) for s in self.spec.steps)

    def _entry(self, node: Node, spec: VariableSpec, where: Where) -> None:
        # A column that the verb reads without being told (DM.RFSTDTC) has no place of its own.
        self._needs(node, [replace(u, place=u.place or spec.place) for u in uses(spec.entry)], where)
        self._unsaid(node, spec.entry, spec.place, where)

    def _unsaid(self, node: Node, entry: object, place: Place, where: Where) -> None:
        """What an entry or step reads without naming it, such as what the study's epochs begin at."""
        extra = getattr(entry, "needs", None)
        for table, name in extra(self.plan.study.study, self.name) if extra is not None else ():
            self._there(node, Use((), table, place), where)
            self._there(node, Use((name,), table, place), where)

    def _needs(self, node: Node, found: Iterable[Use], where: Where) -> None:
        for use in found:
            if use.table is not None:
                self._there(node, use, where)
                continue
            target = self.plan.scope.find(use.parts, where, use.place, use)
            if target is None or target.kind == "constant":
                continue
            self._target(node, target, where)

    def _target(self, node: Node, target: Target, where: Where) -> None:
        if target.kind == "source":
            self._source_column(node, target)
        elif target.table is not None and target.column is not None:
            if target.table in self.plan.datasets:
                self._need(node, (target.table, target.column), self.plan.final(target.table))
        elif where.source is not None:
            self._need(node, (self.name, f"@source{where.source}.{target.key[-1]}"))
        else:
            self._need(node, (self.name, target.key[-1]))

    def _source_column(self, node: Node, target: Target) -> None:
        """What reads a column of the dataset that the records come from needs it; so do these records."""
        name = str(target.column)
        for number, source in enumerate(self.spec.sources):
            holder = self.plan.scope.holder(source, name) if len(target.key) == 2 else target.table
            if holder in self.plan.datasets and holder in source.tables.values():
                self._need(node, (str(holder), name))
                self._need((self.name, f"@source{number}"), (str(holder), name), self.plan.final(str(holder)))

    def _there(self, node: Node, use: Use, where: Where) -> None:
        table = str(use.table)
        if not self.plan.scope.exists(table):
            if not use.parts:  # its columns need no telling
                self.plan.scope.find((table, "?"), where, use.place)
            return
        if not use.parts:
            if table in self.plan.datasets and table != self.name:
                self._need(node, self.plan.final(table))
            return
        target = self.plan.scope.there(table, use.parts, where, use.place, use)
        if target is None or target.kind == "constant" or target.table not in self.plan.datasets:
            return
        assert target.table is not None
        assert target.column is not None
        if (target.table, target.column) != node:
            self._need(node, (target.table, target.column))
        if target.table != self.name:
            self._need(node, self.plan.final(target.table))

    def _steps(self) -> None:
        """Place each variable before the first step that needs it, or after the last."""
        last = len(self.spec.steps)
        early: dict[str, int] = {}
        for number, step in enumerate(self.spec.steps, start=1):
            node = (self.name, f"@rows{number}")
            self._need(node, (self.name, f"@rows{number - 1}"))
            self._needs(node, list(uses(step.entry)), Where(self.name))
            self._unsaid(node, step.entry, step.place, Where(self.name))
            # What a step sets on some records only must be there on all of them before.
            self._need(node, *((self.name, n) for n in _makes(step.entry) if self._derived(n)))
            for name in self._closure(node):
                early.setdefault(name, number - 1)
        for number in range(1, last + 1):
            self._need((self.name, f"@rows{number}"),
                       *((self.name, n) for n, at in early.items() if at < number))
        made: dict[str, int] = {}
        for number, step in enumerate(self.spec.steps, start=1):
            for name in _makes(step.entry):
                made.setdefault(name, number)
        blank = self._blank_before(made)
        for name in self.spec.variables:
            stage = early.get(name, last if self._derived(name) else made.get(name, last))
            if self._of_sources(name) or name in blank:
                stage = 0   # it is there before any step, though a step may set it too
            self.plan.stage[self.name, name] = stage
            self._need((self.name, name), (self.name, f"@rows{stage}"))

    def _derived(self, name: str) -> bool:
        """Whether an entry of the dataset makes the variable, and not only a step or a source."""
        own = self.spec.variables.get(name)
        return own is not None and own.verb is not None

    def _blank_before(self, made: Mapping[str, int]) -> set[str]:
        """What an expression of a step asks for before any step has set it, such as DTYPE IS NULL."""
        return {parts[0] for number, step in enumerate(self.spec.steps, start=1)
                for part, table in read_parts(step.entry) if isinstance(part, Expression) and table is None
                for parts in part.names
                if len(parts) == 1 and number <= made.get(parts[0], 0) and not self._derived(parts[0])}

    def _of_sources(self, name: str) -> bool:
        """Whether the sources make the variable, and no entry of the dataset does."""
        return not self._derived(name) and any(name in source.variables for source in self.spec.sources)

    def _closure(self, node: Node) -> set[str]:
        found: set[str] = set()
        waiting = [node]
        while waiting:
            for need in self.plan.needs.get(waiting.pop(), ()):
                if need[0] == self.name and not need[1].startswith("@") and need[1] not in found:
                    found.add(need[1])
                    waiting.append(need)
        steps = {n for s in self.spec.steps for n in _makes(s.entry)}
        return {n for n in found if n not in steps or self.spec.variables[n].verb is not None}


def _makes(entry: object) -> tuple[str, ...]:
    made = getattr(entry, "makes", None)
    return tuple(made()) if made is not None else ()
