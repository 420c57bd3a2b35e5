"""An open session: picture, figures and plots at one moment, and what was read of it anew."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QSplitter, QTabWidget, QVBoxLayout, QWidget

from aimanet.sessions.library import SessionEntry
from aimanet.sessions.reader import Marker, Session
from app.actions import SpaceGuard
from app.look import DARK, Look
from app.review.analysis import Analysis, Wish, analysing, forgetting
from app.review.compare_panel import ComparePanel, Line, line_for
from app.review.curves import Rates, Values, rates_of, recorded_wave
from app.review.jobs import Job, Jobs
from app.review.markers_panel import MarkersPanel
from app.review.moments_table import MomentsTable
from app.review.panels import AboutPanel, ReadingsModel
from app.review.presence import Presence
from app.review.reference_panel import ReferencePanel
from app.review.sensor_work import Compared, comparing
from app.review.stage import Stage
from app.review.style import curve_color
from app.review.time_view import Curve, TimeView
from app.review.viewer_head import ViewerHead
from app.widgets.video_view import VideoView
from app.wording import wording

RECORDED = "Recorded"
SENSOR = "Sensor"
STALE_S = 3.0
"""A reading stands for so long (s) at most."""
_KEYS = {
    Qt.Key.Key_Space,
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown,
    Qt.Key.Key_Plus,
    Qt.Key.Key_Minus,
    Qt.Key.Key_0,
    Qt.Key.Key_Escape,
}


class Viewer(QWidget):
    """One session at a time; ``problem`` has a line for a banner on a topic."""

    problem = Signal(str, str)

    def __init__(self, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session: Session | None = None
        self.entry: SessionEntry | None = None
        self.analyses: dict[str, Analysis] = {}
        self._jobs = jobs
        self._job: Job | None = None
        self._look = DARK
        self._hidden: set[str] = set()
        self._roomed = False
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._catch_up)
        self._recorded: Rates | None = None
        self._compared: Compared | None = None
        self._comparing: Job | None = None
        self._presence: Presence | None = None
        self.head, self.video = ViewerHead(), VideoView()
        self.stage = Stage(self.video, self)
        self.time = TimeView()
        self.about, self.compare = AboutPanel(), ComparePanel()
        self.reference = ReferencePanel()
        self._readings = ReadingsModel(self)
        self.readings = MomentsTable(self._readings, "Recorded readings")
        self.markers = MarkersPanel(jobs)
        self.tabs = QTabWidget()
        self._guard = SpaceGuard(self)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self.tabs.setDocumentMode(True)
        self.tabs.setUsesScrollButtons(False)
        self.tabs.tabBar().setExpanding(False)
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.addTab(self.about, "About")
        self.tabs.addTab(self.readings, "Readings")
        self.tabs.addTab(self.markers, "Markers")
        self.tabs.addTab(self.compare, "Compare")
        self.tabs.addTab(self.reference, "Reference")
        self.upper, self.halves = QSplitter(), QSplitter(Qt.Orientation.Vertical)
        self.upper.addWidget(self.video)
        self.upper.addWidget(self.tabs)
        self.upper.setStretchFactor(0, 58)
        self.upper.setStretchFactor(1, 42)
        self.halves.addWidget(self.upper)
        self.halves.addWidget(self.time)
        for splitter in (self.upper, self.halves):
            splitter.setChildrenCollapsible(False)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.addWidget(self.head)
        self._rows.addWidget(self.halves, 1)

    def _connect(self) -> None:
        self.time.moved.connect(self._on_moved)
        self.stage.failed.connect(self._on_video_failed)
        self.markers.changed.connect(self._on_markers)
        self.markers.problem.connect(self._on_markers_problem)
        self.markers.naming.connect(self._on_naming)
        self.time.bar.menu_asked.connect(self.markers.show_menu)
        for table in (self.readings, self.markers.table):
            table.sought.connect(self.time.playhead.seek)
            table.installEventFilter(self)
        self.tabs.currentChanged.connect(self._on_tab)
        self.compare.run_asked.connect(self._on_run)
        self.compare.cancel_asked.connect(self._on_cancel)
        self.compare.remove_asked.connect(self._on_remove)
        self.compare.shown_changed.connect(self._on_shown)
        for button in (self.time.transport.back, self.time.transport.on, self.compare.run):
            button.installEventFilter(self._guard)

    # --- opening and closing ----------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """There is a session."""
        return self.session is not None

    def open(
        self, session: Session, entry: SessionEntry, analyses: Sequence[Analysis] = ()
    ) -> None:
        """Show ``session`` from its beginning, with the analyses that are kept with it."""
        self.close_session()
        self.session, self.entry = session, entry
        self.analyses = {analysis.name: analysis for analysis in analyses}
        self._presence = Presence(session.folder)
        self._recorded = rates_of(session.readings)
        self.show_entry(entry)
        self._readings.show_rows(session.readings)
        self.markers.show_session(session)
        self._name_markers()
        self.tabs.setTabEnabled(1, bool(session.readings))
        self.compare.show_idle()
        self.compare.show_possible(why_not(session), session.compressed is not None)
        self.stage.open(session)
        self.time.open(session)
        self._show_curves()
        self._compare_with_sensor()
        self.about.rhythm.study(self._jobs, session)
        self._soon.start()
        self.time.bar.setFocus()

    def _name_markers(self) -> None:
        count = len(self.session.markers) if self.session is not None else 0
        self.tabs.setTabText(2, f"Markers ({count})" if count else "Markers")

    @Slot(object)
    def _on_markers(self, markers: tuple[Marker, ...]) -> None:
        """They were changed on the disk."""
        if self.session is not None:
            self.session = replace(self.session, markers=markers)
            self.time.show_markers(markers)
            self._name_markers()

    @Slot()
    def _on_naming(self) -> None:
        self.tabs.setCurrentWidget(self.markers)

    @Slot(str)
    def _on_markers_problem(self, text: str) -> None:
        self.problem.emit("markers", text)

    def _share_room(self) -> None:
        """Picture and plots get their parts once; later they are as somebody dragged them."""
        if not self._roomed and self.upper.isVisible():
            self._roomed = True
            height, width = self.halves.height(), self.upper.width()
            self.halves.setSizes([round(0.45 * height), round(0.55 * height)])
            self.upper.setSizes([round(0.56 * width), round(0.44 * width)])

    def show_entry(self, entry: SessionEntry) -> None:
        """Its name or notes have changed."""
        self.entry = entry
        if self.session is not None:
            self.head.show_session(entry, why_not(self.session))
            self.about.show_session(self.session, entry)

    def close_session(self) -> None:
        """Let go of the session; threads end by themselves."""
        self.time.playhead.pause()
        self._on_cancel()
        self.stage.close()
        if self._presence is not None:
            self._presence.leave()
        self._drop_comparison()
        self.about.rhythm.forget()
        self._presence = self.session = self.entry = self._recorded = None
        self.analyses, self._hidden = {}, set()
        self.tabs.setCurrentIndex(0)

    def wait(self) -> None:
        """Let go of everything and block until the picture's thread has ended."""
        self.close_session()
        self.stage.wait()

    # --- curves -----------------------------------------------------------------------------

    def _show_curves(self) -> None:
        session, recorded = self.session, self._recorded
        if session is None or recorded is None:
            return
        curves = {RECORDED: Curve(recorded, recorded_wave(session), "pulse")}
        tally = session.tally
        lines = [Line(RECORDED, "pulse", tally.hr_bpm, tally.ok_share, None)]
        for number, analysis in enumerate(self.analyses.values()):
            color = curve_color(self._look, number)
            curves[analysis.name] = Curve(analysis.rates, analysis.wave, color)
            lines.append(line_for(analysis, color))
        found = self._compared
        if found is not None:
            curves[SENSOR] = Curve(found.rates, found.wave, "text")
            lines = [replace(line, error_bpm=_mae(found, line.name)) for line in lines]
        shown = {name: c for name, c in curves.items() if name not in self._hidden}
        self.time.show_curves(shown)
        self.time.show_errors(_errors(found, shown))
        self.compare.show_lines(lines, self._hidden, with_error=found is not None)
        self.reference.show_compared(found, {name: c.color for name, c in curves.items()})

    def _compare_with_sensor(self) -> None:
        """Figures against the reference, in a thread; the curves follow when it is done."""
        if self.session is None or self.session.reference is None:
            return
        if self._comparing is not None:
            self._comparing.cancel()
        others = {RECORDED: self.session.readings}
        others |= {name: analysis.readings for name, analysis in self.analyses.items()}
        work = comparing(self.session, others)
        self._comparing = self._jobs.start("comparing with the reference", work, self._on_compared)

    def _on_compared(self, job: Job) -> None:
        self._comparing = None
        if job.problem:
            self.problem.emit("reference", job.problem)
        elif isinstance(job.result, Compared):
            self._compared = job.result
            self._show_curves()

    def _drop_comparison(self) -> None:
        if self._comparing is not None:
            self._comparing.cancel()
        self._comparing = self._compared = None

    def reload(self, session: Session, entry: SessionEntry) -> None:
        """The same session with another reference, or without one; the rest stays."""
        self._drop_comparison()
        self.session = session
        self.show_entry(entry)
        self._show_curves()
        self._compare_with_sensor()
        self.tabs.setCurrentWidget(self.reference)

    @Slot(object)
    def _on_run(self, wish: Wish) -> None:
        if self.session is None or self._job is not None:
            return
        self.problem.emit("analysis", "")
        self.compare.show_running(0.0, "Loading the method…")
        doing = f"reading the session with {wish.name}"
        work = analysing(self.session, wish)
        self._job = self._jobs.start(doing, work, self._on_analysed, self._on_progress)

    def _on_progress(self, job: Job) -> None:
        if job is self._job:
            self.compare.show_running(*self._jobs.told(job))

    def _on_analysed(self, job: Job) -> None:
        if job is not self._job:
            return
        self._job = None
        self.compare.show_idle()
        if isinstance(job.result, Analysis):
            self.analyses[job.result.name] = job.result
            self.problem.emit("analysis", job.result.unkept)
            self._show_curves()
            self._compare_with_sensor()
        elif job.problem:
            self.problem.emit("analysis", job.problem)

    @Slot()
    def _on_cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None
            self.compare.show_idle()

    @Slot(str)
    def _on_remove(self, name: str) -> None:
        gone = self.analyses.pop(name, None)
        if gone is not None and self.session is not None:
            work = forgetting(self.session, gone)
            self._jobs.start(f"deleting the analysis {name}", work, self._on_removed)
        self._hidden.discard(name)
        self._show_curves()

    def _on_removed(self, job: Job) -> None:
        if job.problem:
            self.problem.emit("analysis", job.problem)

    @Slot(str, bool)
    def _on_shown(self, name: str, shown: bool) -> None:
        (self._hidden.discard if shown else self._hidden.add)(name)
        self._show_curves()

    # --- the moment -------------------------------------------------------------------------

    @Slot(float)
    def _on_moved(self, t: float) -> None:
        self.stage.show_moment(t)
        self._show_reading(t)
        self.readings.show_moment(t)
        self.markers.show_moment(t)

    def _show_reading(self, t: float) -> None:
        """What was on the screen at that moment."""
        row = int(np.searchsorted(self._readings.t, t + 1e-6, "right")) - 1
        if self.session is None or row < 0 or t - self._readings.t[row] > STALE_S:
            self.video.show_role("wait")
            self.time.transport.show_reading(None)
            return
        reading = self.session.readings[row]
        self.video.show_role(wording(reading.state, reading.reason).role)
        self.time.transport.show_reading(reading)

    @Slot(int)
    def _on_tab(self, _: int) -> None:
        self._soon.start()

    @Slot()
    def _catch_up(self) -> None:
        self._share_room()
        for table in (self.readings, self.markers):
            table.show_moment(self.time.playhead.t)

    @Slot(str)
    def _on_video_failed(self, text: str) -> None:
        self.problem.emit("video", text)

    def event(self, event: QEvent) -> bool:
        """Claim the viewer's keys before the window's shortcuts get them."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in _KEYS
        ):
            event.accept()
            return True
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tables keep up and down; the other keys move the moment."""
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Left, Qt.Key.Key_Right)
        ):
            self.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys of the viewer."""
        playhead, key = self.time.playhead, event.key()
        wide = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if key == Qt.Key.Key_Space:
            playhead.toggle()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            way = 1 if key == Qt.Key.Key_Right else -1
            playhead.seek(playhead.t + way) if wide else playhead.step(way)
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self._go_to_marker(1 if key == Qt.Key.Key_PageDown else -1)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            playhead.seek(0.0 if key == Qt.Key.Key_Home else playhead.duration_s)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Minus):
            self.time.zoom(0.7 if key == Qt.Key.Key_Plus else 1 / 0.7)
        elif key == Qt.Key.Key_0:
            self.time.show_all()
        elif key == Qt.Key.Key_Escape:
            self.head.back_asked.emit()
        else:
            super().keyPressEvent(event)

    def _go_to_marker(self, way: int) -> None:
        t = self.time.playhead.t
        moments = sorted(marker.t for marker in self.session.markers) if self.session else []
        ahead = [m for m in moments if (m - t) * way > 0.02]
        if ahead:
            self.time.playhead.seek(min(ahead) if way > 0 else max(ahead))

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        self._look = look
        self._rows.setSpacing(look.px(8))
        for splitter in (self.upper, self.halves):
            splitter.setHandleWidth(look.px(8))
        for part in (self.head, self.video, self.time, self.about, self.compare, self.reference):
            part.apply_look(look)
        self.video.setMinimumSize(look.px(220), look.px(130))
        self.tabs.setMinimumWidth(look.px(424))
        self._readings.set_look(look)
        for table in (self.readings, self.markers):
            table.apply_look(look)
        self._show_curves()


def _mae(found: Compared, name: str) -> float | None:
    against = found.by_name.get(name)
    return None if against is None or math.isnan(against.mae_bpm) else against.mae_bpm


def _errors(
    found: Compared | None, shown: dict[str, Curve]
) -> dict[str, tuple[Values, Values, str]]:
    """What the error plot draws: good readings only."""
    errors: dict[str, tuple[Values, Values, str]] = {}
    for name, against in found.by_name.items() if found is not None else ():
        if name in shown:
            error = np.where(against.ok, against.error_bpm, np.nan)
            errors[name] = (against.t, error, shown[name].color)
    return errors


def why_not(session: Session) -> str:
    """Why a session can be neither played nor re-analysed; empty where it can."""
    if session.info.kept == "none":
        return "No video was kept in this session: there is nothing to play or to re-analyse."
    if session.shown is None:
        return "The video of this session is missing: there is nothing to play or to re-analyse."
    if not len(session.frames):
        return "This session holds no frames: there is nothing to play or to re-analyse."
    return ""
