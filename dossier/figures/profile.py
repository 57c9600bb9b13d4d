"""What a figure of values over time shows: points of subjects, medians, the limit of quantitation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dossier.figures.model import Profile
from dossier.figures.tables import Builds, Subjects, Table
from engine.errors import DataError, Problem, counted
from engine.yaml.nodes import Text


@dataclass(frozen=True)
class ProfileData:
    """What is drawn; a point below the limit has its place by the limit, not by ``y``.

    ``points``: subject, label, group, x, y, below, ringed, by subject and time.
    ``medians``: group ('' for all), x, y, n, below.
    """

    points: pd.DataFrame
    medians: pd.DataFrame
    limit: float | None


def profile_data(spec: Profile, builds: Builds, subjects: Subjects, name: str, subject: Text) -> ProfileData:
    """Work out the points and medians of a figure from a build.

    Raises a SpecError or DataError where the spec does not fit the dataset.
    """
    table = builds.select(spec.records, name)
    points = read_points(spec, table, subjects, subject)
    if points.empty:
        raise DataError(Problem(spec.records.dataset.place, name,
                                f"no record of {table.name} is left to be drawn", "see 'where'"))
    limit = one_limit(spec, table)
    if spec.y.scale == "log" and (low := int((~points["below"] & (points["y"] <= 0)).sum())):
        raise DataError(Problem(spec.y.place, name, f"a log scale has no place for {counted(low, 'value')} "
                                                    "of 0 or less", "'limit' and 'below' say where they go"))
    medians = no_medians()
    if spec.median is not None:
        at = points["at"]
        counted_in = points[at.notna() & points["counts"]]
        medians = compute_medians(counted_in.assign(group=counted_in["group"] if spec.panels else ""),
                                  spec.median.least, limit)
    shown = points.drop(columns=["at", "counts"]).sort_values(["subject", "x"], kind="stable",
                                                              ignore_index=True)
    return ProfileData(shown, medians, limit)


def read_points(spec: Profile, table: Table, subjects: Subjects, subject: Text) -> pd.DataFrame:
    """Each record with a time and a value, or below the limit, of a subject that is shown."""
    below = pd.Series(False, table.frame.index)
    if spec.y.limit is not None:
        below = table.true(spec.y.limit.below)
    made = subjects.of(table.texts(subject))
    made["x"], made["y"], made["below"] = table.numbers(spec.time), table.numbers(spec.y.value), below
    made["ringed"] = table.true(spec.ringed.where) if spec.ringed is not None else False
    made["at"] = table.numbers(spec.median.at) if spec.median is not None else np.nan
    chosen = spec.median.where if spec.median is not None else None
    made["counts"] = table.true(chosen) if chosen is not None else True
    return made[made["group"].notna() & made["x"].notna() & (made["y"].notna() | made["below"])]


def one_limit(spec: Profile, table: Table) -> float | None:
    """The limit of quantitation of all records; a DataError where they have several."""
    if spec.y.limit is None:
        return None
    values = sorted(set(table.numbers(spec.y.limit.value).dropna()))
    if len(values) == 1:
        return float(values[0])
    told = "no record has a limit"
    if values:
        told = f"records have several limits, {values[0]:g} to {values[-1]:g}"
    raise DataError(Problem(spec.y.limit.value.place, table.figure, told, "one line is drawn"))


def no_medians() -> pd.DataFrame:
    """No medians at all.

    >>> no_medians().columns.tolist()
    ['group', 'x', 'y', 'n', 'below']
    """
    return pd.DataFrame({"group": pd.Series(dtype="str"), "x": pd.Series(dtype="float64"),
                         "y": pd.Series(dtype="float64"), "n": pd.Series(dtype="int64"),
                         "below": pd.Series(dtype="bool")})


def compute_medians(points: pd.DataFrame, least: int, limit: float | None) -> pd.DataFrame:
    """The median of subjects by ``group`` and time ``at``, where there are ``least`` of them.

    A value below the limit that has no number ranks below all numbers.  A median that is
    below the limit, or the middle of numbers of which one is unknown, is told as ``below``.

    >>> points = pd.DataFrame({"group": "", "subject": list("abc"), "at": 7.0,
    ...                        "y": [None, 4.0, 90.0], "below": [True, False, False]})
    >>> compute_medians(points, 2, 1.0).values.tolist()
    [['', 7.0, 4.0, 3, False]]
    """
    if points.empty:
        return no_medians()
    ranked = points.assign(y=points["y"].where(points["y"].notna(), -np.inf))
    # a subject counts once: of several values at one time, with the one in their middle
    once = ranked.groupby(["group", "at", "subject"], as_index=False)["y"].median()
    grouped = once.groupby(["group", "at"])["y"]
    made = pd.DataFrame({"y": grouped.median(), "n": grouped.size()}).reset_index()
    made = made[made["n"] >= least].rename(columns={"at": "x"})
    unknown = np.isneginf(made["y"])
    made["below"] = unknown | ((made["y"] < limit) if limit is not None else False)
    made["y"] = made["y"].mask(unknown)
    return made[["group", "x", "y", "n", "below"]].reset_index(drop=True)

