"""The datasets of a build, as figures read them: selected, and worked out by expressions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from dossier.figures.model import Population, Records
from engine import xpt
from engine.columns import Column, Kind, blank
from engine.errors import DataError, Problem, SpecError, counted, hint_for
from engine.expressions import Expression
from engine.xpt.times import kind_of
from engine.yaml.nodes import Text
from engine.yaml.source import show_path

SUBJECT = "USUBJID"
_KINDS = {kind: kind.value for kind in Kind} | {Kind.BOOLEAN: "condition"}


class Builds:
    """The analysis datasets of a build, each read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[str, tuple[pd.DataFrame, dict[str, Kind]]] = {}

    def names(self) -> list[str]:
        """The datasets there are."""
        return sorted(path.stem.upper() for path in self.folder.glob("*.xpt"))

    def select(self, records: Records, figure: str) -> Table:
        """The records that a spec selects; raises a SpecError where it names what is not there."""
        name = records.dataset
        if name not in self._read:
            self._read[str(name)] = self._load(name, figure)
        frame, kinds = self._read[str(name)]
        table = Table(figure, str(name), frame, kinds)
        return table if records.where is None else table.where(records.where)

    def _load(self, name: Text, figure: str) -> tuple[pd.DataFrame, dict[str, Kind]]:
        path = self.folder / f"{name.lower()}.xpt"
        if not path.is_file():
            raise SpecError(Problem(name.place, figure, f"the build has no dataset '{name}'",
                                    hint_for(name, self.names())))
        frame, metadata = xpt.read(path, shown=show_path(path))
        kinds = {v.name: Kind.TEXT if v.type == "Char" else kind_of(v.format) for v in metadata.variables}
        return frame, kinds


@dataclass(frozen=True)
class Table:
    """Records of a dataset with the kinds of its variables; ``figure`` is whose messages they are."""

    figure: str
    name: str
    frame: pd.DataFrame
    kinds: dict[str, Kind]

    def where(self, condition: Expression) -> Table:
        """The records for which a condition is true."""
        return replace(self, frame=self.frame[self.true(condition)].reset_index(drop=True))

    def true(self, condition: Expression) -> pd.Series:
        """For which records a condition is true; unknown is not."""
        return self.values(condition, Kind.BOOLEAN).fillna(False).astype(bool)

    def numbers(self, expression: Expression) -> pd.Series:
        """The number that an expression gives for each record."""
        return self.values(expression, Kind.NUMBER)

    def values(self, expression: Expression, wanted: Kind) -> pd.Series:
        """The values of an expression; raises a SpecError where it does not fit the variables or the kind."""
        place = expression.place
        try:
            kind = expression.kind({(name,): known for name, known in self.kinds.items()})
        except SpecError as error:
            raise SpecError([replace(one, subject=self.figure) for one in error.problems]) from None
        if kind is not None and kind is not wanted:
            told = f"a {_KINDS[wanted]} is wanted, and the expression gives a {_KINDS[kind]}"
            raise SpecError(Problem(place, self.figure, told))
        read = {parts: Column(self.frame[parts[0]], self.kinds[parts[0]]) for parts in expression.names}
        made, _, bad = expression.evaluate(read, self.frame.index)
        for message, mask in bad.items():
            if mask.any():
                records = counted(int(mask.sum()), "record")
                raise DataError(Problem(place, self.figure, f"{message} in {records} of {self.name}"))
        return made if kind is not None else blank(self.frame.index, wanted)

    def texts(self, variable: Text) -> pd.Series:
        """The values of a text variable; raises a SpecError where there is none of this name."""
        known = self.kinds.get(str(variable))
        if known is None:
            raise SpecError(Problem(variable.place, self.figure, f"{self.name} has no variable '{variable}'",
                                    hint_for(variable, self.kinds)))
        if known is not Kind.TEXT:
            raise SpecError(Problem(variable.place, self.figure,
                                    f"a text is wanted, and {self.name}.{variable} is a {_KINDS[known]}"))
        return self.frame[str(variable)]


@dataclass(frozen=True)
class Subjects:
    """The subjects of a figure, one record each: ``subject``, ``label``, ``group`` (by its key).

    ``groups`` are the keys in the order shown; without groups there is one, ''.
    """

    frame: pd.DataFrame
    groups: tuple[str, ...]

    def sizes(self) -> dict[str, int]:
        """The number of subjects of each group."""
        counts = self.frame.groupby("group")["subject"].nunique()
        return {group: int(counts.get(group, 0)) for group in self.groups}

    def of(self, subjects: pd.Series) -> pd.DataFrame:
        """Label and group of each record's subject, in the records' order; missing where it is not shown."""
        known = self.frame.set_index("subject")
        return known.reindex(subjects).rename_axis("subject").reset_index()


def read_subjects(population: Population, builds: Builds, figure: str, subject: Text) -> Subjects:
    """The subjects of a population; raises a SpecError or DataError where they cannot be told apart."""
    table = builds.select(population, figure)
    names = table.texts(subject)
    place = population.dataset.place
    if names.duplicated().any():
        raise DataError(Problem(place, figure, f"{table.name} has several records of one subject",
                                "a population is of a dataset with one record a subject"))
    if names.empty:
        raise DataError(Problem(place, figure, f"no subject of {table.name} is in the population"))
    labels = table.texts(population.label) if population.label is not None else names
    groups = table.texts(population.group) if population.group is not None else pd.Series("", names.index)
    frame = pd.DataFrame({"subject": names, "label": labels.fillna(names), "group": groups.fillna("")})
    there = set(frame["group"])
    named = [str(key) for key in population.groups or {} if str(key) in there]
    return Subjects(frame.sort_values("subject", ignore_index=True),
                    (*named, *sorted(there - set(named))))
