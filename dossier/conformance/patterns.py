"""Regular expressions of rules: Python's dialect, refused where matching could take for ever.

See :mod:`dossier.conformance.automata` for what is refused.  What remains takes at
most a power of the text's length, and a text too long for its pattern is refused too.
"""

from __future__ import annotations

import re
from functools import cache

from dossier.conformance.automata import PatternError, power_of

LONGEST = 1_000
"""Characters of a pattern."""
MOST_STEPS = 50_000_000


class Pattern:
    """A pattern that may be used; ``power`` bounds the time as a power of the text's length."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise PatternError(f"has {len(text)} characters, {LONGEST} at most")
        try:
            self._regex = re.compile(text)
            self.power = power_of(text)
        except (re.error, OverflowError, RecursionError) as error:
            raise PatternError(f"is no regular expression ({error})") from None

    def match(self, text: str) -> re.Match[str] | None:
        """A match at the beginning of the text; PatternError if the text is too long for the pattern."""
        self._require(text, self.power)
        return self._regex.match(text)

    def search(self, text: str) -> re.Match[str] | None:
        """A match anywhere in the text; PatternError if the text is too long for the pattern."""
        self._require(text, self.power + 1)
        return self._regex.search(text)

    def part(self, text: str) -> str | None:
        """The first hit, its first group if the pattern has one; None without a hit.

        >>> compiled("([0-9]+)x").part("a12x"), compiled("b").part("a")
        ('12', None)
        """
        found = self.search(text)
        return None if found is None else (found[1] if found.re.groups else found[0])

    def _require(self, text: str, power: int) -> None:
        if len(text) ** power > MOST_STEPS:
            raise PatternError(f"may take too long on a text of {len(text)} characters")


@cache
def compiled(text: str) -> Pattern:
    """The pattern of a text; PatternError where it cannot be used.

    >>> bool(compiled("^[A-Z]+$").match("ABC"))
    True
    """
    return Pattern(text)
