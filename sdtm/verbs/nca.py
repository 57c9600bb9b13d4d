"""Pharmacokinetic parameters from concentrations: the step nca."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from engine.build.derivation import Derivation
from engine.build.new_rows import bare_rows, finished_as, groups_of
from engine.build.rows import SUBJECT, Rows, stack
from engine.coded import Coded
from engine.columns import Column, Kind
from engine.expressions.like import compile_like
from engine.nca import compute_merged, compute_nearest, compute_samples
from engine.nca.profiles import Codes, Floats, Mask
from engine.numbers import format_number, half_up_significant, plain_decimal
from engine.spec.references import Ref
from engine.spec.verbs import step
from engine.terminology import codelist
from sdtm.verbs.nca_models import SOON, Nca, NcaStep, Parameter
from sdtm.verbs.nca_parameters import QUANTITIES, REASONS, Analysis, compute_parameter

SIGNIFICANT = 12
"""Digits of a result: more than any assay has, and fewer than two ways of adding up may differ in."""

_PLACES = {"before_dose": "before the dose", "before_first": "before the first value",
           "between": "between values", "after_last": "after the last value"}


@dataclass(frozen=True)
class _Collected:
    """The analysed samples: their records, profile, time and value (NaN below the limit)."""

    rows: Rows
    profile: Codes
    first: Codes
    time: Floats
    value: Floats
    lloq: Floats
    count: int


@step("nca", layer="sdtm")
def change_nca(entry: NcaStep, at: Derivation) -> Rows:
    """Records of parameters in place of the samples they are worked out from.

    A profile is the samples alike in ``by``, of one subject; one without an analysed
    sample after time 0 gives no records.  A parameter that cannot be worked out is a
    record NOT DONE with its reason, or none (``none: drop``).

    Source: SDTMIG 3.4, section 6.3.5.9 (PC, PP); Gabrielsson and Weiner, Pharmacokinetic
    and Pharmacodynamic Data Analysis, 5th edition, 2016, chapter 2.8.
    """
    part = entry.nca
    collected = _collected(part, at)
    _refuse_mixed(collected, at)
    here = replace(at, rows=collected.rows)
    unit = _one_unit(part, collected, here)
    profiles = _profiles(part, collected, here)
    analysis = _analysis(part, collected, profiles, here)
    records = [_records(str(code), parameter, part, analysis, unit, profiles, here)
               for code, intervals in part.parameters.items() for parameter in intervals]
    made = stack(at.dataset, records)
    number = np.concatenate([np.full(rows.size, n) for n, rows in enumerate(records)])
    order = np.lexsort((number, made.values("@profile").to_numpy()))
    made = made.take(order)
    made.columns.pop(("@profile",))
    return made


def _numbers(ref: Ref, at: Derivation) -> Floats:
    column = at.column(ref)
    if column.kind is not Kind.NUMBER:
        raise at.wrong(f"'{ref}' is a {column.kind.value}, where a number is wanted")
    return column.values.to_numpy(dtype="float64")


def _collected(part: Nca, at: Derivation) -> _Collected:
    """The samples that were analysed and have a time; of one planned time the nearest to it."""
    number = _numbers(part.number, at)
    below: Mask = np.zeros(at.rows.size, dtype=bool)
    if part.text is not None:
        text = at.coded(part.text)
        tests = [compile_like(str(pattern)) for pattern in part.is_ or ()]
        below = text.where_text(lambda v: any(test(v) for test in tests)) & np.isnan(number)
        strange = ~text.isna() & np.isnan(number) & ~below
        at.refuse(strange, lambda v: f"'{v}' is neither a number nor below the limit", text,
                  "'is' lists what means below the limit")
    at.refuse(number < 0, "the concentration is below 0")
    below |= number == 0
    analysed = below | (number > 0)
    time = _numbers(part.time, at)
    at.refuse(analysed & np.isnan(time), f"the sample was analysed, and its time ({part.time}) is not known",
              hint="leave such samples out with 'where', or take another time for them")
    rows = at.rows.where(analysed & ~np.isnan(time))
    kept = np.flatnonzero(analysed & ~np.isnan(time))
    number, time, below = number[kept], time[kept], below[kept]
    here = replace(at, rows=rows)
    codes, first = groups_of([rows.columns[SUBJECT].held, *(here.column(ref).held for ref in part.by)])
    if part.planned is not None:
        near = compute_nearest(codes.astype(np.int64), _numbers(part.planned, here), time)
        rows, number, time, below = rows.where(near), number[near], time[near], below[near]
        here = replace(at, rows=rows)
        codes, first = groups_of([rows.columns[SUBJECT].held, *(here.column(ref).held for ref in part.by)])
    lloq = np.full(rows.size, np.nan) if part.lloq is None else _numbers(part.lloq, here)
    return _Collected(rows, codes.astype(np.int64), first.astype(np.int64), time,
                      np.where(below, np.nan, number), lloq, len(first))


def _refuse_mixed(collected: _Collected, at: Derivation) -> None:
    """Refuse profiles of several analytes, specimens or methods: no concentration curve is of two."""
    for source in at.build.plan.datasets[at.dataset].sources:
        domain = str(source.model.table)
        for what in ("TESTCD", "SPEC", "METHOD"):
            held = collected.rows.columns.get(("@", f"{domain}{what}"))
            if held is not None:
                codes = held.coded.codes.astype(np.int64)
                differ = codes != codes[collected.first][collected.profile]
                at.refuse(differ, f"a profile has several {domain}{what}", rows=collected.rows,
                          hint=f"name {domain}{what} in 'by', or keep one with 'where'")


def _one_unit(part: Nca, collected: _Collected, here: Derivation) -> Coded:
    """The unit of the concentrations of each profile."""
    held = here.coded(part.unit)
    known = ~held.isna() & ~np.isnan(collected.value)
    here.refuse(held.isna() & ~np.isnan(collected.value), f"the concentration has no unit ({part.unit})")
    order = np.flatnonzero(known)[::-1]
    one = np.full(collected.count, -1, dtype=np.int64)
    one[collected.profile[order]] = order                     # the first record that has one
    codes = held.codes.astype(np.int64)
    differ = known & (codes != codes[one[collected.profile]])
    here.refuse(differ, lambda v: f"the profile has several units, one of them '{v}'", held,
                "bring them to one unit in the source")
    return held.take(one)


def _profiles(part: Nca, collected: _Collected, here: Derivation) -> Rows:
    """One record a profile, with what it shares: ``by``, ``keep`` and the dose."""
    shared = [*part.by, *(part.keep or ()), *([part.dose] if part.dose is not None else []),
              *([part.dose_unit] if part.dose_unit is not None else [])]
    made = bare_rows(collected.rows, collected.profile, collected.first, shared, here)
    later = np.bincount(collected.profile, weights=collected.time > 0, minlength=collected.count) > 0
    made.put(("@profile",), pd.Series(np.where(later, np.arange(made.size), -1.0)), Kind.NUMBER)
    return made


def _analysis(part: Nca, collected: _Collected, profiles: Rows, here: Derivation) -> Analysis:
    """The profiles' points, by the rules."""
    profile, time, value, group = compute_merged(collected.profile, collected.time, collected.value)
    several = np.bincount(group, minlength=len(time)) > 1
    if part.same_time is None or str(part.same_time) == "error":
        here.refuse(several[group], "several samples of one profile have the same time",
                    hint="'same_time: mean' takes their mean, or keep one with 'where'")
    lloq = np.full(len(time), np.nan)
    lloq[group] = collected.lloq
    _refuse_unruled(part, collected, here)
    samples = compute_samples(profile, time, value, lloq, collected.count, part.below())
    dose = np.full(profiles.size, np.nan)
    if part.dose is not None:
        dose = _numbers(part.dose, replace(here, rows=profiles))
        unknown = ~(dose > 0) & (profiles.values("@profile").to_numpy() >= 0)
        here.refuse(unknown[collected.profile], "the dose of the profile is not known, or not above 0")
    return Analysis(samples, part.area_method, part.terminal.rules(), part.beyond or "blank", dose)


