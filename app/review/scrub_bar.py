"""The slider under the plots: the whole session, its markers as flags."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QSlider, QToolTip, QWidget

from aimanet.sessions.reader import Marker
from app.look import DARK, Look
from app.review import words
from app.review.curves import spaced
from app.wording import tip

MOST_FLAGS = 1000
"""Flags: no two in one pixel."""


class ScrubBar(QSlider):
    """Its value is ms; ``sought`` carries s. It lies exactly under the plots' time axis.

    ``menu_asked`` carries a moment, the marker there or None, and the place on the screen.
    """

    sought = Signal(float)
    menu_asked = Signal(float, object, QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setAccessibleName("Moment of the session")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._look = DARK
        self._markers: Sequence[Marker] = ()
        self._view = (0.0, 1.0)
        self._over: Marker | None = None
        self._margins = (40, 30)

    def show_session(self, duration_s: float) -> None:
        """Another session."""
        self.setRange(0, max(1, round(1000 * duration_s)))
        self._view = (0.0, duration_s)
        self.update()

    def show_markers(self, markers: Sequence[Marker]) -> None:
        """A flag for each."""
        self._markers = spaced(markers, self.maximum() / 1000, MOST_FLAGS)
        self._over = None
        self.update()

    def show_moment(self, t: float) -> None:
        """Move the handle."""
        self.setValue(round(1000 * t))
        self.setAccessibleDescription(words.clock(t, tenths=True))

    def show_view(self, t0: float, t1: float) -> None:
        """The part that the plots show."""
        self._view = (t0, t1)
        self.update()

    def set_margins(self, left: int, right: int) -> None:
        """Pixels on either side of the time axis."""
        self._margins = (left, right)
        self.update()

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        self._look = look
        self.setFixedHeight(look.px(34))
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as it gets."""
        return QSize(self._look.px(400), self._look.px(34))

    # --- where things are -------------------------------------------------------------------

    def x_of(self, t: float) -> float:
        """The pixel of a moment."""
        left, right = self._margins
        room = max(1, self.width() - left - right)
        return left + room * 1000 * t / max(1, self.maximum())

    def time_of(self, x: float) -> float:
        """The moment at a pixel, within the session."""
        left, right = self._margins
        share = (x - left) / max(1, self.width() - left - right)
        return min(max(0.0, share), 1.0) * self.maximum() / 1000

    def marker_at(self, place: QPointF) -> Marker | None:
        """The marker whose flag is there."""
        if place.y() > self._groove().top():
            return None
        near = [m for m in self._markers if -4 <= place.x() - self.x_of(m.t) <= self._look.px(12)]
        return min(near, key=lambda m: abs(self.x_of(m.t) - place.x()), default=None)

    def _groove(self) -> QRectF:
        look, left = self._look, self._margins[0]
        width = self.width() - left - self._margins[1]
        return QRectF(left, self.height() - look.px(14), width, look.px(4))

    # --- by hand ----------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A flag jumps to its marker, any other place to itself."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        marker = self.marker_at(event.position())
        self.sought.emit(self.time_of(event.position().x()) if marker is None else marker.t)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the moment along; tell a flag from the rest."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.sought.emit(self.time_of(event.position().x()))
            return
        over = self.marker_at(event.position())
        if over is not self._over:
            self._over = over
            self.update()
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Nothing more."""

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done there."""
        place = QPointF(event.pos())
        self.menu_asked.emit(self.time_of(place.x()), self.marker_at(place), event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys are the viewer's."""
        event.ignore()

    def event(self, event: QEvent) -> bool:
        """Say what is under the pointer."""
        if isinstance(event, QHelpEvent):
            place = QPointF(event.pos())
            marker = self.marker_at(place)
            t = self.time_of(place.x()) if marker is None else marker.t
            text = words.clock(t, tenths=True) + (f"  {marker.name}" if marker else "")
            QToolTip.showText(event.globalPos(), tip(text), self)
            return True
        return super().event(event)

    # --- painting ---------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Groove, what has passed, flags, handle."""
        look, groove = self._look, self._groove()
        x = self.x_of(self.value() / 1000)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        radius = groove.height() / 2
        painter.setBrush(look.color("line"))
        painter.drawRoundedRect(groove, radius, radius)
        self._paint_view(painter, groove)
        painter.setBrush(look.color("accent"))
        passed = QRectF(groove.left(), groove.top(), x - groove.left(), groove.height())
        painter.drawRoundedRect(passed, radius, radius)
        for marker in self._markers:
            self._paint_flag(painter, marker, groove)
        size = look.px(7)
        focus = self.hasFocus()
        painter.setBrush(look.color("accent" if focus else "surface"))
        painter.setPen(look.color("accent"))
        pen = painter.pen()
        pen.setWidthF(2.0 * look.scale)
        painter.setPen(pen)
        painter.drawEllipse(QPointF(x, groove.center().y()), size, size)
        painter.end()

    def _paint_view(self, painter: QPainter, groove: QRectF) -> None:
        """A lighter stretch where the plots are zoomed in."""
        t0, t1 = self._view
        if t1 - t0 >= self.maximum() / 1000 - 0.01:
            return
        painter.setBrush(self._look.color("accent", 0.28))
        stretch = QRectF(self.x_of(t0), groove.top(), self.x_of(t1) - self.x_of(t0), 0)
        stretch.setHeight(groove.height())
        painter.drawRoundedRect(stretch.adjusted(0, -2, 0, 2), 3, 3)

    def _paint_flag(self, painter: QPainter, marker: Marker, groove: QRectF) -> None:
        look, x = self._look, self.x_of(marker.t)
        top, side = groove.top() - look.px(15), look.px(9)
        painter.setBrush(look.color("accent_hover" if marker is self._over else "accent"))
        painter.drawRect(QRectF(x - 0.75, top, 1.5, groove.top() - top))
        corners = [
            QPointF(x, top),
            QPointF(x + side, top + side * 0.42),
            QPointF(x, top + side * 0.84),
        ]
        painter.drawPolygon(QPolygonF(corners))
