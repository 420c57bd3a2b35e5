"""What is done to sessions after asking: exported, described, deleted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal, Slot
from PySide6.QtGui import QAction, QDesktopServices
from PySide6.QtWidgets import QDialog, QWidget

from aimanet.sessions.export import Exported
from aimanet.sessions.library import SessionEntry
from aimanet.sessions.reader import Session
from app.look import DARK, Look
from app.review import words
from app.review.chores import Deleted, Edited, Opened, deleting, editing, opening
from app.review.dialogs import DeleteDialog, DetailsDialog
from app.review.export_dialog import FORMS, ExportDialog
from app.review.jobs import Job, Jobs
from app.settings import ExportSettings
from app.widgets.banner import BannerStack


class SessionCommands(QObject):
    """Asks in dialogs over the page, works in threads, answers in banners.

    Attributes:
        dialog: the one that is open.
        export: what the export dialog offers; ``export_chosen`` carries what was chosen.
        in_use: folders that the rest of the window plays; they cannot be deleted meanwhile.

    ``edited`` carries an `Edited`; ``confirmed`` the folders that are to be deleted, for which
    `delete` is called once nothing holds them; ``deleted`` says that this has ended.
    """

    export_chosen = Signal(object)
    edited = Signal(object)
    confirmed = Signal(object)
    deleted = Signal()

    def __init__(self, jobs: Jobs, banners: BannerStack, page: QWidget) -> None:
        super().__init__(page)
        self.dialog: QDialog | None = None
        self.export = ExportSettings()
        self.in_use: frozenset[Path] = frozenset()
        self.look: Look = DARK
        self._jobs, self._banners, self._page = jobs, banners, page
        self._closing = False
        self._exported: Path | None = None
        self._show_export = QAction("Show folder", self)
        self._show_export.triggered.connect(self._on_show_export)

    def stop(self) -> None:
        """Nothing new begins."""
        self._closing = True
        if self.dialog is not None:
            self.dialog.reject()

    def show_dialog(self, dialog: QDialog) -> None:
        """Open it in place of the one that is open."""
        if self.dialog is not None:
            self.dialog.reject()
        self.dialog = dialog
        dialog.finished.connect(self._on_dialog_finished)
        dialog.open()

    @Slot()
    def _on_dialog_finished(self) -> None:
        if self.sender() is self.dialog:
            self.dialog = None

    # --- export -----------------------------------------------------------------------------

    @Slot(object)
    def export_folder(self, folder: Path) -> None:
        """Save a session of the list in other forms."""
        self._banners.dismiss("open")
        self._jobs.start(f"opening {folder.name}", opening(folder), self._on_export_opened)

    def _on_export_opened(self, job: Job) -> None:
        if isinstance(job.result, Opened):
            self.ask_export(job.result.session)
        else:
            self._banners.say("open", "error", job.problem)

    def ask_export(self, session: Session) -> None:
        """Save a session in other forms."""
        dialog = ExportDialog(self.look, session, self._jobs, self.export, self._page)
        dialog.exported.connect(self._on_exported)
        dialog.remembered.connect(self._on_export_choice)
        self.show_dialog(dialog)

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
        self._banners.say("export", level, ". ".join(said), [self._show_export])

    @Slot()
    def _on_show_export(self) -> None:
        if self._exported is not None:
            self.show_folder(self._exported)

    # --- name, participant, notes --------------------------------------------------------------

    def ask_details(self, found: SessionEntry) -> None:
        """Change name, participant and notes."""
        dialog = DetailsDialog(self.look, found, self._page)
        dialog.accepted_with.connect(self._on_details)
        self.show_dialog(dialog)

    @Slot(object, object)
    def _on_details(self, folder: Path, changes: dict[str, str]) -> None:
        self._edit(folder, changes)

    @Slot(object, str)
    def rename(self, folder: Path, name: str) -> None:
        """Give a session another name."""
        self._edit(folder, {"name": name})

    def _edit(self, folder: Path, changes: dict[str, str]) -> None:
        if not self._closing:
            self._jobs.start("writing session.json", editing(folder, changes), self._on_edited)

    def _on_edited(self, job: Job) -> None:
        if not isinstance(job.result, Edited):
            self._banners.say("edit", "error", job.problem)
            return
        self._banners.dismiss("edit")
        self.edited.emit(job.result)

    # --- deletion ---------------------------------------------------------------------------

    @Slot(object)
    def ask_delete(self, entries: list[SessionEntry]) -> None:
        """Delete sessions, if that is what is meant."""
        refused = self._refused(entries)
        if refused:
            self._banners.say("delete", "warning", refused)
            return
        self._banners.dismiss("delete")
        dialog = DeleteDialog(self.look, entries, self._page)
        dialog.confirmed.connect(self.confirmed)
        self.show_dialog(dialog)

    def delete(self, folders: Sequence[Path]) -> None:
        """Delete sessions that were confirmed."""
        if not self._closing:
            self._jobs.start("deleting sessions", deleting(folders), self._on_deleted)

    def _refused(self, entries: list[SessionEntry]) -> str:
        """Why these cannot be deleted, before anybody is asked."""
        for one in entries:
            if one.recording:
                return f"“{one.name}” is being recorded: stop that first, then it can be deleted"
            if one.folder.resolve() in self.in_use:
                return f"“{one.name}” is being played live: stop that first, then it can be deleted"
        return ""

    def _on_deleted(self, job: Job) -> None:
        done = job.result
        said = [job.problem] if job.problem else []
        if isinstance(done, Deleted):
            said += done.problems
            if done.left:
                said.append(f"files that are not AimaNet's were left in {done.left[0].parent}")
        if said:
            more = f" (and {len(said) - 1} more)" if len(said) > 1 else ""
            self._banners.say("delete", "warning", f"{said[0]}{more}")
        self.deleted.emit()

    @Slot(object)
    def show_folder(self, folder: Path) -> None:
        """Open it in the system's file manager."""
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self._banners.say("folder", "info", f"No file manager could be opened: it is {folder}")
