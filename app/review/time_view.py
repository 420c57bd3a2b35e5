"""The plots, the slider under them and the transport: one time for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPointF, QTimer, Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from aimanet.sessions.reader import Marker, Session
from app.look import DARK, Look
from app.review.curves import Rates, Values, Wave
from app.review.error_plot import ErrorPlot
from app.review.playhead import Playhead
from app.review.plots import RatePlot, TimePlot, WavePlot
from app.review.scrub_bar import ScrubBar
from app.review.transport import Transport

_NAMED = 3
"""Curves that are named over the plots; the others are counted."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """What is drawn of one way to read a session; ``color``: #rrggbb or a role."""

    rates: Rates
    wave: Wave
    color: str


class TimeView(QWidget):
    """Shows curves at the playhead's moment, and moves it by hand."""

    moved = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = DARK
        self.playhead = Playhead(self)
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._align)
        self.rates, self.wave, self.errors = RatePlot(), WavePlot(), ErrorPlot()
        self.bar, self.transport = ScrubBar(), Transport()
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.addWidget(self.wave, 10)
        self._rows.addWidget(self.rates, 12)
        self._rows.addWidget(self.errors, 8)
        self._rows.addWidget(self.bar)
        self._rows.addWidget(self.transport)
        self.errors.hide()
        for plot in self.plots:
            plot.sought.connect(self.playhead.seek)
        for plot in (self.rates, self.errors):
            plot.zoomed.connect(self._on_zoomed)
        self.bar.sought.connect(self.playhead.seek)
        self.transport.toggle_asked.connect(self.playhead.toggle)
        self.transport.step_asked.connect(self.playhead.step)
        self.transport.speed_asked.connect(self.playhead.set_speed)
        self.transport.whole_asked.connect(self.show_all)
        self.playhead.moved.connect(self._on_moved)
        self.playhead.playing_changed.connect(self.transport.show_playing)
        self.rates.graph.installEventFilter(self)

    @property
    def plots(self) -> tuple[TimePlot, ...]:
        """All that share the time."""
        return (self.rates, self.wave, self.errors)

    def open(self, session: Session) -> None:
        """Another session; curves follow."""
        duration_s = length_of(session)
        for plot in self.plots:
            plot.show_duration(duration_s)
        self.bar.show_session(duration_s)
        self.show_markers(session.markers)
        self.transport.show_length(duration_s)
        self.transport.whole.hide()
        self.playhead.load(session.frames.t, duration_s)

    def show_markers(self, markers: Sequence[Marker]) -> None:
        """A line in the plots and a flag on the slider for each."""
        for plot in self.plots:
            plot.show_markers(markers)
        self.bar.show_markers(markers)

    def show_curves(self, curves: Mapping[str, Curve]) -> None:
        """By name; the first is the recorded one."""
        self.rates.show_curves({name: (c.rates, c.color) for name, c in curves.items()})
        self.wave.show_curves({name: (c.wave, c.color) for name, c in curves.items()})
        names = [
            *list(curves)[:_NAMED],
            *([f"{len(curves) - _NAMED} more"] * (len(curves) > _NAMED)),
        ]
        self.rates.note = self.wave.note = " · ".join(names) if len(names) > 1 else ""
        self._align()

    def show_errors(self, curves: Mapping[str, tuple[Values, Values, str]]) -> None:
        """Differences from a reference; none hides their plot."""
        self.errors.setVisible(bool(curves))
        self.errors.show_errors(curves)

    @Slot()
    def show_all(self) -> None:
        """The whole session in the plots."""
        self._on_zoomed(0.0, self.playhead.duration_s)

    def zoom(self, factor: float) -> None:
        """Nearer (under 1) or farther, around the moment."""
        self.rates.zoom(factor, self.playhead.t)

    @Slot(float, float)
    def _on_zoomed(self, t0: float, t1: float) -> None:
        for plot in (self.rates, self.errors):
            plot.show_range(t0, t1)
        self.bar.show_view(t0, t1)
        self.transport.whole.setVisible(t1 - t0 < self.playhead.duration_s - 0.01)

    @Slot(float)
    def _on_moved(self, t: float) -> None:
        t0, t1 = self.rates.range
        if not t0 <= t <= t1:  # turn the page
            start = min(max(0.0, t - 0.05 * (t1 - t0)), self.rates.duration_s - (t1 - t0))
            self._on_zoomed(start, start + t1 - t0)
        for plot in self.plots:
            plot.show_moment(t)
        self.rates.show_stretch(*self.wave.range)
        self.bar.show_moment(t)
        self.transport.show_moment(t)
        self.moved.emit(t)

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        self._look = look
        self._rows.setSpacing(look.px(6))
        self.bar.apply_look(look)
        self.transport.apply_look(look)
        for plot in self.plots:
            plot.apply_look(look)
            plot.setMinimumHeight(look.px(84))
        self._soon.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The slider's ends follow those of the time axis."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self._soon.start()
        return super().eventFilter(watched, event)

    @Slot()
    def _align(self) -> None:
        graph = (self.wave if self.rates.is_empty else self.rates).graph
        if not graph.isVisible():
            return
        scene = graph.getViewBox().sceneBoundingRect()
        left = graph.mapTo(self, graph.mapFromScene(scene.topLeft())).x()
        right = graph.mapTo(self, graph.mapFromScene(QPointF(scene.right(), 0.0))).x()
        if right > left:
            self.bar.set_margins(left - self.bar.x(), self.width() - right)


def length_of(session: Session) -> float:
    """Seconds that are worth showing: a session without frames may still have readings."""
    ends = [session.duration_s]
    ends += [session.readings[-1].t] if session.readings else []
    ends += [float(session.bvp_t[-1])] if len(session.bvp_t) else []
    return max(ends)
