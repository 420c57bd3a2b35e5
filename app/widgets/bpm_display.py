"""The heart rate, very large, and never without its state."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from aimanet.types import Reading
from aimanet.words import trusted_bpm
from app.look import DARK, Look
from app.wording import Wording, wording

NO_NUMBER = "--"


class BpmDisplay(QFrame):
    """A card: number, state in words and colour, quality bar.

    A number whose state is not ``ok`` is not shown: it reads ``--``, and the state says why.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", "true")
        self._look = DARK
        self.number = _Number()
        self.state_dot = _Dot()
        self.state_label = _label("state")
        self.hint_label = _label("small")
        self.hint_label.setWordWrap(True)
        self.method_label = _label("caption")
        self.snr_label = _label("small")
        self.bar = _QualityBar()
        self._build()
        self.show_words(Wording("Stopped", "Press Start, or choose a source.", "faint"))

    def _build(self) -> None:
        caption = _label("caption")
        caption.setText("Heart rate")
        head, state, foot = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        head.addWidget(caption)
        head.addStretch()
        head.addWidget(self.method_label)
        state.addWidget(self.state_dot)
        state.addWidget(self.state_label)
        state.addStretch()
        quality = _label("small")
        quality.setText("Signal quality")
        foot.addWidget(quality)
        foot.addStretch()
        foot.addWidget(self.snr_label)
        self._column = QVBoxLayout(self)
        self._column.addLayout(head)
        self._column.addWidget(self.number, 1)
        self._column.addLayout(state)
        self._column.addWidget(self.hint_label)
        self._column.addLayout(foot)
        self._column.addWidget(self.bar)

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        self._look = look
        px = look.px
        self._column.setContentsMargins(px(16), px(10), px(16), px(14))
        self._column.setSpacing(px(5))
        self.hint_label.setMinimumHeight(px(17))
        for part in (self.number, self.state_dot, self.bar):
            part.apply_look(look)
        self._color_state()

    def show_method(self, words: str) -> None:
        """Name the method the number comes from."""
        self.method_label.setText(words)

    def show_reading(self, reading: Reading) -> None:
        """Number, state and quality of ``reading``."""
        bpm = trusted_bpm(reading)
        number = NO_NUMBER if bpm is None else f"{bpm:.0f}"
        said = wording(reading.state, reading.reason, reading.figure)
        self._show(number, said, reading.quality)
        snr = reading.snr_db
        self.snr_label.setText("" if snr is None or number == NO_NUMBER else f"SNR {snr:.1f} dB")

    def show_words(self, wording: Wording) -> None:
        """A state without a number: stopped, loading, reconnecting, ended."""
        self._show(NO_NUMBER, wording, 0.0)
        self.snr_label.setText("")

    def show_result(self, hr_bpm: float, wording: Wording, quality: float) -> None:
        """The number of a whole recording, with its state in words."""
        self._show(f"{hr_bpm:.0f}", wording, quality)
        self.snr_label.setText("")

    def _show(self, number: str, wording: Wording, quality: float) -> None:
        self._wording = wording
        self.number.show_text(number, dim=wording.role != "ok" or number == NO_NUMBER)
        self.state_label.setText(wording.title)
        self.hint_label.setText(wording.hint)
        self.bar.show_quality(quality, wording.role)
        self._color_state()
        spoken = "no number" if number == NO_NUMBER else f"{number} beats per minute"
        self.setAccessibleName(f"Heart rate: {spoken}. {wording.title}")

    def _color_state(self) -> None:
        role = "text" if self._wording.role == "faint" else self._wording.role
        self.state_label.setStyleSheet(f"color: {getattr(self._look, role)};")
        self.state_dot.show_role(self._wording.role)


def _label(role: str) -> QLabel:
    label = QLabel()
    label.setProperty("role", role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


class _Part(QWidget):
    """A painted piece that knows the look."""

    def __init__(self) -> None:
        super().__init__()
        self._look = DARK

    def apply_look(self, look: Look) -> None:
        self._look = look
        self.updateGeometry()
        self.update()


class _Number(_Part):
    """As large as its place allows, the unit beside it on the same line."""

    def __init__(self) -> None:
        super().__init__()
        self.text = NO_NUMBER
        self.dim = True
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._look.px(180), self._look.px(76))

    def sizeHint(self) -> QSize:
        return QSize(self._look.px(260), self._look.px(116))

    def show_text(self, text: str, dim: bool) -> None:
        self.text, self.dim = text, dim
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        look = self._look
        size = min(self.height() / 0.92, self.width() / 2.6) / look.scale
        font, unit_font = look.font(size, QFont.Weight.Bold), look.font(max(14, size * 0.17))
        metrics = QFontMetricsF(font)
        baseline = (self.height() + metrics.capHeight()) / 2
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        color = look.color("faint" if self.dim else "text")
        if self.text == NO_NUMBER:
            self._paint_dashes(painter, metrics, color)
        painter.setFont(font)
        painter.setPen(color)
        painter.drawText(0, round(baseline), self.text.strip("-"))
        painter.setFont(unit_font)
        painter.setPen(look.color("muted"))
        digits = "00" if self.text == NO_NUMBER else self.text
        left = metrics.horizontalAdvance(digits) + look.px(10)
        painter.drawText(round(left), round(baseline), "BPM")
        painter.end()

    def _paint_dashes(self, painter: QPainter, metrics: QFontMetricsF, color: QColor) -> None:
        """Two calm strokes where the digits would stand; the font's own are too loud."""
        digit = metrics.horizontalAdvance("0")
        thickness = metrics.capHeight() * 0.075
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        for place in range(2):
            stroke = QRectF(digit * (place + 0.14), 0, digit * 0.72, thickness)
            stroke.moveTop((self.height() - thickness) / 2)
            painter.drawRoundedRect(stroke, thickness / 2, thickness / 2)


class _Dot(_Part):
    """The state's colour."""

    def __init__(self) -> None:
        super().__init__()
        self._role = "faint"

    def sizeHint(self) -> QSize:
        return QSize(self._look.px(12), self._look.px(12))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def show_role(self, role: str) -> None:
        self._role = role
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._look.color(self._role))
        side = self._look.px(10)
        box = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
        painter.drawEllipse(box)
        painter.end()


class _QualityBar(_Part):
    """0-1 as a thin bar."""

    def __init__(self) -> None:
        super().__init__()
        self.quality = 0.0
        self._role = "faint"
        self.setAccessibleName("Signal quality")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(self._look.px(200), self._look.px(6))

    def show_quality(self, quality: float, role: str) -> None:
        self.quality = min(1.0, max(0.0, quality))
        self._role = role
        self.setAccessibleDescription(f"{100 * self.quality:.0f} percent")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        radius = self.height() / 2
        painter.setBrush(self._look.color("line"))
        painter.drawRoundedRect(QRectF(self.rect()), radius, radius)
        if self.quality > 0:
            painter.setBrush(self._look.color(self._role))
            width = max(2 * radius, self.width() * self.quality)
            painter.drawRoundedRect(QRectF(0, 0, width, self.height()), radius, radius)
        painter.end()
