"""The record button, and in its place while recording: time, size, room, losses, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from aimanet.commands.record_words import size_text
from app.icons import icon
from app.look import DARK, Look
from app.recording.marker_field import MarkerField
from app.recording.words import clock_text, hours_text, lost_text
from app.widgets.press_guard import PressGuard

if TYPE_CHECKING:
    from aimanet.sessions.recorder import RecorderStatus

_SHORT_H = 5 / 60
"""Room for less than this is said in amber, with the time it lasts."""

_SHORT_BYTES = 300_000_000
"""And so little in any case: seconds of whole pictures."""

_ANY_WIDTH = 16_777_215
"""Qt's own "no limit"."""

_FIRST_S = 3.0
"""The first seconds do not tell yet how much an hour takes."""


class RecordBar(QWidget):
    """Follows the actions for recording and for markers; the marker button works on any page."""

    marker_asked = Signal()

    def __init__(self, record: QAction, marker: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = DARK
        self._record, self._marker = record, marker
        self.button = QPushButton()
        self.button.setObjectName("record")
        self.marker_button = QPushButton("Marker")
        self.marker_button.setAccessibleName("Drop a marker")
        self.marker_field = MarkerField()
        self.pill = QFrame()
        self.pill.setObjectName("recording")
        self._dot = QLabel()
        self.elapsed, self.taken, self.room, self.drops = QLabel(), QLabel(), QLabel(), QLabel()
        self.elapsed.setObjectName("recordingTime")
        self._lay_out()
        self.button.clicked.connect(record.trigger)
        self.marker_button.clicked.connect(self.marker_asked)
        self.guard = PressGuard(self.button, record)
        self._shown: tuple[bool, bool, Look] | None = None
        self._most = _ANY_WIDTH
        self.marker_field.shown.connect(self._on_field)
        self.show_status(None, False)

    def _lay_out(self) -> None:
        self.taken.setToolTip("On the disk so far")
        self.drops.setToolTip(
            "Dropped: the disk was too slow for these frames, and the recording lacks them. "
            "Not in the picture: this computer was too slow to compress them; the face is whole."
        )
        self._pill_row = QHBoxLayout(self.pill)
        for label in (self._dot, self.elapsed, self.taken, self.room, self.drops):
            self._pill_row.addWidget(label)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        for part in (self.marker_field, self.pill, self.marker_button, self.button):
            self._row.addWidget(part)
        for button in (self.marker_button, self.button):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def guard_space(self, guard: QObject) -> None:
        """Let the buttons keep the space bar while they have the focus."""
        for button in (self.marker_button, self.button):
            button.installEventFilter(guard)

    def show_status(self, status: RecorderStatus | None, on: bool, offered: bool = True) -> None:
        """What is being recorded; None for nothing. Not ``on``: the last frames are written.

        ``offered``: whether there is a button to record with.
        """
        self.pill.setVisible(status is not None)
        self.marker_button.setVisible(on)
        self.marker_button.setToolTip(self._marker.toolTip())
        text = "Stop recording" if on else "Record"
        if self.button.text() not in ("", text):
            self.guard.hold()
        self.button.setText(text)
        self.button.setToolTip(self._record.toolTip())
        self.button.setAccessibleName(self.button.text())
        self.button.setEnabled(self._record.isEnabled())
        self.button.setVisible(on or offered)
        if not on:
            self.marker_field.put_away()
        if status is not None:
            self._show_figures(status, on)
            self.fit(self._most)
        self._show_icons(on)

    def _show_figures(self, status: RecorderStatus, on: bool) -> None:
        time = clock_text(status.elapsed_s)
        self.elapsed.setText(time if on else f"Finishing {time}…")
        self.taken.setText(size_text(status.size_bytes))
        words = lost_text(status.dropped, status.pictures_lost)
        self.drops.setVisible(bool(words))
        self.drops.setText(words)
        self._show_room(status)
        lost = f", {words}" if words else ""
        self.pill.setAccessibleName(f"Recording, {time}, {self.taken.text()}{lost}")

    def _show_room(self, status: RecorderStatus) -> None:
        free = status.free_bytes
        self.room.setVisible(free is not None)
        if free is None:
            return
        rate = status.size_bytes / status.elapsed_s if status.elapsed_s > _FIRST_S else 0.0
        hours = free / rate / 3600 if rate else None
        short = free < _SHORT_BYTES or (hours is not None and hours < _SHORT_H)
        lasts = "" if hours is None else hours_text(hours)
        text = f"{size_text(free)} free"
        self.room.setText(f"{text}, {lasts}" if short and lasts else text)
        self.room.setToolTip(f"Room on the disk: for about {lasts} more" if lasts else "")
        if self.room.property("short") != short:
            self.room.setProperty("short", short)
            self.room.style().polish(self.room)

    @Slot(int)
    def fit(self, most: int) -> None:
        """Take at most ``most`` pixels: what can be missed gives way, and no other control moves.

        First the size so far, then the room on the disk unless it is short, then the word on the
        marker's button.
        """
        self._most = most
        short = bool(self.room.property("short"))
        for label in (self.taken, self.room):
            label.setMaximumWidth(_ANY_WIDTH)
        self.marker_button.setText("Marker")
        if self._needed() > most:
            self.taken.setMaximumWidth(0)
        if self._needed() > most and not short:
            self.room.setMaximumWidth(0)
        if self._needed() > most:
            self.marker_button.setText("")

    @Slot()
    def _on_field(self) -> None:
        self.fit(self._most)

    def _needed(self) -> int:
        """Pixels that all of it takes as it is."""
        self._pill_row.invalidate()
        self.pill.updateGeometry()
        return self._row.sizeHint().width()

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        self._look = look
        px = look.px
        self._row.setSpacing(px(8))
        self._pill_row.setContentsMargins(px(10), px(4), px(12), px(4))
        self._pill_row.setSpacing(px(10))
        dot = icon("record", look.color("bad"), px(14))
        self._dot.setPixmap(dot.pixmap(QSize(px(14), px(14))))
        self.marker_field.apply_look(look)
        self._show_icons(self.marker_button.isVisibleTo(self))

    def _show_icons(self, on: bool) -> None:
        key = (on, self.button.isEnabled(), self._look)
        if self._shown == key:
            return
        self._shown = key
        side = self._look.px(14)
        color = self._look.color("bad" if self.button.isEnabled() else "faint")
        self.button.setIcon(icon("stop" if on else "record", color, side))
        self.marker_button.setIcon(icon("flag", self._look.color("muted"), side))
        for button in (self.button, self.marker_button):
            button.setIconSize(QSize(side, side))
