"""The published tables, read from the package data once."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources

from engine.standards.models import StandardVariable

STEP = 1000  # between the orders of listed variables; variables not listed go between


@cache
def read(name: str) -> tuple[tuple[str, ...], ...]:
    """The records of ``data/NAME.csv`` without the header."""
    path = resources.files("engine.standards") / "data" / f"{name}.csv"
    return tuple(tuple(row) for row in csv.reader(path.read_text(encoding="utf-8").splitlines()))[1:]


@cache
def variables(name: str, source: str) -> dict[str, dict[str, StandardVariable]]:
    """Variables of ``data/NAME.csv``, by dataset and name, in the order of the file."""
    found: dict[str, dict[str, StandardVariable]] = {}
    for dataset, variable, label, kind, core, role, codelists, domain, values in read(name):
        listed = found.setdefault(dataset, {})
        listed[variable] = StandardVariable(
            name=variable, label=label, type=kind, core=core, role=role,
            order=STEP * (len(listed) + 1), codelists=_split(codelists),
            value_domain=domain, value_list=_split(values), source=source)
    return found


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())
