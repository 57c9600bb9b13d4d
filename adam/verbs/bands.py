"""Bands of a number: cut."""

from __future__ import annotations

from typing import Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from engine.build.derivation import Derivation
from engine.coded import Coded
from engine.columns import Column, Kind
from engine.spec.entries import Entry
from engine.spec.references import RefField
from engine.spec.verbs import verb
from engine.yaml.fields import Model, Number, OneOrMany, TextField


class Band(Model):
    """Numbers ``below`` a limit, or ``at_most`` it, that no band before took; neither: all the rest."""

    is_: TextField = Field(alias="is")
    below: Number | None = None
    at_most: Number | None = None

    @property
    def limit(self) -> float:
        """Where the band ends."""
        found = self.below if self.below is not None else self.at_most
        return float(found) if found is not None else float("inf")


class Bands(Model):
    """What is cut, and the bands from the lowest up."""

    value: RefField
    bands: OneOrMany[Band]

    @model_validator(mode="after")
    def _rising(self) -> Self:
        for band in self.bands:
            if band.below is not None and band.at_most is not None:
                raise ValueError(f"band '{band.is_}' ends twice, with 'below' and 'at_most'")
        for lower, upper in zip(self.bands, self.bands[1:], strict=False):
            rises = lower.limit < upper.limit or (
                lower.limit == upper.limit and lower.below is not None and upper.at_most is not None)
            if not rises:
                raise ValueError(f"band '{upper.is_}' ends before it begins; bands go from the lowest up")
        return self


class Cut(Entry):
    """``{cut: {value, bands: [{below: 18, is: "<18"}, {is: ">=18"}]}}``."""

    cut: Bands


def compute_bands(values: pd.Series, limits: np.ndarray, closed: np.ndarray) -> np.ndarray:
    """The number of each value's band, -1 for a missing value or one beyond the last.

    ``limits`` rise; a band that is ``closed`` includes its limit.

    >>> ages = pd.Series([17.0, 18.0, 65.0, 66.0, None])
    >>> compute_bands(ages, np.array([18.0, 65.0]), np.array([False, True])).tolist()
    [0, 1, 1, -1, -1]
    """
    numbers = values.to_numpy(dtype="float64")
    band = np.searchsorted(limits, numbers, side="left")
    # A value at a limit stands before it; an open band hands it on to the next.
    within = np.minimum(band, len(limits) - 1)
    band = band + ((limits[within] == numbers) & ~closed[within] & (band < len(limits)))
    return np.where(np.isnan(numbers) | (band >= len(limits)), -1, band)


@verb("cut", layer="adam")
def derive_cut(entry: Cut, at: Derivation) -> Column:
    """Name the band that a number is in; one beyond the last follows ``unmapped``.

    Source: ADaMIG 1.3, section 3.1.1 (grouping variables such as AGEGR1).
    """
    part = entry.cut
    column = at.column(part.value)
    if column.kind is not Kind.NUMBER:
        raise at.wrong(f"'{part.value}' is a {column.kind.value}, where a number is wanted")
    limits = np.array([band.limit for band in part.bands])
    closed = np.array([band.below is None for band in part.bands])
    number = compute_bands(column.values, limits, closed)
    made = Coded.choice(number.astype("int32"), [str(band.is_) for band in part.bands])
    beyond = ~column.isna() & (number < 0)
    if beyond.any():
        shown = Coded.of(column.values.map("{:g}".format, na_action="ignore").astype("str"))
        policy = "blank" if entry.unmapped == "blank" else None
        made = at.settle(policy, beyond, made, lambda v: f"{v} is in no band", shown,
                         "a last band without a limit takes the rest")
    return Column(made, Kind.TEXT)
