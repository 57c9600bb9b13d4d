"""A tiny study with three figures and a build of four hand-made datasets."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from engine import xpt

STUDY = """\
study: {id: TINY-1, title: A tiny study, cutoff: 2025-06-30}
standards: {sdtmig: "3.4", adamig: "1.3"}
raw: {folder: raw, tables: {dm: dm.csv}}
subject: SUBJ
"""
POPULATION = """\
population:
  dataset: ADSL
  where: "SAFFL = 'Y'"
  name: {en: treated subjects, zh: 接受治疗的受试者}
  label: SUBJID
  group: TRT01A
  groups: {High dose: {en: High, zh: 高}}
"""
PROFILE = """\
figure: profile
title: {en: Cells, zh: 细胞}
""" + POPULATION + """\
records: {dataset: ADPC, where: "PARAMCD = 'CAR'"}
time: "AFRLT / 24"
x: {label: Days, from: 0, ticks: [0, 7, 28, 90], split: {at: 28, share: 0.6}}
y:
  value: AVAL
  label: Copies
  scale: log
  limit: {value: ALLOQ, below: "RESULT = 'BLQ'", label: LLOQ, below_label: BLQ}
median: {at: "NFRLT / 24", where: "ANL01FL = 'Y'", label: Median}
ringed: {where: "NFRLT = 0", label: Baseline}
lines: [{at: 0, label: Infusion}]
footnotes: [Times are those of collection.]
"""
SWIMMER = """\
figure: swimmer
title: Response
""" + POPULATION + """\
x: {label: Days, from: 0}
bar: {dataset: ADTTE, where: "PARAMCD = 'OS'", end: "ADT - TRTSDT", label: Follow-up}
spans:
  - {dataset: ADTTE, where: "PARAMCD = 'DOR'", start: "STARTDT - TRTSDT", end: "ADT - TRTSDT", label: CR}
marks:
  - {dataset: ADAE, where: "GRADE >= 4", at: DAY, mark: star, label: DLT}
  - {dataset: ADTTE, where: "PARAMCD = 'OS' AND CNSR = 1", mark: arrow, label: Alive}
  - {dataset: ADTTE, where: "PARAMCD = 'OS' AND CNSR = 0", mark: cross, label: Death}
"""
GRADES = """\
figure: grades
title: Events
""" + POPULATION + """\
records: {dataset: ADAE, where: "TRTEMFL = 'Y'"}
term: AEDECOD
grade: GRADE
grades: [1, 2, 3, 4, 5]
most: 2
any: Any event
all: All
label: Subjects (%)
"""
FIGURES = {"cells": PROFILE, "events": GRADES, "response": SWIMMER}


def dates(*values: str | None) -> pd.Series:
    return pd.Series(pd.to_datetime(pd.Series(values)).astype("datetime64[s]"))


def tables() -> dict[str, pd.DataFrame]:
    """Three treated subjects, two of the high dose, and one who was not treated."""
    adsl = pd.DataFrame({"USUBJID": ["T-1", "T-2", "T-3", "T-4"], "SUBJID": ["1", "2", "3", "4"],
                         "TRT01A": ["Low dose", "High dose", "High dose", None],
                         "SAFFL": ["Y", "Y", "Y", "N"], "SUBJNUM": [1.0, 2.0, 3.0, 4.0]})
    adpc = pd.DataFrame(
        [("T-1", 0.0, 0.0, None, "BLQ", "Y"), ("T-1", 170.0, 168.0, 800.0, "800", "Y"),
         ("T-2", 0.0, 0.0, None, "BLQ", "Y"), ("T-2", 168.0, 168.0, 100.0, "100", "Y"),
         ("T-2", 190.0, 168.0, 9000.0, "9000", None), ("T-2", 672.0, 672.0, None, "BLQ", "Y"),
         ("T-3", 169.0, 168.0, None, "ND", "Y"), ("T-3", 676.0, 672.0, 60.0, "60", "Y"),
         ("T-4", 168.0, 168.0, 77.0, "77", "Y")],
        columns=["USUBJID", "AFRLT", "NFRLT", "AVAL", "RESULT", "ANL01FL"]).assign(PARAMCD="CAR", ALLOQ=50.0)
    adae = pd.DataFrame(
        [("T-1", "Fever", 1.0, 2.0), ("T-1", "Fever", 3.0, 9.0), ("T-1", "Rash", 2.0, 4.0),
         ("T-2", "Fever", None, 3.0), ("T-2", "Anaemia", 4.0, 5.0), ("T-3", "Rash", 1.0, 6.0),
         ("T-4", "Fever", 5.0, 1.0)], columns=["USUBJID", "AEDECOD", "GRADE", "DAY"]).assign(TRTEMFL="Y")
    adtte = pd.DataFrame({
        "USUBJID": ["T-1", "T-2", "T-2", "T-3", "T-4"], "PARAMCD": ["OS", "OS", "DOR", "OS", "OS"],
        "CNSR": [1.0, 0.0, 0.0, 1.0, 1.0],
        "TRTSDT": dates(*["2025-01-01"] * 4, None), "STARTDT": dates(None, None, "2025-01-29", None, None),
        "ADT": dates("2025-03-02", "2025-04-11", "2025-03-01", "2025-04-11", "2025-02-01")})
    return {"ADSL": adsl, "ADPC": adpc, "ADAE": adae, "ADTTE": adtte}


def variable(name: str, values: pd.Series) -> xpt.Variable:
    if values.dtype == "str":
        return xpt.Variable(name, name, "Char", 20)
    return xpt.Variable(name, name, "Num", 8, "DATE9." if values.dtype.kind == "M" else None)


def write_home(home: Path) -> Path:
    """A study with three figures, and its build."""
    folder = home / "build/m5/datasets/tiny-1/analysis/adam/datasets"
    folder.mkdir(parents=True)
    for name, frame in tables().items():
        variables = [variable(str(column), values) for column, values in frame.items()]
        xpt.write(frame, folder / f"{name.lower()}.xpt", name=name, variables=variables)
    (home / "figures").mkdir()
    (home / "study.yaml").write_text(STUDY, encoding="utf-8")
    for name, text in FIGURES.items():
        (home / "figures" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return home
