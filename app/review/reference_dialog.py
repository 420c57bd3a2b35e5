"""A contact sensor's file: what its columns are, and where it lies on the session's time."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QStackedLayout,
    QWidget,
)

from aimanet.sessions.reader import Session
from aimanet.sessions.reference import Mapping, with_offset
from app.look import Look
from app.review.answers import Answers
from app.review.curves import rates_of
from app.review.dialogs import Asking
from app.review.jobs import Job, Jobs
from app.review.mapping_form import MappingForm
from app.review.plots import RatePlot, WavePlot
from app.review.sensor_work import (
    Doubted,
    FileRead,
    Found,
    Reopened,
    finding,
    judging,
    measured,
    reading_file,
    saving,
    shifted,
)

_FILES = (
    "Sensor recordings (*.csv *.txt *.tsv *.log *.json *.edf *.bdf *.xlsx *.fit *.acq *.tcx *.gpx "
    "*.xml *.hrm *.xmp *.dat);;All files (*)"
)
_KEEP, _CORRECT = "Keep it anyway", "Correct the columns"
_SLIDER_S = 5.0
_JUDGE_MS = 350
_HARDLY = 0.3
"""A correlation under this is no fit."""
_TRUST = {
    "clear": ("ok", "The curves fit clearly."),
    "uncertain": ("warn", "The curves fit, but not clearly: look at them and correct the offset."),
    "none": ("warn", "Nothing could be correlated: look at the curves and choose the offset."),
}


class ReferenceDialog(Asking):
    """``saved`` carries a `Reopened`: the session with its reference."""

    saved = Signal(object)

    def __init__(self, look: Look, session: Session, jobs: Jobs, parent: QWidget) -> None:
        super().__init__(look, "Reference from a contact sensor", parent)
        self._session, self._jobs = session, jobs
        self._job: Job | None = None
        self._judge: Job | None = None
        self._read: FileRead | None = None
        self._found: Found | None = None
        self._by_hand = False
        self._chooser: QFileDialog | None = None
        self.path, self.choose = QLabel("No file chosen yet"), QPushButton("Choose file…")
        self.form = MappingForm(look)
        self.wave, self.rates = WavePlot("Session and sensor appear here together"), RatePlot()
        self.where = QSlider(Qt.Orientation.Horizontal)
        self.slider, self.offset = QSlider(Qt.Orientation.Horizontal), QDoubleSpinBox()
        self.again = QPushButton("Find again")
        self.told, self.understood = self._make_told(), self._make_told()
        self.answers = Answers(look)
        self._choices: tuple[Mapping, ...] = ()
        self._wait = QTimer(self, singleShot=True, interval=_JUDGE_MS)
        self._lay_out()
        self._connect()
        self._show_state()

    def _make_told(self) -> QLabel:
        told = QLabel()
        told.setWordWrap(True)
        told.setTextFormat(Qt.TextFormat.PlainText)
        return told

    def _lay_out(self) -> None:
        px = self.look.px
        self.setMinimumSize(px(760), px(520))
        self.path.setProperty("role", "muted")
        self.path.setMinimumWidth(1)
        top = QHBoxLayout()
        top.addWidget(self.path, 1)
        top.addWidget(self.choose)
        self._plots = QStackedLayout()
        for plot in (self.wave, self.rates):
            plot.apply_look(self.look)
            plot.show_duration(self._session.duration_s)
            self._plots.addWidget(plot)
        self.where.setRange(0, max(1, round(10 * self._session.duration_s)))
        self.where.setValue(self.where.maximum() // 2)
        self.where.setAccessibleName("Moment that the curves show")
        self.where.setToolTip("Look at another part of the session")
        self.slider.setRange(round(-1000 * _SLIDER_S), round(1000 * _SLIDER_S))
        self.slider.setAccessibleName("Correct the offset")
        self.slider.setToolTip("Move the sensor's curve by hand, at most five seconds either way")
        self.offset.setRange(-1e7, 1e7)
        self.offset.setDecimals(3)
        self.offset.setSingleStep(0.05)
        self.offset.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.offset.setFixedWidth(px(120))
        self.offset.setSuffix(" s")
        self.offset.setAccessibleName("Offset in seconds")
        self.offset.setToolTip("The sensor's zero on the session's time")
        self.again.setToolTip("Look for the best offset once more")
        row = QHBoxLayout()
        row.setSpacing(px(10))
        for part in (QLabel("Offset"), self.offset, self.slider, self.again):
            row.addWidget(part, 1 if part is self.slider else 0)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.save = QPushButton("Save as reference")
        self.save.setProperty("primary", "true")
        buttons.addButton(self.save, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.rejected.connect(self.reject)
        self.rows.setSpacing(px(8))
        self.rows.addLayout(top)
        self.understood.setProperty("role", "note")
        self.rows.addWidget(self.form)
        self.rows.addWidget(self.understood)
        self.rows.addLayout(self._plots, 1)
        self.rows.addWidget(self.where)
        self.rows.addLayout(row)
        self.rows.addWidget(self.told)
        self.rows.addWidget(self.answers)
        self.rows.addWidget(buttons)
        parent = self.parentWidget()
        room = self.size() if parent is None else parent.window().size()
        self.resize(min(px(900), room.width() - px(40)), min(px(680), room.height() - px(30)))

    def _connect(self) -> None:
        self.choose.clicked.connect(self.ask_file)
        self.form.changed.connect(self._on_mapping)
        self.answers.answered.connect(self._on_answer)
        self.where.valueChanged.connect(self._on_where)
        self.offset.valueChanged.connect(self._on_offset)
        self.slider.valueChanged.connect(self._on_slider)
        self.slider.sliderReleased.connect(self._on_slider_released)
        self.again.clicked.connect(self._on_mapping)
        self.save.clicked.connect(self._on_save)
        self._wait.timeout.connect(self._on_judge)
        self.wave.sought.connect(self._on_sought)

    # --- the file ---------------------------------------------------------------------------

    @Slot()
    def ask_file(self) -> None:
        """Choose the sensor's file."""
        downloads = QStandardPaths.StandardLocation.DownloadLocation
        start = QStandardPaths.writableLocation(downloads)
        self._chooser = QFileDialog(self, "Choose a sensor's file", start, _FILES)
        self._chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        self._chooser.fileSelected.connect(self.open_file)
        self._chooser.open()

    @Slot(str)
    def open_file(self, path: str) -> None:
        """Read it; columns and offset follow."""
        self.path.setText(path)
        self.path.setToolTip(path)
        self._read = self._found = None
        self._start("Reading the file…", reading_file(Path(path)), self._on_read)

    def _start(self, words: str, work, then) -> None:  # type: ignore[no-untyped-def]
        self._stop_jobs()
        self.answers.clear()
        self._say(words, "muted")
        self._job = self._jobs.start(words.rstrip("…").lower(), work, then)
        self._show_state()

    def _on_read(self, job: Job) -> None:
        self._job = None
        if not isinstance(job.result, FileRead):
            self._fail(job.problem)
            return
        self._read = job.result
        guess = self._read.guess
        self.form.show_file(self._read.file, guess.mapping)
        self._choices = guess.choices
        if not guess.question:
            self._on_mapping()
            return
        self._fail(guess.question)
        self.answers.offer([self._read.name_of(choice) for choice in guess.choices])

    @Slot(int)
    def _on_answer(self, number: int) -> None:
        """To which column it is, or to whether a reference in doubt is kept."""
        if self._found is not None:
            if number == 0:
                self._save(anyway=True)
            else:
                self._tell_found()
                self._show_state()
        elif self._read is not None:
            self.form.show_mapping(self._choices[number])
            self._on_mapping()

    @Slot()
    def _on_mapping(self) -> None:
        """Read the columns that are chosen now and look for the offset."""
        if self._read is None:
            return
        self._found, self._by_hand = None, False
        work = finding(self._session, self._read.file, self.form.mapping)
        self._start("Looking for the offset…", work, self._on_found)

    def _on_found(self, job: Job) -> None:
        self._job = None
        if not isinstance(job.result, Found):
            self._fail(job.problem)
            return
        self._found = job.result
        self.understood.setText(self._found.understood)
        self._set_offset(self._found.aligned.offset_s)
        self._plots.setCurrentWidget(self.rates if self._found.theirs is None else self.wave)
        self._draw()
        self._on_where(self.where.value())
        self._tell_found()
        self._show_state()

    def _fail(self, problem: str) -> None:
        self._found = None
        self.understood.clear()
        self._draw()
        self._say(problem, "warn")
        self._show_state()

    # --- the offset -------------------------------------------------------------------------

    def _set_offset(self, offset_s: float) -> None:
        for part, value in ((self.offset, offset_s), (self.slider, 0)):
            part.blockSignals(True)
            part.setValue(value)  # type: ignore[arg-type]
            part.blockSignals(False)
        self._zero = offset_s

    @Slot(float)
    def _on_offset(self, offset_s: float) -> None:
        if self._found is not None:
            self._zero = offset_s
            self._move(offset_s)

    @Slot(int)
    def _on_slider(self, ms: int) -> None:
        if self._found is None:
            return
        self.offset.blockSignals(True)
        self.offset.setValue(self._zero + ms / 1000)
        self.offset.blockSignals(False)
        self._move(self._zero + ms / 1000)
        if not self.slider.isSliderDown():
            self._on_slider_released()

    @Slot()
    def _on_slider_released(self) -> None:
        """The slider starts anew from the middle."""
        self._zero = self.offset.value()
        self.slider.blockSignals(True)
        self.slider.setValue(0)
        self.slider.blockSignals(False)

    def _move(self, offset_s: float) -> None:
        if self._found is None:
            return
        self._by_hand = True
        self.answers.clear()
        self._draw()
        self._say(f"Chosen by hand: {offset_s:+.3f} s.", "muted")
        self._wait.start()

    @Slot()
    def _on_judge(self) -> None:
        if self._found is None or self._job is not None:
            return
        if self._judge is not None:
            self._judge.cancel()
        chosen = with_offset(self._found.aligned, self.offset.value())
        work = judging(self._session, self._found.sensor, chosen)
        self._judge = self._jobs.start("judging the offset", work, self._on_judged)

    def _on_judged(self, job: Job) -> None:
        self._judge = None
        if isinstance(job.result, float) and self._found is not None:
            best = self._found.aligned
            self._say(
                f"Chosen by hand: {self.offset.value():+.3f} s, correlation {job.result:.2f} "
                f"there. Found was {best.offset_s:+.3f} s with {best.correlation:.2f}.",
                "muted",
            )

    def _tell_found(self) -> None:
        if self._found is None:
            return
        aligned = self._found.aligned
        role, words = _TRUST[aligned.trust]
        if aligned.trust == "uncertain" and aligned.correlation < _HARDLY:
            words = "The curves hardly fit: is this the sensor of this session?"
        said = [f"Offset {aligned.offset_s:+.3f} s"]
        if aligned.trust != "none":
            said[0] += f", correlation {aligned.correlation:.2f}"
            if aligned.runner_up > 0:
                said[0] += f" (next best {aligned.runner_up:.2f})"
        said[0] += "."
        notes = [*self._found.sensor.notes, *aligned.notes]
        said += [words, *(f"{note[0].upper()}{note[1:]}." for note in notes[:3])]
        self._say(" ".join(said), role)

    # --- what is shown ----------------------------------------------------------------------

    def _draw(self) -> None:
        found = self._found
        if found is None:
            self.wave.show_curves({})
            self.rates.show_curves({})
            return
        aligned = found.aligned
        if self._by_hand:
            aligned = with_offset(aligned, self.offset.value())
        if found.theirs is not None:
            curves = {"Sensor": (shifted(found.theirs, aligned), "text")}
            ours = {} if found.ours is None else {"Session": (found.ours, "pulse")}
            self.wave.show_curves({**ours, **curves})
            self.wave.note = (
                "red: session, light: sensor"
                if self.look.name == "dark"
                else ("red: session, dark: sensor")
            )
        else:
            t = aligned.on_session(found.sensor.rate_t)
            session = (rates_of(self._session.readings), "pulse")
            sensor = (measured(t, found.sensor.rate_bpm), "text")
            self.rates.show_curves({"Session": session, "Sensor": sensor})

    @Slot(int)
    def _on_where(self, tenths: int) -> None:
        for plot in (self.wave, self.rates):
            plot.show_moment(tenths / 10)

    @Slot(float)
    def _on_sought(self, t: float) -> None:
        self.where.setValue(round(10 * t))

    def _say(self, text: str, role: str) -> None:
        self.told.setText(text)
        self.told.setStyleSheet(f"color: {self.look.color(role).name()};")

    def _show_state(self) -> None:
        ready = self._found is not None and self._job is None
        for part in (self.offset, self.slider, self.again, self.save, self.where):
            part.setEnabled(ready)
        self.again.setEnabled(self._read is not None and self._job is None)
        self.form.setEnabled(self._read is not None)
        if self._read is None and self._job is None and not self.told.text():
            self._say(
                "Choose the sensor's file: CSV or other text, JSON, EDF, Excel, FIT, TCX, GPX, "
                "AcqKnowledge, UBFC-rPPG or PURE.",
                "muted",
            )

    # --- the end ----------------------------------------------------------------------------

    @Slot()
    def _on_save(self) -> None:
        self._save(anyway=False)

    def _save(self, *, anyway: bool) -> None:
        if self._found is None or self._read is None:
            return
        aligned = self._found.aligned
        if self._by_hand:
            aligned = with_offset(aligned, self.offset.value())
        file, mapping, sensor = self._read.file, self.form.mapping, self._found.sensor
        work = saving(self._session, file, mapping, sensor, aligned, anyway=anyway)
        self._start("Saving the reference…", work, self._on_saved)

    def _on_saved(self, job: Job) -> None:
        self._job = None
        if isinstance(job.result, Reopened):
            self.saved.emit(job.result)
            self.accept()
        elif isinstance(job.result, Doubted):
            why = f"{job.result.why[0].upper()}{job.result.why[1:]}"
            self._say(f"{why}. Is it the right column and unit, and this session's file?", "warn")
            self._show_state()
            self.answers.offer((_KEEP, _CORRECT))
            self.save.setEnabled(False)
        else:
            self._say(job.problem, "warn")
            self._show_state()

    def _stop_jobs(self) -> None:
        for job in (self._job, self._judge):
            if job is not None:
                job.cancel()
        self._job = self._judge = None
        self._wait.stop()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter after an offset was typed only takes it over."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if not (enter and self.offset.hasFocus()):
            super().keyPressEvent(event)

    def done(self, result: int) -> None:
        """Nothing of it goes on."""
        self._stop_jobs()
        super().done(result)
