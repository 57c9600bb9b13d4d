"""The variables of a table for which nobody lists them: types by the data, labels and formats as given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from engine.columns import Kind
from engine.errors import DataError, Place, Problem
from engine.xpt.contents import FORMATS, UnwritableError, content_of
from engine.xpt.model import Variable

Labels = Sequence[str | None] | Mapping[str, str] | None


@dataclass(frozen=True)
class Given:
    """What the caller says of columns by their names, or of all labels as a list."""

    labels: Labels = None
    formats: Mapping[str, str] | None = None
    informats: Mapping[str, str] | None = None
    lengths: Mapping[str, int] | None = None


def described(frame: pd.DataFrame, file: str, name: str, given: Given,
              length_of: Callable[[pd.Series], int]) -> tuple[Variable, ...]:
    """All columns of a table as variables; ``length_of`` gives the bytes that a column of text needs.

    Raises DataError for columns that cannot be written, ValueError for what is
    given of columns that are not there.
    """
    names = [str(column) for column in frame.columns]
    labels = _labels(given.labels, names)
    formats, informats, lengths = given.formats or {}, given.informats or {}, given.lengths or {}
    for known in (labels, formats, informats, lengths):
        if strange := sorted(set(known) - set(names)):
            raise ValueError(f"the table has no column {strange[0]}")
    problems, made = [], []
    for at, column in enumerate(names):
        values, format = frame.iloc[:, at], formats.get(column)
        try:
            kind = content_of(values) or (Kind.NUMBER if _is_number(format) else Kind.TEXT)
        except UnwritableError as error:
            problems.append(Problem(Place(file), f"{name}.{column}", error.message, error.hint))
            continue
        text = kind is Kind.TEXT
        length = lengths.get(column) or (length_of(values) if text else 8)
        made.append(Variable(column, labels.get(column) or "", "Char" if text else "Num", length,
                             format or FORMATS.get(kind), informats.get(column)))
    if problems:
        raise DataError(problems)
    return tuple(made)


def _is_number(format: str | None) -> bool:
    """Whether a column that holds nothing is to be a number, by its format."""
    return bool(format) and not str(format).startswith("$")


def _labels(labels: Labels, names: Sequence[str]) -> dict[str, str | None]:
    if labels is None:
        return {}
    if isinstance(labels, Mapping):
        return dict(labels)
    if len(labels) != len(names):
        raise ValueError(f"{len(labels)} labels for {len(names)} columns")
    return dict(zip(names, labels, strict=True))
