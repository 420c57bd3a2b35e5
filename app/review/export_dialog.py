"""Saving a session for other programs: which forms, where to, how far it is."""

from __future__ import annotations

from pathlib import Path

import platformdirs
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QWidget,
)

from aimanet.sessions.export import (
    FORMATS,
    Exported,
    export_session,
    in_the_way,
    stem_of,
    why_not,
)
from aimanet.sessions.reader import Session
from app.look import Look
from app.review.dialogs import Asking, ReplaceDialog
from app.review.jobs import Job, Jobs
from app.settings import ExportSettings
from app.widgets.press_guard import PressGuard
from app.wording import one_line

FORMS = {
    "csv": ("CSV", "Tables for spreadsheets and statistics"),
    "json": ("JSON", "Everything in one file, for programs"),
    "edf": ("EDF+", "Signals and markers for EEG and sleep software"),
    "png": ("PNG", "The curves as a picture"),
    "html": ("HTML", "A report that opens in any browser"),
    "mp4": ("MP4", "Video with heart rate overlay"),
}


class ExportDialog(Asking):
    """Each session goes to a folder of its own; what is there already is replaced after asking.

    ``exported`` carries what was written (`Exported`), ``remembered`` the `ExportSettings` for the
    next time.
    """

    exported = Signal(object)
    remembered = Signal(object)

    def __init__(
        self, look: Look, session: Session, jobs: Jobs, last: ExportSettings, parent: QWidget
    ) -> None:
        super().__init__(look, "Export", parent)
        self._session, self._jobs, self._last = session, jobs, last
        self._refused = {form: why_not(session, form) for form in FORMATS}
        self._job: Job | None = None
        self._chooser: QFileDialog | None = None
        self.setMinimumWidth(look.px(540))
        name = one_line(session.info.name or session.folder.name)
        self.add_words(f"Save “{name}” for other programs.")
        self.forms = {form: QCheckBox(FORMS[form][0]) for form in FORMATS}
        self.folder = QLineEdit(str(self._own_folder(last.folder or "")))
        self.choose = QPushButton("Choose…")
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Progress of the export")
        self.told = QLabel()
        self.told.setWordWrap(True)
        self.told.setTextFormat(Qt.TextFormat.PlainText)
        self.export, self.cancel = QPushButton("Export"), QPushButton("Cancel")
        self._lay_out()
        self.choose.clicked.connect(self._on_choose)
        self.export.clicked.connect(self._on_export)
        self.cancel.clicked.connect(self._on_cancel)
        self.guard = PressGuard(self.cancel)
        self.folder.textChanged.connect(self._show_state)
        for box in self.forms.values():
            box.toggled.connect(self._show_state)
        self._show_state()

    def _lay_out(self) -> None:
        px = self.look.px
        grid = QGridLayout()
        grid.setHorizontalSpacing(px(16))
        grid.setVerticalSpacing(px(8))
        grid.setColumnStretch(1, 1)
        for row, (form, box) in enumerate(self.forms.items()):
            words = QLabel(FORMS[form][1])
            words.setProperty("role", "muted")
            words.setBuddy(box)
            box.setChecked(form in self._last.forms and not self._refused[form])
            box.setAccessibleDescription(self._refused[form] or FORMS[form][1])
            for part in (box, words):
                part.setToolTip(self._refused[form])
            grid.addWidget(box, row, 0)
            grid.addWidget(words, row, 1)
        place = QHBoxLayout()
        place.setSpacing(px(8))
        self.folder.setAccessibleName("Folder to export to")
        place.addWidget(QLabel("To"))
        place.addWidget(self.folder, 1)
        place.addWidget(self.choose)
        buttons = QDialogButtonBox()
        self.export.setProperty("primary", "true")
        buttons.addButton(self.cancel, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.addButton(self.export, QDialogButtonBox.ButtonRole.AcceptRole)
        self.rows.addLayout(grid)
        self.rows.addLayout(place)
        self.rows.addWidget(self.progress)
        self.rows.addWidget(self.told)
        self.rows.addWidget(buttons)
        self.choose.setAutoDefault(False)  # Enter exports
        self.export.setDefault(True)  # only now: a dialog knows the buttons that are in it

    def _own_folder(self, parent: str) -> Path:
        """The session's own folder in ``parent``, or there where nobody named another place."""
        place = Path(parent) if parent else platformdirs.user_documents_path() / "AimaNet exports"
        own = stem_of(self._session)
        return place if place.name == own else place / own

    @property
    def chosen(self) -> list[str]:
        """The forms that are ticked."""
        return [form for form, box in self.forms.items() if box.isChecked() and box.isEnabled()]

    @Slot()
    def _show_state(self) -> None:
        running = self._job is not None
        for part in (self.folder, self.choose):
            part.setEnabled(not running)
        for form, box in self.forms.items():
            box.setEnabled(not running and not self._refused[form])
        if self.progress.isHidden() == running:
            self.guard.hold()  # it cancels the export now, or closes the dialog
        self.progress.setVisible(running)
        able = bool(self.chosen) and bool(self.folder.text().strip()) and not running
        self.export.setEnabled(able)
        self.export.setToolTip("" if able or running else "Tick at least one form, name a folder")
        self.told.setVisible(bool(self.told.text()))

    @Slot()
    def _on_choose(self) -> None:
        start = next((p for p in Path(self.folder.text()).parents if p.is_dir()), Path())
        self._chooser = QFileDialog(self, "Folder for exports", str(start))
        self._chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._chooser.setFileMode(QFileDialog.FileMode.Directory)
        self._chooser.setOption(QFileDialog.Option.ShowDirsOnly)
        self._chooser.fileSelected.connect(self._on_chosen)
        self._chooser.open()

    @Slot(str)
    def _on_chosen(self, folder: str) -> None:
        self.folder.setText(str(self._own_folder(folder)))

    @Slot()
    def _on_export(self) -> None:
        self._start(overwrite=False)

    @Slot()
    def _on_replace(self) -> None:
        self._start(overwrite=True)

    def _start(self, *, overwrite: bool) -> None:
        session, forms = self._session, self.chosen
        folder = Path(self.folder.text().strip()).expanduser()

        def work(job: Job) -> Exported | list[Path]:
            def stopping() -> bool:
                return job.cancelled

            if not overwrite and (taken := in_the_way(session, forms, folder)):
                return taken
            return export_session(
                session, forms, folder,
                overwrite=overwrite, progress=job.tell, cancelled=stopping,
            )  # fmt: skip

        self.progress.setValue(0)
        self._job = self._jobs.start("exporting", work, self._on_done, self._on_progress)
        self._say("Exporting…", "muted")
        self._show_state()

    def _on_progress(self, job: Job) -> None:
        share, form = self._jobs.told(job)
        self.progress.setValue(round(1000 * share))
        self._say(f"Writing {FORMS[form][0]}… {share:.0%}", "muted")

    def _on_done(self, job: Job) -> None:
        self._job = None
        self._say(job.problem, "bad")
        self._show_state()
        if isinstance(job.result, Exported):
            self.remembered.emit(self._choice())
            self.exported.emit(job.result)
            self.accept()
        elif isinstance(job.result, list):
            question = ReplaceDialog(self.look, job.result, self)
            question.confirmed.connect(self._on_replace)
            question.open()

    def _choice(self) -> ExportSettings:
        """What to offer the next time: what cannot be written now is offered as it was."""
        forms = [f for f in FORMATS if f in (self._last.forms if self._refused[f] else self.chosen)]
        folder = Path(self.folder.text().strip()).expanduser()
        own = folder.name == stem_of(self._session)
        return ExportSettings(forms=tuple(forms), folder=str(folder.parent if own else folder))

    @Slot()
    def _on_cancel(self) -> None:
        """The export, where one is under way; else the dialog."""
        if self._job is None:
            self.reject()
            return
        self._job.cancel()
        self._job = None
        self._say("Cancelled: nothing was written.", "muted")
        self._show_state()

    def _say(self, text: str, role: str) -> None:
        self.told.setText(text)
        self.told.setStyleSheet(f"color: {self.look.color(role).name()};")
        self.told.show()

    def done(self, result: int) -> None:
        """Nothing of it goes on."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
        super().done(result)
