"""Scatter and Bland-Altman plots of one row."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from aimanet.evaluation.canvas import PAGE, PAPER, Colours, dots, limits, note, render, themed
from aimanet.evaluation.results import Row
from aimanet.evaluation.summary import Agreement

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Values = NDArray[np.float64]

Draw = Callable[["Axes", Row, Colours], None]


def scatter(ax: Axes, row: Row, colours: Colours) -> None:
    """Predicted over measured heart rate, with the line on which they are equal."""
    label, pred = _rates(row)
    low, high = limits(np.concatenate([label, pred]))
    ax.plot([low, high], [low, high], color=colours.muted, lw=1.0, zorder=1)
    dots(ax, label, pred, colours)
    ax.set_xlim(low, high)
    ax.set_ylim(low, high)
    ax.set_aspect("equal")
    ax.locator_params(nbins=6)
    ax.set_xlabel("sensor, BPM")
    ax.set_ylabel("camera, BPM")
    r = row.summary.pearson.value
    note(ax, f"r = {r:.3f}" if np.isfinite(r) else "", 0.03, 0.97, colours, va="top")


def bland_altman(ax: Axes, row: Row, colours: Colours) -> None:
    """Difference over mean of the two rates, with bias and 95 % limits of agreement."""
    label, pred = _rates(row)
    dots(ax, (label + pred) / 2.0, pred - label, colours)
    figures = row.agreement
    ax.axhline(0.0, color=colours.grid, lw=1.0, zorder=0)
    lines = _lines(figures)
    for at, _, style in lines:
        ax.axhline(at, color=colours.muted, lw=1.0, ls=style, zorder=1)
    ax.set_xlim(*limits((label + pred) / 2.0))
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
    return themed(_render(draw, row, PAGE, "svg"), label, prefix)


def _render(draw: Draw, row: Row, colours: Colours, form: str) -> bytes:
    def paint(ax: Axes, colours: Colours) -> None:
        draw(ax, row, colours)

    title = f"{row.method} on {row.dataset}"
    return render(paint, SIZES[draw], title, colours=colours, form=form)


def _rates(row: Row) -> tuple[Values, Values]:
    known = [s for s in row.scores if np.isfinite(s.error_bpm)]
    return np.array([s.hr_label_bpm for s in known]), np.array([s.hr_pred_bpm for s in known])


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
