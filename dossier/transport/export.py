"""``dossier xpt export``: a set of datasets as an agency takes it, written whole or not at all.

Each dataset is read twice, in parts: once to find what must be written
otherwise, what cannot be written, and how long the texts are; once to write it.
What was written is checked like any file before it takes its place.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path, PurePosixPath

import pandas as pd

from dossier.output import require_usable, staged
from dossier.transport.check import MANIFEST, check_files, is_supplemental, rows_for
from dossier.transport.profiles import Profile
from dossier.transport.rewrite import Change, Rewriter
from dossier.transport.rules import NO_LABEL, header_faults
from dossier.transport.source import Item
from dossier.transport.split import Part, split
from dossier.transport.values import short
from engine import xpt
from engine.errors import DataError, Place, Problem, counted
from engine.xpt import Metadata, Variable
from engine.yaml.fields import sort_problems

Progress = Callable[[str], None]


@dataclass
class Written:
    """One dataset as it was written."""

    name: str
    file: str
    label: str
    records: int
    variables: int
    bytes: int
    parts: tuple[Part, ...] = ()


@dataclass
class Exported:
    """A set as it was written: where, in which encoding, its datasets, and what was changed in them."""

    profile: Profile
    encoding: str
    folder: Path
    datasets: list[Written] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)


def export(items: Callable[[], Sequence[Item]], profile: Profile, encoding: str, out: Path, *,
           largest: int | None = None, progress: Progress = lambda message: None) -> Exported:
    """Write the datasets that ``items`` gives into ``out``/``fda``, ``nmpa`` or ``pmda``: all or none.

    ``largest`` says how many bytes a dataset may have without parts beside it, if
    not the profile's number.  Raises a DataError with everything that keeps a
    dataset from being written, and leaves what was there.
    """
    folder = profile.agency.lower()
    require_usable(out, folder)
    done = Exported(profile, encoding, out / folder)
    with staged(out, folder) as stage:
        wanted = items()
        looked = [_look(item, profile, encoding, progress) for item in wanted]
        problems = [problem for one in looked for problem in one.problems]
        if problems:
            raise DataError(sort_problems(problems))
        lengths = _Lengths(looked, profile)
        most = profile.largest if largest is None else largest
        for one in looked:
            progress(f"writing {one.item.metadata.name}")
            done.datasets.append(_write(one, lengths.of(one), stage, done, most))
            done.changes += one.rewriter.changes.values()
            done.notes += [*one.item.notes, *_untold(one)]
        progress("checking what was written")
        _require_checked(stage, done, most)
        (stage / MANIFEST).write_text(manifest(done), encoding="utf-8", newline="\n")
    return done


@dataclass
class _Looked:
    """What the first reading of a dataset found."""

    item: Item
    rewriter: Rewriter
    problems: list[Problem]


def _parts(item: Item) -> Iterator[tuple[pd.DataFrame, Metadata]]:
    """The records of a dataset, part by part, under the names they are written with."""
    for frame, metadata in xpt.read_chunks(item.path, rows_for(item.metadata), encoding=item.encoding,
                                           disable_datetime_conversion=True, shown=item.shown):
        if item.ours:
            yield frame, metadata
        else:
            special = {name.upper(): letters for name, letters in metadata.special.items()}
            named = frame.set_axis(frame.columns.str.upper(), axis="columns")
            yield named, replace(metadata, special=special)


def _look(item: Item, profile: Profile, encoding: str, progress: Progress) -> _Looked:
    progress(f"looking at {item.metadata.name}")
    place, name = Place(item.shown), item.metadata.name
    problems = []
    for variable, what, hint in header_faults(item.metadata, profile, encoding):
        if what == NO_LABEL and item.ours:
            hint += f": label: {{{profile.language}: ...}} in its spec"
        problems.append(Problem(place, f"{name}.{variable}" if variable else name, what, hint))
    rewriter = Rewriter(item.shown, item.metadata, item.rules)
    names = [v.name for v in item.metadata.variables]
    if len(set(names)) < len(names):
        twice = next(n for n in names if names.count(n) > 1)
        return _Looked(item, rewriter, [*problems, Problem(place, f"{name}.{twice}", "stands twice")])
    try:
        for frame, _ in _parts(item):
            rewriter.look(frame)
        problems += rewriter.faults.problems()
    except DataError as error:
        problems += error.problems
    return _Looked(item, rewriter, problems)


class _Lengths:
    """The lengths of text: of one name one length in all datasets but those of qualifiers.

    It is that of the longest value, or what the spec fixes.  Files of others
    keep their lengths, and grow where they must, unless the agency wants them tight.
    """

    def __init__(self, looked: Sequence[_Looked], profile: Profile) -> None:
        self._tight = profile.tight and len(looked) > 1
        self._shared: dict[str, int] = {}
        self._grown: set[str] = set()
        for one in looked:
            if is_supplemental(one.item.metadata.name):
                continue
            for variable in one.item.metadata.variables:
                if variable.type == "Char":
                    own = self._own(one, variable)
                    self._shared[variable.name] = max(own, self._shared.get(variable.name, 1))
                    if one.item.ours or self._tight or own > variable.length:
                        self._grown.add(variable.name)

    def _own(self, one: _Looked, variable: Variable) -> int:
        """The length that one dataset alone would have."""
        least = one.item.least.get(variable.name, 1) if one.item.ours else variable.length
        return max(1 if self._tight else least, one.rewriter.longest.get(variable.name, 1), 1)

    def of(self, one: _Looked) -> tuple[Variable, ...]:
        """The variables of a dataset as they are written."""
        apart = is_supplemental(one.item.metadata.name)
        return tuple(self._with_length(variable, one, apart) for variable in one.item.metadata.variables)

    def _with_length(self, variable: Variable, one: _Looked, apart: bool) -> Variable:
        if variable.type == "Num":
            return variable
        shared = not apart and variable.name in self._grown
        return replace(variable, length=self._shared[variable.name] if shared else self._own(one, variable))


def _write(one: _Looked, variables: Sequence[Variable], stage: Path, done: Exported,
           most: int | None) -> Written:
    """Write one dataset, and its parts where it is too large."""
    item, metadata, profile = one.item, one.item.metadata, done.profile
    path = stage / item.target
    path.parent.mkdir(parents=True, exist_ok=True)
    coded = "ascii" if profile.ascii_labels else done.encoding
    created = metadata.created or datetime(1960, 1, 1)
    written = xpt.write(((one.rewriter.rewrite(frame), part) for frame, part in _parts(item)), path,
                        name=metadata.name, label=metadata.label, variables=variables, created=created,
                        encoding=done.encoding, label_encoding=coded)
    size = path.stat().st_size
    parts: tuple[Part, ...] = ()
    if most is not None and size > most:
        parts = split(path, written, most, done.encoding, coded)
    return Written(metadata.name, item.target.as_posix(), metadata.label, written.records,
                   len(variables), size, parts)


def _untold(one: _Looked) -> Iterator[Problem]:
    """What stays in English where a study translates into Chinese."""
    for name, values in one.rewriter.untold.items():
        told = ", ".join(short(value) for value in list(values)[:5])
        more = f" and {len(values) - 5} more" if len(values) > 5 else ""
        yield Problem(Place(one.item.shown), f"{one.item.metadata.name}.{name}",
                      f"no Chinese for {told}{more}: kept in {counted(sum(values.values()), 'record')}")


def _require_checked(stage: Path, done: Exported, most: int | None) -> None:
    """Check the files that were written like any other."""
    profile = replace(done.profile, largest=most)
    found = check_files([stage], profile, done.encoding).findings
    if found:
        home = stage.as_posix()
        raise DataError([replace(problem, place=_moved(problem.place, home)) for problem in found])


def _moved(place: Place | None, home: str) -> Place | None:
    """A place in the staged set, told as it would be in the set."""
    return None if place is None else replace(place, file=place.file.removeprefix(f"{home}/"))


def manifest(done: Exported) -> str:
    """What the reviewer's guide needs to know of an export, as JSON; alike for alike sets."""
    datasets: list[dict[str, object]] = []
    for one in done.datasets:
        folder = PurePosixPath(one.file).parent / "split"
        told: dict[str, object] = {"name": one.name, "label": one.label, "file": one.file,
                                   "records": one.records, "bytes": one.bytes}
        datasets.append({**told, "parts": [part.told(folder) for part in one.parts]} if one.parts else told)
    changes = [{"variable": f"{one.dataset}.{one.variable}", "value": one.original, "as": one.written,
                "by": "translation" if one.translated else "characters", "records": one.count}
               for one in done.changes]
    made = {"agency": done.profile.agency, "source": done.profile.source,
            "format": "SAS transport file, version 5", "encoding": done.encoding,
            "labels": {"en": "English", "zh": "Chinese"}[done.profile.language],
            "datasets": datasets, "written otherwise": changes}
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"
