"""The style of what only the sessions page has: tables, tabs, spin boxes, progress."""

from __future__ import annotations

from pathlib import Path
from string import Template

from app.look import Look

_SHEET = Path(__file__).parent / "assets" / "review.qss"


def review_sheet(look: Look) -> str:
    """A style sheet for the page and its dialogs, on top of the window's."""
    template = Template(_SHEET.read_text(encoding="utf-8"))
    colors = {name: getattr(look, name) for name in Look.__slots__ if name != "scale"}
    lengths = {f"p{n}": f"{look.px(n)}px" for n in range(1, 65)}
    return template.substitute(colors, **lengths)


_CURVES = {
    "dark": ("#7bb0ff", "#f3b955", "#b792f5", "#45d6a4", "#ff9ed2", "#9fd0d8"),
    "light": ("#2460c0", "#a86500", "#7a3fc0", "#0a7d57", "#b8327f", "#2f7683"),
}


def curve_color(look: Look, number: int) -> str:
    """The colour of the re-analysis with this number; they repeat after six."""
    colors = _CURVES[look.name]
    return colors[number % len(colors)]
