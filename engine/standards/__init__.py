"""What the guides say of datasets and variables: SDTMIG 3.4 and the ADaM guides.

Names, labels, types, core, role, order, codelists and structure only; for
notes and definitions see the guides.  ``scripts/make_standards.py`` wrote the
data from the published tables; ``data/adam-supplement.csv`` is kept by hand
and holds what those tables lack of ADaM-OCCDSIG 1.1 and ADaMIG-NCA 1.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.standards import adam, sdtm
from engine.standards.models import StandardDataset, StandardVariable

__all__ = [
    "GUIDES", "StandardDataset", "StandardVariable", "adam_structure", "adam_structures", "adam_variable",
    "class_variable", "sdtm_dataset", "sdtm_names", "sdtm_variable",
]

GUIDES: Mapping[str, tuple[str, ...]] = {
    "sdtmig": sdtm.VERSIONS, "adamig": adam.VERSIONS, "occds": ("1.1",), "nca": ("1.0",)}
"""The versions of each guide that are carried, by the name a study file gives it."""

_COPIED = 1_000_000  # order of variables carried over from elsewhere: after the structure's own


def sdtm_dataset(name: str, version: str = "3.4") -> StandardDataset | None:
    """A dataset of SDTMIG, or None; ``SUPPAE`` is SUPPQUAL made out to AE.

    >>> sdtm_dataset("AE").label, sdtm_dataset("AE").cls
    ('Adverse Events', 'Events')
    >>> sdtm_dataset("SUPPAE").label, sdtm_dataset("SUPPAE").variables["RDOMAIN"].value_list
    ('Supplemental Qualifiers for AE', ('AE',))
    >>> sdtm_dataset("QQ") is None
    True
    """
    sdtm.require_version(version)
    parent = name.removeprefix("SUPP")
    if parent != name and parent != "QUAL":
        return sdtm.supplemental(parent) if parent in sdtm.datasets() else None
    return sdtm.datasets().get(name)


def sdtm_variable(domain: str, name: str) -> StandardVariable | None:
    """A variable of a domain: listed in SDTMIG 3.4, or allowed by the domain's class.

    A variable the guide does not list for the domain is taken from the other
    domains of its class (identifiers and timing: from all classes), as Perm.

    >>> sdtm_variable("AE", "AESER").codelists, sdtm_variable("AE", "AESER").core
    (('C66742',), 'Exp')
    >>> sdtm_variable("CP", "CPTPTREF").role, sdtm_variable("CE", "CESER").label
    ('Timing', 'Serious Event')
    >>> sdtm_variable("DM", "DMXYZ") is None
    True
    """
    dataset = sdtm_dataset(domain)
    if dataset is None:
        return None
    return dataset.variables.get(name) or sdtm.from_class(dataset.cls, domain, name)


def class_variable(cls: str, domain: str, name: str) -> StandardVariable | None:
    """A variable of a domain of the sponsor's own, by its general class.

    >>> class_variable("Findings", "XB", "XBORRES").role
    'Result Qualifier'
    """
    return sdtm.from_class(cls, domain, name)


def sdtm_names(version: str = "3.4") -> tuple[str, ...]:
    """Names of the guide's datasets, in its order (for hints).

    >>> sdtm_names()[:3]
    ('AG', 'CM', 'EC')
    """
    sdtm.require_version(version)
    return tuple(sdtm.datasets())


def adam_structure(name: str, version: str = "1.3") -> StandardDataset | None:
    """An analysis structure: ADSL, BDS, TTE, NCA, OCCDS or ADAE; None for another name.

    >>> adam_structure("ADAE").cls, adam_structure("ADAE").subclass
    ('OCCURRENCE DATA STRUCTURE', 'ADVERSE EVENT')
    >>> adam_structure("BDS").variables["PARAMCD"].core
    'Req'
    """
    if version not in adam.VERSIONS:
        raise ValueError(f"no ADaMIG '{version}'; known: {', '.join(adam.VERSIONS)}")
    return adam.structures().get(name)


def adam_structures() -> tuple[str, ...]:
    """Names of the analysis structures (for hints).

    >>> adam_structures()
    ('ADSL', 'BDS', 'TTE', 'NCA', 'OCCDS', 'ADAE')
    """
    return tuple(adam.structures())


def adam_variable(structure: str, name: str) -> StandardVariable | None:
    """A variable of an analysis structure; None when no guide names it.

    Looked for in turn: the structure's list and templates; ADSL's (its
    variables may be copied anywhere, as Perm); SDTM's (copied unchanged, as
    Perm); a number for a text listed so far (``RACEN``); the suffixes for
    variables of the user's own, whose label is empty.  ``source`` says which
    guide; :class:`ValueError` for an unknown structure.

    >>> adam_variable("ADSL", "TRT01P").label, adam_variable("BDS", "ANL02FL").label
    ('Planned Treatment for Period 01', 'Analysis Flag 02')
    >>> adam_variable("ADSL", "DLTEVLFL").type, adam_variable("ADSL", "DCUTDT").type
    ('Char', 'Num')
    >>> adam_variable("ADAE", "AESPID").source, adam_variable("BDS", "RACEN").label
    ('SDTMIG 3.4', 'Race (N)')
    >>> adam_variable("ADSL", "MYVAR") is None
    True
    """
    if structure not in adam.structures():
        raise ValueError(f"no analysis structure '{structure}'; known: {', '.join(adam.structures())}")
    return _listed(structure, name) or _numeric(structure, name) or adam.by_suffix(name)


def _listed(structure: str, name: str) -> StandardVariable | None:
    own = adam.expand(structure, name)
    if own is not None:
        return own
    copied = adam.expand("ADSL", name) or sdtm_variable("DM", name)
    if copied is None and name[:2] in sdtm.datasets():
        copied = sdtm_variable(name[:2], name)
    if copied is None:
        copied = sdtm.timing_or_identifier(name)
    return replace(copied, core="Perm", order=_COPIED + copied.order) if copied else None


def _numeric(structure: str, name: str) -> StandardVariable | None:
    """The number beside a text variable: its name with N (ADaMIG 1.3, section 3.1.1)."""
    text = _listed(structure, name[:-1]) if name.endswith("N") and len(name) <= 8 else None
    if text is None or text.type != "Char":
        return None
    label = f"{text.label} (N)"
    return replace(text, name=name, label=label if len(label) <= 40 else "", type="Num", core="Perm",
                   order=text.order + 1, codelists=(), value_domain="", value_list=())
