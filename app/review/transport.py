"""Play, step, speed, and the time."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QListView, QToolButton, QWidget

from aimanet.sessions.reader import RecordedReading
from aimanet.words import trusted_bpm
from app.look import DARK, Look
from app.review import words
from app.review.drawings import drawn_icon
from app.wording import wording

_SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0)


class Transport(QWidget):
    """The row under the slider; it only asks."""

    toggle_asked = Signal()
    step_asked = Signal(int)
    speed_asked = Signal(float)
    whole_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = DARK
        self.playing = False
        self.back, self.play, self.on = QToolButton(), QToolButton(), QToolButton()
        self.time = QLabel("0:00.0")
        self.time.setProperty("role", "state")
        self.length = QLabel()
        self.length.setProperty("role", "muted")
        self.speed = QComboBox()
        self.speed.setView(QListView())
        for speed in _SPEEDS:
            self.speed.addItem(f"{speed:g}×", speed)
        self.speed.setCurrentIndex(_SPEEDS.index(1.0))
        self.whole = QToolButton()
        self.whole.setText("Whole session")
        self.reading = QLabel()
        self.reading.setTextFormat(Qt.TextFormat.PlainText)
        self.reading.setAccessibleName("Reading at this moment")
        self._role = "muted"
        self._row = QHBoxLayout(self)
        self._name()
        self._row.setContentsMargins(0, 0, 0, 0)
        for part in (self.back, self.play, self.on, self.time, self.length, self.reading):
            self._row.addWidget(part)
        self._row.addStretch()
        self._row.addWidget(self.whole)
        self._row.addWidget(self.speed)
        self.play.clicked.connect(self.toggle_asked)
        self.back.clicked.connect(self._on_back)
        self.on.clicked.connect(self._on_on)
        self.whole.clicked.connect(self.whole_asked)
        self.speed.activated.connect(self._on_speed)

    def _name(self) -> None:
        named = {
            self.back: ("One frame back", "One frame back (←; with Shift a second)"),
            self.on: ("One frame on", "One frame on (→; with Shift a second)"),
            self.whole: ("Show the whole session", "Show the whole session in the plots (0)"),
            self.speed: ("Speed", "How fast it plays"),
        }
        for part, (name, tip) in named.items():
            part.setAccessibleName(name)
            part.setToolTip(tip)
        self.show_playing(False)
        self.whole.hide()

    def show_length(self, duration_s: float) -> None:
        """How long the session is."""
        self.length.setText(f"/ {words.clock(duration_s, tenths=True)}")

    def show_moment(self, t: float) -> None:
        """Where it is."""
        self.time.setText(words.clock(t, tenths=True))

    def show_reading(self, reading: RecordedReading | None) -> None:
        """What was read at this moment."""
        if reading is None:
            self._role = "muted"
            self.reading.setText("")
            return
        said, rate = wording(reading.state, reading.reason), trusted_bpm(reading)
        self._role = said.role
        number = "" if rate is None else f"{rate:.0f} BPM  "
        self.reading.setText(f"{number}{said.title}")
        self._color_reading()

    def _color_reading(self) -> None:
        sheet = f"color: {self._look.color(self._role).name()};"
        if sheet != self.reading.styleSheet():
            self.reading.setStyleSheet(sheet)

    def show_playing(self, playing: bool) -> None:
        """What the button would do now."""
        self.playing = playing
        self.play.setAccessibleName("Pause" if playing else "Play")
        self.play.setToolTip(f"{self.play.accessibleName()} (Space)")
        self.apply_look(self._look)

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        self._look = look
        side, color = look.px(18), look.color("text")
        names = {self.back: "previous", self.play: "pause" if self.playing else "play"}
        for button, name in {**names, self.on: "next"}.items():
            button.setIcon(drawn_icon(name, color, side))
            button.setIconSize(QSize(side, side))
        self.play.setFixedWidth(look.px(52))
        self.time.setFont(look.font(16))
        self.time.setMinimumWidth(look.px(64))
        self._row.setSpacing(look.px(8))
        self._color_reading()

    @Slot()
    def _on_back(self) -> None:
        self.step_asked.emit(-1)

    @Slot()
    def _on_on(self) -> None:
        self.step_asked.emit(1)

    @Slot(int)
    def _on_speed(self, index: int) -> None:
        self.speed_asked.emit(self.speed.itemData(index))
