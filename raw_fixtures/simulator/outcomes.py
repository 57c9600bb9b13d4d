"""What became of the subjects: response, disposition, death, survival, and the visits themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .draws import Bools, Floats, Text
from .schedule import LABELS, MONTHLY, VISITS, Chunk
from .text import BLANK_TIME, dates, form, numbers, times, yes_no

ASSESSED = ("SCR", "D28", "M2", "M3", "M6", "M9", "M12", "M18", "M24")


def visits_form(chunk: Chunk) -> pd.DataFrame:
    """visits.csv"""
    visits = chunk.visits
    sub = visits["sub"].to_numpy()
    when = chunk.at(sub, visits["day"].to_numpy())
    return form(
        chunk.subjects,
        sub,
        when,
        chunk.draws.stream("visits form"),
        {
            "VISIT": visits["VISIT"],
            "VISLBL": visits["VISIT"].map(LABELS),
            "VISDAT": dates(when, chunk.site(sub)),
            "VISTYPE": np.where(visits["ONSITE"], "ON SITE", "PHONE"),
            "VISREAS": visits["WHY"],
        },
    )


def assessment(chunk: Chunk) -> pd.DataFrame:
    """da.csv: blasts and MRD follow the subject's response and relapse."""
    s = chunk.draws.stream("da")
    visits = chunk.held(*ASSESSED, unscheduled="Suspected relapse")
    sub, day = visits["sub"].to_numpy(), visits["day"].to_numpy()
    n, rows, site, when = len(sub), chunk.rows(sub), chunk.site(sub), chunk.at(sub, day)
    screening = (visits["VISIT"] == "SCR").to_numpy()
    back = day >= rows["relapse"].to_numpy() - 3
    first = rows["response"].to_numpy(dtype=object)
    late = (first == "CRi") & (day > 70)
    answer = np.select([screening, back, late], ["", "RELAPSE", "CR"], first).astype(object)
    diseased = screening | back | (answer == "NR")
    blast = np.where(diseased, s.uniform(n, 18.0, 92.0), s.uniform(n, 0.0, 3.4))
    clear = ~diseased & s.flag(n, 0.88)
    mrd = np.where(diseased, blast * s.uniform(n, 0.75, 1.05), s.uniform(n, 0.011, 0.3))
    return form(
        chunk.subjects,
        sub,
        when,
        s,
        {
            "VISIT": visits["VISIT"],
            "DADAT": dates(when, site),
            "BLAST": _limited(blast, 1.0, "<1"),
            "MRD": np.where(clear, "<0.01", np.where(diseased, numbers(mrd, 0), numbers(mrd, 2))),
            "MRDRES": np.where(clear, "NEGATIVE", "POSITIVE"),
            "EMD": yes_no(diseased & s.flag(n, 0.25), site),
            "RESP": answer,
        },
    )


def _limited(values: Floats, limit: float, below: str) -> Text:
    return np.where(values < limit, below, np.where(values >= 10, numbers(values, 0), numbers(values, 1)))


