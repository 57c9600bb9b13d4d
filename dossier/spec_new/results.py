"""Findings: the tests of a raw table as its source says them, and what every domain with tests has."""

from __future__ import annotations

from collections.abc import Iterable

from dossier.spec_new.context import Context, quoted, terms_of, yes_and_no
from dossier.spec_new.draft import FILL_IN, GUESS, Draft, Entry, Part, column, in_expression
from dossier.spec_new.findings import Tests, by_role, find_tests
from dossier.spec_new.raw import RawTable
from dossier.spec_new.records import part_of, texts, unit_term
from dossier.spec_new.variables import codelists
from engine.numbers import known_conversion, unit_key
from engine.standards import sdtm_dataset, sdtm_variable

_BY_TEST = ("TESTCD", "TEST", "ORRES", "ORRESU", "ORNRLO", "ORNRHI", "STAT")


def findings_part(table: RawTable, domain: str, context: Context) -> Part:
    """The source a table is, with its tests."""
    tests = find_tests(table, domain)
    if domain == "PC" and not tests.codes:
        tests = _one_analyte(table, domain)
    without = [f"{domain}{name}" for name in _BY_TEST] if tests.codes else [f"{domain}STAT"]
    part = part_of(context, table, domain, tests, without)
    if tests.codes:
        split = _needs_ranges(table, tests)
        _say_tests(part, table, tests, split)
        if split:
            part.entries += _ranges(domain, tests)
    part.entries += _not_done(part, table, domain)
    return part


def _not_done(part: Part, table: RawTable, domain: str) -> list[Entry]:
    """Tests that were not done, by the answer whether the form's assessment was performed."""
    for raw in table.own:
        answers = yes_and_no(raw)[1] if raw.key.endswith("PERF") else []
        if not answers or "long" in part.keys or sdtm_variable(domain, f"{domain}STAT") is None:
            continue
        part.unused = [told for told in part.unused if told.split(" ")[0] != raw.name]
        when, note = f"{in_expression(raw.name)} IN ({texts(answers)})", f"{GUESS}: by name"
        if "tests" not in part.keys:
            return [Entry(f"{domain}STAT", {"case": {when: "NOT DONE"}}, note)]
        part.keys["not_done"], part.notes["not_done"] = {"when": when, "each": True}, note
        return [Entry("_DONE", {"test": "not_done"}, note),
                Entry(f"{domain}STAT", {"case": {"_DONE = 'Y'": "NOT DONE"}}, note)]
    return []


def _numeric(table: RawTable, name: str) -> bool:
    values = table.columns[name].distinct[:100]
    return sum(value[:1].isdigit() for value in values) > 0.5 * len(values)


def _one_analyte(table: RawTable, domain: str) -> Tests:
    found = Tests()
    columns = {role: c.name for role in ("result", "unit") if (c := by_role(table, domain, role)) is not None}
    if "result" in columns:
        found.wide["ANALYTE"] = columns
        found.used = set(columns.values())
    return found


def _say_tests(part: Part, table: RawTable, tests: Tests, split: bool) -> None:
    """``tests`` with their standard units, and ``long`` where there is a record a test."""
    said: dict[str, dict[str, object]] = {}
    if tests.long:
        part.keys["long"] = {role: column(name) for role, name in tests.long.items()}
        part.notes["long"] = f"{GUESS}: by name"
        if tests.strange:
            part.notes["long"] = f"{FILL_IN}: tests for {quoted(tests.strange)}, or 'others: drop'"
        for code, texts in tests.texts.items():
            said[code] = {} if texts == [code] else {"is": texts[0] if len(texts) == 1 else texts}
    for code, columns in tests.wide.items():
        said[code] = {role: column(name) for role, name in columns.items() if role != "range"}
        if "range" in columns and split:
            said[code]["columns"] = {"range": column(columns["range"])}
        if code in tests.units:
            said[code]["values"] = {"unit": tests.units[code]}
        elif "unit" not in columns and _numeric(table, columns["result"]):
            part.notes[f"tests.{code}"] = "no unit was found"
        if code == "ANALYTE":
            said[code]["name"] = "Analyte"
            part.notes["tests.ANALYTE"] = f"{FILL_IN}: code and name of what {columns['result']} measures"
    for code, test in said.items():
        unit, strange = _standard_unit(table, tests, code)
        if unit:
            test["standard"] = unit
        if strange:
            part.notes[f"tests.{code}"] = f"{FILL_IN}: 'convert', the ways to {unit} from {quoted(strange)}"
    part.keys["tests"] = said
    part.notes["tests"] = f"{GUESS}: by name"


