"""The sessions page: the list, or the session that was opened from it; messages above both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QAction, QDesktopServices, QHideEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QStackedWidget, QVBoxLayout, QWidget

from aimanet.sessions.export import Exported
from aimanet.sessions.library import SessionEntry, entry
from aimanet.sessions.reader import Marker, Session
from app.look import DARK, Look
from app.review import words
from app.review.chores import (
    Deleted,
    Edited,
    Listed,
    Opened,
    checking,
    deleting,
    editing,
    listing,
    opening,
)
from app.review.dialogs import DeleteDialog, DetailsDialog
from app.review.export_dialog import FORMS, ExportDialog
from app.review.jobs import Job, Jobs
from app.review.sensor_work import Reopened, removing
from app.review.session_list import SessionList
from app.review.style import review_sheet
from app.review.viewer import Viewer
from app.settings import ExportSettings
from app.widgets.banner import BannerStack

_AGAIN_MS = 3000
"""While something is being recorded the list is read again so often."""

_PROBLEMS_SHOWN = 3


class SessionsPage(QWidget):
    """Everything about recorded sessions.

    ``play_requested`` carries a source spec, ``session:PATH``; ``export_chosen`` the forms and the
    folder to remember (``export``). Everything slow runs in threads; `stop` asks them to end,
    `busy` tells whether one is left, `close_down` waits for the last.
    """

    play_requested = Signal(str)
    export_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Sessions")
        self._look = DARK
        self._in_use: frozenset[Path] = frozenset()
        self._closing = False
        self._listing: Job | None = None
        self._opening: Job | None = None
        self._checking: Job | None = None
        self._wish: Path | None = None
        self.dialog: QDialog | None = None
        self.export = ExportSettings()
        self._exported: Path | None = None
        self._show_export = QAction("Show folder", self)
        self._show_export.triggered.connect(self._on_show_export)
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
        self._connect()

    def _connect(self) -> None:
        self.stack.currentChanged.connect(self.banners.arrange)
        self.list.open_asked.connect(self.open)
        self.list.refresh_asked.connect(self.refresh)
        self.list.edit_asked.connect(self._on_edit_asked)
        self.list.delete_asked.connect(self._on_delete_asked)
        self.list.show_folder_asked.connect(self.show_folder)
        self.list.folders.changed.connect(self._on_folder)
        self.list.export_asked.connect(self._on_export_asked)
        self.list.model.renamed.connect(self._on_renamed)
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
        return QRect(part.mapTo(self, QPoint()), part.size())

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
        self._in_use = frozenset(Path(folder).resolve() for folder in folders)

    @property
    def busy(self) -> bool:
        """A thread is still alive."""
        return self.jobs.busy or self.viewer.stage.busy

    def stop(self) -> None:
        """Ask every thread to end; nothing new begins."""
        self._closing = True
        self._again.stop()
        if self.dialog is not None:
            self.dialog.reject()
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
        self._look = look
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

    # --- reference and export ---------------------------------------------------------------

    @Slot()
    def ask_export(self) -> None:
        """Save the open session in other forms."""
        if self.viewer.session is not None:
            self.viewer.time.playhead.pause()
            self._export(self.viewer.session)

    @Slot(object)
    def _on_export_asked(self, folder: Path) -> None:
        self.banners.dismiss("open")
        self.jobs.start(f"opening {folder.name}", opening(folder), self._on_export_opened)

    def _on_export_opened(self, job: Job) -> None:
        if isinstance(job.result, Opened):
            self._export(job.result.session)
        else:
            self.banners.say("open", "error", job.problem)

    def _export(self, session: Session) -> None:
        dialog = ExportDialog(self._look, session, self.jobs, self.export, self)
        dialog.exported.connect(self._on_exported)
        dialog.remembered.connect(self._on_export_choice)
        self._show_dialog(dialog)

    @Slot(object)
    def _on_export_choice(self, choice: ExportSettings) -> None:
        self.export = choice
        self.export_chosen.emit(choice)

    @Slot(object)
    def _on_exported(self, done: Exported) -> None:
        paths = done.files
        names = ", ".join(path.name for path in paths)
        names = names if len(paths) <= 3 else words.count(len(paths), "file")
        self._exported = paths[0].parent
        said = [f"Saved {names} in {self._exported}"]
        said += [f"No {FORMS[failed.form][0]}: {failed.reason}" for failed in done.failed]
        said += [done.incomplete] if done.incomplete else []
        level = "warning" if done.failed or done.incomplete else "info"
        self.banners.say("export", level, ". ".join(said), [self._show_export])

    @Slot()
    def _on_show_export(self) -> None:
        if self._exported is not None:
            self.show_folder(self._exported)

    @Slot()
    def ask_reference(self) -> None:
        """Lay a contact sensor's file beside the open session."""
        if self.viewer.session is None or self.viewer.session.recording:
            return
        from app.review.reference_dialog import ReferenceDialog  # SciPy's filters take a second

        self.viewer.time.playhead.pause()
        dialog = ReferenceDialog(self._look, self.viewer.session, self.jobs, self)
        dialog.saved.connect(self._on_reference)
        self._show_dialog(dialog)

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

    # --- changing ---------------------------------------------------------------------------

    def _show_dialog(self, dialog: QDialog) -> None:
        if self.dialog is not None:
            self.dialog.reject()
        self.dialog = dialog
        dialog.finished.connect(self._on_dialog_finished)
        dialog.open()

    @Slot()
    def _on_dialog_finished(self) -> None:
        if self.sender() is self.dialog:
            self.dialog = None

    @Slot(object)
    def _on_edit_asked(self, folder: Path) -> None:
        found = next((e for e in self.list.model.entries if e.folder == folder), None)
        if found is not None:
            self._ask_details(found)

    @Slot()
    def _on_edit_open(self) -> None:
        if self.viewer.entry is not None:
            self._ask_details(self.viewer.entry)

    def _ask_details(self, found: SessionEntry) -> None:
        dialog = DetailsDialog(self._look, found, self)
        dialog.accepted_with.connect(self._on_details)
        self._show_dialog(dialog)

    @Slot(object, object)
    def _on_details(self, folder: Path, changes: dict[str, str]) -> None:
        self._edit(folder, changes)

    @Slot(object, str)
    def _on_renamed(self, folder: Path, name: str) -> None:
        self._edit(folder, {"name": name})

    def _edit(self, folder: Path, changes: dict[str, str]) -> None:
        if not self._closing:
            self.jobs.start("writing session.json", editing(folder, changes), self._on_edited)

    def _on_edited(self, job: Job) -> None:
        if not isinstance(job.result, Edited):
            self.banners.say("edit", "error", job.problem)
            return
        self.banners.dismiss("edit")
        changed = job.result.entry
        self.list.replace(changed)
        if self.viewer.session is not None and self.viewer.session.folder == changed.folder:
            self.viewer.session = replace(self.viewer.session, info=job.result.info)
            self.viewer.show_entry(changed)

    @Slot(object)
    def _on_delete_asked(self, entries: list[SessionEntry]) -> None:
        refused = self._refused(entries)
        if refused:
            self.banners.say("delete", "warning", refused)
            return
        self.banners.dismiss("delete")
        dialog = DeleteDialog(self._look, entries, self)
        dialog.confirmed.connect(self._on_delete_confirmed)
        self._show_dialog(dialog)

    def _refused(self, entries: list[SessionEntry]) -> str:
        """Why these cannot be deleted, before anybody is asked."""
        for one in entries:
            if one.recording:
                return f"“{one.name}” is being recorded: stop that first, then it can be deleted"
            if one.folder.resolve() in self._in_use:
                return f"“{one.name}” is being played live: stop that first, then it can be deleted"
        return ""

    @Slot()
    def _on_delete_open(self) -> None:
        if self.viewer.session is not None:
            self._on_delete_asked([entry(self.viewer.session.folder)])

    @Slot(object)
    def _on_delete_confirmed(self, folders: list[Path]) -> None:
        if self.viewer.session is not None and self.viewer.session.folder in folders:
            self.close_session()
            self.viewer.stage.wait()  # it lets go of the video within a picture's time
        if not self._closing:
            self.jobs.start("deleting sessions", deleting(folders), self._on_deleted)

    def _on_deleted(self, job: Job) -> None:
        done = job.result
        said = [job.problem] if job.problem else []
        if isinstance(done, Deleted):
            said += done.problems
            if done.left:
                said.append(f"files that are not AimaNet's were left in {done.left[0].parent}")
        if said:
            more = f" (and {len(said) - 1} more)" if len(said) > 1 else ""
            self.banners.say("delete", "warning", f"{said[0]}{more}")
        self.refresh()

    @Slot(object)
    def show_folder(self, folder: Path) -> None:
        """Open it in the system's file manager."""
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self.banners.say("folder", "info", f"No file manager could be opened: it is {folder}")

    @Slot()
    def _on_folder_open(self) -> None:
        if self.viewer.session is not None:
            self.show_folder(self.viewer.session.folder)
