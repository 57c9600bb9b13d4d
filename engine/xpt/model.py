"""What a transport file says of a dataset and of its variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import pandas as pd


@dataclass(frozen=True)
class Variable:
    """One variable: its length is in bytes, format and informat as SAS writes them.

    >>> Variable("AESTDTC", "Start Date/Time of Adverse Event", "Char", 19).format is None
    True
    """

    name: str
    label: str
    type: Literal["Char", "Num"]
    length: int
    format: str | None = None
    informat: str | None = None


@dataclass(frozen=True)
class Metadata:
    """What a transport file says of one of its datasets; times are as stamped, to the second.

    A stamp that is no date is None.  ``special`` has, for each variable read
    that holds any, the special missing values: a series of letters (``A`` to
    ``Z``, ``_``) whose index are the labels of the frame's records.  ``sas``
    and ``system`` name the release and the system that wrote the file, ``kind``
    is the dataset's type (``TYPE=`` in SAS).

    The properties have the names that pyreadstat gives them.
    """

    name: str
    label: str
    version: int
    created: datetime | None
    modified: datetime | None
    records: int
    variables: tuple[Variable, ...]
    special: Mapping[str, pd.Series] = field(default_factory=dict, compare=False, repr=False)
    sas: str = field(default="", compare=False)
    system: str = field(default="", compare=False)
    kind: str = field(default="", compare=False)

    @property
    def table_name(self) -> str:
        """The dataset's name."""
        return self.name

    @property
    def file_label(self) -> str:
        """The dataset's label."""
        return self.label

    @property
    def creation_time(self) -> datetime | None:
        """When the dataset was created."""
        return self.created

    @property
    def modification_time(self) -> datetime | None:
        """When the dataset was last modified."""
        return self.modified

    @property
    def number_rows(self) -> int:
        """The number of records."""
        return self.records

    @property
    def number_columns(self) -> int:
        """The number of variables."""
        return len(self.variables)

    @property
    def column_names(self) -> list[str]:
        """The names of the variables, in their order."""
        return [v.name for v in self.variables]

    @property
    def column_labels(self) -> list[str]:
        """The labels of the variables, in their order."""
        return [v.label for v in self.variables]

    @property
    def column_names_to_labels(self) -> dict[str, str]:
        """The label of each variable."""
        return {v.name: v.label for v in self.variables}

    @property
    def original_variable_types(self) -> dict[str, str | None]:
        """The format of each variable."""
        return {v.name: v.format for v in self.variables}

    @property
    def variable_storage_width(self) -> dict[str, int]:
        """The length of each variable, in bytes."""
        return {v.name: v.length for v in self.variables}


@dataclass(frozen=True)
class Limits:
    """How many bytes a version of the format has room for, and how many variables."""

    name: int
    label: int
    text: int
    format: int
    variables: int


LIMITS: dict[int, Limits] = {5: Limits(8, 40, 200, 8, 9999), 8: Limits(32, 256, 32767, 32, 32767)}
"""Of the variables version 5 states their count in four digits; both number them in two bytes."""

DATASET_LABEL = 40
"""Bytes of a dataset's label, in both versions."""

SHORTEST = 2
"""Bytes of the shortest number; the longest has 8."""

LARGEST = 2.0**252
SMALLEST = 2.0**-260
"""The numbers the file's hexadecimal floating point holds: from the smallest to below the largest."""

WHOLE = 2**53
"""The largest integer up to which every one is kept exactly."""
