"""Central laboratories: qPCR, flow cytometry, cytokines."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .draws import Floats, Stream, Text
from .kinetics import car_cells, cd7_positive, cytokine, lymphocytes, rise, transgene
from .schedule import Chunk
from .text import iso_dates, numbers, times

STUDY = "CD7CART-101"
AFTER = ("D1", "D4", "D7", "D10", "D14", "D21", "D28", "M2", "M3", "M6", "M9", "M12", "M18", "M24")
TIMEPOINTS = {
    "D1": "24 h",
    "D4": "96 h",
    "D7": "168 h",
    "D10": "240 h",
    "D14": "336 h",
    "D21": "504 h",
    "D28": "672 h",
}
LIMIT, DETECTED = 50.0, 12.0
POPULATIONS = (
    ("Lymphocytes", "CD45+", "Leukocytes"),
    ("CD7+ cells", "CD45+CD7+", "Lymphocytes"),
    ("CAR+ T cells", "CD45+CD3+CAR+", "Lymphocytes"),
)
# Analyte: unit, lower and upper limit, decimals, method.
ANALYTES = {
    "IL-6": ("pg/mL", 2.0, 5000.0, 1, "CBA"),
    "IFN-g": ("pg/mL", 1.0, 5000.0, 1, "CBA"),
    "Ferritin": ("ng/mL", 1.0, 40000.0, 0, "ECLIA"),
    "CRP": ("mg/L", 0.5, 350.0, 1, "Immunoturbidimetry"),
}


def vendor_visit(code: Text) -> Text:
    """The visit as the vendors call it."""
    distinct, place = np.unique(code.astype(str), return_inverse=True)
    names = {"SCR": "SCREENING", "LD": "LYMPHODEPLETION"}
    kinds = {"D": "DAY ", "M": "MONTH ", "U": "UNSCHEDULED "}
    words = [names.get(str(v)) or kinds[str(v)[0]] + str(v).lstrip("DMUNS") for v in distinct]
    return np.asarray(words, dtype=object)[place]


def samples(chunk: Chunk) -> pd.DataFrame:
    """Every central blood draw: subject, visit, day, minute of the day, letter, time t since infusion."""
    s = chunk.draws.stream("samples")
    visits = chunk.held("SCR", "LD", "D0", *AFTER, unscheduled="")
    visits = pd.concat(
        [visits, chunk.visits[chunk.visits["WHY"] != ""].drop(columns="ONSITE")], ignore_index=True
    )
    visits = visits.sort_values(["sub", "day"], kind="stable").reset_index(drop=True)
    again = visits[visits["VISIT"] == "D0"].assign(LETTER="B")
    table = pd.concat([visits.assign(LETTER="A"), again], ignore_index=True)
    table = table.sort_values(["sub", "day", "LETTER"], kind="stable").reset_index(drop=True)
    n, code = len(table), table["VISIT"].to_numpy(dtype=object)
    start, stop = (
        chunk.subjects[name].to_numpy()[table["sub"].to_numpy()] for name in ("inf_start", "inf_stop")
    )
    near = np.clip(start + 50.0 * s.normal(n), 425, 1160)
    first, second = (code == "D0") & (table["LETTER"] == "A"), (table["LETTER"] == "B").to_numpy()
    minute = np.select(
        [first, second, np.isin(code, ["SCR", "LD"])],
        [start - s.uniform(n, 30, 90), stop + s.uniform(n, 2, 15), s.uniform(n, 425, 510)],
        near,
    )
    table["minute"] = np.floor(minute).astype(np.int64)
    table["t"] = table["day"] + (table["minute"] - start) / 1440.0
    table["TIMEPOINT"] = np.select(
        [first, second],
        ["Pre-dose", "End of infusion"],
        pd.Series(code).map(TIMEPOINTS).fillna("").to_numpy(dtype=object),
    )
    return table


def _head(chunk: Chunk, table: pd.DataFrame, prefix: str, later: int) -> dict[str, object]:
    """The columns all vendors share; ``later`` minutes after the first tube."""
    sub = table["sub"].to_numpy()
    site, subj = chunk.site(sub), chunk.subjects["subj"].to_numpy(dtype=object)[sub]
    short = site + "-" + subj
    code = table["VISIT"].to_numpy(dtype=object)
    return {
        "STUDY": STUDY,
        "SUBJECT": np.where(site == "02", short, STUDY + "-" + short),
        "SAMPLEID": prefix + site + subj + "-" + code + "-" + table["LETTER"].to_numpy(dtype=object),
        "VISIT": vendor_visit(code),
        "TIMEPOINT": table["TIMEPOINT"].to_numpy(dtype=object),
        "COLDAT": iso_dates(chunk.at(sub, table["day"].to_numpy())),
        "COLTIM": times(np.minimum(table["minute"].to_numpy() + later, 1439)),
    }


def qpcr(chunk: Chunk) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The sheets Results and Summary of qpcr.xlsx."""
    s, table = chunk.draws.stream("qpcr"), samples(chunk)
    treated = (chunk.subjects["fate"] == "INFUSED").to_numpy()[table["sub"].to_numpy()]
    table = table[treated & ~table["VISIT"].isin(["SCR", "LD"])]
    marrow = table[table["VISIT"].isin(["D28", "M3", "M6"])].assign(LETTER="M", TIMEPOINT="")
    table = pd.concat(
        [table.assign(SPECIMEN="Blood"), marrow.assign(SPECIMEN="Bone marrow")], ignore_index=True
    )
    table = table.sort_values(["sub", "t", "LETTER"], kind="stable").reset_index(drop=True)
    n, sub = len(table), table["sub"].to_numpy()
    in_marrow = (table["SPECIMEN"] == "Bone marrow").to_numpy()
    level = transgene(chunk.rows(sub), table["t"].to_numpy()) * np.exp(0.13 * s.normal(n))
    level = np.where(in_marrow, level * np.exp(0.5 * s.normal(n) - 0.2), level).round()
    head = _head(chunk, table, "Q", 0)
    result = np.select([level < DETECTED, level < LIMIT], ["ND", "BLQ(<50)"], numbers(level, 0))
    run = chunk.at(sub, table["day"].to_numpy()) + s.integers(n, 4, 16).astype("timedelta64[D]")
    run = np.minimum(run, np.datetime64("2026-07-10"))
    form = pd.DataFrame(
        {
            "STUDY": STUDY,
            "SUBJECT": head["SUBJECT"],
            "SAMPLEID": head["SAMPLEID"],
            "SPECIMEN": table["SPECIMEN"],
            "VISIT": head["VISIT"],
            "TIMEPOINT": head["TIMEPOINT"],
            "COLDAT": head["COLDAT"],
            "COLTIM": head["COLTIM"],
            "RESULT": result,
            "UNIT": "copies/ug DNA",
            "LLOQ": "50",
            "RUNDAT": iso_dates(run),
            "COMMENT": "",
        }
    ).astype("str")
    return form, _summary(form, table.assign(level=np.where(in_marrow, 0.0, level)))


