"""What can be told of specs before data are read, beside names: raw tables' own columns, keys, kinds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from engine.build.expand import Known
from engine.build.scope import ROWS, SOURCE, Where
from engine.columns import Kind
from engine.errors import Place, Problem, SpecError, hint_for
from engine.expressions import Expression
from engine.spec.dataset import DatasetSpec, SourceSpec, VariableSpec
from engine.spec.load import StudySpec
from engine.spec.references import Ref, read_parts
from engine.spec.study import RawTable
from engine.yaml.fields import Model

if TYPE_CHECKING:
    from engine.build.plan import Plan


def name_problems(study: StudySpec) -> list[Problem]:
    """Raw tables with a name that means something else."""
    found: list[Problem] = []
    for name in study.study.raw.tables:
        place, subject = getattr(name, "place", None), f"raw.tables.{name}"
        if name in study.datasets:
            found.append(Problem(place, subject, f"'{name}' is also a dataset",
                                 f"name the table another way, such as '{str(name).lower()}'"))
        elif name in ("study", "design", SOURCE):
            found.append(Problem(place, subject, f"'{name}' is no name for a table",
                                 f"'{name}.' has a meaning of its own in expressions"))
    return found


def table_problems(study: StudySpec, headers: Mapping[str, Mapping[str, str]]) -> list[Problem]:
    """Columns that raw tables are cleaned by, or that make subjects, and are not there."""
    found: list[Problem] = []
    for name, table in study.study.raw.tables.items():
        found += _cleaning_problems(str(name), table, study, set(headers.get(name, ())))
    common = {parts[-1] for parts in study.study.subject.names if parts[0] != "study"}
    every = [t for n, t in study.study.raw.tables.items() if t.subject is None]
    if every and not any(common <= set(headers.get(n, ())) for n in study.study.raw.tables):
        found.append(Problem(study.study.subject.place, "study", "no raw table has the columns of 'subject'",
                             f"they are {', '.join(sorted(common))}"))
    return found


def _cleaning_problems(name: str, table: RawTable, study: StudySpec, known: set[str]) -> list[Problem]:
    subject = f"raw.tables.{name}"
    named: list[tuple[str, Place | None]] = []
    if isinstance(table.unique, tuple):
        named += [(str(column), getattr(column, "place", None)) for column in table.unique]
    if table.supersede is not None:
        named += [(r.parts[-1], r.place) for r in table.supersede.by]
        named += [(o.ref.parts[-1], o.ref.place) for o in table.supersede.order]
    constants = study.study.constants()
    expressions = [e for e in (table.where, table.subject) if e is not None]
    named += [(p[-1], e.place) for e in expressions for p in e.names if p not in constants]
    found = [Problem(place, subject, f"'{column}' is no column of {name}", hint_for(column, known))
             for column, place in named if column not in known]
    if found:
        return found
    for expression, wanted in ((table.where, Kind.BOOLEAN), (table.subject, Kind.TEXT)):
        if expression is not None:
            found += _raw_kind(expression, wanted, constants, subject)
    return found


def _raw_kind(expression: Expression, wanted: Kind, constants: Mapping[tuple[str, ...], str],
              subject: str) -> list[Problem]:
    kinds = {p: constant_kind(p) if p in constants else Kind.TEXT for p in expression.names}
    try:
        made = expression.kind(kinds)
    except SpecError as error:
        return [_placed(error, subject)]
    if made in (wanted, None):
        return []
    what = "a condition" if wanted is Kind.BOOLEAN else "text"
    return [Problem(expression.place, subject, f"'{expression.text}' is no {what.removeprefix('a ')}")]


def constant_kind(parts: tuple[str, ...]) -> Kind:
    """The kind of ``study.<name>``: the cut-off is a date, all else text."""
    return Kind.DATE if parts == ("study", "cutoff") else Kind.TEXT


def _placed(error: SpecError, subject: str) -> Problem:
    problem = error.problems[0]
    return Problem(problem.place, subject, problem.message, problem.hint)


def key_problems(spec: DatasetSpec) -> list[Problem]:
    """Keys, and columns to sort by, that are no variables of the dataset."""
    own = {n for n, v in spec.variables.items() if not v.supplemental}
    named = [("keys", str(k), getattr(k, "place", None)) for k in spec.model.keys or ()]
    named += [("sort", str(o.ref), o.ref.place) for o in spec.model.sort or ()]
    told = f"is no variable of {spec.name}"
    return [Problem(place, f"{spec.name}.{key}", f"'{name}' {told}", hint_for(name, own))
            for key, name, place in named if name not in own]


def entry_problems(plan: Plan, spec: DatasetSpec) -> Iterator[Problem]:
    """What entries themselves find wrong with what the study and the dataset say.

    An entry that has a method ``faults_with(known, variable, kind)`` gives (message, hint) of each fault.
    """
    known = Known(plan.study.study, spec.name, plan.datasets, plan.study.gradings)
    for variable in [*spec.variables.values(), *(v for s in spec.sources for v in s.variables.values())]:
        faults = getattr(variable.entry, "faults_with", None)
        if faults is not None and variable.verb is not None and variable.made_by is None:
            for message, hint in faults(known, variable.name, plan.kind(spec.name, variable.name)):
                yield Problem(variable.place, f"{spec.name}.{variable.name}", message, hint)


def kind_problems(plan: Plan, specs: Iterable[DatasetSpec]) -> list[Problem]:
    """Expressions whose kinds do not fit, and columns that are of one kind here and of another there."""
    plan.scope.silent = True  # what names mean nothing is known by now
    found: list[Problem] = []
    for spec in specs:
        name = spec.name
        found += _mixed_variables(plan, spec)
        for part, where, subject in _placed_parts(spec):
            conditions = {id(expression) for expression in _conditions(part)}
            for item, table in read_parts(part):
                if isinstance(item, Expression):
                    found += _expression_kind(plan, item, table, where, subject, id(item) in conditions)
                elif isinstance(item, Ref) and table is None:
                    found += _mixed_columns(plan, item.parts, item.place, where, subject)
        for number, source in enumerate(spec.sources):
            found += _join_kinds(plan, source, Where(name, number, ROWS))
    plan.scope.silent = False
    return found


def _join_kinds(plan: Plan, source: SourceSpec, where: Where) -> list[Problem]:
    """Conditions of joins whose kinds do not fit, and keys that would never be equal."""
    found: list[Problem] = []
    near = [str(source.model.table)]
    for alias, join in (source.model.join or {}).items():
        table = str(join.table or alias)
        if join.where is not None:
            found += _expression_kind(plan, join.where, table, where, where.dataset, True)
        for name in join.on or ():
            holder = next((t for t in near if name in plan.scope.columns_of(t)), near[0])
            ours, theirs = _table_kind(plan, holder, str(name)), _table_kind(plan, table, str(name))
            if ours is not theirs:
                found.append(Problem(name.place, where.dataset, f"'{name}' is a {ours.value} in {holder} and "
                                     f"a {theirs.value} in {table}", "such keys are never equal"))
        near.append(table)
    return found


def _table_kind(plan: Plan, table: str, column: str) -> Kind:
    return plan.kind(table, column) if table in plan.datasets else Kind.TEXT


def _placed_parts(spec: DatasetSpec) -> Iterator[tuple[object, Where, str]]:
    """Everything in a dataset's spec that holds names, with where it stands and what to call it."""
    for number, source in enumerate(spec.sources):
        rows = Where(spec.name, number, ROWS)
        model = source.model.model_copy(update={"join": None})  # joined tables are seen to on their own
        yield (model, source.tests, source.long), rows, spec.name
        yield from _entries(source.variables.values(), spec.name, number)
    yield from _entries(spec.variables.values(), spec.name, None)
    for step in spec.steps:
        yield step.entry, Where(spec.name), spec.name


