"""Coded terms from a table of their own: verbatim texts with the levels of a dictionary beside them."""

from __future__ import annotations

from collections.abc import Iterable

from dossier.spec_new.context import Context
from dossier.spec_new.draft import GUESS, Entry, Part, column, in_expression
from dossier.spec_new.raw import RawTable
from dossier.spec_new.variables import named
from dossier.spec_new.words import fold
from engine.standards import sdtm_dataset

_LEVELS = ("DECOD", "LLT", "LLTCD", "PTCD", "HLT", "HLTCD", "HLGT", "HLGTCD", "SOC", "SOCCD", "BODSYS",
           "BDSYCD")
_SYSTEM = {"SOC": ("BODSYS",), "SOCCD": ("BDSYCD",)}
"""What the primary system organ class is as well, where nothing else is said."""


def coded(context: Context, parts: list[Part], domain: str) -> Iterable[Entry]:
    """--DECOD and the other levels, looked up by the verbatim term in a table of codes.

    The table has no subjects; its verbatim column is the one most of whose
    texts the domain reports.
    """
    topic = f"{domain}TERM"
    says = [e.says.get("from") for p in parts for e in p.entries if e.name == topic]
    if not says or any(e.name == f"{domain}DECOD" for p in parts for e in p.entries):
        return
    reported = {fold(v) for p in parts for table in context.tables if table.name == p.table
                for name in says if str(name) in table.columns for v in table.columns[str(name)].distinct}
    for table in context.tables:
        if table.first("subject") is not None:
            continue
        levels = _levels(table, domain)
        verbatim = _verbatim(table, reported, set(levels.values()))
        if f"{domain}DECOD" in levels and verbatim is not None:
            decod = levels.pop(f"{domain}DECOD")
            into = {name: in_expression(found) for name, found in levels.items()}
            lookup = {"in": table.name, "match": {column(verbatim): topic}, "fold": True,
                      "take": in_expression(decod)}
            yield Entry(f"{domain}DECOD", {"lookup": {**lookup, **({"into": into} if into else {})}},
                        f"{GUESS}: by the values of {table.name}")
            return


def _levels(table: RawTable, domain: str) -> dict[str, str]:
    """The levels of the dictionary by variable."""
    standard = sdtm_dataset(domain)
    found: dict[str, str] = {}
    for raw in table.columns.values():
        for variable, part, _ in named(raw.key, domain):
            if not part and standard is not None and variable in standard.variables:
                found.setdefault(variable, raw.name)
    levels = {f"{domain}{w}": found[f"{domain}{w}"] for w in _LEVELS if f"{domain}{w}" in found}
    for primary, others in _SYSTEM.items():
        for other in others:
            if f"{domain}{primary}" in levels:
                levels.setdefault(f"{domain}{other}", levels[f"{domain}{primary}"])
    return levels if len(levels) > 2 else {}


def _verbatim(table: RawTable, reported: set[str], levels: set[str]) -> str | None:
    shares = {raw.name: len(reported & {fold(v) for v in raw.distinct}) / max(len(reported), 1)
              for raw in table.columns.values() if raw.name not in levels}
    best = max(shares, key=lambda name: shares[name], default=None)
    return best if best is not None and shares[best] >= 0.5 else None
