"""LIKE without backtracking: a pattern becomes anchored pieces, each found leftmost.

``%`` splits a pattern into pieces of fixed length, and the leftmost place of a
piece is always as good as a later one, so each piece is an atomic group: a match
costs at most the length of the text times the length of the pattern.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from engine.expressions.bounds import MAX_PATTERN


def compile_like(pattern: str, escape: str | None = None) -> Callable[[str], bool]:
    """Make the test of a LIKE pattern: ``%`` is any text, ``_`` any one character.

    Raises ValueError, with a message for the user, where the pattern is too long
    or its escape character stands before something else than ``%``, ``_`` or itself.

    >>> matches = compile_like("10!%%", "!")
    >>> matches("10% of it"), matches("100")
    (True, False)
    """
    if len(pattern) > MAX_PATTERN:
        raise ValueError(f"LIKE pattern of {len(pattern):,} characters; at most {MAX_PATTERN} are allowed")
    first, *rest = _pieces(pattern, escape)
    if not rest:
        return _whole(first)
    *middle, last = rest
    # (?>.*?piece) takes the first place of a piece and never looks for another.
    found = "".join(f"(?>.*?{piece})" for piece in middle if piece)
    return _whole(f"{first}{found}.*{last}")


def _whole(expression: str) -> Callable[[str], bool]:
    compiled = re.compile(expression, re.DOTALL)
    return lambda text: compiled.fullmatch(text) is not None


def _pieces(pattern: str, escape: str | None) -> list[str]:
    """Split a pattern at each ``%``; every piece is a regular expression of fixed length."""
    if escape is not None and len(escape) != 1:
        raise ValueError("ESCAPE takes one character")
    pieces, characters = [""], iter(pattern)
    for character in characters:
        if character == escape:
            character = next(characters, "")
            if character not in ("%", "_", escape):
                raise ValueError(f"the escape character '{escape}' must stand before %, _ or itself")
            pieces[-1] += re.escape(character)
        elif character == "%":
            pieces.append("")
        else:
            pieces[-1] += "." if character == "_" else re.escape(character)
    return pieces
