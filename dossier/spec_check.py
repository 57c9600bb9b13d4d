"""``dossier spec check``: mistakes, and beside them what a spec leaves out.

Columns that nothing reads, Expected variables that nothing makes, and values
that are no terms are notes: a study may well mean them so.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dossier.figures.files import figure_problems
from dossier.pipeline import planned, require_sound
from dossier.transport.terms import translation_columns, translation_problems
from engine.build.execute import Build
from engine.build.plan import Plan
from engine.build.refusals import Stray
from engine.build.scope import Node
from engine.build.terms import codelists_of
from engine.errors import Problem, SpecError, counted
from engine.spec.dataset import DatasetSpec, VariableSpec
from engine.spec.design import PREFIX, VISITS
from engine.standards import sdtm_dataset

SEVERAL = 3
"""A column that so many tables have, and nothing reads, is named once for all of them."""

LISTED = 20
"""So many values of one variable are listed, if not all are asked for."""


@dataclass(frozen=True)
class Checked:
    """What a check found: mistakes, and notes by dataset and by raw table.

    ``expected`` are Expected variables without an entry (SDTMIG 3.4, 4.1.1),
    ``strays`` values that neither map nor codelist knows (None: data were not
    read), ``unused`` the columns that nothing reads, ``others`` how many
    problems of other kinds the data showed.
    """

    plan: Plan
    problems: tuple[Problem, ...]
    expected: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unused: dict[str, tuple[str, ...]] = field(default_factory=dict)
    strays: tuple[Stray, ...] | None = None
    others: int = 0


def check_specs(study: Path, raw: Path | None = None, *, quick: bool = False) -> Checked:
    """Check specs against the headers of raw files and, if not ``quick``, against their values.

    Raises a SpecError or DataError where nothing can be planned; of sound specs
    a DataError where a raw file cannot be read.
    """
    plan = planned(study, raw)
    problems: tuple[Problem, ...] = ()
    try:
        require_sound(plan)
    except SpecError as error:
        problems = error.problems
    problems += (*figure_problems(study.parent), *translation_problems(plan))
    translated = translation_columns(plan)
    build = Build(plan)
    unused = {}
    for table, header in plan.scope.headers.items():
        if table == f"{PREFIX}{VISITS}":  # its columns are Dossier's own
            continue
        read = build.raw.columns_read(table) | translated.get(table, set())
        unused[table] = tuple(name for name in header if name not in read)
    expected = {name: _expected(spec, plan.study.datasets[name]) for name, spec in plan.datasets.items()}
    if quick or problems:
        return Checked(plan, problems, expected, unused)
    build.run(nodes=list(_with_terms(plan)))
    strays = build.refusals.strays
    terms = {(f"{stray.dataset}.{stray.variable}", stray.message) for stray in strays}
    others = sum((problem.subject, problem.message.rpartition("; ")[0]) not in terms
                 for found in build.refusals.problems.values() for problem in found)
    return Checked(plan, problems, expected, unused, tuple(strays), others)


def _expected(spec: DatasetSpec, written: DatasetSpec) -> tuple[str, ...]:
    """Expected variables that are there without values because nothing makes them."""
    standard = sdtm_dataset(spec.name) if spec.layer == "sdtm" else None
    made = {*written.variables, *(n for source in written.sources for n in source.variables)}
    return tuple(name for name, variable in (standard.variables.items() if standard else ())
                 if variable.core == "Exp" and name not in made and _is_blank(spec.variables.get(name)))


def _is_blank(variable: VariableSpec | None) -> bool:
    return variable is not None and variable.verb is not None and variable.verb.name == "missing"


def _with_terms(plan: Plan) -> Iterator[Node]:
    """The variables whose values go through a map or a codelist."""
    for name, spec in plan.datasets.items():
        parts = [("", spec.variables), *((f"@source{n}.", s.variables) for n, s in enumerate(spec.sources))]
        for prefix, variables in parts:
            for variable in variables.values():
                if variable.entry.map is not None or codelists_of(variable.entry, plan, name, variable.name):
                    yield name, f"{prefix}{variable.name}"


def told(study: Path, found: Checked, *, width: int = 100, everything: bool = False) -> str:
    """The notes as text: a summary, then a block for each dataset and each raw table with any."""
    plan = found.plan
    variables = sum(len(spec.variables) for spec in plan.datasets.values())
    count = counted(len(found.problems), "problem") if found.problems else "no problems"
    lines = [f"{study}: {counted(len(plan.datasets), 'dataset')}, {counted(variables, 'variable')}, {count}"]
    for name in plan.datasets:
        block = [*_strays(found.strays or (), plan.datasets[name], None if everything else LISTED)]
        if found.expected[name]:
            block += _listed("Expected, and nothing makes them:", found.expected[name], width)
        lines += ["", name, *block] if block else []
    return "\n".join([*lines, *_unused(found, width), *_closing(found)])


def _unused(found: Checked, width: int) -> Iterator[str]:
    """The columns that nothing reads, by raw table; those of an export's every table once."""
    headers = found.plan.scope.headers
    unused = {table: columns for table, columns in found.unused.items() if columns}
    times = Counter(column for header in headers.values() for column in header)
    never = Counter(column for columns in unused.values() for column in columns)
    common = [column for column, count in never.items() if count == times[column] >= SEVERAL]
    if common:
        yield from ("", "raw.tables", *_listed("columns of several tables, never read:", common, width))
    for table, columns in unused.items():
        every = len(headers[table])
        own = [column for column in columns if column not in common]
        above = len(columns) - len(own)
        verb = "is" if len(columns) == 1 else "are"
        head = f"{len(columns)} of {counted(every, 'column')} {verb} not read:"
        if len(columns) == every:
            head = "none of its columns is read:"
        if above:
            own = [*own, f"and {above} of those above"] if own else ["named above"]
        where = table if table.startswith(PREFIX) else f"raw.tables.{table}"
        yield from ("", where, *_listed(head, own, width))


def _closing(found: Checked) -> list[str]:
    if found.strays is None:
        why = "correct the problems first" if found.problems else "--quick"
        return ["", f"values were not looked at: {why}"]
    if found.others:
        return ["", f"the data have {counted(found.others, 'other problem')} at least: see 'dossier build'"]
    return []


def _strays(strays: Iterable[Stray], spec: DatasetSpec, most: int | None) -> Iterator[str]:
    """Values that are no terms: a line each, by variable, the most frequent first."""
    by_variable: dict[str, list[Stray]] = {}
    for stray in strays:
        if stray.dataset == spec.name:
            by_variable.setdefault(stray.variable, []).append(stray)
    order = {name: place for place, name in enumerate(spec.variables)}
    for variable, found in sorted(by_variable.items(), key=lambda item: order.get(item[0], len(order))):
        found.sort(key=lambda stray: -stray.records)
        for stray in found[:most]:
            then = {"keep": "kept", "blank": "left blank"}.get(stray.policy, stray.hint)
            place = f"{stray.place}: " if stray.place else ""
            yield (f"  {place}{variable}: {stray.message}; {stray.records} of {counted(stray.of, 'record')}"
                   f"; {then}")
        left = len(found) - len(found[:most])
        if left:
            yield f"  {variable}: and {counted(left, 'more such value')}; -v lists all"


def _listed(head: str, names: Iterable[str], width: int) -> list[str]:
    return textwrap.wrap(f"{head} {', '.join(names)}", width, initial_indent="  ", subsequent_indent="    ",
                         break_long_words=False, break_on_hyphens=False)
