"""The top row: source, start/stop, method, device, window length, overlay."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from app.look import Look
from app.widgets.controls import (
    DeviceSwitch,
    MethodSwitch,
    OverlayButton,
    StartButton,
    WindowSlider,
)
from app.widgets.source_picker import SourcePicker


class Header(QWidget):
    """All controls in the order in which Tab visits them.

    In a narrow window the names beside two of them give way; their tips still say it.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.source = SourcePicker()
        self.start = StartButton()
        self.methods = MethodSwitch()
        self.device = DeviceSwitch()
        self.window_length = WindowSlider()
        self.overlay = OverlayButton()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(self.source, 1)
        self._row.addWidget(self.start)
        self._row.addStretch(0)
        self._row.addWidget(self.methods)
        self._names = [
            _name("Device", self.device),
            _name("Window", self.window_length.slider),
        ]
        self._row.addWidget(self._names[0])
        self._row.addWidget(self.device)
        self._row.addWidget(self._names[1])
        self._row.addWidget(self.window_length)
        self._row.addWidget(self.overlay)
        for control in self._controls():
            control.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def guard_space(self, guard: QObject) -> None:
        """Let the controls keep the space bar while they have the focus."""
        for control in self._controls():
            if control is not self.start:
                control.installEventFilter(guard)

    def apply_look(self, look: Look) -> None:
        """Other colours or another size, for everything in the row."""
        self._row.setSpacing(look.px(10))
        self.source.setMaximumWidth(look.px(340))
        for part in (
            self.source,
            self.start,
            self.methods,
            self.window_length,
            self.overlay,
        ):
            part.apply_look(look)

    def minimumSizeHint(self) -> QSize:
        """What the row needs without the names."""
        whole = super().minimumSizeHint()
        shown = not self._names[0].isHidden()
        return QSize(whole.width() - (self._names_width() if shown else 0), whole.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show the names where there is room for them."""
        super().resizeEvent(event)
        room = self.width() - self.minimumSizeHint().width() >= self._names_width()
        for name in self._names:
            name.setVisible(room)

    def _names_width(self) -> int:
        spacing = self._row.spacing()
        return sum(name.sizeHint().width() + spacing for name in self._names)

    def _controls(self) -> list[QWidget]:
        return [
            self.source.combo,
            self.source.refresh,
            self.start,
            *self.methods.buttons,
            self.device,
            self.window_length.slider,
            self.overlay,
        ]


def _name(words: str, buddy: QWidget) -> QLabel:
    label = QLabel(words)
    label.setObjectName("name")
    label.setProperty("role", "small")
    label.setBuddy(buddy)
    return label
