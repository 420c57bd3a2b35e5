"""Scatter and Bland-Altman plots of one row.

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

from aimanet.evaluation.results import Row
from aimanet.evaluation.summary import Agreement

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
"""For PNG files."""

PAGE = Colours(ink="#010203", muted="#040506", grid="#070809", accent="#0a0b0c", paper=None)
"""Stand-ins that `svg` turns into the variables --ink, --muted, --grid and --accent of a page."""

Draw = Callable[["Axes", Row, Colours], None]

STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 9.5,
    "svg.fonttype": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
}


def scatter(ax: Axes, row: Row, colours: Colours) -> None:
    """Predicted over measured heart rate, with the line on which they are equal."""
    label, pred = _rates(row)
    low, high = _limits(np.concatenate([label, pred]))
    ax.plot([low, high], [low, high], color=colours.muted, lw=1.0, zorder=1)
    _dots(ax, label, pred, colours)
    ax.set_xlim(low, high)
    ax.set_ylim(low, high)
    ax.set_aspect("equal")
    ax.locator_params(nbins=6)
    ax.set_xlabel("sensor, BPM")
    ax.set_ylabel("camera, BPM")
    r = row.summary.pearson.value
    _note(ax, f"r = {r:.3f}" if np.isfinite(r) else "", 0.03, 0.97, colours, va="top")


def bland_altman(ax: Axes, row: Row, colours: Colours) -> None:
    """Difference over mean of the two rates, with bias and 95 % limits of agreement."""
    label, pred = _rates(row)
    _dots(ax, (label + pred) / 2.0, pred - label, colours)
    figures = row.agreement
    ax.axhline(0.0, color=colours.grid, lw=1.0, zorder=0)
    lines = _lines(figures)
    for at, _, style in lines:
        ax.axhline(at, color=colours.muted, lw=1.0, ls=style, zorder=1)
    ax.set_xlim(*_limits((label + pred) / 2.0))
    reach = _reach(pred - label, figures)
    ax.set_ylim(-reach, reach)
    for at, text in _spaced([(at, text) for at, text, _ in lines], 0.085 * reach):
        ax.annotate(
            text,
            (1.0, at),
            (5, 0),
            xycoords=ax.get_yaxis_transform(),
            textcoords="offset points",
            va="center",
            color=colours.muted,
            fontsize=8,
            annotation_clip=False,
        )
    ax.locator_params(nbins=6)
    ax.set_xlabel("mean of camera and sensor, BPM")
    ax.set_ylabel("camera − sensor, BPM")


PLOTS: dict[str, Draw] = {"scatter": scatter, "bland_altman": bland_altman}
"""By the names of their files."""

SIZES: dict[Draw, tuple[float, float]] = {scatter: (4.0, 3.8), bland_altman: (5.0, 3.8)}
"""Width and height in inches: a square beside a wide one with words on its right."""


def png(draw: Draw, row: Row) -> bytes:
    """Returns the plot on white, with a title, 200 dots an inch."""
    return _render(draw, row, PAPER, "png")


def svg(draw: Draw, row: Row, label: str, prefix: str) -> str:
    """Returns the plot as an ``<svg>`` element to put into HTML.

    Args:
        draw: one of `PLOTS`.
        row: what to draw.
        label: what a screen reader says; escaped already.
        prefix: makes the ids unique among several in one page.
    """
    text = _render(draw, row, PAGE, "svg").decode("utf-8")
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = text[text.index("<svg") :]
    text = re.sub(r' xmlns(:\w+)?="[^"]*"', "", text)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}\1)", text)
    text = re.sub(r'(?:xlink:)?href="#([^"]+)"', rf'href="#{prefix}\1"', text)
    for name in ("ink", "muted", "grid", "accent"):
        text = text.replace(getattr(PAGE, name), f"var(--{name})")
    return text.replace("<svg", f'<svg role="img" aria-label="{label}"', 1).strip()


def _render(draw: Draw, row: Row, colours: Colours, form: str) -> bytes:
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=SIZES[draw], layout="constrained")
        FigureCanvasAgg(figure)
        ax = figure.add_subplot()
        _dress(ax, colours)
        draw(ax, row, colours)
        if colours.paper:
            figure.set_facecolor(colours.paper)
            title = f"{row.method} on {row.dataset}"
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


def _dress(ax: Axes, colours: Colours) -> None:
    ax.grid(color=colours.grid, lw=0.7)
    ax.set_axisbelow(True)
    for spine in ax.spines.values():
        spine.set_color(colours.muted)
    ax.tick_params(colors=colours.muted, labelcolor=colours.ink, length=3)
    ax.xaxis.label.set_color(colours.ink)
    ax.yaxis.label.set_color(colours.ink)


def _dots(ax: Axes, x: Values, y: Values, colours: Colours) -> None:
    """Many points lie on one another (the spectrum's bins are coarse): crowds become darker."""
    size = 30.0 if len(x) <= 100 else 16.0 if len(x) <= 1000 else 7.0
    ax.scatter(x, y, s=size, color=colours.accent, alpha=0.5, linewidths=0, zorder=3)


def _note(ax: Axes, text: str, x: float, y: float, colours: Colours, va: str) -> None:
    ax.text(x, y, text, transform=ax.transAxes, va=va, color=colours.ink)


def _rates(row: Row) -> tuple[Values, Values]:
    known = [s for s in row.scores if np.isfinite(s.error_bpm)]
    return np.array([s.hr_label_bpm for s in known]), np.array([s.hr_pred_bpm for s in known])


def _limits(values: Values) -> tuple[float, float]:
    """A range around the values, at least 20 BPM wide."""
    if not len(values):
        return 40.0, 120.0
    low, high = float(values.min()), float(values.max())
    margin = max(0.06 * (high - low), 10.0 - 0.5 * (high - low), 2.0)
    return low - margin, high + margin


def _reach(difference: Values, figures: Agreement) -> float:
    known = [abs(v) for v in (figures.low_bpm, figures.high_bpm) if np.isfinite(v)]
    return 1.15 * max([5.0, *known, *np.abs(difference)])


def _lines(figures: Agreement) -> list[tuple[float, str, str]]:
    """Height, words and style of the lines of a Bland-Altman plot, lowest first."""
    lines = [
        (figures.low_bpm, f"{_signed(figures.low_bpm)}\n−1.96 SD", (0, (5, 3))),
        (figures.bias_bpm, f"{_signed(figures.bias_bpm)}\nbias", "-"),
        (figures.high_bpm, f"{_signed(figures.high_bpm)}\n+1.96 SD", (0, (5, 3))),
    ]
    return [line for line in lines if np.isfinite(line[0])]  # type: ignore[misc]


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")


def _spaced(marks: list[tuple[float, str]], half: float) -> list[tuple[float, str]]:
    """Heights of words pushed apart from the middle one, so that none covers another."""
    if len(marks) != 3:
        return marks
    (low, a), (mid, b), (high, c) = marks
    return [(min(low, mid - 2 * half), a), (mid, b), (max(high, mid + 2 * half), c)]
