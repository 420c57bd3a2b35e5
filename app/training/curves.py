"""The two curves of a run: the loss step by step, and the error of each validation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from aimanet.types import TrainProgress
from app.widgets.plot import Plot

_DRAWN = 1500
"""More points than a curve is wide need not be drawn."""


class RunPlot(Plot):
    """A figure over the steps of a run, in ranges that change seldom."""

    def show_run(self, steps: Sequence[TrainProgress]) -> None:
        """For subclasses: draw the run so far."""
        raise NotImplementedError

    def _frame(self, steps: NDArray[np.float64], values: NDArray[np.float64], floor: float) -> None:
        """Ranges and lines for curves through these points."""
        low, high, gap = levels(min(floor, float(values.min())), float(values.max()))
        last = max(float(steps[-1]), 2.0)
        pad = 0.04 * (high - low)
        self.graph.setRange(xRange=(1, last * 1.01), yRange=(low - pad, high + pad), padding=0)
        self.set_ticks("left", [(v, f"{v:.4g}") for v in np.arange(low, high + gap / 2, gap)])
        marks = sorted({1, *(round(last * part) for part in (1 / 3, 2 / 3, 1.0))})
        self.set_ticks("bottom", [(m, f"{m:,}".replace(",", " ")) for m in marks])


class LossPlot(RunPlot):
    """The loss: each step faintly, their running mean, and what validation says of it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Loss", "No step yet", parent)
        self._each, self._mean = pg.PlotCurveItem(antialias=True), pg.PlotCurveItem(antialias=True)
        self._judged = pg.ScatterPlotItem(pen=None)
        for item in (self._each, self._mean, self._judged):
            self.graph.addItem(item)
        self.show_levels()

    def show_run(self, steps: Sequence[TrainProgress]) -> None:
        """Draw the run so far."""
        points = [(p.step, p.train_loss) for p in steps if np.isfinite(p.train_loss)]
        judged = [(p.step, p.val_loss) for p in steps if p.val_loss is not None]
        self.set_empty(not points)
        if self.is_empty:
            self.note = ""
            return
        x, y = np.array(points, float).T
        mean = running_mean(y)
        thin = slice(None, None, max(1, len(x) // _DRAWN))
        self._each.setData(x[thin], y[thin])
        self._mean.setData(x[thin], mean[thin])
        vx, vy = np.array(judged, float).reshape(-1, 2).T
        self._judged.setData(vx, vy)
        self._frame(x, np.concatenate([y, vy]), np.inf)
        told = f"training {mean[-1]:.3f}"
        self.note = f"{told} · validation {vy[-1]:.3f}" if len(vy) else told

    def color_items(self) -> None:
        """Pens of the look."""
        look = self.look
        self._each.setPen(pg.mkPen(look.color("accent", 0.35), width=1.0 * look.scale))
        self._mean.setPen(pg.mkPen(look.color("accent"), width=2.0 * look.scale))
        self._judged.setBrush(look.color("warn"))
        self._judged.setSize(7.0 * look.scale)


class ErrorPlot(RunPlot):
    """The mean error of each validation in BPM; the best one is marked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Validation error, BPM", "No validation yet", parent)
        self._line, self._best = pg.PlotCurveItem(antialias=True), pg.ScatterPlotItem(pen=None)
        self._dots = pg.ScatterPlotItem(pen=None)
        for item in (self._line, self._dots, self._best):
            self.graph.addItem(item)
        self.show_levels()

    def show_run(self, steps: Sequence[TrainProgress]) -> None:
        """Draw the run so far."""
        points = [(p.step, p.val_mae_bpm) for p in steps if p.val_mae_bpm is not None]
        self.set_empty(not points)
        if self.is_empty:
            self.note = ""
            return
        x, y = np.array(points, float).T
        best = int(np.argmin(y))
        self._line.setData(x, y)
        self._dots.setData(x, y)
        self._best.setData(x[[best]], y[[best]])
        self._frame(np.append(x, max(steps[-1].step, x[-1])), y, 0.0)
        self.note = f"now {y[-1]:.2f} · best {y[best]:.2f}"

    def color_items(self) -> None:
        """Pens of the look."""
        look = self.look
        self._line.setPen(pg.mkPen(look.color("pulse"), width=2.0 * look.scale))
        self._dots.setBrush(look.color("pulse"))
        self._dots.setSize(5.0 * look.scale)
        self._best.setBrush(look.color("ok"))
        self._best.setSize(10.0 * look.scale)


def running_mean(values: NDArray[np.float64], tau: float = 30.0) -> NDArray[np.float64]:
    """An exponential mean that starts at the mean of what there is, not at the first value."""
    result, total, weight, keep = np.empty_like(values), 0.0, 0.0, 1.0 - 1.0 / tau
    for i, value in enumerate(values):
        total, weight = keep * total + value, keep * weight + 1.0
        result[i] = total / weight
    return result


def levels(low: float, high: float) -> tuple[float, float, float]:
    """A round range around ``low``-``high``, and the distance of three to five lines in it."""
    span = max(high - low, 1e-3)
    power = 10.0 ** np.floor(np.log10(span))
    gap = next(g * power for g in (0.2, 0.25, 0.5, 1, 2, 2.5, 5) if span / (g * power) <= 3.5)
    return float(np.floor(low / gap) * gap), float(np.ceil(high / gap) * gap), float(gap)