def _refuse_unruled(part: Nca, collected: _Collected, here: Derivation) -> None:
    """Refuse values below the limit whose place has no rule, or whose rule needs a limit that is blank."""
    below, time, profile = np.isnan(collected.value), collected.time, collected.profile
    first, last = np.full(collected.count, np.inf), np.full(collected.count, -np.inf)
    counted = ~below & (time > 0)
    np.minimum.at(first, profile[counted], time[counted])
    np.maximum.at(last, profile[counted], time[counted])
    before, early, within = time <= 0, time < first[profile], time <= last[profile]
    places = {"before_dose": before, "before_first": early & ~before, "between": within & ~early & ~before,
              "after_last": ~within & ~early & ~before}
    for name, place in places.items():
        rule = getattr(part, name)
        if rule is None:
            here.refuse(below & place, f"no rule for a value below the limit {_PLACES[name]}",
                        hint=f"say it with '{name}': 0, blank, lloq or half")
        elif str(rule) in ("lloq", "half"):
            here.refuse(below & place & np.isnan(collected.lloq),
                        f"rule '{rule}' needs the limit, which is blank")


def _records(code: str, parameter: Parameter, part: Nca, analysis: Analysis, unit: Coded, profiles: Rows,
             here: Derivation) -> Rows:
    """The records of one parameter, one a profile or fewer."""
    quantity = str(parameter.of or code)
    interval = None
    if parameter.from_ is not None and parameter.to is not None:
        interval = float(parameter.from_), float(parameter.to)
    value, reason = compute_parameter(quantity, analysis, interval)
    there = profiles.values("@profile").to_numpy() >= 0
    if str(parameter.none or "not_done") == "drop":
        there &= ~np.isnan(value)
    kept = np.flatnonzero(there)
    made = profiles.take(kept)
    value, reason = value[kept], reason[kept]
    done = ~np.isnan(value)
    if parameter.times is not None:
        value = value * float(parameter.times)
    words = part.words()
    told = np.array(["", *(words[key] for key in REASONS[1:])], dtype=object)[reason]
    texts = {
        "PPTESTCD": Coded.constant(code, made.size),
        "PPTEST": Coded.constant(_name(code, parameter), made.size),
        "PPORRES": Coded.of(format_number(half_up_significant(pd.Series(value), SIGNIFICANT))),
        "PPORRESU": _unit(parameter, quantity, part, unit.take(kept), made, here).where(done),
        "PPSTAT": Coded.constant("NOT DONE", made.size).where(~done),
        "PPREASND": Coded.of(pd.Series(told, dtype="str")).where(~done),
        "PPANMETH": Coded.constant(str(part.method), made.size).where(done & QUANTITIES[quantity].area),
    }
    for name, bound in (("PPSTINT", parameter.from_), ("PPENINT", parameter.to)):
        texts[name] = (Coded.nulls(made.size) if bound is None
                       else Coded.constant(_duration(float(bound), str(part.time_unit)), made.size))
    for name, column in texts.items():
        finished = finished_as(name, Column(column, Kind.TEXT), made, here)
        made.put((name,), finished.held, finished.kind)
    return made


