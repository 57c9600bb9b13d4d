"""ADaM structures: ADaMIG 1.3, ADaM-OCCDSIG 1.1 and ADaMIG-NCA 1.0.

The published tables name many variables by template (``TRTxxP``,
``ANLzzFL``, ``*DT``).  Index letters follow ADaMIG 1.3, section 3.1.1: ``xx``
and ``zz`` run 01 to 99, ``y`` 1 to 99 without a leading zero, ``w`` 1 to 9.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from engine.standards import tables
from engine.standards.models import StandardDataset, StandardVariable

VERSIONS = ("1.3",)
ADAMIG, OCCDS, NCA = "ADaMIG 1.3", "ADaM-OCCDSIG 1.1", "ADaMIG-NCA 1.0"
_INDEX = {"xx": "(0[1-9]|[1-9][0-9])", "zz": "(0[1-9]|[1-9][0-9])", "y": "([1-9][0-9]?)", "w": "([1-9])"}
_LONGEST = 8  # letters in a name (SAS transport version 5)

# Sets of BDS that occurrence data use too; SRCVAR is not one, as there is no AVAL to trace.
_SHARED_SETS = frozenset({
    "Record-Level Treatment", "Record-Level Dose", "Timing", "Flag", "Population Indicators",
    "Period, Subperiod, and Phase Start and End Timing", "Analysis Descriptor",
    "Datapoint Traceability", "Identifier"})
_BDS_ONLY = frozenset({"SRCVAR", "ABLFL", "ABLFN", "LVOTFL", "LVOTFN"})
# Of the ADAE structure 1.0, what OCCDS 1.1 names otherwise; AEHLTGCD is a slip for SDTM's AEHLGTCD.
_REPLACED = frozenset({"AEHLTGCD", "DOSEAEON", "DOSAEONU", "DOSECUM", "DOSECUMU"})
# Begin like a variable of AE and are of every occurrence: the end of the analysis.
_ENDS = frozenset({"AENDT", "AENDTM", "AENDTF", "AENTMF", "AENDY"})

# Label, class and subclass (the class names of ADaM and Define-XML terminology), records.
_HEADS = {
    "ADSL": ("Subject-Level Analysis Dataset", "SUBJECT LEVEL ANALYSIS DATASET", "",
             "One record per subject"),
    "BDS": ("Basic Data Structure", "BASIC DATA STRUCTURE", "",
            "One or more records per subject per analysis parameter per analysis timepoint"),
    "TTE": ("Time-to-Event Analysis Dataset", "BASIC DATA STRUCTURE", "TIME-TO-EVENT",
            "One record per subject per analysis parameter"),
    "NCA": ("Non-Compartmental Analysis Dataset", "BASIC DATA STRUCTURE", "NON-COMPARTMENTAL ANALYSIS",
            "One record per subject per analysis parameter per analysis timepoint"),
    "OCCDS": ("Occurrence Data Structure", "OCCURRENCE DATA STRUCTURE", "",
              "One record per subject per occurrence"),
    "ADAE": ("Adverse Event Analysis Dataset", "OCCURRENCE DATA STRUCTURE", "ADVERSE EVENT",
             "One record per subject per adverse event"),
}
# Naming rules for variables of the user's own (ADaMIG 1.3, section 3.1); the label is the user's.
_NAMING = (
    StandardVariable("*FL", "", "Char", "Perm", "Flag", value_list=("Y", "N"), source=ADAMIG),
    StandardVariable("*FN", "", "Num", "Perm", "Flag", value_list=("1", "0"), source=ADAMIG),
    StandardVariable("*DY", "", "Num", "Perm", "Suffixes for User-Defined Timing", source=ADAMIG),
)


@cache
def structures() -> dict[str, StandardDataset]:
    """All structures by name; TTE and NCA are subclasses of BDS, ADAE of OCCDS."""
    guide = tables.variables("adamig-1.3-variables", ADAMIG)
    adae = tables.variables("adam-adae-1.0-variables", OCCDS)["ADAE"]
    more = tables.variables("adam-supplement", "")
    bds = [one for name, one in guide["BDS"].items() if not name.startswith("*")]
    shared = [one for one in bds if one.role in _SHARED_SETS and one.name not in _BDS_ONLY]
    events = [replace(more["OCCDS"][one.name], source=OCCDS) if one.name in more["OCCDS"] else one
              for name, one in adae.items() if name not in _REPLACED]
    extra = [replace(one, source=OCCDS) for one in more["OCCDS"].values()]
    nca = [*(replace(one, source=NCA) for one in more["NCA"].values()),
           *tables.variables("adamig-nca-1.0-variables", NCA)["NCA"].values()]
    listed = {
        "ADSL": guide["ADSL"].values(), "BDS": bds, "TTE": bds, "NCA": [*bds, *nca],
        "OCCDS": [*(one for one in events if one.name in _ENDS or not one.name.startswith("AE")),
                  *extra, *shared],
        "ADAE": [*events, *extra, *shared],
    }
    return {name: StandardDataset(name, label, cls, structure, _ordered(listed[name]), subclass)
            for name, (label, cls, subclass, structure) in _HEADS.items()}


def _ordered(listed: Iterable[StandardVariable]) -> dict[str, StandardVariable]:
    """By name, the first of a name standing, with rising order."""
    found: dict[str, StandardVariable] = {}
    for one in listed:
        if one.name not in found:
            found[one.name] = replace(one, order=tables.STEP * (len(found) + 1))
    return found


def expand(structure: str, name: str) -> StandardVariable | None:
    """A listed variable, or one that a template of the structure names."""
    listed = structures()[structure].variables
    if name in listed:
        return listed[name] if name.isupper() else None
    return _by_template(name, _templates(structure))


def by_suffix(name: str) -> StandardVariable | None:
    """A variable of the user's own that a naming rule types (``DLTFL``, ``DCUTDT``)."""
    return _by_template(name, _suffixes())


def _by_template(name: str, templates: tuple[tuple[re.Pattern[str], StandardVariable], ...],
                 ) -> StandardVariable | None:
    if len(name) > _LONGEST:
        return None
    for pattern, variable in templates:
        match = pattern.fullmatch(name)
        if match:
            letters = re.findall("xx|zz|y|w", variable.name)
            label = _label(variable.label, dict(zip(letters, match.groups(), strict=False)))
            return replace(variable, name=name, label=label)
    return None


def _label(label: str, indexes: dict[str, str]) -> str:
    """Indexes put in; empty where the guide only describes the label ({Date}, '1st Occurrence of ....')."""
    if label.startswith("{") or label.endswith("..."):
        return ""
    for letter, index in indexes.items():
        label = re.sub(rf"\b{letter}\b", index, label)
    return label


@cache
def _templates(structure: str) -> tuple[tuple[re.Pattern[str], StandardVariable], ...]:
    listed = structures()[structure].variables
    return tuple((_pattern(name), one) for name, one in listed.items() if not name.isupper())


@cache
def _suffixes() -> tuple[tuple[re.Pattern[str], StandardVariable], ...]:
    """Longest suffix first, so that ``*SDTM`` is tried before ``*DTM``."""
    guide = tables.variables("adamig-1.3-variables", ADAMIG)["BDS"]
    rules = [one for name, one in guide.items() if name.startswith("*")] + list(_NAMING)
    rules.sort(key=lambda one: -len(one.name))
    return tuple((re.compile("[A-Z][A-Z0-9]*?" + one.name[1:]), replace(one, order=0)) for one in rules)


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split("(xx|zz|y|w)", template)
    return re.compile("".join(_INDEX.get(part, re.escape(part)) for part in parts))
