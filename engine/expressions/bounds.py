"""What an expression may weigh, checked before it is parsed.

Each check is one pass over the text, and none but the first reads a text that
is too long, so a hostile text is refused as fast as it is read.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NoReturn

from engine.characters import INVISIBLE
from engine.expressions.faults import Fault

MAX_LENGTH = 10_000   # characters of one expression
MAX_NESTING = 50      # brackets and CASE inside each other
MAX_PATTERN = 200     # characters of one LIKE pattern

# Quoted text is skipped: a bracket or the word CASE inside it nests nothing.
_NESTING = re.compile(r"""'[^']*'|"[^"]*"|\w+|[()]""")
# Control, format (bidirectional and zero-width marks), surrogate, line and paragraph separator.
_UNSAFE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_HIDDEN = re.compile(f"[{INVISIBLE}]")  # some of these count as letters and marks


def check_text(text: str) -> None:
    """Refuse a text that is too long, too deep, or holds a character that cannot be seen."""
    if len(text) > MAX_LENGTH:
        raise Fault(f"expression of {len(text):,} characters", f"at most {MAX_LENGTH:,} are allowed")
    for at, character in enumerate(text):
        if not character.isprintable() and character not in "\t\r\n":
            _check_character(character, at)
    if hidden := _HIDDEN.search(text):
        _refuse(hidden.group(), hidden.start())
    depth = 0
    for token in _NESTING.finditer(text):
        word = token.group().upper()
        depth += (word in ("(", "CASE")) - (word in (")", "END"))
        if depth > MAX_NESTING:
            raise Fault(f"brackets and CASE are nested more than {MAX_NESTING} deep",
                        "split the expression with a working column", token.start())


def _check_character(character: str, at: int) -> None:
    if unicodedata.category(character) in _UNSAFE:
        _refuse(character, at)


def _refuse(character: str, at: int) -> NoReturn:
    name = unicodedata.name(character, "a control character")
    raise Fault(f"character U+{ord(character):04X} ({name}) is not allowed",
                "it cannot be seen; delete it", at)
