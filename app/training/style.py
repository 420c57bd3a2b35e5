"""The style of what the training page has beside the window's own: tables, tabs, numbers, log."""

from __future__ import annotations

from pathlib import Path
from string import Template

from app.look import Look

_SHEET = Path(__file__).parent / "assets" / "training.qss"


def training_sheet(look: Look) -> str:
    """A style sheet for the page and its dialogs, on top of the window's."""
    template = Template(_SHEET.read_text(encoding="utf-8"))
    colors = {name: getattr(look, name) for name in Look.__slots__ if name != "scale"}
    lengths = {f"p{n}": f"{look.px(n)}px" for n in range(1, 65)}
    chevron = (_SHEET.parents[2] / "assets" / "chevron.svg").as_posix()
    return template.substitute(colors, **lengths, chevron=chevron)
