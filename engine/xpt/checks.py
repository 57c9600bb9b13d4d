"""What keeps a dataset's name, label and variables from being written, all of it at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.errors import DataError, Place, Problem
from engine.xpt import layout
from engine.xpt.model import DATASET_LABEL, LIMITS, SHORTEST, Variable


@dataclass(frozen=True)
class Header:
    """What is to be said of a dataset: the file's name, the dataset's name and label, its variables."""

    file: str
    name: str
    label: str
    variables: tuple[Variable, ...]
    created: datetime
    version: int
    label_encoding: str = "ascii"

    def label_bytes(self) -> list[bytes]:
        """The variables' labels as they are written."""
        return [v.label.encode(self.label_encoding) for v in self.variables]


HeaderCheck = Callable[[Header], Iterable[tuple[str, str]]]
"""A rule of a submission's receiver: gives the variable ("" for the dataset) and what is wrong with it."""


def require_header(header: Header, checks: Sequence[HeaderCheck] = ()) -> None:
    """Raise DataError when the dataset or a variable cannot be described in its version, or breaks a rule."""
    name, place = header.name, Place(header.file)
    faults = [("", fault) for fault in _dataset_faults(header)]
    if not header.variables:
        faults.append(("", "has no variables"))
    elif len(header.variables) > (most := LIMITS[header.version].variables):
        faults.append(("", f"has {len(header.variables)} variables, {most} at most"))
    seen: set[str] = set()
    for variable in header.variables:
        faults += [(variable.name, fault) for fault in _variable_faults(variable, header)]
        if variable.name.upper() in seen:
            faults.append((variable.name, "stands twice"))
        seen.add(variable.name.upper())
    for check in checks:
        faults += check(header)
    if faults:
        raise DataError(Problem(place, f"{name}.{word}" if word else name, fault) for word, fault in faults)


def _dataset_faults(header: Header) -> Iterator[str]:
    yield from _name_faults(header.name, header.version)
    yield from _label_faults(header.label, DATASET_LABEL, header.label_encoding)
    if header.created.year not in layout.CENTURY:
        yield (f"the year of its creation, {header.created.year}, is not within {layout.CENTURY[0]} to"
               f" {layout.CENTURY[-1]}")


def _variable_faults(variable: Variable, header: Header) -> Iterator[str]:
    limits = LIMITS[header.version]
    yield from _name_faults(variable.name, header.version)
    yield from _label_faults(variable.label, limits.label, header.label_encoding)
    if variable.type == "Char" and not 1 <= variable.length <= limits.text:
        yield f"length {variable.length} is not within 1 to {limits.text}"
    if variable.type == "Num" and not SHORTEST <= variable.length <= 8:
        yield f"length {variable.length}, but a number is written in {SHORTEST} to 8 bytes"
    for what, format in (("format", variable.format), ("informat", variable.informat)):
        if format:
            for fault in _format_faults(format, variable.type, limits.format):
                yield f"{what} {format} {fault}"


def _name_faults(name: str, version: int) -> Iterator[str]:
    most = LIMITS[version].name
    # Version 5 knows capitals only; later ones keep the case in which a name was typed.
    allowed, letters = ("A-Z", "capital letters") if version == 5 else ("A-Za-z", "letters")
    if not re.fullmatch(f"[{allowed}_][{allowed}0-9_]*", name) or len(name) > most:
        yield f"the name is not one of {most} {letters}, digits and underscores at most"


def _label_faults(label: str, most: int, encoding: str) -> Iterator[str]:
    odd = next((c for c in label if not c.isprintable() or not _encodes(c, encoding)), None)
    if odd is not None:
        kind = "ASCII" if encoding == "ascii" else encoding
        yield f"the label holds {odd!r}, which is not printable {kind}"
    elif (size := len(label.encode(encoding))) > most:
        yield f"the label has {size} bytes, {most} at most"


def _encodes(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _format_faults(format: str, type: str, most: int) -> Iterator[str]:
    parts = layout.split_format(format)
    if parts is None:
        yield "is not written as SAS writes it, for example DATE9. or 8.2"
        return
    name, width, decimals = parts
    if len(name) > most:
        yield f"has a name of {len(name)} characters, {most} at most"
    if max(width, decimals) > 32767:
        yield "is wider than SAS allows"
    if name and name.startswith("$") != (type == "Char"):
        yield f"is for {'numbers' if type == 'Char' else 'text'}, the variable is {type}"
