"""Draws a bar a subject."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle
from matplotlib.patches import Patch
from matplotlib.path import Path
from matplotlib.ticker import FixedLocator, FuncFormatter

from dossier.figures.model import Swimmer
from dossier.figures.page import WIDTH, Page, legend_height
from dossier.figures.style import BODY, FAINT, GREY
from dossier.figures.swimmer import SwimmerData
from dossier.figures.tables import Subjects
from dossier.figures.words import in_language, word

_LEFT, _RIGHT, _AXIS = 0.95, 0.2, 0.42
_COLUMNS = 5
_FULL, _THIN = 0.62, 0.3
_BAR, _SPANS = "#E0E0E0", ("#74A9CF", "#2B5C8A")
_FEW = 8
"""Rows there is room for at least: few bars are not drawn fat."""
_HEAD = 0.95
"""Rows that the name of a group takes."""


@dataclass(frozen=True)
class _Sign:
    """The look of a sign: its shape, and what fills it."""

    shape: str
    fill: str
    edge: str = "black"
    size: float = 5.5
    style: Literal["full", "left"] = "full"


_SIGNS = {
    "circle": _Sign("o", "black"),
    "half circle": _Sign("o", "black", style="left"),
    "ring": _Sign("o", "white"),
    "square": _Sign("s", "black", size=5.0),
    "open square": _Sign("s", "white", size=5.0),
    "diamond": _Sign("D", "black", size=5.0),
    "open diamond": _Sign("D", "white", size=5.0),
    "triangle": _Sign("^", "#D55E00", size=7.0),
    "triangle down": _Sign("v", "#D55E00", size=7.0),
    "star": _Sign("*", "#F0E442", size=10.5),
    "cross": _Sign("X", "black", edge="white", size=8.0),
    "plus": _Sign("P", "black", edge="white", size=8.0),
    "bar": _Sign("|", "black", size=11.0),
    "arrow": _Sign("arrow", "black", size=24.0),
}


def draw_swimmer(spec: Swimmer, data: SwimmerData, subjects: Subjects, page: Page, names: dict[str, str],
                 language: str) -> None:
    """Draw a swimmer plot on its sheet; ``names`` are those of the groups."""
    handles = _handles(spec, language)
    below = page.bottom + legend_height(len(handles), _COLUMNS)
    page.legend(handles, _LEFT, below, _COLUMNS)
    axes = page.axes(_LEFT, below + 0.08 + _AXIS, WIDTH - _RIGHT, page.top - 0.06)
    height, heads = _heights(data, [group for group in subjects.groups if group in set(data.bars["group"])])
    _frame(axes, spec, data, height, language)
    rows = data.bars["row"].map(height)
    axes.barh(rows, data.bars["end"] - data.bars["start"], left=data.bars["start"], height=_FULL, color=_BAR,
              edgecolor=GREY, linewidth=0.4, zorder=2)
    for at, spans in enumerate(data.spans):
        axes.barh(spans["row"].map(height), spans["end"] - spans["start"], left=spans["start"],
                  height=_THIN if at else _FULL, color=_SPANS[at], edgecolor=GREY, linewidth=0.4, zorder=3)
    for event, marks in zip(spec.marks, data.marks, strict=True):
        low = event.mark in ("circle", "half circle", "ring", "arrow")
        axes.plot(marks["at"], marks["row"].map(height), zorder=4 if low else 5, clip_on=False,
                  **_look(event.mark))
    sizes = subjects.sizes()
    for group, head in heads.items():
        text = f"{names[group]} ({word('n', language)} = {sizes[group]})" if group else ""
        axes.annotate(text, (0, head), xycoords=("axes fraction", "data"), xytext=(-60, 0), fontsize=BODY,
                      textcoords="offset points", va="center", fontweight="bold", annotation_clip=False,
                      zorder=6, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8})


def _heights(data: SwimmerData, groups: list[str]) -> tuple[dict[int, float], dict[str, float]]:
    """The height of each row and of the name of each group, downwards from 0."""
    rows: dict[int, float] = {}
    heads: dict[str, float] = {}
    down = 0.0
    for group in groups:
        if group:
            heads[group] = down + 0.1
            down += _HEAD
        for row in data.bars.loc[data.bars["group"] == group, "row"]:
            rows[int(row)] = down
            down += 1
    return rows, heads


def _frame(axes: Axes, spec: Swimmer, data: SwimmerData, height: dict[int, float], language: str) -> None:
    low = float(spec.x.from_) if spec.x.from_ is not None else float(min(0.0, data.bars["start"].min()))
    found = float(data.bars["end"].max())
    high = float(spec.x.to) if spec.x.to is not None else found + 0.05 * (found - low)
    axes.set_xlim(low, high)
    axes.set_ylim(max(*height.values(), _FEW) + 0.7, -0.6)
    if spec.x.ticks is not None:
        axes.xaxis.set_major_locator(FixedLocator([float(tick) for tick in spec.x.ticks]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlabel(in_language(spec.x.label, language), labelpad=2)
    axes.xaxis.grid(True, color=FAINT, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.set_yticks([height[int(row)] for row in data.bars["row"]], data.bars["label"].tolist())
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _look(mark: str, *, centred: bool = False) -> dict[str, Any]:
    sign = _SIGNS[mark]
    edge = 1.6 if sign.shape == "|" else 0.7
    marker = _arrow(centred) if mark == "arrow" else MarkerStyle(
        sign.shape, fillstyle=sign.style)
    size = sign.size / (2 if centred and mark == "arrow" else 1)
    return {"linestyle": "none", "marker": marker, "markersize": size, "markerfacecolor": sign.fill,
            "markerfacecoloralt": "white", "markeredgecolor": sign.edge, "markeredgewidth": edge}


def _arrow(centred: bool) -> Path:
    """An arrow to the right, from the place it stands at, or with that in its middle."""
    left = -0.55 if centred else 0.0
    x = np.array([0, 0.68, 0.68, 1.1, 0.68, 0.68, 0]) + left
    y = np.array([0.03, 0.03, 0.17, 0, -0.17, -0.03, -0.03])
    return Path(np.column_stack([x, y]), closed=False)


def _handles(spec: Swimmer, language: str) -> list[Line2D | Patch]:
    made: list[Line2D | Patch] = [
        Patch(facecolor=_BAR, edgecolor=GREY, linewidth=0.4, label=in_language(spec.bar.label, language))]
    made += [Patch(facecolor=_SPANS[at], edgecolor=GREY, linewidth=0.4,
                   label=in_language(span.label, language)) for at, span in enumerate(spec.spans or ())]
    for event in spec.marks:
        look = _look(event.mark, centred=True)
        made.append(Line2D([], [], label=in_language(event.label, language), **look))
    return made
