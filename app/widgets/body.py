"""Under the header: the picture with the wave below it, numbers at the right, messages on top."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.look import DARK, Look
from app.widgets.banner import BannerStack
from app.widgets.bpm_display import BpmDisplay
from app.widgets.history_plot import HistoryPlot
from app.widgets.spectrum_plot import SpectrumPlot
from app.widgets.video_view import VideoView
from app.widgets.waveform_plot import WaveformPlot


class Body(QWidget):
    """Two columns; the left one takes two thirds."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = DARK
        self.video = VideoView()
        self.waveform = WaveformPlot()
        self.bpm = BpmDisplay()
        self.spectrum = SpectrumPlot()
        self.history = HistoryPlot()
        self._left, self._right = QVBoxLayout(), QVBoxLayout()
        self._left.addWidget(self.video, 3)
        self._left.addWidget(self.waveform, 1)
        self._right.addWidget(self.bpm, 5)
        self._right.addWidget(self.spectrum, 4)
        self._right.addWidget(self.history, 4)
        self._columns = QHBoxLayout()
        self._columns.addLayout(self._left, 62)
        self._columns.addLayout(self._right, 38)
        self._columns.setContentsMargins(0, 0, 0, 0)
        self.setLayout(self._columns)
        self.banners = BannerStack(self, self._over_picture)

    def apply_look(self, look: Look) -> None:
        """Other colours or another size, for everything below the header."""
        self._look = look
        for layout in (self._left, self._right, self._columns):
            layout.setSpacing(look.px(10))
        for part in (self.video, self.waveform, self.bpm, self.spectrum, self.history):
            part.apply_look(look)
        self.banners.apply_look(look)

    def _over_picture(self) -> QRect:
        edge = self._look.px(8)
        return self.video.geometry().adjusted(edge, edge, -edge, 0)
