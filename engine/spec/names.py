"""Names of variables, and what is wrong with one that is none."""

from __future__ import annotations

import re
from dataclasses import replace

from engine.characters import odd_sign
from engine.errors import Place

NAME = re.compile(r"[A-Z][A-Z0-9_]{0,7}|_[A-Za-z0-9_]{1,31}")
"""A name of SAS transport files, or of a working column."""

NAME_HINT = "capital letters, digits and _, at most 8; working columns begin with _"


def is_name(name: str) -> bool:
    """Whether a variable may have this name.

    >>> [is_name(n) for n in ("AETERM", "R2_X", "AETERMINAL", "aeterm", "2X", "_WORK", "_")]
    [True, True, False, False, False, True, False]
    """
    return NAME.fullmatch(name) is not None


def name_fault(name: str, place: Place) -> tuple[Place, str, str]:
    """Where a name goes wrong, what is wrong with it, and a hint.

    >>> name_fault("AETERMINAL", Place("ae.yaml", 3, 3))[1:]
    ('is no name of a variable', '10 characters, 8 at most')
    >>> place, message, hint = name_fault("AETERM\\uff1a {from", Place("ae.yaml", 3, 3))
    >>> str(place), message, hint
    ('ae.yaml:3:9', "'\\uff1a' (FULLWIDTH COLON) stands in the name", "write ':' and a blank")
    """
    odd = odd_sign(name)
    if odd is not None:
        at, what, hint = odd
        moved = place if place.column is None else replace(place, column=place.column + at)
        return moved, f"{what} stands in the name", hint
    hint = NAME_HINT
    if is_name(name[:8]) and re.fullmatch(r"[A-Z0-9_]+", name):
        hint = f"{len(name)} characters, 8 at most"
    elif is_name(name.upper()):
        hint = f"write it in capitals, {name.upper()}"
    return place, "is no name of a variable", hint
