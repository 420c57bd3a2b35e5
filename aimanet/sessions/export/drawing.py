"""The plots of a session: for one page as PNG, and for a page of HTML.

matplotlib is imported when something is drawn, and without pyplot: no global state, no display.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aimanet.estimate import PulseConfig
from aimanet.evaluation.canvas import PAGE, STYLE, Colours
from aimanet.pulse import bandpass
from aimanet.sessions.reader import Session, Signal
from aimanet.sessions.reference_compare import ReferenceComparison, compare_reference, sensor_curve
from aimanet.words import trusted_bpm

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ZOOM_S = 12.0
POINTS = 1500
"""A line of more points is thinned out: paper and screens show no more."""
HOLE_S = 3.0
SENSOR = "#3f86cf"
"""Blue, which reads on white and on black."""
POOR = 0.28
"""How strongly readings are drawn that were not shown as good."""


@dataclass(frozen=True, slots=True)
class Material:
    """A session and how it compares with its sensor, worked out once."""

    session: Session
    found: ReferenceComparison | None

    @classmethod
    def of(cls, session: Session) -> Material:
        """Compares where there is a reference."""
        return cls(session, compare_reference(session))


Draw = Callable[["Axes", Material, Colours], None]


def heart_rate(ax: Axes, material: Material, colours: Colours) -> None:
    """The readings that are trusted over time, beside the sensor's rate."""
    session = material.session
    t = np.array([r.t for r in session.readings])
    rate = np.array([trusted_bpm(r) for r in session.readings], np.float64)
    if session.reference is not None:
        window_s = session.info.window_s or 10.0
        sensor_t, sensor = sensor_curve(session.reference, window_s)
        here = (sensor_t >= 0) & (sensor_t <= session.duration_s)
        _line(ax, sensor_t[here], sensor[here], SENSOR, 2.2, alpha=0.75)
    if np.isfinite(rate).any():
        _line(ax, t, rate, colours.accent, 1.6)
        _around(ax, rate[np.isfinite(rate)], 8.0)
    names = [("camera", colours.accent)]
    names += [("sensor", SENSOR)] if session.reference is not None else []
    _legend(ax, names)
    _markers(ax, session, colours)
    _time_axis(ax, session)
    ax.set_ylabel("heart rate, BPM")


def pulse(ax: Axes, material: Material, colours: Colours) -> None:
    """The clearest seconds of the wave, the sensor's beside it through the same filter."""
    session = material.session
    begin = clearest(session)
    reference, names = session.reference, [("camera", colours.accent)]
    if reference is not None and np.isfinite(reference.ppg).any():
        times, wave = _like_camera(reference.t, reference.ppg, begin)
        if len(times):
            ax.plot(times, wave + 2.6, color=SENSOR, lw=1.5)
            names.append(("sensor", SENSOR))
    inside = (session.bvp_t >= begin) & (session.bvp_t <= begin + ZOOM_S)
    times, wave = session.bvp_t[inside], session.bvp[inside]
    if len(wave):
        _line(ax, times, _unit(wave), colours.accent, 1.6, hole_s=0.5)
    ax.set_xlim(begin, begin + ZOOM_S)
    ax.set_yticks([])
    ax.set_ylabel("pulse")
    ax.set_xlabel("time, s")
    _legend(ax, names)


def signal(ax: Axes, material: Material, colours: Colours) -> None:
    """The signal-to-noise ratio over time."""
    session = material.session
    told = [(r.t, r.snr_db) for r in session.readings if r.snr_db is not None]
    t, snr = np.array(told, np.float64).reshape(-1, 2).T
    if len(t):
        _line(ax, t, snr, colours.ink, 1.3, alpha=0.8)
    ax.axhline(0.0, color=colours.muted, lw=0.8)
    _time_axis(ax, session)
    ax.set_ylabel("signal to noise, dB")


def errors(ax: Axes, material: Material, colours: Colours) -> None:
    """Camera minus sensor over time."""
    found = material.found
    if found is not None and len(found.t):
        ok = found.ok
        _dots(ax, found.t[~ok], found.error_bpm[~ok], colours.accent, POOR)
        _dots(ax, found.t[ok], found.error_bpm[ok], colours.accent, 0.7)
        reach = max(3.0, 1.15 * float(np.abs(found.error_bpm[ok]).max()) if ok.any() else 3.0)
        ax.set_ylim(-reach, reach)
    ax.axhline(0.0, color=colours.muted, lw=1.0)
    _time_axis(ax, material.session)
    ax.set_ylabel("camera − sensor, BPM")


