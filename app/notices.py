"""Messages that belong to no page: they are shown where the person is looking."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QAction

from app.widgets.banner import BannerStack


class Notices:
    """Says things among the live page's messages, or above the page that is shown instead."""

    def __init__(self, live: BannerStack) -> None:
        self._live = live
        self.elsewhere = BannerStack()
        self.on_live = True

    def say(self, topic: str, level: str, text: str, actions: Sequence[QAction] = ()) -> None:
        """Show ``text``, in place of what was said on ``topic``."""
        self.dismiss(topic)
        stack = self._live if self.on_live else self.elsewhere
        stack.say(topic, level, text, actions)

    def dismiss(self, topic: str) -> None:
        """Take the message on ``topic`` away."""
        self._live.dismiss(topic)
        self.elsewhere.dismiss(topic)
