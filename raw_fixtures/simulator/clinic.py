"""Measured at the site: vital signs and the local laboratory."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .draws import Bools, Floats, Ints
from .kinetics import column, cytokine, depleted, fever, hump, lymphocytes, relapsed
from .ranges import SCALES, SITE_01, SITE_02, TESTS
from .schedule import Chunk, visit_times
from .text import by_site, dates, form, numbers, times, yes_no

REMARKS = {"01": "slight haemolysis", "02": "轻度溶血", "03": "slight haemolysis"}


def vital_signs(chunk: Chunk) -> pd.DataFrame:
    """vs.csv"""
    s, visits = chunk.draws.stream("vs"), chunk.visits[chunk.visits["ONSITE"]]
    sub, day = visits["sub"].to_numpy(), visits["day"].to_numpy()
    n, rows, site, when = len(sub), chunk.rows(sub), chunk.site(sub), chunk.at(sub, day)
    hot = fever(rows, day + 0.35)
    usual = 118.0 + 9.0 * s.normal(chunk.n)
    systolic = usual[sub] + 5.0 * s.normal(n) - 9.0 * hot
    celsius = 36.6 + 0.2 * s.normal(n) + hot
    temperature = by_site(
        site, {"01": numbers(celsius, 1), "02": numbers(celsius, 1), "03": numbers(celsius * 9 / 5 + 32, 1)}
    )
    weight = rows["weight"].to_numpy() * (
        1.0 - 0.03 * hump(day.astype(np.float64), 20.0, 15.0)
    ) + 0.4 * s.normal(n)
    return form(
        chunk.subjects,
        sub,
        when,
        s,
        {
            "VISIT": visits["VISIT"],
            "VSDAT": dates(when, site),
            "VSTIM": times(visit_times(chunk, visits, "vs times", 420, 530), site),
            "SYSBP": numbers(systolic, 0),
            "DIABP": numbers(systolic * 0.62 + 3.0 * s.normal(n), 0),
            "PULSE": numbers(78.0 + 6.0 * s.normal(n) + 12.0 * hot, 0),
            "RESP": numbers(17.0 + s.normal(n) + 1.5 * hot, 0),
            "TEMP": temperature,
            "TEMPU": by_site(site, {"01": "C", "02": "℃", "03": "F"}),
            "WEIGHT": numbers(weight, 1),
            "HEIGHT": np.where(visits["VISIT"] == "SCR", numbers(rows["height"].to_numpy(), 0), ""),
            "VSND": "",
        },
    )


def laboratory(chunk: Chunk) -> dict[str, pd.DataFrame]:
    """lab_s01, lab_s02 and lab_s03, each as its site writes it."""
    visits = chunk.visits[chunk.visits["ONSITE"] & (chunk.visits["VISIT"] != "LEUK")].reset_index(drop=True)
    values = _results(chunk, visits)
    minutes = visit_times(chunk, visits, "lab times", 365, 418)
    remark = chunk.draws.stream("lab remarks").flag(len(visits), 0.02)
    of = chunk.site(visits["sub"].to_numpy())
    out = {}
    for site in SCALES:
        mine = np.flatnonzero(of == site)
        out[f"lab_s{site}"] = _site_file(
            chunk, site, visits.iloc[mine], values.iloc[mine], minutes[mine], remark[mine]
        )
    return out


def _results(chunk: Chunk, visits: pd.DataFrame) -> pd.DataFrame:
    """Every test at every visit in the first site's unit."""
    s, n = chunk.draws.stream("lab"), len(visits)
    p, t = chunk.rows(visits["sub"].to_numpy()), visits["day"].to_numpy() + 0.27

    def scatter(part: float) -> Floats:
        return np.clip(1.0 + part * s.normal(n), 0.5, 1.5)

    ill = relapsed(p, t)
    neut = (
        column(p, "neut") * depleted(p, t, "neut_back", 0.985, -0.8, 1.1) * (1.0 - 0.6 * ill) * scatter(0.12)
    )
    lym = lymphocytes(p, t) / 1000.0 * scatter(0.06)
    rest = (0.25 + 0.1 * column(p, "neut")) * depleted(p, t, "neut_back", 0.9, -0.8, 1.1) * scatter(0.1)
    liver = 0.9 * p["crs"].to_numpy() * hump(t, column(p, "crs_top") + 2.5, 4.5)
    steroid = np.where(p["crs"].to_numpy() >= 3, hump(t, column(p, "crs_top") + 2.0, 3.0), 0.0)
    inflamed = np.clip(cytokine(p, t, "CRP") / 250.0, 0.0, 1.0)
    return pd.DataFrame(
        {
            "WBC": neut + lym + rest + 6.0 * ill,
            "NEUT": neut,
            "LYM": lym,
            "HGB": column(p, "hgb")
            * depleted(p, t, "hgb_back", 0.28, 1.0, 4.0)
            * (1.0 - 0.12 * ill)
            * scatter(0.03),
            "PLT": np.clip(
                column(p, "plt")
                * depleted(p, t, "plt_back", 0.88, 2.0, 1.8)
                * (1.0 - 0.55 * ill)
                * scatter(0.09),
                3,
                600,
            ),
            "ALT": column(p, "alt") * (1.0 + liver) * scatter(0.12),
            "AST": column(p, "ast") * (1.0 + 0.9 * liver) * scatter(0.12),
            "TBIL": column(p, "tbil") * (1.0 + 0.35 * liver) * scatter(0.1),
            "CREAT": column(p, "creat") * (1.0 + 0.12 * inflamed) * scatter(0.05),
            "GLUC": column(p, "gluc") * (1.0 + 0.5 * steroid) * scatter(0.07),
        }
    )


def _site_file(
    chunk: Chunk, site: str, visits: pd.DataFrame, values: pd.DataFrame, minutes: Ints, remark: Bools
) -> pd.DataFrame:
    sub = visits["sub"].to_numpy()
    when, where = chunk.at(sub, visits["day"].to_numpy()), chunk.site(sub)
    male = (chunk.rows(sub)["sex"] == "M").to_numpy()
    columns: dict[str, object] = {
        "VISIT": visits["VISIT"].to_numpy(dtype=object),
        "LBDAT": dates(when, where),
        "LBTIM": times(minutes, where),
        "LBPERF": yes_no(np.ones(len(sub), dtype=np.bool_), where),
        "LBREASND": "",
    }
    for test in TESTS:
        unit, divisor, decimals = SCALES[site][test]
        columns[test] = numbers(np.round(values[test].to_numpy() / divisor, decimals), decimals)
        columns[f"{test}_U"] = unit
        if site == "01":
            for name, men, women in zip(
                ("LO", "HI"), *(text.split("-") for text in SITE_01[test]), strict=True
            ):
                columns[f"{test}_{name}"] = np.where(male, men, women)
        elif site == "02":
            columns[f"{test}_RANGE"] = np.where(male, *SITE_02[test])
    columns["LBCOM"] = np.where(remark, REMARKS[site], "")
    return form(chunk.subjects, sub, when, chunk.draws.stream(f"lab {site}"), columns)
