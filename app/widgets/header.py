"""The top row: source, start/stop, method, device, window length, overlay."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
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
    """All controls in the order in which Tab visits them."""

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
        self._row.addWidget(_name("Device", self.device))
        self._row.addWidget(self.device)
        self._row.addWidget(_name("Window", self.window_length.slider))
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
    label.setProperty("role", "small")
    label.setBuddy(buddy)
    return label
