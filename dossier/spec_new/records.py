"""Entries of one raw table's columns for a domain: values, dates, check boxes, what is ongoing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from dossier.spec_new.context import Context, quoted, terms_of, yes_and_no
from dossier.spec_new.draft import FILL_IN, GUESS, Entry, Part, column, in_expression
from dossier.spec_new.findings import Tests
from dossier.spec_new.raw import RawColumn, RawTable
from dossier.spec_new.variables import Match, codelists, fragments, matches, twins
from dossier.spec_new.words import term_for, without_unit
from engine.standards import sdtm_dataset, sdtm_variable
from engine.terminology import Term, find_codelist

DAY_PARTS = ("year", "month", "day")


def part_of(context: Context, table: RawTable, domain: str, tests: Tests | None = None,
            without: Collection[str] = ()) -> Part:
    """The source a table is, with an entry for each variable that a column was found for."""
    used = set(tests.used) if tests else set()
    boxes = [] if tests else list(_boxes(table, domain, used))
    used |= {name for _, names in boxes for name in names}
    boxed = {entry.name for entry, _ in boxes}
    found = [m for m in matches(table, domain, context.styles[table.name], used)
             if m.variable not in {*without, *boxed}]
    context.matched[f"{table.name}.{domain}"] = found
    entries = [*_values(found, domain), *_dates(found, domain), *(entry for entry, _ in boxes),
               *_dose_unit(found, domain)]
    if "DM" in context.domains:
        entries += _ongoing(found, domain, "DS" in context.domains)
    part = Part(table.name, entries=[_clear(entry, entries) for entry in entries])
    made = {entry.name for entry in entries}
    if f"{domain}ENRTPT" in made:
        made.add(f"{domain}ENRF")  # a match of what goes on is noted as this one
    taken = used | {name for m in found if m.variable in made for name in twins(table, m.column.name)}
    part.unused = list(_untaken(table, taken))
    part.blank = [c.name for c in table.own if not c.filled and c.name not in taken]
    return part


def _untaken(table: RawTable, taken: Collection[str]) -> Iterable[str]:
    """The columns that nothing was made of, each with the column of its codes and its label."""
    for found in table.own:
        if found.name in taken or not found.filled or _is_code_twin(table, found.name):
            continue
        told = [found.name, *sorted(twins(table, found.name) - {found.name})]
        label = f" ({found.label})" if found.label and found.label != found.name else ""
        yield f"{' + '.join(told)}{label}"


def _clear(entry: Entry, entries: Sequence[Entry]) -> Entry:
    """``source.X`` in place of a column that has the name of another variable here."""
    others = {e.name for e in entries} - {entry.name}
    says = {key: column(value, others) if key in ("from", "time") and isinstance(value, str) else
            ([column(v, others) for v in value] if key == "date" and isinstance(value, list) else
             column(value, others) if key == "date" and isinstance(value, str) else value)
            for key, value in entry.says.items()}
    return Entry(entry.name, says, entry.note)


def _values(found: Iterable[Match], domain: str) -> Iterable[Entry]:
    for match in found:
        if match.part:
            continue
        says: dict[str, object] = {"from": match.column.name}
        told, strange = terms_of(match.column, codelists(domain, match.variable), match.variable)
        if told:
            says["map"] = told
        note = f"{GUESS}: by {match.how}"
        if strange:
            note = f"{FILL_IN}: the terms of {quoted(strange)}; {note}"
        yield Entry(match.variable, says, note)


def _dose_unit(found: Sequence[Match], domain: str) -> Iterable[Entry]:
    """The unit of a dose, where the dose's name or label states it."""
    if any(m.variable == f"{domain}DOSU" for m in found):
        return
    for match in found:
        if match.variable == f"{domain}DOSE":
            unit = without_unit(match.column.name)[1] or without_unit(match.column.label)[1]
            if unit:
                yield Entry(f"{domain}DOSU", {"constant": unit_term(unit)},
                            f"{GUESS}: behind the dose's name")


def unit_term(unit: str) -> str:
    """The term of a unit, or as it is written."""
    codelist = find_codelist("UNIT")
    found = codelist.find(unit) if codelist is not None else None
    return found.value if found is not None else unit


def _dates(found: Sequence[Match], domain: str) -> Iterable[Entry]:
    """A --DTC of each date, with the time beside it; a time alone goes with the day of the start."""
    dates = {m.variable: m for m in found if m.part == "date"}
    times = {m.variable: m for m in found if m.part == "time"}
    parts = {m.part: m.column.name for m in found if m.part in DAY_PARTS}
    start = dates.get(f"{domain}STDTC") or dates.get(f"{domain}DTC")
    for variable in dict.fromkeys([*dates, *times]):
        match = dates.get(variable)
        day = match or start
        if day is None:
            continue
        says: dict[str, object] = {"date": day.column.name}
        if variable in times:
            says["time"] = times[variable].column.name
        how = f"by {match.how}" if match else "the time by name, the day of the start"
        yield Entry(variable, says, f"{GUESS}: {how}")
    if "year" in parts and "BRTHDTC" not in dates:
        columns = [parts[p] for p in DAY_PARTS if p in parts]
        if len(columns) == 3:
            yield Entry("BRTHDTC", {"date": columns}, f"{GUESS}: by name")


