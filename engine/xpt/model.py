"""What a transport file says of a dataset and of its variables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True)
class Variable:
    """One variable: its length is in bytes, its format as SAS writes it.

    >>> Variable("AESTDTC", "Start Date/Time of Adverse Event", "Char", 19).format is None
    True
    """

    name: str
    label: str
    type: Literal["Char", "Num"]
    length: int
    format: str | None = None


@dataclass(frozen=True)
class Metadata:
    """What a transport file says of its one dataset; times are as stamped, to the second."""

    name: str
    label: str
    version: int
    created: datetime
    modified: datetime
    records: int
    variables: tuple[Variable, ...]


@dataclass(frozen=True)
class Limits:
    """How many bytes a version of the format has room for."""

    name: int
    label: int
    text: int


LIMITS: dict[int, Limits] = {5: Limits(8, 40, 200), 8: Limits(32, 256, 32767)}

DATASET_LABEL = 40
"""Bytes of a dataset's label, in both versions."""

LARGEST = 2.0**249
SMALLEST = 5.4e-79
"""The numbers the file's hexadecimal floating point can hold, as the writer writes it."""
