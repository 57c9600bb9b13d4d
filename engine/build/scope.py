"""What a name in a spec means: a variable, a column of a source, another dataset's, a constant.

A name means the variable of this dataset; where there is none of that name, or
inside the entry of that very variable, the column of the source.  A qualified
name (``DM.RFSTDTC``, ``infusion.INFDAT``) means a joined table's column, or that
of a table with one record a subject.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from engine.characters import odd_sign
from engine.columns import Kind
from engine.errors import Place, Problem, counted, hint_for
from engine.spec.dataset import DatasetSpec, SourceSpec, VariableSpec
from engine.spec.load import StudySpec
from engine.spec.references import Use
from engine.yaml.fields import Problems

Node = tuple[str, str]
"""Something the build makes: (dataset, variable) or (dataset, ``@`` step)."""


SOURCE = "source"
"""``source.VISIT`` is the source's column, also where a variable has the same name."""

ROWS = "@rows"
"""Stands for the variable where a source's rows are still being made."""


@dataclass(frozen=True)
class Target:
    """What a name means.  ``key`` is where a Rows keeps it; ``table`` is another table's name."""

    kind: str                       # variable | source | subject | constant
    key: tuple[str, ...]
    table: str | None = None
    column: str | None = None


@dataclass(frozen=True)
class Where:
    """Where a name stands: a dataset, one of its sources (or None), inside which variable."""

    dataset: str
    source: int | None = None
    variable: str | None = None


