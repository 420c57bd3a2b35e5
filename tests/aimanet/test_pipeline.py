"""The spine on hand-made crops: readings, their cadence, their states, and sameness."""

from __future__ import annotations

import gc
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from aimanet.estimate import PulseConfig
from aimanet.methods import make_method
from aimanet.pipeline import Pipeline
from aimanet.preprocess import Recipe
from aimanet.types import FaceCrop, Frame, Reading, State

from .crops import Scene, face_crops


def read(pipeline: Pipeline, crops) -> list[Reading]:
    return [reading for crop in crops if (reading := pipeline.push(crop)) is not None]


def same(a: Reading, b: Reading, atol: float = 0.0) -> bool:
    numbers = np.allclose(
        [a.t, a.hr_bpm or 0, a.snr_db or 0, a.quality],
        [b.t, b.hr_bpm or 0, b.snr_db or 0, b.quality],
        rtol=0,
        atol=atol,
    )
    return numbers and a.state == b.state and len(a.bvp) == len(b.bvp)


class CropsAsFrames:
    """A tracker for tests: the frame is the crop."""

    def track(self, frame: Frame) -> FaceCrop:
        return FaceCrop(frame.index, frame.t, (0.0, 0.0, 72.0, 72.0), frame.image)

    def reset(self) -> None:
        pass


def test_every_frame_tells_what_each_stage_took() -> None:
    class Looking(CropsAsFrames):
        detect_s = 0.0

        def track(self, frame: Frame) -> FaceCrop:
            self.detect_s = 1e-9 if frame.index % 2 else 0.0
            return super().track(frame)

    pipeline = Pipeline(make_method("green"), Looking())
    told: list[tuple[str, float]] = []
    pipeline.on_stage = lambda stage, seconds: told.append((stage, seconds))
    for crop in face_crops(Scene(seconds=2)):
        pipeline.step(Frame(crop.index, crop.t, crop.crop))
    stages = ["detect", "crop", "window", "network", "pulse"]
    assert [stage for stage, _ in told] == stages * 60
    assert [seconds for stage, seconds in told if stage == "detect"] == [0.0, 1e-9] * 30
    assert sum(seconds for stage, seconds in told if stage == "network") > 0.0
    pipeline.on_stage = None
    pipeline.push(face_crops(Scene(seconds=2))[0])
    assert len(told) == 300


@pytest.mark.parametrize("method", ["pos", "chrom", "green"])
@pytest.mark.parametrize("hr", [48, 72, 165])
def test_a_known_pulse_is_read(method: str, hr: float) -> None:
    pipeline = Pipeline(make_method(method))
    readings = read(pipeline, face_crops(Scene(hr=hr, seconds=12)))
    ok = [r for r in readings if r.state is State.OK]
    assert ok[0].t < 6.5
    assert len([r for r in readings if r.t >= ok[0].t]) == len(ok)
    assert max(abs(r.hr_bpm - hr) for r in ok) < 2
    summary = pipeline.summary()
    assert summary.hr_bpm == pytest.approx(hr, abs=1)
    assert (summary.state, summary.method, summary.model) == (State.OK, method, None)
    assert summary.frames == 360
    assert summary.fps == pytest.approx(30, abs=0.01)
    assert summary.duration_s == pytest.approx(12, abs=0.01)
    assert summary.face_fraction == 1.0
    assert [s.t for s in summary.readings] == [r.t for r in readings]


@pytest.mark.parametrize("fps", [15, 24, 25, 60])
def test_any_frame_rate_is_read(fps: float) -> None:
    pipeline = Pipeline(make_method("pos"))
    read(pipeline, face_crops(Scene(hr=77, seconds=12, fps=fps)))
    summary = pipeline.summary()
    assert summary.hr_bpm == pytest.approx(77, abs=1)
    assert summary.state is State.OK


