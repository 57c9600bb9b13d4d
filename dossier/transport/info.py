"""``dossier xpt info``: what a transport file says of its datasets, and what they hold."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dossier.transport.files import listed, reading
from dossier.transport.info_values import BYTES, Counted, TextKind, look
from dossier.transport.shown import moment, number, plain_line
from dossier.transport.tables import table
from engine.columns import Kind
from engine.errors import DataError, Place, Problem, counted
from engine.xpt import Metadata, Variable, members, times


@dataclass(frozen=True)
class Info:
    """One dataset of a file: its metadata, the file's size in bytes, and what was seen of its values.

    ``place`` says which dataset of how many in the file it is.  ``text`` is None
    when no value was looked at, ``values`` is empty when none was counted.
    """

    file: str
    size: int
    place: tuple[int, int]
    metadata: Metadata
    text: TextKind | None
    values: Sequence[Counted]

    @property
    def record_length(self) -> int:
        """Bytes of a record."""
        return sum(v.length for v in self.metadata.variables)


def inspect(path: Path, *, encoding: str = "utf-8", quick: bool = False, distinct: int | None = None,
            shown: str | None = None) -> list[Info]:
    """What there is to say of each dataset of a file.

    ``encoding`` is that of names and labels; with ``quick`` no value is looked at,
    with ``distinct`` values are counted, distinct ones up to so many.  Raises
    DataError as :func:`engine.xpt.read` does.
    """
    shown = shown or path.as_posix()
    with reading(shown):
        size = path.stat().st_size
        found = members(path, encoding=encoding, shown=shown)
        if not found:
            raise DataError(Problem(Place(shown), "", "holds no dataset"))
        raw = members(path, encoding=BYTES, shown=shown)
        made = []
        for n, (metadata, plain) in enumerate(zip(found, raw, strict=True), start=1):
            text, values = (None, []) if quick else look(path, plain, shown, distinct)
            made.append(Info(shown, size, (n, len(found)), metadata, text, values))
    return made


def told(info: Info, width: int = 100) -> str:
    """All that is known of a dataset, for people: what the file says, then a table of its variables."""
    metadata = info.metadata
    label = f": {plain_line(metadata.label)}" if metadata.label else ""
    several = f" (dataset {info.place[0]} of {info.place[1]} in the file)" if info.place[1] > 1 else ""
    written = " on ".join(plain_line(one) for one in (metadata.sas, metadata.system) if one)
    facts = [
        ("dataset", f"{plain_line(metadata.name)}{label}{several}"),
        ("type", plain_line(metadata.kind)),
        ("file", f"version {metadata.version}, {info.size:,} bytes"),
        ("created", f"{moment(metadata.created)}, modified {moment(metadata.modified)}"),
        ("written by", f"SAS {written}" if written else ""),
        ("records", f"{metadata.records:,} of {counted(info.record_length, 'byte')}, "
                    f"{counted(len(metadata.variables), 'variable')}"),
        ("text", _text(info)),
    ]
    lines = [plain_line(info.file), *(f"  {name:<10}  {fact}" for name, fact in facts if fact), ""]
    lines += table(("no", "variable", "label", "type", "length", "format", "informat"), [
        (str(n), plain_line(v.name), plain_line(v.label), v.type, str(v.length), plain_line(v.format or ""),
         plain_line(v.informat or "")) for n, v in enumerate(metadata.variables, start=1)],
        right=(0, 4), room=width, flexible=2)
    if info.values:
        rows = [_row(v, found) for v, found in zip(metadata.variables, info.values, strict=True)]
        heads = ("variable", "missing", "distinct", "longest", "smallest", "largest", "special")
        lines += ["", *table(heads, rows, right=(1, 2, 3, 4, 5), room=width, flexible=6)]
    return "\n".join(lines)


def _text(info: Info) -> str:
    """What is said of the encodings of values and labels."""
    labels = "".join(v.label for v in info.metadata.variables) + info.metadata.label
    of_labels = "labels ASCII" if labels.isascii() else "labels not ASCII"
    if info.text is None:
        return of_labels
    first = ""
    if info.text.first:
        name, record = info.text.first
        first = f" (first: {plain_line(info.metadata.name)}.{plain_line(name)}, record {record})"
    return f"values {info.text.told()}{first}; {of_labels}"


def _row(variable: Variable, found: Counted) -> tuple[str, ...]:
    kind = times.kind_of(variable.format) if variable.type == "Num" else Kind.TEXT
    ends = ["" if end is None else number(end, kind) for end in (found.smallest, found.largest)]
    special = ", ".join(f".{letter} {count:,}" for letter, count in sorted(found.special.items()))
    distinct = f"over {found.distinct:,}" if found.more else f"{found.distinct:,}"
    longest = "" if found.longest is None else str(found.longest)
    return plain_line(variable.name), f"{found.missing:,}", distinct, longest, *ends, special


def plain_facts(info: Info) -> dict[str, Any]:
    """The same for programs: what JSON has words for."""
    metadata = info.metadata
    made: dict[str, Any] = {
        "file": info.file, "size": info.size, "version": metadata.version, "name": metadata.name,
        "label": metadata.label, "type": metadata.kind,
        "created": metadata.created.isoformat() if metadata.created else None,
        "modified": metadata.modified.isoformat() if metadata.modified else None,
        "sas": metadata.sas, "system": metadata.system, "records": metadata.records,
        "record_length": info.record_length,
    }
    if info.text is not None:
        made["encoding"] = {"name": info.text.name, "possible": [] if info.text.ascii else info.text.possible}
    made["variables"] = [
        {"number": n, "name": v.name, "label": v.label, "type": v.type, "length": v.length,
         "format": v.format, "informat": v.informat, **(_counts(info.values[n - 1]) if info.values else {})}
        for n, v in enumerate(metadata.variables, start=1)]
    return made


def _counts(found: Counted) -> dict[str, Any]:
    return {"missing": found.missing, "special": dict(sorted(found.special.items())),
            "distinct": found.distinct, "more_distinct": found.more, "longest": found.longest,
            "smallest": found.smallest, "largest": found.largest}


def infos(paths: Sequence[Path], *, as_json: bool = False, width: int = 100, encoding: str = "utf-8",
          quick: bool = False, distinct: int | None = None) -> Iterator[str]:
    """The text to show of files and folders, part by part.

    Raises SpecError when a path is not there, and at the end DataError for all
    files that could not be read.
    """
    problems: list[Problem] = []
    found: list[dict[str, Any]] = []
    begun = False
    for path in listed(paths):
        try:
            read = inspect(path, encoding=encoding, quick=quick, distinct=distinct)
        except DataError as error:
            problems += error.problems
            continue
        for info in read:
            if as_json:
                found.append(plain_facts(info))
            else:
                yield ("\n" if begun else "") + told(info, width)
                begun = True
    if as_json:
        yield json.dumps(found, indent=2, ensure_ascii=False)
    if problems:
        raise DataError(problems)
