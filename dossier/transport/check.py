"""``dossier xpt check``: every rule on any transport file, ours or not, read in parts.

What is wrong comes as findings, never as an error: a file that cannot be read is
a finding too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dossier.transport.profiles import PROFILES, Profile
from dossier.transport.rules import header_faults
from dossier.transport.values import BYTES, ValueCheck, told_bytes
from engine import xpt
from engine.errors import DataError, Place, Problem, counted
from engine.xpt import Metadata

MANIFEST = "export.json"
"""Beside an exported set, what the reviewer's guide needs: encoding, parts, values written otherwise."""

_MEMORY = 64 * 2**20
_MOST = 100_000


@dataclass
class Checked:
    """Findings and notes, each a line, and what was looked at."""

    findings: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    files: int = 0
    datasets: int = 0
    records: int = 0


@dataclass(frozen=True)
class _Seen:
    """What one dataset leaves to be compared with others."""

    file: str
    folder: Path
    metadata: Metadata
    longest: dict[str, int]


def check_files(paths: Sequence[Path], profile: Profile | None = None,
                encoding: str | None = None) -> Checked:
    """Check files, and all ``*.xpt`` below folders, by the format's rules and an agency's.

    ``encoding`` is that of the values; if not said what the manifest of an exported
    set says, else the agency's first, else UTF-8.
    Raises ValueError for one that no transport file can be in.
    """
    found = Checked()
    coded = encoding or _stated(paths, profile) or (profile.encodings[0] if profile else "utf-8")
    xpt.Encoding(coded)
    seen: list[_Seen] = []
    for path, shown in files_of(paths):
        found.files += 1
        try:
            seen += _file(path, shown, profile, coded, found)
        except DataError as error:
            found.findings += error.problems
        except OSError as error:
            found.findings.append(Problem(Place(shown), "", f"cannot be read: {error.strerror}"))
    if not found.files:
        found.findings.append(Problem(None, ", ".join(map(str, paths)), "there is no transport file (*.xpt)"))
    found.findings += _together(seen, profile)
    return found


def _stated(paths: Sequence[Path], profile: Profile | None) -> str | None:
    """The encoding that the manifest of an exported set states, if the agency takes it."""
    taken = profile.encodings if profile else tuple(e for p in PROFILES.values() for e in p.encodings)
    for path in paths:
        try:
            stated = json.loads((path / MANIFEST).read_text(encoding="utf-8"))["encoding"]
        except (OSError, ValueError, KeyError, TypeError):  # there is none, or another's
            continue
        if stated in taken:
            return str(stated)
    return None


