"""What the pages mean to each other: how one gets to them, and what they ask of the rest."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from app.actions import Actions
from app.conductor import Conductor
from app.pages import LIVE, SESSIONS, TRAINING, Makers, Pages
from app.settings import ExportSettings
from app.widgets.banner import BannerStack
from app.widgets.picture import PictureExport
from app.widgets.top_bar import PageSwitch

if TYPE_CHECKING:
    from app.review.page import SessionsPage

_SESSION = "session:"


class PageDesk(QObject):
    """Between the switch, the commands and the pages.

    Args:
        live: the live page.
        conductor: for the run and the settings.
        commands: one a page, and the one that shows the training page.
        switch: the buttons.
        parent: the window.
    """

    shown = Signal(str)

    def __init__(
        self,
        live: QWidget,
        conductor: Conductor,
        commands: Actions,
        switch: PageSwitch,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._conductor, self._commands, self._switch = conductor, commands, switch
        makers: Makers = {SESSIONS: self._make_sessions, TRAINING: self._make_training}
        self.pages = Pages(live, makers, parent)
        for name, action in commands.pages.items():
            switch.add(name, action)
            action.triggered.connect(self._on_chosen)
        self._tell()
        commands.training.toggled.connect(self._on_training)
        switch.chosen.connect(self.pages.show)
        self.pages.changed.connect(self._tell)
        conductor.engine.phase_changed.connect(self._tell_in_use)

    @property
    def is_live(self) -> bool:
        """The live page is shown."""
        return self.pages.current == LIVE

    @property
    def has_sessions(self) -> bool:
        """There is a page of sessions."""
        return SESSIONS in self.pages.kinds

    @property
    def sessions(self) -> SessionsPage | None:
        """The page of sessions, once it was shown."""
        page: SessionsPage | None = self.pages.page(SESSIONS)  # type: ignore[assignment]
        return page

    @property
    def banners(self) -> BannerStack | None:
        """Where the page that is shown says things; None for the live one."""
        return getattr(self.pages.page(self.pages.current), "banners", None)

    @Slot(str)
    def play(self, spec: str) -> None:
        """Go to the live page and show ``spec`` there."""
        self.pages.show(LIVE)
        self._conductor.open(spec)

    @Slot(str)
    def show_session(self, folder: str) -> None:
        """Go to a session that was recorded."""
        self.pages.show(SESSIONS)
        if self.sessions is not None:
            self.sessions.open(Path(folder))

    @Slot()
    def look_for_sessions(self) -> None:
        """There is a new one, or they are in another folder."""
        page, folder = self.sessions, self._conductor.preferences.sessions_folder
        if page is None:
            return
        self._tell_folders(page)
        if page.list.folders.recorded_to != folder:
            page.set_folder(folder)
        else:
            page.refresh()

    def _make_sessions(self, parent: QWidget) -> QWidget:
        from app.review.page import SessionsPage

        page = SessionsPage(parent)
        self._tell_folders(page)
        page.set_folder(self._conductor.preferences.sessions_folder)
        page.list.folders.others_changed.connect(self._on_folders)
        page.set_in_use(self._in_use())
        page.play_requested.connect(self.play)
        page.commands.export = self._conductor.preferences.current.export
        page.commands.export_chosen.connect(self._on_export_chosen)
        _report_pictures(page, page.banners)
        return page

    def _tell_folders(self, page: SessionsPage) -> None:
        folders = self._conductor.preferences.current.session_folders
        page.list.folders.know([Path(folder) for folder in folders])

    @Slot(object)
    def _on_folders(self, folders: list[Path]) -> None:
        self._conductor.remember(session_folders=tuple(str(folder) for folder in folders))

    @Slot(object)
    def _on_export_chosen(self, choice: ExportSettings) -> None:
        self._conductor.remember(export=choice)

    def _make_training(self, parent: QWidget) -> QWidget:
        from app.training.page import TrainingPage

        page = TrainingPage(self._conductor, parent)
        page.use_model.connect(self._conductor.use_model)
        _report_pictures(page, page.banners)
        return page

    def _in_use(self) -> list[Path]:
        """The session that is played live."""
        link = self._conductor.engine.link
        if link is None or not link.spec.startswith(_SESSION):
            return []
        return [Path(link.spec.removeprefix(_SESSION))]

    @Slot()
    def _tell_in_use(self) -> None:
        if self.sessions is not None:
            self.sessions.set_in_use(self._in_use())

    @Slot()
    def _on_chosen(self) -> None:
        action = self.sender()
        names = [name for name, other in self._commands.pages.items() if other is action]
        self.pages.show(names[0])

    @Slot(bool)
    def _on_training(self, shown: bool) -> None:
        """The training page is there for those who have asked for it."""
        self._conductor.remember(training_tab=shown)
        if shown:
            self.pages.show(TRAINING)
        elif self.pages.current == TRAINING:
            self.pages.show(LIVE)
        self._tell()

    @Slot()
    def _tell(self) -> None:
        """Say which pages there are and which one is shown."""
        wanted = self._conductor.preferences.current.training_tab
        kinds, current = self.pages.kinds, self.pages.current
        there = [name for name in kinds if name != TRAINING or wanted]
        self._commands.training.blockSignals(True)
        self._commands.training.setChecked(wanted)
        self._commands.training.blockSignals(False)
        self._commands.show_pages(there, TRAINING in kinds, current)
        self._switch.show_pages(there)
        self._switch.show_current(current)
        self.shown.emit(current)


def _report_pictures(page: QWidget, banners: BannerStack) -> None:
    """Say why a plot's picture could not be saved."""
    for export in page.findChildren(PictureExport):
        export.failed.connect(partial(banners.say, "picture", "error"))