def completed(subjects: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Subjects whose last planned visit has taken place end the study with it."""
    out, found = subjects.copy(), visits[visits["VISIT"] == "M24"]
    sub = found["sub"].to_numpy()
    done = sub[out["reason"].to_numpy()[sub] == ""]
    # Only at the export does a subject leave; a visit between cut-off and export has no form yet.
    day = np.full(len(out), np.nan)
    day[sub] = found["day"].to_numpy()
    done = done[(day[done] + 30 <= out["last"].to_numpy()[done])]
    reason, end = out["reason"].to_numpy(dtype=object).copy(), out["end"].to_numpy().copy()
    reason[done], end[done] = "COMPLETED", day[done]
    out["reason"], out["end"] = reason, end
    out["last"] = np.where(reason == "COMPLETED", end, out["last"].to_numpy())
    return out


def disposition(chunk: Chunk) -> pd.DataFrame:
    """ds.csv"""
    subjects, n = chunk.subjects, chunk.n
    fate, end = subjects["fate"].to_numpy(dtype=object), subjects["end"].to_numpy()
    screened, d28 = chunk.day_of("SCR") + 3, chunk.day_of("D28")
    reason = subjects["reason"].to_numpy(dtype=object)
    gone = ~np.isnan(end)
    not_treated = np.isin(fate, ["NEVER", "LDONLY"])
    blocks = [
        _phase(
            "SCREENING",
            fate == "SF",
            screened,
            np.full(n, "SCREEN FAILURE", dtype=object),
            np.full(n, "", dtype=object),
        ),
        _phase(
            "TREATMENT",
            not_treated,
            np.where(fate == "NEVER", -8.0, 0.0),
            np.where(fate == "NEVER", "OTHER", "ADVERSE EVENT"),
            np.where(fate == "NEVER", "Product out of specification", "Sepsis after lymphodepletion"),
        ),
        _phase(
            "TREATMENT",
            ~np.isnan(d28),
            d28,
            np.full(n, "COMPLETED", dtype=object),
            np.full(n, "", dtype=object),
        ),
        _phase("STUDY", gone, end, reason, np.where(reason == "OTHER", "Not treated", "")),
    ]
    table = pd.concat(blocks, ignore_index=True).sort_values(["sub", "day"], kind="stable")
    sub = table["sub"].to_numpy()
    when = chunk.at(sub, table["day"].to_numpy())
    return form(
        subjects,
        sub,
        when,
        chunk.draws.stream("ds"),
        {
            "DSSPID": table.groupby("sub").cumcount() + 1,
            "DSPHASE": table["phase"],
            "DSREAS": table["reason"],
            "DSSPEC": table["more"],
            "DSDAT": dates(when, chunk.site(sub)),
        },
    )


def _phase(phase: str, who: Bools, day: Floats, reason: Text, more: Text) -> pd.DataFrame:
    sub = np.flatnonzero(who)
    return pd.DataFrame(
        {"sub": sub, "phase": phase, "day": day[sub], "reason": reason[sub], "more": more[sub]}
    )


def deaths(chunk: Chunk) -> pd.DataFrame:
    """death.csv"""
    subjects, s = chunk.subjects, chunk.draws.stream("death")
    sub = np.flatnonzero((subjects["reason"] == "DEATH").to_numpy())
    minute = np.where(s.flag(chunk.n, 0.4), s.integers(chunk.n, 0, 1439), BLANK_TIME)[sub]
    cause = subjects["cause"].to_numpy(dtype=object)[sub]
    disease = cause == "DISEASE PROGRESSION"
    when = chunk.at(sub, subjects["end"].to_numpy()[sub])
    return form(
        subjects,
        sub,
        when,
        s,
        {
            "DTHDAT": dates(when, chunk.site(sub)),
            "DTHTIM": times(minute, chunk.site(sub)),
            "DTHCAUS": cause,
            "DTHSP": np.where(disease, "T-ALL, refractory", "Fungal pneumonia"),
            "DTHREL": np.where(
                disease,
                np.where(chunk.site(sub) == "02", "无关", "NOT RELATED"),
                np.where(chunk.site(sub) == "02", "可能有关", "POSSIBLE"),
            ),
        },
    )


def survival(chunk: Chunk) -> pd.DataFrame:
    """surv.csv: a line at each visit from month 2 on, and a last one after a death or a loss."""
    s, subjects = chunk.draws.stream("surv"), chunk.subjects
    visits = chunk.visits[chunk.visits["VISIT"].isin(MONTHLY)]
    alive = pd.DataFrame(
        {
            "sub": visits["sub"],
            "VISIT": visits["VISIT"],
            "day": visits["day"].astype("float64"),
            "status": "ALIVE",
            "method": np.where(visits["ONSITE"], "VISIT", "PHONE"),
        }
    )
    end, reason = subjects["end"].to_numpy(), subjects["reason"].to_numpy(dtype=object)
    sub = np.flatnonzero(np.isin(reason, ["DEATH", "LOST TO FOLLOW-UP"]))
    died = reason[sub] == "DEATH"
    day = end[sub] + np.where(died, s.integers(chunk.n, 1, 6)[sub], 0)
    due = np.asarray([visit.nominal for visit in VISITS if visit.code in MONTHLY])
    code = np.asarray(MONTHLY, dtype=object)[np.minimum(np.searchsorted(due + 8, day), len(due) - 1)]
    last = pd.DataFrame(
        {
            "sub": sub,
            "VISIT": code,
            "day": day,
            "status": np.where(died, "DEAD", "UNKNOWN"),
            "method": "PHONE",
        }
    )
    table = (
        pd.concat([alive, last], ignore_index=True)
        .sort_values(["sub", "day"], kind="stable")
        .reset_index(drop=True)
    )
    who, status = table["sub"].to_numpy(), table["status"].to_numpy(dtype=object)
    alive_day = np.select(
        [status == "DEAD", status == "UNKNOWN"],
        [end[who] - 1, table["day"].to_numpy() - 45],
        table["day"].to_numpy(),
    )
    site, when = chunk.site(who), chunk.at(who, table["day"].to_numpy())
    return form(
        subjects,
        who,
        when,
        s,
        {
            "VISIT": table["VISIT"],
            "SSDAT": dates(when, site),
            "SSMETH": table["method"],
            "SSSTAT": status,
            "SSALVDAT": dates(chunk.at(who, alive_day), site),
            "SSDTHDAT": dates(chunk.at(who, np.where(status == "DEAD", end[who], np.nan)), site),
        },
    )
