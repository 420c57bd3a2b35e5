"""Why a signal is poor: what is measured of a picture, and which reason is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from aimanet.face import FaceTracker
from aimanet.methods import make_method
from aimanet.picture_check import BLOCKY, EVERY_S, STILL, figures
from aimanet.pipeline import Pipeline
from aimanet.sources import open_source
from aimanet.summary import Summary
from aimanet.types import FaceCrop, Frame, PictureFigures, Reading, Reason, State

from .crops import Scene, face_crops

DEAD = Scene(hr=None, seconds=12.0)
"""A face without a pulse: never ``ok``, so that its readings always have a reason."""


def noisy(level: float, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(level, 2.0, (240, 320, 3))
    return np.clip(noise.round(), 0, 255).astype(np.uint8)


def run(crops: Iterable[FaceCrop]) -> tuple[list[Reading], Summary]:
    pipeline = Pipeline(make_method("pos"))
    readings = [reading for crop in crops if (reading := pipeline.push(crop)) is not None]
    return readings, pipeline.summary()


def graded(gain: float, offset: float = 0.0, scene: Scene = DEAD) -> Iterator[FaceCrop]:
    for crop in face_crops(scene):
        pixels = np.clip(crop.crop.astype(float) * gain + offset, 0, 255).astype(np.uint8)
        yield replace(crop, crop=pixels, bbox=(100.0, 100.0, 200.0, 200.0))


def test_figures_of_black_white_and_ordinary_pictures() -> None:
    black, white = np.zeros((240, 320, 3), np.uint8), np.full((240, 320, 3), 255, np.uint8)
    assert figures(black, None, None) == PictureFigures(0.0, 0.0)
    assert figures(white, None, None) == PictureFigures(255.0, 1.0)
    assert figures(black[:0, :0], None, None) == PictureFigures(0.0, 0.0)
    room = figures(noisy(120.0), None, None)
    assert 118 < room.peak < 126
    assert room.bright == 0.0


def test_figures_of_a_face_tell_a_codec_from_a_camera() -> None:
    bbox = (60.0, 20.0, 200.0, 200.0)
    camera = figures(noisy(120.0, 1), noisy(120.0, 2), bbox)
    assert camera.still is not None
    assert camera.still < 0.1
    assert camera.blocks is not None
    assert camera.blocks < 1.4
    same = figures(noisy(120.0, 1), noisy(120.0, 1), bbox)
    assert same.still is not None
    assert same.still > STILL
    blocks = np.kron(noisy(120.0)[:30, :40], np.ones((8, 8, 1))).astype(np.uint8)
    coded = figures(blocks, noisy(120.0), bbox)
    assert coded.blocks is not None
    assert coded.blocks > BLOCKY


@pytest.mark.parametrize("bbox", [(-90.0, -90.0, 100.0, 100.0), (310.0, 230.0, 80.0, 80.0)])
def test_a_face_at_the_border_is_measured_or_left_out(bbox: tuple[float, ...]) -> None:
    x, y, w, h = bbox
    assert figures(noisy(120.0, 1), noisy(120.0, 2), (x, y, w, h)).peak > 100


@pytest.mark.parametrize(
    ("crops", "reason"),
    [
        (graded(0.1), Reason.TOO_DARK),
        (graded(1.0, 160.0), Reason.OVEREXPOSED),
        (graded(1.0), Reason.WEAK),
        ((c for c in graded(1.0) if c.index % 6 == 0), Reason.LOW_FRAME_RATE),
        ((c for c in graded(1.0) if c.index % 30 < 22), Reason.UNEVEN_FRAME_RATE),
        (face_crops(DEAD), Reason.FACE_SMALL),
        (
            (
                replace(c, bbox=(100 + 25 * np.sin(9 * c.t), 100.0, 200.0, 200.0))
                for c in graded(1.0)
            ),
            Reason.MOTION,
        ),
        (
            (replace(c, picture=PictureFigures(150.0, 0.0, 0.9, 1.2)) for c in graded(1.0)),
            Reason.COMPRESSED,
        ),
        (
            (replace(c, picture=PictureFigures(150.0, 0.0, 0.3, 5.0)) for c in graded(1.0)),
            Reason.COMPRESSED,
        ),
        (
            (replace(c, crop=face_crops(DEAD)[c.index // 15].crop) for c in graded(1.0)),
            Reason.COMPRESSED,
        ),
        ((replace(face_crops(DEAD)[0], t=k / 30) for k in range(360)), Reason.FROZEN),
    ],
    ids=lambda value: str(value) if isinstance(value, Reason) else "",
)
def test_a_poor_signal_has_its_reason(crops: Iterable[FaceCrop], reason: Reason) -> None:
    readings, summary = run(crops)
    assert readings[-1].state is State.POOR_SIGNAL
    assert readings[-1].reason is reason
    assert summary.reason is reason


def test_the_figure_belongs_to_its_reason() -> None:
    small, _ = run(face_crops(DEAD))
    assert small[-1].figure == 72.0
    slow, _ = run(c for c in graded(1.0) if c.index % 6 == 0)
    assert slow[-1].figure == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (PictureFigures(9.0, 0.0), Reason.TOO_DARK),
        (PictureFigures(255.0, 0.99), Reason.TOO_BRIGHT),
        (PictureFigures(140.0, 0.1), None),
        (None, None),
    ],
)
def test_no_face_says_whether_the_picture_is_dark_or_bright(
    picture: PictureFigures | None, reason: Reason | None
) -> None:
    readings, summary = run(FaceCrop(k, k / 30, None, None, picture) for k in range(60))
    assert {(r.state, r.reason) for r in readings} == {(State.NO_FACE, reason)}
    assert (summary.state, summary.reason) == (State.NO_FACE, reason)


def test_a_good_signal_is_waited_for_and_never_called_weak() -> None:
    readings, summary = run(graded(1.0, scene=Scene(seconds=14.0)))
    early = [r for r in readings if r.state is not State.OK]
    assert {r.reason for r in early} == {Reason.MEASURING}
    left = [r.figure for r in early if r.figure is not None]
    assert left == sorted(left, reverse=True)
    assert left[0] == 10.0
    for r in early[1:]:
        assert r.figure == pytest.approx(10.0 - r.t, abs=0.5)
    assert {r.reason for r in readings if r.state is State.OK} == {None}
    assert summary.reason is None


def test_a_poor_signal_is_waited_for_until_the_first_window_is_full() -> None:
    readings, _ = run(graded(0.1))
    reasons = [(r.t < 10.0, r.reason) for r in readings]
    assert set(reasons) == {(True, Reason.MEASURING), (False, Reason.TOO_DARK)}


def test_a_recording_that_ends_early_was_too_short_unless_another_reason_is_known() -> None:
    for seconds in (3.0, 8.0):
        _, summary = run(c for c in graded(1.0) if c.t < seconds)
        assert summary.state is not State.OK
        assert summary.reason is Reason.TOO_SHORT
    _, summary = run(c for c in graded(0.1) if c.t < 8.0)
    assert summary.reason is Reason.TOO_DARK


def test_the_reason_changes_no_number_and_no_state() -> None:
    scene = Scene(seconds=14.0)
    plain, _ = run(face_crops(scene))
    worst = PictureFigures(0.0, 1.0, 1.0, 99.0)
    told, _ = run(replace(c, picture=worst) for c in face_crops(scene))
    assert [(r.hr_bpm, r.snr_db, r.state, r.quality) for r in plain] == [
        (r.hr_bpm, r.snr_db, r.state, r.quality) for r in told
    ]


def test_what_is_kept_of_the_past_is_bounded() -> None:
    assert EVERY_S >= 0.2
    pipeline = Pipeline(make_method("green"))
    for k in range(4000):
        pipeline.push(FaceCrop(k, k / 30, None, None, PictureFigures(9.0, 0.0)))
    check = pipeline._check
    assert len(check._t) <= 302
    assert len(check._pictures) <= 302


def coded(frames: list[Frame], path: Path) -> list[Frame]:
    """The frames after H.264 at a messenger's rate."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=30, options={"crf": "40", "preset": "veryfast"})
        stream.height, stream.width = frames[0].image.shape[:2]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frame.image, "rgb24")))
        out.mux(stream.encode())
    with open_source(str(path), realtime=False) as source:
        return list(source)


