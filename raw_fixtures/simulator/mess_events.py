"""Messes of adverse events, deaths and the data cut-off."""

from __future__ import annotations

from .messkit import Tables, add_event, copy, find, put


def ongoing(tables: Tables) -> None:
    """An adverse event without an end."""
    add_event(
        tables,
        "01-008",
        "Peripheral neuropathy",
        "04-AUG-2025",
        CTCAEGR="2",
        AEONGO="Y",
        AEOUT="NOT RECOVERED",
        RELCART="PROBABLE",
        AECONTRT="Y",
        ENTERED="2025-08-06 14:47:19",
    )


def before_infusion(tables: Tables) -> None:
    """On the day of infusion, before it."""
    add_event(
        tables,
        "01-001",
        "Headache",
        "09-APR-2024",
        AESTTIM="08:10",
        AEENDAT="10-APR-2024",
        RELCART="NOT RELATED",
        RELLD="POSSIBLE",
        ENTERED="2024-04-11 09:28:03",
    )


def after_infusion(tables: Tables) -> None:
    """On the day of infusion, after it."""
    add_event(
        tables,
        "02-001",
        "寒战",
        "2024/4/30",
        AESTTIM="20:15",
        AEENDAT="2024/5/1",
        ENTERED="2024-05-02 16:09:42",
    )


def some_time_of_day(tables: Tables) -> None:
    """On the day of infusion, time unknown."""
    add_event(tables, "03-001", "Nausea", "2024-05-28", AEENDAT="2024-05-29", ENTERED="2024-05-31 10:17:25")


def worsening(tables: Tables) -> None:
    """An event before the infusion (17-SEP-2024) that is graded higher after it."""
    rows = tables["ae"].loc[find(tables, "ae", "01-004")]
    counts = rows[rows["AETERM"].isin(["Neutrophil count decreased", "Neutropenia"])]
    if counts.empty:
        add_event(
            tables, "01-004", "Neutropenia", "14-SEP-2024", RELLD="DEFINITE", ENTERED="2024-09-16 09:40:11"
        )
        number = str(tables["ae"].at[find(tables, "ae", "01-004", {"AESTDAT": "14-SEP-2024"})[-1], "AESPID"])
    else:
        number = str(counts["AESPID"].iloc[0])
    put(
        tables,
        "ae",
        "01-004",
        {"AESPID": number},
        AEGRP="NEU-1",
        AESTDAT="14-SEP-2024",
        AESTTIM="",
        AEENDAT="19-SEP-2024",
        CTCAEGR="3",
        AEOUT="NOT RECOVERED",
    )
    highest = tables["ae"].loc[find(tables, "ae", "01-004"), "AESPID"].astype("int64").max()
    copy(
        tables,
        "ae",
        "01-004",
        {"AESPID": number},
        AESPID=str(highest + 1),
        AESTDAT="19-SEP-2024",
        AEENDAT="02-OCT-2024",
        CTCAEGR="4",
        AEOUT="RECOVERED",
        ENTERED="2024-10-04 11:26:38",
    )


def death_dates(tables: Tables) -> None:
    """Three forms, three dates."""
    put(tables, "death", "02-002", DTHDAT="2024/12/19")
    put(tables, "ds", "02-002", {"DSREAS": "DEATH"}, DSDAT="2024/12/18")
    put(tables, "ae", "02-002", {"AEOUT": "死亡"}, AEENDAT="2024/12/20")


def death_partial(tables: Tables) -> None:
    """A death whose day nobody knows, and one whose day one form knows."""
    put(tables, "death", "02-005", DTHDAT="2025/7", DTHTIM="")
    put(tables, "ds", "02-005", {"DSREAS": "DEATH"}, DSDAT="2025/7")
    put(
        tables,
        "surv",
        "02-005",
        {"SSSTAT": "DEAD"},
        SSDTHDAT="2025/7",
        SSALVDAT="2025/7/11",
        SSDAT="2025/8/4",
        ENTERED="2025-08-05 10:36:14",
    )
    put(tables, "ds", "01-007", {"DSREAS": "DEATH"}, DSDAT="UN-MAY-2025")


def after_cutoff(tables: Tables) -> None:
    """An event that began after the data cut-off; the visits after it are in the design."""
    add_event(
        tables,
        "03-006",
        "Fever",
        "2026-07-05",
        AEONGO="Yes",
        AEOUT="NOT RECOVERED",
        RELCART="NOT RELATED",
        ENTERED="2026-07-08 15:03:56",
    )
