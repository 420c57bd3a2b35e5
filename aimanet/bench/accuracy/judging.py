"""Methods on one clip: every crop goes through each one's pipeline, as it would live."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from aimanet.bench.accuracy.footage import Camera, Footage
from aimanet.bench.accuracy.material import AccuracyError, ClipInfo, Material, Truth
from aimanet.bench.accuracy.results import STATES, ClipResult, Readings
from aimanet.evaluation.runner import Entrant
from aimanet.pipeline import Pipeline
from aimanet.types import FaceCrop, Reading

NAN = float("nan")

NOW_S = 2.0
"""Seconds that count as the moment of a reading."""


def judge(material: Material, entrants: Sequence[Entrant], camera: Camera) -> list[ClipResult]:
    """Runs all methods over a clip, crop by crop; one result for each, in their order.

    Raises:
        AimaNetError: the clip cannot be read, or has no frames.
    """
    return judge_footage(material.info, camera.film(material), entrants)


def judge_footage(
    clip: ClipInfo, footage: Footage, entrants: Sequence[Entrant]
) -> list[ClipResult]:
    """The same with crops that are there already."""
    desks = [_Desk(entrant) for entrant in entrants]
    first: FaceCrop | None = None
    for face in footage.faces:
        first = first or face
        for desk in desks:
            desk.take(face)
    if first is None:
        raise AccuracyError(f"{clip.name}: no frames in it")
    return [desk.result(clip, first.t, footage.truth) for desk in desks]


class _Desk:
    """One method's pipeline and what it says."""

    def __init__(self, entrant: Entrant) -> None:
        self._entrant = entrant
        self._pipeline = Pipeline(entrant.method)
        self._said: list[tuple[Reading, dict[str, float]]] = []

    def take(self, face: FaceCrop) -> None:
        reading = self._pipeline.push(face)
        if reading is None:
            return
        weighed = self._pipeline.features if reading.hr_bpm is not None else None
        self._said.append((_light(reading), dict(flat(weighed))))

    def result(self, clip: ClipInfo, t0: float, truth: Truth | None) -> ClipResult:
        whole = self._pipeline.summary()
        known = None if not clip.alive else truth
        return ClipResult(
            clip=clip,
            method=self._entrant.label,
            model=self._entrant.method.model,
            hr_bpm=NAN if whole.hr_bpm is None else whole.hr_bpm,
            truth_bpm=NAN if known is None else known.mean(t0, t0 + whole.duration_s),
            snr_db=NAN if whole.snr_db is None else whole.snr_db,
            state=whole.state,
            seconds=whole.duration_s,
            fps=whole.fps,
            face_share=whole.face_fraction,
            readings=_columns(self._said, t0, whole.duration_s, known),
        )


def _light(reading: Reading) -> Reading:
    """A reading without what its plots need, but for the ends of its window."""
    ends = reading.bvp_t[[0, -1]] if len(reading.bvp_t) else reading.bvp_t
    return Reading(
        reading.t, reading.hr_bpm, reading.snr_db, reading.state, reading.quality, bvp_t=ends
    )


def flat(weighed: Any, before: str = "") -> Iterator[tuple[str, float]]:
    """The numbers of a dataclass by name, those of dataclasses in it behind a dot."""
    if weighed is None:
        return
    for field in fields(weighed):
        value = getattr(weighed, field.name)
        if is_dataclass(value):
            yield from flat(value, f"{before}{field.name}.")
        elif value is None or isinstance(value, bool | int | float | np.number):
            yield f"{before}{field.name}", NAN if value is None else float(value)


def _columns(
    said: Sequence[tuple[Reading, dict[str, float]]], t0: float, seconds: float, truth: Truth | None
) -> Readings:
    t = np.array([reading.t - t0 for reading, _ in said])
    names = dict.fromkeys(name for _, weighed in said for name in weighed)
    state = array("b", [STATES.index(reading.state) for reading, _ in said])
    return Readings(
        t=t,
        span_s=np.maximum(0.0, np.diff(t, append=max(seconds, t[-1] if len(t) else 0.0))),
        hr_bpm=np.array([NAN if r.hr_bpm is None else r.hr_bpm for r, _ in said]),
        truth_bpm=np.array([_true_rate(reading, truth) for reading, _ in said]),
        now_bpm=np.array([_true_rate(reading, truth, NOW_S) for reading, _ in said]),
        quality=np.array([reading.quality for reading, _ in said]),
        snr_db=np.array([NAN if r.snr_db is None else r.snr_db for r, _ in said]),
        state=np.array(state, np.int8),
        features={n: np.array([weighed.get(n, NAN) for _, weighed in said]) for n in names},
    )


def _true_rate(reading: Reading, truth: Truth | None, last_s: float = np.inf) -> float:
    """The mean true rate over the seconds that the reading's curve covers, or the last of them."""
    if truth is None or reading.hr_bpm is None or not len(reading.bvp_t):
        return NAN
    start, end = float(reading.bvp_t[0]), float(reading.bvp_t[-1])
    return truth.mean(max(start, end - last_s), end)