def agreement(ax: Axes, material: Material, colours: Colours) -> None:
    """Bland-Altman plot of the good readings: difference over mean, bias and 95 % limits."""
    found = material.found
    if found is None or not found.ok.any():
        return
    shown, measured = found.camera_bpm[found.ok], found.sensor_bpm[found.ok]
    _dots(ax, (shown + measured) / 2.0, shown - measured, colours.accent, 0.5)
    limits = found.agreement
    lines = [(limits.low_bpm, (0, (5, 3))), (limits.bias_bpm, "-"), (limits.high_bpm, (0, (5, 3)))]
    known = [line for line in lines if np.isfinite(line[0])]
    for at, style in known:
        ax.axhline(at, color=colours.muted, lw=1.0, ls=style, zorder=1)
    reach = 1.15 * max(3.0, *np.abs(shown - measured), *(abs(at) for at, _ in known))
    ax.set_ylim(-reach, reach)
    low, high = float(np.min(shown + measured)) / 2, float(np.max(shown + measured)) / 2
    margin = max(2.0, 5.0 - 0.5 * (high - low))
    ax.set_xlim(low - margin, high + margin)
    places = [at for at, _ in known]
    if len(places) == 3:  # pushed apart, so that none covers another
        gap = 0.15 * reach
        middle = places[1]
        places = [min(places[0], middle - gap), middle, max(places[2], middle + gap)]
    for (at, _), place in zip(known, places, strict=True):
        ax.annotate(
            f"{at:+.1f}".replace("-", "−"), (1.0, place), (4, 0), va="center",
            xycoords=ax.get_yaxis_transform(), textcoords="offset points", fontsize=8,
            color=colours.muted, annotation_clip=False,
        )  # fmt: skip
    ax.locator_params(nbins=5)
    ax.set_xlabel("mean of camera and sensor, BPM")
    ax.set_ylabel("camera − sensor, BPM")


def clearest(session: Session) -> float:
    """Where the `ZOOM_S` s with the best signal begin."""
    last = max(0.0, session.duration_s - ZOOM_S)
    told = [(r.t, r.snr_db) for r in session.readings if r.snr_db is not None and r.t > ZOOM_S / 2]
    if not told:
        return float(np.clip(session.bvp_t[0], 0.0, last)) if len(session.bvp_t) else 0.0
    best = max(told, key=lambda pair: pair[1])[0]
    return float(np.clip(best - ZOOM_S, 0.0, last))


def render(
    draw: Draw, material: Material, size: tuple[float, float], label: str, prefix: str
) -> str:
    """A plot as an ``<svg>`` element that takes its colours from the page around it.

    Args:
        draw: what to draw.
        material: of what.
        size: width and height in inches.
        label: what a screen reader says; escaped already.
        prefix: makes its ids unique in the page.
    """
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasSVG(figure)
        ax = figure.add_subplot()
        dress(ax, PAGE)
        draw(ax, material, PAGE)
        out = io.BytesIO()
        none: Any = {"Date": None, "Creator": None, "Format": None, "Type": None}
        figure.savefig(out, format="svg", transparent=True, metadata=none)
    return _for_page(out.getvalue().decode("utf-8"), label, prefix)


def _for_page(text: str, label: str, prefix: str) -> str:
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = text[text.index("<svg") :]
    text = re.sub(r' xmlns(:\w+)?="[^"]*"', "", text)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}\1)", text)
    text = re.sub(r'(?:xlink:)?href="#([^"]+)"', rf'href="#{prefix}\1"', text)
    for name in ("ink", "muted", "grid", "accent"):
        text = text.replace(getattr(PAGE, name), f"var(--{name})")
    return text.replace("<svg", f'<svg role="img" aria-label="{label}"', 1).strip()


def dress(ax: Axes, colours: Colours) -> None:
    """Grid, spines and ticks in the page's colours."""
    ax.grid(color=colours.grid, lw=0.7)
    ax.set_axisbelow(True)
    for spine in ax.spines.values():
        spine.set_color(colours.muted)
    ax.tick_params(colors=colours.muted, labelcolor=colours.ink, length=3)
    ax.xaxis.label.set_color(colours.ink)
    ax.yaxis.label.set_color(colours.ink)


