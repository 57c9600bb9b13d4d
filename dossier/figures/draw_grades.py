"""Draws events by grade."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter

from dossier.figures.grades import ALL, ANY, NOT_GRADED, GradesData
from dossier.figures.model import Grades
from dossier.figures.page import WIDTH, Page, legend_height
from dossier.figures.style import FAINT, GREY, SHADES, SMALL, UNGRADED
from dossier.figures.words import in_language, word

_RIGHT, _GAP, _AXIS, _HEAD = 0.15, 0.16, 0.42, 0.42
_BAR, _FEW = 0.66, 8
_CHARACTER = 0.56  # of a character's width in its size
_ROOM = 0.62  # inches beside a bar for its number


def draw_grades(spec: Grades, data: GradesData, page: Page, names: dict[str, str], language: str) -> None:
    """Draw subjects by worst grade on the sheet; ``names`` are those of the groups."""
    shades = _shades(spec, data)
    handles = [Patch(facecolor=colour, edgecolor="black", linewidth=0.4, label=_grade_name(grade, language))
               for grade, colour in shades.items()]
    terms = [_term_name(term, spec, language) for term in data.terms]
    left = 0.2 + max(len(term) for term in terms) * SMALL * _CHARACTER / 72
    below = page.bottom + legend_height(len(handles), len(handles))
    page.legend(handles, left, below, len(handles))
    groups = list(data.sizes)
    width = (WIDTH - left - _RIGHT - _GAP * (len(groups) - 1)) / len(groups)
    first: Axes | None = None
    for at, group in enumerate(groups):
        start = left + at * (width + _GAP)
        axes = page.axes(start, below + 0.08 + _AXIS, start + width, page.top - _HEAD, first)
        first = first or axes
        whole = in_language(spec.all, language) if spec.all is not None else ""
        head = f"{whole if group == ALL else names[group]}\n({word('n', language)} = {data.sizes[group]})"
        axes.set_title(head.lstrip("\n"))
        _draw_panel(axes, data, group, shades, width)
        _frame(axes, spec, width)
    page.text((left + WIDTH - _RIGHT) / 2, below + 0.16, in_language(spec.label, language), ha="center")
    assert first is not None
    first.set_yticks(range(len(terms)), terms)
    first.set_ylim(max(len(terms), _FEW) - 0.4, -0.6)


def _shades(spec: Grades, data: GradesData) -> dict[int, str]:
    made = dict(zip(spec.grades, SHADES, strict=False))
    there = set(data.counts["grade"])
    return ({NOT_GRADED: UNGRADED} if NOT_GRADED in there else {}) | made


def _grade_name(grade: int, language: str) -> str:
    if grade == NOT_GRADED:
        return word("not graded", language)
    return f"{grade}{word('grade', language)}" if language == "zh" else f"{word('grade', language)} {grade}"


def _term_name(term: str, spec: Grades, language: str) -> str:
    return in_language(spec.any, language) if term == ANY and spec.any is not None else term


def _draw_panel(axes: Axes, data: GradesData, group: str, shades: dict[int, str], width: float) -> None:
    """Bars stacked by grade in percent, with the number of subjects at their ends."""
    size = data.sizes[group]
    own = data.counts[data.counts["group"] == group]
    table = own.pivot(index="term", columns="grade", values="n").reindex(
        index=list(data.terms), columns=list(shades)).fillna(0)
    left = pd.Series(0.0, table.index)
    rows = range(len(table))
    for grade, colour in shades.items():
        share = 100 * table[grade] / max(size, 1)
        axes.barh(list(rows), share, left=left, height=_BAR, color=colour, edgecolor="black", linewidth=0.4,
                  zorder=2)
        _write_counts(axes, table[grade], left, share, colour, width)
        left = left + share
    for row, (total, n) in enumerate(zip(left, table.sum(axis="columns"), strict=True)):
        text = f"{int(n)} ({total:.0f})" if n else "0"
        axes.annotate(text, (total, row), xytext=(2.5, 0), textcoords="offset points", va="center",
                      fontsize=SMALL, color="black" if n else GREY, zorder=4, annotation_clip=False)


def _write_counts(axes: Axes, counts: pd.Series, left: pd.Series, share: pd.Series, colour: str,
                  width: float) -> None:
    """The number of a part of a bar in its middle, where there is room."""
    red, green, blue = to_rgb(colour)
    ink = "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"
    for row, (n, start, part) in enumerate(zip(counts, left, share, strict=True)):
        if part / 100 * (width - _ROOM) > 0.075 * len(f"{int(n)}"):
            axes.text(start + part / 2, row, f"{int(n)}", ha="center", va="center_baseline", fontsize=SMALL,
                      color=ink, zorder=3)


def _frame(axes: Axes, spec: Grades, width: float) -> None:
    axes.set_xlim(0, 100 * width / (width - _ROOM))
    axes.xaxis.set_major_locator(FixedLocator([0, 50, 100]))
    axes.xaxis.set_minor_locator(FixedLocator([25, 75]))
    axes.spines["bottom"].set_bounds(0, 100)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.grid(True, color=FAINT, linewidth=0.5, which="both")
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    if spec.any is not None:
        axes.hlines(0.5, 0, 100, color=GREY, linewidth=0.5)
