"""Subjects that are written in another way than DM writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from engine.characters import plain

_NUMBER = re.compile(r"[0-9]+")


def known_subject(subject: str, known: Iterable[str]) -> str | None:
    """The known subject that another is but for zeros before a number, case, what cannot be seen, or a
    beginning that was put before it once more.

    Ids are alike by nature, so that no other likeness says anything.

    >>> known = ["S-01-001", "S-01-002"]
    >>> [known_subject(s, known) for s in ("S-1-1", "s-01-002\\u200b", "S-01-S-01-002", "S-01-003")]
    ['S-01-001', 'S-01-002', 'S-01-002', None]
    """
    found: str | None = None
    own = _key(subject)
    for other in known:
        if _key(other) == own:
            return other
        if subject.endswith(other) and (found is None or len(other) > len(found)):
            found = other
    return found


def _key(subject: str) -> str:
    return _NUMBER.sub(lambda number: number[0].lstrip("0") or "0", plain(subject).casefold())
