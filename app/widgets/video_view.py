"""The picture with the face outlined, and over the face what the network looks at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QImage,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from aimanet.types import BBox
from app.link import Picture
from app.look import DARK, Look
from app.widgets.pills import Pills

_HEAT = np.array(
    [[20, 60, 140, 0], [40, 150, 190, 70], [250, 190, 60, 130], [255, 80, 60, 185]], float
)
"""Colours (red, green, blue, opacity) from what the mask leaves out to what it picks."""


class VideoView(QWidget):
    """Shows ``Picture``s with their aspect kept; words in their place while there is none.

    ``shown`` carries each picture once it has been painted; ``face_chosen`` the box of the face
    that was clicked, where it is not the one being read.
    """

    shown = Signal(object)
    face_chosen = Signal(tuple)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Camera picture")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self._look = DARK
        self._picture: Picture | None = None
        self._painted: Picture | None = None
        self._image = QImage()
        self._heat = QImage()
        self._title, self._hint = "", ""
        self._tag = ""
        self._pills = Pills(self)
        self._role = "wait"

    @property
    def picture(self) -> Picture | None:
        """What is shown."""
        return self._picture

    @property
    def heat_shown(self) -> bool:
        """Whether a mask lies over the face."""
        return not self._heat.isNull()

    @property
    def words(self) -> str:
        """The title written over the picture, empty for none."""
        return self._title

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        self._look = look
        self.setMinimumSize(look.px(320), look.px(200))
        self.update()

    def sizeHint(self) -> QSize:
        """The size that shows it well."""
        return QSize(self._look.px(760), self._look.px(460))

    def show_picture(self, picture: Picture) -> None:
        """Show ``picture``.

        Its pixels are brought into the screen's own layout once, which costs far less than
        having Qt do it while it scales.
        """
        self._picture = picture
        height, width, _ = picture.image.shape
        pixels = np.ascontiguousarray(picture.image)
        view = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        self._image = view.convertToFormat(QImage.Format.Format_RGB32)
        self.update()

    def show_mask(self, mask: NDArray[np.floating] | None) -> None:
        """Lay ``mask`` (h, w) over the face; None takes it away."""
        if mask is None and self._heat.isNull():
            return
        self._heat = QImage() if mask is None else heat_image(mask)
        self.update()

    def show_words(self, title: str, hint: str = "") -> None:
        """Words in the middle; over a picture that is then dimmed. Empty for none."""
        self._title, self._hint = title, hint
        self.update()

    def show_tag(self, words: str) -> None:
        """A few words in the corner: what is being shown."""
        self._tag = words
        self.update()

    def show_role(self, role: str) -> None:
        """The outline takes the colour of the number's state."""
        if role != self._role:
            self._role = role
            self.update()

    def clear(self) -> None:
        """No picture."""
        self._picture = self._painted = None
        self._image, self._heat = QImage(), QImage()
        self.update()

    def picture_rect(self) -> QRectF:
        """Where the picture lies in the widget: centred, aspect kept."""
        if self._image.isNull():
            return QRectF(self.rect())
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        left, top = (self.width() - size.width()) / 2, (self.height() - size.height()) / 2
        return QRectF(left, top, size.width(), size.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
        )
        frame = QPainterPath()
        radius = self._look.px(12)
        frame.addRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        painter.fillPath(frame, self._look.color("surface"))
        if not self._image.isNull():
            self._paint_picture(painter)
        painter.setPen(QPen(self._look.color("line"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(frame)
        if self._title:
            self._paint_words(painter, frame)
        else:
            self._paint_pills(painter)
        painter.end()
        if self._picture is not None and self._picture is not self._painted:
            self._painted = self._picture
            self.shown.emit(self._picture)

    def _paint_picture(self, painter: QPainter) -> None:
        target = self.picture_rect()
        rounded = QPainterPath()
        radius = self._look.px(12)
        rounded.addRoundedRect(target, radius, radius)
        painter.save()
        painter.setClipPath(rounded)
        painter.drawImage(target, self._image)
        if self._picture is not None and self._picture.bbox is not None:
            face = self._face_rect(target, self._picture.bbox)
            if not self._heat.isNull():
                painter.drawImage(face, self._heat)
            inset = 3 * self._look.scale
            inside = face.intersected(target.adjusted(inset, inset, -inset, -inset))
            if not self._title:
                self._paint_outline(painter, inside, self._role)
        if self._picture is not None and not self._title:
            for other in self._picture.others:
                self._paint_outline(painter, self._face_rect(target, other), "muted")
        painter.restore()

    def other_face_at(self, at: QPointF) -> BBox | None:
        """The box of a face that is not read, at a place of the widget."""
        if self._picture is None or self._title:
            return None
        target = self.picture_rect()
        boxes = self._picture.others
        return next((box for box in boxes if self._face_rect(target, box).contains(at)), None)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """A face that can be chosen looks like it."""
        choice = self.other_face_at(event.position())
        self.setCursor(
            Qt.CursorShape.ArrowCursor if choice is None else Qt.CursorShape.PointingHandCursor
        )
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose the face that was clicked."""
        choice = self.other_face_at(event.position())
        if choice is not None and event.button() is Qt.MouseButton.LeftButton:
            self.face_chosen.emit(choice)
        super().mouseReleaseEvent(event)

    def _face_rect(self, target: QRectF, bbox: BBox) -> QRectF:
        k = target.width() / self._image.width()
        x, y, w, h = bbox
        return QRectF(target.left() + x * k, target.top() + y * k, w * k, h * k)

    def _paint_outline(self, painter: QPainter, face: QRectF, role: str) -> None:
        """Corners only: a full frame would hide what it is about."""
        arm = min(face.width(), face.height()) * 0.16
        corners = QPainterPath()
        for corner, dx, dy in (
            (face.topLeft(), arm, arm),
            (face.topRight(), -arm, arm),
            (face.bottomLeft(), arm, -arm),
            (face.bottomRight(), -arm, -arm),
        ):
            corners.moveTo(corner + QPointF(dx, 0))
            corners.lineTo(corner)
            corners.lineTo(corner + QPointF(0, dy))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for width, color in ((5.0, self._shade(0.35)), (2.4, DARK.color(role))):
            pen = QPen(color, width * self._look.scale)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            painter.drawPath(corners)

    def _shade(self, alpha: float) -> QColor:
        return DARK.color("background", alpha)

    def _paint_words(self, painter: QPainter, frame: QPainterPath) -> None:
        look, over_picture = self._look, not self._image.isNull()
        if over_picture:
            painter.fillPath(frame, look.color("background", 0.78))
        middle = QRectF(self.rect()).adjusted(look.px(32), 0, -look.px(32), 0)
        painter.setFont(look.font(20, QFont.Weight.DemiBold))
        painter.setPen(look.color("text"))
        upper = QRectF(middle.left(), 0, middle.width(), self.height() / 2 - look.px(2))
        lower = QRectF(
            middle.left(), self.height() / 2 + look.px(6), middle.width(), self.height() / 2
        )
        wrap = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignHCenter)
        painter.drawText(upper, wrap | int(Qt.AlignmentFlag.AlignBottom), self._title)
        painter.setFont(look.font(13))
        painter.setPen(look.color("muted"))
        painter.drawText(lower, wrap | int(Qt.AlignmentFlag.AlignTop), self._hint)

    def _paint_pills(self, painter: QPainter) -> None:
        """The source at the top; at the bottom what to do about further faces."""
        target, edge = self.picture_rect(), self._look.px(12)
        if self._tag:
            pill = self._pills.pixmap(self._tag, self._look, int(target.width()))
            painter.drawPixmap(QPointF(target.left() + edge, target.top() + edge), pill)
        if words := self._words_on_faces():
            pill = self._pills.pixmap(words, self._look, int(target.width()))
            below = target.bottom() - edge - pill.deviceIndependentSize().height()
            painter.drawPixmap(QPointF(target.left() + edge, below), pill)

    def _words_on_faces(self) -> str:
        others = self._picture.others if self._picture is not None else ()
        if not others:
            return ""
        one = "the other one" if len(others) == 1 else "another one"
        return f"{len(others) + 1} faces: the bright outline is read. Click {one} to read it."


def heat_image(mask: NDArray[np.floating]) -> QImage:
    """A translucent heat picture of ``mask`` (h, w), scaled to the mask's own range."""
    low, high = float(np.min(mask)), float(np.max(mask))
    level = (np.asarray(mask, float) - low) / (high - low) if high > low else np.zeros(mask.shape)
    stops = np.linspace(0.0, 1.0, len(_HEAT))
    rgba = np.stack([np.interp(level, stops, _HEAT[:, k]) for k in range(4)], axis=-1)
    pixels = np.ascontiguousarray(rgba.round().astype(np.uint8))
    height, width = mask.shape
    view = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
    return view.copy()  # the copy owns its pixels
