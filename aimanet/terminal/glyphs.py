"""Big digits, bars and curves out of characters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

BARS = "▁▂▃▄▅▆▇█"

# 3 x 5 pixels a glyph, row by row.
_FONT = {
    "0": "###,#.#,#.#,#.#,###",
    "1": ".#.,##.,.#.,.#.,###",
    "2": "###,..#,###,#..,###",
    "3": "###,..#,.##,..#,###",
    "4": "#.#,#.#,###,..#,..#",
    "5": "###,#..,###,..#,###",
    "6": "###,#..,###,#.#,###",
    "7": "###,..#,..#,..#,..#",
    "8": "###,#.#,###,#.#,###",
    "9": "###,#.#,###,..#,###",
    "-": "...,...,###,...,...",
    ".": ".,.,.,.,#",
}
_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def big(text: str) -> list[str]:
    """Digits, ``-`` and ``.`` as three lines of half blocks."""
    rows = [" ".join(_FONT[char].split(",")[row] for char in text) for row in range(5)]
    rows.append("." * len(rows[0]))
    return [_halves(rows[k], rows[k + 1]) for k in (0, 2, 4)]


def _halves(upper: str, lower: str) -> str:
    return "".join(_HALVES[a == "#", b == "#"] for a, b in zip(upper, lower, strict=True))


def sparkline(values: Sequence[float] | NDArray[np.floating], width: int) -> str:
    """The newest values as ``width`` bars between their own least and greatest.

    Non-finite values are blanks. Fewer values than ``width`` give a shorter line; more are
    thinned by taking every n-th from the end.
    """
    data = np.asarray(values, float)
    if len(data) > width:
        data = data[np.linspace(0, len(data) - 1, width).round().astype(int)]
    good = data[np.isfinite(data)]
    if not len(good):
        return " " * len(data)
    low, span = float(good.min()), float(np.ptp(good)) or 1.0
    return "".join(
        BARS[round((value - low) / span * (len(BARS) - 1))] if np.isfinite(value) else " "
        for value in data
    )


def bar(fraction: float, width: int) -> str:
    """A bar filled to ``fraction`` of ``width`` characters."""
    filled = round(min(1.0, max(0.0, fraction)) * width)
    return "█" * filled + "░" * (width - filled)
