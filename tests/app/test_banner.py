"""Messages over the page: they move nothing, leave by themselves, and take no click by chance."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.widgets import banner as banner_module
from app.widgets.banner import Banner, BannerStack

LEFT = Qt.MouseButton.LeftButton
WORDS = "The camera sends pictures that nobody can read; choose another one, or a file."


@pytest.fixture
def page(qtbot: QtBot) -> QWidget:
    page = QWidget()
    qtbot.addWidget(page)
    page.resize(640, 480)
    page.show()
    qtbot.waitExposed(page)
    return page


@pytest.fixture
def stack(page: QWidget) -> BannerStack:
    return BannerStack(page)


def shown(stack: BannerStack, topic: str) -> Banner:
    found = stack.banner(topic)
    assert found is not None
    return found


def wait_until_settled(qtbot: QtBot, banner: Banner) -> None:
    qtbot.waitUntil(lambda: not banner.guard.holding)


def test_banners_replace_each_other_by_topic_and_can_be_dismissed(
    qtbot: QtBot, stack: BannerStack
) -> None:
    action = QAction("&Try again", stack)
    stack.say("source", "error", "camera 0 is gone", [action])
    stack.say("source", "error", "camera 1 is gone", [action])
    stack.say("method", "warning", "No weights.")
    assert stack.topics == ["source", "method"]
    banner = shown(stack, "source")
    assert banner.text == "Camera 1 is gone."
    wait_until_settled(qtbot, banner)
    with qtbot.waitSignal(action.triggered):
        qtbot.mouseClick(banner.buttons[0], LEFT)
    qtbot.mouseClick(banner.close_button, LEFT)
    assert stack.topics == ["method"]
    stack.dismiss("method")
    assert not stack.isVisible()


@pytest.mark.parametrize("key", [None, Qt.Key.Key_Space])
def test_a_press_that_was_on_its_way_hits_no_button(
    qtbot: QtBot, stack: BannerStack, key: Qt.Key | None
) -> None:
    action, done = QAction("Delete", stack), []
    action.triggered.connect(lambda: done.append("deleted"))
    stack.say("source", "error", WORDS, [action])
    banner = shown(stack, "source")

    def press() -> None:
        if key is None:
            qtbot.mouseClick(banner.buttons[0], LEFT)
        else:
            qtbot.keyClick(banner.buttons[0], key)

    press()
    assert not done
    wait_until_settled(qtbot, banner)
    press()
    assert done == ["deleted"]


def test_a_banner_that_moved_takes_no_click_at_once(qtbot: QtBot, stack: BannerStack) -> None:
    stack.say("old", "error", WORDS, [QAction("Try again", stack)])
    wait_until_settled(qtbot, shown(stack, "old"))
    before = shown(stack, "old").geometry()
    stack.say("new", "error", "Another one.")
    assert shown(stack, "new").y() == before.y()
    assert shown(stack, "old").y() > before.y()
    assert shown(stack, "old").guard.holding


def test_nothing_of_the_page_moves_or_grows(qtbot: QtBot, page: QWidget) -> None:
    column, button = QVBoxLayout(page), QPushButton("Record")
    column.addWidget(button)
    stack = BannerStack(page)
    qtbot.waitUntil(lambda: button.width() > 500)
    place, least = button.geometry(), page.minimumSizeHint()
    for number in range(12):
        stack.say(str(number), "error", WORDS * 5, [QAction("Try again", stack)] * 4)
    assert button.geometry() == place
    assert page.minimumSizeHint() == least
    assert page.size().height() == 480
    assert stack.geometry().bottom() <= 480 * 0.75


def test_the_newest_is_seen_and_a_button_leads_to_the_others(
    qtbot: QtBot, stack: BannerStack
) -> None:
    for number in range(6):
        stack.say(str(number), "error", WORDS * 3)
    visible = [topic for topic in stack.topics if shown(stack, topic).isVisible()]
    assert visible
    assert visible[-1] == "5"
    hidden = 6 - len(visible)
    assert stack.more.text() == f"{hidden} more messages"
    seen = set(visible)
    for _ in range(3):
        stack.more.click()
        seen |= {topic for topic in stack.topics if shown(stack, topic).isVisible()}
    assert len(seen) == 6


def test_information_leaves_and_a_warning_stays(
    qtbot: QtBot, page: QWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = BannerStack(page, lambda: QRect(100, 100, 400, 200))  # not under the mouse
    monkeypatch.setattr(banner_module, "_INFO_MS", 20)
    stack.say("kept", "info", "The run can be resumed.", stays=True)
    stack.say("warned", "warning", "No weights.")
    stack.say("saved", "info", "Saved.")
    qtbot.waitUntil(lambda: "saved" not in stack.topics)
    assert stack.topics == ["kept", "warned"]


def test_it_keeps_to_its_place_when_the_page_grows(qtbot: QtBot, page: QWidget) -> None:
    stack = BannerStack(page, lambda: QRect(20, 30, page.width() - 60, 100))
    stack.say("a", "warning", WORDS)
    assert stack.pos() == QPoint(20, 30)
    page.resize(900, 600)
    qtbot.waitUntil(lambda: stack.width() == 840)
    assert shown(stack, "a").width() == 840


def test_a_very_long_word_or_text_stays_within_the_place(stack: BannerStack) -> None:
    stack.say("a", "error", f"/films/{'x' * 240}.mp4: no such file")
    banner = shown(stack, "a")
    label = next(each for each in banner.findChildren(QLabel) if each.text())
    assert label.text().startswith("/films/xxx")
    assert "x" * 240 in label.toolTip()
    assert "x" * 240 in banner.text
    stack.say("b", "error", "word " * 40_000)
    assert shown(stack, "b").height() < 240
    assert stack.width() == 640