def _summary(form: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """The vendor's own peak, in copies per nanogram, and its day."""
    best = table.groupby("sub", sort=True)["level"].idxmax().to_numpy(dtype=np.int64)
    return pd.DataFrame(
        {
            "SUBJECT": form["SUBJECT"].to_numpy(dtype=object)[best],
            "Cmax（ng）": numbers(table["level"].to_numpy()[best] / 1000.0, 2),
            "Tmax（d）": numbers(table["t"].to_numpy()[best], 1),
        }
    ).astype("str")


def _seen(chunk: Chunk, drop: tuple[str, ...] = ()) -> pd.DataFrame:
    table = samples(chunk)
    return table[(table["LETTER"] == "A") & ~table["VISIT"].isin(drop)].reset_index(drop=True)


def flow(chunk: Chunk) -> pd.DataFrame:
    """vendor/flow.csv: three populations, each per microlitre and as a percentage."""
    s, table = chunk.draws.stream("flow"), _seen(chunk, ("D1",))
    screened_only = (chunk.subjects["fate"] == "SF").to_numpy()[table["sub"].to_numpy()]
    table = table[~screened_only].reset_index(drop=True)
    p, t, n = chunk.rows(table["sub"].to_numpy()), table["t"].to_numpy(), len(table)
    noise = [np.exp(0.08 * s.normal(n)) for _ in range(2)]
    cd7, car = cd7_positive(p, t) * noise[0], car_cells(p, t) * noise[1]
    rest = lymphocytes(p, t) - cd7_positive(p, t) - car_cells(p, t)
    total = rest + cd7 + car
    others = np.exp(0.3 * s.normal(n)) * (
        250.0 + 2600.0 * (1.0 - rise(t, -2.5, 0.8) * (1.0 - rise(t, 22.0, 4.0)))
    )
    counts = np.stack([total, cd7, car], axis=1)
    shares = np.stack([100 * total / (total + others), 100 * cd7 / total, 100 * car / total], axis=1)
    long = table.loc[table.index.repeat(6)].reset_index(drop=True)
    which = np.tile(np.repeat(np.arange(3), 2), n)
    percent = np.tile(np.asarray([False, True]), 3 * n)
    value = np.stack([counts, shares], axis=2).reshape(-1)
    names = [np.asarray([row[i] for row in POPULATIONS], dtype=object)[which] for i in range(3)]
    head = _head(chunk, long, "F", 2)
    return pd.DataFrame(
        {
            **head,
            "POPULATION": names[0],
            "MARKERS": names[1],
            "CELLSTATE": "VIABLE",
            "GATE": names[2],
            "RESULT": _flow_text(value, percent),
            "UNIT": np.where(percent, "%", "/uL"),
            "LLOQ": np.where(percent, "0.01", "0.5"),
            "METHOD": "Flow cytometry",
            "COMMENT": "",
        }
    ).astype("str")


def _flow_text(value: Floats, percent: np.ndarray) -> Text:
    count = np.where(value < 0.5, "<0.5", np.where(value < 100, numbers(value, 1), numbers(value, 0)))
    share = np.where(value < 0.01, "<0.01", numbers(value, 2))
    return np.where(percent, share, count)


def cytokines(chunk: Chunk) -> pd.DataFrame:
    """vendor/cytokines.csv"""
    s = chunk.draws.stream("cytokines")
    table = _seen(chunk, ("SCR", "M2", "M3", "M6", "M9", "M12", "M18", "M24"))
    blocks = [_analyte(chunk, table, name, s) for name in ANALYTES]
    long = pd.concat(blocks, ignore_index=True)
    order = np.argsort(np.tile(np.arange(len(table)), len(ANALYTES)), kind="stable")
    return long.iloc[order].reset_index(drop=True)


def _analyte(chunk: Chunk, table: pd.DataFrame, name: str, s: Stream) -> pd.DataFrame:
    unit, low, high, decimals, method = ANALYTES[name]
    p = chunk.rows(table["sub"].to_numpy())
    value = cytokine(p, table["t"].to_numpy(), name) * np.exp(0.18 * s.normal(len(table)))
    text = np.select([value < low, value > high], [f"<{low:.1f}", f">{high:.0f}"], numbers(value, decimals))
    return pd.DataFrame(
        {
            **_head(chunk, table, "C", 5),
            "ANALYTE": name,
            "RESULT": text,
            "UNIT": unit,
            "LLOQ": f"{low:g}",
            "ULOQ": f"{high:g}",
            "METHOD": method,
            "COMMENT": "",
        }
    ).astype("str")
