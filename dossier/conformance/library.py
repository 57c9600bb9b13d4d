"""What the standard says of datasets and variables, as rules ask for it."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

from dossier.conformance.study import Dataset, Study
from engine.standards import sdtm

GENERAL = {"INTERVENTIONS": "Interventions", "EVENTS": "Events", "FINDINGS": "Findings",
           "FINDINGS ABOUT": "Findings About"}

_SECTIONS = {"INTERVENTIONS": "Interventions", "EVENTS": "Events", "FINDINGS": "Findings",
             "FINDINGS ABOUT": "Findings"}

# Datasets that SDTM 2.0 has and SDTMIG 3.4 does not describe (SDTM 2.0, sections 3.2 to 3.5).
MODEL_DATASETS = {
    "SJ": "SPECIAL PURPOSE", "TX": "TRIAL DESIGN", "TT": "TRIAL DESIGN", "TP": "TRIAL DESIGN",
    "AC": "TRIAL DESIGN", "DI": "STUDY REFERENCE", "POOLDEF": "RELATIONSHIP", "RELREF": "RELATIONSHIP",
    "DR": "RELATIONSHIP",
}


@dataclass(frozen=True)
class Listed:
    """A variable in one of the library's lists."""

    name: str
    label: str
    type: str
    role: str
    core: str
    codelists: tuple[str, ...]


def class_of(dataset: Dataset, study: Study) -> str | None:
    """The class of a dataset, in capitals: by name, else by its columns; None if neither says.

    Source: rule-language.md 1.7; SDTMIG 3.4.
    """
    known = named_class(dataset.unsplit)
    return known or _class_by_columns(dataset, study)


def named_class(name: str) -> str | None:
    """The class that the guide, else the model, gives a dataset.

    >>> named_class("SV"), named_class("TX"), named_class("QQ")
    ('SPECIAL PURPOSE', 'TRIAL DESIGN', None)
    """
    found = sdtm.datasets().get(name)
    if found is not None:
        return found.cls.upper().replace("-", " ")
    return MODEL_DATASETS.get(name)


def _class_by_columns(dataset: Dataset, study: Study) -> str | None:
    names = set(dataset.columns)
    if dataset.domain is not None:
        prefix = dataset.domain
    elif "RDOMAIN" in names:
        prefix = ""
    else:
        return None
    for cls, suffixes in (("EVENTS", ("TERM",)), ("INTERVENTIONS", ("TRT",)), ("RELATIONSHIP", ("QNAM",)),
                          ("FINDINGS ABOUT", ("TESTCD", "OBJ")), ("FINDINGS", ("TESTCD",))):
        if all(prefix + suffix in names for suffix in suffixes):
            return cls
    if dataset.is_ap and dataset.ap_suffix:
        other = study.unsplit(dataset.ap_suffix)
        return class_of(other, study) if other is not None and not other.is_ap else None
    return None


def is_custom(name: str) -> bool:
    """Whether neither guide nor model has a dataset of the name.

    >>> is_custom("AE"), is_custom("XB")
    (False, True)
    """
    return named_class(name) is None


def label_of(name: str) -> str:
    """The guide's label of a dataset, empty if it has none.

    >>> label_of("AE"), label_of("XB")
    ('Adverse Events', '')
    """
    found = sdtm.datasets().get(name)
    return found.label if found else ""


@cache
def _model_sections() -> dict[str, tuple[str, ...]]:
    """The model's variables by section: identifiers, the three general classes, timing (SDTM 2.0, 3.1)."""
    path = resources.files("dossier.conformance") / "data" / "sdtm-2.0-model.csv"
    found: dict[str, list[str]] = {}
    for section, variable in list(csv.reader(path.read_text(encoding="utf-8").splitlines()))[1:]:
        found.setdefault(section, []).append(variable)
    return {section: tuple(names) for section, names in found.items()}


