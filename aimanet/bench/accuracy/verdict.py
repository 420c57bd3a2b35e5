"""The bars that the project set itself, and which of them hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from aimanet.bench.accuracy.figures import (
    ALL,
    Figures,
    condition_rows,
    figures,
    lifeless_rows,
    pairs,
)
from aimanet.bench.accuracy.results import ClipResult

MAE_BPM = 1.0
BEHIND_BPM = 0.5
RECORDING_BPM = 2.0
OK_WITHIN = 0.95
OK_SHARE = 0.8
FIRST_OK_S = 6.0
FALSE_OK = 0.01

GOOD = ("still", "talking", "moving", "light skin", "dark skin", "15 fps", "60 fps", "mjpeg")
"""Conditions of good clips: somebody at a desk in fair light, before an ordinary camera.

A clip with any other condition may fairly be met with silence.
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A bar and whether it holds; ``holds`` None where nothing was measured."""

    name: str
    bar: str
    found: str
    holds: bool | None


def verdicts(results: Sequence[ClipResult], method: str, rivals: Sequence[str]) -> list[Verdict]:
    """What ``method`` reaches of the project's bars, beside the methods ``rivals``."""
    return [verdict for verdict in _all(results, method, rivals) if verdict.holds is not None]


def _all(results: Sequence[ClipResult], method: str, rivals: Sequence[str]) -> Iterator[Verdict]:
    mine = [r for r in results if r.method == method]
    held_out = [r for r in mine if r.clip.alive and r.clip.origin != "recording"]
    table = dict(pairs(condition_rows(results)))
    yield from _clip_rates(
        table, method, rivals, {r.clip.kind for r in mine if r.clip.origin == "recording"}
    )
    yield from _recordings(mine)
    every = figures(held_out)
    yield _share("ok readings within 5 BPM of their window's rate", every.ok_within, OK_WITHIN)
    yield _share("ok readings within 5 BPM of the moment's rate", every.now_within, OK_WITHIN)
    good = [r for r in held_out if set(r.clip.conditions) <= set(GOOD)]
    best = figures(good)
    yield _share("seconds of good clips that are ok", best.ok_share, OK_SHARE)
    yield _at_most("first ok on a good clip, median", best.first_ok_s, FIRST_OK_S, "s")
    yield _at_most("first ok on a good clip, 9 of 10 clips", _ninth(good), FIRST_OK_S, "s")
    yield Verdict(
        "jumps of the rate while ok",
        "none",
        f"{every.jumps}",
        every.jumps == 0 if held_out else None,
    )
    lifeless = {row.kind: row for row in lifeless_rows(mine)}
    for kind, row in lifeless.items():
        if kind == ALL or row.ok_share >= FALSE_OK:
            name = "lifeless, all kinds" if kind == ALL else f"lifeless, {kind}"
            yield Verdict(
                f"false ok: {name}",
                f"< {FALSE_OK:.0%}",
                f"{row.ok_share:.1%}",
                row.ok_share < FALSE_OK,
            )


def _clip_rates(
    table: dict[str, dict[str, Figures]], method: str, rivals: Sequence[str], folders: set[str]
) -> Iterator[Verdict]:
    if ALL in table:
        yield _at_most("error over all held-out clips", table[ALL][method].mae, MAE_BPM, "BPM")
    behind = {}
    for name, row in table.items():
        if name in folders:
            continue
        others = [row[r].mae for r in rivals if r in row and np.isfinite(row[r].mae)]
        if others:
            behind[name] = float(np.nan_to_num(row[method].mae, nan=np.inf)) - min(others)
    if behind:
        far = {name: gap for name, gap in behind.items() if gap > BEHIND_BPM}
        worst = max(behind, key=lambda name: behind[name])
        found = ", ".join(f"{n} {g:+.1f}" for n, g in sorted(far.items(), key=lambda x: -x[1]))
        yield Verdict(
            "behind the best other method, each condition",
            f"<= {BEHIND_BPM:g} BPM",
            found or f"at most {behind[worst]:+.2f} ({worst})",
            not far,
        )
        high = {
            n: r[method].mae
            for n, r in table.items()
            if n not in folders and r[method].mae >= MAE_BPM
        }
        found = ", ".join(f"{n} {v:.1f}" for n, v in sorted(high.items(), key=lambda x: -x[1]))
        yield Verdict("error in each condition", f"< {MAE_BPM:g} BPM", found or "all", not high)


def _recordings(mine: Sequence[ClipResult]) -> Iterator[Verdict]:
    real = [r for r in mine if r.clip.alive and r.clip.origin == "recording"]
    if not real:
        return
    far = [r for r in real if not abs(r.error_bpm) <= RECORDING_BPM]
    found = f"{len(real) - len(far)} of {len(real)}"
    if far:
        worst = max(far, key=lambda r: np.nan_to_num(abs(r.error_bpm), nan=1e9))
        found += f"; worst {worst.clip.name} {worst.error_bpm:+.1f}"
    yield Verdict("every recording", f"<= {RECORDING_BPM:g} BPM", found, not far)


def _ninth(good: Sequence[ClipResult]) -> float:
    """The time to the first ok that nine clips of ten keep."""
    first = sorted(r.first_ok_s for r in good)
    return first[int(np.ceil(0.9 * len(first))) - 1] if first else float("nan")


def _at_most(name: str, value: float, bar: float, unit: str) -> Verdict:
    shown = "never" if np.isinf(value) else f"{value:.2f} {unit}"
    return Verdict(name, f"<= {bar:g} {unit}", shown, None if np.isnan(value) else value <= bar)


def _share(name: str, value: float, bar: float) -> Verdict:
    return Verdict(name, f">= {bar:.0%}", f"{value:.1%}", None if np.isnan(value) else value >= bar)
