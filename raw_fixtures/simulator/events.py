"""Adverse events: ae.csv, and the events that medication refers to."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from .draws import Bools, Floats, Ints, Stream, Text
from .schedule import Chunk
from .text import BLANK_TIME, by_site, dates, form, ticked, times, verbatims, yes_no

RELATION = ("NOT RELATED", "UNLIKELY", "POSSIBLE", "PROBABLE", "DEFINITE")
RELATION_ZH = ("无关", "可能无关", "可能有关", "很可能有关", "肯定有关")
OUTCOMES = {
    "RECOVERED": "痊愈",
    "RECOVERED WITH SEQUELAE": "痊愈有后遗症",
    "RECOVERING": "好转",
    "NOT RECOVERED": "未好转",
    "FATAL": "死亡",
    "UNKNOWN": "不详",
}


class Kind(NamedTuple):
    """An adverse event that may happen once to each subject; days count from its anchor."""

    key: str
    anchor: str  # LEUK, LD, INF, TP
    chance: float
    onset: tuple[float, float]
    lasts: tuple[float, float]
    grades: tuple[float, ...]  # weights of grades 1 to 4
    related: tuple[int, int, int]  # to CAR-T, lymphodepletion, leukapheresis: places in RELATION
    serious: float = 0.0  # chance where grade 3 or more


KINDS: tuple[Kind, ...] = (
    Kind("HYPOCA", "LEUK", 0.25, (0, 1), (1, 3), (8, 2), (0, 0, 3)),
    Kind("NAUSEA", "LD", 0.45, (0, 4), (1, 5), (7, 3), (0, 3, 0)),
    Kind("VOMIT", "LD", 0.3, (0, 4), (1, 3), (7, 3), (0, 3, 0)),
    Kind("NEUT", "LD", 0.95, (3, 6), (14, 28), (0, 0, 2, 8), (2, 4, 0)),
    Kind("LYMPH", "LD", 0.8, (2, 4), (12, 30), (0, 0, 2, 8), (1, 4, 0)),
    Kind("WBC", "LD", 0.85, (2, 5), (12, 28), (0, 0, 3, 7), (2, 4, 0)),
    Kind("PLT", "LD", 0.7, (5, 10), (12, 35), (2, 2, 3, 3), (2, 3, 0)),
    Kind("ANEM", "LD", 0.7, (4, 10), (10, 32), (1, 4, 5), (2, 3, 0)),
    Kind("FEBNEUT", "INF", 0.3, (2, 10), (2, 6), (0, 0, 1), (1, 3, 0), 0.4),
    Kind("FEVER", "INF", 0.25, (1, 4), (1, 3), (7, 3), (2, 1, 0)),
    Kind("FATIGUE", "INF", 0.4, (1, 12), (3, 20), (7, 3), (2, 2, 0)),
    Kind("HEADACHE", "INF", 0.25, (1, 14), (1, 4), (8, 2), (2, 0, 0)),
    Kind("ALT", "INF", 0.4, (6, 14), (5, 16), (6, 3, 2), (3, 1, 0)),
    Kind("AST", "INF", 0.35, (6, 14), (5, 16), (6, 3, 2), (3, 1, 0)),
    Kind("FIBRI", "INF", 0.25, (7, 14), (4, 12), (3, 5, 2), (3, 0, 0)),
    Kind("HYPOK", "INF", 0.35, (2, 12), (2, 8), (6, 2, 2), (1, 1, 0)),
    Kind("DIARR", "INF", 0.15, (2, 25), (1, 6), (7, 3), (1, 1, 0)),
    Kind("RASH", "INF", 0.15, (7, 40), (4, 15), (7, 3), (2, 0, 0)),
    Kind("PNEU", "INF", 0.2, (15, 150), (8, 24), (0, 6, 4), (2, 1, 0), 0.9),
    Kind("CMV", "INF", 0.25, (20, 80), (10, 35), (3, 7), (3, 2, 0)),
    Kind("HYPOGAM", "INF", 0.5, (21, 60), (120, 520), (4, 6), (3, 0, 0)),
    Kind("URTI", "INF", 0.3, (60, 330), (4, 12), (5, 5), (1, 0, 0)),
    Kind("GVHD", "TP", 0.7, (20, 60), (20, 90), (4, 4, 2), (1, 0, 0), 0.6),
)
GRADED = ("CRS", "ICANS")


def adverse_events(chunk: Chunk) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The form ae.csv, and the same events as numbers with AESPID and AETERM.

    The second has sub, key, start, stop (days since Day 0 at midnight), grade and rising (on the way up).
    """
    blocks = [_single(chunk, kind) for kind in KINDS]
    blocks += [_episode(chunk, key) for key in GRADED]
    blocks += [_sepsis(chunk), _fatal(chunk)]
    table = pd.concat(blocks, ignore_index=True)
    last = chunk.subjects["last"].to_numpy()[table["sub"].to_numpy()]
    table = table[table["start"].to_numpy() < last + 0.99].sort_values(["sub", "start"], kind="stable")
    table = table.reset_index(drop=True)
    table["AESPID"] = (table.groupby("sub").cumcount() + 1).astype("str")
    site = chunk.site(table["sub"].to_numpy())
    table["AETERM"] = verbatims(table["key"], site, chunk.draws.stream("ae terms"))
    return _written(chunk, table, site), table


