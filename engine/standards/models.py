"""What a standard says of a variable and of a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class StandardVariable:
    """A variable as a guide lists it.

    ``type`` is ``Char`` or ``Num``.  ``core`` is ``Req``, ``Exp`` or ``Perm``
    in SDTM and ``Req``, ``Cond`` or ``Perm`` in ADaM, empty where the guide's
    data give none.  ``label`` is empty where the guide leaves it to the user
    (suffixes such as ``*DT``).  ``codelists`` are NCI codes.  ``order`` only
    sorts: it rises along the guide and has gaps.
    """

    name: str
    label: str
    type: str
    core: str = ""
    role: str = ""
    order: int = 0
    codelists: tuple[str, ...] = ()
    value_domain: str = ""
    value_list: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True)
class StandardDataset:
    """A domain or an analysis structure and its variables, in the guide's order.

    In ADaM ``variables`` holds templates as published (``TRTxxP``);
    :func:`engine.standards.adam_variable` expands them.
    """

    name: str
    label: str
    cls: str
    structure: str
    variables: Mapping[str, StandardVariable] = field(compare=False)
    subclass: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "variables", MappingProxyType(dict(self.variables)))
