"""How CAR-T cells, CD7-positive cells, cytokines and blood counts move over time.

Time is days since the start of the infusion.  Each function takes the subjects' parameters, one row a sample.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from .draws import Draws, Floats

# Slow half-life in days (low, high) and the share of the peak that decays slowly.
PERSISTENCE = {
    "short": ((7.0, 12.0), (0.002, 0.006)),
    "mid": ((22.0, 45.0), (0.006, 0.02)),
    "long": ((70.0, 160.0), (0.015, 0.05)),
}
GRADES = 5
PEAKS = {
    "IL-6": (20.0, 130.0, 900.0, 3800.0, 9000.0),
    "IFN-g": (12.0, 80.0, 300.0, 900.0, 2000.0),
    "Ferritin": (300.0, 1400.0, 4800.0, 14000.0, 42000.0),
    "CRP": (12.0, 50.0, 115.0, 190.0, 240.0),
}


def parameters(subjects: pd.DataFrame, draws: Draws) -> pd.DataFrame:
    """The subjects with every parameter the curves below need."""
    out = subjects.copy()
    n, s = len(out), draws.stream("kinetics")
    crs = out["crs"].to_numpy()
    dose = out["dose"].fillna(1.0).to_numpy()
    level = (
        4.85
        + 0.35 * np.log10(dose)
        + 0.32 * s.normal(n)
        + 0.12 * (crs - 1)
        - 0.5 * (out["response"] == "NR").to_numpy()
    )
    out["cmax"] = np.clip(10.0**level, 2.8e4, 4.6e5)
    out["tmax"] = np.clip(10.6 + 1.5 * s.normal(n) - 0.25 * crs, 7.6, 13.8)
    out["tlag"], out["c0"] = s.uniform(n, 1.3, 2.6), 10.0 ** s.uniform(n, 1.5, 2.5)
    out["fast"] = np.log(2) / s.uniform(n, 1.6, 3.2)
    low, high = (_by_persistence(out, 0, i) for i in (0, 1))
    out["slow"] = np.log(2) / s.between(low, high)
    out["share"] = s.between(_by_persistence(out, 1, 0), _by_persistence(out, 1, 1))
    out["lymph"], out["cd7_share"] = s.uniform(n, 700, 2200), s.uniform(n, 0.55, 0.88)
    out["lymph_back"], out["kill"] = s.uniform(n, 25, 60), out["tmax"] - s.uniform(n, 2.5, 4.5)
    back = s.between(
        np.array(out["persist"].map({"short": 55.0, "mid": 110.0, "long": 900.0}), dtype=np.float64),
        np.array(out["persist"].map({"short": 110.0, "mid": 260.0, "long": 1500.0}), dtype=np.float64),
    )
    out["cd7_back"] = np.fmin(back, out["transplant"].to_numpy() + 50.0)
    out["car_ratio"] = 10.0 ** s.uniform(n, -2.7, -2.3)
    _syndrome(out, draws)
    _blood(out, draws)
    return out


def _by_persistence(table: pd.DataFrame, what: int, end: int) -> Floats:
    limits = {name: pair[what][end] for name, pair in PERSISTENCE.items()}
    return np.array(table["persist"].map(limits), dtype=np.float64)


def _syndrome(out: pd.DataFrame, draws: Draws) -> None:
    """CRS begins before the peak, and runs through its grades one after another."""
    n, s = len(out), draws.stream("syndrome")
    crs, icans = out["crs"].to_numpy(), out["icans"].to_numpy()
    onset = np.clip(out["tmax"].to_numpy() - s.uniform(n, 1.5, 4.5), 3.0, 11.6)
    out["crs_on"] = np.where(crs > 0, onset, np.nan)
    out["icans_on"] = np.where(icans > 0, onset + s.uniform(n, 1.0, 2.5), np.nan)
    for grade in range(1, GRADES + 1):  # the fifth is the way down
        out[f"crs_len{grade}"] = s.uniform(n, 0.6, 1.7)
        out[f"icans_len{grade}"] = s.uniform(n, 0.7, 2.2)
    climb = sum(
        (np.where(crs > grade, out[f"crs_len{grade}"], 0.0) for grade in range(1, GRADES)), np.zeros(n)
    )
    out["crs_top"] = onset + climb + 0.4
    for name, peaks in PEAKS.items():
        out[f"peak {name}"] = np.asarray(peaks)[crs] * np.exp(0.3 * s.normal(n))
    out["base IL-6"], out["base IFN-g"] = s.uniform(n, 1.5, 9.0), s.uniform(n, 0.8, 6.0)
    out["base Ferritin"], out["base CRP"] = s.uniform(n, 180.0, 900.0), s.uniform(n, 1.5, 14.0)


def _blood(out: pd.DataFrame, draws: Draws) -> None:
    n, s = len(out), draws.stream("blood")
    male = (out["sex"] == "M").to_numpy()
    out["neut"], out["neut_back"] = s.uniform(n, 1.4, 4.8), s.uniform(n, 15.0, 27.0)
    out["plt"], out["plt_back"] = s.uniform(n, 70.0, 230.0), s.uniform(n, 20.0, 38.0)
    out["hgb"], out["hgb_back"] = s.uniform(n, 84.0, 126.0), s.uniform(n, 28.0, 55.0)
    out["alt"], out["ast"] = s.uniform(n, 12.0, 42.0), s.uniform(n, 14.0, 36.0)
    out["tbil"], out["gluc"] = s.uniform(n, 6.0, 17.0), s.uniform(n, 4.3, 6.2)
    out["creat"] = np.where(male, s.uniform(n, 58.0, 92.0), s.uniform(n, 44.0, 74.0))


def rise(t: Floats, middle: Floats | float, width: float) -> Floats:
    """From 0 to 1 around ``middle``."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip((t - middle) / width, -60.0, 60.0))), dtype=np.float64)


