"""Draws values over time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator

from dossier.figures.model import Profile
from dossier.figures.page import WIDTH, Page, legend_height
from dossier.figures.profile import ProfileData
from dossier.figures.scales import TimeScale, ValueScale, strip_parts, value_scale
from dossier.figures.style import COLOURS, FAINT, GREY, LINES, SIGNS, SMALL, STRIP
from dossier.figures.tables import Subjects
from dossier.figures.words import in_language, word

_LEFT, _RIGHT, _GAP = 0.72, 0.62, 0.22
_AXIS = 0.46  # inches for ticks and text of the axis of time
_PANEL_COLUMNS = 3


def draw_profile(spec: Profile, data: ProfileData, subjects: Subjects, page: Page, names: dict[str, str],
                 language: str) -> None:
    """Draw a figure of values over time on its sheet; ``names`` are those of the groups."""
    groups = list(subjects.groups) if spec.panels else [""]
    kinds = _panel_signs(data, groups) if spec.panels else _group_signs(subjects, names)
    shared = _shared_handles(spec, data, language)
    columns = _PANEL_COLUMNS if spec.panels else 5
    own = max(len(kinds[group]) for group in groups)
    below = page.bottom + legend_height(own, columns) + legend_height(len(shared), 5) + 0.1
    counts = 0.2 if len(data.medians) and not spec.panels else 0.0
    low, high = below + _AXIS + counts, page.top - (0.3 if spec.panels else 0.12)
    page.legend(shared, _LEFT, page.bottom + legend_height(len(shared), 5), 5)
    time, values = _time_scale(spec, data), value_scale(_heights(data), data.limit, log=spec.y.scale == "log")
    width = (WIDTH - _LEFT - _RIGHT - _GAP * (len(groups) - 1)) / len(groups)
    first: Axes | None = None
    for at, group in enumerate(groups):
        left = _LEFT + at * (width + _GAP)
        axes = page.axes(left, low, left + width, high, first)
        first = first or axes
        chosen = data.points[data.points["group"] == group] if spec.panels else data.points
        _frame(axes, spec, time, values, language)
        _draw_lines(axes, chosen, values, subjects, panels=spec.panels)
        _draw_medians(axes, data.medians[data.medians["group"] == group], values)
        if spec.panels:
            axes.set_title(f"{names[group]} ({word('n', language)} = {subjects.sizes()[group]})")
        page.legend(kinds[group], left, below - 0.04, columns)
        if at == len(groups) - 1:
            _name_limit(axes, spec, data, values, language)
        if counts:
            _count_row(axes, data.medians, language, (high - low))
    assert first is not None
    page.text((_LEFT + WIDTH - _RIGHT) / 2, low - 0.36, in_language(spec.x.label, language), ha="center")
    first.set_ylabel(in_language(spec.y.label, language))


def _heights(data: ProfileData) -> pd.Series:
    both = (data.points, data.medians)
    return pd.concat([drawn["y"].mask(drawn["below"]).astype("float64") for drawn in both])


def _time_scale(spec: Profile, data: ProfileData) -> TimeScale:
    ends = [float(data.points["x"].min()), float(data.points["x"].max())]
    given = [spec.x.from_, spec.x.to]
    low, high = (float(end) if end is not None else found for end, found in zip(given, ends, strict=True))
    split = spec.x.split
    return TimeScale(low, high if high > low else low + 1, float(split.at) if split is not None else None,
                     float(split.share) if split is not None else 0.5)


def _frame(axes: Axes, spec: Profile, time: TimeScale, values: ValueScale, language: str) -> None:
    """Scales, ticks, the strip below the limit, and lines at times."""
    axes.set_xscale("function", functions=time.functions())
    margin = 0.012
    axes.set_xlim(*(float(x) for x in time.inverse(np.array([-margin, 1 + margin]))))
    if spec.x.ticks is not None:
        axes.xaxis.set_major_locator(FixedLocator([float(tick) for tick in spec.x.ticks]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    if values.log:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(numticks=20))
        axes.yaxis.set_minor_locator(LogLocator(subs=tuple(range(2, 10)), numticks=20))
        axes.yaxis.set_minor_formatter(NullFormatter())
    low, high = values.ends()
    axes.set_ylim(low, high)
    if spec.x.split is not None:
        axes.axvline(float(spec.x.split.at), color=FAINT, linewidth=0.6, linestyle=(0, (2, 2)), zorder=0)
    for line in spec.lines or ():
        axes.axvline(float(line.at), color=GREY, linewidth=0.7, zorder=0)
    if values.limit is not None and spec.y.limit is not None:
        axes.axhspan(low, values.limit, color=STRIP, linewidth=0, zorder=-1)
        axes.axhline(values.limit, color=GREY, linewidth=0.8, linestyle=(0, (4, 2)), zorder=1)
        _ticks_above(axes, values, in_language(spec.y.limit.below_label, language))


def _ticks_above(axes: Axes, values: ValueScale, below: str) -> None:
    """Ticks for values above the limit alone; in the middle of the strip what lies in it."""
    assert values.limit is not None
    low, high = values.ends()
    middle = values.in_strip(0.5)
    ticks = [float(t) for t in axes.yaxis.get_major_locator().tick_values(low, high)
             if values.limit <= t <= high]
    minor = [float(t) for t in axes.yaxis.get_minor_locator().tick_values(low, high)
             if values.limit <= t <= high] if values.log else []
    axes.yaxis.set_major_locator(FixedLocator([middle, *ticks]))
    axes.yaxis.set_minor_locator(FixedLocator(minor))
    axes.yaxis.set_major_formatter(FuncFormatter(
        lambda value, _: below if np.isclose(value, middle) else f"{value:,.10g}"))


def _signs(at: int) -> dict[str, Any]:
    return {"color": COLOURS[at % len(COLOURS)], "marker": SIGNS[at % len(SIGNS)],
            "linestyle": LINES[at % len(LINES)]}


def _numbered(points: pd.DataFrame) -> dict[str, int]:
    return {str(subject): at for at, subject in enumerate(sorted(set(points["subject"])))}


def _panel_signs(data: ProfileData, groups: list[str]) -> dict[str, list[Line2D]]:
    """A panel's legend: each of its subjects."""
    made: dict[str, list[Line2D]] = {}
    for group in groups:
        own = data.points[data.points["group"] == group]
        labels = dict(zip(own["subject"], own["label"], strict=True))
        made[group] = [Line2D([], [], label=str(labels[subject]), **_signs(at))
                       for subject, at in _numbered(own).items()]
    return made


