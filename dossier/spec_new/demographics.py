"""The file of DM: the demographic form, and dates and arms that stand in other forms."""

from __future__ import annotations

from collections.abc import Iterable

from dossier.spec_new.context import Context
from dossier.spec_new.draft import GUESS, Draft, Entry, column, in_expression
from dossier.spec_new.raw import RawTable
from dossier.spec_new.records import days_of, part_of, required
from dossier.spec_new.variables import Match, matches

_ELSEWHERE = ("RFICDTC", "DTHDTC", "ARMCD", "ARM", "ACTARMCD", "ACTARM")
_SURE = 0.7


def draft_demographics(table: RawTable, context: Context, others: dict[str, Draft]) -> Draft:
    """DM of one table, with a record a subject."""
    part = part_of(context, table, "DM")
    draft = Draft("DM", ["STUDYID", "USUBJID"], [part])
    subjects = context.subjects
    if subjects is not None:
        own = {subjects.site, subjects.subject} - {None}
        if own <= set(table.columns):
            draft.entries += _identifiers(context)
    draft.entries += _elsewhere(table, context, draft.names())
    draft.entries += _reference(draft.names(), others)
    names = draft.names()
    if "AGE" in names and "AGEU" not in names:
        draft.entries.append(Entry("AGEU", {"case": {"AGE IS NOT NULL": "YEARS"}}, GUESS))
    if "DTHDTC" in names:
        draft.entries.append(Entry("DTHFL", {"case": {"DTHDTC IS NOT NULL": "Y"}}, "by the standard"))
    draft.entries += required("DM", draft.names())
    draft.entries += days_of("DM", draft.names(), context, False)
    return draft


def _identifiers(context: Context) -> Iterable[Entry]:
    subjects = context.subjects
    assert subjects is not None
    note = f"{GUESS}: by name"
    if subjects.site is None:
        yield Entry("SUBJID", {"from": column(subjects.subject, ["SITEID"])}, note)
    else:
        names = [in_expression(name, ["SITEID", "SUBJID"]) for name in (subjects.site, subjects.subject)]
        whole = " || '-' || ".join(names)
        yield Entry("SUBJID", {"expression": whole}, f"{GUESS}: the number alone is not unique")
    if subjects.site_column is not None:
        yield Entry("SITEID", {"from": column(subjects.site_column, ["SUBJID"])}, note)


def _elsewhere(own: RawTable, context: Context, have: set[str]) -> Iterable[Entry]:
    """Consent, death and arm, which often have a form of their own."""
    found: dict[str, list[tuple[RawTable, dict[str, Match]]]] = {}
    for table in context.tables:
        if table is own or table.first("subject") is None:
            continue
        every = matches(table, "DM", context.styles[table.name])
        context.matched[f"{table.name}.DM"] = every
        for variable in _ELSEWHERE:
            parts = {m.part: m for m in every if m.variable == variable and m.score >= _SURE}
            if ("date" if variable.endswith("DTC") else "") in parts:
                found.setdefault(variable, []).append((table, parts))
    for variable, places in found.items():
        if variable not in have:
            yield Entry(variable, _taken(variable, places), f"{GUESS}: by name")


def _taken(variable: str, places: list[tuple[RawTable, dict[str, Match]]]) -> dict[str, object]:
    dates = [{"in": table.name, "value": in_expression(parts["date"].column.name),
              **({"time": in_expression(parts["time"].column.name)} if "time" in parts else {})}
             for table, parts in places if "date" in parts]
    if variable == "RFICDTC":
        return {"earliest": dates[0] if len(dates) == 1 else dates}
    if dates:
        return {"agree": dates, "conflict": "keep"} if len(dates) > 1 else {"earliest": dates[0]}
    table, parts = places[0]
    return {"pick": {"in": table.name, "value": in_expression(parts[""].column.name)}}


def _reference(have: set[str], others: dict[str, Draft]) -> Iterable[Entry]:
    """First and last treatment, the reference period they make, and the end of participation."""
    exposure = others.get("EX")
    names = exposure.names() if exposure is not None else set()
    if "EXSTDTC" in names:
        end = "EX.EXENDTC" if "EXENDTC" in names else "EX.EXSTDTC"
        for name, says in (("RFXSTDTC", {"earliest": "EX.EXSTDTC"}), ("RFXENDTC", {"latest": end}),
                           ("RFSTDTC", {"from": "RFXSTDTC"}), ("RFENDTC", {"from": "RFXENDTC"})):
            if name not in have:
                yield Entry(name, says, f"{GUESS}: the treatment of EX")
    disposition = others.get("DS")
    if disposition is not None and "DSSTDTC" in disposition.names() and "RFPENDTC" not in have:
        yield Entry("RFPENDTC", {"latest": "DS.DSSTDTC"}, f"{GUESS}: the last disposition event")
