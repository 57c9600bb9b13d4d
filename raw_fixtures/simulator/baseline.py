"""Forms filled in before treatment: demographics, consent, eligibility, assignment, history, ECOG."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .draws import Ints, Text
from .schedule import Chunk
from .terms import MH_TERMS
from .text import by_site, dates, form, ticked, times, verbatims, yes_no

CRITERIA = {
    "I02": ("INCLUSION", "CD7 expressed on at least 80% of blasts"),
    "I04": ("INCLUSION", "ECOG 0 to 2"),
    "I05": ("INCLUSION", "Life expectancy of at least 12 weeks"),
    "E01": ("EXCLUSION", "Active central nervous system leukemia"),
    "E02": ("EXCLUSION", "Uncontrolled infection"),
    "E04": ("EXCLUSION", "Left ventricular ejection fraction below 45%"),
}
PROTOCOL_2 = np.datetime64("2024-12-01", "D")


def everyone(chunk: Chunk) -> Ints:
    """Each subject once."""
    return np.arange(chunk.n)


def demographics(chunk: Chunk) -> pd.DataFrame:
    """dm.csv"""
    s, sub, n = chunk.draws.stream("dm"), everyone(chunk), chunk.n
    site = chunk.site(sub)
    seen = chunk.at(sub, chunk.day_of("SCR"))
    age = chunk.subjects["age"].to_numpy()
    # Born so many whole years, and some days of the next, before screening.
    born = seen - (np.floor(age * 365.25) + 2 + s.integers(n, 0, 355)).astype("timedelta64[D]")
    year = born.astype("datetime64[Y]").astype(np.int64) + 1970
    month = born.astype("datetime64[M]").astype(np.int64) % 12 + 1
    day = (born - born.astype("datetime64[M]")).astype(np.int64) + 1
    male = (chunk.subjects["sex"] == "M").to_numpy()
    race = s.pick(n, ["ASIAN", "WHITE", "NATIVE"], [97, 2, 1])
    boxes = {
        f"R_{name}": ticked(race == name, site)
        for name in ("ASIAN", "WHITE", "BLACK", "NATIVE", "PACIFIC", "OTHER")
    }
    return form(
        chunk.subjects,
        sub,
        seen,
        s,
        {
            "DMDAT": dates(seen, site),
            "BRTHYY": year,
            "BRTHMM": month,
            "BRTHDD": day,
            "AGE": age,
            "SEX": np.where(
                male,
                by_site(site, {"01": "M", "02": "男", "03": "Male"}),
                by_site(site, {"01": "F", "02": "女", "03": "Female"}),
            ),
            **boxes,
            "R_OTHSP": "",
            "ETHNIC": s.pick(n, ["NOT HISPANIC OR LATINO", "UNKNOWN"], [30, 1]),
            "COUNTRY": by_site(site, {"01": "CHN", "02": "中国", "03": "China"}),
        },
    )


def consent(chunk: Chunk) -> pd.DataFrame:
    """consent.csv"""
    s, sub, n = chunk.draws.stream("consent"), everyone(chunk), chunk.n
    site = chunk.site(sub)
    signed = chunk.at(sub, chunk.day_of("SCR")) - s.integers(n, 1, 2).astype("timedelta64[D]")
    return form(
        chunk.subjects,
        sub,
        signed,
        s,
        {
            "ICTYPE": "INITIAL",
            "ICVER": np.where(signed < PROTOCOL_2, "V1.0", "V2.0"),
            "ICDAT": dates(signed, site),
            "ICTIM": times(s.integers(n, 9 * 60, 17 * 60), site),
        },
    )


def _failures(chunk: Chunk) -> tuple[Ints, Text]:
    """The screening failures and what they failed, taken in turn."""
    failed = np.flatnonzero((chunk.subjects["fate"] == "SF").to_numpy())
    return failed, np.asarray(list(CRITERIA), dtype=object)[np.arange(len(failed)) % len(CRITERIA)]


def eligibility(chunk: Chunk) -> pd.DataFrame:
    """ie.csv: some screening failures miss two criteria, hence have two lines."""
    s, n = chunk.draws.stream("ie"), chunk.n
    failed, codes = _failures(chunk)
    two = (np.arange(len(failed)) % 3 == 1) & (codes != "E02")
    sub = np.concatenate([np.setdiff1d(everyone(chunk), failed), failed, failed[two]])
    code = np.concatenate(
        [np.full(n - len(failed), "", dtype=object), codes, np.full(two.sum(), "E02", dtype=object)]
    )
    checked = chunk.at(sub, chunk.day_of("SCR")[sub]) + s.integers(n, 1, 3)[sub].astype("timedelta64[D]")
    kind = (
        pd.Series(code)
        .map({name: pair[0] for name, pair in CRITERIA.items()})
        .fillna("")
        .to_numpy(dtype=object)
    )
    return form(
        chunk.subjects,
        sub,
        checked,
        s,
        {
            "IEDAT": dates(checked, chunk.site(sub)),
            "PROTVER": np.where(checked < PROTOCOL_2, "1.0", "2.0"),
            "IEELIG": yes_no(code == "", chunk.site(sub)),
            "IECAT": kind,
            "IECD": code,
            "IETEXT": pd.Series(code).map({name: pair[1] for name, pair in CRITERIA.items()}).fillna(""),
            "IEANS": np.select([kind == "INCLUSION", kind == "EXCLUSION"], ["N", "Y"], ""),
        },
    )


def assignment(chunk: Chunk) -> pd.DataFrame:
    """enrol.csv"""
    s = chunk.draws.stream("enrol")
    sub = np.flatnonzero((chunk.subjects["fate"] != "SF").to_numpy())
    rows, site = chunk.rows(sub), chunk.site(sub)
    when = chunk.at(sub, chunk.day_of("SCR")[sub] + 4)
    fate = rows["fate"].to_numpy()
    decided = np.select([fate == "NEVER", fate == "LDONLY"], [-8.0, 0.0], np.nan)
    return form(
        chunk.subjects,
        sub,
        chunk.at(sub, np.nan_to_num(decided)),  # the form is finished once treatment is given or given up
        s,
        {
            "ENRDAT": dates(when, site),
            "PART": rows["part"],
            "DLASSIGN": rows["level"],
            "SLOT": rows["slot"],
            "TRTYN": yes_no(fate == "INFUSED", site),
            "NOTTRT": np.select(
                [fate == "NEVER", fate == "LDONLY"], ["PRODUCT OUT OF SPECIFICATION", "ADVERSE EVENT"], ""
            ),
            "NOTTRTDT": dates(chunk.at(sub, decided), site),
        },
    )


def ecog(chunk: Chunk) -> pd.DataFrame:
    """ecog.csv"""
    s = chunk.draws.stream("ecog")
    visits = chunk.held("SCR", "LD", "D28", "M3", "M6", "M12", "M24")
    sub, day = visits["sub"].to_numpy(), visits["day"].to_numpy()
    when = chunk.at(sub, day)
    usual = s.pick(chunk.n, [0, 1, 2], [3, 6, 1]).astype(np.int64)[sub]
    score = np.clip(usual + s.pick(len(sub), [-1, 0, 1], [2, 7, 1]).astype(np.int64), 0, 3)
    score = np.where(day < 0, np.minimum(score, 2), score)  # the protocol admits 0 to 2
    failed, codes = _failures(chunk)
    score = np.where(np.isin(sub, failed[codes == "I04"]), 3, score)
    return form(
        chunk.subjects,
        sub,
        when,
        s,
        {
            "VISIT": visits["VISIT"],
            "ECOGDAT": dates(when, chunk.site(sub)),
            "ECOG": score,
            "ECOGND": "",
        },
    )


def history(chunk: Chunk) -> pd.DataFrame:
    """mh.csv: the leukemia, and sometimes other conditions."""
    s, n = chunk.draws.stream("mh"), chunk.n
    screened = chunk.at(everyone(chunk), chunk.day_of("SCR"))
    blocks = []
    for term in MH_TERMS:
        primary = term.key == "TALL"
        sub = np.flatnonzero(s.flag(n, 1.0 if primary else 0.2))
        ago = s.integers(n, 150, 1100) if primary else s.integers(n, 400, 4500)
        ended = np.full(n, term.key == "APPEND") | (s.flag(n, 0.3) & (term.key == "GASTR"))
        start = screened - ago.astype("timedelta64[D]")
        stop = np.where(ended, start + s.integers(n, 1, 60).astype("timedelta64[D]"), np.datetime64("NaT"))
        blocks.append(
            pd.DataFrame(
                {
                    "sub": sub,
                    "key": term.key,
                    "start": start[sub].astype("datetime64[s]"),
                    "stop": stop[sub].astype("datetime64[s]"),
                }
            )
        )
    table = pd.concat(blocks, ignore_index=True).sort_values("sub", kind="stable")
    sub, site = table["sub"].to_numpy(), chunk.site(table["sub"].to_numpy())
    stop_day = table["stop"].to_numpy().astype("datetime64[D]")
    return form(
        chunk.subjects,
        sub,
        screened[sub],
        s,
        {
            "MHSPID": table.groupby("sub").cumcount() + 1,
            "MHCAT": np.where(table["key"] == "TALL", "PRIMARY DIAGNOSIS", "GENERAL"),
            "MHTERM": verbatims(table["key"], site, s),
            "MHSTDAT": dates(table["start"].to_numpy().astype("datetime64[D]"), site),
            "MHENDAT": dates(stop_day, site),
            "MHONGO": yes_no(np.isnat(stop_day), site),
        },
    )
