"""The sheet of a figure: title above, legend and footnotes below, room for the picture between."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from dossier.figures.style import BODY, GREY, SMALL, TITLE

WIDTH, HEIGHT = 9.0, 6.2
"""Inches: between the margins of A4 and of Letter, both landscape."""
_EDGE = 0.08
_LINE = 1.35  # of a line of text, in its size
_WIDTH = 0.51  # of a character on average, in the size of the text


def wrapped(text: str, size: float, width: float) -> list[str]:
    """Text in lines that fit into a width in inches; a Chinese character is as wide as two others.

    >>> wrapped("Safety population, all subjects who were infused.", 7.0, 2.0)
    ['Safety population, all subjects who were', 'infused.']
    """
    most = int(width * 72 / (size * _WIDTH))
    lines, line = [], ""
    for piece in _pieces(text):
        if line and _columns(line + piece.rstrip()) > most:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return [*lines, line.rstrip()]


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _pieces(text: str) -> list[str]:
    """Where a line may end: after a blank, and after a wide character."""
    pieces = [""]
    for character in text:
        pieces[-1] += character
        if character == " " or unicodedata.east_asian_width(character) == "W":
            pieces.append("")
    return [piece for piece in pieces if piece]


def inches(points: float) -> float:
    """The height of a line of text of a size in points."""
    return points * _LINE / 72


class Page:
    """A sheet with title and footnotes; ``top`` and ``bottom`` bound what is free, in inches from below."""

    def __init__(self, title: str, footnotes: Sequence[str], height: float = HEIGHT) -> None:
        self.figure = Figure(figsize=(WIDTH, height))
        self.height = height
        self.top, self.bottom = height - _EDGE, _EDGE
        for line in wrapped(title, TITLE, (WIDTH - 2 * _EDGE) * 0.92):  # bold is wider
            self.text(_EDGE, self.top, line, size=TITLE, weight="bold", va="top")
            self.top -= inches(TITLE)
        lines = [line for note in footnotes for line in wrapped(note, SMALL, WIDTH - 2 * _EDGE)]
        for line in reversed(lines):
            self.text(_EDGE, self.bottom, line, size=SMALL, color=GREY, va="bottom")
            self.bottom += inches(SMALL)
        self.rule(self.bottom + 0.03)
        self.bottom += 0.09

    def text(self, x: float, y: float, text: str, *, size: float = BODY, color: str = "black",
             weight: str = "normal", va: str = "baseline", ha: str = "left") -> None:
        """Write at a place in inches."""
        self.figure.text(x / WIDTH, y / self.height, text, fontsize=size, color=color, fontweight=weight,
                         va=va, ha=ha)

    def rule(self, y: float) -> None:
        """A thin line from edge to edge."""
        self.figure.add_artist(Line2D([_EDGE / WIDTH, 1 - _EDGE / WIDTH], [y / self.height] * 2, color=GREY,
                                      linewidth=0.5, transform=self.figure.transFigure))

    def axes(self, left: float, bottom: float, right: float, top: float, like: Axes | None = None) -> Axes:
        """Axes in a rectangle in inches; ``like`` shares its scale upwards."""
        made = self.figure.add_axes((left / WIDTH, bottom / self.height, (right - left) / WIDTH,
                                     (top - bottom) / self.height), sharey=like)
        if like is not None:
            made.tick_params(labelleft=False)
        return made

    def legend(self, handles: Sequence[Line2D | Patch], left: float, top: float, columns: int) -> None:
        """A legend whose upper left corner is at a place in inches."""
        self.figure.legend(handles=list(handles), loc="upper left", ncols=columns, borderpad=0,
                           borderaxespad=0, handlelength=2.4, handletextpad=0.5, columnspacing=1.2,
                           labelspacing=0.35, bbox_to_anchor=(left / WIDTH, top / self.height))


def legend_height(entries: int, columns: int) -> float:
    """The height in inches of a legend.

    >>> round(legend_height(9, 3), 2)
    0.45
    """
    rows = -(-entries // columns)
    return rows * SMALL * 1.55 / 72