def lit(frames: list[Frame], gain: float) -> list[Frame]:
    rng = np.random.default_rng(0)
    field = rng.normal(0, 4.0, (900, 900, 3)).astype(np.float32)
    out = []
    for frame in frames:
        h, w = frame.image.shape[:2]
        y, x = rng.integers(0, (900 - h, 900 - w))
        shown = frame.image * np.float32(gain) + field[y : y + h, x : x + w]
        out.append(replace(frame, image=np.clip(shown, 0, 255).astype(np.uint8)))
    return out


@pytest.mark.real_data
@pytest.mark.slow
@pytest.mark.parametrize(
    "reason",
    [
        *(Reason.TOO_DARK, Reason.OVEREXPOSED, Reason.LOW_FRAME_RATE, Reason.COMPRESSED),
        None,
    ],
)
def test_a_real_face_made_worse_has_its_reason(
    shared_dir: Path, tmp_path: Path, face_model: Path, reason: Reason | None
) -> None:
    with open_source(str(shared_dir / "clips" / "evm_face.mp4"), realtime=False) as source:
        frames = list(source)
    if reason is Reason.COMPRESSED:
        frames = coded(frames, tmp_path / "coded.mp4")
    elif reason is Reason.LOW_FRAME_RATE:
        frames = frames[::5]
    elif reason is not None:
        frames = lit(frames, 0.05 if reason is Reason.TOO_DARK else 5.0)
    tracker = FaceTracker()
    try:
        crops = [tracker.track(frame) for frame in frames]
    finally:
        tracker.close()
    pictures = sum(crop.picture is not None for crop in crops)
    assert pictures == pytest.approx((crops[-1].t - crops[0].t) / EVERY_S, abs=2)
    _, summary = run(crops)
    assert summary.reason is reason