def _single(chunk: Chunk, kind: Kind) -> pd.DataFrame:
    s, n = chunk.draws.stream(f"ae {kind.key}"), chunk.n
    treated = (chunk.subjects["fate"] == "INFUSED").to_numpy()
    anchor = {
        "LEUK": chunk.day_of("LEUK"),
        "LD": chunk.day_of("LD"),
        "TP": chunk.subjects["transplant"].to_numpy(),
        "INF": np.where(treated, 0.0, np.nan),
    }[kind.anchor]
    happens = s.flag(n, kind.chance) & ~np.isnan(anchor)
    start = anchor + s.uniform(n, kind.onset[0], kind.onset[1] + 0.9)
    # Nothing of this kind begins before the procedure it follows on the anchor's own day.
    start = np.where(np.floor(start) == anchor, anchor + 0.6 + 0.35 * (start - np.floor(start)), start)
    grade = s.pick(n, range(1, len(kind.grades) + 1), kind.grades).astype(np.int64)
    serious = s.flag(n, kind.serious) & (grade >= 3)
    stop = start + s.uniform(n, *kind.lasts)
    return _rows(kind.key, np.flatnonzero(happens), start, stop, grade, serious, kind.related)


def _rows(
    key: str,
    sub: Ints,
    start: Floats,
    stop: Floats,
    grade: Ints,
    serious: Bools,
    related: tuple[int, int, int],
    rising: bool = True,
    final: Bools | bool = True,
) -> pd.DataFrame:
    """Events of the subjects ``sub``; the arrays hold a value for every subject."""
    return pd.DataFrame(
        {
            "sub": sub,
            "key": key,
            "start": start[sub],
            "stop": stop[sub],
            "grade": grade[sub],
            "serious": serious[sub],
            "cart": related[0],
            "ld": related[1],
            "lk": related[2],
            "rising": rising,
            "fatal": False,
            "dlt": False,
            "final": final[sub] if isinstance(final, np.ndarray) else final,
        }
    )


def _episode(chunk: Chunk, key: str) -> pd.DataFrame:
    """CRS or ICANS: a row for each grade on the way up, and one of grade 1 on the way down."""
    low = key.lower()
    subjects = chunk.subjects
    top = subjects[low].to_numpy()
    start = subjects[f"{low}_on"].to_numpy()
    blocks = []
    for grade in range(1, 5):
        stop = start + subjects[f"{low}_len{grade}"].to_numpy()
        has = top >= grade
        level = np.full(chunk.n, grade)
        block = _rows(
            key,
            np.flatnonzero(has),
            start,
            stop,
            level,
            top >= np.maximum(grade, 3),
            (4, 0, 0),
            final=(top == 1),
        )
        block["dlt"] = (subjects["dlt"].to_numpy() & (top == grade) & (key == "ICANS"))[has]
        blocks.append(block)
        start = np.where(has, stop, start)
    stop = start + subjects[f"{low}_len5"].to_numpy()
    down = np.flatnonzero(top >= 2)
    blocks.append(
        _rows(key, down, start, stop, np.ones(chunk.n, dtype=np.int64), top >= 3, (4, 0, 0), rising=False)
    )
    return pd.concat(blocks, ignore_index=True)


def _sepsis(chunk: Chunk) -> pd.DataFrame:
    """Why a subject with lymphodepletion had no infusion."""
    n = chunk.n
    start = np.where((chunk.subjects["fate"] == "LDONLY").to_numpy(), -2.0 + 0.3, np.nan)
    return _rows(
        "SEPSIS",
        np.flatnonzero(~np.isnan(start)),
        start,
        start + 15.0,
        np.full(n, 4),
        np.full(n, True),
        (0, 3, 0),
    )


