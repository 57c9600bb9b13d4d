"""Compare findings with a results.csv of the official engine."""

from __future__ import annotations

import ast
import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dossier.conformance.execute import ERROR
from engine.errors import DataError, Place, Problem
from engine.yaml.source import show_path

Line = tuple[str, str, str, str]
HEADER = ["Dataset", "Record", "Variable", "Value"]
_LONGEST_LIST = 200_000


@dataclass(frozen=True)
class Difference:
    """Lines the official results have and ours lack, and the other way round."""

    missing: tuple[Line, ...]
    unexpected: tuple[Line, ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.unexpected)


def read_results(path: Path) -> list[Line]:
    """The lines of a results.csv; :class:`DataError` if it is none."""
    place = Place(show_path(path))
    try:
        text = path.read_bytes().decode("utf-8-sig")
        rows = [[field.strip() for field in row] for row in csv.reader(io.StringIO(text, newline="")) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(Problem(place, "", f"is no CSV file ({error})")) from error
    if not rows or rows[0] != HEADER:
        raise DataError(Problem(place, "", f"does not begin with the header {','.join(HEADER)}"))
    lines = []
    for number, row in enumerate(rows[1:], 2):
        if len(row) > 4:
            raise DataError(Problem(Place(show_path(path), number), "", "has more than four fields"))
        dataset, record, variable, value = [*row, "", "", ""][:4]
        lines.append((dataset, record, variable, value))
    return lines


def compare(expected: Iterable[Line], found: Iterable[Line]) -> Difference:
    """The difference of two sets of lines, in which a line may stand several times.

    >>> bool(compare([("AE", "1", "$x", "['A', 'B']")], [("AE", "1", "$x", "['B', 'A']")]))
    False
    >>> compare([("AE", "1", "AESEQ", "1")], []).missing
    (('AE', '1', 'AESEQ', '1'),)
    """
    theirs, ours = Counter(map(plain, expected)), Counter(map(plain, found))
    return Difference(tuple(sorted((theirs - ours).elements())), tuple(sorted((ours - theirs).elements())))


def plain(line: Line) -> Line:
    """A line as it is compared: blanks cut, ``null`` empty, members of a list in order."""
    dataset, record, variable, value = (field.strip() for field in line)
    if variable == ERROR or value == "null":
        value = ""
    if value.startswith("[") and value.endswith("]") and len(value) <= _LONGEST_LIST:
        value = _in_order(value)
    return dataset, record, variable, value


def _in_order(text: str) -> str:
    try:
        members = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    return str(sorted(map(str, members))) if isinstance(members, list) else text