def _line(
    ax: Axes, t: Signal, values: Signal, colour: str, width: float, *, alpha: float = 1.0,
    hole_s: float = HOLE_S,
) -> None:  # fmt: skip
    """A line that is broken where nothing is known."""
    if not len(t):
        return
    t, values = _thin(t, values)
    cuts = (
        np.flatnonzero(np.diff(t) > max(hole_s, 3.0 * float(np.median(np.diff(t))))) + 1
        if (len(t) > 1)
        else np.empty(0, int)
    )
    ax.plot(
        np.insert(t, cuts, np.nan), np.insert(values, cuts, np.nan), color=colour, lw=width,
        alpha=alpha, solid_capstyle="round", solid_joinstyle="round",
    )  # fmt: skip


def _thin(t: Signal, values: Signal) -> tuple[Signal, Signal]:
    step = max(1, -(-len(t) // POINTS))
    return t[::step], values[::step]


def _dots(ax: Axes, t: Signal, values: Signal, colour: str, alpha: float) -> None:
    t, values = _thin(t, values)
    ax.scatter(t, values, s=10.0, color=colour, alpha=alpha, linewidths=0, zorder=3)


def _around(ax: Axes, values: Signal, margin: float) -> None:
    low, high = np.percentile(values, (1, 99))
    ax.set_ylim(float(low) - margin, float(high) + margin)


def _legend(ax: Axes, names: list[tuple[str, str]]) -> None:
    """Names in their own colours above the plot."""
    x = 1.0
    for name, colour in reversed(names):
        ax.text(x, 1.02, name, transform=ax.transAxes, ha="right", va="bottom", color=colour,
                fontsize=9, fontweight="bold")  # fmt: skip
        x -= 0.02 + 0.011 * len(name)


def _markers(ax: Axes, session: Session, colours: Colours) -> None:
    for marker in session.markers[:40]:
        ax.axvline(marker.t, color=colours.muted, lw=0.8, ls=(0, (4, 3)))
        if len(session.markers) <= 12:
            name = marker.name if len(marker.name) <= 28 else marker.name[:27] + "…"
            ax.annotate(
                _drawable(name), (marker.t, 1.0), (3, -3), xycoords=ax.get_xaxis_transform(),
                textcoords="offset points", va="top", fontsize=7.5, color=colours.muted,
                rotation=90, parse_math=False,
            )  # fmt: skip


def _drawable(text: str) -> str:
    """Control characters have no picture, and SVG forbids them."""
    return "".join(c if c.isprintable() else " " for c in text)


def _time_axis(ax: Axes, session: Session) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    ax.set_xlim(0.0, max(session.duration_s, 1.0))
    if session.duration_s <= 180.0:
        ax.set_xlabel("time, s")
        return
    steps = [1, 1.2, 1.5, 2, 3, 6, 10] if session.duration_s < 3600 else [1, 1.8, 3.6, 7.2, 9, 10]
    ax.xaxis.set_major_locator(MaxNLocator(nbins=9, steps=steps))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda t, _: clock(t)))
    ax.set_xlabel("time, min:s" if session.duration_s < 3600 else "time, h:min:s")


def clock(t: float) -> str:
    """``1:05`` or ``1:02:05``."""
    minutes, seconds = divmod(round(t), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def _like_camera(t: Signal, wave: Signal, begin: float) -> tuple[Signal, Signal]:
    """The sensor's wave through the live curve's filter, within the seconds that are drawn."""
    good = np.isfinite(wave) & (t >= begin - 8.0) & (t <= begin + ZOOM_S)
    t, wave = t[good], wave[good]
    if len(t) < 16:
        return np.empty(0), np.empty(0)
    fs = 60.0
    grid, band = np.arange(t[0], t[-1], 1.0 / fs), PulseConfig()
    even = np.interp(grid, t, wave)
    even = bandpass(even - even.mean(), fs, band.low_bpm / 60.0, band.high_bpm / 60.0)
    inside = grid >= begin
    return grid[inside], _unit(even[inside])


def _unit(wave: Signal) -> Signal:
    """Within -1 to 1."""
    reach = float(np.abs(wave - wave.mean()).max()) if len(wave) else 0.0
    return (wave - wave.mean()) / reach if reach > 0 else wave
