"""Drawn faces or animated photographs as video files, each with a CSV of its true pulse."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Protocol, TextIO, cast

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from aimanet.errors import OutputError
from aimanet.outputs import AtomicText, CsvRows
from aimanet.sources.ffmpeg import ENCODER_BYTES, limit_memory
from aimanet.synthesis.photo_scene import LIGHTS, MOTIONS, PhotoScene
from aimanet.synthesis.photos import Photo
from aimanet.synthesis.scene import DemoScene, SceneConfig

INDEX = "clips.csv"


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """A container and an encoder: file suffix, FFmpeg codec, pixel format, encoder options."""

    suffix: str
    codec: str
    pixels: str
    options: dict[str, str] = field(default_factory=dict)


LOSSLESS = VideoFormat(".mkv", "ffv1", "bgr0")
# At CRF 12 the encoder keeps the half grey level of a pulse; defaults (CRF 23) halve it.
HIGH_QUALITY = VideoFormat(".mp4", "libx264", "yuv420p", {"crf": "12", "preset": "fast"})


class VideoWriter:
    """Writes RGB images of equal size and rate; the file appears when it is complete.

    Args:
        path: the file; its suffix should be the format's.
        fps: frames per second, Hz.
        size: width and height, px; even numbers.
        form: container and encoder.

    Raises:
        OutputError: the file cannot be written.
    """

    def __init__(self, path: Path, fps: float, size: tuple[int, int], form: VideoFormat) -> None:
        self._path = path
        self._fps = Fraction(fps).limit_denominator(1001)
        self._size = size
        self._form = form
        self._part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
        self._count = 0

    def __enter__(self) -> VideoWriter:
        try:
            self._container = av.open(str(self._part), "w")
        except (OSError, av.error.FFmpegError) as error:
            raise OutputError(
                f"cannot write {self._path}: {error}; choose another place"
            ) from error
        stream = self._container.add_stream(
            self._form.codec, rate=self._fps, options=self._form.options
        )
        self._stream = cast("av.VideoStream", stream)
        self._stream.width, self._stream.height = self._size
        limit_memory(av, self._size[0] * self._size[1] * ENCODER_BYTES)
        self._stream.pix_fmt = self._form.pixels
        return self

    def write(self, image: NDArray[np.uint8]) -> None:
        """Appends an (H, W, 3) uint8 RGB image."""
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        frame.pts, frame.time_base = self._count, 1 / self._fps
        self._count += 1
        self._container.mux(self._stream.encode(frame))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._container.mux(self._stream.encode())
            self._container.close()
            if kind is None:
                self._part.replace(self._path)
        except (OSError, av.error.FFmpegError) as failure:
            raise OutputError(
                f"cannot write {self._path}: {failure}; is the disk full?"
            ) from failure
        finally:
            self._part.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """Which clips to draw: ``clips`` of ``seconds`` each at ``fps`` and ``size`` from ``seed``.

    Clip ``i`` depends on ``seed`` and ``i`` only, so that more clips can be asked for later. With
    ``photos`` these are animated in turn, doing ``motion`` (``any``: one of `MOTIONS`). ``hr``
    and ``skin`` are ranges; ``skin`` None is anybody's, or the photograph's own.
    """

    folder: Path
    clips: int
    seed: int
    seconds: float = 30.0
    fps: float = 30.0
    size: tuple[int, int] = (640, 480)
    form: VideoFormat = HIGH_QUALITY
    photos: tuple[Photo, ...] = ()
    motion: str = "any"
    hr: tuple[float, float] = (45.0, 165.0)
    skin: tuple[float, float] | None = None

    def scene(self, i: int) -> SceneConfig:
        """The random face, heart rate and disturbances of clip ``i``."""
        rng = np.random.default_rng([self.seed, i])
        return SceneConfig(
            hr=round(float(rng.uniform(*self.hr)), 1),
            seed=int(rng.integers(2**31)),
            seconds=self.seconds,
            fps=self.fps,
            width=self.size[0],
            height=self.size[1],
            motion=round(float(rng.uniform(0.0, 2.0)), 2),
            noise=round(float(rng.uniform(0.5, 4.0)), 2),
            light=round(float(rng.uniform(0.0, 0.03)), 4),
            strength=round(float(rng.uniform(0.003, 0.007)), 4),
            variability=round(float(rng.uniform(0.005, 0.03)), 4),
            size=round(float(rng.uniform(0.4, 0.7)), 2),
            skin=-1.0 if self.skin is None else round(float(rng.uniform(*self.skin)), 2),
        )

    def photo_scene(self, i: int) -> PhotoScene:
        """The photograph, heart rate, motion and light of clip ``i``."""
        rng = np.random.default_rng([self.seed, i, 5])
        motion = str(rng.choice(list(MOTIONS)))
        light = str(rng.choice(list(LIGHTS), p=[0.55, 0.15, 0.15, 0.15]))
        dim = rng.random() < 0.2
        return PhotoScene(
            photo=self.photos[i % len(self.photos)],
            hr=round(float(rng.uniform(*self.hr)), 1),
            seed=int(rng.integers(2**31)),
            seconds=self.seconds,
            fps=self.fps,
            size=self.size,
            motion=motion if self.motion == "any" else self.motion,
            light=light,
            level=round(float(rng.uniform(0.25, 0.5) if dim else rng.uniform(0.8, 1.0)), 2),
            noise=round(float(rng.uniform(1.5, 3.0) if dim else rng.uniform(0.5, 2.0)), 2),
            tone=None if self.skin is None else round(float(rng.uniform(*self.skin)), 2),
        )

    def video(self, i: int) -> Path:
        """The video of clip ``i``."""
        return self.folder / f"clip_{i:04d}{self.form.suffix}"

    def truth(self, i: int) -> Path:
        """The CSV of the true pulse of clip ``i``."""
        return self.folder / f"clip_{i:04d}.csv"


@dataclass(frozen=True, slots=True)
class ExportProgress:
    """Of clip number ``clip`` (from 1) of ``clips``, ``frame`` of ``frames`` are written.

    ``frame`` equals ``frames`` once, when both files are complete. ``hr_bpm`` is the mean.
    """

    clip: int
    clips: int
    frame: int
    frames: int
    video: Path
    hr_bpm: float


def export(plan: ExportPlan) -> Generator[ExportProgress, None, None]:
    """Draws and writes the clips one after the other, and ``clips.csv`` that lists them.

    When it is stopped in between, the finished clips stay and are listed.

    Raises:
        OutputError: the folder cannot be written, or holds such clips already.
    """
    with _new_index(plan) as index:
        more = ("photo", "motion", "light", "level", "skin") if plan.photos else ()
        rows = CsvRows(index, number="{:g}".format)
        rows.add(("video", "truth", "hr_bpm", "seconds", "fps", "scene_seed", *more))
        for i in range(plan.clips):
            clip = _photo_clip(plan, i) if plan.photos else _drawn_clip(plan, i)
            yield from _export_clip(plan, i, clip)
            files = plan.video(i).name, plan.truth(i).name
            rows.add((*files, clip.hr, plan.seconds, plan.fps, *clip.notes))
            index.flush()


class _Pulse(Protocol):
    def bvp(self, t: NDArray[np.float64]) -> NDArray[np.float64]: ...

    def hr_bpm(self, t: NDArray[np.float64]) -> NDArray[np.float64]: ...


@dataclass(frozen=True, slots=True, eq=False)
class _Clip:
    """What there is to write: the rate asked for, the truth, the pictures, the last columns."""

    hr: float
    pulse: _Pulse
    pictures: Iterator[NDArray[np.uint8]]
    notes: tuple[object, ...]


def _drawn_clip(plan: ExportPlan, i: int) -> _Clip:
    config = plan.scene(i)
    scene = DemoScene(config)
    pictures = (scene.render(k) for k in count())
    return _Clip(config.hr, scene, pictures, (config.seed,))


def _photo_clip(plan: ExportPlan, i: int) -> _Clip:
    s = plan.photo_scene(i)
    notes = (s.seed, s.photo.name, s.motion, s.light, s.level, s.tone)
    return _Clip(s.hr, s.trace(), s.pictures(), notes)


def _new_index(plan: ExportPlan) -> TextIO:
    names = [path for i in range(plan.clips) for path in (plan.video(i), plan.truth(i))]
    for path in [plan.folder / INDEX, *names]:
        if path.exists():
            raise OutputError(f"{path} exists already: choose a new folder, nothing is overwritten")
    try:
        plan.folder.mkdir(parents=True, exist_ok=True)
        return (plan.folder / INDEX).open("x", encoding="utf-8")
    except OSError as error:
        why = error.strerror or str(error)
        raise OutputError(f"cannot write to {plan.folder}: {why}; choose another folder") from error


def _export_clip(plan: ExportPlan, i: int, clip: _Clip) -> Generator[ExportProgress, None, None]:
    times = np.arange(round(plan.seconds * plan.fps)) / plan.fps
    rate = clip.pulse.hr_bpm(times)
    mean, n = float(np.mean(rate)), len(times)
    with VideoWriter(plan.video(i), plan.fps, plan.size, plan.form) as video:
        for k in range(n):
            yield ExportProgress(i + 1, plan.clips, k, n, plan.video(i), mean)
            video.write(next(clip.pictures))
    with AtomicText(plan.truth(i)) as out:
        out.write("t,bvp,hr_bpm\n")
        for t, bvp, hr in zip(times, clip.pulse.bvp(times), rate, strict=True):
            out.write(f"{t:.6f},{bvp:.6f},{hr:.3f}\n")
    yield ExportProgress(i + 1, plan.clips, n, n, plan.video(i), mean)
