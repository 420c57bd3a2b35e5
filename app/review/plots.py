"""Plots on the session's time: click or drag to go there, the wheel zooms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QMouseEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from aimanet.sessions.reader import Marker
from app.look import Look
from app.review import words
from app.review.curves import Rates, Wave, line_of, spaced, thinned
from app.widgets.plot import Plot

_STEPS_S = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
_LEAST_S = 5.0
_SHADES = ("ok", "warn", "bad", "wait")
"""Colour roles of `aimanet.review.curves.STATES`."""

MOST_FLAGS = 200
"""Lines for markers in a plot; each is drawn anew with every movement."""
WAVE_S = 10.0
"""Seconds of pulse wave around the moment that is shown."""


class TimePlot(Plot):
    """A plot over time with the moment that is shown; ``sought`` carries where one clicks.

    ``zoomed`` carries the range that the wheel chose.
    """

    sought = Signal(float)
    zoomed = Signal(float, float)

    def __init__(self, caption: str, empty: str, parent: QWidget | None = None) -> None:
        super().__init__(caption, empty, parent)
        self.dim = False
        self.duration_s = 1.0
        self.can_zoom = True
        self._range = (0.0, 1.0)
        self._cursor = pg.InfiniteLine(0.0, angle=90)
        self._flags: list[pg.InfiniteLine] = []
        self.graph.addItem(self._cursor)
        self.whole = self.menu.addAction("&Reset zoom", self._on_whole)
        self.setCursor(Qt.CursorShape.CrossCursor)

    @property
    def range(self) -> tuple[float, float]:
        """Seconds at the left and right edge."""
        return self._range

    def show_duration(self, duration_s: float) -> None:
        """How long the session is; all of it is shown."""
        self.duration_s = max(duration_s, 1.0)
        self.show_range(0.0, self.duration_s)

    def show_range(self, t0: float, t1: float) -> None:
        """Show the stretch from t0 to t1."""
        self._range = (t0, t1)
        self.graph.setXRange(t0, t1, padding=0)
        step = next((s for s in _STEPS_S if (t1 - t0) / s <= 9), _STEPS_S[-1])
        marks = np.arange(np.ceil(t0 / step), np.floor(t1 / step) + 1) * step
        self.set_ticks("bottom", [(t, words.clock(t, tenths=step < 1)) for t in marks.tolist()])

    def show_moment(self, t: float) -> None:
        """Move the line that stands for it."""
        self._cursor.setPos(t)

    def show_markers(self, markers: Sequence[Marker]) -> None:
        """A line for each."""
        for flag in self._flags:
            self.graph.removeItem(flag)
        shown = spaced(markers, self.duration_s, MOST_FLAGS)
        self._flags = [pg.InfiniteLine(marker.t, angle=90) for marker in shown]
        for flag in self._flags:
            self.graph.addItem(flag)
        self._color_lines()

    def color_items(self) -> None:
        """Colours of the lines; subclasses add their own."""
        self._color_lines()

    def _color_lines(self) -> None:
        look = self.look
        self._cursor.setPen(pg.mkPen(look.color("text", 0.85), width=1.4 * look.scale))
        self._cursor.setZValue(50)
        pen = pg.mkPen(look.color("accent", 0.8), width=1, style=Qt.PenStyle.DashLine)
        for flag in self._flags:
            flag.setPen(pen)

    def clear(self) -> None:
        """Forget everything."""
        self.show_markers([])

    def time_at(self, place: QPointF) -> float:
        """Seconds at a place of this widget."""
        spot = self.graph.mapFrom(self, place.toPoint())
        return float(self.graph.getViewBox().mapSceneToView(self.graph.mapToScene(spot)).x())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go there."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._seek(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the moment along."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._seek(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """All of it again."""
        self._on_whole()

    @Slot()
    def _on_whole(self) -> None:
        if self.can_zoom:
            self.zoomed.emit(0.0, self.duration_s)

    def _seek(self, place: QPointF) -> None:
        if not self.is_empty:
            self.sought.emit(min(max(0.0, self.time_at(place)), self.duration_s))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom in and out around the pointer."""
        if not self.can_zoom or self.is_empty or not event.angleDelta().y():
            event.ignore()
            return
        self.zoom(0.8 ** (event.angleDelta().y() / 120), self.time_at(event.position()))
        event.accept()

    def zoom(self, factor: float, t: float) -> None:
        """Another width of what is shown; ``t`` stays where it is."""
        t0, t1 = self._range
        width = min(max((t1 - t0) * factor, min(_LEAST_S, self.duration_s)), self.duration_s)
        t0 = t - (t - t0) * width / (t1 - t0)
        t0 = min(max(0.0, t0), self.duration_s - width)
        self.zoomed.emit(t0, t0 + width)


