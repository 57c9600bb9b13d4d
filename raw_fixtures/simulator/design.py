"""Who is in the study: the 24 subjects of the built-in study, and any number more."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from .draws import Draws, Floats, Stream

NOWHERE = float("nan")
SITES = ("01", "02", "03")
DOSES = {"DL1": 0.5, "DL2": 1.0, "DL3": 2.0}
EXPORT = np.datetime64("2026-07-10", "D")
CUTOFF = np.datetime64("2026-06-30", "D")


class Subject(NamedTuple):
    """One subject of the plan; days count from the infusion, protocol Day 0."""

    site: str
    subj: str
    day0: str
    sex: str
    age: int
    fate: str = "INFUSED"  # SF, NEVER, LDONLY, INFUSED
    level: str = ""
    part: str = "ESCALATION"
    response: str = ""  # best response: CR, CRi, NR
    persist: str = "mid"  # how long the CAR-T cells last: short, mid, long
    crs: int = 0
    icans: int = 0
    dlt: bool = False
    relapse: float = NOWHERE
    transplant: float = NOWHERE
    end: float = NOWHERE  # last day in the study, unless it goes on
    reason: str = ""
    cause: str = ""  # of death
    missed: str = ""  # a visit that did not take place
    pinned: str = ""  # a visit that falls on its nominal day


DP, AE = "DISEASE PROGRESSION", "ADVERSE EVENT"
WITHDRAWN, LOST = "WITHDRAWAL BY SUBJECT", "LOST TO FOLLOW-UP"

FIXED: tuple[Subject, ...] = (
    Subject(
        "01",
        "001",
        "2024-04-09",
        "M",
        34,
        level="DL1",
        response="CR",
        persist="short",
        crs=1,
        relapse=170,
        end=262,
        reason="DEATH",
        cause=DP,
    ),
    Subject(
        "02",
        "001",
        "2024-04-30",
        "F",
        45,
        level="DL1",
        response="NR",
        persist="short",
        crs=1,
        end=66,
        reason=WITHDRAWN,
    ),
    Subject("01", "002", "2024-05-07", "F", 52, fate="SF"),
    Subject("03", "001", "2024-05-28", "M", 27, level="DL1", response="CR", transplant=97),
    Subject(
        "01", "003", "2024-07-02", "M", 31, level="DL2", response="CR", persist="long", crs=1, pinned="M24"
    ),
    Subject(
        "02",
        "002",
        "2024-07-23",
        "M",
        58,
        level="DL2",
        response="CR",
        crs=3,
        icans=4,
        dlt=True,
        end=149,
        reason="DEATH",
        cause=AE,
    ),
    Subject(
        "03", "002", "2024-08-13", "F", 16, level="DL2", response="CR", crs=2, transplant=72, missed="M9"
    ),
    Subject("02", "003", "2024-08-20", "M", 61, fate="SF"),
    Subject(
        "01",
        "004",
        "2024-09-17",
        "F",
        39,
        level="DL2",
        response="CR",
        crs=2,
        relapse=268,
        end=402,
        reason=LOST,
    ),
    Subject("03", "003", "2024-10-08", "M", 22, level="DL2", response="CR", persist="long", crs=1),
    Subject("02", "004", "2024-10-29", "F", 48, level="DL2", response="CR", crs=2),
    Subject("01", "005", "2024-12-03", "M", 36, level="DL3", response="CRi", crs=3, icans=1),
    Subject("03", "004", "2024-12-20", "F", 55, fate="NEVER", level="DL3", end=-8, reason="OTHER"),
    Subject(
        "02",
        "005",
        "2025-01-07",
        "M",
        29,
        level="DL3",
        response="CR",
        persist="short",
        crs=2,
        relapse=98,
        end=193,
        reason="DEATH",
        cause=DP,
    ),
    Subject("01", "006", "2025-02-11", "F", 19, level="DL3", response="CR", crs=2, transplant=88),
    Subject("03", "005", "2025-02-18", "M", 44, fate="SF"),
    Subject("02", "006", "2025-03-11", "M", 50, fate="LDONLY", level="DL3", end=24, reason=WITHDRAWN),
    Subject(
        "01",
        "007",
        "2025-03-25",
        "M",
        63,
        level="DL3",
        response="NR",
        persist="short",
        crs=1,
        end=45,
        reason="DEATH",
        cause=DP,
    ),
    Subject("03", "006", "2025-04-15", "M", 66, level="DL3", response="CR", persist="long", crs=3, icans=2),
    Subject("02", "007", "2025-05-13", "F", 33, level="DL3", response="CR", crs=2, end=190, reason=WITHDRAWN),
    Subject(
        "01",
        "008",
        "2025-06-17",
        "M",
        41,
        level="DL2",
        part="EXPANSION",
        response="CR",
        persist="long",
        crs=1,
    ),
    Subject("02", "008", "2025-06-24", "F", 26, fate="SF"),
    Subject(
        "03", "007", "2025-07-08", "F", 30, level="DL2", part="EXPANSION", response="CRi", crs=1, pinned="M12"
    ),
    Subject(
        "01",
        "009",
        "2025-08-05",
        "M",
        24,
        level="DL2",
        part="EXPANSION",
        response="CR",
        persist="long",
        crs=2,
    ),
)


def fixed_subjects() -> pd.DataFrame:
    """The 24 subjects, in order of site and number."""
    table = pd.DataFrame(list(FIXED), columns=list(Subject._fields))
    table = table.sort_values("day0", kind="stable")
    table["slot"] = table.groupby(["level", "part"]).cumcount() + 1
    table = table.sort_values(["site", "subj"], kind="stable").reset_index(drop=True)
    table["day0"] = pd.to_datetime(table["day0"]).astype("datetime64[s]")
    return table


def more_subjects(first: int, n: int, stream: Stream) -> pd.DataFrame:
    """``n`` subjects drawn by chance, the ``first`` of them counting from 0 over all subjects.

    Subject numbers go on where those of the built-in study end.
    """
    order = np.arange(first, first + n)
    site = np.asarray(SITES, dtype=object)[order % 3]
    used = pd.Series([s.site for s in FIXED]).value_counts().reindex(list(SITES)).to_numpy()
    number = used[order % 3] + (order - len(FIXED)) // 3 + 1
    fate = stream.pick(n, ["SF", "NEVER", "LDONLY", "INFUSED"], [4, 1, 1, 18])
    sf, infused = fate == "SF", fate == "INFUSED"
    level = np.where(sf, "", stream.pick(n, list(DOSES), [1, 3, 2]))
    response = np.where(infused, stream.pick(n, ["CR", "CRi", "NR"], [7, 2, 2]), "")
    crs = np.where(infused, stream.pick(n, [0, 1, 2, 3, 4], [2, 7, 6, 3, 1]), 0).astype(np.int64)
    icans = np.where(crs >= 2, stream.pick(n, [0, 1, 2, 3, 4], [14, 3, 2, 1, 1]), 0).astype(np.int64)
    table = pd.DataFrame(
        {
            "site": site,
            "subj": np.char.zfill(number.astype(str), 3),
            "day0": np.datetime64("2024-03-26", "s") + stream.integers(n, 0, 560).astype("timedelta64[D]"),
            "sex": stream.pick(n, ["M", "F"], [13, 11]),
            "age": stream.integers(n, 14, 70),
            "fate": fate,
            "level": level,
            "part": stream.pick(n, ["ESCALATION", "EXPANSION"], [5, 1]),
            "response": response,
            "persist": stream.pick(n, ["short", "mid", "long"], [5, 9, 4]),
            "crs": crs,
            "icans": icans,
            "dlt": icans >= 3,
            "missed": "",
            "pinned": "",
            "slot": order + 1,
        }
    )
    _outcomes(table, stream)
    return table.sort_values(["site", "subj"], key=_numbers, kind="stable").reset_index(drop=True)


def _numbers(column: pd.Series) -> pd.Series:
    return column.astype("int64")


def _outcomes(table: pd.DataFrame, stream: Stream) -> None:
    n = len(table)
    infused = (table["fate"] == "INFUSED").to_numpy()
    good = infused & (table["response"] != "NR").to_numpy()
    transplant = np.where(good & stream.flag(n, 0.2), stream.integers(n, 70, 130), NOWHERE)
    relapse = np.where(
        good & np.isnan(transplant) & stream.flag(n, 0.35), stream.integers(n, 80, 500), NOWHERE
    )
    died = infused & stream.flag(n, np.where(good & np.isnan(relapse), 0.08, 0.55))
    after = np.where(np.isnan(relapse), 35.0, relapse + 10.0)
    death = after + stream.integers(n, 5, 300)
    leaves = infused & ~died & stream.flag(n, 0.15)
    fate = table["fate"].to_numpy()
    table["relapse"], table["transplant"] = relapse, transplant
    table["end"] = np.select(
        [died, leaves, fate == "NEVER", fate == "LDONLY"],
        [death, after + stream.integers(n, 10, 500), -8.0, 24.0],
        NOWHERE,
    )
    table["reason"] = np.select(
        [died, leaves, fate == "NEVER", fate == "LDONLY"],
        ["DEATH", stream.pick(n, [WITHDRAWN, LOST]), "OTHER", WITHDRAWN],
        "",
    )
    table["cause"] = np.where(died, stream.pick(n, [DP, AE], [3, 1]), "")


def add_facts(table: pd.DataFrame, draws: Draws) -> pd.DataFrame:
    """Body size, infusion times and the last day with data, for every subject."""
    stream, n = draws.stream("subject"), len(table)
    male = (table["sex"] == "M").to_numpy()
    height = np.round(np.where(male, 172.0, 161.0) + 6.0 * stream.normal(n))
    weight = np.round((22.0 + 2.2 * stream.normal(n)) * (height / 100) ** 2, 1)
    day0 = table["day0"].to_numpy().astype("datetime64[D]")
    latest: Floats = (EXPORT - day0).astype(np.float64)
    # A subject whose end lies after the export is still followed: nothing is known of that end.
    known = table["end"].notna().to_numpy() & (table["end"].to_numpy() <= latest)
    out = table.copy()
    out["height"], out["weight"] = height, weight
    out["dose"] = table["level"].map(DOSES).astype("float64")
    out["inf_start"] = 5 * stream.integers(n, 120, 168)  # 10:00 to 14:00, in minutes
    out["inf_stop"] = out["inf_start"] + stream.integers(n, 14, 36)
    out["ld_start"] = 5 * stream.integers(n, 114, 132)  # 09:30 to 11:00
    out["end"] = np.where(known, table["end"].to_numpy(), NOWHERE)
    out["reason"] = np.where(known, table["reason"].to_numpy(), "")
    out["cause"] = np.where(known, table["cause"].to_numpy(), "")
    out["last"] = np.where(known, table["end"].to_numpy(), latest)
    for day in ("relapse", "transplant"):
        out[day] = np.where(table[day].to_numpy() < out["last"].to_numpy(), table[day].to_numpy(), NOWHERE)
    return out
