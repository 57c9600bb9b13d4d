"""Supplemental qualifiers: the variables of a domain that are none of the standard's, as SUPP--.

Source: SDTMIG 3.4, section 8.4.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from engine.build.plan import Plan
from engine.build.rows import Rows, sort_positions
from engine.columns import Column, Kind, blank, repeated
from engine.dates import iso_date, iso_datetime
from engine.numbers import format_number
from engine.spec.dataset import DatasetSpec, VariableSpec

VARIABLES = ("STUDYID", "RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "QNAM", "QLABEL", "QVAL", "QORIG", "QEVAL")
_TIES = {"SV": "VISITNUM"}  # a domain without --SEQ: a record a visit
_NUMBERED = re.compile(r"\d+$")
_ORIGINS = {"constant": "Assigned", "lookup": "Assigned", "from": "Collected", "date": "Collected",
            "test": "Collected", "choose": "Collected", "missing": "Not Available"}


def make_supplemental(rows: Rows, spec: DatasetSpec, plan: Plan) -> pd.DataFrame | None:
    """The SUPP-- records of a domain, text columns :data:`VARIABLES`, NULL as NaN.

    ``rows`` are the domain's own as built.  One record a value that is not NULL,
    tied to its parent by --SEQ (in SUPPDM by the subject alone, in SUPPSV by VISITNUM),
    sorted by subject, parent and the order of the qualifiers in the spec.  None where there is no value.
    """
    qualifiers = [v for n, v in spec.variables.items() if v.supplemental and not n.startswith("_")]
    sequence = _TIES.get(spec.name, f"{spec.name}SEQ")
    tied = spec.name != "DM" and (sequence,) in rows.columns
    number = rows.values(sequence) if tied else pd.Series(np.nan, index=rows.index)
    parts = []
    for place, variable in enumerate(qualifiers):
        values = as_text(rows.columns[(variable.name,)])
        at = np.flatnonzero(values.notna().to_numpy())
        parts.append(_records(rows, at, values, variable, spec, plan).assign(
            IDVAR=repeated(sequence, pd.RangeIndex(len(at))) if tied else np.nan,
            _number=number.take(at).to_numpy(), _place=place))
    made = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    if made.empty:
        return None
    made["IDVARVAL"] = format_number(made["_number"])
    order = sort_positions([(made[c], False) for c in ("USUBJID", "_number", "_place")], len(made))
    made = made.iloc[order].reset_index(drop=True)
    return made[list(VARIABLES)].astype("str")


def _records(rows: Rows, at: np.ndarray, values: pd.Series, variable: VariableSpec, spec: DatasetSpec,
             plan: Plan) -> pd.DataFrame:
    index = pd.RangeIndex(len(at))
    constant = {
        "RDOMAIN": spec.name, "QNAM": variable.name, "QLABEL": qualifier_label(variable, spec, plan),
        "QORIG": qualifier_origin(variable, spec),
    }
    made = {name: repeated(text, index) for name, text in constant.items()}
    made["STUDYID"] = rows.values("STUDYID").take(at).set_axis(index)
    made["USUBJID"] = rows.values("USUBJID").take(at).set_axis(index)
    made["QVAL"] = values.take(at).set_axis(index)
    evaluator = variable.entry.evaluator
    made["QEVAL"] = repeated(str(evaluator), index) if evaluator else blank(index, Kind.TEXT)
    return pd.DataFrame(made)


def as_text(column: Column) -> pd.Series:
    """A column as QVAL holds it: numbers shortest, dates in ISO 8601.

    >>> as_text(Column(pd.Series([1.50, None]), Kind.NUMBER)).tolist()
    ['1.5', nan]
    """
    if column.kind is Kind.TEXT:
        return column.values
    if column.kind is Kind.NUMBER:
        return format_number(column.values)
    if column.kind is Kind.DATE:
        return iso_date(column.values)
    if column.kind is Kind.DATETIME:
        return iso_datetime(column.values)
    raise ValueError(f"a {column.kind.value} cannot be a supplemental qualifier")


def qualifier_label(variable: VariableSpec, spec: DatasetSpec, plan: Plan) -> str:
    """QLABEL: the spec's; of a numbered one that an entry makes (RACE1) the entry's label and number.

    At most 40 characters; the qualifier's name where nothing gives a label.
    """
    own = variable.entry.label
    if own is not None and own.en:
        return str(own.en)
    number = _NUMBERED.search(variable.name)
    if variable.made_by is None or number is None:
        return variable.name
    maker = spec.variables[variable.made_by]
    standard = plan.metadata.standard(spec.name, maker.name)
    label = maker.entry.label.en if maker.entry.label and maker.entry.label.en else (
        standard.label if standard else maker.name)
    return f"{str(label)[:39 - len(number[0])]} {number[0]}"


def qualifier_origin(variable: VariableSpec, spec: DatasetSpec) -> str:
    """QORIG, an origin type of Define-XML 2.1: the spec's, of the entry that makes it, or by its verb."""
    own = variable.entry.origin
    if own is None and variable.made_by is not None:
        own = spec.variables[variable.made_by].entry.origin
    if own is not None:
        return str(own)
    return _ORIGINS.get(variable.verb.name if variable.verb else "", "Derived")