def _entries(variables: Iterable[VariableSpec], dataset: str,
             number: int | None) -> Iterator[tuple[object, Where, str]]:
    for variable in variables:
        if variable.verb is not None and variable.made_by is None:
            yield variable.entry, Where(dataset, number, variable.name), f"{dataset}.{variable.name}"


CONDITIONS = frozenset({"where", "when", "drop", "criterion", "ongoing", "low_excluded", "high_excluded"})
"""Keys of expressions that are to be true or false."""


def _conditions(value: object) -> Iterator[Expression]:
    """Expressions that are to be true or false: of :data:`CONDITIONS`, and keys of ``case``."""
    if value is None or isinstance(value, str):
        return  # most of what there is
    if isinstance(value, Model):
        for name in type(value).model_fields:
            field = getattr(value, name)
            if name in CONDITIONS and isinstance(field, Expression):
                yield field
            elif name == "case" and isinstance(field, Mapping):
                yield from (key for key in field if isinstance(key, Expression))
            else:
                yield from _conditions(field)
    elif isinstance(value, Mapping):
        yield from _conditions(list(value.values()))
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _conditions(item)


def _expression_kind(plan: Plan, expression: Expression, table: str | None, where: Where,
                     subject: str, condition: bool = False) -> list[Problem]:
    """The mistake in an expression's kinds; none where the kind of a name only shows with the data."""
    kinds: dict[tuple[str, ...], Kind] = {}
    for parts in expression.names:
        if table is None and (mixed := _mixed_columns(plan, parts, expression.place, where, subject)):
            return mixed
        target = (plan.scope.find(parts, where, expression.place) if table is None
                  else plan.scope.there(table, parts, where, expression.place))
        if target is None:
            return []
        dataset = target.table or where.dataset
        name = target.column or target.key[-1]
        if target.kind != "constant" and dataset in plan.datasets and not _told(plan, dataset, name):
            return []
        kinds[parts] = plan.target_kind(target, where)
        if (dataset, name) in plan.doubtful:
            return []
    try:
        made = expression.kind(kinds)
    except SpecError as error:
        return [_placed(error, subject)]
    if condition and made not in (Kind.BOOLEAN, None):
        return [Problem(expression.place, subject, f"'{expression.text}' is no condition",
                        "compare it with a value")]
    return []


