"""How AimaNet's plots look, and how they become PNG and SVG.

matplotlib is imported when something is drawn, and without pyplot: no global state, no display.
As PNG for papers and slides, and as SVG that takes its colours from the page it stands in.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Colours:
    """Everything that is drawn takes one of these."""

    ink: str
    muted: str
    grid: str
    accent: str
    paper: str | None


PAPER = Colours(ink="#1c2430", muted="#5b6675", grid="#d9dee5", accent="#c2304a", paper="#ffffff")
"""For files."""

PAGE = Colours(ink="#010203", muted="#040506", grid="#070809", accent="#0a0b0c", paper=None)
"""Stand-ins that `themed` turns into a page's variables --ink, --muted, --grid and --accent."""

Paint = Callable[["Axes", Colours], None]

STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 9.5,
    "svg.fonttype": "none",
    "svg.hashsalt": "aimanet",  # ids are the same in every run
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
}


def render(
    paint: Paint,
    size: tuple[float, float],
    title: str = "",
    *,
    colours: Colours = PAPER,
    form: str = "png",
) -> bytes:
    """Returns a plot as PNG (200 dots an inch) or SVG.

    Args:
        paint: draws into the axes.
        size: width and height in inches.
        title: above the plot, where the colours have a paper.
        colours: `PAPER`, or `PAGE` for `themed`.
        form: png or svg.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        ax = figure.add_subplot()
        _dress(ax, colours)
        paint(ax, colours)
        if colours.paper:
            figure.set_facecolor(colours.paper)
            ax.set_title(title, color=colours.ink, fontsize=10.5, loc="left", parse_math=False)
        out = io.BytesIO()
        none = {"Date": None, "Creator": None, "Format": None, "Type": None}
        figure.savefig(
            out,
            format=form,
            dpi=200,
            transparent=colours.paper is None,
            metadata=none if form == "svg" else None,
        )
    return out.getvalue()


def themed(drawn: bytes, label: str, prefix: str) -> str:
    """Returns an SVG that was rendered in `PAGE` as an ``<svg>`` element to put into HTML.

    Args:
        drawn: the file.
        label: what a screen reader says; escaped already.
        prefix: makes the ids unique among several in one page.
    """
    text = drawn.decode("utf-8")
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = text[text.index("<svg") :]
    text = re.sub(r' xmlns(:\w+)?="[^"]*"', "", text)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}\1)", text)
    text = re.sub(r'(?:xlink:)?href="#([^"]+)"', rf'href="#{prefix}\1"', text)
    for name in ("ink", "muted", "grid", "accent"):
        text = text.replace(getattr(PAGE, name), f"var(--{name})")
    return text.replace("<svg", f'<svg role="img" aria-label="{label}"', 1).strip()


def _dress(ax: Axes, colours: Colours) -> None:
    ax.grid(color=colours.grid, lw=0.7)
    ax.set_axisbelow(True)
    for spine in ax.spines.values():
        spine.set_color(colours.muted)
    ax.tick_params(colors=colours.muted, labelcolor=colours.ink, length=3)
    ax.xaxis.label.set_color(colours.ink)
    ax.yaxis.label.set_color(colours.ink)


def dots(ax: Axes, x: Values, y: Values, colours: Colours) -> None:
    """Points; many lie on one another: crowds become darker."""
    size = 30.0 if len(x) <= 100 else 16.0 if len(x) <= 1000 else 7.0
    ax.scatter(x, y, s=size, color=colours.accent, alpha=0.5, linewidths=0, zorder=3)


def note(ax: Axes, text: str, x: float, y: float, colours: Colours, va: str) -> None:
    """A word at ``x``, ``y`` (0-1) of the axes."""
    ax.text(x, y, text, transform=ax.transAxes, va=va, color=colours.ink)


def limits(values: Values) -> tuple[float, float]:
    """A range around the values, at least 20 BPM wide."""
    if not len(values):
        return 40.0, 120.0
    low, high = float(values.min()), float(values.max())
    margin = max(0.06 * (high - low), 10.0 - 0.5 * (high - low), 2.0)
    return low - margin, high + margin
