"""The window's first row: menus, the switch between pages, and room for what is on every page."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QMenuBar,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from app.look import Look


class PageSwitch(QFrame):
    """One button a page; nothing is to be seen of it while there is only one page."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pages")
        self.setAccessibleName("Page")
        self._group = QButtonGroup(self)
        self._names: list[str] = []
        self._row = QHBoxLayout(self)
        self._group.idClicked.connect(self._on_clicked)

    def add(self, name: str, action: QAction) -> None:
        """A page called ``name``, with the words and the key of ``action``."""
        button = QPushButton(action.text().replace("&", ""))
        button.setCheckable(True)
        button.setToolTip(action.toolTip())
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(f"Page {button.text()}")
        self._group.addButton(button, len(self._names))
        self._names.append(name)
        self._row.addWidget(button)

    def button(self, name: str) -> QPushButton:
        """The button of the page called ``name``."""
        found = self._group.button(self._names.index(name))
        assert isinstance(found, QPushButton)
        return found

    def guard_space(self, guard: QObject) -> None:
        """Let the buttons keep the space bar while they have the focus."""
        for button in self._group.buttons():
            button.installEventFilter(guard)

    def show_pages(self, names: Sequence[str]) -> None:
        """Offer these pages only."""
        for name in self._names:
            self.button(name).setVisible(name in names)
        self.setVisible(len(names) > 1)

    def show_current(self, name: str) -> None:
        """Check ``name`` without a signal."""
        self.button(name).setChecked(True)

    def apply_look(self, look: Look) -> None:
        """Another size."""
        self._row.setContentsMargins(look.px(2), look.px(2), look.px(2), look.px(2))
        self._row.setSpacing(look.px(1))

    @Slot(int)
    def _on_clicked(self, number: int) -> None:
        self.chosen.emit(self._names[number])


class TopBar(QWidget):
    """Menus at the left, pages beside them, something at the right that has the rest.

    ``room_changed`` carries how many pixels that is: nothing at the left is to give way.
    """

    room_changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("top")
        self.menus = QMenuBar()
        self.menus.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.pages = PageSwitch()
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.menus)
        self._row.addWidget(self.pages)
        self._row.addStretch(1)

    def add_right(self, widget: QWidget) -> None:
        """Something at the right end."""
        self._row.addWidget(widget)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the row anew."""
        super().resizeEvent(event)
        self.share()

    def share(self) -> None:
        """Say how much room there is at the right."""
        margins, spacing = self._row.contentsMargins(), self._row.spacing()
        left = self.menus.sizeHint().width() + self.pages.sizeHint().width() + 3 * spacing
        self.room_changed.emit(self.width() - margins.left() - margins.right() - left)

    def apply_look(self, look: Look) -> None:
        """Another size."""
        self._row.setContentsMargins(look.px(4), look.px(3), look.px(14), look.px(3))
        self._row.setSpacing(look.px(12))
        self.pages.apply_look(look)
