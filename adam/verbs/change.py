"""Change from baseline: change, percent_change, shift."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pydantic import Field

from engine.build.derivation import Derivation
from engine.columns import Column, Kind
from engine.spec.entries import Entry
from engine.spec.references import ExpressionField, Ref, RefField
from engine.spec.verbs import verb
from engine.yaml.fields import AnyText, Model, TextField


class Difference(Model):
    """A value and its base; ``when`` leaves other records blank."""

    value: RefField
    base: RefField
    when: ExpressionField | None = None


class Change(Entry):
    """``{change: {value: AVAL, base: BASE, when}}``."""

    change: Difference


class PercentChange(Entry):
    """``{percent_change: {value: AVAL, base: BASE, when}}``."""

    percent_change: Difference


def number_of(ref: Ref, at: Derivation) -> pd.Series:
    """A column that must hold numbers."""
    column = at.column(ref)
    if column.kind is not Kind.NUMBER:
        raise at.wrong(f"'{ref}' is a {column.kind.value}, where a number is wanted")
    return column.values


def _among(values: pd.Series, part: Difference, at: Derivation) -> Column:
    return Column(values if part.when is None else values.where(at.condition(part.when)), Kind.NUMBER)


@verb("change", layer="adam", kind=Kind.NUMBER)
def derive_change(entry: Change, at: Derivation) -> Column:
    """Value less base.

    Source: ADaMIG 1.3, section 3.3.4 (CHG).
    """
    part = entry.change
    return _among(number_of(part.value, at) - number_of(part.base, at), part, at)


def compute_percent_change(value: pd.Series, base: pd.Series) -> pd.Series:
    """100 * (value - base) / base; NULL where the base is 0.

    >>> compute_percent_change(pd.Series([15.0, 15.0]), pd.Series([10.0, 0.0])).tolist()
    [50.0, nan]
    """
    return 100 * (value - base) / base.mask(base == 0)


@verb("percent_change", layer="adam", kind=Kind.NUMBER)
def derive_percent_change(entry: PercentChange, at: Derivation) -> Column:
    """Change as a percentage of the base; blank where the base is 0.

    Source: ADaMIG 1.3, section 3.3.4 (PCHG).
    """
    part = entry.percent_change
    return _among(compute_percent_change(number_of(part.value, at), number_of(part.base, at)), part, at)


class Categories(Model):
    """From one category to another; ``missing`` is written for the one that is blank."""

    from_: RefField = Field(alias="from")
    to: RefField
    separator: AnyText | None = None
    missing: TextField | None = None


class Shift(Entry):
    """``{shift: {from: BNRIND, to: ANRIND, separator, missing}}``."""

    shift: Categories


@verb("shift", layer="adam")
def derive_shift(entry: Shift, at: Derivation) -> Column:
    """A shift from base to value, blank where both are.

    Source: ADaMIG 1.3, section 3.3.4 (SHIFTy).
    """
    part = entry.shift
    columns = [at.text(ref) for ref in (part.from_, part.to)]
    neither = columns[0].isna() & columns[1].isna()
    shown = [column.fillna(str(part.missing or "NULL")) for column in columns]
    separator = str(part.separator) if part.separator is not None else " to "
    made = shown[0] + separator + shown[1]
    return Column(made.mask(neither, np.nan).astype("str"), Kind.TEXT)
