"""Raw files as they are found: how they are written, and what their columns hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from dossier.spec_new.sniff import Layout, layouts
from dossier.spec_new.words import role_names, squeezed, tokens, without_unit
from engine.characters import plain
from engine.errors import DataError
from engine.readers import Source, read_table
from engine.readers.source import FORMATS
from engine.readers.texts import unscramble

_DELIMITED = {".txt": "csv", ".dat": "csv"}
_MOST = 5000
"""So many distinct values of a column are looked at."""
_LONGEST_NAME = 48
"""Characters of a table's name; a number or a sheet's name may follow."""


@dataclass(frozen=True)
class RawColumn:
    """A column: its name and label, its values (not blank) and how often each distinct one stands."""

    name: str
    label: str
    counts: Counter[str]

    @cached_property
    def distinct(self) -> list[str]:
        """Distinct values, the most frequent first."""
        return [value for value, _ in self.counts.most_common(_MOST)]

    @cached_property
    def filled(self) -> int:
        """How many records have a value."""
        return sum(self.counts.values())

    @cached_property
    def key(self) -> str:
        """The name as it is compared, without a unit behind it."""
        return squeezed(without_unit(self.name)[0])

    @cached_property
    def series(self) -> pd.Series:
        """Distinct values as a text series."""
        return pd.Series(self.distinct, dtype="str")

    def is_role(self, *roles: str) -> bool:
        """Whether the name is one of those that every form has for a role."""
        return any(self.key in role_names(role) for role in roles)


@dataclass
class RawFile:
    """One file (or sheet) and how it is to be read."""

    path: str
    layout: Layout
    repair: tuple[str, ...] = ()


@dataclass
class RawTable:
    """A table of the study: one file or several alike."""

    name: str
    files: list[RawFile]
    columns: dict[str, RawColumn]
    records: int
    frame: pd.DataFrame
    words: list[str] = field(default_factory=list)
    domain: str | None = None

    def first(self, *roles: str) -> RawColumn | None:
        """The column that plays a role, the most usual name first."""
        ranked = [(role_names(role)[c.key], n, c) for role in roles
                  for n, c in enumerate(self.columns.values()) if c.key in role_names(role) and c.filled]
        return min(ranked, key=lambda item: item[:2])[2] if ranked else None

    @property
    def own(self) -> list[RawColumn]:
        """The columns that are about something, not about the form, and that a spec can name."""
        return [c for c in self.columns.values() if c.name.isprintable()
                and not c.is_role("subject", "site", "study", "visit", "visitname", "admin")]


@dataclass
class RawFolder:
    """All tables of a folder, and the files that could not be read, with the reason."""

    folder: Path
    tables: list[RawTable]
    left_out: dict[str, str]


def read_folder(folder: Path) -> RawFolder:
    """Read every table below a folder; files that no reader takes are passed over."""
    paths = [p for p in sorted(folder.rglob("*")) if p.is_file() and _kind(p)
             and not any(part.startswith((".", "~")) for part in p.relative_to(folder).parts)]
    read: list[RawTable] = []
    left: dict[str, str] = {}
    names = _names([p.relative_to(folder) for p in paths])
    for path in paths:
        shown = path.relative_to(folder).as_posix()
        if not shown.isprintable():
            left[repr(shown)] = "a spec cannot name it"
            continue
        try:
            for layout in layouts(path, _kind(path)):
                sheet = f"_{layout.sheet}" if layout.sheet and layout.several else ""
                name = _name(names[path.relative_to(folder)] + sheet)
                read.append(_read(path, shown, layout, name))
        except DataError as error:
            problem = error.problems[0]
            left[shown] = f"{problem.message}; {problem.hint}" if problem.hint else problem.message
    return RawFolder(folder, _distinct(_grouped(read)), left)


def _kind(path: Path) -> str:
    suffix = path.suffix.lower()
    return FORMATS.get(suffix) or _DELIMITED.get(suffix, "")


def _read(path: Path, shown: str, layout: Layout, name: str) -> RawTable:
    source = layout.source(path, shown)
    found = read_table(name, [source])
    repair: tuple[str, ...] = ()
    frame = found.frame
    if _scrambled([str(text) for name in frame for text in (name, *_few(frame[name]))]):
        repair = ("trim", "width", "mojibake")
        found = read_table(name, [replace(source, repair=repair)])
        frame = found.frame
    frame = frame.drop(columns=["_file", "_row"])
    columns = {c: RawColumn(c, found.labels.get(c, ""), _counted(frame[c])) for c in map(str, frame) if c}
    return RawTable(name, [RawFile(shown, layout, repair)], columns, len(frame), frame, tokens(name))


def _few(values: pd.Series) -> Sequence[object]:
    return list(values.dropna().unique()[:200])


def _scrambled(texts: Sequence[str]) -> bool:
    """Whether some texts are UTF-8 that was read as Latin letters and saved so."""
    return any(unscramble(text) != text for text in texts if not text.isascii())


def _counted(values: pd.Series) -> Counter[str]:
    return Counter({str(value): int(count) for value, count in values.value_counts().items()})


def _names(paths: Sequence[Path]) -> dict[Path, str]:
    """Short names of files: what all of a folder begin with is left out."""
    stems = {path: path.stem for path in paths}
    parts = [path.stem.replace("-", "_").split("_") for path in paths if path.parent == Path(".")]
    shared = 0
    while len(parts) > 2 and all(len(p) > shared + 1 and p[shared] == parts[0][shared] for p in parts):
        shared += 1
    if shared:
        stems |= {path: "_".join(path.stem.replace("-", "_").split("_")[shared:])
                  for path in paths if path.parent == Path(".")}
    return stems


def _name(text: str) -> str:
    made = "".join(c if c.isalnum() else "_" for c in plain(text).lower()).strip("_")[:_LONGEST_NAME]
    made = f"t{made}" if made[:1].isdigit() else made
    return f"{made}_" if made in ("study", "source", "") else made


def _grouped(tables: list[RawTable]) -> list[RawTable]:
    """Tables of several files: alike but for a number behind the name, and with most columns the same."""
    groups: dict[str, list[RawTable]] = {}
    for table in tables:
        stem = table.name.rstrip("0123456789").rstrip("_")
        for word in ("_site", "_s", "_part", "_p", "_c"):
            stem = stem.removesuffix(word) if stem != table.name else stem
        groups.setdefault(stem or table.name, []).append(table)
    made: list[RawTable] = []
    for stem, members in groups.items():
        first = members[0]
        alike = len(members) > 1 and all(_alike(first, other) for other in members[1:])
        made += [_stacked(stem, members)] if alike else members
    return made


def _alike(one: RawTable, other: RawTable) -> bool:
    both = len(set(one.columns) & set(other.columns))
    return both >= 4 and 2 * both >= min(len(one.columns), len(other.columns))


def _stacked(name: str, members: list[RawTable]) -> RawTable:
    columns: dict[str, RawColumn] = {}
    for member in members:
        for column in member.columns.values():
            known = columns.get(column.name)
            counts = known.counts + column.counts if known else column.counts
            columns[column.name] = RawColumn(column.name, known.label if known else column.label, counts)
    frame = pd.concat([m.frame for m in members], ignore_index=True)
    return RawTable(name, [f for m in members for f in m.files], columns, len(frame), frame, members[0].words)


def _distinct(tables: list[RawTable]) -> list[RawTable]:
    """Names that stand once, numbered where they do not."""
    seen: Counter[str] = Counter()
    for table in tables:
        seen[table.name] += 1
        if seen[table.name] > 1:
            table.name = f"{table.name}_{seen[table.name]}"
    return tables


__all__ = ["RawColumn", "RawFile", "RawFolder", "RawTable", "Source", "read_folder"]
