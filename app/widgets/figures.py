"""The status line: how the picture comes and how old the number is; the machinery on demand."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from aimanet.sources.formats import is_synthetic
from app.link import RunLink
from app.look import Look


class Figures(QWidget):
    """A sentence for everybody; ``details`` adds queue and stage times for those who ask.

    However much there is to say, the line never makes the window wider.
    """

    details_shown = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("figures")
        self.setAccessibleName("Figures of the run")
        self.words = _label("What the source delivers, and how old the newest pulse sample is")
        self.machine = _label("Time a frame spends in each stage; faces waiting for the method")
        self.details = QToolButton()
        self.details.setText("Details")
        self.details.setCheckable(True)
        self.details.setProperty("quiet", "true")
        self.details.setToolTip("Show stage times and queue lengths")
        self.details.toggled.connect(self._on_details)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.words, 3)
        self._row.addWidget(self.machine, 2)
        self._row.addWidget(self.details)
        self.machine.hide()

    def show_run(self, link: RunLink) -> None:
        """The present figures of ``link``."""
        figures = link.figures
        self.words.setText(" · ".join(_sentence(link)))
        times = {"face": figures.detect_ms, **figures.stages}
        stages = "  ".join(f"{name} {ms:.1f}" for name, ms in times.items())
        queue = f"queue {len(link.crops)}/{link.crops.capacity}"
        self.machine.setText(f"{stages} ms · {queue}")
        self.machine.setToolTip(link.opened[1].detail if link.opened else "")

    def show_details(self, shown: bool) -> None:
        """As it was the last time."""
        self.details.blockSignals(True)
        self.details.setChecked(shown)
        self.details.blockSignals(False)
        self.machine.setVisible(shown)

    def clear(self) -> None:
        """Nothing runs."""
        self.words.clear()
        self.machine.clear()

    def apply_look(self, look: Look) -> None:
        """Another size."""
        self._row.setContentsMargins(look.px(2), 0, 0, 0)
        self._row.setSpacing(look.px(22))

    @Slot(bool)
    def _on_details(self, shown: bool) -> None:
        self.machine.setVisible(shown)
        self.details_shown.emit(shown)


def _sentence(link: RunLink) -> list[str]:
    figures = link.figures
    parts = []
    if link.opened is not None:
        info = link.opened[1]
        kind = "Camera" if figures.live else "Demo" if is_synthetic(link.spec) else "Video"
        parts.append(f"{kind}: {info.width}x{info.height}, {figures.fps:.0f} frames/s")
    lost = figures.frames_missed + link.crops.dropped
    came = figures.frames + figures.frames_missed
    parts.append(f"{lost:,} of {came:,} frames lost" if lost else "No frames lost")
    if figures.latency_s >= 0.05:
        parts.append(f"Delay {figures.latency_s:.1f} s")
    return parts


def _label(tip: str) -> QLabel:
    label = QLabel()
    label.setToolTip(tip)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return label