def _group_signs(subjects: Subjects, names: dict[str, str]) -> dict[str, list[Line2D]]:
    """The legend of one panel: the groups."""
    sizes = subjects.sizes()
    return {"": [Line2D([], [], label=f"{names[group]} (N = {sizes[group]})", **_signs(at))
                 for at, group in enumerate(subjects.groups)] if len(subjects.groups) > 1 else []}


def _draw_lines(axes: Axes, points: pd.DataFrame, values: ValueScale, subjects: Subjects, *,
                panels: bool) -> None:
    """A line a subject; open signs below the limit, rings where asked for."""
    height = points["y"]
    if values.limit is not None:
        strip = strip_parts(points["subject"]).map(values.in_strip)
        height = height.mask(points["below"], strip)
    points = points.assign(height=height)
    of_group = {group: at for at, group in enumerate(subjects.groups)}
    of_subject = _numbered(points)
    for subject, own in points.groupby("subject"):
        look = _signs(of_subject[str(subject)] if panels else of_group[str(own["group"].iloc[0])])
        colour, marker = look["color"], look["marker"]
        weight, size = (1.0, 4.0) if panels else (0.6, 2.8)
        axes.plot(own["x"], own["height"], color=colour, linestyle=look["linestyle"],
                  linewidth=weight, zorder=2)
        for mask, face in ((~own["below"], colour), (own["below"], "white")):
            axes.plot(own["x"][mask], own["height"][mask], linestyle="none", marker=marker,
                      markersize=size, markeredgewidth=0.7, color=colour, markerfacecolor=face, zorder=3)
        ringed = own[own["ringed"]]
        axes.plot(ringed["x"], ringed["height"], linestyle="none", marker="o", markersize=size + 3.5,
                  markerfacecolor="none", markeredgecolor="black", markeredgewidth=0.7, zorder=4)


def _draw_medians(axes: Axes, medians: pd.DataFrame, values: ValueScale) -> None:
    if medians.empty:
        return
    height = medians["y"]
    if values.limit is not None:
        height = height.mask(medians["below"], values.in_strip(0.5))
    axes.plot(medians["x"], height, zorder=5, **_MEDIAN)


_MEDIAN: dict[str, Any] = {
    "color": "black", "linewidth": 1.8, "marker": "D", "markersize": 5.5, "markerfacecolor": "white",
    "markeredgecolor": "black", "markeredgewidth": 1.3}


def _shared_handles(spec: Profile, data: ProfileData, language: str) -> list[Line2D]:
    """What all panels have in common: median, ring, open sign, lines at times."""
    made = []
    if spec.median is not None and len(data.medians):
        made.append(Line2D([], [], label=in_language(spec.median.label, language), **_MEDIAN))
    if spec.ringed is not None and data.points["ringed"].any():
        made.append(Line2D([], [], linestyle="none", marker="o", markersize=7, markerfacecolor="none",
                           markeredgecolor="black", markeredgewidth=0.7,
                           label=in_language(spec.ringed.label, language)))
    if spec.y.limit is not None:
        made.append(Line2D([], [], linestyle="none", marker="o", markersize=4, markerfacecolor="white",
                           markeredgecolor=GREY, markeredgewidth=0.7,
                           label=in_language(spec.y.limit.below_label, language)))
        made.append(Line2D([], [], color=GREY, linewidth=0.8, linestyle=(0, (4, 2)),
                           label=in_language(spec.y.limit.label, language)))
    made += [Line2D([], [], color=GREY, linewidth=0.7, label=in_language(line.label, language))
             for line in spec.lines or ()]
    return made


def _name_limit(axes: Axes, spec: Profile, data: ProfileData, values: ValueScale, language: str) -> None:
    """The limit's number at the right end of its line."""
    if data.limit is not None and spec.y.limit is not None:
        axes.annotate(f"{data.limit:g}", (1, data.limit), xycoords=("axes fraction", "data"), xytext=(3, 0),
                      textcoords="offset points", va="center", fontsize=SMALL, color=GREY)


def _count_row(axes: Axes, medians: pd.DataFrame, language: str, height: float) -> None:
    """Under the axis, how many subjects each median is of."""
    down = -(_AXIS + 0.03) / height
    for x, n in zip(medians["x"], medians["n"], strict=True):
        axes.annotate(f"{n}", (x, down), xycoords=("data", "axes fraction"), ha="center", va="center",
                      fontsize=SMALL, annotation_clip=False)
    axes.annotate("n", (0, down), xycoords="axes fraction", xytext=(-12, 0), textcoords="offset points",
                  ha="right", va="center", fontsize=SMALL, annotation_clip=False)
