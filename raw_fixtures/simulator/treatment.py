"""Leukapheresis, lymphodepletion, the infusion, transplant and other medication."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from .draws import Floats, Ints, Text
from .schedule import Chunk
from .text import BLANK_TIME, by_site, dates, form, numbers, times, verbatims, yes_no

DRUGS = (("Fludarabine", "氟达拉滨", 30, 0), ("Cyclophosphamide", "环磷酰胺", 300, 65))


def leukapheresis(chunk: Chunk) -> pd.DataFrame:
    """leuka.csv"""
    s, visits = chunk.draws.stream("leuka"), chunk.held("LEUK")
    sub = visits["sub"].to_numpy()
    n, site, when = len(sub), chunk.site(sub), chunk.at(sub, visits["day"].to_numpy())
    start = 5 * s.integers(n, 108, 130)
    return form(
        chunk.subjects,
        sub,
        when,
        s,
        {
            "LKDAT": dates(when, site),
            "LKSTTIM": times(start, site),
            "LKENTIM": times(start + s.integers(n, 170, 290), site),
            "LKVOL": 50 * s.integers(n, 140, 260),
            "LKMNC": numbers(s.uniform(n, 0.6, 3.4), 2),
            "LKCOMP": yes_no(np.ones(n, dtype=np.bool_), site),
        },
    )


def lymphodepletion(chunk: Chunk) -> pd.DataFrame:
    """ld.csv: two drugs on three days, D-5 to D-3, each one line."""
    s, visits = chunk.draws.stream("ld"), chunk.held("LD")
    sub = np.repeat(visits["sub"].to_numpy(), 2)
    which = np.arange(len(sub)) % 2
    site, first = chunk.site(sub), chunk.at(sub, np.repeat(visits["day"].to_numpy(), 2))
    start = chunk.subjects["ld_start"].to_numpy()[sub] + np.asarray([drug[3] for drug in DRUGS])[which]
    dose = np.asarray([drug[2] for drug in DRUGS])[which]
    english, chinese = (np.asarray([drug[i] for drug in DRUGS], dtype=object)[which] for i in (0, 1))
    last = first + np.timedelta64(2, "D")
    return form(
        chunk.subjects,
        sub,
        last,
        s,
        {
            "LDSPID": which + 1,
            "LDTRT": by_site(site, {"01": english, "02": chinese, "03": english}),
            "LDPDOSE": dose,
            "LDADOSE": dose,
            "LDDOSU": "mg/m2",
            "LDFRQ": "QD",
            "LDROUTE": "INTRAVENOUS",
            "LDSTDAT": dates(first, site),
            "LDSTTIM": times(start, site),
            "LDENDAT": dates(last, site),
            "LDENTIM": times(start + s.integers(len(sub), 28, 75), site),
            "LDADJ": "",
        },
    )


def infusion(chunk: Chunk) -> pd.DataFrame:
    """infusion.csv"""
    s, visits = chunk.draws.stream("infusion"), chunk.held("D0")
    sub = visits["sub"].to_numpy()
    rows, n, site, when = chunk.rows(sub), len(sub), chunk.site(sub), chunk.at(sub, visits["day"].to_numpy())
    weight, level = rows["weight"].to_numpy(), rows["dose"].to_numpy()
    given = np.round(level * s.uniform(n, 0.94, 1.06), 2)
    lot = np.char.zfill((7000 + 37 * s.integers(n, 1, 70)).astype(str), 6)
    return form(
        chunk.subjects,
        sub,
        when,
        s,
        {
            "INFDAT": dates(when, site),
            "INFSTTIM": times(rows["inf_start"].to_numpy(), site),
            "INFENTIM": times(rows["inf_stop"].to_numpy(), site),
            "DLPLAN": rows["level"].map({"DL1": "0.5", "DL2": "1", "DL3": "2"}),
            "DOSEGVN": numbers(given, 2),
            "DOSEU": "10^6/kg",
            "TOTCELLS": numbers(given * weight, 1),
            "WEIGHT": numbers(weight, 1),
            "VIAB": numbers(s.uniform(n, 84.0, 97.5), 1),
            "LOT": lot.astype(object),
            "VOLUME": 5 * s.integers(n, 10, 24),
            "INFINT": yes_no(np.zeros(n, dtype=np.bool_), site),
        },
    )


def transplant(chunk: Chunk) -> pd.DataFrame:
    """transplant.csv"""
    s, n = chunk.draws.stream("transplant"), chunk.n
    day = chunk.subjects["transplant"].to_numpy()
    donor, source = s.pick(n, ["MATCHED SIBLING", "HAPLOIDENTICAL", "MATCHED UNRELATED"]), s.flag(n, 0.8)
    sub = np.flatnonzero(~np.isnan(day))
    when = chunk.at(sub, day[sub])
    return form(
        chunk.subjects,
        sub,
        when,
        s,
        {
            "TPDAT": dates(when, chunk.site(sub)),
            "TPTYPE": "ALLOGENEIC",
            "TPDONOR": donor[sub],
            "TPSRC": np.where(source[sub], "PERIPHERAL BLOOD", "BONE MARROW"),
        },
    )


class Medicine(NamedTuple):
    """A medicine and how it is given; days from infusion, or from an adverse event's start."""

    key: str
    dose: float
    route: str
    often: str
    start: float
    lasts: int
    chance: float
    event: str = ""  # adverse event treated
    grade: int = 0  # the row of an episode with this grade


