"""Between the record button and the recording: what is asked, remembered and said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QAction, QDesktopServices
from PySide6.QtWidgets import QWidget

from aimanet.sessions.cost import typical
from aimanet.sessions.info import Keep
from aimanet.sources.formats import is_synthetic
from app.actions import Actions
from app.conductor import Conductor
from app.dialogs import Dialogs
from app.look import DARK, Look
from app.notices import Notices
from app.recording.bar import RecordBar
from app.recording.dialog import RecordingDialog
from app.recording.measuring import Sampler, measuring
from app.recording.plan import Costs, Plan
from app.recording.recording import Recording
from app.recording.words import Ending
from app.review.jobs import Job, Jobs
from app.settings import RecordingSettings
from app.widgets.banner import sentence

_SETTLED_MS = 500
"""A slider that is being dragged is not marked at each step."""


class RecordingDesk(QObject):
    """What the commands around recording mean.

    Args:
        conductor: for the run and the settings.
        commands: record, marker, its name, the settings.
        dialogs: opens ours, one at a time.
        notices: where things are said.
        parent: the window.
    """

    session_asked = Signal(str)
    sessions_changed = Signal()
    record_shown = Signal(bool)

    def __init__(
        self,
        conductor: Conductor,
        commands: Actions,
        dialogs: Dialogs,
        notices: Notices,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._conductor, self._commands, self._dialogs = conductor, commands, dialogs
        self._notices, self._window = notices, parent
        self.look = DARK
        self.can_show_sessions = False
        self.recording = Recording(conductor.engine, self)
        self.bar = RecordBar(commands.record, commands.marker)
        self._jobs = Jobs(self)
        self._measuring: Job | None = None
        self._markers = 0
        self._live = True
        self._folder: Path | None = None
        self._show = QAction("Show in Sessions", self)
        self._open = QAction("Open folder", self)
        self._window_s = 0
        self._settled = QTimer(self, interval=_SETTLED_MS, singleShot=True)
        self._connect()
        self._on_changed()

    def _connect(self) -> None:
        self._commands.record.triggered.connect(self.toggle)
        self._commands.marker.triggered.connect(self._on_marker)
        self._commands.name_marker.triggered.connect(self.bar.marker_field.enter)
        self._commands.recording_settings.triggered.connect(self._on_settings)
        self._conductor.window_set.connect(self._on_window_set)
        self._settled.timeout.connect(self._on_settled)
        self._show.triggered.connect(self._on_show)
        self._open.triggered.connect(self._on_open)
        self.recording.changed.connect(self._on_changed)
        self.recording.ended.connect(self._on_ended)
        self.bar.marker_asked.connect(self._on_marker)
        self.bar.marker_field.named.connect(self.recording.rename_mark)
        self.bar.marker_field.shown.connect(self._on_field_shown)

    @Slot()
    def toggle(self) -> None:
        """Start a recording, asking first where that is wanted, or end the one there is."""
        if self.recording.on:
            self.recording.stop()
        elif self.recording.can_start:
            if self._asks:
                self._ask(starts=True)
            else:
                self._start(self._plan())

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        self.look = look
        self.bar.apply_look(look)

    def show_live(self, live: bool) -> None:
        """Whether the live page is shown; a recording can be started only there."""
        self._live = live
        self.bar.marker_field.put_away()
        self._on_changed()

    @property
    def _settings(self) -> RecordingSettings:
        return self._conductor.preferences.current.recording

    def _plan(self) -> Plan:
        """As it was answered the last time."""
        settings = self._settings
        folder = self._conductor.preferences.sessions_folder
        return Plan(settings.keep, folder, settings.participant, agreed=settings.agreed)

    @property
    def _person(self) -> bool:
        """Somebody is in the picture; the drawn face need not be asked."""
        link = self._conductor.engine.link
        return link is None or not is_synthetic(link.spec)

    @property
    def _asks(self) -> bool:
        """Questions come before a recording; that for consent as long as nobody answered it."""
        return self._settings.ask or (self._person and not self._settings.agreed)

    def _ask(self, starts: bool) -> None:
        link = self._conductor.engine.link
        costs, person = Costs(typical()), self._person or not starts
        if link is not None and link.opened is not None:
            info = link.opened[1]
            costs = Costs(typical((info.width, info.height), info.fps))
        plan, ask = self._plan(), self._settings.ask
        dialog = RecordingDialog(
            self.look, plan, ask, costs, starts, person, _refused(), self._window
        )
        dialog.decided.connect(self._on_start_decided if starts else self._remember)
        dialog.finished.connect(self._end_measuring)
        self._dialogs.show(dialog)
        self._measure(dialog)

    def _measure(self, dialog: RecordingDialog) -> None:
        """Say what the choices take of this source, as soon as that is known."""
        link = self._conductor.engine.link
        if link is None or link.opened is None:
            return
        link.sampler = Sampler()
        work = measuring(link.sampler, link.opened[1].fps)

        def then(job: Job) -> None:
            if isinstance(job.result, Costs):
                dialog.show_costs(job.result)

        self._measuring = self._jobs.start("measuring what a minute takes", work, then)

    @Slot()
    def _end_measuring(self) -> None:
        if self._measuring is not None:
            self._measuring.cancel()
            self._measuring = None
        link = self._conductor.engine.link
        if link is not None:
            link.sampler = None

    @property
    def busy(self) -> bool:
        """Something is still being written, or a thread is at work."""
        return self.recording.busy or self._jobs.busy

    def end(self) -> None:
        """End the recording and block until every byte is written and no thread is left."""
        self.recording.end()
        self._jobs.wait()

    @Slot()
    def _on_settings(self) -> None:
        self._ask(starts=False)

    @Slot(object, bool)
    def _on_start_decided(self, plan: Plan, ask: bool) -> None:
        self._remember(plan, ask)
        self._start(plan)

    @Slot(object, bool)
    def _remember(self, plan: Plan, ask: bool) -> None:
        before = self._conductor.preferences.sessions_folder
        usual = plan.folder == before
        settings = RecordingSettings(
            keep=plan.keep,
            folder=self._settings.folder if usual else str(plan.folder),
            ask=ask,
            participant=plan.participant,
            agreed=plan.agreed,
        )
        known = self._conductor.preferences.current.session_folders
        if not usual and str(before) not in known:
            known = (*known, str(before))
        self._conductor.remember(recording=settings, session_folders=known)
        self.sessions_changed.emit()

    def _start(self, plan: Plan) -> None:
        if not self.recording.can_start:  # the source has gone while the dialog was open
            text = "Not recording: there is no picture now."
            self._notices.say("recording", "warning", text, [])
            return
        self._notices.dismiss("recording")
        if not self._person:
            plan = replace(plan, reminded=False, agreed=False)
        self._markers = 0
        self.recording.start(plan)

    @Slot()
    def _on_marker(self) -> None:
        name = f"Marker {self._markers + 1}"
        number = self.recording.mark(name)
        if number is not None:
            self._markers += 1
            self.bar.marker_field.offer(number, name)

    @Slot(bool)
    def _on_field_shown(self, shown: bool) -> None:
        """On other pages Enter is theirs: a click goes into the field there."""
        self._commands.name_marker.setEnabled(shown and self._live)

    @Slot(int)
    def _on_window_set(self, seconds: int) -> None:
        self._window_s = seconds
        self._settled.start()

    @Slot()
    def _on_settled(self) -> None:
        self.recording.mark(f"window: {self._window_s} s")

    @Slot()
    def _on_changed(self) -> None:
        on, commands = self.recording.on, self._commands
        commands.record.setText(
            "Stop &recording" if on else "&Record…" if self._asks else "&Record"
        )
        commands.record.setEnabled(on or (self._live and self.recording.can_start))
        commands.record.setToolTip(_tip(on, self.recording.can_start))
        commands.marker.setEnabled(on and self._live)
        self.bar.show_status(self.recording.status, on, self._live)
        self.record_shown.emit(on)

    @Slot(object)
    def _on_ended(self, ending: Ending) -> None:
        actions = []
        if ending.folder is not None:
            self._folder = ending.folder
            actions = [*([self._show] if self.can_show_sessions else []), self._open]
        elif ending.refused:
            actions = [self._commands.recording_settings]
        self._notices.say("recording", ending.level, ending.text, actions)
        self.sessions_changed.emit()

    @Slot()
    def _on_show(self) -> None:
        if self._folder is not None:
            self.session_asked.emit(str(self._folder))

    @Slot()
    def _on_open(self) -> None:
        if self._folder is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))


def _refused() -> dict[Keep, str]:
    """Why the compressed picture cannot be had, where this PyAV has no encoder for it."""
    from aimanet.sessions.film import require_encoder
    from aimanet.sessions.layout import SessionError

    try:
        require_encoder()
    except SessionError as problem:
        return {"face+picture": sentence(str(problem))}
    return {}


def _tip(on: bool, can_start: bool) -> str:
    if on:
        return "End the recording; all of it is kept (Ctrl+R)"
    if can_start:
        return "Record video, times and readings (Ctrl+R)"
    return "Record (Ctrl+R): as soon as there is a picture"
