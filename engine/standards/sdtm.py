"""SDTMIG 3.4: domains, their variables, and the variables of their class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from engine.standards import tables
from engine.standards.models import StandardDataset, StandardVariable

VERSIONS = ("3.4",)
SOURCE = "SDTMIG 3.4"
# A class draws on the variables of these classes (SDTM 2.0: findings about are findings with --OBJ).
_CLASSES = {
    "Interventions": ("Interventions",),
    "Events": ("Events",),
    "Findings": ("Findings",),
    "Findings About": ("Findings About", "Findings"),
}


def require_version(version: str) -> None:
    """Raise :class:`ValueError` unless the guide's version is carried."""
    if version not in VERSIONS:
        raise ValueError(f"no SDTMIG '{version}'; known: {', '.join(VERSIONS)}")


@cache
def datasets() -> dict[str, StandardDataset]:
    """All datasets of the guide by name."""
    listed = tables.variables("sdtmig-3.4-variables", SOURCE)
    return {name: StandardDataset(name, label, cls, structure, listed[name])
            for name, label, cls, structure in tables.read("sdtmig-3.4-datasets")}


@cache
def supplemental(parent: str) -> StandardDataset:
    """SUPPQUAL made the supplemental qualifiers of one domain (SDTMIG 3.4, 8.4)."""
    base = datasets()["SUPPQUAL"]
    variables = dict(base.variables)
    variables["RDOMAIN"] = replace(variables["RDOMAIN"], value_list=(parent,))
    label = f"Supplemental Qualifiers for {parent}"
    return replace(base, name=f"SUPP{parent}", label=label, variables=variables)


@cache
def _unprefixed() -> frozenset[str]:
    """Names that a domain lists without its own code in front: VISIT, EPOCH, SPDEVID, MIDS."""
    return frozenset(name for dataset in datasets().values() if dataset.cls in _CLASSES
                     for name in dataset.variables if not name.startswith(dataset.name))


def generic_name(domain: str, name: str) -> str:
    """The name with ``--`` for the domain's prefix: ``AETERM`` to ``--TERM``.

    >>> generic_name("AE", "AETERM"), generic_name("MI", "MIDS"), generic_name("RE", "VISIT")
    ('--TERM', 'MIDS', 'VISIT')
    """
    prefixed = name.startswith(domain) and len(name) > len(domain) and name not in _unprefixed()
    return f"--{name[len(domain):]}" if prefixed else name


@cache
def pool(cls: str) -> dict[str, StandardVariable]:
    """Variables any domain of the class may use, by generic name, in model order.

    Identifier and timing variables of the other classes come too.  The
    reading most domains share is taken, the class's own domains before
    others; the label is empty where no wording has the majority (``--TERM``).
    """
    classes = _CLASSES.get(cls, ())
    own: dict[str, list[StandardVariable]] = {}
    other: dict[str, list[StandardVariable]] = {}
    places: dict[str, list[float]] = {}
    for dataset in datasets().values():
        if not classes or dataset.cls not in _CLASSES:
            continue
        for rank, (name, variable) in enumerate(dataset.variables.items()):
            generic = generic_name(dataset.name, name)
            if dataset.cls in classes:
                own.setdefault(generic, []).append(variable)
            elif variable.role in ("Identifier", "Timing"):
                other.setdefault(generic, []).append(variable)
            else:
                continue
            places.setdefault(generic, []).append(rank / len(dataset.variables))
    in_order = sorted(places, key=lambda name: (sum(places[name]) / len(places[name]), name))
    return {name: replace(_shared(own.get(name) or other[name]), name=name, core="Perm") for name in in_order}


def _shared(readings: list[StandardVariable]) -> StandardVariable:
    """The reading most domains share, the first of several; no label without a majority."""
    votes = Counter(replace(one, name="", core="", order=0, value_list=()) for one in readings)
    label, times = Counter(one.label for one in readings).most_common(1)[0]
    return replace(votes.most_common(1)[0][0], label=label if 2 * times > len(readings) else "")


def timing_or_identifier(name: str) -> StandardVariable | None:
    """A variable that every domain names alike (VISIT, EPOCH), or None."""
    return pool("Findings").get(name) if name in _unprefixed() else None


def from_class(cls: str, domain: str, name: str) -> StandardVariable | None:
    """A variable of the general class, for a domain that does not list it."""
    known = pool(cls)
    generic = generic_name(domain, name)
    if generic not in known:
        return None
    dataset = datasets().get(domain)
    order = tables.STEP * (list(known).index(generic) + 1)
    if dataset is not None:
        own = {generic_name(domain, listed): variable.order for listed, variable in dataset.variables.items()}
        order = _place(cls, generic, own)
    return replace(known[generic], name=name, order=order)


def _place(cls: str, generic: str, own: Mapping[str, int]) -> int:
    """After the variable that it follows in a domain most like this one, as --LLT follows --MODIFY in AE."""
    best, order = (False, -1), 0
    for dataset in datasets().values():
        listed = [generic_name(dataset.name, name) for name in dataset.variables]
        if generic not in listed:
            continue
        rank = listed.index(generic)
        before = next((own[name] for name in reversed(listed[:rank]) if name in own), 0)
        likeness = (dataset.cls in _CLASSES.get(cls, ()), len(own.keys() & set(listed)))
        if likeness > best:
            best, order = likeness, before + rank + 1
    return order
