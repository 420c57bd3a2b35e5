"""What our three plots have in common: a card with a caption, and pyqtgraph's plot in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyqtgraph as pg
from PySide6.QtCore import QMarginsF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QGraphicsItem,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedLayout,
    QStyleOptionGraphicsItem,
    QVBoxLayout,
    QWidget,
)

from aimanet.types import Reading
from app.look import DARK, Look
from app.widgets.picture import PictureMenu

_GRID = 0.75
"""Opacity of the lines behind the curve."""


class Plot(QFrame):
    """A card with a caption and one curve, or words while there is nothing to draw.

    ``graph`` shows fixed ranges and takes no part in mouse or keyboard. Subclasses add their
    items to it, choose ranges and ticks, and colour the items in ``color_items``.
    """

    def __init__(self, caption: str, empty: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", "true")
        self.setAccessibleName(caption)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.look: Look = DARK
        self.dim = True
        self._axes = {side: _Axis(side) for side in ("left", "bottom")}
        self.graph = pg.PlotWidget(enableMenu=False, axisItems=self._axes)
        self._empty = _label("muted", empty)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._note = _label("small")
        self._quiet_down()
        self._lay_out(caption)
        self.menu = PictureMenu(self, caption.partition(",")[0])

    def _quiet_down(self) -> None:
        """Nothing moves but what we move, and clicks and drops go to the window."""
        plot = self.graph.getPlotItem()
        plot.hideButtons()
        plot.hideAxis("left")
        plot.setMouseEnabled(x=False, y=False)
        plot.disableAutoRange()
        for axis in self._axes.values():
            axis.setZValue(-1000)  # the curve lies over the lines, not under them
        self.graph.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.graph.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.graph.setAcceptDrops(False)
        self.graph.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)

    def _lay_out(self, caption: str) -> None:
        self._head, self._stack = QHBoxLayout(), QStackedLayout()
        self._head.addWidget(_label("caption", caption))
        self._head.addStretch()
        self._head.addWidget(self._note)
        self._rows = QVBoxLayout(self)
        self._rows.setSpacing(0)
        self._rows.addLayout(self._head)
        self._rows.addLayout(self._stack, 1)
        # Only now: a stack that belongs to nobody shows its first widget as a window.
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.graph)

    @property
    def note(self) -> str:
        """A few words opposite the caption."""
        return self._note.text()

    @note.setter
    def note(self, words: str) -> None:
        self._note.setText(words)

    @property
    def is_empty(self) -> bool:
        """Words stand in place of the curve."""
        return self._stack.currentWidget() is self._empty

    def sizeHint(self) -> QSize:
        """The size that shows it well."""
        return QSize(self.look.px(360), self.look.px(150))

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        self.look = look
        px = look.px
        self.setMinimumHeight(px(96))
        self._rows.setContentsMargins(1, px(9), 1, px(5))
        self._head.setContentsMargins(px(15), 0, px(15), 0)
        self.graph.setBackground(look.color("surface"))
        self.graph.getPlotItem().layout.setContentsMargins(px(22), px(9), px(32), 0)
        for axis in self._axes.values():
            axis.apply_look(look)
        self.color_items()

    def show_levels(self) -> None:
        """Draw the left axis too."""
        self.graph.getPlotItem().showAxis("left")

    def set_ticks(self, side: str, ticks: Sequence[tuple[float, str]]) -> None:
        """Lines at values, with words; the only ones at ``side`` (left or bottom)."""
        self._axes[side].setTicks([ticks])

    def set_empty(self, empty: bool) -> None:
        """Show words in place of the curve, or the curve."""
        self._stack.setCurrentWidget(self._empty if empty else self.graph)

    def set_dim(self, dim: bool) -> None:
        """Take the colour away from what is not trusted, or not of now."""
        if dim != self.dim:
            self.dim = dim
            self.color_items()

    def rest(self) -> None:
        """Nothing new comes: the curve stays, without colour."""
        self.set_dim(True)

    def show_reading(self, reading: Reading) -> None:
        """For subclasses: draw ``reading``."""
        raise NotImplementedError

    def clear(self) -> None:
        """For subclasses: forget everything."""
        raise NotImplementedError

    def color_items(self) -> None:
        """For subclasses: pens and brushes of ``look``, the lively ones unless ``dim``."""
        raise NotImplementedError


class _Axis(pg.AxisItem):
    """An axis of our colours, whose words may reach past its two ends."""

    def __init__(self, side: str) -> None:
        super().__init__(side, maxTickLength=0)
        self._reach = QMarginsF()
        self.setStyle(autoExpandTextSpace=False, autoReduceTextSpace=False)
        self.setPen(None)
        self.setGrid(255)

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        along, across = look.px(30), look.px(8)
        self._reach = QMarginsF(along, across, along, across)
        offset = look.px(6 if self.orientation == "left" else 4)
        self.setStyle(tickFont=look.font(11), tickTextOffset=offset, tickAlpha=_GRID)
        self.setTickPen(pg.mkPen(look.color("line")))
        self.setTextPen(look.color("muted"))
        if self.orientation == "left":
            self.setWidth(look.px(20))
        else:
            self.setHeight(look.px(20))

    def boundingRect(self) -> QRectF:
        """With room for words at the ends, which pyqtgraph would leave out."""
        return super().boundingRect().marginsAdded(self._reach)


def _label(role: str, words: str = "") -> QLabel:
    label = QLabel(words)
    label.setProperty("role", role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


class Discs(QGraphicsItem):
    """Concentric discs around one point, which ``setPos`` moves; their size is in pixels.

    pyqtgraph's own points cost a third of a plot's drawing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self._discs: list[tuple[float, QBrush]] = []
        self._reach = 0.0

    def set_discs(self, discs: Iterable[tuple[float, QColor]]) -> None:
        """Diameters and colours, the lowest first."""
        self.prepareGeometryChange()
        self._discs = [(size / 2, QBrush(color)) for size, color in discs]
        self._reach = max((radius for radius, _ in self._discs), default=0.0) + 1.0
        self.update()

    def boundingRect(self) -> QRectF:
        """The largest disc, with room for its soft edge."""
        return QRectF(-self._reach, -self._reach, 2 * self._reach, 2 * self._reach)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Draw them."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for radius, brush in self._discs:
            painter.setBrush(brush)
            painter.drawEllipse(QPointF(0.0, 0.0), radius, radius)
