"""What is wrong with an expression, with a caret under the place."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from engine.errors import Place, Problem, SpecError

WIDTH = 76  # characters of the expression shown above a caret
MAX_SHOWN = 30  # characters of a word shown in a message
_INDENT = "    "


class ExpressionError(SpecError):
    """One mistake in one expression, found when it is parsed or its kinds are checked."""


class Fault(Exception):
    """A mistake at an offset of an expression's text, before its file is known.

    Never leaves this package: :func:`refused` turns it into the error the user reads.
    """

    def __init__(self, message: str, hint: str = "", at: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.at = at


def short(word: str, size: int = MAX_SHOWN) -> str:
    """Cut a word or a part of an expression for a message.

    >>> short("COALESCE"), short("X" * 50, 5)
    ('COALESCE', 'XXXXX...')
    """
    return word if len(word) <= size else word[:size] + "..."


def excerpt(text: str, at: int) -> str:
    """Show the line of ``text`` that holds offset ``at``, with a caret under it.

    >>> print(excerpt("lenght(AETERM) > 3", 0))
        lenght(AETERM) > 3
        ^
    """
    start = text.rfind("\n", 0, at) + 1
    stop = text.find("\n", at)
    line = text[start:] if stop < 0 else text[start:stop]
    line = "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in line)
    column = at - start
    before, after = "", ""
    if column > WIDTH * 3 // 4:
        before, cut = "...", column - WIDTH // 2
        line, column = line[cut:], column - cut
    if len(line) > WIDTH:
        line, after = line[:WIDTH], "..."
    pad = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in before + line[:column])
    return f"{_INDENT}{before}{line}{after}\n{_INDENT}{' ' * pad}^"


def moved(place: Place | None, text: str, at: int) -> Place | None:
    """The place of an offset in an expression; that of its beginning where it is on several lines."""
    if place is None or place.column is None or "\n" in text:
        return place
    return replace(place, column=place.column + at)


def refused(fault: Fault, text: str, place: Place | None) -> ExpressionError:
    """Make the error of a fault; the column moves into an expression that is on one line.

    >>> print(refused(Fault("unknown name 'AGEE'", "did you mean 'AGE'?", 4), "1 < AGEE",
    ...               Place("dm.yaml", 3, 10)))
    dm.yaml:3:14: unknown name 'AGEE'; did you mean 'AGE'?
        1 < AGEE
            ^
    """
    message, hint = fault.message, fault.hint
    if fault.at is not None:
        shown = "\n" + excerpt(text, fault.at)
        message, hint = (message, hint + shown) if hint else (message + shown, hint)
        place = moved(place, text, fault.at)
    return ExpressionError(Problem(place, "", message, hint))
