"""Drawings of the sessions page: strokes on a 64x64 field."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

_STROKES = {
    "wave": '<path d="M3 34h13l5-10 7 22 9-36 7 24h17"/>',
    "search": '<circle cx="28" cy="28" r="16"/><path d="M40 40l14 14"/>',
    "waiting": '<circle cx="16" cy="32" r="2"/><circle cx="32" cy="32" r="2"/>'
    '<circle cx="48" cy="32" r="2"/>',
    "back": '<path d="M40 14L22 32l18 18"/>',
    "play": '<path fill="C" d="M20 14v36l30-18z"/>',
    "pause": '<path stroke-width="9" d="M22 17v30M42 17v30"/>',
    "previous": '<path fill="C" d="M46 16v32L24 32z"/><path stroke-width="5" d="M18 16v32"/>',
    "next": '<path fill="C" d="M18 16v32l22-16z"/><path stroke-width="5" d="M46 16v32"/>',
    "more": '<path stroke-width="7" d="M16 32h.1M32 32h.1M48 32h.1"/>',
    "export": '<path d="M32 40V10M20 22l12-12 12 12M12 38v14h40V38"/>',
    "sensor": '<path d="M8 34h12l5-14 9 30 6-16h16"/>',
}


def drawing(name: str, color: QColor, side: int) -> QPixmap:
    """The drawing ``name`` as a picture of ``side`` px, sharp at twice the density too."""
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" fill="none" stroke="C" '
        'stroke-width="4.5" stroke-linecap="round" stroke-linejoin="round">'
        f"{_STROKES[name]}</svg>"
    ).replace('"C"', f'"{color.name()}"')
    pixmap = QPixmap(2 * side, 2 * side)
    pixmap.setDevicePixelRatio(2.0)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, side, side))
    painter.end()
    return pixmap


def drawn_icon(name: str, color: QColor, side: int) -> QIcon:
    """The same as an icon."""
    return QIcon(drawing(name, color, side))
