"""Our icons: a few strokes each, drawn in a colour of the look."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

_STROKES = {
    "play": '<path fill="C" d="M8 5.8v12.4l10.4-6.2z"/>',
    "stop": '<rect fill="C" x="6.5" y="6.5" width="11" height="11" rx="1.5"/>',
    "refresh": '<path d="M19.6 13.4A7.8 7.8 0 1 1 17.4 6.4L20 8.8"/><path d="M20 4.2v4.6h-4.6"/>',
    "camera": '<rect x="2.8" y="7" width="12.6" height="10" rx="2.2"/>'
    '<path d="M15.4 11.2l5.8-3.2v8l-5.8-3.2z"/>',
    "file": '<path d="M6 3.2h8l4.2 4.2v13.4H6z"/><path d="M13.8 3.4v4.2h4.2"/>',
    "folder": '<path d="M3 18.6V5.8h6.2l2 2.4H21v10.4z"/>',
    "network": '<circle cx="12" cy="12" r="8.8"/><path d="M3.2 12h17.6M12 3.2c3.4 3.4 3.4 14.2 0 '
    '17.6M12 3.2c-3.4 3.4-3.4 14.2 0 17.6"/>',
    "demo": '<circle cx="12" cy="12" r="8.8"/><path d="M8.4 14.4c1.6 2.6 5.6 2.6 7.2 0"/>'
    '<path stroke-width="2.6" d="M9 9.6v.1M15 9.6v.1"/>',
    "close": '<path d="M6.5 6.5l11 11M17.5 6.5l-11 11"/>',
    "overlay": '<circle cx="12" cy="12" r="3.2"/><path d="M2.6 12c4.4-7.4 14.4-7.4 18.8 0'
    '-4.4 7.4-14.4 7.4-18.8 0z"/>',
    "record": '<circle fill="C" stroke="none" cx="12" cy="12" r="7.2"/>',
    "flag": '<path d="M6 21V4"/><path d="M6 4.6h12.4l-3 4.2 3 4.2H6"/>',
    "info": '<circle cx="12" cy="12" r="8.8"/><path d="M12 11v5.4M12 7.6v.1"/>',
    "warning": '<path d="M12 4l9 15.6H3z"/><path d="M12 10v4.4M12 17v.1"/>',
    "error": '<circle cx="12" cy="12" r="8.8"/><path d="M12 7.4v5.4M12 16.2v.1"/>',
}

_MARK = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">
<rect x="2" y="2" width="60" height="60" rx="15" fill="#12302d"/>
<path d="M8 35h11l5-9 6 21 8-33 6 21h12" fill="none" stroke="#ff6f80" stroke-width="5"
 stroke-linecap="round" stroke-linejoin="round"/></svg>"""


def icon(name: str, color: QColor, size: int = 20) -> QIcon:
    """The icon ``name`` in ``color``, sharp up to three device pixels a pixel."""
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="C" '
        'stroke-width="1.9" stroke-linecap="round" stroke-linejoin="round">'
        f"{_STROKES[name]}</svg>"
    ).replace('"C"', f'"{color.name()}"')
    return _rendered(svg, [size, 2 * size, 3 * size])


def app_icon() -> QIcon:
    """The mark of the program."""
    return _rendered(_MARK, [16, 32, 64, 128, 256])


def _rendered(svg: str, sizes: list[int]) -> QIcon:
    renderer = QSvgRenderer(QByteArray(svg.encode()))
    result = QIcon()
    for size in sizes:
        pixmap = QPixmap(size, size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        renderer.render(painter, QRectF(0, 0, size, size))
        painter.end()
        result.addPixmap(pixmap)
    return result