def _fatal(chunk: Chunk) -> pd.DataFrame:
    """The adverse event that a subject dies of."""
    n = chunk.n
    died = (chunk.subjects["cause"] == "ADVERSE EVENT").to_numpy()
    stop = chunk.subjects["end"].to_numpy()
    block = _rows(
        "FUNGAL",
        np.flatnonzero(died),
        np.maximum(stop - 17.0, 1.5),
        stop + 0.4,
        np.full(n, 5),
        np.full(n, True),
        (2, 1, 0),
    )
    block["fatal"] = True
    return block


def _relation(place: pd.Series, site: Text) -> Text:
    english, chinese = (
        np.asarray(words, dtype=object)[place.to_numpy()] for words in (RELATION, RELATION_ZH)
    )
    return by_site(site, {"01": english, "02": chinese, "03": english})


def _outcome(table: pd.DataFrame, going: Bools, site: Text, stream: Stream) -> Text:
    better = stream.flag(len(table), 0.4)
    scars = stream.flag(len(table), 0.2) & table["key"].isin(["ICANS", "GVHD", "PNEU"]).to_numpy()
    words = np.select(
        [table["fatal"].to_numpy(), going & better, going, ~table["final"].to_numpy(dtype=np.bool_), scars],
        ["FATAL", "RECOVERING", "NOT RECOVERED", "RECOVERING", "RECOVERED WITH SEQUELAE"],
        "RECOVERED",
    ).astype(object)
    chinese = pd.Series(words).map(OUTCOMES).to_numpy(dtype=object)
    return by_site(site, {"01": words, "02": chinese, "03": words})


def _written(chunk: Chunk, table: pd.DataFrame, site: Text) -> pd.DataFrame:
    s = chunk.draws.stream("ae")
    sub, key, grade = table["sub"].to_numpy(), table["key"].to_numpy(dtype=object), table["grade"].to_numpy()
    start, stop = table["start"].to_numpy(), table["stop"].to_numpy()
    last = chunk.subjects["last"].to_numpy()[sub]
    going = (stop >= last + 1) & ~table["fatal"].to_numpy()
    syndrome = np.isin(key, GRADED)
    timed = syndrome | (np.floor(start) == 0)
    part = start - np.floor(start)  # others than the syndromes are noticed by day
    minute = np.where(timed, np.floor(np.where(syndrome, part * 1440, 380 + part * 900)), BLANK_TIME).astype(
        np.int64
    )
    end_minute = np.where(syndrome & ~going, np.floor((stop - np.floor(stop)) * 1440), BLANK_TIME).astype(
        np.int64
    )
    serious = table["serious"].to_numpy()
    fatal = table["fatal"].to_numpy()
    when = chunk.at(sub, start)
    before = start < -2.0
    withheld = key == "SEPSIS"
    return form(
        chunk.subjects,
        sub,
        chunk.at(sub, np.where(going, start, stop)),
        s,
        {
            "AESPID": table["AESPID"],
            "AEGRP": np.where(syndrome, key + "-1", ""),
            "AETERM": table["AETERM"],
            "AEKIND": np.where(np.isin(key, ["CRS", "ICANS", "GVHD"]), key, ""),
            "AESTDAT": dates(when, site),
            "AESTTIM": times(minute, site),
            "AEENDAT": dates(chunk.at(sub, np.where(going, np.nan, stop)), site),
            "AEENTIM": times(end_minute, site),
            "AEONGO": yes_no(going, site),
            "CTCAEGR": np.where(syndrome, "", grade.astype(str)),
            "ASTCTGR": np.where(syndrome, grade.astype(str), ""),
            "AESER": yes_no(serious, site),
            "SER_DTH": ticked(fatal, site),
            "SER_LIFE": ticked(serious & (grade == 4), site),
            "SER_HOSP": ticked(serious & (grade != 4), site),
            "SER_DISAB": "",
            "SER_CONG": "",
            "SER_MIE": ticked(serious & (key == "ICANS"), site),
            "RELCART": _relation(table["cart"], site),
            "RELLD": _relation(table["ld"], site),
            "RELLK": _relation(table["lk"], site),
            "AEACN": np.select([withheld, before], ["DRUG WITHDRAWN", "DOSE NOT CHANGED"], "NOT APPLICABLE"),
            "AEOUT": _outcome(table, going, site, s),
            "AECONTRT": yes_no((grade >= 3) | ((grade == 2) & s.flag(len(table), 0.6)), site),
            "DLT": yes_no(table["dlt"].to_numpy(dtype=np.bool_), site),
        },
    )