def _standard_unit(table: RawTable, tests: Tests, code: str) -> tuple[str, list[str]]:
    """The unit that results of a test are collected in; where several do not lead to one, all of them."""
    if code in tests.units:
        return unit_term(tests.units[code]), []
    if code in tests.wide:
        name = tests.wide[code].get("unit")
        values = table.columns[name].distinct if name else []
    else:
        name = tests.long.get("unit")
        rows = table.frame[tests.long["test"]].isin(tests.texts[code])
        values = [str(v) for v in table.frame.loc[rows, name].value_counts().index] if name else []
    if not values:
        return "", []
    best = unit_term(values[0])
    return best, [v for v in values
                  if unit_key(unit_term(v)) != unit_key(best) and known_conversion(v, best) is None]


def _needs_ranges(table: RawTable, tests: Tests) -> bool:
    """Whether limits stand in one column as text (3.5-9.5) where they do not stand in two."""
    for columns in tests.wide.values():
        if "range" in columns:
            limits = [columns[role] for role in ("low", "high") if role in columns]
            if (table.frame[columns["range"]].notna() & table.frame[limits].isna().all(axis="columns")).any():
                return True
    return False


def _ranges(domain: str, tests: Tests) -> Iterable[Entry]:
    """Limits from the text of a range, where no others are given."""
    low, high, note = f"{domain}ORNRLO", f"{domain}ORNRHI", f"{GUESS}: by name"
    yield Entry("_RANGE", {"test": "range"}, note)
    if not {"low", "high"} & tests.roles():
        yield Entry(low, {"split_range": "_RANGE", "into": high}, note)
        return
    yield Entry("_NRLO", {"split_range": "_RANGE", "into": "_NRHI"}, note)
    for name, role, other in ((low, "low", "_NRLO"), (high, "high", "_NRHI")):
        yield Entry(f"_{role.upper()}", {"test": role}, note)
        yield Entry(name, {"expression": f"COALESCE(_{role.upper()}, {other})"}, note)


def say_results(draft: Draft, domain: str, context: Context) -> None:
    """What every findings domain with tests has: codes, results as collected and as standard, flags.

    What comes of the tests stands in the sources where one of them has none.
    """
    tests = [part for part in draft.parts if "tests" in part.keys]
    if not tests:
        if f"{domain}ORRES" in draft.names() and f"{domain}STRESC" not in draft.names():
            draft.entries.append(Entry(f"{domain}STRESC", {"from": f"{domain}ORRES"}, "by the standard"))
            draft.entries += _last_before(draft, domain, context)
        return
    roles = _roles_of(tests)
    whole = len(tests) == len(draft.parts)
    made = {entry.name for part in draft.parts for entry in part.entries}
    for name, role in (("TESTCD", "code"), ("TEST", "name"), ("ORRES", "result"), ("ORRESU", "unit"),
                       ("ORNRLO", "low"), ("ORNRHI", "high")):
        entry = Entry(f"{domain}{name}", {"test": role}, "by the standard")
        if role == "unit":
            entry = _unit_entry(entry, tests, domain, context)
        if role not in {"code", "name", "result"} | roles:
            continue
        if whole and entry.name not in made:
            draft.entries.append(entry)
        else:
            for part in tests:
                if role not in {"code", "name", "result"} | _roles_of([part]):
                    continue
                if entry.name not in {*(e.name for e in part.entries), *_into(part.entries)}:
                    part.entries.append(entry)
    draft.entries += _standard_results(draft, domain, roles, context)


