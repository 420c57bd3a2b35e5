"""The sessions page: the list, or the session that was opened from it; messages above both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QHideEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from aimanet.sessions.library import entry
from aimanet.sessions.reader import Marker, Session
from app.look import Look
from app.review.chores import (
    Edited,
    Listed,
    Opened,
    checking,
    listing,
    opening,
)
from app.review.jobs import Job, Jobs
from app.review.sensor_work import Reopened, removing
from app.review.session_commands import SessionCommands
from app.review.session_list import SessionList
from app.review.style import review_sheet
from app.review.viewer import Viewer
from app.widgets.banner import BannerStack

_AGAIN_MS = 3000
"""While something is being recorded the list is read again so often."""

_PROBLEMS_SHOWN = 3


class SessionsPage(QWidget):
    """Everything about recorded sessions.

    ``play_requested`` carries a source spec, ``session:PATH``. Everything slow runs in threads;
    `stop` asks them to end, `busy` tells whether one is left, `close_down` waits for the last.
    """

    play_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Sessions")
        self._closing = False
        self._listing: Job | None = None
        self._opening: Job | None = None
        self._checking: Job | None = None
        self._wish: Path | None = None
        self._gone: Marker | None = None
        self._undo_marker = QAction("Undo", self)
        self._undo_marker.triggered.connect(self._on_undo_marker)
        self.jobs = Jobs(self)
        self.list, self.viewer = SessionList(), Viewer(self.jobs)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.list)
        self.stack.addWidget(self.viewer)
        self._again = QTimer(self, interval=_AGAIN_MS)
        self._again.timeout.connect(self._on_again)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.addWidget(self.stack, 1)
        self.banners = BannerStack(self, self._place_of_banners)
        self.commands = SessionCommands(self.jobs, self.banners, self)
        self._connect()

    def _connect(self) -> None:
        self.stack.currentChanged.connect(self.banners.arrange)
        self.list.open_asked.connect(self.open)
        self.list.refresh_asked.connect(self.refresh)
        self.list.edit_asked.connect(self._on_edit_asked)
        commands = self.commands
        self.list.delete_asked.connect(commands.ask_delete)
        self.list.show_folder_asked.connect(commands.show_folder)
        self.list.folders.changed.connect(self._on_folder)
        self.list.export_asked.connect(commands.export_folder)
        self.list.model.renamed.connect(commands.rename)
        commands.edited.connect(self._on_edited)
        commands.confirmed.connect(self._on_delete_confirmed)
        commands.deleted.connect(self.refresh)
        self.viewer.problem.connect(self._on_viewer_problem)
        self.viewer.markers.deleted.connect(self._on_marker_deleted)
        head = self.viewer.head
        head.back_asked.connect(self.close_session)
        head.play_asked.connect(self._on_play)
        head.export_asked.connect(self.ask_export)
        head.reference_asked.connect(self.ask_reference)
        self.viewer.reference.import_asked.connect(self.ask_reference)
        head.forget.triggered.connect(self._on_forget)
        head.edit.triggered.connect(self._on_edit_open)
        head.folder.triggered.connect(self._on_folder_open)
        head.delete.triggered.connect(self._on_delete_open)

    def _place_of_banners(self) -> QRect:
        """Over the picture, or beside the title of the list."""
        viewing = self.stack.currentWidget() is self.viewer
        part = self.viewer.video if viewing else self.list.summary
        place = QRect(part.mapTo(self, QPoint()), part.size())
        return place.adjusted(min(0, place.width() - self.commands.look.px(420)), 0, 0, 0)

    # --- what the window uses ---------------------------------------------------------------

    @property
    def folder(self) -> Path:
        """Where the sessions are that are shown."""
        return self.list.folders.current

    def set_folder(self, folder: Path) -> None:
        """New sessions go there: it is shown from now on."""
        self.list.folders.record_to(folder)

    @Slot()
    def _on_folder(self) -> None:
        self.close_session()
        self.refresh()

    def set_in_use(self, folders: Iterable[Path]) -> None:
        """Sessions that the rest of the window plays: they cannot be deleted meanwhile."""
        self.commands.in_use = frozenset(Path(folder).resolve() for folder in folders)

    @property
    def busy(self) -> bool:
        """A thread is still alive."""
        return self.jobs.busy or self.viewer.stage.busy

    def stop(self) -> None:
        """Ask every thread to end; nothing new begins."""
        self._closing = True
        self._again.stop()
        self.commands.stop()
        self.viewer.close_session()
        self.jobs.cancel()

    def close_down(self) -> None:
        """Stop, and block until every thread has ended."""
        self.stop()
        self.viewer.wait()
        self.jobs.wait()

    @Slot()
    def _on_again(self) -> None:
        """Not while somebody types a name into the list."""
        if not self.list.table.is_typing and self.stack.currentWidget() is self.list:
            self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Look again what is in the folder; the list follows by itself."""
        if self._closing:
            return
        if self._listing is not None:
            self._listing.cancel()
        self.list.show_loading(self.folder)
        self._listing = self.jobs.start(
            "looking for sessions",
            listing(self.folder, is_recorded_to=self.folder == self.list.folders.recorded_to),
            self._on_listed,
        )

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        self.commands.look = look
        self.setStyleSheet(review_sheet(look))
        for part in (self.banners, self.list, self.viewer):
            part.apply_look(look)

    def showEvent(self, event: QShowEvent) -> None:
        """What was recorded meanwhile is there."""
        super().showEvent(event)
        if not event.spontaneous():
            self.refresh()
            if self.stack.currentWidget() is self.list:
                self.list.table.setFocus()  # arrows and Enter work at once

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing moves that nobody sees."""
        super().hideEvent(event)
        if not event.spontaneous():
            self.viewer.time.playhead.pause()
            self._again.stop()

    def _on_listed(self, job: Job) -> None:
        self._listing = None
        if isinstance(job.result, Listed):
            self.banners.dismiss("list")
            self.list.show_entries(job.result.entries, missing=job.result.missing)
            self._show_again_while_recording()
        else:
            self.banners.say("list", "error", job.problem)
            self.list.show_entries([])

    def _show_again_while_recording(self) -> None:
        recording = any(entry.recording for entry in self.list.model.entries)
        if recording and self.isVisible():
            self._again.start()
        else:
            self._again.stop()

    # --- opening ----------------------------------------------------------------------------

    @Slot(object)
    def open(self, folder: Path) -> None:
        """Show a session; the list stays until it is read."""
        if self._closing:
            return
        if self._opening is not None:
            self._opening.cancel()
        self._wish = folder
        self.banners.dismiss("open")
        self.list.summary.setText("Opening…")
        self._opening = self.jobs.start(f"opening {folder.name}", opening(folder), self._on_opened)

    def _on_opened(self, job: Job) -> None:
        self._opening = None
        self.list.refresh_summary()
        if not isinstance(job.result, Opened):
            self.banners.say("open", "error", job.problem)
            return
        session = job.result.session
        self._clear_topics()
        self.viewer.open(session, entry(session.folder), job.result.analyses)
        self.stack.setCurrentWidget(self.viewer)
        self._say_problems(session)
        self._stop_checking()
        if not session.recording:
            work = checking(session)
            self._checking = self.jobs.start("checking the video", work, self._on_checked)

    def _stop_checking(self) -> None:
        if self._checking is not None:
            self._checking.cancel()
            self._checking = None

    def _on_checked(self, job: Job) -> None:
        """How much of the video can be read is known: head, banner and list say it."""
        self._checking = None
        found, shown = job.result, self.viewer.session
        if not isinstance(found, Session) or shown is None or shown.folder != found.folder:
            return
        lost = tuple(one.problem for one in found.footage if one.problem)
        shown = replace(shown, footage=found.footage, problems=(*shown.problems, *lost))
        self.viewer.session = shown
        if lost and self.viewer.entry is not None:
            self.viewer.show_entry(replace(self.viewer.entry, video_problem="; ".join(lost)))
            self.list.replace(self.viewer.entry)
            self._say_problems(shown)

    def _say_problems(self, session: Session) -> None:
        lost = [one.problem for one in session.footage if one.problem]
        told = lost + [problem for problem in session.problems if problem not in lost]
        said = told[:_PROBLEMS_SHOWN]
        more = len(session.problems) - len(said)
        if more:
            said.append(f"and {more} more of this kind")
        if session.recording:
            said.insert(0, "it is being recorded right now: this is what there is so far")
        if said:
            level = "info" if session.recording and not session.problems else "warning"
            self.banners.say("session", level, "; ".join(said))

    @Slot()
    def close_session(self) -> None:
        """Back to the list."""
        folder = self.viewer.session.folder if self.viewer.session is not None else None
        self._stop_checking()
        self.viewer.close_session()
        self._clear_topics()
        self.stack.setCurrentWidget(self.list)
        if folder is not None:
            self.list.select(folder)
            self.list.table.setFocus()

    def _clear_topics(self) -> None:
        for topic in ("session", "video", "analysis", "export", "reference", "markers"):
            self.banners.dismiss(topic)

    @Slot(str, str)
    def _on_viewer_problem(self, topic: str, text: str) -> None:
        if text:
            self.banners.say(topic, "error", text)
        else:
            self.banners.dismiss(topic)

    @Slot(object)
    def _on_marker_deleted(self, marker: Marker) -> None:
        self._gone = marker
        self.banners.say("markers", "info", f"Marker “{marker.name}” deleted", [self._undo_marker])

    @Slot()
    def _on_undo_marker(self) -> None:
        if self._gone is not None:
            self.viewer.markers.restore(self._gone)
            self._gone = None

    @Slot()
    def _on_play(self) -> None:
        if self.viewer.session is not None:
            self.viewer.time.playhead.pause()
            self.play_requested.emit(f"session:{self.viewer.session.folder}")

    # --- reference, export, changes -----------------------------------------------------------

    @Slot()
    def ask_export(self) -> None:
        """Save the open session in other forms."""
        if self.viewer.session is not None:
            self.viewer.time.playhead.pause()
            self.commands.ask_export(self.viewer.session)

    @Slot()
    def ask_reference(self) -> None:
        """Lay a contact sensor's file beside the open session."""
        if self.viewer.session is None or self.viewer.session.recording:
            return
        from app.review.reference_dialog import ReferenceDialog  # SciPy's filters take a second

        self.viewer.time.playhead.pause()
        dialog = ReferenceDialog(self.commands.look, self.viewer.session, self.jobs, self)
        dialog.saved.connect(self._on_reference)
        self.commands.show_dialog(dialog)

    @Slot(object)
    def _on_reference(self, done: Reopened) -> None:
        if self.viewer.session is not None and self.viewer.session.folder == done.session.folder:
            self.banners.dismiss("reference")
            self.viewer.reload(done.session, done.entry)
        self.list.replace(done.entry)

    @Slot()
    def _on_forget(self) -> None:
        if self.viewer.session is not None:
            work = removing(self.viewer.session.folder)
            self.jobs.start("removing the reference", work, self._on_forgotten)

    def _on_forgotten(self, job: Job) -> None:
        if isinstance(job.result, Reopened):
            self._on_reference(job.result)
        else:
            self.banners.say("reference", "error", job.problem)

    @Slot(object)
    def _on_edit_asked(self, folder: Path) -> None:
        found = next((e for e in self.list.model.entries if e.folder == folder), None)
        if found is not None:
            self.commands.ask_details(found)

    @Slot()
    def _on_edit_open(self) -> None:
        if self.viewer.entry is not None:
            self.commands.ask_details(self.viewer.entry)

    @Slot(object)
    def _on_edited(self, done: Edited) -> None:
        self.list.replace(done.entry)
        if self.viewer.session is not None and self.viewer.session.folder == done.entry.folder:
            self.viewer.session = replace(self.viewer.session, info=done.info)
            self.viewer.show_entry(done.entry)

    @Slot()
    def _on_delete_open(self) -> None:
        if self.viewer.session is not None:
            self.commands.ask_delete([entry(self.viewer.session.folder)])

    @Slot(object)
    def _on_delete_confirmed(self, folders: list[Path]) -> None:
        if self.viewer.session is not None and self.viewer.session.folder in folders:
            self.close_session()
            self.viewer.stage.wait()  # it lets go of the video within a picture's time
        self.commands.delete(folders)

    @Slot()
    def _on_folder_open(self) -> None:
        if self.viewer.session is not None:
            self.commands.show_folder(self.viewer.session.folder)