def _told(plan: Plan, dataset: str, name: str) -> bool:
    """Whether the kind of a variable is known before it is made: not that of a working column of ``into``."""
    spec = plan.datasets[dataset]
    all_ = [spec.variables.get(name), *(s.variables.get(name) for s in spec.sources)]
    made_by = any(v is not None and v.made_by is not None for v in all_)
    return not (name.startswith("_") and made_by and all_[0] is not None and all_[0].entry.kind is None)


def _mixed_columns(plan: Plan, parts: tuple[str, ...], place: Place | None, where: Where,
                   subject: str) -> list[Problem]:
    """A column that several sources have, in different kinds: stacked, it would be neither."""
    target = plan.scope.find(parts, where, place)
    if target is None or target.kind != "source" or len(target.key) != 2:
        return []
    kinds: dict[Kind, str] = {}
    for source in plan.scope.sources(where):
        table = plan.scope.holder(source, target.key[-1])
        if table is not None:
            kinds.setdefault(_table_kind(plan, table, target.key[-1]), table)
    if len(kinds) < 2:
        return []
    told = " and ".join(f"a {kind.value} in {table}" for kind, table in kinds.items())
    return [Problem(place, subject, f"'{'.'.join(parts)}' is {told}",
                    "make a variable of it in each source")]


def _mixed_variables(plan: Plan, spec: DatasetSpec) -> Iterator[Problem]:
    """Working columns that the sources make in different kinds."""
    seen: dict[str, tuple[Kind, str]] = {}
    for number, source in enumerate(spec.sources):
        for name, variable in source.variables.items():
            kind = _own_kind(plan, spec, number, variable)
            if not name.startswith("_") or kind is None:
                continue
            first, table = seen.setdefault(name, (kind, _main(source)))
            if kind is not first:
                yield Problem(variable.place, f"{spec.name}.{name}",
                              f"is a {kind.value} here and a {first.value} in source {table}",
                              "say its 'type' in both")


def _main(source: SourceSpec) -> str:
    return str(source.model.table)


def _own_kind(plan: Plan, spec: DatasetSpec, number: int, variable: VariableSpec) -> Kind | None:
    """The kind a source gives a variable; None where it only shows with the data."""
    if variable.entry.kind is not None:
        return variable.entry.kind
    if variable.verb is None or variable.made_by is not None:
        return None
    made = variable.verb.kind
    if made is None or isinstance(made, Kind):
        return made or Kind.TEXT
    if (spec.name, variable.name) in plan.doubtful:
        return None
    return made(variable.entry, lambda parts: plan.kind_of(parts, Where(spec.name, number, variable.name)))


__all__ = ["constant_kind", "key_problems", "kind_problems", "name_problems", "table_problems"]
