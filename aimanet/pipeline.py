"""The spine in one object: frames in, readings out; no threads and no clock of its own.

`Pipeline.step` is `Pipeline.push` after the face tracker, so that the app may track in one
thread and push in another; a file, a camera and a test all go this one way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Protocol

import numpy as np

from aimanet.estimate import Estimate, PulseAnalyzer, PulseConfig
from aimanet.methods import PulseMethod
from aimanet.picture_check import HOLE_S, PictureCheck
from aimanet.preprocess import BRIDGE_S, Windower
from aimanet.quality import BRIDGED, Features, Judge, Testimony, Witness
from aimanet.summary import History, ShortReading, Summary
from aimanet.sway import Sway
from aimanet.types import BvpSegment, Clip, FaceCrop, Frame, Reading, Reason, State

__all__ = ["Pipeline", "ShortReading", "StageTimes", "Summary", "Tracker"]

BEAT_S = 1.0 / 3.0
"""Source time (s) between readings while there are no clips (no face, or a frozen picture)."""

SPARE_S = 3.0
"""Seconds of clips kept beyond the window, for a method that is switched in to settle on."""


class Tracker(Protocol):
    """What finds the face: `aimanet.face.FaceTracker`, or crops from elsewhere."""

    def track(self, frame: Frame) -> FaceCrop:
        """Returns the face of a frame."""

    def reset(self) -> None:
        """Forgets the face of the past."""


@dataclass(slots=True)
class StageTimes:
    """Milliseconds per frame in each stage: means that follow the last few seconds."""

    detect: float = 0.0
    window: float = 0.0
    network: float = 0.0
    pulse: float = 0.0

    def note(self, stage: str, seconds: float) -> None:
        """Takes the time one frame spent in ``stage``."""
        before = getattr(self, stage)
        setattr(self, stage, before + 0.02 * (1e3 * seconds - before))


def _grid(method: PulseMethod) -> tuple[int, int, float]:
    """What of a recipe decides how clips look; methods that agree in it can share them."""
    return method.recipe.image_size, method.recipe.frame_depth, method.recipe.fs


class Pipeline:
    """Frames to readings with one method, which may be changed while it runs.

    ``on_segment``, where set, is told every segment of the method at once (`aimanet.tape`);
    ``on_stage`` the seconds that a frame spent in detect (0 where the detector did not look),
    crop (all else about the face; with detect only in `step`), window, network and pulse.
    """

    def __init__(
        self,
        method: PulseMethod,
        tracker: Tracker | None = None,
        config: PulseConfig | None = None,
    ) -> None:
        self.method = method
        self.tracker = tracker
        self.config = config or PulseConfig()
        self.stage_ms = StageTimes()
        self.on_segment: Callable[[BvpSegment], None] | None = None
        self.on_stage: Callable[[str, float], None] | None = None
        self.reset()

    def reset(self) -> None:
        """Forgets the recording: as if new."""
        if self.tracker is not None:
            self.tracker.reset()
        self.method.reset()
        self._windower = Windower(self.method.recipe)
        self._history = History()
        self._frames = self._faces = 0
        self._first_t: float | None = None
        self._last_t = self._told_t = 0.0
        self._face_t: float | None = None
        self._clips: deque[Clip] = deque()
        self._sway = Sway()
        self._check = PictureCheck()
        self._start_signal()

    def _start_signal(self) -> None:
        self._analyzer = PulseAnalyzer(self.config)
        self._estimate = Estimate()
        self._witness = Witness(self.config.window_s)
        self._judge = Judge()
        self._judged = False

    def step(self, frame: Frame) -> Reading | None:
        """Takes a frame; returns a reading about three times a second, else None."""
        if self.tracker is None:
            raise TypeError("this Pipeline has no tracker: give it one, or push FaceCrops")
        began = perf_counter()
        crop = self.tracker.track(frame)
        spent = perf_counter() - began
        self.stage_ms.note("detect", spent)
        if self.on_stage is not None:
            looked = getattr(self.tracker, "detect_s", 0.0)  # crops from elsewhere have no detector
            self.on_stage("detect", looked)
            self.on_stage("crop", spent - looked)
        return self.push(crop)

    def push(self, crop: FaceCrop) -> Reading | None:
        """Takes a tracked face; the second half of `step`."""
        began = perf_counter()
        clips = self._windower.push(crop)
        self._note("window", perf_counter() - began)
        began, spent = perf_counter(), 0.0
        self._count(crop)
        for clip in clips:
            spent += self._take(clip)
        self._note("network", spent)
        reading = self._read(crop) if clips else self._idle(crop)
        self._note("pulse", perf_counter() - began - spent)
        if reading is not None:
            self._told_t = reading.t
            reason, figure = self._reason(reading.state)
            self._history.add(reading, self._estimate if clips else None, reason)
            left_s = self._left_s(reading.state)
            if left_s is not None:
                reason, figure = Reason.MEASURING, left_s
            reading = replace(reading, reason=reason, figure=figure)
        return reading

    def _note(self, stage: str, seconds: float) -> None:
        self.stage_ms.note(stage, seconds)
        if self.on_stage is not None:
            self.on_stage(stage, seconds)

    def _count(self, crop: FaceCrop) -> None:
        self._frames += 1
        if self._first_t is None:
            self._first_t = self._told_t = crop.t
        self._last_t = crop.t
        if crop.crop is not None:
            self._faces += 1
            self._face_t = crop.t
            self._sway.add(crop)
        self._check.add(crop)

    def _take(self, clip: Clip) -> float:
        """Feeds a clip to method, signal and witness; returns the seconds the method took."""
        if clip.starts:
            self._clips.clear()
            self._start_signal()
        self._clips.append(clip)
        while self._clips[-1].t[-1] - self._clips[0].t[-1] > self.config.window_s + SPARE_S:
            self._clips.popleft()
        began = perf_counter()
        segment = self.method.process(clip)
        spent = perf_counter() - began
        self._analyzer.add(segment)
        if self.on_segment is not None:
            self.on_segment(segment)
        self._witness.add(clip)
        return spent

    def _read(self, crop: FaceCrop) -> Reading:
        self._estimate = estimate = self._analyzer.estimate(self._witness.pulse(), self._sway)
        hz = (estimate.middle_bpm or 0.0) / 60.0
        said = self._witness.testify(hz) if hz else Testimony()
        state, quality = self._judge.judge(crop.t, estimate, said, self._bridged(crop.t))
        newest = self._analyzer.end_t
        return Reading(
            t=crop.t,
            hr_bpm=estimate.hr_bpm,
            snr_db=estimate.snr_db,
            state=state,
            quality=quality,
            bvp_t=estimate.t,
            bvp=estimate.curve,
            spectrum_bpm=estimate.spectrum.bpm,
            spectrum_power=estimate.spectrum.power,
            latency_s=0.0 if newest is None else crop.t - newest,
            confidence=estimate.confidence,
        )

    def _bridged(self, t: float) -> float:
        """The share of the window's clips that bridge a hole."""
        recent = [c for c in self._clips if c.t[-1] > t - self.config.window_s]
        return float(np.mean([c.gap_s > HOLE_S for c in recent])) if recent else 0.0

    def _idle(self, crop: FaceCrop) -> Reading | None:
        """A reading while no clip comes: no face, a frozen picture, or the very beginning."""
        if crop.t - self._told_t < BEAT_S and self._frames > 1:
            return None
        if self._face_t is None or crop.t - self._face_t > BRIDGE_S:
            return Reading(crop.t, None, None, State.NO_FACE)
        if self._windower.frozen_s > BRIDGE_S:
            return Reading(crop.t, None, None, State.POOR_SIGNAL)
        if not self._clips and self._frames > 1:
            return Reading(crop.t, None, None, State.WARMING_UP)
        return None

    def _reason(self, state: State) -> tuple[Reason | None, float | None]:
        """Why a reading is in ``state``, and the figure that belongs to it."""
        if state is State.NO_FACE:
            return self._check.without_face(), None
        if state is not State.POOR_SIGNAL:
            return None, None
        if self._windower.frozen_s > BRIDGE_S:
            return Reason.FROZEN, None
        return self._check.with_face(self._sway, self._bridged(self._last_t) > BRIDGED)

    def _left_s(self, state: State) -> float | None:
        """Seconds until the first window is full; None where nothing is being measured.

        What passes its bars when the window has just filled is waited for, too: it becomes ``ok``
        with the next readings.
        """
        if state is State.NO_FACE or self._windower.frozen_s > BRIDGE_S:
            return None
        left_s = max(0.0, self.config.window_s - self._estimate.window_s)
        if left_s > 0.0 or state is State.WARMING_UP:
            return None if state is State.OK else left_s
        self._judged = self._judged or state is State.OK or not self._judge.passed
        return None if self._judged else left_s

    @property
    def features(self) -> Features | None:
        """What the judge weighed at the newest estimate; None where there was none."""
        return self._judge.last

    def set_method(self, method: PulseMethod) -> None:
        """Goes on with another method; it is fed the last seconds, so that the curve goes on.

        Only a method that wants other clips (size, depth, rate) has to start anew.
        """
        method.reset()
        if _grid(method) != _grid(self.method):
            self._windower = Windower(method.recipe)
            self._clips.clear()
        self.method = method
        self._refeed()

    def set_config(self, config: PulseConfig) -> None:
        """Changes the estimate's settings; a longer window fills as time goes on."""
        self.config = config
        self.method.reset()
        self._refeed()

    def _refeed(self) -> None:
        judge, analyzer = self._judge, self._analyzer
        clips = list(self._clips)
        self._clips.clear()
        self._start_signal()
        for i, clip in enumerate(clips):
            self._take(replace(clip, starts=i == 0))
        self._judge = judge
        if clips:
            self._analyzer.inherit(analyzer)

    def summary(self) -> Summary:
        """Returns the whole recording so far in one answer."""
        hr, snr, state = self._history.verdict()
        if self._faces == self._frames > 0 and state is State.NO_FACE:
            state = State.WARMING_UP  # over before the first reading
        reason = self._history.reason(state)
        first, last = self._first_t or 0.0, self._last_t
        steps = self._frames - 1
        fps = steps / (last - first) if last > first else 0.0
        if state is State.WARMING_UP or (
            reason is Reason.WEAK and last - first < self.config.window_s
        ):
            reason = Reason.TOO_SHORT
        return Summary(
            hr_bpm=hr,
            snr_db=snr,
            state=state,
            method=self.method.name,
            model=self.method.model,
            fps=fps,
            frames=self._frames,
            duration_s=self._frames / fps if fps else 0.0,
            face_fraction=self._faces / self._frames if self._frames else 0.0,
            readings=self._history.readings(),
            reason=reason,
        )
