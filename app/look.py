"""Colours, sizes and the style sheet of the window, dark and light."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from string import Template

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette

_ASSETS = Path(__file__).parent / "assets"


@dataclass(frozen=True, slots=True)
class Look:
    """One theme at one size. Colours are ``#rrggbb``; ``scale`` multiplies every length.

    ``ok``, ``wait``, ``warn`` and ``bad`` tell states apart and always stand beside words.
    """

    name: str
    background: str
    surface: str
    raised: str
    line: str
    text: str
    muted: str
    faint: str
    accent: str
    accent_hover: str
    on_accent: str
    pulse: str
    ok: str
    wait: str
    warn: str
    bad: str
    scale: float = 1.0

    def px(self, length: float) -> int:
        """A length designed for a 1280x720 window, in pixels of this one."""
        return max(1, round(length * self.scale))

    def color(self, role: str, alpha: float = 1.0) -> QColor:
        """The colour called ``role`` with an opacity of 0-1."""
        color = QColor(getattr(self, role))
        color.setAlphaF(alpha)
        return color

    def font(self, size: float, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
        """The system's font at ``size`` design pixels, figures of equal width."""
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
        font.setPixelSize(self.px(size))
        font.setWeight(weight)
        font.setFeature(QFont.Tag("tnum"), 1)
        return font

    def scaled(self, scale: float) -> Look:
        """The same theme at another size."""
        return replace(self, scale=scale)


DARK = Look(
    name="dark",
    background="#0d1216",
    surface="#141b21",
    raised="#1c252d",
    line="#27323c",
    text="#e9eef2",
    muted="#93a1ae",
    faint="#61707d",
    accent="#38c8b1",
    accent_hover="#55d8c3",
    on_accent="#04231f",
    pulse="#ff6f80",
    ok="#45d6a4",
    wait="#7bb0ff",
    warn="#f3b955",
    bad="#ff8078",
)

LIGHT = Look(
    name="light",
    background="#eef2f4",
    surface="#ffffff",
    raised="#f4f7f8",
    line="#d8e0e5",
    text="#16212a",
    muted="#536371",
    faint="#8795a1",
    accent="#0a7f70",
    accent_hover="#0b9482",
    on_accent="#ffffff",
    pulse="#cb2a46",
    ok="#0a7d57",
    wait="#2460c0",
    warn="#8f5a00",
    bad="#bb3329",
)

_STEPS = ((2.6, 2.5), (2.1, 2.0), (1.7, 1.6), (1.3, 1.25))

_TIGHT = (1000, 620)
"""A window of less than this (width, height) has no room for text and controls at full size."""

_SMALL, _SMALLEST = 0.9, 0.8


def scale_for(width: int, height: int) -> float:
    """Size of text and controls for a window of ``width`` x ``height`` logical pixels.

    In steps, because each change restyles the whole window. 1.0 up to about 1600x900;
    2.5 where the window fills a 4K screen that the system does not enlarge; less than 1.0 on
    a small screen that the system enlarges, so that all of the window fits.
    """
    tight = min(width / _TIGHT[0], height / _TIGHT[1])
    if tight < 1.0:
        return _SMALL if tight >= _SMALL else _SMALLEST
    room = min(width / 1280, height / 720)
    return next((scale for limit, scale in _STEPS if room >= limit), 1.0)


def look_for(theme: str) -> Look:
    """The look of ``theme`` (dark, light, or system: what the desktop prefers)."""
    if theme in ("dark", "light"):
        return DARK if theme == "dark" else LIGHT
    scheme = QGuiApplication.styleHints().colorScheme()
    return LIGHT if scheme == Qt.ColorScheme.Light else DARK


def palette(look: Look) -> QPalette:
    """For what a style sheet does not reach: file dialogs, tool tips, selections."""
    roles = {
        QPalette.ColorRole.Window: look.background,
        QPalette.ColorRole.WindowText: look.text,
        QPalette.ColorRole.Base: look.surface,
        QPalette.ColorRole.AlternateBase: look.raised,
        QPalette.ColorRole.Text: look.text,
        QPalette.ColorRole.PlaceholderText: look.faint,
        QPalette.ColorRole.Button: look.raised,
        QPalette.ColorRole.ButtonText: look.text,
        QPalette.ColorRole.ToolTipBase: look.raised,
        QPalette.ColorRole.ToolTipText: look.text,
        QPalette.ColorRole.Highlight: look.accent,
        QPalette.ColorRole.HighlightedText: look.on_accent,
        QPalette.ColorRole.Accent: look.accent,
        QPalette.ColorRole.Link: look.accent,
    }
    result = QPalette()
    for role, color in roles.items():
        result.setColor(role, QColor(color))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, role, QColor(look.faint))
    return result


def style_sheet(look: Look) -> str:
    """The window's style sheet with colours and ``<number>px`` lengths filled in."""
    template = Template((_ASSETS / "style.qss").read_text(encoding="utf-8"))
    colors = {name: getattr(look, name) for name in Look.__slots__ if name != "scale"}
    lengths = {f"p{n}": f"{look.px(n)}px" for n in range(1, 65)}
    chevron = (_ASSETS / "chevron.svg").as_posix()
    check = (_ASSETS / f"check-{look.name}.svg").as_posix()
    return template.substitute(colors, **lengths, chevron=chevron, check=check)
