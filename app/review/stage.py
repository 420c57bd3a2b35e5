"""The picture of the moment, fetched by a thread of its own."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal, Slot

from aimanet.sessions.reader import Session
from app.review.pictures import PictureThread
from app.widgets.video_view import VideoView

_NO_VIDEO = {
    True: ("No video was kept", "This session holds signals only; the plots tell the rest."),
    False: ("The video is missing", "Its file is not in the session's folder any more."),
}


class Stage(QObject):
    """Keeps a `VideoView` at the moment that is wished for; ``failed`` has a line for a banner."""

    failed = Signal(str)

    def __init__(self, view: VideoView, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.view = view
        view.setAccessibleName("Picture of the session")
        self._thread: PictureThread | None = None
        self._retiring: list[PictureThread] = []

    @property
    def busy(self) -> bool:
        """A thread is still alive."""
        return self._thread is not None or bool(self._retiring)

    def open(self, session: Session) -> None:
        """Show pictures of ``session``, if it has any."""
        self.close()
        self.view.clear()
        self.view.show_words("")
        if session.shown is None or not len(session.frames):
            none = session.info.kept == "none"
            words = _NO_VIDEO[none]
            if not none and session.shown is not None:
                words = ("No picture", "The recording ended before its first frame.")
            self.view.show_words(*words)
            return
        self.view.show_words("", "")
        thread = PictureThread(session)
        queued = Qt.ConnectionType.QueuedConnection
        thread.ready.connect(self._on_ready, queued)
        thread.lost.connect(self._on_lost, queued)
        thread.failed.connect(self._on_failed, queued)
        thread.finished.connect(self._on_finished, queued)
        self._thread = thread
        thread.start()

    def show_moment(self, t: float) -> None:
        """The picture at ``t`` s, as soon as it is there."""
        if self._thread is not None:
            self._thread.want(t)

    def close(self) -> None:
        """No more pictures; the thread ends by itself."""
        if self._thread is not None:
            self._thread.stop()
            self._retiring.append(self._thread)
            self._thread = None

    def wait(self) -> None:
        """Block until every thread has ended."""
        self.close()
        for thread in self._retiring:
            thread.wait()
        self._retiring.clear()

    @Slot()
    def _on_ready(self) -> None:
        picture = self._thread.pictures.take() if self._thread is not None else None
        if picture is not None:
            self.view.show_words("")
            self.view.show_picture(picture)

    @Slot(float)
    def _on_lost(self, t: float) -> None:
        if self._thread is not None:
            self.view.show_words("This picture is lost", "The video is damaged here.")

    @Slot(str)
    def _on_failed(self, text: str) -> None:
        if self.sender() is self._thread:
            self.view.show_words("No picture", "The video cannot be opened.")
            self.failed.emit(text)

    @Slot()
    def _on_finished(self) -> None:
        for thread in [t for t in self._retiring if t.isFinished()]:
            thread.wait()
            self._retiring.remove(thread)
            thread.deleteLater()
