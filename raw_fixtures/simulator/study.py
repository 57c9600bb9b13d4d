"""Puts the parts together: chunks of subjects, their tables, the mess, the files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from .baseline import assignment, consent, demographics, ecog, eligibility, history
from .clinic import laboratory, vital_signs
from .coding import dictionary
from .design import FIXED, add_facts, fixed_subjects, more_subjects
from .draws import Draws
from .events import adverse_events
from .kinetics import parameters
from .mess import make_mess
from .outcomes import assessment, completed, deaths, disposition, survival, visits_form
from .ranges import lab_ranges
from .schedule import Chunk, schedule
from .treatment import infusion, leukapheresis, lymphodepletion, medication, transplant
from .vendors import cytokines, flow, qpcr
from .writers import Workbook, append_csv

SEED = 20240326
CHUNK = 2000
SMALL = 500  # subjects up to which the workbook is stored uncompressed
FORMS = (
    "dm",
    "consent",
    "ie",
    "enrol",
    "ecog",
    "mh",
    "cm",
    "leuka",
    "ld",
    "infusion",
    "ae",
    "vs",
    "da",
    "transplant",
    "ds",
    "death",
    "surv",
    "visits",
    "lab_s01",
    "lab_s02",
    "lab_s03",
)
ENCODINGS = {"lab_s02": "gb18030", "lab_s03": "utf-8-sig"}
GARBLED = ("cm", "pk_summary")
KINDS = {"LLOQ": "number", "RUNDAT": "date"}
Tables = dict[str, pd.DataFrame]


def make_chunk(subjects: pd.DataFrame, draws: Draws) -> Chunk:
    """Subjects with their parameters and visits."""
    known = parameters(add_facts(subjects, draws), draws)
    visits = schedule(known, draws)
    return Chunk(completed(known, visits), visits, draws)


def clean_tables(chunk: Chunk) -> Tables:
    """Every raw table of a chunk by the name of its file, without any mess."""
    events_form, events = adverse_events(chunk)
    results, summary = qpcr(chunk)
    return {
        "dm": demographics(chunk),
        "consent": consent(chunk),
        "ie": eligibility(chunk),
        "enrol": assignment(chunk),
        "ecog": ecog(chunk),
        "mh": history(chunk),
        "cm": medication(chunk, events),
        "leuka": leukapheresis(chunk),
        "ld": lymphodepletion(chunk),
        "infusion": infusion(chunk),
        "ae": events_form,
        "vs": vital_signs(chunk),
        "da": assessment(chunk),
        "transplant": transplant(chunk),
        "ds": disposition(chunk),
        "death": deaths(chunk),
        "surv": survival(chunk),
        "visits": visits_form(chunk),
        **laboratory(chunk),
        "qpcr": results,
        "pk_summary": summary,
        "flow": flow(chunk),
        "cytokines": cytokines(chunk),
    }


def chunks(n: int, seed: int) -> Iterator[Tables]:
    """The 24 subjects with their mess, then clean ones in groups of at most 2,000.

    Fewer than 24 subjects are refused: the design of the built-in study is fixed.
    """
    if n < len(FIXED):
        raise ValueError(f"the study has {len(FIXED)} subjects; {n} are too few")
    draws = Draws(seed, 0)
    tables = clean_tables(make_chunk(fixed_subjects(), draws))
    make_mess(tables)
    yield tables
    for number, first in enumerate(range(len(FIXED), n, CHUNK), start=1):
        draws = Draws(seed, number)
        subjects = more_subjects(first, min(CHUNK, n - first), draws.stream("design"))
        yield clean_tables(make_chunk(subjects, draws))


def simulate(out: Path, n: int = len(FIXED), seed: int = SEED) -> None:
    """Write all raw files of ``n`` subjects below ``out``, in place of any that are there."""
    vendor = out / "vendor"
    vendor.mkdir(parents=True, exist_ok=True)
    paths = {name: out / f"{name}.csv" for name in FORMS}
    paths |= {name: vendor / f"{name}.csv" for name in ("pk_summary", "flow", "cytokines")}
    paths["coding"], paths["lab_ranges"] = out / "coding.csv", out / "lab_ranges.csv"
    for path in paths.values():
        path.unlink(missing_ok=True)
    append_csv(paths["coding"], dictionary())
    append_csv(paths["lab_ranges"], lab_ranges())
    with Workbook(vendor / "qpcr.xlsx", compressed=n > SMALL) as book:
        for tables in chunks(n, seed):
            for name, table in tables.items():
                if name == "qpcr":
                    book.append("Results", table, KINDS)
                else:
                    append_csv(paths[name], table, ENCODINGS.get(name, "utf-8"), name in GARBLED)
            book.append("Summary", tables["pk_summary"], {"Cmax（ng）": "number", "Tmax（d）": "number"})
