"""What a figure of events by grade shows: subjects by the worst grade of each term."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from dossier.figures.model import Grades
from dossier.figures.tables import Builds, Subjects
from engine.errors import DataError, Problem
from engine.yaml.nodes import Text

ANY, ALL, NOT_GRADED = "", "\0", 0
"""The row of any term, the panel of all groups, and the grade of what has none."""


@dataclass(frozen=True)
class GradesData:
    """What is drawn: the terms from the uppermost, counts by term, panel and grade, panels with their sizes.

    ``counts``: term (:data:`ANY` for any), group (:data:`ALL` for all), grade, n; a row with
    n of 0 is not there.
    """

    terms: tuple[str, ...]
    counts: pd.DataFrame
    sizes: dict[str, int]


def grades_data(spec: Grades, builds: Builds, subjects: Subjects, name: str, subject: Text) -> GradesData:
    """Count the subjects of each term by worst grade, from a build.

    Raises a SpecError or DataError where the spec does not fit the dataset.
    """
    table = builds.select(spec.records, name)
    made = subjects.of(table.texts(subject))
    made["term"], made["grade"] = table.texts(spec.term), table.numbers(spec.grade)
    made = made[made["group"].notna() & made["term"].notna()]
    if made.empty:
        raise DataError(Problem(spec.records.dataset.place, name,
                                f"no record of {table.name} is left to be drawn", "see 'where'"))
    if strange := sorted(set(made["grade"].dropna()) - set(spec.grades)):
        raise DataError(Problem(spec.grade.place, name, f"{strange[0]:g} is none of the grades",
                                "see 'grades'"))
    terms = frequent_terms(made, spec.most)
    shown = made[made["term"].isin(terms)]
    if spec.any is not None:
        shown = pd.concat([made.assign(term=ANY), shown], ignore_index=True)
        terms = (ANY, *terms)
    sizes = subjects.sizes()
    if spec.all is not None:
        shown = pd.concat([shown, shown.assign(group=ALL)], ignore_index=True)
        sizes = {**sizes, ALL: len(subjects.frame)}
    return GradesData(terms, count_worst(shown), sizes)


def frequent_terms(events: pd.DataFrame, most: int) -> tuple[str, ...]:
    """The terms of most subjects, the most frequent first; of equals the worse ones, then by name.

    >>> events = pd.DataFrame({"subject": list("aab"), "term": ["x", "y", "y"], "grade": [1.0, 1.0, 2.0]})
    >>> frequent_terms(events, 1)
    ('y',)
    """
    grouped = events.groupby("term")
    found = pd.DataFrame({"n": -grouped["subject"].nunique(), "worst": -grouped["grade"].max().fillna(0)})
    ordered = found.reset_index().sort_values(["n", "worst", "term"])["term"]
    return tuple(str(term) for term in ordered.head(most))


def count_worst(events: pd.DataFrame) -> pd.DataFrame:
    """The subjects of each term and group by their worst grade; without any grade it is 0.

    >>> events = pd.DataFrame({"subject": list("aab"), "group": "G", "term": "x", "grade": [1.0, 3.0, None]})
    >>> count_worst(events).values.tolist()
    [['x', 'G', 0, 1], ['x', 'G', 3, 1]]
    """
    worst = events.assign(grade=events["grade"].fillna(NOT_GRADED)).groupby(
        ["term", "group", "subject"], as_index=False)["grade"].max()
    counts = worst.groupby(["term", "group", "grade"]).size().rename("n").reset_index()
    return counts.astype({"grade": "int64"})