def _ongoing(found: Iterable[Match], domain: str, participation: bool) -> Iterable[Entry]:
    """--ENRTPT, from what says that it goes on; --ENRF where no end of participation is known."""
    ends = {m.variable for m in found if m.part == "date"}
    for match in found:
        words = said_yes(match.column)
        if match.part != "ongoing" or not words:
            continue
        condition = f"{in_expression(match.column.name)} IN ({texts(words)})"
        note = f"{GUESS}: by {match.how}"
        if participation:
            says = {"when": condition, "term": "ONGOING", "point": "DM.RFPENDTC", "into": f"{domain}ENTPT"}
            yield Entry(f"{domain}ENRTPT", {"relative_end": says}, note)
        elif f"{domain}ENDTC" in ends:
            says = {"date": f"{domain}ENDTC", "ongoing": condition}
            yield Entry(match.variable, {"relative_to_reference": says}, note)


def said_yes(found: RawColumn) -> list[str]:
    """The texts that say yes: those there are, else the one beside the no there is, else the only text."""
    yes, no = yes_and_no(found)
    return yes or [_OTHER[word] for word in no if word in _OTHER] or ([] if no else found.distinct[:1])


_OTHER = {"N": "Y", "No": "Yes", "NO": "YES", "no": "yes", "n": "y", "0": "1", "否": "是", "False": "True"}


def texts(words: Iterable[str]) -> str:
    """Texts as an expression lists them.

    >>> texts(["Y", "it's"])
    "'Y', 'it''s'"
    """
    return ", ".join("'" + word.replace("'", "''") + "'" for word in words)


def _boxes(table: RawTable, domain: str, used: Collection[str]) -> Iterable[tuple[Entry, set[str]]]:
    """Check boxes: columns named as the variable and one of its terms, or that hold a term's text each."""
    for variable in fragments(domain).values():
        lists = codelists(domain, variable.name)
        if not lists or variable.name in table.columns:
            continue
        chosen: dict[str, RawColumn] = {}
        for found in table.own:
            rest = _rest(found.key, variable.name, domain)
            if rest is None or found.name in used or len(found.distinct) > 8:
                continue
            term = term_for(rest, lists, variable.name) if len(rest) > 2 else None
            if term is None and len(found.distinct) == 1 and len(found.distinct[0]) > 3:
                term = term_for(found.distinct[0], lists, variable.name)
            word = term.value if isinstance(term, Term) else term
            if word is not None and not _is_code_twin(table, found.name):
                chosen.setdefault(word, found)
        if len(chosen) > 1:
            yield _choose(variable.name, chosen), {n for c in chosen.values() for n in twins(table, c.name)}


def _is_code_twin(table: RawTable, name: str) -> bool:
    return len(name) > min(map(len, twins(table, name)))


def _rest(key: str, variable: str, domain: str) -> str | None:
    """What a box's name says beside the variable's (RACEASIAN, R_ASIAN: ASIAN)."""
    if key.startswith(variable) and key != variable:
        return key[len(variable):]
    if domain == "DM" and key.startswith(variable[0]) and len(key) > 4:
        return key[1:]
    return None


def _choose(variable: str, chosen: dict[str, RawColumn]) -> Entry:
    says: dict[str, object] = {"choose": {term: found.name for term, found in chosen.items()}}
    yes = list(dict.fromkeys(word for found in chosen.values() for word in yes_and_no(found)[0]))
    no = list(dict.fromkeys(word for found in chosen.values() for word in yes_and_no(found)[1]))
    if yes:
        says["ticked"] = yes
        if no:
            says["unticked"] = no
    if variable == "RACE":
        says |= {"many": "MULTIPLE", "supplemental": "RACE", "extend": {"MULTIPLE": "Multiple"}}
    return Entry(variable, says, f"{GUESS}: boxes by name and value")


def blank_topic(table: RawTable, found: Iterable[Match], topic: str) -> str | None:
    """The condition that leaves out records without what they are about, where there are any."""
    for match in found:
        if match.variable == topic and match.column.filled < table.records:
            return f"{in_expression(match.column.name)} IS NOT NULL"
    return None


def required(domain: str, have: Collection[str]) -> Iterable[Entry]:
    """Required variables that nothing makes; the build refuses them until they are filled in."""
    standard = sdtm_dataset(domain)
    for name, variable in (standard.variables.items() if standard else ()):
        if variable.core == "Req" and name not in have and name not in ("STUDYID", "DOMAIN", "USUBJID"):
            yield Entry(name, {"missing": True}, f"{FILL_IN}: Required, no column found: {variable.label}")


_DAY_LABELS = {"ST": "Study Day of Start", "EN": "Study Day of End", "": "Study Day"}


def days_of(domain: str, have: Collection[str], context: Context, epochs: bool) -> Iterable[Entry]:
    """Study days of the dates that there are, and the epoch; by the standard."""
    if "DM" not in context.domains:
        return
    for ending in ("ST", "EN", ""):
        name = f"{domain}{ending}DY"
        standard = sdtm_variable(domain, name)
        if f"{domain}{ending}DTC" in have and standard is not None:
            label = {} if standard.label else {"label": _DAY_LABELS[ending]}
            yield Entry(name, {"study_day": f"{domain}{ending}DTC", **label}, "by the standard")
    date = next((f"{domain}{e}DTC" for e in ("ST", "") if f"{domain}{e}DTC" in have), None)
    if epochs and date is not None and sdtm_variable(domain, "EPOCH") is not None:
        yield Entry("EPOCH", {"epoch": date}, "by the standard")
