"""Under the header: messages, the picture with the wave below it, numbers at the right."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.look import Look
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
        self.banners = BannerStack()
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
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.addWidget(self.banners)
        self._rows.addLayout(self._columns, 1)

    def apply_look(self, look: Look) -> None:
        """Other colours or another size, for everything below the header."""
        for layout in (self._left, self._right, self._columns, self._rows):
            layout.setSpacing(look.px(10))
        for part in (
            self.banners,
            self.video,
            self.waveform,
            self.bpm,
            self.spectrum,
            self.history,
        ):
            part.apply_look(look)
