"""The person states the frame rate of a recording that does not say it, once a run."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from app.conductor import Conductor
from app.dialogs import Dialogs
from app.look import Look
from app.widgets.banner import BannerStack, sentence
from app.widgets.rate_dialog import RateDialog


class RateDesk(QObject):
    """Asks in place of a failure; cancelled, the banner still offers to ask.

    Args:
        conductor: runs the recording once its rate is known.
        dialogs: shows the question.
        banners: those of the live page.
        look: colours and sizes; to be replaced when they change.
        window: its parent.
    """

    def __init__(
        self,
        conductor: Conductor,
        dialogs: Dialogs,
        banners: BannerStack,
        look: Look,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self.look = look
        self._conductor, self._dialogs, self._banners = conductor, dialogs, banners
        self._window = window
        self._spec = self._reason = ""
        self._ask = QAction("State the frame rate…", self)
        self._ask.triggered.connect(self.ask)
        conductor.engine.rate_asked.connect(self._on_asked)

    @Slot()
    def ask(self) -> None:
        """Open the dialog for the recording that was refused last."""
        dialog = RateDialog(self.look, self._reason, self._window)
        dialog.stated.connect(self._on_stated)
        self._dialogs.show(dialog)

    @Slot(str, str)
    def _on_asked(self, spec: str, reason: str) -> None:
        self._spec, self._reason = spec, sentence(reason)
        others = self._conductor.presenter.after_failure[1:]
        self._banners.dismiss("demo")
        self._banners.say("source", "error", self._reason, [self._ask, *others])
        self.ask()

    @Slot(float)
    def _on_stated(self, fps: float) -> None:
        self._conductor.engine.stated_fps[self._spec] = fps
        self._conductor.chooser.choose(self._spec)
