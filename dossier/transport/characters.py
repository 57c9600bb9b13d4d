"""Text an encoding cannot hold, written with characters it can, by a listed table.

``characters.csv`` lists each character by its code, its name in Unicode and the
ASCII it is written as.  Listed is only what keeps its meaning so: full-width
forms, typographic quotes and dashes, relations, units, Greek letters, Roman
numerals, blanks of all kinds, tabs and line ends (written as a blank), and what
takes no place (written as nothing).  Letters of names (é) are not: a study that
wants them lists them.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib import resources

PRINTABLE = re.compile(r"[ -~]*")
_SUPERSCRIPT = "^"


@cache
def listed() -> Mapping[str, str]:
    """The listed characters and what is written for each.

    >>> listed()["≥"], listed()["\\u00a0"], listed()["ａ"], "é" in listed()
    ('>=', ' ', 'a', False)
    """
    text = resources.files("dossier.transport").joinpath("characters.csv").read_text(encoding="utf-8")
    return {chr(int(row["code"], 16)): row["ascii"] for row in csv.DictReader(text.splitlines())}


class Characters:
    """Writes text in an encoding; a study's own characters go before the listed ones.

    >>> ascii = Characters("ascii", {"é": "e", "è": "e"})
    >>> ascii.written("Ménière ≥ ３０ µg/10⁻¹²")
    ('Meniere >= 30 ug/10^-12', '')
    >>> ascii.written("恶心 °C")
    ('degC', '恶心')
    >>> Characters("utf-8").written("恶心\\tx")
    ('恶心 x', '')
    """

    def __init__(self, encoding: str, own: Mapping[str, str] | None = None) -> None:
        self.encoding = encoding
        self._table = {**listed(), **(own or {})}

    def written(self, text: str) -> tuple[str, str]:
        """The text as it is written, blanks at its ends left out, and the characters that cannot be."""
        if PRINTABLE.fullmatch(text):
            return text, ""
        parts: list[str] = []
        bad: list[str] = []
        raised = False  # digits raised in a row share one sign: 10¹² is 10^12
        for character in text:
            made = self._one(character)
            if made is None:
                bad.append(character)
                raised = False
                continue
            up = made.startswith(_SUPERSCRIPT) and character != _SUPERSCRIPT
            parts.append(made[1:] if up and raised else made)
            raised = up
        return "".join(parts).strip(" "), "".join(dict.fromkeys(bad))

    def _one(self, character: str) -> str | None:
        shown = character.isprintable() or unicodedata.category(character) == "Zs"
        return character if shown and self._holds(character) else self._table.get(character)

    def _holds(self, character: str) -> bool:
        try:  # a codec may write one character as another: cp932 makes ￠ of ¢
            return character.encode(self.encoding).decode(self.encoding) == character
        except UnicodeEncodeError:
            return False
