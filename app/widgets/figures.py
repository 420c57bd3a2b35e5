"""The status line: what the machinery is doing, in figures."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from app.link import RunLink
from app.look import Look


class Figures(QWidget):
    """Camera rate, ms a frame by stage, queue, drops, latency."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("figures")
        self.setAccessibleName("Figures of the run")
        self._row = QHBoxLayout(self)
        self.source = self._add("What the source gives")
        self._row.addStretch(1)
        self.rate = self._add("Frames a second that really arrive")
        self.stages = self._add("Time a frame spends in each stage")
        self.queue = self._add("Faces waiting for the network, of how many there is room for")
        self.drops = self._add("Frames the source skipped + faces the queue had to drop")
        self.latency = self._add("Age of the newest sample of the pulse")

    def _add(self, tip: str) -> QLabel:
        label = QLabel()
        label.setToolTip(tip)
        self._row.addWidget(label)
        return label

    def show_run(self, link: RunLink) -> None:
        """The present figures of ``link``."""
        figures = link.figures
        waiting = len(link.crops)
        self.rate.setText(f"{figures.fps:.1f} fps")
        times = {"detect": figures.detect_ms, **figures.stages}
        self.stages.setText("  ".join(f"{name} {ms:.1f}" for name, ms in times.items()) + " ms")
        self.queue.setText(f"queue {waiting}/{link.crops.capacity}")
        self.drops.setText(f"drops {figures.frames_missed}+{link.crops.dropped}")
        self.latency.setText(f"latency {figures.latency_s:.1f} s")

    def show_source(self, detail: str) -> None:
        """What the source was asked for and gives."""
        self.source.setText(detail)

    def clear(self) -> None:
        """Nothing runs."""
        for label in (self.source, self.rate, self.stages, self.queue, self.drops, self.latency):
            label.clear()

    def apply_look(self, look: Look) -> None:
        """Another size."""
        self._row.setContentsMargins(look.px(16), 0, look.px(14), look.px(2))
        self._row.setSpacing(look.px(22))
