"""What is taken away from the live page: its result as text, its picture as a file."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QMargins, QObject, QPoint, QRect, Qt, Slot
from PySide6.QtGui import QAction, QGuiApplication, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from aimanet.words import CLAIM
from app.actions import Actions
from app.look import DARK, Look
from app.presenter import Presenter
from app.widgets.banner import BannerStack
from app.widgets.body import Body
from app.widgets.picture import PictureExport


class ResultActions(QObject):
    """Copies the result, saves the page's picture, and fills the page's right-click menus.

    Args:
        body: the page below the controls.
        presenter: knows the result.
        commands: of the window.
    """

    def __init__(self, body: Body, presenter: Presenter, commands: Actions) -> None:
        super().__init__(body)
        self._body, self._presenter, self._commands = body, presenter, commands
        self.look: Look = DARK
        self.picture = PictureExport(body, "AimaNet", self.draw)
        commands.copy_result.triggered.connect(self.copy_result)
        commands.save_picture.triggered.connect(self.picture.ask_file)
        presenter.measured.connect(commands.copy_result.setEnabled)
        self._offer(body.video, [commands.save_picture, commands.mask, commands.full_screen])
        self._offer(body.bpm, [commands.copy_result, commands.save_picture])
        body.history.menu.addAction("&Reset", body.history.clear)
        exports = [plot.menu.export for plot in (body.waveform, body.spectrum, body.history)]
        for export in (self.picture, *exports):
            export.saved.connect(self._on_saved)
            export.failed.connect(self._on_failed)

    def _offer(self, widget: QWidget, actions: list[QAction]) -> None:
        widget.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        widget.addActions(actions)

    @Slot()
    def copy_result(self) -> None:
        """The number, its range and where it comes from, as text."""
        result = self._presenter.result
        if result is not None:
            QGuiApplication.clipboard().setText(result.text)
            self._banners.say("kept", "info", "The result is on the clipboard")

    def draw(self) -> QPixmap:
        """The page as it is, without messages, with a line that says what it is."""
        body, look = self._body, self.look
        ratio, foot, edge = body.devicePixelRatioF(), look.px(34), look.px(14)
        size = body.size().grownBy(QMargins(edge, edge, edge, foot))
        pixmap = QPixmap(size * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(look.color("background"))
        painter = QPainter(pixmap)
        for part in (body.video, body.waveform, body.bpm, body.spectrum, body.history):
            painter.drawPixmap(part.geometry().topLeft() + QPoint(edge, edge), part.grab())
        painter.setFont(look.font(12))
        painter.setPen(look.color("muted"))
        line = QRect(edge, size.height() - foot, body.width(), foot)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(line, middle | Qt.AlignmentFlag.AlignLeft, self._origin())
        painter.drawText(line, middle | Qt.AlignmentFlag.AlignRight, CLAIM)
        painter.end()
        return pixmap

    def _origin(self) -> str:
        result, now = self._presenter.result, f"{datetime.now():%Y-%m-%d %H:%M}"
        return " · ".join([*([result.source, result.method] if result else []), now])

    @property
    def _banners(self) -> BannerStack:
        return self._body.banners

    @Slot(str)
    def _on_saved(self, path: str) -> None:
        self._banners.say("kept", "info", f"Saved {path}")

    @Slot(str)
    def _on_failed(self, text: str) -> None:
        self._banners.say("kept", "error", text)
