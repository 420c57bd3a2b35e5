"""Plots of a measurement: agreement of the clips' rates, and what quality is worth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from aimanet.bench.accuracy.calibration import Calibration, quality_and_error
from aimanet.bench.accuracy.figures import alive, evaluation_row, pairs
from aimanet.bench.accuracy.report import Report
from aimanet.bench.accuracy.results import NEAR_BPM
from aimanet.bench.accuracy.verdict import OK_WITHIN
from aimanet.evaluation import plots as agreement
from aimanet.evaluation.canvas import Colours, Paint, Values, note, render
from aimanet.evaluation.results import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OK_QUALITY = 0.5
"""Readings are shown as ok from this quality on."""

MARKS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")
"""One shape a method, so that a plot can be read without its colours."""

SQUARE = agreement.SIZES[agreement.scatter]
WIDE = (5.4, 3.8)
"""Width and height in inches."""


def plot_files(report: Report) -> Iterator[tuple[str, bytes]]:
    """Names and contents of all plots, each as PNG and SVG; those without data are left out."""
    for name, make in _plots(report):
        for form in ("png", "svg"):
            yield f"{name}.{form}", make(form)


def _plots(report: Report) -> Iterator[tuple[str, Callable[[str], bytes]]]:
    living = alive(report.results)
    only_real = all(r.clip.origin == "recording" for r in living)
    data = "recordings" if only_real else "clips with a pulse"
    for method, calibration in zip(report.methods, report.calibration, strict=True):
        mine = [r for r in living if r.method == method]
        row = evaluation_row(method, data, mine)
        if not row.scores:
            continue
        stem = "".join(c if c.isalnum() else "-" for c in method.lower())
        title = f"{method} on {data}"
        yield f"{stem}.scatter", _form(partial(_scatter, row), SQUARE, title)
        yield f"{stem}.bland_altman", _form(partial(_bland_altman, row), WIDE, title)
        quality, error = quality_and_error(mine)
        if len(error):
            paint = partial(_error_over_quality, quality, error, calibration)
            yield f"{stem}.error_quality", _form(paint, WIDE, f"{method}: error and quality")
            paint = partial(_calibration, calibration)
            yield (
                f"{stem}.calibration",
                _form(paint, WIDE, f"{method}: what quality is worth"),
            )
    if report.conditions:
        count = len({row.condition for row in report.conditions})
        paint = partial(_conditions, report)
        yield "conditions", _form(paint, (7.0, 1.5 + 0.26 * count), "Error of the clips' rates")


def _form(paint: Paint, size: tuple[float, float], title: str) -> Callable[[str], bytes]:
    return lambda form: render(paint, size, title, form=form)


def _scatter(row: Row, ax: Axes, colours: Colours) -> None:
    agreement.scatter(ax, row, colours)
    ax.set_xlabel("truth, BPM")


def _bland_altman(row: Row, ax: Axes, colours: Colours) -> None:
    """With the textbook's limits, as in `evaluation`."""
    agreement.bland_altman(ax, row, colours)
    ax.set_xlabel("mean of camera and truth, BPM")
    ax.set_ylabel("camera − truth, BPM")


def _error_over_quality(
    quality: Values, error: Values, calibration: Calibration, ax: Axes, colours: Colours
) -> None:
    """Every reading as a dot, the mean error of each step of quality as a line."""
    size = 9.0 if len(error) <= 3000 else 4.0
    ax.scatter(quality, error, s=size, color=colours.accent, alpha=0.25, linewidths=0, zorder=2)
    known = [b for b in calibration.bins if b.readings]
    middle = [(b.low + b.high) / 2.0 for b in known]
    ax.plot(
        middle, [b.mae for b in known], color=colours.ink, lw=1.6, marker="o", ms=4, zorder=4,
        label="mean of each step",
    )  # fmt: skip
    ax.axhline(NEAR_BPM, color=colours.muted, lw=1.0, ls=(0, (5, 3)), zorder=1)
    ax.axvline(OK_QUALITY, color=colours.muted, lw=1.0, ls=(0, (1, 2)), zorder=1)
    ax.set_yscale("symlog", linthresh=1.0)
    ax.set_yticks([0, 1, 5, 20, 100], ["0", "1", "5", "20", "100"])
    ax.minorticks_off()
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(0.0, max(20.0, 1.3 * float(error.max())))
    ax.set_xlabel("quality (ok from 0.5 on)")
    ax.set_ylabel("error of a reading, BPM")
    ax.legend(loc="upper right", frameon=False, labelcolor=colours.ink)
    note(
        ax, f"Spearman {calibration.spearman:+.2f}".replace("-", "−"), 0.03, 0.97, colours, va="top"
    )


def _calibration(calibration: Calibration, ax: Axes, colours: Colours) -> None:
    """The share of readings within 5 BPM in each step of quality, with its 95 % interval."""
    known = [b for b in calibration.bins if b.readings]
    x = np.array([(b.low + b.high) / 2.0 for b in known])
    share = np.array([b.within for b in known])
    count = np.array([b.readings for b in known])
    low, high = wilson(share, count)
    ax.bar(x, count / count.sum(), width=0.09, color=colours.grid, zorder=1, label="readings")
    ax.errorbar(
        x, share, yerr=np.stack([share - low, high - share]).clip(0.0), color=colours.accent,
        marker="o", ms=5, lw=1.6, elinewidth=1.0, capsize=2, zorder=4, label="within 5 BPM",
    )  # fmt: skip
    ax.axhline(OK_WITHIN, color=colours.muted, lw=1.0, ls=(0, (5, 3)), zorder=2)
    ax.axvline(OK_QUALITY, color=colours.muted, lw=1.0, ls=(0, (1, 2)), zorder=2)
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(0.0, 1.03)
    ax.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    ax.set_xlabel("quality (ok from 0.5 on)")
    ax.set_ylabel("share of readings")
    ax.legend(loc="center left", frameon=False, labelcolor=colours.ink)


def wilson(share: Values, count: Values) -> tuple[Values, Values]:
    """The 95 % interval of shares of ``count`` trials (Wilson 1927)."""
    z2 = 1.96**2
    centre = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = 1.96 * np.sqrt(share * (1 - share) / count + z2 / (4 * count**2)) / (1 + z2 / count)
    return centre - half, centre + half


def _conditions(report: Report, ax: Axes, colours: Colours) -> None:
    """A line a condition, a mark a method: the first network in colour."""
    table = list(pairs(report.conditions))
    first = report.networks[0]
    for k, method in enumerate(report.methods):
        error = [row[method].mae if method in row else np.nan for _, row in table]
        is_first = method == first
        ax.scatter(
            error, range(len(table)), s=44 if is_first else 26, marker=MARKS[k % len(MARKS)],
            color=colours.accent if is_first else "none",
            edgecolors=colours.accent if is_first else colours.muted,
            linewidths=1.0, zorder=4 if is_first else 3, label=method,
        )  # fmt: skip
    ax.axvline(1.0, color=colours.muted, lw=1.0, ls=(0, (5, 3)), zorder=1)
    ax.set_xscale("symlog", linthresh=1.0)
    ticks = [0, 0.5, 1, 2, 5, 10, 20, 50]
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.set_xlim(left=0.0)
    ax.set_yticks(range(len(table)), [name for name, _ in table])
    ax.set_ylim(len(table) - 0.5, -0.5)
    ax.set_xlabel("mean absolute error, BPM")
    handles, labels = ax.get_legend_handles_labels()
    ax.figure.legend(
        handles, labels, loc="outside lower center", ncols=4, frameon=False, labelcolor=colours.ink
    )
