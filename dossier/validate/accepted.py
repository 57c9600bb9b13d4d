"""Findings that someone has looked at and accepted: a YAML file, each entry with reason, author and date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.errors import Place
from engine.yaml import read_yaml
from engine.yaml.fields import AnyText, IsoDate, ListOf, Model, TextField
from engine.yaml.model import validate


class _Entry(Model):
    rule: TextField
    dataset: TextField | None = None
    variable: TextField | None = None
    value: AnyText | None = None
    subject: TextField | None = None
    reason: TextField
    author: TextField
    date: IsoDate


class _File(Model):
    accepted: ListOf[_Entry]


@dataclass(frozen=True)
class Acceptance:
    """An entry: the findings of a rule that it takes, all of those that its other keys fit.

    ``date`` is written as in ISO 8601; keys that are not given are empty, but ``value``,
    which may be meant to be empty, is None.
    """

    rule: str
    dataset: str
    variable: str
    value: str | None
    subject: str
    reason: str
    author: str
    date: str
    place: Place

    def takes(self, dataset: str, subject: str, variables: Sequence[str], values: Sequence[str]) -> bool:
        """Whether a finding of its rule is meant.

        >>> entry = Acceptance("R", "AE", "AETERM", None, "", "collected so", "A. Lee", "2026-05-01",
        ...                    Place("accepted.yaml", 2))
        >>> entry.takes("AE", "S1", ("AETERM",), ("x",)), entry.takes("CM", "S1", ("AETERM",), ("x",))
        (True, False)
        """
        if self.dataset not in ("", dataset) or self.subject not in ("", subject):
            return False
        if not self.variable:
            return self.value is None or self.value in values
        pairs = zip(variables, values, strict=True)
        return any(self.variable == name and self.value in (None, value) for name, value in pairs)

    @property
    def meant(self) -> str:
        """What the entry is of, in a few words.

        >>> Acceptance("R", "AE", "AETERM", "x", "", "", "", "", Place("a.yaml")).meant
        'R in AE, AETERM = x'
        """
        text = self.rule + (f" in {self.dataset}" if self.dataset else "")
        parts = [text, self.variable, f"subject {self.subject}" if self.subject else ""]
        if self.value is not None:
            parts[1] = f"{self.variable or 'value'} = {self.value}"
        return ", ".join(part for part in parts if part)


def read_accepted(path: Path) -> list[Acceptance]:
    """The entries of a file; :class:`engine.errors.SpecError` with all its mistakes."""
    file = validate(_File, read_yaml(path, path.parent), "")
    return [Acceptance(str(one.rule), str(one.dataset or ""), str(one.variable or ""),
                       None if one.value is None else str(one.value), str(one.subject or ""),
                       str(one.reason), str(one.author), one.date.isoformat(), one.place)
            for one in file.accepted]
