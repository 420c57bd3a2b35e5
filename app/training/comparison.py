"""Runs a comparison of two models, command by command."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from app.training.chores import Chore
from app.training.compare_view import Contest, Row, judged_rows, read_row

if TYPE_CHECKING:
    from app.training.page import TrainingPage

_VIDEOS = "Videos (*.mp4 *.m4v *.mov *.mkv *.webm *.avi *.mpg *.mpeg);;All files (*)"
_NO_LABEL = "Only recordings with a contact sensor can judge: choose videos to see both readings."


class Comparison(QObject):
    """One at a time; its rows come as they are there."""

    def __init__(self, page: TrainingPage) -> None:
        super().__init__(page)
        self._page, self._view = page, page.compare
        self._chores: list[Chore] = []
        self._rows: list[Row] = []
        self._contest: Contest | None = None
        self._view.asked.connect(self.begin)
        self._view.stop_asked.connect(self.stop)
        self._view.sessions_asked.connect(self._on_sessions)
        self._view.folder_asked.connect(self._on_folder)
        self._view.videos_asked.connect(self._on_videos)

    @Slot(object)
    def begin(self, contest: Contest) -> None:
        """Compare."""
        self.stop()
        self._contest, self._rows = contest, []
        self._page.banners.dismiss("compare")
        for name, words in contest.commands():
            then = partial(self._on_done, name)
            self._chores.append(self._page.chores.start(words, then))
        self._view.show_rows([], videos=contest.videos)
        self._view.show_words("Both models read the recordings, in a process of its own…")
        self._view.show_busy(True)

    @Slot()
    def stop(self) -> None:
        """No more of it."""
        for chore in self._chores:
            self._page.chores.drop(chore)
        self._chores.clear()
        self._view.show_busy(False)
        self._view.show_words("")

    def _on_done(self, name: str, chore: Chore) -> None:
        if chore not in self._chores or self._contest is None:
            return
        self._chores.remove(chore)
        before = len(self._rows)
        for record in chore.records:
            if self._contest.videos:
                self._rows.append(read_row(chore.words[1], name, record))
            else:
                self._rows += judged_rows(record, self._contest.models)
        if len(self._rows) == before:
            self._page.banners.say("compare", "error", chore.outcome.words("the comparison"))
        self._view.show_rows(self._rows, videos=self._contest.videos)
        if not self._chores:
            self._view.show_busy(False)
            self._view.show_words(self._conclusion())

    def _conclusion(self) -> str:
        if self._contest is None or not self._rows:
            return _NO_LABEL if self._contest and not self._contest.videos else ""
        if self._contest.videos:
            return "Without a label, SNR and good readings only hint at which one is right."
        return "Small errors and high correlations are good; ± is the standard error."

    @Slot()
    def _on_sessions(self) -> None:
        self._view.choose_specs([f"sessions={self._page.sessions_folder}"], videos=False)

    @Slot()
    def _on_folder(self) -> None:
        self._page.data_desk.ask_folder("Recordings to compare on", self.choose_folder)

    @Slot(str)
    def choose_folder(self, path: str) -> None:
        """Compare on a data set."""
        self._view.choose_specs([path], videos=False)

    @Slot()
    def _on_videos(self) -> None:
        self._page.data_desk.ask_file("A video to compare on", _VIDEOS, self.choose_video)

    @Slot(str)
    def choose_video(self, path: str) -> None:
        """Compare on a video without a label."""
        self._view.choose_specs([path], videos=True)
