"""Messages in words at the top of the window: said once, dismissable, with what can be done."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.icons import icon
from app.look import DARK, Look
from app.wording import short_words

_LONGEST = 60
"""Letters in a word; it must not make the window wider than the screen."""

_ROLES = {"info": "wait", "warning": "warn", "error": "bad"}


def sentence(text: str) -> str:
    """``text`` as a sentence: our errors are fragments, good in a terminal, hasty in a window."""
    text = re.sub("`([^`]*)`", r"“\1”", text)
    first = text.split(" ", 1)[0]
    if first.isalpha():
        text = text[0].upper() + text[1:]
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


class Banner(QFrame):
    """One message on one topic: ``level`` is info, warning or error."""

    dismissed = Signal(str)

    def __init__(self, topic: str, level: str, text: str, actions: Sequence[QAction]) -> None:
        super().__init__()
        text = sentence(text)
        self.topic, self.level, self.text = topic, level, text
        self.setProperty("banner", level)
        self.setAccessibleName(f"{level}: {text}")
        self._icon = QLabel()
        self._text = QLabel(short_words(text, _LONGEST))
        self._text.setToolTip(text if self._text.text() != text else "")
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.buttons = [_button(action) for action in actions]
        self.close_button = QToolButton()
        self.close_button.setProperty("quiet", "true")
        self.close_button.setAccessibleName("Dismiss this message")
        self.close_button.setToolTip("Dismiss")
        self.close_button.clicked.connect(self._dismiss)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._icon)
        self._row.addWidget(self._text, 1)
        for button in self.buttons:
            self._row.addWidget(button)
        self._row.addWidget(self.close_button)

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        px = look.px
        self._row.setContentsMargins(px(12), px(6), px(6), px(6))
        self._row.setSpacing(px(8))
        mark = icon(self.level, look.color(_ROLES[self.level]), px(20))
        self._icon.setPixmap(mark.pixmap(QSize(px(20), px(20))))
        self.close_button.setIcon(icon("close", look.color("muted"), px(16)))

    @Slot()
    def _dismiss(self) -> None:
        self.dismissed.emit(self.topic)


def _button(action: QAction) -> QPushButton:
    button = QPushButton(action.text().replace("&", ""))
    button.setToolTip(action.toolTip())
    button.clicked.connect(action.trigger)
    return button


class BannerStack(QWidget):
    """At most one banner a topic; a newer one takes the older one's place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = DARK
        self._banners: dict[str, Banner] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self.hide()

    @property
    def topics(self) -> list[str]:
        """Topics that are shown."""
        return list(self._banners)

    def banner(self, topic: str) -> Banner | None:
        """The banner on ``topic``, if there is one."""
        return self._banners.get(topic)

    def say(self, topic: str, level: str, text: str, actions: Sequence[QAction] = ()) -> None:
        """Show ``text``, in place of what was said on ``topic``."""
        self.dismiss(topic)
        banner = Banner(topic, level, text, actions)
        banner.dismissed.connect(self.dismiss)
        banner.apply_look(self._look)
        self._banners[topic] = banner
        self._column.addWidget(banner)
        self.show()

    @Slot(str)
    def dismiss(self, topic: str) -> None:
        """Take the banner on ``topic`` away; nothing happens where there is none."""
        banner = self._banners.pop(topic, None)
        if banner is None:
            return
        self._column.removeWidget(banner)
        banner.hide()
        banner.deleteLater()
        self.setVisible(bool(self._banners))

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        self._look = look
        self._column.setSpacing(look.px(6))
        for banner in self._banners.values():
            banner.apply_look(look)