def test_readings_come_three_times_a_second_from_the_first_second() -> None:
    readings = read(Pipeline(make_method("pos")), face_crops(Scene(seconds=10)))
    assert readings[0].t < 0.5
    assert np.diff([r.t for r in readings]).max() < 0.4
    assert readings[0].state is State.WARMING_UP
    assert readings[-1].latency_s < 0.1
    assert readings[-1].bvp_t[-1] == pytest.approx(readings[-1].t - readings[-1].latency_s)
    assert readings[-1].spectrum_power.max() == pytest.approx(1.0)
    peak = readings[-1].spectrum_bpm[np.argmax(readings[-1].spectrum_power)]
    assert peak == pytest.approx(readings[-1].hr_bpm, abs=1)


def test_step_is_push_after_track_and_runs_are_repeatable() -> None:
    stepped = Pipeline(make_method("pos"), CropsAsFrames())
    pushed = Pipeline(make_method("pos"))
    for _ in range(2):
        count = 0
        for crop in face_crops(Scene(seconds=9)):
            a = stepped.step(Frame(crop.index, crop.t, crop.crop))
            b = pushed.push(crop)
            assert (a is None) == (b is None)
            if a is not None:
                assert same(a, b)
                assert np.array_equal(a.bvp, b.bvp)
                count += 1
        assert count > 20
        stepped.reset()
        pushed.reset()


def test_no_face_from_the_beginning_and_after_it_left() -> None:
    pipeline = Pipeline(make_method("pos"))
    empty = [FaceCrop(i, i / 30, None, None) for i in range(90)]
    readings = read(pipeline, empty)
    assert {r.state for r in readings} == {State.NO_FACE}
    assert 8 <= len(readings) <= 11
    assert pipeline.summary().state is State.NO_FACE
    assert pipeline.summary().face_fraction == 0.0
    crops = [replace(c, index=90 + c.index, t=3 + c.t) for c in face_crops(Scene(seconds=9))]
    assert read(pipeline, crops)[-1].state is State.OK
    gone = [FaceCrop(360 + i, 12 + i / 30, None, None) for i in range(90)]
    readings = read(pipeline, gone)
    assert readings[-1].state is State.NO_FACE
    assert readings[-1].hr_bpm is None
    assert readings[0].t < 13.5


def test_a_long_loss_starts_anew_and_a_short_one_does_not() -> None:
    for lost, expected in ((20, State.OK), (60, State.WARMING_UP)):
        pipeline = Pipeline(make_method("pos"))
        crops = list(face_crops(Scene(seconds=20)))
        for crop in crops[300 : 300 + lost]:
            crops[crop.index] = replace(crop, bbox=None, crop=None)
        readings = read(pipeline, crops)
        after = [r for r in readings if r.t > (300 + lost) / 30 + 0.5]
        assert after[0].state in (expected, State.POOR_SIGNAL)
        assert (after[0].hr_bpm is None) == (lost == 60)
        assert readings[-1].state is State.OK


def test_a_frozen_picture_is_reported_and_never_ok() -> None:
    still = face_crops(Scene(hr=None, seconds=1))[0]
    pipeline = Pipeline(make_method("pos"))
    readings = read(pipeline, (replace(still, index=i, t=i / 30) for i in range(300)))
    assert len(readings) > 25
    assert np.diff([r.t for r in readings]).max() < 0.4
    assert readings[-1].state is State.POOR_SIGNAL
    assert not any(r.state is State.OK for r in readings)
    assert pipeline.summary().state is State.POOR_SIGNAL


def test_switching_to_the_same_method_changes_nothing() -> None:
    for change in ("method", "config"):
        for method in ("pos", "chrom"):
            straight, switched = Pipeline(make_method(method)), Pipeline(make_method(method))
            compared = 0
            for crop in face_crops(Scene(seconds=16)):
                if crop.index == 400 and change == "method":
                    switched.set_method(make_method(method))
                elif crop.index == 400:
                    switched.set_config(PulseConfig())
                a, b = straight.push(crop), switched.push(crop)
                if a is not None and crop.index > 400:
                    assert same(a, b, atol=0.02)
                    compared += 1
            assert compared > 5


