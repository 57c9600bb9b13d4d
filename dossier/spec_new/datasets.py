"""The files of the domains: events, interventions, visits, and findings with their tests."""

from __future__ import annotations

from collections.abc import Iterable

from dossier.spec_new.context import Context
from dossier.spec_new.dictionary import coded
from dossier.spec_new.draft import GUESS, Draft, Entry, Part, column, in_expression
from dossier.spec_new.raw import RawTable
from dossier.spec_new.records import blank_topic, days_of, part_of, required
from dossier.spec_new.results import findings_part, say_results
from engine.standards import sdtm_dataset, sdtm_variable

_TOPICS = {"Events": "TERM", "Interventions": "TRT", "Findings": "TESTCD"}


def draft_of(domain: str, tables: list[RawTable], context: Context, *, epochs: bool) -> Draft:
    """One domain's file but DM's, from all the tables that are for it."""
    standard = sdtm_dataset(domain)
    assert standard is not None
    if standard.cls == "Findings":
        parts = [findings_part(table, domain, context) for table in tables]
    else:
        parts = [_records_part(table, domain, context) for table in tables]
        if domain == "DS":
            parts += _consents(context, {table.name for table in tables})
    draft = Draft(domain, [], parts)
    if standard.cls == "Findings":
        say_results(draft, domain, context)
    if domain == "AE":
        draft.entries += coded(context, parts, domain)
    draft.entries += _visit_entries(draft, domain, tables, context)
    draft.keys = _keys(domain, draft.names(), standard.cls)
    order = [name for name in draft.keys if name not in ("STUDYID", "USUBJID")]
    if sdtm_variable(domain, f"{domain}SEQ") is not None and f"{domain}SEQ" in standard.variables:
        draft.entries.append(Entry(f"{domain}SEQ", {"sequence": order or ["USUBJID"]}, "by the standard"))
    draft.entries += required(domain, draft.names())
    _complete(draft, domain)
    draft.entries += days_of(domain, draft.names(), context, epochs)
    return draft


def _complete(draft: Draft, domain: str) -> None:
    """Of several sources each has the Required variables that another one has."""
    common = {entry.name for entry in draft.entries}
    for part in draft.parts if len(draft.parts) > 1 else ():
        part.entries += required(domain, common | {entry.name for entry in part.entries})


def _records_part(table: RawTable, domain: str, context: Context) -> Part:
    part = part_of(context, table, domain)
    found = context.matched[f"{table.name}.{domain}"]
    standard = sdtm_dataset(domain)
    topic = f"{domain}{_TOPICS.get(standard.cls if standard else '', 'TERM')}"
    names = {entry.name for entry in part.entries}
    if domain == "DS":
        part.entries += list(_dispositions(part, names))
    condition = blank_topic(table, found, topic)
    if condition is not None and domain != "DS":
        part.keys["where"] = condition
        part.notes["where"] = f"{GUESS}: a record without {topic} says nothing"
    return part


def _dispositions(part: Part, names: set[str]) -> Iterable[Entry]:
    """DSCAT, and DSTERM from the column of DSDECOD where there is no other."""
    says = next((entry.says for entry in part.entries if entry.name == "DSDECOD"), None)
    term = next((entry for entry in part.entries if entry.name == "DSTERM"), None)
    if says is not None and (term is None or "from" in term.says):
        both = [str(e["from"]) for e in (term.says if term else {}, says) if "from" in e]
        if term is not None:
            part.entries.remove(term)
        names_ = ", ".join(in_expression(name) for name in both)
        yield Entry("DSTERM", {"from": both[0]} if len(both) == 1 else {"expression": f"COALESCE({names_})"},
                    f"{GUESS}: as specified, else the reason")
    if "DSCAT" not in names:
        yield Entry("DSCAT", {"constant": "DISPOSITION EVENT"}, GUESS)


def _consents(context: Context, used: set[str]) -> list[Part]:
    """Informed consent as a protocol milestone, from a form of its own (SDTMIG 3.4, section 6.2.5, DS)."""
    found = []
    for table in context.tables:
        dates = {m.part: m.column.name for m in context.matched.get(f"{table.name}.DM", ())
                 if m.variable == "RFICDTC"}
        if table.domain is None and table.name not in used and "date" in dates:
            says = {"date": dates["date"], **({"time": dates["time"]} if "time" in dates else {})}
            note = f"{GUESS}: a form of consent"
            found.append(Part(table.name, entries=[
                Entry("DSTERM", {"constant": "INFORMED CONSENT OBTAINED"}, note),
                Entry("DSDECOD", {"constant": "INFORMED CONSENT OBTAINED"}, note),
                Entry("DSCAT", {"constant": "PROTOCOL MILESTONE"}, note), Entry("DSSTDTC", says, note)]))
    return found


def _visit_entries(draft: Draft, domain: str, tables: list[RawTable], context: Context) -> Iterable[Entry]:
    """VISITNUM and VISIT, where every table has the same column of visits."""
    standard = sdtm_dataset(domain)
    names = {context.visits.columns.get(table.name) for table in tables}
    if standard is None or "VISITNUM" not in standard.variables or len(names) != 1 or None in names \
            or not context.visits.planned or len(draft.parts) != len(tables):
        return
    says: dict[str, object] = {"visit": column(str(names.pop()), ["VISIT", "VISITNUM", *draft.names()])}
    date = next((f"{domain}{e}DTC" for e in ("", "ST") if f"{domain}{e}DTC" in draft.names()), None)
    if date is not None:
        says["date"] = date
    for name in ("VISITNUM", "VISIT"):
        yield Entry(name, says, f"{GUESS}: by name")


def _keys(domain: str, names: set[str], cls: str) -> list[str]:
    """Variables that usually tell a domain's records apart."""
    categories = ("CAT", "SCAT") if domain == "DS" or cls == "Findings" else ()
    wanted = ["STUDYID", "USUBJID",
              *(f"{domain}{n}" for n in (*categories, "TERM", "TRT", "DECOD", "TESTCD", "SPEC")),
              *(["VISITNUM"] if domain == "SV" or cls == "Findings" else []),
              *(f"{domain}{n}" for n in ("STDTC", "DTC", "TPT", "SPID", "REFID"))]
    kept = [name for name in wanted if name in names or name in ("STUDYID", "USUBJID")]
    if f"{domain}TERM" in kept and f"{domain}DECOD" in kept:
        kept.remove(f"{domain}DECOD")
    return kept

