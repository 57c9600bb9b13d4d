"""What values must be when they leave the build: there, short, visible, and alone in their keys."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from engine.build.lost import KEYS
from engine.build.refusals import LISTED, lines_of
from engine.build.rows import Rows, alike, codes_of
from engine.coded import Coded
from engine.columns import Column, Kind
from engine.dates import iso_date, iso_datetime
from engine.errors import Place, Record, counted
from engine.numbers import format_number
from engine.spec.dataset import DatasetSpec, VariableSpec

if TYPE_CHECKING:
    from engine.build.execute import Build
    from engine.build.plan import Plan

LONGEST_TEXT = 200
"""Bytes a character variable may hold in SAS transport version 5."""

_HIDDEN = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x{80}-\x{9f}\x{2028}\x{2029}\x{feff}]"
"""Controls but tab and line end, other line separators and the byte order mark, as RE2 writes them."""

_PAIRS = 3
"""Of so many groups of records alike in keys a message names the lines."""


def is_required(plan: Plan, spec: DatasetSpec, variable: VariableSpec) -> bool:
    """Whether each record needs a value: as the entry says, else by the standard.

    A Required variable of SDTM must have values; one of ADaM must only be there (ADaMIG 1.3, 3.1).
    """
    if variable.entry.required is not None:
        return bool(variable.entry.required)
    standard = plan.metadata.standard(spec.name, variable.name)
    return spec.layer == "sdtm" and standard is not None and standard.core == "Req"


def require_values(build: Build, spec: DatasetSpec, rows: Rows) -> None:
    """Refuse records that lack a value where each must have one."""
    for variable in _leaving(spec):
        if is_required(build.plan, spec, variable):
            empty = rows.columns[(variable.name,)].isna()
            by = "its entry says so" if variable.entry.required else "the standard says Req"
            _refuse(build, rows, spec, variable, empty, "a value is required",
                    f"{by}; 'required: false' lets it be blank")


def require_texts(build: Build, spec: DatasetSpec, rows: Rows) -> None:
    """Refuse text that its variable, or a transport file, cannot hold whole, and text nobody can see."""
    for variable in _leaving(spec):
        column = rows.columns[(variable.name,)]
        if column.kind is not Kind.TEXT:
            continue
        texts, said = column.coded, variable.entry.length
        most = LONGEST_TEXT if said is None else int(said)
        if texts.most_bytes() > most and (long := texts.sizes() > most).any():  # the first: also unused texts
            hint = ("cut it with SUBSTR, or split it over supplemental qualifiers" if said is None
                    else f"write length: {min(int(texts.sizes().max()), LONGEST_TEXT)}, or leave it out")
            limit = f"{most} at most" if said is None else f"and 'length' is {most}"
            _refuse(build, rows, spec, variable, long, f"{_told_size(texts.where(long))}, {limit}", hint)
        if pc.any(pc.match_substring_regex(texts.distinct, _HIDDEN)).as_py():
            odd = texts.where_text(lambda text: _control(text) != "")
            _refuse(build, rows, spec, variable, odd, lambda v: f"'{v}' holds {_control(v)}",
                    "correct it in the raw file", texts)


def _told_size(long: Coded) -> str:
    """How long the first of some texts is, and how many others there are."""
    at = np.flatnonzero(~long.isna())
    text = str(long.take(at[:1]).texts()[0])
    others = len(np.unique(long.codes[at])) - 1
    more = f" (and {counted(others, 'other text')}, of up to {long.sizes().max()} bytes)" if others else ""
    start = text if len(text) <= 20 else f"{text[:20]}..."
    size = len(text.encode("utf-8"))
    signs = "" if size == len(text) else f" ({counted(len(text), 'character')})"
    return f"'{start}' has {size} bytes{signs}{more}"


def _control(text: str) -> str:
    """The first control character of a text, by its code and name; tabs and line ends are none.

    >>> _control("P002\\a"), _control("two\\nlines")
    ('U+0007, a control character', '')
    """
    for character in text:
        if character not in "\t\n\r" and unicodedata.category(character) in ("Cc", "Zl", "Zp"):
            return f"U+{ord(character):04X}, a control character"
        if character == "\ufeff":
            return "U+FEFF, a byte order mark"
    return ""


def require_keys(build: Build, spec: DatasetSpec, rows: Rows) -> None:
    """Refuse records alike in the dataset's keys, but those whose keys were lost before."""
    keys = [str(k) for k in spec.model.keys or ()]
    if not keys or rows.size == 0:
        return
    columns = [rows.columns[(k,)].held for k in keys]
    again = alike(columns)
    if not again.any():
        return
    for key in keys:
        again &= ~build.lost.follows((spec.name, key), rows, itself=True)
    again &= ~build.lost.follows((spec.name, KEYS), rows)
    again[again] = alike([column.take(np.flatnonzero(again)) for column in columns])
    hint = "add a key, or say which record counts"
    if spec.layer == "sdtm":
        hint = "'unique' drops records alike in all columns, 'supersede' old versions; or add a key"
    build.refusals.refuse(rows, spec.name, "", again, _told_keys(rows, keys, again), hint=hint,
                          spec=spec.place, node=(spec.name, KEYS))


def _told_keys(rows: Rows, keys: list[str], again: np.ndarray) -> str:
    """The first records that are alike, with their keys, and the lines of some others."""
    if not again.any():
        return ""
    part = rows.take(np.flatnonzero(again)[:LISTED])
    codes = codes_of([part.columns[(k,)].held for k in keys])
    groups: dict[str, int] = {}
    for code in range(int(codes.max(initial=-1)) + 1):
        at = np.flatnonzero(codes == code)
        records = [Record(part.origin.place(n) or Place(rows.name, n + 1)) for n in at.tolist()]
        groups.setdefault(lines_of(records, len(records)), int(at[0]))
        if len(groups) > _PAIRS:
            break
    found = list(groups.items())
    first = part.take(np.array([at for _, at in found[:1]], dtype="int64"))
    values = ", ".join(f"{key} '{shown_value(first.columns[(key,)])}'" for key in keys if key != "STUDYID")
    shown = ", ".join([f"{found[0][0]} ({values})", *(lines for lines, _ in found[1:_PAIRS])])
    more = " and others" if len(found) > _PAIRS or int(again.sum()) > LISTED else ""
    return f"records alike in its keys: {shown}{more}"


def shown_value(column: Column) -> str:
    """The first value of a column as a message shows it.

    >>> import pandas as pd
    >>> shown_value(Column(pd.Series([3.0]), Kind.NUMBER))
    '3'
    """
    values = column.values
    if column.kind is Kind.NUMBER:
        values = format_number(values)
    elif column.kind is not Kind.TEXT:
        values = iso_date(values) if column.kind is Kind.DATE else iso_datetime(values)
    return "" if values.isna().iloc[0] else str(values.iloc[0])


def _refuse(build: Build, rows: Rows, spec: DatasetSpec, variable: VariableSpec, mask: np.ndarray,
            message: Callable[[str], str] | str, hint: str, values: Coded | None = None) -> None:
    """Refuse records for a variable, but for those whose value was lost before."""
    node = (spec.name, variable.name)
    if mask.any():
        mask = mask & ~build.lost.follows(node, rows, itself=True)
    build.refusals.refuse(rows, spec.name, variable.name, mask, message, values, hint, variable.place,
                          node=node)


def _leaving(spec: DatasetSpec) -> list[VariableSpec]:
    """The variables that leave the build, supplemental qualifiers too."""
    return [v for n, v in spec.variables.items() if not n.startswith("_")]
