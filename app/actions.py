"""Every command of the window: its words, its key, its place in the menu."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QMenuBar

from app.pages import KINDS, LIVE
from app.widgets.controls import METHODS

_THEMES = {"system": "As the system", "dark": "Dark", "light": "Light"}


class Actions:
    """The window's actions by name; ``menus`` holds them all.

    A page that is shown has the keys to itself: those of ``live_only`` rest meanwhile.
    """

    def __init__(self, window: QMainWindow, menus: QMenuBar) -> None:
        self._window, self._menus = window, menus
        self.toggle = self._make("&Start / stop", "Space")
        self.open_file = self._make("&Open video file…", "Ctrl+O")
        self.open_folder = self._make("Open image &folder…", "Ctrl+Shift+O")
        self.open_url = self._make("Open &network camera…", "Ctrl+U")
        self.demo = self._make("&Demo face", "Ctrl+D")
        self.play_again = self._make("Play again", "")
        self.try_again = self._make("Try again", "")
        self.refresh = self._make("&Rescan for cameras", "F5")
        self.quit = self._make("&Quit", "Ctrl+Q")
        labels = [label for label, _ in METHODS.values()]
        self.methods = [self._make(label, str(n + 1)) for n, label in enumerate(labels)]
        self.mask = self._make("Show &attention map", "L", checkable=True)
        self.record = self._make("&Record…", "Ctrl+R")
        self.marker = self._make("Drop a &marker", "M")
        self.name_marker = self._make("Name the marker", "Return")
        self.recording_settings = self._make("Recording s&ettings…", "")
        for action in (self.record, self.marker, self.name_marker):
            action.setEnabled(False)
        self.copy_result = self._make("&Copy result", "Ctrl+C")
        self.copy_result.setEnabled(False)
        self.save_picture = self._make("Save &picture…", "Ctrl+S")
        self.full_screen = self._make("&Full screen", "F11", checkable=True)
        self.themes = {
            name: self._make(words, "", checkable=True) for name, words in _THEMES.items()
        }
        self.pages = {
            kind.name: self._make(f"&{kind.words}", f"Ctrl+{n}", checkable=True)
            for n, kind in enumerate(KINDS, 1)
        }
        self.training = self._make("Show training &page", "Ctrl+Shift+T", checkable=True)
        self.about = self._make("&About and shortcuts", "F1")
        self.about.setMenuRole(QAction.MenuRole.AboutRole)
        self._group(self.methods)
        self._group(list(self.themes.values()))
        self._group(list(self.pages.values()))
        self.live_only = [self.toggle, *self.methods, self.mask, self.refresh, self.save_picture]
        self._fill_menus()

    def show_pages(self, there: Sequence[str], training: bool, current: str) -> None:
        """Offer the pages that are ``there``, and the one that is hidden only if there is one."""
        for name, action in self.pages.items():
            action.setVisible(name in there and len(there) > 1)
            action.setEnabled(action.isVisible())
        self.training.setVisible(training)
        self.training.setEnabled(training)
        self.pages[current].setChecked(True)
        for action in self.live_only:
            action.setEnabled(current == LIVE)

    def with_shortcut(self) -> list[QAction]:
        """All that have a key, in the order of the menus."""
        shown = [a for a in self._window.actions() if a.isVisible()]
        return [a for a in shown if not a.shortcut().isEmpty()]

    def _make(self, words: str, key: str, checkable: bool = False) -> QAction:
        action = QAction(words, self._window)
        action.setCheckable(checkable)
        action.setAutoRepeat(False)  # a key held down is one press
        if key:
            action.setShortcut(QKeySequence(key))
            action.setToolTip(f"{words.replace('&', '').rstrip('…')} ({key})")
        self._window.addAction(action)
        return action

    def _group(self, actions: list[QAction]) -> None:
        group = QActionGroup(self._window)
        for action in actions:
            action.setCheckable(True)
            group.addAction(action)

    def _fill_menus(self) -> None:
        source = self._menu("&Source")
        source.addActions([self.open_file, self.open_folder, self.open_url, self.demo])
        source.addSeparator()
        source.addAction(self.refresh)
        source.addSeparator()
        source.addAction(self.quit)
        measure = self._menu("&Measure")
        measure.addAction(self.toggle)
        measure.addSeparator()
        measure.addActions(self.methods)
        measure.addSeparator()
        measure.addActions([self.record, self.marker, self.recording_settings])
        measure.addSeparator()
        measure.addActions([self.copy_result, self.save_picture])
        view = self._menu("&View")
        view.addActions(list(self.pages.values()))
        view.addAction(self.training)
        view.addSeparator()
        view.addActions([self.mask, self.full_screen])
        theme = view.addMenu("T&heme")
        theme.addActions(list(self.themes.values()))
        self._menu("&Help").addAction(self.about)

    def _menu(self, words: str) -> QMenu:
        return self._menus.addMenu(words)


class SpaceGuard(QObject):
    """Leaves the space bar to the control that has the focus.

    Space starts and stops, but somebody who has moved to a button with Tab means that button.
    """

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Claim the key before the window's shortcut gets it."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Space
        ):
            event.accept()
        return super().eventFilter(watched, event)