@cache
def model_names() -> frozenset[str]:
    """Names of the model's variables that begin with ``--``."""
    listed = {name for names in _model_sections().values() for name in names}
    guide = {name for cls in GENERAL.values() for name in sdtm.pool(cls)}
    return frozenset(name for name in listed | guide if name.startswith("--"))


def is_model_variable(name: str) -> bool:
    """Whether the model has a variable: ``--TERM``.

    >>> is_model_variable("--TERM"), is_model_variable("--XYZ")
    (True, False)
    """
    return name in model_names()


@cache
def _class_list(cls: str) -> tuple[Listed, ...]:
    """The model's variables of a general class: identifiers, the class's own, timing."""
    known = sdtm.pool(GENERAL[cls])
    sections = _model_sections()
    own = list(sections[_SECTIONS[cls]])
    if cls == "FINDINGS ABOUT":
        own.insert(own.index("--TEST") + 1, "--OBJ")
    listed = []
    for role, names in (("Identifier", sections["Identifier"]), ("", own), ("Timing", sections["Timing"])):
        for name in names:
            one = known.get(name)
            listed.append(Listed(name, one.label if one else "", one.type if one else "Char",
                                 role or (one.role if one else ""), "Perm", one.codelists if one else ()))
    return tuple(listed)


def model_list(dataset: Dataset, study: Study) -> list[Listed]:
    """The model's variables for a dataset, in the model's order, ``--`` replaced."""
    return _model(dataset.unsplit, dataset.prefix, class_of(dataset, study), dataset.is_ap, dataset.is_supp)


def _model(name: str, prefix: str, cls: str | None, is_ap: bool, is_supp: bool) -> list[Listed]:
    if is_supp:
        return _guide("SUPPQUAL")
    if cls not in GENERAL:
        return _guide(name)
    listed = [one for one in _class_list(cls) if not (is_ap and one.name == "USUBJID")]
    if is_ap:
        at = next((n + 1 for n, one in enumerate(listed) if one.name == "DOMAIN"), 0)
        added = [Listed(text, label, "Char", "Identifier", "Perm", ()) for text, label in (
            ("APID", "Associated Persons Identifier"), ("RSUBJID", "Related Subject"),
            ("RDEVID", "Related Device"), ("SREL", "Subject, Device, or Study Relationship"))]
        listed[at:at] = added
    return [_named(one, prefix) for one in listed]


def _named(one: Listed, prefix: str) -> Listed:
    return Listed(one.name.replace("--", prefix, 1), one.label, one.type, one.role, one.core, one.codelists)


def _guide(name: str) -> list[Listed]:
    found = sdtm.datasets().get(name)
    return [] if found is None else [
        Listed(one.name, one.label, one.type, one.role, one.core or "Perm", one.codelists)
        for one in found.variables.values()]


def guide_list(dataset: Dataset, study: Study) -> list[Listed]:
    """The guide's variables for a dataset: in a general class the model's list with the guide's entries."""
    own = _guide("SUPPQUAL" if dataset.is_supp else dataset.unsplit)
    cls = class_of(dataset, study)
    if dataset.is_supp or cls not in GENERAL:
        return own
    by_name = {one.name: one for one in own}
    model = model_list(dataset, study)
    merged = [by_name.get(one.name, one) for one in model]
    known = {one.name for one in model}
    for section in (_identifier, _own, _timing):
        added = [one for one in own if one.name not in known and section(one)]
        last = max((n for n, one in enumerate(merged) if section(one)), default=len(merged) - 1)
        merged[last + 1:last + 1] = added
    return merged


def _identifier(one: Listed) -> bool:
    return one.role == "Identifier"


def _timing(one: Listed) -> bool:
    return one.role == "Timing"


def _own(one: Listed) -> bool:
    return one.role not in ("Identifier", "Timing")


def unique(names: Iterable[str]) -> tuple[str, ...]:
    """Names, each once, in order."""
    return tuple(dict.fromkeys(names))
