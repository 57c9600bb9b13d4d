"""Which domain a raw table is likely to be for: by its name, by its columns, by its tests."""

from __future__ import annotations

from collections.abc import Mapping

from dossier.spec_new.findings import TEST_NAMES, find_tests
from dossier.spec_new.raw import RawTable
from dossier.spec_new.times import Style
from dossier.spec_new.variables import matches, named
from dossier.spec_new.words import NO_DOMAIN, domain_words
from engine.standards import sdtm_dataset, sdtm_names

ENOUGH = 2.5
_FIRST = ("AE", "EX", "CM", "MH", "DS", "LB", "VS", "PR", "PC")
"""What a form is more often, where nothing else decides."""


def assign_domains(tables: list[RawTable], styles: Mapping[str, Style]) -> None:
    """Give each table its most likely domain, or none."""
    for table in tables:
        scores = scored(table, styles[table.name])
        best = max(scores, key=lambda name: (round(scores[name], 1), -_rank(name)), default=None)
        table.domain = best if best is not None and scores[best] >= ENOUGH else None


def _rank(name: str) -> int:
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)


def scored(table: RawTable, style: Style) -> dict[str, float]:
    """How much speaks for each domain; a name alone, without a column of it, says nothing."""
    if table.first("subject") is None:
        return {}
    found = {}
    for name in sdtm_names():
        if name in NO_DOMAIN or name == "SV":
            continue
        columns = _columns(table, name, style)
        if columns:
            found[name] = columns + _named(table, name)
    return found | _visits(table) | _concentrations(table)


def _columns(table: RawTable, domain: str, style: Style) -> float:
    standard = sdtm_dataset(domain)
    assert standard is not None
    tests = find_tests(table, domain)
    points = min(0.6 * len(tests.codes), 3.0) if len(tests.codes) > 1 or tests.long else 0.0
    if tests.long and tests.texts:
        points += 1.5
    found = [m for m in matches(table, domain, style, tests.used) if m.variable in standard.variables]
    if domain == "DM":
        names = [c.name for role in ("site", "subject") if (c := table.first(role)) is not None]
        once = not table.frame[names].duplicated().any()
        known = {m.variable for m in found} & {"SEX", "RACE", "ETHNIC", "AGE", "BRTHDTC", "COUNTRY"}
        return 1.5 * len(known) if once and len(known) > 1 else 0.0
    topic = {"Events": "TERM", "Interventions": "TRT"}.get(standard.cls, "")
    sure = sum(m.score for m in found if m.score > 0.5)
    has_topic = any(m.variable == f"{domain}{topic}" for m in found)
    if not points and not sure:
        return 0.0
    letters = [c.key.startswith(domain) for c in table.own]
    own = any(m.score > 0.8 for m in found)
    most = 2.0 if own and len(letters) > 1 and sum(letters) >= 0.6 * len(letters) else 0.0
    return points + min(0.5 * sure, 4.0) + (0.7 if has_topic else 0.0) + most


def _named(table: RawTable, domain: str) -> float:
    points, letters = 0.0, domain.lower()
    if letters in table.words:
        points += 4.0
    elif any(word.startswith(letters) and len(word) <= 4 for word in table.words[:1]):
        points += 1.5
    return points + 2.0 * sum(domain_words().get(word) == domain for word in table.words)


def _visits(table: RawTable) -> dict[str, float]:
    """A table of visits: a visit and its date, and little else."""
    named = any(domain_words().get(word) == "SV" or word == "sv" for word in table.words)
    dated = table.first("visitdate") is not None and table.first("visit") is not None
    return {"SV": 4.0} if dated and named else {}


def _concentrations(table: RawTable) -> dict[str, float]:
    """Results of one thing at time points, with a limit of quantification: concentrations."""
    keys = {column.key for column in table.own}
    several = keys & TEST_NAMES
    alone = {"LLOQ", "RESULT"} <= keys and bool(keys & {"TIMEPOINT", "TPT", "PCTPT"}) and not several
    samples = [c for c in table.own if any(variable == "PCREFID" for variable, _, _ in named(c.key, "PC"))]
    once = all(len(c.counts) >= 0.8 * table.records for c in samples)
    return {"PC": 4.0} if alone and once else {}
