"""Messages in words that lie over the page: said once, dismissable, with what can be done."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt, QTimer, Signal, Slot
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
from app.widgets.press_guard import PressGuard
from app.wording import one_line, short_words, tip

_LONGEST = 60
"""Letters in a word; it must not make the window wider than the screen."""

_LETTERS = 320
"""Letters that are shown; the tip has them all."""

_SETTLED_S = 0.5
"""A banner's buttons are ignored for so long after it came or moved."""

_INFO_MS, _INFO_PER_BUTTON_MS = 10_000, 3_000
"""How long a piece of information stays: longer where there is something to choose."""

_HIGHEST = 0.5
"""Share of the place's height that banners may take."""

_ROLES = {"info": "wait", "warning": "warn", "error": "bad"}


def sentence(text: str) -> str:
    """``text`` as a sentence: our errors are fragments, good in a terminal, hasty in a window."""
    text = re.sub("`([^`]*)`", r"“\1”", text)
    first = text.split(" ", 1)[0]
    if first.isalpha():
        text = text[0].upper() + text[1:]
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


class Banner(QFrame):
    """One message on one topic: ``level`` is info, warning or error.

    Information leaves by itself (``dismissed``) unless it ``stays``; not while the mouse is on it.
    """

    dismissed = Signal(str)

    def __init__(
        self, topic: str, level: str, text: str, actions: Sequence[QAction], stays: bool
    ) -> None:
        super().__init__()
        text = sentence(text)
        self.topic, self.level, self.text = topic, level, text
        self.setProperty("banner", level)
        self.setAccessibleName(f"{level}: {one_line(text)}")
        self._icon, self._text = QLabel(), QLabel(_shown(text))
        self._text.setToolTip(tip(text) if self._text.text() != text else "")
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self._text.setSizePolicy(policy)
        self.buttons = [_button(action) for action in actions]
        self.close_button = QToolButton()
        self.close_button.setProperty("quiet", "true")
        self.close_button.setAccessibleName("Dismiss this message")
        self.close_button.setToolTip("Dismiss")
        self.close_button.clicked.connect(self._dismiss)
        self.guard = PressGuard(self.close_button, *self.buttons, hold_s=_SETTLED_S)
        self._lay_out()
        self._time = QTimer(self, singleShot=True)
        self._time.setInterval(_INFO_MS + _INFO_PER_BUTTON_MS * len(actions))
        self._time.timeout.connect(self._on_time)
        if level == "info" and not stays:
            self._time.start()

    def _lay_out(self) -> None:
        """One button stands beside the words, more of them below."""
        self._row, self._below = QHBoxLayout(), QHBoxLayout()
        self._row.addWidget(self._icon)
        self._row.addWidget(self._text, 1)
        several = len(self.buttons) > 1
        for button in self.buttons:
            (self._below if several else self._row).addWidget(button)
        self._below.addStretch(1)
        self._row.addWidget(self.close_button)
        self._rows = QVBoxLayout(self)
        self._rows.addLayout(self._row)
        if several:
            self._rows.addLayout(self._below)

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        px = look.px
        self._rows.setContentsMargins(px(12), px(6), px(6), px(6))
        self._rows.setSpacing(px(4))
        self._row.setSpacing(px(8))
        self._below.setSpacing(px(8))
        self._below.setContentsMargins(px(28), 0, 0, px(2))
        mark = icon(self.level, look.color(_ROLES[self.level]), px(20))
        self._icon.setPixmap(mark.pixmap(QSize(px(20), px(20))))
        self.close_button.setIcon(icon("close", look.color("muted"), px(16)))

    def height_for(self, width: int) -> int:
        """Pixels that all of it needs at ``width``."""
        self.ensurePolished()
        layout = self.layout()
        assert layout is not None
        layout.activate()
        return layout.totalHeightForWidth(width)

    def place(self, area: QRect) -> None:
        """Lie at ``area``; what was aimed at another place does not count."""
        if self.isHidden() or self.geometry() != area:
            self.guard.hold()
        self.setGeometry(area)
        self.show()

    @Slot()
    def _dismiss(self) -> None:
        self.dismissed.emit(self.topic)

    @Slot()
    def _on_time(self) -> None:
        if self.underMouse() or not self.isVisible():
            self._time.start()
        else:
            self._dismiss()


