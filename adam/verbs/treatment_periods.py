"""The treatment periods of a subject, from the records that make them up: periods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from adam.verbs.choose import Mask, compute_chosen
from adam.verbs.dates import dates_of
from adam.verbs.period_arrays import (
    Numbers,
    compute_analysis_end,
    compute_bounds,
    compute_changes,
    compute_next,
    moment_ranks,
)
from adam.verbs.period_models import Periods, PeriodsEntry, numbered
from engine.build.derivation import Derivation
from engine.build.rows import Rows, Values, codes_of, pairs, taken
from engine.columns import Column, Kind
from engine.dates import check_iso, impute, iso_date
from engine.spec.references import RefField
from engine.spec.verbs import verb
from engine.verbs.picking import Dated, dated_values, reached
from engine.verbs.spans import DATED, Moments, days, span_of


class Sides(NamedTuple):
    """Starts or ends of the records: moments, and the flags of what was imputed."""

    moments: Moments
    flags: Mapping[str, pd.Series]


@verb("periods", layer="adam", kind=Kind.NUMBER)
def derive_periods(entry: PeriodsEntry, at: Derivation) -> Mapping[str, Column]:
    """Starts, ends and treatments of a subject's periods, from the records that make them up.

    The start of a period is the earliest of its records, its end their latest (blank while
    one is open).  A period that begins before the one before it has ended is refused; the
    day that ends one may begin the next.

    Source: ADaMIG 1.3, sections 3.2.4 (TRTxxP, TRTxxA) and 3.2.6 (TRxxSDT, APxxSDT and the like).
    """
    part = entry.periods
    rows, left, right = reached(part, at, [])
    ours, theirs = pairs(at.matched(left, right))
    wanted = np.zeros(rows.size, dtype=bool)
    wanted[theirs] = True
    start = _side(part, "S", rows, wanted, at)
    end = _side(part, "E", rows, wanted, at) if part.end is not None else start
    at.refuse(wanted & (end.moments < start.moments), "a record of a period ends before it starts", rows=rows)
    number = _number(part, rows, right, start.moments, wanted, at)
    kept = number[theirs] >= 0
    ours, theirs = ours[kept], theirs[kept]
    shape = (at.rows.size, int(part.most))
    found = compute_bounds(ours, number[theirs], start.moments[theirs], end.moments[theirs], shape)
    first, last = (np.where(at_ < 0, -1, np.append(theirs, -1)[at_]) for at_ in found)
    made = _moments_made(part, start, end, first, last, at)
    made |= _taken(part, rows, ours, number, theirs, start.moments, shape, at)
    for template, expressions in (part.planned or {}).items():
        made |= {numbered(template, n): at.evaluate(e) for n, e in enumerate(expressions, start=1)}
    count = pd.Series((first >= 0).sum(axis=1).astype("float64"), index=at.index)
    return made | {at.variable: Column(count, Kind.NUMBER)}


def _side(part: Periods, side: str, rows: Rows, wanted: Mask, at: Derivation) -> Sides:
    """The starts or ends of the records, imputed as far as ``highest`` allows."""
    value, time = (part.start, part.start_time) if side == "S" else (part.end, part.end_time)
    assert value is not None
    dated = dated_values(Dated.model_construct(in_=part.in_, value=value, time=time), at, rows)
    if dated.kind not in DATED:
        raise at.wrong(f"'{value.text}' is a {dated.kind.value}, where a date is wanted")
    if side == "S":
        given = at.evaluate(value, rows, str(part.in_)).values.notna().to_numpy()
        at.refuse(wanted & ~given, "a record of a period has no start", rows=rows,
                  hint="leave such records out with 'where'")
    as_date = not part.timed(side)
    if dated.kind is Kind.DATETIME or (dated.kind is Kind.DATE and as_date):
        moments = dated.values.to_numpy("datetime64[s]")
        return Sides(days(moments) if as_date else moments, {})
    dtc = dated.values if dated.kind is Kind.TEXT else iso_date(dated.values)
    dtc = dtc.where(wanted)
    bad = check_iso(dtc).to_numpy()
    at.refuse(bad, lambda v: f"'{v}' is no date in ISO 8601", dtc, rows=rows)
    word = "first" if side == "S" else "last"
    made = impute(dtc, highest=part.highest or "none", date=word, time=word, as_date=as_date,
                  ignore_seconds=bool(part.ignore_seconds) and not as_date)
    partial = dtc.notna().to_numpy() & made.datetime.isna().to_numpy() & ~bad
    what = "date" if as_date else "date and time"
    at.refuse(partial, lambda v: f"'{v}' is no complete {what}", dtc,
              "'highest' says what may be imputed" if as_date else
              "'highest' says what may be imputed, 'ignore_seconds: true' that seconds are never collected",
              rows=rows)
    return Sides(made.datetime.to_numpy("datetime64[s]"), {"DTF": made.date_flag, "TMF": made.time_flag})


def _number(part: Periods, rows: Rows, keys: list[Values], start: Moments, wanted: Mask,
            at: Derivation) -> Numbers:
    """The period of each record, from 0; -1 for one that was refused or has no subject here."""
    if part.change is not None:
        values = at.other_column(rows, part.change.parts[-1]).values
        number, tied = compute_changes(codes_of(keys), codes_of([values]), start)
        at.refuse(tied & wanted, f"records with several values of {part.change} start at one moment",
                  rows=rows)
    else:
        assert part.number is not None
        column = at.evaluate(part.number, rows, str(part.in_))
        if column.kind is not Kind.NUMBER:
            raise at.wrong(f"'{part.number.text}' is a {column.kind.value}, where a number is wanted",
                           "CAST(... AS NUMBER) makes one of it")
        given = column.values.to_numpy(dtype="float64")
        at.refuse(wanted & np.isnan(given), "the record is of no period", rows=rows,
                  hint="leave such records out with 'where', or give them a number")
        strange = wanted & ~np.isnan(given) & ((given < 1) | (given != np.floor(given)))
        at.refuse(strange, lambda v: f"{v} is no number of a period", _shown(given), "they are 1, 2, 3 ...",
                  rows=rows)
        number = np.where(np.isnan(given) | strange, 0, given).astype("int64") - 1
    over = wanted & (number >= part.most)
    at.refuse(over, lambda v: f"the record is of period {v}, and 'most' is {part.most}", _shown(number + 1),
              rows=rows)
    return np.where(wanted & ~over, number, -1)


def _shown(numbers: NDArray[np.float64] | Numbers) -> pd.Series:
    return pd.Series(numbers).map("{:g}".format, na_action="ignore").astype("str")


def _moments_made(part: Periods, start: Sides, end: Sides, first: Numbers, last: Numbers,
                  at: Derivation) -> dict[str, Column]:
    """The starts and ends of all periods, and their flags."""
    sides = {"S": _at(start.moments, first), "E": _at(end.moments, last)}
    _require_order(part, sides["S"], sides["E"], at)
    whole = dict(sides)
    if part.analysis is not None:
        limits = [_limit(ref, at) for ref in part.analysis.not_after or ()]
        whole["E"] = compute_analysis_end(sides["S"], sides["E"], part.analysis.days, limits,
                                          timed=part.timed("E"))
    made: dict[str, Column] = {}
    for name in part.moments:
        own = whole if name.startswith("AP") else sides
        moments = own[name.rpartition("xx")[2][0]]
        kind = Kind.DATETIME if name.endswith("DTM") else Kind.DATE
        shown = moments if kind is Kind.DATETIME else days(moments)
        made |= {numbered(name, n + 1): Column(pd.Series(shown[:, n], index=at.index), kind)
                 for n in range(shown.shape[1])}
    for flag, side, ending in part.flags():
        given, position = (start, first) if side == "S" else (end, last)
        values = given.flags.get(ending, pd.Series(dtype="str"))
        made |= {numbered(flag, n + 1): Column(taken(values, position[:, n], at.index), Kind.TEXT)
                 for n in range(position.shape[1])}
    return made


def _at(moments: Moments, positions: Numbers) -> Moments:
    return np.append(moments, np.datetime64("NaT", "s"))[positions]


def _limit(ref: RefField, at: Derivation) -> Moments:
    return span_of(dates_of(ref, at)).high


def _require_order(part: Periods, start: Moments, end: Moments, at: Derivation) -> None:
    following = compute_next(start)
    for number in range(start.shape[1] - 1):
        at.refuse(start[:, number] > following[:, number],
                  f"period {number + 1} begins after a later one", hint="see 'number'")
        if part.overlap != "keep":
            late = (days(end[:, number]) > days(following[:, number])) & (
                start[:, number] <= following[:, number])
            at.refuse(late, f"period {number + 1} ends after the next has begun",
                      hint="'overlap: keep' if that may be")


def _taken(part: Periods, rows: Rows, ours: Numbers, number: Numbers, theirs: Numbers, start: Moments,
           shape: tuple[int, int], at: Derivation) -> dict[str, Column]:
    """What ``take`` takes of the records of each period: alike in all, or of the first or last."""
    cell, made = ours * shape[1] + number[theirs], dict[str, Column]()
    for template, expression in (part.take or {}).items():
        value = at.evaluate(expression, rows, str(part.in_))
        known = ~value.isna()[theirs]
        chosen = compute_chosen(cell, known, [moment_ranks(start[theirs])], last=part.several == "last").mask
        if part.several is None:
            codes = codes_of([value.held])[theirs]
            reference = np.full(shape[0] * shape[1], -1)
            reference[cell[chosen]] = codes[chosen]
            differ = np.zeros(rows.size, dtype=bool)
            differ[theirs] = known & (codes != reference[cell])
            at.refuse(differ, f"{template}: records of one period differ in '{expression.text}'", rows=rows,
                      hint="'several: first' or 'last' takes one of them")
        position = np.full(shape[0] * shape[1], -1)
        position[cell[chosen]] = theirs[chosen]
        position = position.reshape(shape)
        made |= {numbered(template, n + 1): value.take(position[:, n]) for n in range(shape[1])}
    return made