PREVENTION = (
    Medicine("ACI", 400, "ORAL", "BID", -5, 180, 1.0),
    Medicine("SMZ", 960, "ORAL", "QOD", -5, 180, 0.9),
    Medicine("POSA", 300, "ORAL", "QD", -5, 60, 0.6),
    Medicine("LEV", 500, "ORAL", "BID", 0, 30, 0.5),
)
TREATMENT = (
    Medicine("PARA", 500, "ORAL", "TID", 0, 2, 0.8, "CRS", 1),
    Medicine("TOCI", 8, "INTRAVENOUS", "ONCE", 0.1, 0, 1.0, "CRS", 2),
    Medicine("DEXA", 10, "INTRAVENOUS", "BID", 0.2, 3, 1.0, "CRS", 3),
    Medicine("TOCI", 8, "INTRAVENOUS", "ONCE", 0.3, 0, 0.7, "CRS", 3),
    Medicine("DEXA", 10, "INTRAVENOUS", "QD", 0.1, 2, 1.0, "ICANS", 2),
    Medicine("MPRED", 500, "INTRAVENOUS", "QD", 0.1, 2, 1.0, "ICANS", 4),
    Medicine("GCSF", 0.3, "SUBCUTANEOUS", "QD", 2, 8, 0.6, "NEUT"),
    Medicine("IVIG", 20000, "INTRAVENOUS", "ONCE", 3, 0, 0.7, "HYPOGAM"),
    Medicine("CASPO", 50, "INTRAVENOUS", "QD", 1, 14, 1.0, "FUNGAL"),
    Medicine("CSA", 100, "ORAL", "BID", 1, 60, 1.0, "GVHD"),
)


def medication(chunk: Chunk, events: pd.DataFrame) -> pd.DataFrame:
    """cm.csv; ``events`` are the adverse events with sub, key, start, grade, rising, AESPID and AETERM."""
    blocks = [_prevention(chunk, medicine) for medicine in PREVENTION]
    blocks += [_treatment(chunk, medicine, events) for medicine in TREATMENT]
    table = pd.concat(blocks, ignore_index=True)
    sub = table["sub"].to_numpy()
    last = chunk.subjects["last"].to_numpy()[sub]
    table = (
        table[table["start"].to_numpy() <= last]
        .sort_values(["sub", "start"], kind="stable")
        .reset_index(drop=True)
    )
    return _written(chunk, table)


def _prevention(chunk: Chunk, medicine: Medicine) -> pd.DataFrame:
    s = chunk.draws.stream(f"cm {medicine.key}")
    able = np.isin(
        chunk.subjects["fate"].to_numpy(), ["INFUSED"] if medicine.start >= 0 else ["INFUSED", "LDONLY"]
    )
    sub = np.flatnonzero(able & s.flag(chunk.n, medicine.chance))
    start = np.full(len(sub), medicine.start)
    return _block(
        medicine,
        sub,
        start,
        s.integers(chunk.n, -4, 4)[sub],
        np.full(len(sub), "", dtype=object),
        np.full(len(sub), "Prophylaxis", dtype=object),
    )


def _treatment(chunk: Chunk, medicine: Medicine, events: pd.DataFrame) -> pd.DataFrame:
    s = chunk.draws.stream(f"cm {medicine.key} {medicine.event} {medicine.grade}")
    chosen = events["key"] == medicine.event
    if medicine.grade:
        chosen &= events["rising"] & (events["grade"] == medicine.grade)
    chosen &= s.flag(len(events), medicine.chance)
    found = events[chosen]
    return _block(
        medicine,
        found["sub"].to_numpy(),
        found["start"].to_numpy() + medicine.start,
        np.zeros(len(found), dtype=np.int64),
        found["AESPID"].to_numpy(dtype=object),
        found["AETERM"].to_numpy(dtype=object),
    )


def _block(medicine: Medicine, sub: Ints, start: Floats, more: Ints, spid: Text, why: Text) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sub": sub,
            "key": medicine.key,
            "start": start,
            "stop": np.floor(start) + medicine.lasts + (more if medicine.lasts > 20 else 0),
            "dose": medicine.dose,
            "route": medicine.route,
            "often": medicine.often,
            "spid": spid,
            "why": why,
        }
    )


def _written(chunk: Chunk, table: pd.DataFrame) -> pd.DataFrame:
    stream = chunk.draws.stream("cm text")
    sub, key = table["sub"].to_numpy(), table["key"]
    site, rows = chunk.site(sub), chunk.rows(table["sub"].to_numpy())
    by_weight = np.minimum(20.0 * np.round(8.0 * rows["weight"].to_numpy() / 20.0), 800.0)
    dose = np.where(key == "TOCI", by_weight, table["dose"].to_numpy())
    start = table["start"].to_numpy()
    followed = np.isnan(rows["end"].to_numpy())
    going = followed & (table["stop"].to_numpy() > rows["last"].to_numpy())
    stop = np.where(going, np.nan, np.minimum(table["stop"].to_numpy(), rows["last"].to_numpy()))
    timed = (table["often"] == "ONCE").to_numpy() & (table["key"] == "TOCI").to_numpy()
    minute = np.where(timed, np.floor((start - np.floor(start)) * 1440), BLANK_TIME).astype(np.int64)
    when = chunk.at(sub, start)
    return form(
        chunk.subjects,
        sub,
        chunk.at(sub, np.where(going, start, stop)),
        stream,
        {
            "CMSPID": table.groupby("sub").cumcount() + 1,
            "CMTRT": verbatims(key, site, stream),
            "CMDOSE（mg）": np.char.mod("%g", dose).astype(object),
            "CMROUTE": table["route"],
            "CMFRQ": table["often"],
            "CMINDC": table["why"],
            "CMAESPID": table["spid"],
            "CMSTDAT": dates(when, site),
            "CMSTTIM": times(minute, site),
            "CMENDAT": dates(chunk.at(sub, stop), site),
            "CMENTIM": "",
            "CMONGO": yes_no(going, site),
        },
    )