class Scope:
    """Finds what names mean; headers give the columns of raw tables."""

    def __init__(self, study: StudySpec, datasets: Mapping[str, DatasetSpec],
                 headers: Mapping[str, Mapping[str, str]]) -> None:
        self.study, self.datasets = study, datasets
        self.design = study.study.design_tables()
        self.headers = {**headers, **{name: dict.fromkeys(t.columns, "") for name, t in self.design.items()}}
        self.constants = study.study.constants()
        self.problems = Problems()
        self.silent = False
        """Whether names that mean nothing were noted before."""
        self.used: dict[str, set[str]] = {}

    def columns_of(self, table: str) -> set[str]:
        """The column names of a raw table or the variables of a dataset."""
        if table in self.datasets:
            return set(self.datasets[table].variables)
        return set(self.headers.get(table, ()))

    def exists(self, table: str) -> bool:
        """Whether the study has this raw table, dataset, or table of the study file."""
        return table in self.datasets or table in self.study.study.raw.tables or table in self.design

    def _use(self, table: str, column: str) -> None:
        if table not in self.datasets:
            self.used.setdefault(table, set()).add(column)

    def variables(self, where: Where) -> Mapping[str, VariableSpec]:
        """The variables in sight: of the source alone, or of the dataset; none while rows are made."""
        if where.variable == ROWS:
            return {}
        spec = self.datasets[where.dataset]
        if where.source is not None:
            return spec.sources[where.source].variables
        made = {n: v for s in spec.sources for n, v in s.variables.items()}
        return made | dict(spec.variables)

    def sources(self, where: Where) -> list[SourceSpec]:
        """The sources in sight."""
        sources = self.datasets[where.dataset].sources
        return [sources[where.source]] if where.source is not None else list(sources)

    def find(self, parts: tuple[str, ...], where: Where, place: Place | None,
             use: Use | None = None) -> Target | None:
        """What a name means; a name that means nothing is noted as a problem, at the place of its use."""
        use = use or Use(parts, None, place)
        found = self._plain(parts[0], where, use) if len(parts) == 1 else self._qualified(parts, where)
        if found is None:
            self._unknown(parts, where, use)
        return found

    def _plain(self, name: str, where: Where, use: Use) -> Target | None:
        known = self.variables(where)
        if name not in known or name == where.variable:
            return self._column(name, where)
        if known[name].unwritten and (column := self._column(name, where)) is not None:
            # Blank by the standard, and filled in the raw table: whoever wrote the name meant the column.
            message = f"'{name}' is a column of {column.table}, and {where.dataset} has no entry for {name}"
            self._note(use, where, message,
                       f"write '{name}: {{from: {name}}}', or 'source.{name}' for the column")
            return column
        return Target("variable", (name,))

    def _column(self, name: str, where: Where) -> Target | None:
        """A source's column: of its main table, else of the first joined one that has it."""
        found = [t for s in self.sources(where) if (t := self.holder(s, name)) is not None]
        for table in found:
            self._use(table, name)
        return Target("source", ("@", name), found[0], name) if found else None

    def holder(self, source: SourceSpec, name: str) -> str | None:
        """The table of a source that a plain column name means."""
        return next((t for t in source.tables.values() if name in self.columns_of(t)), None)

    def _qualified(self, parts: tuple[str, ...], where: Where) -> Target | None:
        table, name = parts[0], parts[-1]
        if parts in self.constants:
            return Target("constant", parts)
        if table == SOURCE:
            return self._column(name, where)
        if table == where.dataset and name in self.variables(where) and name != where.variable:
            return Target("variable", (name,))
        sources = self.sources(where)
        owners = [s for s in sources if table in s.tables and name in self.columns_of(s.tables[table])]
        # One of several sources is a dataset: the records of the others want its values by the subject.
        if owners and (len(owners) == len(sources) or table not in self.datasets):
            source = owners[0]
            self._use(source.tables[table], name)
            key = ("@", name) if table == str(source.model.table) else ("@", table, name)
            return Target("source", key, source.tables[table], name)
        if self.exists(table) and name in self.columns_of(table):
            self._use(table, name)
            return Target("subject", ("@subject", table, name), table, name)
        return None

    def there(self, table: str, parts: tuple[str, ...], where: Where, place: Place | None,
              use: Use | None = None) -> Target | None:
        """What a name inside an entry's other table means: its column, or a constant."""
        use = use or Use(parts, table, place)
        if parts in self.constants:
            return Target("constant", parts)
        name = parts[-1]
        if len(parts) == 1 or parts[0] == table:
            if name in self.columns_of(table):
                self._use(table, name)
                return Target("variable", (name,), table, name)
        elif self.exists(parts[0]) and name in self.columns_of(parts[0]):
            self._use(parts[0], name)
            return Target("subject", ("@subject", parts[0], name), parts[0], name)
        holder = parts[0] if len(parts) > 1 else table
        if not self.exists(holder):
            self._unknown(parts, where, use)
        else:
            self._note(use, where, f"'{name}' is no column of {self.told(holder)}",
                       hint_for(name, self.columns_of(holder)))
        return None

    def told(self, table: str) -> str:
        """A table as messages name it: a raw table by its file, and by its name where that is another."""
        raw = self.study.study.raw.tables.get(table) if table not in self.datasets else None
        if raw is None:
            return table
        names = [PurePosixPath(str(file.file)).name for file in raw.files]
        file = names[0] if len(names) == 1 else f"{names[0]} and {counted(len(names) - 1, 'more file')}"
        return file if PurePosixPath(names[0]).stem == table and len(names) == 1 else f"{table} ({file})"

    def _unknown(self, parts: tuple[str, ...], where: Where, use: Use) -> None:
        name = parts[-1]
        if len(parts) > 1 and not self.exists(parts[0]) and parts[0] not in ("study", SOURCE):
            tables = {*self.study.study.raw.tables, *self.datasets, *self.design, "study"}
            self._note(use, where, f"no table or dataset '{parts[0]}'", hint_for(parts[0], tables))
            return
        if len(parts) > 1:
            tables_ = [t for s in self.sources(where) for t in s.tables.values()]
            known = {k[1] for k in self.constants} if parts[0] == "study" else {
                c for t in (tables_ if parts[0] == SOURCE else [parts[0]]) for c in self.columns_of(t)}
            self._note(use, where, f"'{name}' is no column of {self.told(parts[0])}", hint_for(name, known))
            return
        names = set(self.variables(where)) - {where.variable}
        tables_ = list(dict.fromkeys(t for s in self.sources(where) for t in s.tables.values()))
        for table in tables_:
            names |= self.columns_of(table)
        told = ", ".join(self.told(table) for table in tables_)
        hint = hint_for(name, {str(n) for n in names})
        if use.quoted:
            hint = f"text stands in single quotes: '{name}'"
        elif (odd := odd_sign(name)) is not None and not hint.startswith("did you mean"):
            hint = f"{odd[1]} stands in the name: {odd[2]}"
        self._note(use, where, f"'{name}' is no variable here and no column of {told}", hint)

    def _note(self, use: Use, where: Where, message: str, hint: str) -> None:
        if self.silent:
            return
        inside = where.variable if where.variable and where.variable != ROWS else None
        subject = f"{where.dataset}.{inside}" if inside else where.dataset
        if use.shown:
            message, hint = (message, f"{hint}\n{use.shown}") if hint else (f"{message}\n{use.shown}", "")
        self.problems.append(Problem(use.place, subject, message, hint))


def declared_kind(spec: VariableSpec, standard_type: str) -> Kind | None:
    """The kind of a variable: as declared, else by the standard's type and the name's ending."""
    if spec.entry.kind is not None:
        return spec.entry.kind
    if standard_type == "Char":
        return Kind.TEXT
    if standard_type == "Num":
        for ending, kind in (("DTM", Kind.DATETIME), ("DT", Kind.DATE), ("TM", Kind.TIME)):
            if spec.name.endswith(ending) and spec.name != ending:
                return kind
        return Kind.NUMBER
    return None
