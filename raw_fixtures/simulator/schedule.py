"""Which visits took place, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from .draws import Days, Draws, Floats, Ints, Text


class Planned(NamedTuple):
    """A visit of the protocol; days from infusion."""

    code: str
    label: str
    nominal: int
    early: int
    late: int


VISITS: tuple[Planned, ...] = (
    Planned("SCR", "Screening", -21, -26, -22),
    Planned("LEUK", "Leukapheresis", -16, -18, -14),
    Planned("LD", "Lymphodepletion", -5, -5, -5),
    Planned("D0", "Day 0", 0, 0, 0),
    Planned("D1", "Day 1", 1, 1, 1),
    Planned("D4", "Day 4", 4, 4, 4),
    Planned("D7", "Day 7", 7, 6, 8),
    Planned("D10", "Day 10", 10, 10, 11),
    Planned("D14", "Day 14", 14, 13, 15),
    Planned("D21", "Day 21", 21, 19, 23),
    Planned("D28", "Day 28", 28, 27, 30),
    Planned("M2", "Month 2", 61, 56, 64),
    Planned("M3", "Month 3", 91, 86, 95),
    Planned("M6", "Month 6", 183, 176, 189),
    Planned("M9", "Month 9", 274, 267, 280),
    Planned("M12", "Month 12", 365, 356, 372),
    Planned("M18", "Month 18", 548, 538, 556),
    Planned("M24", "Month 24", 730, 720, 738),
)
LABELS = {visit.code: visit.label for visit in VISITS} | {"UNS1": "Unscheduled 1", "UNS2": "Unscheduled 2"}
MONTHLY = tuple(visit.code for visit in VISITS if visit.code.startswith("M"))
BEFORE = {"SF": ("SCR",), "NEVER": ("SCR", "LEUK"), "LDONLY": ("SCR", "LEUK", "LD")}


@dataclass
class Chunk:
    """A group of subjects: who they are, their visits, and where their random numbers come from."""

    subjects: pd.DataFrame  # design and parameters, one row a subject
    visits: pd.DataFrame  # sub (row of subjects), VISIT, day, ONSITE, WHY; in order of subject and day
    draws: Draws

    @property
    def n(self) -> int:
        """How many subjects."""
        return len(self.subjects)

    @property
    def day0(self) -> Days:
        """Each subject's protocol Day 0."""
        return self.subjects["day0"].to_numpy().astype("datetime64[D]")

    def site(self, sub: Ints) -> Text:
        """Sites of records."""
        return np.asarray(self.subjects["site"].to_numpy(dtype=object)[sub], dtype=object)

    def at(self, sub: Ints, day: Floats | Ints) -> Days:
        """Dates of records from days since infusion; NaT for NaN."""
        known = ~np.isnan(day.astype(np.float64))
        step = np.where(known, np.floor(np.where(known, day, 0)), 0).astype("timedelta64[D]")
        return np.where(known, self.day0[sub] + step, np.datetime64("NaT"))

    def rows(self, sub: Ints) -> pd.DataFrame:
        """The parameters of each record's subject."""
        return self.subjects.iloc[sub].reset_index(drop=True)

    def held(self, *codes: str, unscheduled: str = "") -> pd.DataFrame:
        """On-site visits of these codes, and unscheduled ones whose reason starts with ``unscheduled``."""
        table = self.visits[self.visits["ONSITE"]]
        chosen = table["VISIT"].isin(codes)
        if unscheduled:
            chosen |= table["WHY"].str.startswith(unscheduled)
        return table[chosen].reset_index(drop=True)

    def day_of(self, code: str) -> Floats:
        """The day of one visit for each subject, NaN where it did not take place."""
        found = self.visits[self.visits["VISIT"] == code]
        out = np.full(self.n, np.nan)
        out[found["sub"].to_numpy()] = found["day"].to_numpy()
        return out


def schedule(subjects: pd.DataFrame, draws: Draws) -> pd.DataFrame:
    """Every visit that took place, planned or not."""
    stream, n = draws.stream("visits"), len(subjects)
    fate, last = subjects["fate"].to_numpy(), subjects["last"].to_numpy()
    blocks = []
    for visit in VISITS:
        day = stream.integers(n, visit.early, visit.late)
        day = np.where((subjects["pinned"] == visit.code).to_numpy(), visit.nominal, day)
        comes = fate == "INFUSED"
        for name, codes in BEFORE.items():
            if visit.code in codes:
                comes = comes | (fate == name)
        comes = (
            comes & ((day <= last) | (visit.code == "SCR")) & (subjects["missed"] != visit.code).to_numpy()
        )
        comes = comes & ~((day > -8) & (fate == "SF"))
        blocks.append(
            pd.DataFrame({"sub": np.arange(n)[comes], "VISIT": visit.code, "day": day[comes], "WHY": ""})
        )
    planned = pd.concat(blocks, ignore_index=True)
    table = pd.concat([planned, _unscheduled(subjects, planned)], ignore_index=True)
    table = table.sort_values(["sub", "day"], kind="stable").reset_index(drop=True)
    relapse = subjects["relapse"].to_numpy()[table["sub"].to_numpy()]
    table["ONSITE"] = ~((table["day"].to_numpy() > relapse + 2) & table["VISIT"].isin(MONTHLY).to_numpy())
    return table


def _unscheduled(subjects: pd.DataFrame, planned: pd.DataFrame) -> pd.DataFrame:
    """Visits for CRS, for relapse, and for the decision not to infuse; none on the day of another visit."""
    n = len(subjects)
    reasons = {
        "CRS management": np.where(
            subjects["crs"].to_numpy() >= 2, np.floor(subjects["crs_top"].to_numpy()), np.nan
        ),
        "Suspected relapse": subjects["relapse"].to_numpy(),
        "Infusion withheld": np.where((subjects["fate"] == "LDONLY").to_numpy(), 0.0, np.nan),
    }
    table = pd.concat(
        [pd.DataFrame({"sub": np.arange(n), "day": day, "WHY": why}) for why, day in reasons.items()]
    )
    table = table[table["day"].notna()].astype({"day": "int64"})
    taken = pd.MultiIndex.from_frame(planned[["sub", "day"]])
    table = table[~pd.MultiIndex.from_frame(table[["sub", "day"]]).isin(taken)]
    table = table.sort_values(["sub", "day"], kind="stable")
    table["VISIT"] = ["UNS" + str(count) for count in table.groupby("sub").cumcount() + 1]
    return table


def visit_times(chunk: Chunk, visits: pd.DataFrame, name: str, early: int, late: int) -> Ints:
    """A minute of the day for each visit."""
    return chunk.draws.stream(name).integers(len(visits), early, late)
