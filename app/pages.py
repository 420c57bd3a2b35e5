"""The window's pages: the live one, and others that are built when they are first shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.look import DARK, Look

LIVE, SESSIONS, TRAINING = "live", "sessions", "training"


@dataclass(frozen=True, slots=True)
class PageKind:
    """A page by its name, its words on the switch, and the module its class is in."""

    name: str
    words: str
    module: str = ""

    @property
    def is_there(self) -> bool:
        """Whether this build of the program has the page."""
        if not self.module:
            return True
        try:
            return find_spec(self.module) is not None
        except ModuleNotFoundError:
            return False


KINDS = (
    PageKind(LIVE, "Live"),
    PageKind(SESSIONS, "Sessions", "app.review.page"),
    PageKind(TRAINING, "Training", "app.training.page"),
)

Makers = dict[str, Callable[[QWidget], QWidget]]


class Pages(QObject):
    """Which page is shown. Pages other than the live one are built when they are first shown.

    A page may have ``apply_look(look)``, ``stop()`` (asks its threads to end), ``close_down()``
    (waits for them) and ``busy`` (there are some).

    Args:
        live: the live page.
        makers: makes the other pages, by name.
        parent: the window.
    """

    changed = Signal(str)

    def __init__(self, live: QWidget, makers: Makers, parent: QWidget) -> None:
        super().__init__(parent)
        self.stack = QStackedWidget(parent)
        self.stack.addWidget(live)
        self._makers = makers
        self._pages: dict[str, QWidget] = {LIVE: live}
        self._look = DARK
        self.current = LIVE
        self.kinds = {kind.name: kind for kind in KINDS if kind.is_there}

    def page(self, name: str) -> QWidget | None:
        """The page called ``name``, if it has been built."""
        return self._pages.get(name)

    @Slot(str)
    def show(self, name: str) -> None:
        """Go to ``name``."""
        page = self._pages.get(name) or self._build(name)
        if name != self.current:
            self.current = name
            self.stack.setCurrentWidget(page)
            self.changed.emit(name)

    def apply_look(self, look: Look) -> None:
        """Other colours or another size, for all pages but the live one."""
        self._look = look
        for page in self._others:
            _call(page, "apply_look", look)

    def stop(self) -> None:
        """Ask all pages to end what they do."""
        for page in self._others:
            _call(page, "stop")

    def close_down(self) -> None:
        """Stop, and block until nothing of any page is going on."""
        for page in self._others:
            _call(page, "close_down")

    @property
    def _others(self) -> list[QWidget]:
        return [page for name, page in self._pages.items() if name != LIVE]

    @property
    def busy(self) -> bool:
        """A page still has threads."""
        return any(getattr(page, "busy", False) for page in self._others)

    def _build(self, name: str) -> QWidget:
        page = self._makers[name](self.stack)
        self._pages[name] = page
        _call(page, "apply_look", self._look)  # first: at another size it may widen the window
        self.stack.addWidget(page)
        return page


def _call(page: QWidget, name: str, *args: object) -> None:
    method: Callable[..., object] | None = getattr(page, name, None)
    if method is not None:
        method(*args)
