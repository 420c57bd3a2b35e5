"""PNG: the session on one page of paper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from aimanet.evaluation.canvas import PAPER, STYLE
from aimanet.sessions.export.drawing import (
    Draw,
    Material,
    agreement,
    dress,
    errors,
    heart_rate,
    pulse,
    signal,
)
from aimanet.sessions.export.facts import comparison, facts, key_figures, title
from aimanet.sessions.export.job import Tick
from aimanet.sessions.reader import Session
from aimanet.words import CLAIM

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 150
WIDTH_IN = 8.27
HEIGHTS_IN = {True: 11.69, False: 9.0}
"""A4 where there is a sensor to compare with, less without."""


def write(session: Session, stage: Path, stem: str, tick: Tick) -> list[Path]:
    """``STEM.png``."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    material = Material.of(session)
    tick(0.2)
    compared = material.found is not None and len(material.found.t) > 0
    path = stage / f"{stem}.png"
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_IN, HEIGHTS_IN[compared]), facecolor=PAPER.paper)
        FigureCanvasAgg(figure)
        _heading(figure, material)
        _plots(figure, material, compared)
        _footing(figure, material)
        tick(0.6)
        with path.open("wb") as file:
            figure.savefig(file, format="png", dpi=DPI)
    return [path]


def _write(figure: Figure, x: float, inches: float, text: str, **style: Any) -> None:
    """Text at ``x`` of the width, ``inches`` below the top."""
    height = figure.get_figheight()
    style.setdefault("color", PAPER.ink)
    drawn = "".join(c if c.isprintable() else " " for c in text)
    figure.text(x, 1.0 - inches / height, drawn, va="baseline", parse_math=False, **style)


def _heading(figure: Figure, material: Material) -> None:
    _write(figure, 0.08, 0.62, _cut(title(material.session), 56), fontsize=17, fontweight="bold")
    about = dict(facts(material.session))
    line = " · ".join(about[key] for key in ("recorded", "participant", "method") if key in about)
    _write(figure, 0.08, 0.86, _cut(line, 108), fontsize=9, color=PAPER.muted)
    for k, (value, unit, what) in enumerate(key_figures(material)):
        x = 0.08 + 0.22 * k
        _write(figure, x, 1.42, value, fontsize=22, fontweight="bold",
               color=PAPER.accent if k == 0 else PAPER.ink)  # fmt: skip
        _write(figure, x, 1.62, f"{unit} {what}".strip(), fontsize=8.5, color=PAPER.muted)


def _plots(figure: Figure, material: Material, compared: bool) -> None:
    rows: list[tuple[Draw, ...]] = [(heart_rate,), (pulse,), (signal,)]
    rows += [(errors, agreement)] if compared else []
    height = figure.get_figheight()
    top, bottom = 1.0 - 2.05 / height, 1.3 / height
    ratios = [1.35, 1.0, 0.8, 1.35][: len(rows)]
    grid = figure.add_gridspec(
        len(rows), 20, left=0.09, right=0.95, top=top, bottom=bottom, hspace=0.48,
        height_ratios=ratios,
    )  # fmt: skip
    for k, row in enumerate(rows):
        parts = [slice(0, 20)] if len(row) == 1 else [slice(0, 10), slice(12, 19)]
        for draw, part in zip(row, parts, strict=True):
            ax = figure.add_subplot(grid[k, part])
            dress(ax, PAPER)
            draw(ax, material, PAPER)


def _footing(figure: Figure, material: Material) -> None:
    height = figure.get_figheight()
    line = " · ".join(f"{name} {value}" for name, value in comparison(material)[1:])
    if line:
        _write(figure, 0.08, height - 0.52, line, fontsize=8.5)
    lost = "; ".join(one.problem for one in material.session.footage if one.problem)
    if lost:
        _write(figure, 0.08, height - 0.74, _cut(lost, 120), fontsize=8.5, color=PAPER.accent)
    _write(figure, 0.08, height - 0.3, CLAIM, fontsize=8, color=PAPER.muted)


def _cut(text: str, length: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1] + "…"