def _button(action: QAction) -> QPushButton:
    button = QPushButton(action.text().replace("&", ""))
    button.setToolTip(action.toolTip())
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.clicked.connect(action.trigger)
    return button


def _shown(text: str) -> str:
    return one_line(short_words(text, _LONGEST), _LETTERS)


class BannerStack(QWidget):
    """At most one banner a topic, the newest on top, over ``host``: nothing below moves.

    As many are shown as half of the place's height has room for; a button shows the others.

    Args:
        host: the widget that they lie over.
        where: the rectangle in it from whose top on they lie; None for all of it.
    """

    def __init__(self, host: QWidget, where: Callable[[], QRect] | None = None) -> None:
        super().__init__(host)
        self._host, self._where = host, where or host.rect
        self._look = DARK
        self._banners: dict[str, Banner] = {}
        self.more = QPushButton(self)
        self.more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.more.clicked.connect(self._on_more)
        self._more_guard = PressGuard(self.more, hold_s=_SETTLED_S)
        host.installEventFilter(self)
        self.hide()

    @property
    def topics(self) -> list[str]:
        """What there is something to say on, the oldest first."""
        return list(self._banners)

    def banner(self, topic: str) -> Banner | None:
        """The banner on ``topic``, if there is one."""
        return self._banners.get(topic)

    def say(
        self,
        topic: str,
        level: str,
        text: str,
        actions: Sequence[QAction] = (),
        stays: bool = False,
    ) -> None:
        """Show ``text``, in place of what was said on ``topic``.

        Warnings and errors stay until they are dismissed, information only if it ``stays``.
        """
        self._drop(topic)
        banner = Banner(topic, level, text, actions, stays)
        banner.setParent(self)
        banner.dismissed.connect(self.dismiss)
        banner.apply_look(self._look)
        self._banners[topic] = banner
        self.arrange()

    @Slot(str)
    def dismiss(self, topic: str) -> None:
        """Take the banner on ``topic`` away; nothing happens where there is none."""
        if topic in self._banners:
            self._drop(topic)
            self.arrange()

    def _drop(self, topic: str) -> None:
        banner = self._banners.pop(topic, None)
        if banner is not None:
            banner.hide()
            banner.deleteLater()

    @Slot()
    def _on_more(self) -> None:
        """Those that are shown go behind the others."""
        shown = [topic for topic, banner in self._banners.items() if not banner.isHidden()]
        behind = {topic: self._banners[topic] for topic in shown}
        self._banners = behind | {t: b for t, b in self._banners.items() if t not in behind}
        self.arrange()

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        self._look = look
        for banner in self._banners.values():
            banner.apply_look(look)
        self.arrange()

    def arrange(self) -> None:
        """Lay the newest banners from the top of the place on."""
        place, gap = self._where(), self._look.px(6)
        width, room = place.width(), round(_HIGHEST * self._host.height())
        top, hidden = 0, 0
        for banner in reversed(self._banners.values()):
            height = banner.height_for(width)
            if hidden or (top and top + height > room):
                hidden += 1
                banner.hide()
            else:
                banner.place(QRect(0, top, width, height))
                top += height + gap
        self._show_more(hidden, width, top)
        top += self.more.height() + gap if hidden else 0
        self.setGeometry(place.x(), place.y(), width, max(0, top - gap))
        self.setVisible(bool(self._banners))
        self.raise_()

    def _show_more(self, hidden: int, width: int, top: int) -> None:
        self.more.setVisible(hidden > 0)
        text = f"{hidden} more message{'s' if hidden > 1 else ''}"
        size = self.more.sizeHint()
        area = QRect(width - size.width(), top, size.width(), size.height())
        if (self.more.text(), self.more.geometry()) != (text, area):
            self._more_guard.hold()
            self.more.setText(text)
            self.more.setGeometry(area)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep to the place when the host's size changes."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.LayoutRequest):
            QTimer.singleShot(0, self, self.arrange)
        return False
