"""Where the picture comes from: demo face, cameras by name, a file, an address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QListView,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QWidget,
)

from aimanet.sources.address import without_password
from aimanet.sources.formats import is_synthetic
from app.icons import icon
from app.look import DARK, Look

DEMO_SPEC = "synthetic:hr=72,seed=1"
_OPEN_FILE, _OPEN_FOLDER, _OPEN_URL = "?file", "?folder", "?url"


@dataclass(frozen=True, slots=True)
class _Entry:
    words: str
    spec: str
    icon: str
    tip: str


_DEMO = _Entry("Demo face", DEMO_SPEC, "demo", "A drawn face whose pulse is known")


def is_url(spec: str) -> bool:
    """Whether ``spec`` names something on the network."""
    return spec.lower().startswith(("http://", "https://", "rtsp://", "rtsps://", "rtmp://"))


def is_camera(spec: str) -> bool:
    """Whether ``spec`` can only mean a camera."""
    return spec.isdecimal() or spec.startswith("camera:")


def describe(spec: str) -> tuple[str, str]:
    """Words and an icon for a source before it is opened."""
    if is_synthetic(spec):
        return f"Demo face ({spec.partition(':')[2] or 'standard'})", "demo"
    if is_url(spec):
        return without_password(spec), "network"
    if is_camera(spec):
        which = spec.removeprefix("camera:")
        return (f"Camera {which}" if which.isdecimal() else which), "camera"
    path = Path(spec)
    return path.name or spec, "folder" if path.is_dir() else "file"


class _Combo(QComboBox):
    """One whose current text loses its middle, not its last letters, where room is short."""

    def shown(self) -> QStyleOptionComboBox:
        """What is painted, and its text as it is painted."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        kind, part = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
        field = self.style().subControlRect(kind, option, part, self)
        room = field.width() - self.iconSize().width() - 6  # Qt's own distances
        option.currentText = option.fontMetrics.elidedText(
            option.currentText, Qt.TextElideMode.ElideMiddle, room
        )
        return option

    def paintEvent(self, event: QPaintEvent) -> None:
        """As Qt does it, with another text."""
        painter, option = QStylePainter(self), self.shown()
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)


class SourcePicker(QWidget):
    """A list to choose from and a button that looks for cameras again.

    ``chosen`` carries a spec for ``open_source``. The three ``*_asked`` signals leave the asking
    to the window.
    """

    chosen = Signal(str)
    file_asked = Signal()
    folder_asked = Signal()
    url_asked = Signal()
    refresh_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = DARK
        self._cameras: list[_Entry] = []
        self._extra: _Entry | None = None
        self._current = ""
        self.combo = _Combo()
        self.combo.setView(QListView())  # the style sheet reaches into this one
        self.combo.setAccessibleName("Source")
        self.combo.setToolTip("Where the picture comes from")
        self.combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.combo.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.combo.setMinimumContentsLength(10)
        self.refresh = QToolButton()
        self.refresh.setAccessibleName("Rescan for cameras")
        self.refresh.setToolTip("Rescan for cameras (F5)")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(self.combo, 1)
        self._row.addWidget(self.refresh)
        self.combo.activated.connect(self._on_activated)
        self.refresh.clicked.connect(self.refresh_asked)
        self._fill()

    def show_cameras(self, cameras: Sequence[tuple[str, str]]) -> None:
        """Offer ``cameras``, each a spec and a name."""
        self._cameras = [_Entry(name, spec, "camera", f"Camera {name}") for spec, name in cameras]
        self._fill()

    def show_current(self, spec: str) -> None:
        """Select ``spec``, adding an entry where the list has none."""
        self._current = spec
        if spec and spec not in [DEMO_SPEC, *(entry.spec for entry in self._cameras)]:
            words, mark = describe(spec)
            self._extra = _Entry(words, spec, mark, without_password(spec))
        self._fill()

    def set_scanning(self, scanning: bool) -> None:
        """Whether the search for cameras is going on."""
        self.refresh.setEnabled(not scanning)

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        self._look = look
        side = look.px(18)
        self.combo.setIconSize(QSize(side, side))
        self.refresh.setIconSize(QSize(side, side))
        self.refresh.setIcon(icon("refresh", look.color("muted"), side))
        self._row.setSpacing(look.px(6))
        self._fill()

    def _fill(self) -> None:
        self.combo.blockSignals(True)
        self.combo.clear()
        for entry in [*self._cameras, _DEMO, *([self._extra] if self._extra else [])]:
            self._add(entry)
        self.combo.insertSeparator(self.combo.count())
        self._add(_Entry("Open video file…", _OPEN_FILE, "file", "Ctrl+O"))
        self._add(_Entry("Open image folder…", _OPEN_FOLDER, "folder", "Ctrl+Shift+O"))
        self._add(_Entry("Open network camera…", _OPEN_URL, "network", "Ctrl+U"))
        self.combo.setCurrentIndex(self.combo.findData(self._current) if self._current else -1)
        self.combo.blockSignals(False)

    def _add(self, entry: _Entry) -> None:
        mark = icon(entry.icon, self._look.color("muted"), self._look.px(18))
        self.combo.addItem(mark, entry.words, entry.spec)
        self.combo.setItemData(self.combo.count() - 1, entry.tip, Qt.ItemDataRole.ToolTipRole)

    @Slot(int)
    def _on_activated(self, index: int) -> None:
        spec = self.combo.itemData(index)
        asked = {
            _OPEN_FILE: self.file_asked,
            _OPEN_FOLDER: self.folder_asked,
            _OPEN_URL: self.url_asked,
        }.get(spec)
        if asked is not None:
            self.combo.setCurrentIndex(self.combo.findData(self._current))
            asked.emit()
        elif spec:
            self.chosen.emit(spec)
