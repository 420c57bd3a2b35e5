"""A press that was aimed at what a button meant before is not taken for what it means now."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.widgets.press_guard import PressGuard

LEFT = Qt.MouseButton.LeftButton


def changing(qtbot: QtBot) -> tuple[QPushButton, PressGuard, list[str]]:
    """A button that is first Cancel, then Stop at once."""
    button, done = QPushButton("Cancel"), []
    qtbot.addWidget(button)
    guard = PressGuard(button)

    def pressed() -> None:
        done.append(button.text())
        button.setText("Stop at once")
        guard.hold()

    button.clicked.connect(pressed)
    button.show()
    qtbot.waitExposed(button)
    return button, guard, done


def test_the_second_press_of_a_double_click_is_not_the_new_meaning(qtbot: QtBot) -> None:
    button, guard, done = changing(qtbot)
    qtbot.mouseClick(button, LEFT)
    qtbot.mouseDClick(button, LEFT)
    qtbot.mouseClick(button, LEFT)
    assert done == ["Cancel"]
    qtbot.waitUntil(lambda: not guard.holding)
    qtbot.mouseClick(button, LEFT)
    assert done == ["Cancel", "Stop at once"]


def test_a_button_that_changes_while_it_is_held_down_is_let_go(qtbot: QtBot) -> None:
    button, guard, done = changing(qtbot)
    qtbot.mousePress(button, LEFT)
    button.setText("Stop at once")
    guard.hold()
    qtbot.mouseRelease(button, LEFT)
    assert not done
    assert not button.isDown()


def test_the_shortcut_is_held_as_the_button_is(qtbot: QtBot) -> None:
    window, done = QWidget(), []
    qtbot.addWidget(window)
    action = QAction("Start", window)
    action.setShortcut(QKeySequence("Space"))
    action.triggered.connect(lambda: done.append(1))
    window.addAction(action)
    guard = PressGuard(action)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    guard.hold()
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert not done
    qtbot.waitUntil(lambda: not guard.holding)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert done == [1]
