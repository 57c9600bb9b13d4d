"""``dossier xpt diff``: how the datasets of two files, or of the files of two folders, differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dossier.transport.diff_keys import Keys, Matching
from dossier.transport.diff_sides import Options, Side
from dossier.transport.diff_values import ValueDiff, value_diffs
from dossier.transport.files import paired, reading
from dossier.transport.shown import Value
from engine.errors import DataError, Place, Problem, SpecError, hint_for
from engine.xpt import Metadata, Variable, members

_PART = 4 * 2**20

ATTRIBUTES = ("type", "length", "label", "format", "informat")
"""What is compared of a variable beside its values."""


@dataclass(frozen=True)
class Changed:
    """An attribute that differs: of a variable, or of the dataset where no variable is named."""

    variable: str
    attribute: str
    a: str
    b: str


@dataclass(frozen=True)
class Alone:
    """Records without a counterpart: how many, and those of them that are listed."""

    count: int
    listed: np.ndarray
    matching: Matching
    of_b: bool

    def __iter__(self) -> Iterator[dict[str, Value]]:
        """What names the records that are listed, one by one."""
        return (self.matching.named(position, self.of_b) for position in self.listed.tolist())


@dataclass(frozen=True)
class DatasetDiff:
    """How two datasets differ.

    ``moved`` are the variables whose order differs, as either side has them, and
    ``records_moved`` is what names the first record that stands elsewhere (None:
    one order).  Time stamps and versions differ without a difference.
    """

    file: str
    a: Metadata
    b: Metadata
    changed: tuple[Changed, ...]
    only_a: tuple[Variable, ...]
    only_b: tuple[Variable, ...]
    moved: tuple[tuple[str, ...], tuple[str, ...]] | None
    matching: Matching
    records_a: Alone
    records_b: Alone
    records_moved: dict[str, Value] | None
    values: tuple[ValueDiff, ...]

    @property
    def equal(self) -> bool:
        """Whether nothing differs that counts."""
        return not (self.changed or self.only_a or self.only_b or self.moved or self.records_a.count
                    or self.records_b.count or self.records_moved or self.values)


@dataclass(frozen=True)
class Identical:
    """Two files of the same bytes."""

    file: str
    datasets: tuple[Metadata, ...]
    equal: bool = True


@dataclass(frozen=True)
class OneSided:
    """A file, or a dataset of a file of several, that only one side (``A`` or ``B``) has."""

    file: str
    dataset: str
    side: str
    equal: bool = False


Result = DatasetDiff | Identical | OneSided


def compare(a: Path, b: Path, options: Options) -> Iterator[Result]:
    """How two files, or the files of two folders that have one name, differ, dataset by dataset.

    Raises SpecError when a path, a key or an ignored variable is nowhere to be found, and
    at the end DataError for all files that could not be read or are damaged.
    """
    pairs = paired(a, b)
    problems: list[Problem] = []
    headers: list[tuple[str, Path, Path, tuple[Metadata, ...], tuple[Metadata, ...]]] = []
    alone: list[Result] = []
    for name, path_a, path_b in pairs:
        if path_a is None or path_b is None:
            alone.append(OneSided(name, "", "B" if path_a is None else "A"))
            continue
        try:
            headers.append((name, path_a, path_b, _members(path_a, options), _members(path_b, options)))
        except DataError as error:
            problems += error.problems
    if not problems:
        _require_known(options, [pair for *_, ms, ns in headers for pair in _matched(ms, ns)])
    yield from alone
    for name, path_a, path_b, members_a, members_b in headers:
        try:
            yield from _compared(name, path_a, path_b, members_a, members_b, options)
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(problems)


def _members(path: Path, options: Options) -> tuple[Metadata, ...]:
    shown = path.as_posix()
    with reading(shown):
        found = members(path, encoding=options.encoding, shown=shown)
    if not found:
        raise DataError(Problem(Place(shown), "", "holds no dataset"))
    return found


def _matched(a: Sequence[Metadata],
             b: Sequence[Metadata]) -> list[tuple[Metadata | None, Metadata | None]]:
    """Datasets of two files that belong together: by name, or as the only ones there are."""
    if len(a) == len(b) == 1:
        return [(a[0], b[0])]
    named_a, named_b = {m.name: m for m in a}, {m.name: m for m in b}
    return [(named_a.get(name), named_b.get(name)) for name in dict.fromkeys([*named_a, *named_b])]


def _require_known(options: Options, pairs: Iterable[tuple[Metadata | None, Metadata | None]]) -> None:
    """Raise SpecError for a key that no dataset has on both sides, an ignored variable that is nowhere."""
    both: set[str] = set()
    any_: set[str] = set()
    for a, b in pairs:
        names = [set(m.column_names) if m else set() for m in (a, b)]
        both |= names[0] & names[1]
        any_ |= names[0] | names[1]
    problems = [Problem(None, "--key", f"no dataset has variable {name} on both sides", hint_for(name, both))
                for name in options.key if name not in both]
    problems += [Problem(None, "--ignore", f"no dataset has variable {name}", hint_for(name, any_))
                 for name in sorted(options.ignore - any_)]
    if problems and any_:
        raise SpecError(problems)


def _compared(file: str, path_a: Path, path_b: Path, members_a: tuple[Metadata, ...],
              members_b: tuple[Metadata, ...], options: Options) -> Iterator[Result]:
    """The datasets of two files."""
    with reading(file):
        same = _same_bytes(path_a, path_b)
    if same:
        yield Identical(file, members_a)
        return
    for a, b in _matched(members_a, members_b):
        if a is None or b is None:
            there = a or b
            assert there is not None
            yield OneSided(file, there.name, "A" if a else "B")
        else:
            yield _dataset(file, Side(path_a, path_a.as_posix(), a, options.encoding),
                           Side(path_b, path_b.as_posix(), b, options.encoding), options)


def _same_bytes(a: Path, b: Path) -> bool:
    """Whether two files are one byte by byte."""
    if a.stat().st_size != b.stat().st_size:
        return False
    with a.open("rb") as of_a, b.open("rb") as of_b:
        while part := of_a.read(_PART):
            if part != of_b.read(_PART):
                return False
    return True


def _dataset(file: str, a: Side, b: Side, options: Options) -> DatasetDiff:
    """Two datasets: what is said of them, then their records and values."""
    of_a, of_b = ({v.name: v for v in side.metadata.variables if v.name not in options.ignore}
                  for side in (a, b))
    common = [name for name in of_a if name in of_b]
    changed = [Changed("", word, str(one), str(other)) for word, one, other in (
        ("name", a.metadata.name, b.metadata.name), ("label", a.metadata.label, b.metadata.label),
        ("type", a.metadata.kind, b.metadata.kind)) if one != other]
    changed += [Changed(name, word, _said(of_a[name], word), _said(of_b[name], word))
                for name in common for word in ATTRIBUTES
                if _said(of_a[name], word) != _said(of_b[name], word)]
    matching = Keys(a, b).matching(options)
    keys = {key.name for key in matching.keys}
    compared = [name for name in common if of_a[name].type == of_b[name].type and name not in keys]
    return DatasetDiff(
        file, a.metadata, b.metadata, tuple(changed),
        tuple(v for name, v in of_a.items() if name not in of_b),
        tuple(v for name, v in of_b.items() if name not in of_a),
        _moved(common, [name for name in of_b if name in of_a]), matching,
        _alone(matching, matching.only_a, options, of_b=False),
        _alone(matching, matching.only_b, options, of_b=True), _records_moved(matching),
        tuple(value_diffs(a, b, compared, matching, options)))


def _said(variable: Variable, word: str) -> str:
    value = getattr(variable, word)
    return "" if value is None else str(value)


def _moved(a: Sequence[str], b: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """What differs in the order of the same names, without what is alike before and after.

    >>> _moved(["A", "B", "C", "D"], ["A", "C", "B", "D"])
    (('B', 'C'), ('C', 'B'))
    """
    unlike = [n for n, (one, other) in enumerate(zip(a, b, strict=True)) if one != other]
    if not unlike:
        return None
    part = slice(unlike[0], unlike[-1] + 1)
    return tuple(a[part]), tuple(b[part])


def _alone(matching: Matching, positions: np.ndarray, options: Options, *, of_b: bool) -> Alone:
    return Alone(len(positions), positions[: options.limit], matching, of_b)


def _records_moved(matching: Matching) -> dict[str, Value] | None:
    """What names the first record of A after which one comes that stands before it in B."""
    if matching.a is None or matching.b is None:
        return None
    back = np.flatnonzero(np.diff(matching.b) < 0)
    return matching.named(int(matching.a[back[0] + 1])) if len(back) else None
