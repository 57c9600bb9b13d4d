"""How figures look: fonts, lines and shades that print well, in grey too, and for the colour-blind."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#000000", "#CC79A7", "#56B4E9", "#E69F00")
"""Distinct to the colour-blind: M. Okabe and K. Ito, Color Universal Design, 2008; yellow is too light."""
LINES = ("-", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (5, 1.5, 1.2, 1.5)))
SIGNS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p")
SHADES = ("#FEE8C8", "#FDBB84", "#FC8D59", "#D7301F", "#7F0000", "#2B0000")
"""Grades from the mildest: each darker than the last, so that grey tells them apart."""
UNGRADED = "#FFFFFF"
GREY, FAINT, STRIP = "0.35", "0.85", "0.94"
BODY, SMALL, TITLE = 8.0, 7.0, 9.0
DPI = 200

CHINESE = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "Noto Sans CJK JP",
           "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Microsoft YaHei", "SimHei", "PingFang SC", "Heiti SC",
           "Hiragino Sans GB", "Arial Unicode MS", "Droid Sans Fallback")
"""Fonts with Chinese characters, the first that is there is taken."""
_SETTINGS: dict[str, Any] = {
    "font.size": BODY, "axes.labelsize": BODY, "axes.titlesize": BODY, "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL, "legend.fontsize": SMALL, "axes.linewidth": 0.6, "xtick.major.width": 0.6,
    "ytick.major.width": 0.6, "xtick.minor.width": 0.4, "ytick.minor.width": 0.4, "xtick.major.size": 3,
    "ytick.major.size": 3, "xtick.minor.size": 1.5, "ytick.minor.size": 1.5, "axes.spines.top": False,
    "axes.spines.right": False, "axes.titlelocation": "left", "axes.titlepad": 4.0, "legend.frameon": False,
    "svg.fonttype": "path", "svg.hashsalt": "dossier", "figure.facecolor": "white",
    "axes.unicode_minus": False, "text.parse_math": False, "lines.linewidth": 1.0, "lines.markersize": 4.0,
    "path.simplify": False,
}


def chinese_font() -> str | None:
    """A font with Chinese characters that is installed; None where there is none."""
    there = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in CHINESE if name in there), None)


@contextmanager
def styled(language: str) -> Iterator[None]:
    """Draw with our own settings alone, whatever those of the machine are."""
    fonts = ["DejaVu Sans"]
    if language == "zh" and (own := chinese_font()) is not None:
        fonts = [own, *fonts]
    log = logging.getLogger("matplotlib")  # it tells of a font without bold, and of each thing it draws
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with mpl.rc_context():
            mpl.rcdefaults()
            settings: Any = {**_SETTINGS, "font.family": fonts}
            mpl.rcParams.update(settings)
            yield
    finally:
        log.setLevel(level)


def rendered(figure: Figure) -> dict[str, bytes]:
    """The figure as SVG and PNG: the same bytes each time, for there is no date in them."""
    made: dict[str, bytes] = {}
    for kind, canvas in (("svg", FigureCanvasSVG(figure)), ("png", FigureCanvasAgg(figure))):
        into = io.BytesIO()
        metadata = {"Date": None} if kind == "svg" else {"Software": None}
        canvas.print_figure(into, format=kind, dpi=DPI, metadata=metadata)
        made[kind] = into.getvalue()
    return made