class RatePlot(TimePlot):
    """Heart rates that are trusted, as lines, shaded by state and quality."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Heart rate, BPM", "No trusted heart rate in this session", parent)
        self._rates: dict[str, Rates] = {}
        self._colors: dict[str, str] = {}
        self._lines: dict[str, pg.PlotCurveItem] = {}
        self._bpm_range = (40.0, 120.0)
        self._shade = pg.ImageItem()
        self._shade.setZValue(-50)
        self._here = pg.LinearRegionItem(movable=False)
        for item in (self._shade, self._here):
            self.graph.addItem(item)
        self.show_levels()
        self.setAccessibleDescription("Click or drag to go to a moment; the wheel zooms")
        self.setToolTip("Click or drag: go there · wheel: zoom · double click: all of it")

    def show_curves(self, curves: Mapping[str, tuple[Rates, str]]) -> None:
        """By name the rates and the colour (#rrggbb or a role); the first is the recorded one."""
        self._rates = {name: rates for name, (rates, _) in curves.items()}
        self._colors = {name: color for name, (_, color) in curves.items()}
        for line in self._lines.values():
            self.graph.removeItem(line)
        self._lines = {}
        for name in self._rates:
            self._lines[name] = pg.PlotCurveItem(antialias=True, connect="finite")
            self.graph.addItem(self._lines[name])
        self.set_empty(not any(r.ok.any() for r in self._rates.values()))
        self._choose_levels()
        self._draw()
        self.color_items()

    def show_range(self, t0: float, t1: float) -> None:
        """As `TimePlot.show_range`, with as many points as can be told apart."""
        super().show_range(t0, t1)
        self._draw()

    def show_stretch(self, t0: float, t1: float) -> None:
        """The part that the wave below shows."""
        self._here.setRegion((t0, t1))

    def clear(self) -> None:
        """Forget everything."""
        super().clear()
        self.show_curves({})

    def _choose_levels(self) -> None:
        known = [r.bpm[r.ok] for r in self._rates.values()]
        bpm = np.concatenate(known) if known else np.empty(0)
        if not len(bpm):
            bpm = np.array([50.0, 100.0])
        low, high = np.floor((bpm.min() - 5) / 10) * 10, np.ceil((bpm.max() + 5) / 10) * 10
        self._bpm_range = (float(low), float(high))
        self.graph.setYRange(low, high, padding=0)
        self._mark_levels()

    def _mark_levels(self) -> None:
        """As many as there is room for."""
        low, high = self._bpm_range
        most = min(4, max(1, self.graph.height() // self.look.px(26)))
        step = next((s for s in (10, 20, 50, 100) if (high - low) / s <= most), 100)
        levels = range(int(np.ceil(low / step)) * step, int(high) + 1, step)
        self.set_ticks("left", [(level, str(level)) for level in levels])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fewer levels where it is low."""
        super().resizeEvent(event)
        self._mark_levels()

    def _draw(self) -> None:
        t0, t1 = self.range
        margin = 0.02 * (t1 - t0) + 3.0
        for name, rates in self._rates.items():
            t, bpm = line_of(rates)
            a, b = np.searchsorted(t, [t0 - margin, t1 + margin])
            self._lines[name].setData(*thinned(t[a:b], bpm[a:b]))
        recorded = next(iter(self._rates.values()), None)
        if recorded is None:
            self._shade.hide()
            return
        self._draw_shade(recorded, t0, t1)

    def _draw_shade(self, rates: Rates, t0: float, t1: float) -> None:
        low, high = self._bpm_range
        self._shade.setVisible(bool(len(rates.t)))
        if not len(rates.t):
            return
        self._shade.setImage(shading(rates, t0, t1, self.look), levels=(0, 255))
        self._shade.setRect(QRectF(t0, low, t1 - t0, high - low))

    def color_items(self) -> None:
        """The recorded curve in the pulse's own colour."""
        super().color_items()
        look = self.look
        for number, (name, line) in enumerate(self._lines.items()):
            line.setPen(pg.mkPen(named(look, self._colors[name]), width=1.9 * look.scale))
            line.setZValue(20 - number)
        self._here.setBrush(look.color("accent", 0.10))
        self._here.setHoverBrush(look.color("accent", 0.10))
        for line in self._here.lines:
            line.setPen(pg.mkPen(None))
        self._draw()


class WavePlot(TimePlot):
    """The pulse wave around the moment that is shown, each curve scaled to the same height."""

    def __init__(
        self, empty: str = "No pulse wave was recorded", parent: QWidget | None = None
    ) -> None:
        super().__init__("Pulse wave", empty, parent)
        self.can_zoom = False
        self.whole.setVisible(False)
        self._waves: dict[str, Wave] = {}
        self._colors: dict[str, str] = {}
        self._lines: dict[str, pg.PlotCurveItem] = {}
        self.show_levels()
        self.set_ticks("left", [])
        self.graph.setYRange(-1.15, 1.15, padding=0)
        self.setToolTip("Click or drag: go there")

    def show_curves(self, curves: Mapping[str, tuple[Wave, str]]) -> None:
        """By name the wave and its colour."""
        self._waves = {name: wave for name, (wave, _) in curves.items() if len(wave.t)}
        self._colors = {name: color for name, (_, color) in curves.items()}
        for line in self._lines.values():
            self.graph.removeItem(line)
        self._lines = {}
        for name in self._waves:
            self._lines[name] = pg.PlotCurveItem(antialias=True, connect="finite")
            self.graph.addItem(self._lines[name])
        self.set_empty(not self._waves)
        self.color_items()
        self._draw()

    def show_moment(self, t: float) -> None:
        """Scroll along with it."""
        super().show_moment(t)
        width = min(WAVE_S, self.duration_s)
        t0 = min(max(0.0, t - width / 2), self.duration_s - width)
        if (t0, t0 + width) != self.range:
            self.show_range(t0, t0 + width)
            self._draw()

    def _draw(self) -> None:
        t0, t1 = self.range
        for name, wave in self._waves.items():
            self._lines[name].setData(*thinned(*wave.around(t0 - 0.2, t1 + 0.2)))

    def color_items(self) -> None:
        """As in the plot above."""
        super().color_items()
        look = self.look
        for number, (name, line) in enumerate(self._lines.items()):
            line.setPen(pg.mkPen(named(look, self._colors[name]), width=1.9 * look.scale))
            line.setZValue(20 - number)

    def clear(self) -> None:
        """Forget everything."""
        super().clear()
        self.show_curves({})


def named(look: Look, color: str) -> QColor:
    """A role of the look, or a colour of its own."""
    return QColor(color) if color.startswith("#") else look.color(color)


def _rgba(look: Look, role: str) -> tuple[int, int, int, int]:
    color = look.color(role)
    return color.red(), color.green(), color.blue(), color.alpha()


def shading(rates: Rates, t0: float, t1: float, look: Look, most: int = 900) -> NDArray[np.uint8]:
    """A strip (n, 1, 4) of colours: the state as a tint, stronger where it is worse."""
    columns = min(most, max(2, round((t1 - t0) * 5)))
    t = t0 + (np.arange(columns) + 0.5) / columns * (t1 - t0)
    at = np.clip(np.searchsorted(rates.t, t), 0, len(rates.t) - 1)  # a reading sums up its past
    colors = np.array([_rgba(look, role) for role in _SHADES])
    strip = colors[rates.state[at]].astype(float)
    good = rates.state[at] == 0
    strip[:, 3] = np.where(good, 40.0 * (1.0 - rates.quality[at]), 38.0)
    strip[good, :3] = _rgba(look, "warn")[:3]
    far = (rates.t[at] - t > 3.0) | (t > rates.t[-1] + 0.5)
    strip[far, 3] = 0
    return np.ascontiguousarray(strip[:, None, :].round().astype(np.uint8))
