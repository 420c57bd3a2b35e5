"""Where the window opens: always on a screen that is there."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from app.geometry import inside, restore_geometry, save_geometry
from app.look import scale_for

SCREEN = QRect(0, 32, 1280, 768)


@pytest.mark.parametrize(
    ("saved", "wanted"),
    [
        (QRect(100, 100, 1000, 600), QRect(100, 100, 1000, 600)),
        (QRect(50, 0, 1180, 953), QRect(50, 32, 1180, 768)),
        (QRect(1900, 300, 1000, 600), QRect(280, 200, 1000, 600)),
        (QRect(-900, -400, 5000, 4000), SCREEN),
    ],
    ids=["fits", "too tall", "a screen that is gone", "larger than all"],
)
def test_a_saved_place_is_moved_into_the_screen(saved: QRect, wanted: QRect) -> None:
    assert inside(saved, SCREEN) == wanted


@pytest.mark.parametrize("saved", [QRect(40, 20, 700, 3000), QRect(5000, 4000, 600, 500)])
def test_the_next_window_lies_within_the_screen(qtbot: QtBot, saved: QRect) -> None:
    first, second = QMainWindow(), QMainWindow()
    for window in (first, second):
        qtbot.addWidget(window)
    first.setGeometry(saved)
    save_geometry(first)
    restore_geometry(second)
    assert second.screen().availableGeometry().contains(second.geometry())


@pytest.mark.parametrize(
    ("screen", "scale"),
    [((1280, 768), 1.0), ((1024, 736), 1.0), ((1093, 582), 0.9), ((911, 480), 0.8)],
    ids=["1280x800", "1024x768", "1366x768 at 1.25", "1366x768 at 1.5"],
)
def test_text_is_smaller_where_a_small_screen_is_enlarged(
    screen: tuple[int, int], scale: float
) -> None:
    assert scale_for(*screen) == scale


def test_the_first_window_is_placed_without_its_frame(qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    restore_geometry(window)
    with qtbot.waitExposed(window):
        window.show()
    screen = window.screen().availableGeometry()
    room = screen.adjusted(0, 32, 0, 0)  # below a title
    assert room.top() <= window.geometry().top() < window.geometry().bottom() <= room.bottom()
    assert abs(window.geometry().center().y() - room.center().y()) <= 1
