"""The window's pages: the live one, and others that are built when they are first shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.look import DARK, Look

LIVE = "live"


@dataclass(frozen=True, slots=True)
class PageKind:
    """A page by its name, its words on the switch, and where its class is."""

    name: str
    words: str
    module: str = ""
    factory: str = ""

    @property
    def is_there(self) -> bool:
        """Whether this build of the program has the page."""
        if not self.module:
            return True
        try:
            return find_spec(self.module) is not None
        except ModuleNotFoundError:
            return False

    def make(self, owner: object, parent: QWidget) -> QWidget:
        """The page itself; loads its module. ``owner`` is what its class asks for first."""
        page = getattr(import_module(self.module), self.factory)(owner, parent)
        assert isinstance(page, QWidget)
        return page


KINDS = (
    PageKind(LIVE, "Live"),
    PageKind("sessions", "Sessions", "app.review.page", "SessionsPage"),
    PageKind("training", "Training", "app.training.page", "TrainingPage"),
)


class Pages(QObject):
    """Which page is shown. Pages other than the live one are built when they are first shown.

    A page may have ``apply_look(look)``, ``refresh()`` (called whenever it is shown),
    ``close_down()`` (called once, when the window closes) and ``busy`` (it still has threads).

    Args:
        live: the live page.
        owners: what the classes of the other pages ask for, by the page's name.
        parent: the window.
    """

    changed = Signal(str)
    built = Signal(str)

    def __init__(self, live: QWidget, owners: dict[str, object], parent: QWidget) -> None:
        super().__init__(parent)
        self.stack = QStackedWidget(parent)
        self.stack.addWidget(live)
        self._owners = owners
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
        self.refresh(name)

    def refresh(self, name: str) -> None:
        """Let the page called ``name`` look again at what it shows."""
        _call(self._pages.get(name), "refresh")

    def apply_look(self, look: Look) -> None:
        """Other colours or another size, for all pages but the live one."""
        self._look = look
        for name, page in self._pages.items():
            if name != LIVE:
                _call(page, "apply_look", look)

    def close_down(self) -> None:
        """Ask all pages to end what they do."""
        for name, page in self._pages.items():
            if name != LIVE:
                _call(page, "close_down")

    @property
    def busy(self) -> bool:
        """A page still has threads."""
        return any(getattr(page, "busy", False) for page in self._pages.values())

    def _build(self, name: str) -> QWidget:
        page = self.kinds[name].make(self._owners[name], self.stack)
        self._pages[name] = page
        self.stack.addWidget(page)
        _call(page, "apply_look", self._look)
        self.built.emit(name)
        return page


def _call(page: QWidget | None, name: str, *args: object) -> None:
    method: Callable[..., object] | None = getattr(page, name, None)
    if method is not None:
        method(*args)
