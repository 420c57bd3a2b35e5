"""Over an open session: the way back, its name, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from aimanet.sessions.library import SessionEntry
from app.icons import icon
from app.look import DARK, Look
from app.review import words
from app.review.drawings import drawn_icon
from app.wording import one_line, tip


class ViewerHead(QWidget):
    """Only asks; the viewer and the page do it."""

    back_asked = Signal()
    play_asked = Signal()
    export_asked = Signal()
    reference_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = DARK
        self._full = ("", "")
        self.back = QPushButton("Sessions")
        self.name, self.about = QLabel(), QLabel()
        self.name.setProperty("role", "hero")
        self.about.setProperty("role", "note")
        for label in (self.name, self.about):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setMinimumWidth(1)
        self.play, self.export = QPushButton("Play live"), QPushButton("Export…")
        self.reference, self.more = QPushButton("Reference…"), QPushButton()
        self.menu = QMenu(self)
        self.edit = QAction("&Details…", self)
        self.folder = QAction("&Show folder", self)
        self.delete = QAction("De&lete…", self)
        self.forget = QAction("Remove the &reference", self)
        self.menu.addActions([self.edit, self.folder, self.forget])
        self.menu.addSeparator()
        self.menu.addAction(self.delete)
        self.more.setMenu(self.menu)
        self._lay_out()
        self._name()
        self.back.clicked.connect(self.back_asked)
        self.play.clicked.connect(self.play_asked)
        self.export.clicked.connect(self.export_asked)
        self.reference.clicked.connect(self.reference_asked)

    def _lay_out(self) -> None:
        self._row, self._lines = QHBoxLayout(self), QVBoxLayout()
        self._row.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(0)
        self._lines.addWidget(self.name)
        self._lines.addWidget(self.about)
        self._row.addWidget(self.back)
        self._row.addLayout(self._lines, 1)
        for button in (self.play, self.export, self.reference, self.more):
            self._row.addWidget(button)

    def _name(self) -> None:
        named = {
            self.back: ("Back to the sessions", "Back to the list (Esc)"),
            self.play: ("Play live", "Play it as a live source, through the method chosen there"),
            self.export: ("Export", "Save it as tables, EDF+, video, picture or report"),
            self.reference: ("Reference", "Compare with a contact sensor"),
            self.more: ("More", "Details, folder, delete"),
        }
        for button, (name, said) in named.items():
            button.setAccessibleName(name)
            button.setToolTip(said)

    def show_session(self, entry: SessionEntry, playable: str) -> None:
        """Its name, and whether it can be played (else the reason)."""
        who = one_line(entry.participant)
        about = [words.day(entry.started), words.clock(entry.duration_s), who]
        state = words.state(entry)
        if state not in ("Complete", "With reference"):
            about.append(one_line(entry.video_problem) or state.lower())
        self._full = (one_line(entry.name), " · ".join(part for part in about if part))
        self.name.setToolTip(tip(entry.name))
        self.play.setEnabled(not playable)
        self.play.setToolTip(
            playable or "Play it as a live source, through the method chosen there"
        )
        self.edit.setEnabled(not entry.recording)
        self.reference.setEnabled(not entry.recording)
        self.forget.setVisible(entry.has_reference)
        self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Long names are cut."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        for label, text in zip((self.name, self.about), self._full, strict=True):
            room = max(20, self._lines.geometry().width())
            cut = label.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)
            label.setText(cut)

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        self._look = look
        px = look.px
        self._row.setSpacing(px(8))
        side, color = px(16), look.color("muted")
        self.back.setIcon(drawn_icon("back", color, side))
        self.more.setIcon(drawn_icon("more", color, side))
        self.play.setIcon(icon("play", color, side))
        self.export.setIcon(drawn_icon("export", color, side))
        self.reference.setIcon(drawn_icon("sensor", color, side))
        for button in (self.back, self.more, self.play, self.export, self.reference):
            button.setIconSize(QSize(side, side))
        self._elide()