def _name(code: str, parameter: Parameter) -> str:
    """PPTEST: as said, else that of codelist PKPARM (C85493) with the NCI code of the code."""
    if parameter.name is not None:
        return str(parameter.name)
    codes, names = codelist("PKPARMCD"), codelist("PKPARM")
    assert codes is not None
    assert names is not None
    term = names.by_code(codes.terms[code].code)
    assert term is not None
    return term.value


def _duration(time: float, unit: str) -> str:
    """A time after the dose as a duration of ISO 8601.

    >>> _duration(672.0, "h"), _duration(0.5, "h"), _duration(28.0, "day")
    ('PT672H', 'PT0.5H', 'P28D')
    """
    number = plain_decimal(time)
    return f"P{number}D" if unit == "day" else f"PT{number}{SOON[unit]}"


def _unit(parameter: Parameter, quantity: str, part: Nca, unit: Coded, made: Rows, here: Derivation) -> Coded:
    """The parameter's unit, from those of concentration, time and dose, or the one it is brought to."""
    own = _own_unit(QUANTITIES[quantity].unit, part, unit, made, here)
    if parameter.unit is None:
        return own
    several = list(dict.fromkeys(text for text in own.texts() if text is not None))
    if len(several) > 1:
        raise here.wrong(f"'times' leads from one unit to {parameter.unit}, and there are several: "
                         f"{', '.join(several)}", "bring the profiles to one unit in the source")
    return Coded.constant(str(parameter.unit), made.size)


def _own_unit(pattern: str, part: Nca, unit: Coded, made: Rows, here: Derivation) -> Coded:
    if not pattern:
        return Coded.nulls(made.size)
    filled = pattern.replace("{t}", str(part.time_unit))
    if "{d}" in filled:
        assert part.dose_unit is not None
        doses = replace(here, rows=made).text(part.dose_unit)
        pairs = pd.DataFrame({"c": unit.series(), "d": doses.reset_index(drop=True)})
        codes, distinct = pd.factorize(pd.MultiIndex.from_frame(pairs))
        told = [filled.replace("{c}", str(c)).replace("{d}", str(d)) for c, d in distinct]
        texts = pd.Series(np.array([*told, None], dtype=object)[codes], dtype="str")
        return Coded.of(texts.where(pairs.notna().all(axis=1)))
    if "{c}" not in filled:
        return Coded.constant(filled, made.size)
    return unit.map(lambda text: filled.replace("{c}", text))


