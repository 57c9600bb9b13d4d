"""Reading published tables and writing package data; shared by the ``make_*`` scripts."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

Row = dict[str, str]


def read(path: Path) -> list[Row]:
    """The records of a published CSV file, or of a tab separated one (``.txt``).

    A record with more or fewer fields than the header is refused.
    """
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    rows = [line.split("\t") for line in lines] if path.suffix == ".txt" else list(csv.reader(lines))
    rows = [row for row in rows if any(row)]
    uneven = [row for row in rows if len(row) != len(rows[0])]
    if uneven:
        raise SystemExit(f"{path.name}: {len(rows[0])} fields expected: {uneven[0]}")
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def write(path: Path, header: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Write a CSV file: UTF-8, LF, quotes only where needed."""
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    print(path.name)