def _unit_entry(entry: Entry, parts: list[Part], domain: str, context: Context) -> Entry:
    """The collected unit, with a map for spellings that are no terms."""
    tables = {table.name: table for table in context.tables}
    lists = codelists(domain, entry.name)
    told: dict[str, str] = {}
    strange: list[str] = []
    for part in parts:
        columns = {str(_mapping(test).get("unit", "")) for test in _mapping(part.keys["tests"]).values()}
        columns.add(str(_mapping(part.keys.get("long", {})).get("unit", "")))
        units = {str(_mapping(test).get("standard", "")) for test in _mapping(part.keys["tests"]).values()}
        units = {unit for unit in units if any(unit in known for known in lists)}
        for name in sorted(columns & set(tables[part.table].columns)):
            mapped, rest = terms_of(tables[part.table].columns[name], lists, entry.name)
            told |= mapped
            for value in rest:
                same = next((u for u in sorted(units) if _same_unit(value, u)), None)
                if same is not None:
                    told[value] = same
                elif value not in strange:
                    strange.append(value)
    note = f"{FILL_IN}: the terms of {quoted(strange)}; {entry.note}" if strange else entry.note
    return Entry(entry.name, {**entry.says, **({"map": told} if told else {})}, note)


def _same_unit(one: str, other: str) -> bool:
    """Whether two texts are one unit, spelled in two ways."""
    way = known_conversion(one, other)
    plain = way is not None and way.times == 1 and not way.minus and not way.plus
    return plain or unit_key(one) == unit_key(other)


def _into(entries: Iterable[Entry]) -> set[str]:
    return {str(e.says["into"]) for e in entries if isinstance(e.says.get("into"), str)}


def _standard_results(draft: Draft, domain: str, roles: set[str], context: Context) -> Iterable[Entry]:
    note = "by the standard"
    into = {"number": f"{domain}STRESN"}
    collected = {"result": f"{domain}ORRES"}
    if "unit" in roles:
        collected["unit"], into["unit"] = f"{domain}ORRESU", f"{domain}STRESU"
    limits = "low" in roles or "range" in roles
    if limits and "unit" in roles and sdtm_variable(domain, f"{domain}STNRLO") is not None:
        collected |= {"low": f"{domain}ORNRLO", "high": f"{domain}ORNRHI"}
        into |= {"low": f"{domain}STNRLO", "high": f"{domain}STNRHI"}
    yield Entry(f"{domain}STRESC", {"standardise": collected, "into": into}, note)
    if limits and sdtm_variable(domain, f"{domain}NRIND") is not None:
        yield Entry(f"{domain}NRIND", {"range_indicator": {
            "value": f"{domain}ORRES", "low": f"{domain}ORNRLO", "high": f"{domain}ORNRHI",
            "text": f"{domain}ORRES"}}, note)
    yield from _last_before(draft, domain, context)


def _last_before(draft: Draft, domain: str, context: Context) -> Iterable[Entry]:
    standard = sdtm_dataset(domain)
    if {"EX", "DM"} <= set(context.domains) and standard and f"{domain}LOBXFL" in standard.variables \
            and f"{domain}DTC" in draft.names():
        yield Entry(f"{domain}LOBXFL", {"last_before": {
            "date": f"{domain}DTC", "by": ["USUBJID", f"{domain}TESTCD"]}}, "by the standard")


def _roles_of(parts: Iterable[Part]) -> set[str]:
    found: set[str] = set()
    for part in parts:
        for test in _mapping(part.keys["tests"]).values():
            found |= set(_mapping(test)) | set(_mapping(_mapping(test).get("columns", {})))
            found |= set(_mapping(_mapping(test).get("values", {})))
        found |= set(_mapping(part.keys.get("long", {})))
    return found


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