def files_of(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """The files named and those below folders, each with how messages name it."""
    for path in paths:
        if path.is_dir():
            for one in sorted(p for p in path.rglob("*") if p.suffix.lower() == ".xpt" and p.is_file()):
                yield one, one.as_posix()
        else:
            yield path, path.as_posix()


def _file(path: Path, shown: str, profile: Profile | None, encoding: str, found: Checked) -> list[_Seen]:
    """Check one file; what its datasets leave for a comparison."""
    members = xpt.members(path, encoding=BYTES, shown=shown)
    for problem in _whole(path, shown, members, profile):
        found.findings.append(problem)
    left = []
    for metadata in members:
        found.datasets += 1
        found.records += metadata.records
        place = Place(shown)
        for name, what, hint in header_faults(_decoded(metadata, encoding, profile), profile, encoding):
            subject = f"{metadata.name}.{name}" if name else metadata.name
            found.findings.append(Problem(place, subject, what, hint))
        values = ValueCheck(shown, metadata, encoding, profile.agency if profile else "")
        for frame, part in xpt.read_chunks(path, rows_for(metadata), member=metadata.name, encoding=BYTES,
                                           disable_datetime_conversion=True, shown=shown):
            values.add(frame, part)
        found.findings += values.faults.problems()
        found.notes += _notes(shown, metadata, values)
        left.append(_Seen(shown, path.parent, metadata, values.longest))
    return left


def rows_for(metadata: Metadata) -> int:
    """How many records are read at a time, so that memory is bounded whatever a header says."""
    length = sum(v.length for v in metadata.variables) + 16 * len(metadata.variables)
    return max(1, min(_MOST, _MEMORY // max(length, 1)))


def _whole(path: Path, shown: str, members: Sequence[Metadata], profile: Profile | None) -> Iterator[Problem]:
    """Rules of the file: one dataset, named as the file, not too large."""
    place = Place(shown)
    if len(members) != 1:
        names = ", ".join(m.name for m in members)
        told = f": {names}" if members else ""
        yield Problem(place, "", f"holds {counted(len(members), 'dataset')}{told}", "one dataset a file")
    elif path.name != f"{members[0].name.lower()}.xpt":
        yield Problem(place, members[0].name, f"the file is named {path.name}",
                      f"name it {members[0].name.lower()}.xpt, as its dataset")
    for metadata in members:
        if metadata.created is None:
            yield Problem(place, metadata.name, "the time of its creation is none")
    size = path.stat().st_size
    if profile is not None and profile.largest is not None and size > profile.largest:
        parts = path.parent / "split"
        if path.parent.name == "split":
            yield Problem(place, "", f"has {size:,} bytes", f"{profile.largest:,} at most in a part")
        elif not any(parts.glob(f"{path.stem}*.xpt")):
            yield Problem(place, "", f"has {size:,} bytes, and no parts in split/",
                          f"{profile.agency} wants parts of {profile.largest:,} bytes at most beside it")
    if profile is not None and profile.agreed is not None and size >= profile.agreed:
        yield Problem(place, "", f"has {size:,} bytes", f"agree on it with {profile.agency}")


def _decoded(metadata: Metadata, encoding: str, profile: Profile | None) -> Metadata:
    """The description with its labels as text."""
    def text(label: str) -> str:
        if label.isascii():
            return label
        if encoding != "ascii" and not (profile and profile.ascii_labels):
            try:
                return label.encode(BYTES).decode(encoding)
            except UnicodeDecodeError:
                return label.encode(BYTES).decode(encoding, "replace")
        return told_bytes(label)

    return replace(metadata, label=text(metadata.label),
                   variables=tuple(replace(v, label=text(v.label)) for v in metadata.variables))


def _notes(shown: str, metadata: Metadata, values: ValueCheck) -> Iterator[Problem]:
    """What is worth knowing, and no fault."""
    place = Place(shown)
    for name, letters in values.special.items():
        told = ", ".join(f".{letter} {counted(n, 'record')}" for letter, n in sorted(letters.items()))
        yield Problem(place, f"{metadata.name}.{name}", f"has special missing values: {told}")
    for variable in metadata.variables:
        if variable.type == "Num" and variable.length < 8:
            yield Problem(place, f"{metadata.name}.{variable.name}",
                          f"is kept in {variable.length} bytes, which hold fewer digits than 8 do")


def _together(seen: Sequence[_Seen], profile: Profile | None) -> Iterator[Problem]:
    """Rules over several datasets: names once, variables of one name alike."""
    first: dict[str, _Seen] = {}
    types: dict[str, tuple[str, str]] = {}
    longest: dict[str, int] = {}
    for one in seen:
        name = one.metadata.name
        other = first.setdefault(name, one)
        if other is not one:
            yield Problem(Place(one.file), name, f"the dataset is in {other.file} too",
                          "names of datasets are unique in a study")
        for variable in one.metadata.variables:
            type_, where = types.setdefault(variable.name, (variable.type, name))
            if type_ != variable.type:
                yield Problem(Place(one.file), f"{name}.{variable.name}",
                              f"is {variable.type}, in {where} it is {type_}")
        if not is_supplemental(name):
            for text, size in one.longest.items():
                longest[text] = max(size, longest.get(text, 1), 1)
    if profile is not None and profile.tight and len(seen) > 1:  # one alone is no study
        yield from _tight(seen, longest, profile)


def _tight(seen: Sequence[_Seen], longest: dict[str, int], profile: Profile) -> Iterator[Problem]:
    """Lengths are those of the longest value in all datasets looked at, parts and qualifiers apart."""
    for one in seen:
        if is_supplemental(one.metadata.name) or one.folder.name == "split":
            continue
        for variable in one.metadata.variables:
            most = longest.get(variable.name)
            if variable.type == "Char" and most is not None and variable.length != most:
                yield Problem(Place(one.file), f"{one.metadata.name}.{variable.name}",
                              f"has length {variable.length}, its longest value in all datasets {most} bytes",
                              f"{profile.agency} wants one length, that of the longest")


def is_supplemental(name: str) -> bool:
    """Whether a dataset holds supplemental qualifiers, whose lengths are their own (FDA guide, 3.3.3)."""
    return name.startswith("SUPP")