def test_another_method_goes_on_at_once_and_agrees() -> None:
    pipeline = Pipeline(make_method("pos"))
    after = []
    for crop in face_crops(Scene(hr=95, seconds=14)):
        if crop.index == 360:
            pipeline.set_method(make_method("chrom"))
        reading = pipeline.push(crop)
        if reading is not None and crop.index > 360:
            after.append(reading)
    assert {r.state for r in after} == {State.OK}
    assert max(abs(r.hr_bpm - 95) for r in after) < 1.5
    assert pipeline.summary().method == "chrom"


def test_a_method_with_another_recipe_starts_anew() -> None:
    pipeline = Pipeline(make_method("pos"))
    other = make_method("pos")
    other.recipe = Recipe(image_size=24, frame_depth=15)
    states = []
    for crop in face_crops(Scene(seconds=22)):
        if crop.index == 300:
            pipeline.set_method(other)
        reading = pipeline.push(crop)
        if reading is not None and crop.index > 300:
            states.append(reading.state)
    assert states[0] is State.WARMING_UP
    assert states[-1] is State.OK


def test_a_longer_window_makes_the_estimate_steadier() -> None:
    spreads = []
    for window_s in (6, 20):
        pipeline = Pipeline(make_method("pos"), config=PulseConfig(window_s=window_s))
        scene = Scene(hr=72, seconds=40, amp=0.0006, noise=6)
        readings = [r for r in read(pipeline, face_crops(scene)) if r.t > 22]
        spreads.append(np.std([r.hr_bpm for r in readings]))
    assert spreads[1] < spreads[0]


def test_reset_is_as_good_as_new() -> None:
    used, fresh = Pipeline(make_method("pos")), Pipeline(make_method("pos"))
    read(used, face_crops(Scene(hr=150, seconds=9)))
    used.reset()
    crops = face_crops(Scene(hr=60, seconds=9))
    assert all(map(same, read(used, crops), read(fresh, crops)))
    assert used.summary() == fresh.summary()


def test_an_empty_recording_has_a_summary() -> None:
    summary = Pipeline(make_method("pos")).summary()
    assert (summary.frames, summary.hr_bpm, summary.state) == (0, None, State.NO_FACE)


def test_a_face_that_is_over_before_the_first_reading_is_no_missing_face() -> None:
    pipeline = Pipeline(make_method("pos"))
    assert not read(pipeline, face_crops(Scene(seconds=0.2)))
    assert pipeline.summary().state is State.WARMING_UP


def test_memory_is_flat() -> None:
    pipeline = Pipeline(make_method("green"))
    crops = face_crops(Scene(seconds=4))

    def run(start: int, laps: int) -> int:
        for lap in range(start, start + laps):
            for crop in crops:
                pipeline.push(replace(crop, index=lap * 120 + crop.index, t=lap * 4 + crop.t))
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        settled = run(0, 5)
        assert run(5, 12) - settled < 40_000  # 144 readings of 17 bytes, and nothing else
    finally:
        tracemalloc.stop()


@pytest.mark.real_data
@pytest.mark.parametrize("method", ["pos", "chrom", "green"])
def test_a_real_face_is_read(shared_dir: Path, method: str) -> None:
    import av

    from aimanet.errors import FaceModelError
    from aimanet.face import FaceTracker

    try:
        tracker = FaceTracker()
    except FaceModelError as error:
        pytest.skip(f"no face model: {error}")
    pipeline = Pipeline(make_method(method), tracker)
    readings = []
    with av.open(str(shared_dir / "clips" / "evm_face.mp4")) as container:
        for i, frame in enumerate(container.decode(video=0)):
            reading = pipeline.step(Frame(i, float(frame.time), frame.to_ndarray(format="rgb24")))
            readings += [reading] if reading is not None else []
    tracker.close()
    assert pipeline.summary().hr_bpm == pytest.approx(53, abs=2)
    assert pipeline.summary().state is State.OK
    assert min(r.t for r in readings if r.state is State.OK) < 8
