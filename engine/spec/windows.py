"""Analysis windows: named lists of visits, each with the days that count for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from engine.errors import Problem
from engine.spec.bounds import too_many
from engine.spec.nodes import named
from engine.yaml.fields import Integer, ListOf, Model, Number, TextField, wrong
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
            raise wrong(f"window '{self.visit}' ends before it begins: from {self.from_} to {self.to}",
                        "'from' is the first day, 'to' the last")
        if self.target is not None and not self.low <= self.target <= self.high:
            raise wrong(f"the target {self.target} of window '{self.visit}' lies outside its days, "
                        f"{self.days}", "the target is one of its days")
        return self

    @property
    def days(self) -> str:
        """Its days in words."""
        ends = (("from", self.from_), ("to", self.to))
        return " ".join(f"{word} {day}" for word, day in ends if day is not None) or "all"


def _apart(windows: tuple[Window, ...]) -> tuple[Window, ...]:
    if not windows:
        raise ValueError("at least one window is wanted")
    if told := too_many(len(windows), "analysis windows"):
        raise ValueError(told)
    for problem in window_clashes(windows, ""):
        raise wrong(problem.message, problem.hint, problem.place)
    return tuple(sorted(windows, key=lambda window: window.low))


def window_clashes(windows: Sequence[Window], subject: str) -> Iterator[Problem]:
    """Windows that share a day, and a visit that has two of them."""
    ordered = sorted(windows, key=lambda window: window.low)
    for before, after in pairwise(ordered):
        if after.low <= before.high:
            yield Problem(after.place, subject, f"windows '{before.visit}' ({before.days}) and "
                          f"'{after.visit}' ({after.days}) overlap", "a day belongs to one window")
    counts = Counter(str(window.visit) for window in windows)
    for name, count in counts.items():
        if count > 1:
            place = [window.place for window in windows if window.visit == name][1]
            yield Problem(place, subject, f"window '{name}' is listed twice", "give one another name")


def named_windows(value: object) -> object:
    """A study with one list of windows need not name it: it is called ``windows``."""
    return named("windows", value) if isinstance(value, YamlList) else value


Windows = Annotated[ListOf[Window], AfterValidator(_apart)]
"""A list of windows in order of their days; they must not overlap."""
