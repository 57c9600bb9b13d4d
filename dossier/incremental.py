"""Which datasets a build must make anew, and what it leaves for the next one to know."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from dossier import state
from dossier.state import DatasetState, State
from dossier.terminal import closing_table
from engine.build.execute import Build, needed_nodes
from engine.build.finish import Finished
from engine.build.plan import Plan
from engine.build.raw import sources
from sdtm.relrec import relations

if TYPE_CHECKING:
    from dossier.pipeline import Made, Summary


def related_datasets(plan: Plan) -> set[str]:
    """The datasets whose records RELREC relates."""
    return {name for relation in relations(plan) for name in relation.members}


def text_lengths(item: Finished) -> dict[str, int]:
    """The length of each text variable of a dataset, where it is to be the same in others."""
    return {v.name: v.length for v in item.variables if v.type == "Char"} if item.rows is not None else {}


class Past:
    """The last build into a folder, as far as it has anything to say of this plan."""

    def __init__(self, plan: Plan, out: Path, hashes: state.Hashes) -> None:
        self.plan, self.out, self.hashes = plan, out, hashes
        hashes.all(self._files(plan.study.study.raw.tables))  # before they are read
        self.base = state.base(plan.study.path, plan.study.raw_override, self.hashes)
        found = state.load(out)
        self._state = found if found is not None and found.base == self.base else None

    def changed(self) -> set[str] | None:
        """The datasets that are not what a build would make now; None where all must be built."""
        if self._state is None:
            return None
        stale = state.stale(self._state, self.out, self.hashes) | state.unlike(self._state.datasets)
        members = related_datasets(self.plan)
        if "RELREC" in stale or bool(members) != ("RELREC" in self._state.datasets):
            stale |= members
        return {name for name in self.plan.datasets if name in stale or name not in self._state.datasets}

    def _kept(self, made: Mapping[str, object]) -> dict[str, DatasetState]:
        """What is known of the datasets of this plan that were not made."""
        wanted = {*self.plan.datasets, *(["RELREC"] if related_datasets(self.plan) else [])}
        known = self._state.datasets if self._state is not None else {}
        return {name: one for name, one in known.items() if name in wanted and name not in made}

    def lengths_but(self, made: Mapping[str, object]) -> dict[str, int]:
        """The lengths of text in the datasets that were not made."""
        return state.common_lengths(one.own for one in self._kept(made).values())

    def resized(self, made: Mapping[str, Mapping[str, int]]) -> set[str]:
        """Datasets that were not made and have a variable whose length is another with those made."""
        kept = self._kept(made)
        now = state.common_lengths([*made.values(), *(one.own for one in kept.values())])
        return {name for name, one in kept.items() if any(one.written[v] != now[v] for v in one.own)}

    def files_but(self, made: Mapping[str, object]) -> list[str]:
        """The files, below ``m5``, of the datasets that were not made."""
        return sorted(file for one in self._kept(made).values() for file in one.outputs)

    def names_but(self, made: Mapping[str, object]) -> tuple[str, ...]:
        """The datasets that were not made."""
        return tuple(self._kept(made))

    def forget(self) -> None:
        """Leave no word of the last build while its files are being exchanged."""
        state.forget(self.out)

    def remember(self, made: Made, items: list[Finished], summary: Summary) -> None:
        """Tell the next build what this one was made from."""
        lines = {item.name: list(line) for item, line in zip(items, summary.lines, strict=True)}
        found = self._kept(made.own()) | {
            item.name: self._told(item, made, summary.folder, lines) for item in items
            if item.rows is not None or item.name == "RELREC"}
        found = {name: found[name] for name in (*self.plan.datasets, "RELREC") if name in found}
        read = {path for one in found.values() for path in one.inputs}
        raw = self._files(self.plan.study.study.raw.tables)
        whole = dataclasses.replace(summary, kept=(), unchanged=(),
                                    lines=[tuple(line) for one in found.values() for line in one.lines])
        state.save(self.out, State(
            self.base, [path.as_posix() for path in state.spec_files(self.plan.study.path)],
            self.hashes.all(path for path in raw if path.as_posix() not in read), found,
            closing_table(whole)))

    def _told(self, item: Finished, made: Made, folder: Path,
              lines: Mapping[str, list[object]]) -> DatasetState:
        """What is to be known of a dataset that was made; its qualifiers belong to it."""
        names = [name for name in (item.name, f"SUPP{item.name}") if name in lines]
        files = [path for name in names for path in folder.rglob(f"{name.lower()}.xpt")]
        hashes = state.Hashes()  # the files are new
        return DatasetState(self.hashes.all(self._inputs(made.work, item.name)),
                            {path.relative_to(self.out / "m5").as_posix(): hashes.of(path) for path in files},
                            made.own()[item.name], text_lengths(item), [lines[name] for name in names])

    def _inputs(self, work: Build, name: str) -> set[Path]:
        """The specs and raw files that a dataset's values can depend on."""
        names = related_datasets(self.plan) if name == "RELREC" else {name}
        nodes = needed_nodes(self.plan, names)
        specs = {Path(self.plan.datasets[dataset].place.file) for dataset, _ in nodes}
        return specs | set(self._files(work.tables_read(nodes)))

    def _files(self, tables: Iterable[str]) -> list[Path]:
        known = [str(table) for table in tables if table in self.plan.study.study.raw.tables]
        return [source.path for table in known for source in sources(self.plan.study, table)]
