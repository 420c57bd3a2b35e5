"""What one sets while looking: start/stop, method, device, window length, overlay."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListView,
    QPushButton,
    QSlider,
    QToolButton,
    QWidget,
)

from app.icons import icon
from app.look import Look

METHODS = {
    "tscan": ("TS-CAN", "The neural network, trained on drawn faces"),
    "pos": ("POS", "Plane orthogonal to skin: colour arithmetic, no training"),
    "chrom": ("CHROM", "Chrominance: colour arithmetic, no training"),
    "green": ("GREEN", "The green channel alone: the simplest way"),
}
_DEVICES = {"auto": "Auto", "cpu": "CPU", "cuda": "CUDA"}
WINDOW_RANGE_S = (6, 30)


class StartButton(QPushButton):
    """Start, or stop what runs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("primary", "true")
        self._look: Look | None = None
        self.running = False
        self.show_running(False)

    def show_running(self, running: bool) -> None:
        """What a press would do now."""
        self.running = running
        self.setText("Stop" if running else "Start")
        self.setToolTip(f"{self.text()} (Space)")
        self.setAccessibleName(f"{self.text()} measuring")
        if self._look is not None:
            self.apply_look(self._look)

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        self._look = look
        side = look.px(16)
        self.setIconSize(QSize(side, side))
        self.setIcon(icon("stop" if self.running else "play", look.color("on_accent"), side))
        self.setMinimumWidth(look.px(96))


class MethodSwitch(QFrame):
    """One of four, also while running."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("methods")
        self.setAccessibleName("Method")
        self._group = QButtonGroup(self)
        self._names = list(METHODS)
        self.buttons: list[QPushButton] = []
        self._row = QHBoxLayout(self)
        for number, (label, tip) in enumerate(METHODS.values()):
            button = QPushButton(label)
            button.setCheckable(True)
            button.setToolTip(f"{tip} ({number + 1})")
            button.setAccessibleName(f"Method {label}")
            self.buttons.append(button)
            self._group.addButton(button, number)
            self._row.addWidget(button)
        self._group.idClicked.connect(self._on_clicked)

    @property
    def current(self) -> str:
        """The name of the checked method."""
        return self._names[max(0, self._group.checkedId())]

    def button(self, name: str) -> QPushButton:
        """The button of the method called ``name``."""
        return self.buttons[self._names.index(name)]

    def show_method(self, name: str) -> None:
        """Check ``name`` without a signal."""
        self.button(name).setChecked(True)

    def apply_look(self, look: Look) -> None:
        """Another size."""
        self._row.setContentsMargins(look.px(2), look.px(2), look.px(2), look.px(2))
        self._row.setSpacing(look.px(1))

    @Slot(int)
    def _on_clicked(self, number: int) -> None:
        self.chosen.emit(self._names[number])


class DeviceSwitch(QComboBox):
    """Where the network runs; CUDA only where there is one."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setView(QListView())
        self.setAccessibleName("Device for the network")
        for name, words in _DEVICES.items():
            self.addItem(words, name)
        self.show_cuda(False, "looking for a GPU…")
        self.activated.connect(self._on_activated)

    def show_cuda(self, there: bool, words: str) -> None:
        """Enable CUDA or say why it is not offered."""
        model = self.model()
        assert isinstance(model, QStandardItemModel)
        item = model.item(self.findData("cuda"))
        item.setEnabled(there)
        item.setText("CUDA" if there else "CUDA (none)")
        item.setToolTip(words if there else f"Not available: {words}")
        self.setToolTip(f"Where the network runs. CUDA: {words}")

    def show_device(self, name: str) -> None:
        """Select ``name`` without a signal."""
        self.setCurrentIndex(self.findData(name))

    @Slot(int)
    def _on_activated(self, index: int) -> None:
        self.chosen.emit(self.itemData(index))


class WindowSlider(QWidget):
    """Length of the spectrum's window in seconds: longer is steadier, shorter is quicker."""

    changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(*WINDOW_RANGE_S)
        self.slider.setPageStep(5)
        self.slider.setAccessibleName("Window length in seconds")
        self.setToolTip("Seconds of pulse behind each number: longer is steadier, shorter quicker")
        self._words = QLabel()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(self.slider)
        self._row.addWidget(self._words)
        self.slider.valueChanged.connect(self._on_value)
        self._show(self.slider.value())

    def show_window(self, seconds: int) -> None:
        """Set the slider without a signal."""
        self.slider.blockSignals(True)
        self.slider.setValue(seconds)
        self.slider.blockSignals(False)
        self._show(seconds)

    def apply_look(self, look: Look) -> None:
        """Another size."""
        self.slider.setFixedWidth(look.px(92))
        self._words.setMinimumWidth(look.px(32))
        self._row.setSpacing(look.px(8))

    def _show(self, seconds: int) -> None:
        self._words.setText(f"{seconds} s")

    @Slot(int)
    def _on_value(self, seconds: int) -> None:
        self._show(seconds)
        self.changed.emit(seconds)


class OverlayButton(QToolButton):
    """Shows what the network looks at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setAccessibleName("Show attention map")
        self.setToolTip("Show attention map (L): where TS-CAN looks")

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        side = look.px(18)
        self.setIconSize(QSize(side, side))
        self.setIcon(icon("overlay", look.color("muted"), side))
