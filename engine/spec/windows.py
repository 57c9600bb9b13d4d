"""Analysis windows: named lists of visits, each with the days that count for it."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from engine.spec.bounds import too_many
from engine.spec.nodes import named
from engine.yaml.fields import Integer, ListOf, Model, Number, TextField
from engine.yaml.nodes import YamlList


class Window(Model):
    """A visit and its days, ``from`` and ``to`` included; one left out is open on that side."""

    visit: TextField
    number: Number | None = None
    from_: Integer | None = Field(default=None, alias="from")
    to: Integer | None = None
    target: Integer | None = None

    @property
    def low(self) -> float:
        """The first day, minus infinity where it is open."""
        return float("-inf") if self.from_ is None else float(self.from_)

    @property
    def high(self) -> float:
        """The last day, infinity where it is open."""
        return float("inf") if self.to is None else float(self.to)

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"window '{self.visit}' ends before it begins")
        if self.target is not None and not self.low <= self.target <= self.high:
            raise ValueError(f"the target of window '{self.visit}' lies outside it")
        return self


def _apart(windows: tuple[Window, ...]) -> tuple[Window, ...]:
    if not windows:
        raise ValueError("at least one window is wanted")
    ordered = sorted(windows, key=lambda window: window.low)
    for before, after in pairwise(ordered):
        if after.low <= before.high:
            raise ValueError(f"windows '{before.visit}' and '{after.visit}' overlap")
    if told := too_many(len(windows), "analysis windows"):
        raise ValueError(told)
    counts = Counter(str(window.visit) for window in windows)
    twice = next((name for name, count in counts.items() if count > 1), None)
    if twice is not None:
        raise ValueError(f"window '{twice}' is listed twice")
    return tuple(ordered)


def named_windows(value: object) -> object:
    """A study with one list of windows need not name it: it is called ``windows``."""
    return named("windows", value) if isinstance(value, YamlList) else value


Windows = Annotated[ListOf[Window], AfterValidator(_apart)]
"""A list of windows in order of their days; they must not overlap."""