def hump(t: Floats, middle: Floats | float, width: float) -> Floats:
    """A bell of height 1 around ``middle``."""
    return np.asarray(np.exp(-0.5 * np.clip((t - middle) / width, -30.0, 30.0) ** 2), dtype=np.float64)


def column(p: pd.DataFrame, name: str) -> Floats:
    """A parameter as an array."""
    return p[name].to_numpy(dtype=np.float64)


def transgene(p: pd.DataFrame, t: Floats) -> Floats:
    """Copies per microgram of DNA: lag, exponential growth to the peak, two-phase decline; 0 before infusion.

    A transplant's conditioning ends what is left.
    """
    lag, peak, start, top = (column(p, name) for name in ("tlag", "tmax", "c0", "cmax"))
    grow = np.log(top / start) / (peak - lag)
    after = np.clip(t - peak, 0.0, None)
    share = column(p, "share")
    down = top * (
        (1.0 - share) * np.exp(-column(p, "fast") * after) + share * np.exp(-column(p, "slow") * after)
    )
    up = start * np.exp(grow * (np.clip(t, lag, peak) - lag))
    level = np.where(t < peak, up, down)
    over = np.clip(t - (column(p, "transplant") - 8.0), 0.0, None)
    level = level * np.exp(-np.nan_to_num(over) / 2.5)
    return np.where(t <= 0.0, 0.0, level)


def depleted(p: pd.DataFrame, t: Floats, back: str, depth: float, start: float, width: float) -> Floats:
    """The share of a cell line left after lymphodepletion, and again around a transplant.

    A subject with lymphodepletion only follows the same course; a screening failure has no later sample.
    """
    loss = depth * rise(t, start, width) * (1.0 - rise(t, column(p, back), 3.5))
    graft = np.nan_to_num(
        depth
        * rise(t, column(p, "transplant") - 4.0, 1.5)
        * (1.0 - rise(t, column(p, "transplant") + 19.0, 3.5))
    )
    return np.asarray((1.0 - loss) * (1.0 - graft), dtype=np.float64)


def relapsed(p: pd.DataFrame, t: Floats) -> Floats:
    """From 0 to 1 around a relapse, 0 where there is none."""
    return np.nan_to_num(rise(t, column(p, "relapse") - 4.0, 4.0))


def other_lymphocytes(p: pd.DataFrame, t: Floats) -> Floats:
    """Lymphocytes per microlitre that are not CAR-T cells and would be there without them."""
    left = 1.0 - 0.92 * rise(t, -3.4, 0.5) * (1.0 - 0.85 * rise(t, column(p, "lymph_back"), 9.0))
    return np.asarray(column(p, "lymph") * left, dtype=np.float64)


def cd7_positive(p: pd.DataFrame, t: Floats) -> Floats:
    """CD7-positive cells per microlitre: gone within days of expansion, back when CAR-T cells are lost."""
    alive = 1.0 - rise(t, column(p, "kill"), 0.6)
    back = 0.75 * rise(t, column(p, "cd7_back"), 14.0) + 0.3 * relapsed(p, t)
    treated = np.asarray(p["fate"] == "INFUSED")
    share = np.where(treated, np.clip(alive + back, 0.0005, 1.0), 1.0)
    return np.asarray(other_lymphocytes(p, t) * column(p, "cd7_share") * share, dtype=np.float64)


def car_cells(p: pd.DataFrame, t: Floats) -> Floats:
    """CAR-positive T cells per microlitre."""
    return np.asarray(transgene(p, t) * column(p, "car_ratio"), dtype=np.float64)


def lymphocytes(p: pd.DataFrame, t: Floats) -> Floats:
    """All lymphocytes per microlitre."""
    rest = other_lymphocytes(p, t) * (1.0 - column(p, "cd7_share"))
    return np.asarray(rest + cd7_positive(p, t) + car_cells(p, t), dtype=np.float64)


def cytokine(p: pd.DataFrame, t: Floats, name: str) -> Floats:
    """A cytokine or acute-phase protein, in the vendor's unit, highest at the height of CRS."""
    width, late = {"IL-6": (1.7, 0.0), "IFN-g": (2.0, 0.0), "Ferritin": (4.5, 1.5), "CRP": (3.0, 0.5)}[name]
    top = np.where(np.asarray(p["fate"] == "INFUSED"), column(p, f"peak {name}"), 0.0)
    return np.asarray(
        column(p, f"base {name}") + top * hump(t, column(p, "crs_top") + late, width), dtype=np.float64
    )


def fever(p: pd.DataFrame, t: Floats) -> Floats:
    """Degrees above normal during CRS."""
    height = np.asarray([0.0, 1.5, 2.0, 2.4, 2.7])[p["crs"].to_numpy()]
    return np.asarray(height * hump(t, column(p, "crs_top"), 1.6), dtype=np.float64)
