"""Beside the session's figures: the variability of its pulse (PRV), and its breath."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from aimanet.rhythm.study import Study
from aimanet.sessions.analysis import studied
from aimanet.sessions.reader import Session
from app.look import Look
from app.review import words
from app.review.jobs import Job, Jobs, Work

_FIGURES = {
    "PRV (RMSSD)": "Pulse rate variability from beat to beat: the root mean square of the "
    "differences between successive intervals, in ms",
    "SDNN": "Standard deviation of the intervals between beats, in ms",
    "Beats used": "Share of the time from the first to the last good beat that sound intervals "
    "fill; the others are left out",
    "Breathing rate": "Breaths a minute, where the beats' intervals and heights agree on it",
}
_UNITS = {"PRV (RMSSD)": " ms", "SDNN": " ms", "Beats used": "", "Breathing rate": " /min"}


class RhythmPanel(QWidget):
    """Four numbers and a line below; as high without them as with them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Pulse rate variability and breathing")
        self._job: Job | None = None
        self.numbers = {name: QLabel(words.NOTHING) for name in _FIGURES}
        self.told = QLabel()
        self.told.setProperty("role", "note")
        self.told.setWordWrap(True)
        self.told.setTextFormat(Qt.TextFormat.PlainText)
        self.told.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.told.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._grid = QGridLayout()
        for column, (name, label) in enumerate(self.numbers.items()):
            caption = QLabel(name)
            caption.setProperty("role", "note")
            label.setProperty("role", "number")
            for part in (caption, label):
                part.setToolTip(_FIGURES[name])
            self._grid.addWidget(caption, 0, column)
            self._grid.addWidget(label, 1, column)
        self._rows = QVBoxLayout(self)
        self._rows.addLayout(self._grid)
        self._rows.addWidget(self.told)

    def study(self, jobs: Jobs, session: Session) -> None:
        """Read the beats of another session, in a thread: NeuroKit2 takes seconds to load."""
        self.forget()
        self._show({}, "Reading the beats…")
        self._job = jobs.start("reading the beats", studying(session), self._on_studied)

    def forget(self) -> None:
        """Nobody waits for the beats any more."""
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _on_studied(self, job: Job) -> None:
        if job is self._job:
            self._job = None
            self.show_study(job.result if isinstance(job.result, Study) else None)

    def show_study(self, found: Study | None) -> None:
        """What was found, or why there is nothing; None where it could not be read."""
        if found is None:
            self._show({}, "The beats could not be read.")
            return
        prv, breath = found.prv.prv, found.respiration.respiration
        numbers, lines = dict[str, str](), list[str]()
        if prv is not None:
            numbers["PRV (RMSSD)"], numbers["SDNN"] = f"{prv.rmssd_ms:.0f}", f"{prv.sdnn_ms:.0f}"
            numbers["Beats used"] = words.percent(prv.usable)
            lines.append(
                f"{prv.intervals:,} intervals over {words.clock(prv.seconds)}; "
                f"noise alone would read as RMSSD {prv.noise_ms:.0f} ms."
            )
        else:
            lines.append(f"PRV: {found.prv.why}.")
        if breath is not None:
            numbers["Breathing rate"] = f"{breath.per_min:.0f}"
        else:
            lines.append(f"Breathing rate: {found.respiration.why}.")
        self._show(numbers, "\n".join(lines))

    def _show(self, numbers: dict[str, str], told: str) -> None:
        for name, label in self.numbers.items():
            text = numbers.get(name)
            label.setText(words.NOTHING if text is None else text + _UNITS[name])
        self.told.setText(told)

    def apply_look(self, look: Look) -> None:
        """Another size."""
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(look.px(2))
        self._grid.setHorizontalSpacing(look.px(18))
        self._grid.setVerticalSpacing(look.px(1))
        # Room for two lines from the beginning: what comes below does not jump.
        self.told.setMinimumHeight(2 * self.told.fontMetrics().lineSpacing() + look.px(2))


def studying(session: Session) -> Work:
    """Beats and breath of a session."""

    def work(_: Job) -> Study:
        return studied(session)

    return work
