"""Trust: what does not live is never ``ok``, what lives soon is.

The lifeless bench: still pictures with sensor noise, light and tremor, many of them through real
video codecs. No detector is in it: the decoded pictures are the crops. ``test_the_sweep`` is the
large form of it and prints the rate of false ``ok``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from aimanet.estimate import Estimate, Spectrum
from aimanet.methods import make_method
from aimanet.pipeline import Pipeline
from aimanet.quality import PATCHES, Features, Judge, Testimony, Witness, patch_weights, snr_bar
from aimanet.types import Clip, FaceCrop, Reading, State

from .crops import Scene, face_crops

LIFELESS = Scene(hr=None, seconds=20)
FULL = Spectrum(np.array([60.0]), np.array([1.0]))
ZOOM = 3
"""Crops are coded at this scale, so that a codec's blocks are as large as on a real face."""


def readings_of(crops: Iterable[FaceCrop], method: str = "pos") -> list[Reading]:
    pipeline = Pipeline(make_method(method))
    return [r for crop in crops if (r := pipeline.push(crop)) is not None]


def false_ok(crops: Iterable[FaceCrop], method: str = "pos") -> int:
    return sum(r.state is State.OK for r in readings_of(crops, method))


def through_codec(
    crops: Iterable[FaceCrop], path: Path, fps: int, codec: str, options: Mapping[str, str]
) -> list[FaceCrop]:
    """What is left of crops after a real encoder and decoder."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=Fraction(fps))
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.options = dict(options)
        stream.gop_size = int(options.get("g", 250))
        stream.width = stream.height = 72 * ZOOM
        for crop in crops:
            large = cv2.resize(crop.crop, (72 * ZOOM, 72 * ZOOM), interpolation=cv2.INTER_CUBIC)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(large, format="rgb24")))
        out.mux(stream.encode())
    return _decoded(path)


def through_opencv(crops: Iterable[FaceCrop], path: Path, fps: int, fourcc: str) -> list[FaceCrop]:
    """The same through ``cv2.VideoWriter``."""
    size = (72 * ZOOM, 72 * ZOOM)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*fourcc), fps, size)
    for crop in crops:
        writer.write(cv2.resize(crop.crop, size, interpolation=cv2.INTER_CUBIC)[..., ::-1])
    writer.release()
    return _decoded(path)


def _decoded(path: Path) -> list[FaceCrop]:
    with av.open(str(path)) as container:
        images = [f.to_ndarray(format="rgb24") for f in container.decode(video=0)]
        fps = float(container.streams.video[0].average_rate)
    small = (cv2.resize(i, (72, 72), interpolation=cv2.INTER_AREA) for i in images)
    return [FaceCrop(i, i / fps, (0, 0, 72, 72), crop) for i, crop in enumerate(small)]


CODECS = {
    "mpeg4-gop12": ("mpeg4", {"g": "12", "b": "800k"}),
    "h264-gop30": ("libx264", {"g": "30", "crf": "23", "preset": "veryfast", "threads": "1"}),
    "h264-gop15-crf30": ("libx264", {"g": "15", "crf": "30", "preset": "ultrafast"}),
    "vp9": ("libvpx-vp9", {"g": "30", "deadline": "realtime", "cpu-used": "8", "b": "300k"}),
    "mjpeg": ("mjpeg", {"qmin": "5", "qmax": "5"}),
}


@pytest.mark.parametrize("method", ["pos", "chrom", "green"])
@pytest.mark.parametrize("noise", [0.5, 2.0, 6.0])
def test_sensor_noise_on_a_still_face_is_never_ok(method: str, noise: float) -> None:
    assert false_ok(face_crops(replace(LIFELESS, noise=noise)), method) == 0


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("noise", [0.0, 2.0])
def test_a_still_face_through_a_codec_is_never_ok(codec: str, noise: float, tmp_path: Path) -> None:
    crops = face_crops(replace(LIFELESS, seconds=14, noise=noise))
    name, options = CODECS[codec]
    coded = through_codec(crops, tmp_path / "still.mkv", 30, name, options)
    assert len(coded) == len(crops)
    for method in ("pos", "green"):
        assert false_ok(coded, method) == 0


@pytest.mark.parametrize(("fourcc", "suffix"), [("mp4v", "mp4"), ("MJPG", "avi")])
def test_a_still_face_written_by_opencv_is_never_ok(
    fourcc: str, suffix: str, tmp_path: Path
) -> None:
    for noise, fps in ((0.0, 30), (1.0, 25)):
        crops: Sequence[FaceCrop] = face_crops(replace(LIFELESS, seconds=14, noise=noise, fps=fps))
        coded = through_opencv(crops, tmp_path / f"still{noise}.{suffix}", fps, fourcc)
        assert false_ok(coded) == 0


@pytest.mark.parametrize("hz", [1.0, 1.3, 2.2])
@pytest.mark.parametrize("method", ["pos", "chrom", "green"])
def test_flickering_light_on_a_still_face_is_never_ok(hz: float, method: str) -> None:
    scene = replace(LIFELESS, flicker=0.01, flicker_hz=hz)
    assert false_ok(face_crops(scene), method) == 0


@pytest.mark.parametrize("keyframe", [12, 15, 30])
def test_errors_that_beat_with_the_key_frames_are_never_ok(keyframe: int) -> None:
    assert false_ok(face_crops(replace(LIFELESS, keyframe=keyframe, noise=0.5))) == 0


@pytest.mark.parametrize("method", ["pos", "chrom", "green"])
def test_a_trembling_photograph_is_never_ok(method: str) -> None:
    still = face_crops(replace(LIFELESS, seconds=1, noise=0.0))[0].crop
    rng = np.random.default_rng(4)
    for hz, px in ((0.8, 1.5), (1.4, 0.7)):
        crops = []
        for i in range(500):
            dx, dy = (
                px * np.sin(2 * np.pi * hz * i / 30),
                0.6 * px * np.cos(2 * np.pi * hz * i / 30),
            )
            move = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
            image = cv2.warpAffine(still, move, (72, 72), borderMode=cv2.BORDER_REFLECT)
            noisy = np.clip(image + rng.normal(0.5, 1.0, image.shape), 0, 255).astype(np.uint8)
            crops.append(FaceCrop(i, i / 30, (0, 0, 72, 72), noisy))
        assert false_ok(crops, method) == 0


@pytest.mark.parametrize("codec", [None, "mjpeg"])
def test_a_living_face_is_ok_within_six_seconds_and_stays_so(
    codec: str | None, tmp_path: Path
) -> None:
    crops: Sequence[FaceCrop] = face_crops(Scene(hr=66, amp=0.004, seconds=14))
    if codec is not None:
        name, options = CODECS[codec]
        crops = through_codec(crops, tmp_path / "live.mkv", 30, name, options)
    readings = readings_of(crops)
    first = next(r.t for r in readings if r.state is State.OK)
    assert first < 6.0
    assert all(r.state is State.OK for r in readings if r.t > first)
    assert all(abs(r.hr_bpm - 66) < 2 for r in readings if r.t > first)


def test_trust_ends_when_life_ends() -> None:
    live, dead = face_crops(Scene(seconds=12)), face_crops(replace(LIFELESS, seconds=12))
    late = [replace(c, index=360 + c.index, t=12 + c.t) for c in dead]
    states = {round(r.t): r.state for r in readings_of([*live, *late])}
    assert states[11] is State.OK
    assert all(state is not State.OK for t, state in states.items() if t >= 20)


def clip_of(colours: np.ndarray) -> Clip:
    """A clip whose six patches have the given colours (T, 6, 3)."""
    spread = patch_weights(36).argmax(axis=0).reshape(36, 36)
    crops = colours[:, spread].astype(np.float32)
    return Clip(np.arange(len(crops)) / 30, 30.0, crops, 1 / 30, starts=True)


def test_the_witness_tells_unison_from_discord() -> None:
    t = np.arange(300) / 30
    beat = np.sin(2 * np.pi * 1.2 * t)
    rng = np.random.default_rng(0)
    blood = np.array([0.33, 0.77, 0.53]) * 0.004
    signs = {"unison": np.ones(6), "discord": np.array([1, -1, 1, -1, 1, -1])}
    said = {}
    for name, sign in signs.items():
        colours = 150 * (1 - beat[:, None, None] * sign[:, None] * blood)
        witness = Witness(10.0)
        witness.add(clip_of(colours + rng.normal(0, 0.05, colours.shape)))
        said[name] = witness.testify(1.2)
        assert witness.testify(2.9).tone_db < 10
    assert said["unison"].tone_db > 15
    assert said["unison"].unison > 0.9
    assert said["unison"].blood > 0.98
    assert said["unison"].chroma > 0.2
    assert said["discord"].unison < 0.1


@pytest.mark.parametrize(
    ("rgb", "is_blood", "is_tinted"),
    [((0.33, 0.77, 0.53), 1, 1), ((0, 0, 1), 0, 0), ((1, 0.1, 0.1), 0, 1), ((1, 1, 1), 1, 0)],
)
def test_the_witness_knows_the_colour_of_blood(
    rgb: tuple[float, ...], is_blood: bool, is_tinted: bool
) -> None:
    beat = np.sin(2 * np.pi * 1.2 * np.arange(300) / 30)[:, None, None]
    witness = Witness(10.0)
    witness.add(clip_of(150 * (1 - 0.005 * beat * np.array(rgb) * np.ones((6, 1)))))
    said = witness.testify(1.2)
    assert (said.blood > 0.92) == is_blood
    assert (said.chroma > 0.1) == is_tinted


def test_the_witness_wants_to_see_a_second_first() -> None:
    assert Witness(10.0).testify(1.0) == Testimony()
    assert len(PATCHES) == len(patch_weights(36)) == 6
    assert np.allclose(patch_weights(24).sum(axis=1), 1.0)


def test_states_follow_the_features() -> None:
    good = Estimate(hr_bpm=72.0, snr_db=8.0, window_s=10.0, spectrum=FULL, confidence=0.95)
    trusted = Testimony(20.0, 0.95, 0.99, 0.3)

    def last(estimates: list[Estimate], said: Testimony, bridged: float = 0.0) -> State:
        judge = Judge()
        for i, estimate in enumerate(estimates):
            state, quality = judge.judge(i / 3, estimate, said, bridged)
            assert (state is State.OK) == (quality >= 0.5)
        return state

    assert last([good] * 4, trusted) is State.OK
    assert last([good] * 2, trusted) is State.POOR_SIGNAL  # not confirmed yet
    assert last([Estimate()], trusted) is State.WARMING_UP
    assert last([Estimate(spectrum=FULL)], trusted) is State.POOR_SIGNAL
    assert last([replace(good, snr_db=-4.0)] * 4, trusted) is State.POOR_SIGNAL
    assert last([replace(good, hr_bpm=90.0), good, good, good], trusted) is State.POOR_SIGNAL
    assert last([good] * 4, replace(trusted, tone_db=30.0, unison=0.2)) is State.POOR_SIGNAL
    assert last([good] * 4, replace(trusted, tone_db=5.0)) is State.POOR_SIGNAL
    assert last([good] * 4, replace(trusted, blood=0.8)) is State.POOR_SIGNAL
    assert last([good] * 4, replace(trusted, chroma=0.02)) is State.POOR_SIGNAL
    assert last([good] * 4, trusted, bridged=0.6) is State.POOR_SIGNAL
    assert last([replace(good, confidence=0.7)] * 4, trusted) is State.POOR_SIGNAL


def test_a_short_window_has_a_higher_bar() -> None:
    assert snr_bar(4.5) > snr_bar(6.0) > snr_bar(8.0) == snr_bar(30.0)
    assert set(Features(0, 0, Testimony(), 0, 0).margins()) >= {"snr", "unison", "blood"}


@pytest.mark.slow
def test_the_sweep(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Many stills, many codecs, three methods: the rate of false ``ok`` is printed and zero."""
    wrong, total = [], 0
    cases = itertools.product([*CODECS, "mp4v", None], (0.0, 1.0, 3.0), (24, 25, 30), (1, 2))
    for n, (codec, noise, fps, seed) in enumerate(cases):
        crops: Sequence[FaceCrop] = face_crops(replace(LIFELESS, noise=noise, fps=fps, seed=seed))
        path = tmp_path / f"{n}.mkv"
        if codec == "mp4v":
            crops = through_opencv(crops, path.with_suffix(".mp4"), fps, codec)
        elif codec is not None:
            crops = through_codec(crops, path, fps, *CODECS[codec])
        for method in ("pos", "chrom", "green"):
            readings = readings_of(crops, method)
            total += len(readings)
            count = sum(r.state is State.OK for r in readings)
            wrong += [(codec, noise, fps, seed, method, count)] if count else []
    false = sum(case[-1] for case in wrong)
    with capsys.disabled():
        print(f"\nfalse ok: {false} of {total} readings in {n + 1} stills; {wrong}")
    assert false == 0
