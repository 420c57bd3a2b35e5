"""Messages that belong to no page: they are shown where the person is looking."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QAction

from app.widgets.banner import BannerStack


class Notices:
    """Says things among the messages of the page that is shown; the live one at first."""

    def __init__(self, live: BannerStack) -> None:
        self._here = live
        self._stacks = [live]

    def show_on(self, stack: BannerStack) -> None:
        """What is said from now on appears on ``stack``."""
        self._here = stack
        if stack not in self._stacks:
            self._stacks.append(stack)

    def say(self, topic: str, level: str, text: str, actions: Sequence[QAction] = ()) -> None:
        """Show ``text``, in place of what was said on ``topic``."""
        self.dismiss(topic)
        self._here.say(topic, level, text, actions)

    def dismiss(self, topic: str) -> None:
        """Take the message on ``topic`` away."""
        for stack in self._stacks:
            stack.dismiss(topic)
