"""Data of the benchmark ``adam``: tabulation datasets as Parquet, to be analysed.

With 15,300 subjects: 90,000 doses, 153,000 adverse events, 230,000
concentrations, 3,000,000 laboratory results.  Columns are those of SDTMIG 3.4,
numbers and text as such; partial dates, open ends and episodes are there to
work on.  Nothing here is real.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

STUDY = "BENCH-ADAM"
SUBJECTS = 15_300
WEEKS = 6
"""Doses a subject, one a week."""
EVENTS = 10
"""Adverse events a subject."""
HOURS = (-0.5, 0.5, 1, 2, 4, 8, 24)
"""Planned times of samples about the first dose; about the fourth there is one more, at 48 hours."""
LB_VISITS = ("SCREENING", "DAY 1", "DAY 8", "DAY 15", "DAY 22", "DAY 29", "DAY 36", "FOLLOW-UP")
LB_DAYS = np.array([-10, 0, 7, 14, 21, 28, 35, 60])
LB_TESTS = {
    "ALB": "Albumin", "ALP": "Alkaline Phosphatase", "ALT": "Alanine Aminotransferase",
    "AST": "Aspartate Aminotransferase", "BASO": "Basophils", "BILI": "Bilirubin", "CHOL": "Cholesterol",
    "CK": "Creatine Kinase", "CREAT": "Creatinine", "EOS": "Eosinophils", "GGT": "Gamma Glutamyl Transferase",
    "GLUC": "Glucose", "HCT": "Hematocrit", "HGB": "Hemoglobin", "K": "Potassium",
    "LDH": "Lactate Dehydrogenase", "LYM": "Lymphocytes", "MONO": "Monocytes", "NEUT": "Neutrophils",
    "PLAT": "Platelets", "PROT": "Protein", "RBC": "Erythrocytes", "SODIUM": "Sodium",
    "TRIG": "Triglycerides", "WBC": "Leukocytes",
}

Columns = Mapping[str, Any]
_DAY, _HOUR, _MINUTE = (np.timedelta64(n, "s") for n in (86400, 3600, 60))


def make(folder: Path, subjects: int = SUBJECTS) -> None:
    """Write dm, ds, ex, ae, pc and lb for so many subjects."""
    random = np.random.default_rng(20250328)
    who = np.arange(subjects)
    first = (np.datetime64("2023-01-02T00:00:00") + random.integers(0, 700, subjects) * _DAY
             + random.integers(480, 720, subjects) * _MINUTE)
    treated = random.random(subjects) > 0.02
    dead = treated & (random.random(subjects) < 0.04)
    end = first + random.integers(50, 120, subjects) * _DAY
    _write(folder / "dm.parquet", who, _dm(who, first, treated, dead, end, random))
    _write(folder / "ds.parquet", who, _ds(treated, dead, end))
    subject, columns = _ex(who[treated], first[treated], random)
    _write(folder / "ex.parquet", subject, columns)
    subject = np.repeat(who, EVENTS)
    _write(folder / "ae.parquet", subject, _ae(subject, first[subject], end[subject], random))
    subject, columns = _pc(who[treated], first[treated], random)
    _write(folder / "pc.parquet", subject, columns)
    rows = round(subjects * 3_000_000 / SUBJECTS)
    _write_lb(folder / "lb.parquet", rows, first, random)


def _text(words: Sequence[str | None], codes: np.ndarray) -> pa.Array:
    return pa.array(words, type=pa.string()).take(pa.array(codes))


def _where(mask: np.ndarray, values: pa.Array) -> pa.Array:
    """Values where ``mask`` is true, blank elsewhere."""
    return pc.if_else(pa.array(mask), values, pa.scalar(None, values.type))


def _subjects(who: np.ndarray) -> pa.Array:
    distinct, codes = np.unique(who, return_inverse=True)
    return _text([f"{STUDY}-{n % 150 + 1:03d}-{n // 150 + 1:04d}" for n in distinct.tolist()], codes)


def _iso(moments: np.ndarray, length: int = 16) -> pa.Array:
    """Moments as ISO 8601 text, to the minute or less."""
    units = {16: "m", 13: "h", 10: "D", 7: "M", 4: "Y"}
    distinct, codes = np.unique(moments.astype(f"datetime64[{units[length]}]"), return_inverse=True)
    return _text(np.datetime_as_string(distinct).tolist(), codes)


def _write(path: Path, who: np.ndarray, columns: Columns) -> None:
    size = len(who)
    domain = path.stem.upper()
    same = {"STUDYID": STUDY, "DOMAIN": domain}
    named = {name: _text([value], np.zeros(size, dtype=np.int64)) for name, value in same.items()}
    pq.write_table(pa.table({**named, "USUBJID": _subjects(who), **columns}), path)


def _dm(who: np.ndarray, first: np.ndarray, treated: np.ndarray, dead: np.ndarray, end: np.ndarray,
        random: np.random.Generator) -> Columns:
    arm = random.integers(0, 3, len(who))
    arms, codes = tuple(f"Dose Level {n}" for n in (1, 2, 3)), ("DL1", "DL2", "DL3")
    consent = first - random.integers(10, 28, len(who)) * _DAY
    last = first + 7 * (WEEKS - 1) * _DAY
    return {
        "SUBJID": _text([f"{n:05d}" for n in range(len(who))], who),
        "RFSTDTC": _where(treated, _iso(first)), "RFENDTC": _iso(end, 10),
        "RFXSTDTC": _where(treated, _iso(first)), "RFXENDTC": _where(treated, _iso(last)),
        "RFICDTC": _iso(consent, 10), "RFPENDTC": _iso(end, 10),
        "DTHDTC": _where(dead, _partial(end, random, 0.1)), "DTHFL": _where(dead, _text(["Y"], who * 0)),
        "SITEID": _text([f"{n + 1:03d}" for n in range(150)], who % 150),
        "AGE": random.integers(18, 85, len(who)).astype(float), "AGEU": _text(["YEARS"], who * 0),
        "SEX": _text(["M", "F"], random.integers(0, 2, len(who))),
        "RACE": _text(["ASIAN", "WHITE", "BLACK OR AFRICAN AMERICAN"], random.integers(0, 3, len(who))),
        "ARMCD": _text(codes, arm), "ARM": _text(arms, arm),
        "ACTARMCD": _where(treated, _text(codes, arm)), "ACTARM": _where(treated, _text(arms, arm)),
        "ARMNRS": _where(~treated, _text(["ASSIGNED, NOT TREATED"], who * 0)),
        "COUNTRY": _text(["CHN", "DEU", "ESP"], who % 3),
    }


def _partial(moments: np.ndarray, random: np.random.Generator, share: float) -> pa.Array:
    """Dates, of which a share lacks the day and a few the month too."""
    chance = random.random(len(moments))
    shorter = pc.if_else(pa.array(chance < share / 5), _iso(moments, 4), _iso(moments, 7))
    return pc.if_else(pa.array(chance < share), shorter, _iso(moments, 10))


def _ds(treated: np.ndarray, dead: np.ndarray, end: np.ndarray) -> Columns:
    size = len(treated)
    why = np.where(dead, 1, np.where(treated & (np.arange(size) % 5 > 0), 0, 2))
    return {
        "DSSEQ": np.ones(size), "DSTERM": _text(["COMPLETED", "DEATH", "LOST TO FOLLOW-UP"], why),
        "DSDECOD": _text(["COMPLETED", "DEATH", "LOST TO FOLLOW-UP"], why),
        "DSCAT": _text(["DISPOSITION EVENT"], why * 0), "DSSCAT": _text(["STUDY PARTICIPATION"], why * 0),
        "DSSTDTC": _iso(end, 10),
    }


def _ex(who: np.ndarray, first: np.ndarray,
        random: np.random.Generator) -> tuple[np.ndarray, Columns]:
    subject, week = np.repeat(who, WEEKS), np.tile(np.arange(WEEKS), len(who))
    start = np.repeat(first, WEEKS) + week * 7 * _DAY
    start = start + random.integers(-30, 31, len(start)) * _MINUTE * (week > 0)
    size = np.zeros(len(subject), dtype=np.int64)
    return subject, {
        "EXSEQ": week + 1.0, "EXTRT": _text(["BENCHMAB"], size), "EXCAT": _text(["STUDY TREATMENT"], size),
        "EXDOSE": random.choice([1.0, 2.0, 4.0], len(subject)), "EXDOSU": _text(["mg/kg"], size),
        "EXDOSFRM": _text(["INJECTION"], size), "EXDOSFRQ": _text(["ONCE"], size),
        "EXROUTE": _text(["INTRAVENOUS"], size), "EXSTDTC": _iso(start),
        "EXENDTC": _iso(start + random.integers(30, 90, len(subject)) * _MINUTE),
    }


def _ae(subject: np.ndarray, first: np.ndarray, end: np.ndarray, random: np.random.Generator) -> Columns:
    """Events from two weeks before treatment on; every tenth subject has an episode of three records."""
    size = len(subject)
    number = np.tile(np.arange(EVENTS), size // EVENTS)
    episode = (subject % 10 == 0) & (number < 3)
    start = first + random.integers(-14, 100, size) * _DAY + random.integers(0, 1440, size) * _MINUTE
    start = np.where(episode, first + (number - 1) * _DAY + 3 * _HOUR, start)
    stop = start + random.integers(0, 30, size) * _DAY
    term = random.integers(0, 400, size)
    begun = _partial(start, random, 0.05)
    timed = pa.array(random.random(size) < 0.3)
    begun = pc.if_else(pc.and_(timed, pc.equal(pc.utf8_length(begun), 10)), _iso(start), begun)
    words = {
        "AETERM": "Verbatim term {}", "AELLT": "Lowest level term {}", "AEDECOD": "Preferred term {}",
    }
    open_ = random.random(size) < 0.2
    return {
        "AESEQ": number + 1.0, "AESPID": _text([str(n + 1) for n in range(EVENTS)], number),
        "AEGRPID": _where(episode, _text(["EPISODE 1"], term * 0)),
        **{name: _text([text.format(n) for n in range(400)], term) for name, text in words.items()},
        "AEBODSYS": _text([f"System organ class {n}" for n in range(20)], term % 20),
        "AEBDSYCD": 90_000_000.0 + term % 20, "AEPTCD": 80_000_000.0 + term,
        "AESER": _text(["N", "Y"], (random.random(size) < 0.1).astype(int)),
        "AEACN": _text(["DOSE NOT CHANGED", "DRUG INTERRUPTED"], random.integers(0, 2, size)),
        "AEREL": _text(["NOT RELATED", "POSSIBLE", "PROBABLE"], random.integers(0, 3, size)),
        "AEOUT": _where(~open_, _text(["RECOVERED/RESOLVED"], term * 0)),
        "AETOXGR": _text(["1", "2", "3", "4"], random.choice(4, size, p=[0.5, 0.3, 0.15, 0.05])),
        "AESTDTC": begun,
        "AEENDTC": _where(~open_, _partial(np.minimum(stop, end + 10 * _DAY), random, 0.05)),
    }


def _pc(who: np.ndarray, first: np.ndarray,
        random: np.random.Generator) -> tuple[np.ndarray, Columns]:
    """15 samples a subject about the first and the fourth dose; every third subject has one more."""
    hours = np.array([*HOURS, *HOURS, 48])
    dose = np.array([0] * len(HOURS) + [3] * (len(HOURS) + 1))
    subject, planned = np.repeat(who, len(hours)), np.tile(np.arange(len(hours)), len(who))
    begun = np.repeat(first, len(hours))
    extra = np.flatnonzero(who % 3 == 0)
    subject, planned = np.append(subject, who[extra]), np.append(planned, np.full(len(extra), len(hours)))
    begun = np.append(begun, first[extra])
    order = np.lexsort((planned, subject))
    subject, planned, begun = subject[order], planned[order], begun[order]
    at = np.append(hours, 72.0)[planned]
    week = np.append(dose, 4)[planned]
    taken = begun + week * 7 * _DAY + (at * 60).astype(np.int64) * _MINUTE
    taken = taken + random.integers(-3, 4, len(at)) * _MINUTE * (at > 1)
    level = np.exp(4 - np.abs(np.log2(np.maximum(at, 0.25) / 2)) + 0.3 * random.standard_normal(len(at)))
    level = np.round(np.where(at < 0, np.where(week == 0, 0, level / 50), level), 2)
    below = level < 0.5
    size = np.zeros(len(at), dtype=np.int64)
    texts, codes = np.unique(np.rint(level * 100).astype(np.int64), return_inverse=True)
    result = pc.if_else(pa.array(below), "<0.50", _text([f"{n / 100:g}" for n in texts.tolist()], codes))
    names = ["PREDOSE", *(f"{n:g} H" for n in HOURS[1:]), "PREDOSE", *(f"{n:g} H" for n in HOURS[1:]), "48 H",
             None]
    unplanned = planned == len(hours)
    numbers = np.where(unplanned, np.nan, np.where(at < 0, 0, at))
    return subject, {
        "PCSEQ": np.arange(len(at)) - np.searchsorted(subject, subject) + 1.0,
        "PCREFID": _text([f"P{n:03d}" for n in range(len(names))], planned),
        "PCTESTCD": _text(["BMAB"], size), "PCTEST": _text(["Benchmab"], size), "PCORRES": result,
        "PCORRESU": _text(["ng/mL"], size), "PCSTRESC": result,
        "PCSTRESN": pa.array(np.where(below, np.nan, level), from_pandas=True),
        "PCSTRESU": _text(["ng/mL"], size), "PCSPEC": _text(["PLASMA"], size),
        "PCLLOQ": np.full(len(at), 0.5), "VISITNUM": week + 1.0,
        "VISIT": _text([f"WEEK {n}" for n in range(WEEKS)], week), "VISITDY": week * 7 + 1.0,
        "PCDTC": _iso(taken), "PCTPT": _text(names, planned),
        "PCTPTNUM": pa.array(numbers, from_pandas=True),
        "PCELTM": _text([None if n is None else "-PT30M" if n == "PREDOSE" else f"PT{n[:-2]}H"
                         for n in names], planned),
    }


def _write_lb(path: Path, rows: int, first: np.ndarray, random: np.random.Generator) -> None:
    """Results of 25 tests at 8 visits a subject, fewer for the last of each subject; a group at a time."""
    at = np.arange(rows)
    each = -(-rows // len(first))
    subject = at // each
    number = at % each
    visit, test = number // len(LB_TESTS), number % len(LB_TESTS)
    sample = np.unique(subject * len(LB_VISITS) + visit, return_inverse=True)[1]
    taken = first[subject].astype("datetime64[D]").astype("datetime64[s]") + LB_DAYS[visit] * _DAY
    taken = taken + random.integers(400, 640, sample.max() + 1)[sample] * _MINUTE
    values = np.exp(0.15 * test + 0.3 * random.standard_normal(rows))
    whole = np.rint(values * 100).astype(np.int64)
    distinct, codes = np.unique(whole, return_inverse=True)
    low, high = np.exp(0.15 * test - 0.6).round(1), np.exp(0.15 * test + 0.6).round(1)
    value = whole / 100
    shown = _text([f"{n / 100:g}" for n in distinct.tolist()], codes)
    zero = np.zeros(rows, dtype=np.int64)
    unit = _text(["g/L", "U/L", "umol/L", "mmol/L", "10^9/L"], test % 5)
    _write(path, subject, {
        "LBSEQ": number + 1.0, "LBTESTCD": _text(list(LB_TESTS), test),
        "LBTEST": _text(list(LB_TESTS.values()), test),
        "LBCAT": _text(["CHEMISTRY", "HEMATOLOGY"], (test % 5 == 4).astype(int)),
        "LBORRES": shown, "LBORRESU": unit, "LBSTRESC": shown, "LBSTRESN": value, "LBSTRESU": unit,
        "LBSTNRLO": low, "LBSTNRHI": high,
        "LBNRIND": _text(["LOW", "NORMAL", "HIGH"], np.where(value < low, 0, np.where(value > high, 2, 1))),
        "LBSPEC": _text(["SERUM"], zero), "LBLOBXFL": _where(visit == 0, _text(["Y"], zero)),
        "VISITNUM": visit + 1.0, "VISIT": _text(LB_VISITS, visit), "LBDTC": _iso(taken),
        "LBDY": np.where(LB_DAYS[visit] < 0, LB_DAYS[visit], LB_DAYS[visit] + 1).astype(float),
    })
