"""Parts of a dataset that is too large, beside the whole in ``split/``.

Source: FDA Study Data Technical Conformance Guide, 3.3.2 and 7 (parts of at
most 5 GB besides the whole, in a folder ``split``); SDTMIG 3.4, 4.1.7 (names of
parts begin with the domain's, four characters at most; DOMAIN and --SEQ stay).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pandas as pd

from dossier.transport.check import rows_for
from engine import xpt
from engine.errors import DataError, Place, Problem
from engine.xpt import Metadata

_CARD = 80


@dataclass(frozen=True)
class Part:
    """A part of a dataset: its name, the records of the whole it holds (from 1), its bytes."""

    name: str
    first: int
    last: int
    bytes: int

    def told(self, folder: PurePosixPath) -> dict[str, object]:
        """The part as a reviewer's guide tells of it."""
        return {"name": self.name, "file": f"{folder.as_posix()}/{self.name.lower()}.xpt",
                "first record": self.first, "last record": self.last, "bytes": self.bytes}


def split(path: Path, metadata: Metadata, largest: int, encoding: str,
          label_encoding: str) -> tuple[Part, ...]:
    """Write the parts of the dataset in ``path``, none larger than ``largest`` bytes, the records in order.

    Raises a DataError where a part cannot hold a record or has no name.
    """
    length = sum(v.length for v in metadata.variables)
    head = path.stat().st_size - _padded(metadata.records * length)
    room = (largest - head) // _CARD * _CARD
    rows = room // length
    if rows < 1:
        raise DataError(Problem(Place(path.name), metadata.name,
                                f"a part of {largest:,} bytes cannot hold a record of {length}"))
    names = part_names(metadata.name, -(-metadata.records // rows), path.name)
    folder = path.parent / "split"
    folder.mkdir(exist_ok=True)
    made = []
    for number, name in enumerate(names):
        first = number * rows
        target = folder / f"{name.lower()}.xpt"
        written = xpt.write(_records(path, metadata, first, rows, encoding), target, name=name,
                            label=metadata.label, variables=metadata.variables, created=metadata.created,
                            encoding=encoding, label_encoding=label_encoding)
        made.append(Part(name, first + 1, first + written.records, target.stat().st_size))
    return tuple(made)


def _records(path: Path, metadata: Metadata, first: int, rows: int,
             encoding: str) -> Iterator[tuple[pd.DataFrame, Metadata]]:
    return xpt.read_chunks(path, rows_for(metadata), row_offset=first, row_limit=rows, encoding=encoding,
                           disable_datetime_conversion=True)


def part_names(name: str, parts: int, shown: str) -> list[str]:
    """The names of parts: the dataset's with a number, all of one width.

    Those of a domain have four characters at most (SDTMIG 3.4, 4.1.7), others eight.

    >>> part_names("LB", 2, "lb.xpt"), part_names("ADLB", 10, "adlb.xpt")[::9]
    (['LB1', 'LB2'], ['ADLB01', 'ADLB10'])
    >>> part_names("LB", 100, "lb.xpt")
    Traceback (most recent call last):
    engine.errors.DataError: lb.xpt: LB: 100 parts cannot be named in 4 characters
    """
    most, width = 4 if len(name) == 2 else 8, len(str(parts))
    if len(name) + width > most:
        raise DataError(Problem(Place(shown), name, f"{parts} parts cannot be named in {most} characters"))
    return [f"{name}{number:0{width}d}" for number in range(1, parts + 1)]


def _padded(size: int) -> int:
    return -(-size // _CARD) * _CARD
