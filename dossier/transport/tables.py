"""Tables for a terminal, on which an East Asian wide character takes two columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence

LEAST = 12
"""Columns a cell that is broken over lines has, however little room there is."""


def width_of(text: str) -> int:
    """The columns a text takes on a terminal.

    >>> width_of("AETERM"), width_of("不良事件"), width_of("e\u0301")
    (6, 8, 1)
    """
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in text)


def broken(text: str, width: int) -> list[str]:
    """A text in lines of at most so many columns, broken at blanks where there are any.

    >>> broken("Start Date/Time of Adverse Event", 16)
    ['Start Date/Time', 'of Adverse Event']
    >>> broken("不良事件的报告术语", 8)
    ['不良事件', '的报告术', '语']
    """
    lines, left = [], text
    while width_of(left) > width and len(left) > 1:
        at = 1
        while at < len(left) and width_of(left[: at + 1]) <= width:
            at += 1
        blank = left.rfind(" ", 1, at + 1)
        at = blank if blank > 0 else at
        lines.append(left[:at].rstrip(" "))
        left = left[at:].lstrip(" ")
    return [*lines, left]


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, right: Collection[int] = (),
          room: int | None = None, flexible: int | None = None) -> list[str]:
    """Lines of a table: its heads, a rule, its rows; columns ``right`` stand at the right.

    Where it is wider than ``room``, the ``flexible`` column is broken over lines.

    >>> print("\\n".join(table(("name", "label"), [("A", "Study Day of Start"), ("B", "月")],
    ...                        room=18, flexible=1)))
    name  label
    ----  ------------
    A     Study Day of
          Start
    B     月
    """
    widths = [max(map(width_of, column)) for column in zip(heads, *rows, strict=True)]
    if room is not None and flexible is not None:
        spare = room - sum(widths) - 2 * (len(widths) - 1)
        widths[flexible] = min(widths[flexible], max(LEAST, widths[flexible] + spare))
    lines = []
    for row in (heads, ["-" * width for width in widths], *rows):
        cells = [broken(cell, width) if n == flexible else [cell]
                 for n, (cell, width) in enumerate(zip(row, widths, strict=True))]
        for part in range(max(map(len, cells))):
            line = [_filled(cell[part] if part < len(cell) else "", width, n in right)
                    for n, (cell, width) in enumerate(zip(cells, widths, strict=True))]
            lines.append("  ".join(line).rstrip(" "))
    return lines


def _filled(text: str, width: int, right: bool) -> str:
    blanks = " " * (width - width_of(text))
    return blanks + text if right else text + blanks
