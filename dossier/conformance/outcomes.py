"""The ways in which a rule cannot be run on a dataset."""

from __future__ import annotations


class NotRun(Exception):
    """The rule does not apply as the data are: a column or a dataset it needs is absent."""


class ColumnAbsent(NotRun):
    """A condition needs a column that the frame does not have; inside ``any`` it alone falls away."""


class Failure(Exception):
    """The rule cannot be evaluated on these data: what the official engine calls EXECUTION_ERROR."""
