"""The spectrum behind the heart rate, with the peak that was chosen."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QFont, QLinearGradient
from PySide6.QtWidgets import QWidget

from aimanet.types import Reading, State
from aimanet.words import trusted_bpm
from app.widgets.plot import Discs, Plot

LOW_BPM, HIGH_BPM = 40.0, 210.0
_TICKS = (40, 60, 90, 120, 150, 180, 210)
_TOP = 1.2
_LABEL_TURNS_BPM = 185.0
"""From here on the peak's number stands at its left."""


class SpectrumPlot(Plot):
    """Power over beats per minute, scaled to its maximum."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Spectrum", "The spectrum appears with the first number", parent)
        self.peak_bpm: float | None = None
        self._curve = pg.PlotCurveItem(antialias=True, fillLevel=0.0)
        self._stem = pg.PlotCurveItem(antialias=True)
        self._dot = Discs()
        self._label = pg.TextItem()
        self._mark = (self._stem, self._dot, self._label)
        for item in (self._curve, *self._mark):
            self.graph.addItem(item)
        self.graph.setRange(xRange=(LOW_BPM, HIGH_BPM), yRange=(0.0, _TOP), padding=0)
        self.set_ticks("bottom", [(t, f"{t} BPM" if t == HIGH_BPM else str(t)) for t in _TICKS])

    def set_window(self, window_s: float) -> None:
        """Name the length of the window, in seconds."""
        self.note = f"window {window_s:.0f} s"

    def show_reading(self, reading: Reading) -> None:
        """Draw the spectrum of ``reading`` and mark its heart rate, where that may be shown."""
        bpm = np.asarray(reading.spectrum_bpm, float)
        power = np.clip(np.asarray(reading.spectrum_power, float), 0.0, 1.1)
        inside = (bpm >= LOW_BPM) & (bpm <= HIGH_BPM)
        self.set_empty(bool(np.count_nonzero(inside) < 2))
        self.set_dim(reading.state is not State.OK)
        if self.is_empty:
            self._mark_peak(None, 0.0)
            return
        self._curve.setData(bpm[inside], power[inside])
        peak = trusted_bpm(reading)
        self._mark_peak(peak, _power_at(peak, bpm, power))

    def clear(self) -> None:
        """Forget the spectrum."""
        self.set_empty(True)
        self._mark_peak(None, 0.0)

    def rest(self) -> None:
        """The curve stays, without colour; its number is not of now and goes."""
        super().rest()
        self._mark_peak(None, 0.0)

    def _mark_peak(self, bpm: float | None, power: float) -> None:
        self.peak_bpm = bpm
        for item in self._mark:
            item.setVisible(bpm is not None)
        if bpm is None:
            self.setAccessibleDescription("No peak")
            return
        self.setAccessibleDescription(f"Peak at {bpm:.0f} beats per minute")
        self._stem.setData([bpm, bpm], [0.0, power])
        self._dot.setPos(bpm, power)
        self._label.setText(f"{bpm:.0f}")
        self._label.setAnchor((1.25 if bpm > _LABEL_TURNS_BPM else -0.25, 0.5))
        self._label.setPos(bpm, power)

    def color_items(self) -> None:
        """Curve, the fading area under it, and the mark."""
        look, role = self.look, "muted" if self.dim else "accent"
        fill = QLinearGradient(0, _TOP, 0, 0)
        fill.setColorAt(0.0, look.color(role, 0.42))
        fill.setColorAt(1.0, look.color(role, 0.04))
        self._curve.setBrush(QBrush(fill))
        self._curve.setPen(pg.mkPen(look.color(role), width=1.8 * look.scale))
        role = "muted" if self.dim else "pulse"
        dashes = Qt.PenStyle.DashLine
        stem = pg.mkPen(look.color(role, 0.8), width=1.4 * look.scale, style=dashes)
        self._stem.setPen(stem)
        self._dot.set_discs([(8.4 * look.scale, look.color(role))])
        self._label.setFont(look.font(13, QFont.Weight.Bold))
        self._label.setColor(look.color(role))


def _power_at(bpm: float | None, grid: NDArray[np.float64], power: NDArray[np.float64]) -> float:
    return 0.0 if bpm is None else float(np.interp(bpm, grid, power))
