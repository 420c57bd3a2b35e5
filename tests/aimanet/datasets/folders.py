"""Tiny data sets in the published layouts, with drawn faces whose pulse is known.

`Face` draws one person at any time one asks for (about 0.3 ms a picture of 96x72; the face
detector finds every one of them), `write_video` and `write_png` put the pictures into files,
and one function a data set lays the files out as they are downloaded. In the pictures green
falls where `Face.bvp` rises.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from aimanet.datasets.base import Label
from aimanet.synthesis import DemoScene, SceneConfig
from aimanet.types import Frame

Image = NDArray[np.uint8]
Signal = NDArray[np.float64]

BEFORE_S = 2.0
"""The pulse is known from this long before the first frame on (and as long after the last)."""


class _Scene(DemoScene):
    def _noise_frame(self, i):
        return super()._noise_frame(round(i * 97))  # frame "numbers" are times here, no integers

    def _blink(self, t):
        return 0.0  # a blink changes the mean of a small picture more than the pulse does


@lru_cache(maxsize=64)
def _scene(face: Face) -> _Scene:
    config = SceneConfig(
        hr=face.hr,
        seed=face.seed,
        seconds=face.seconds + 2 * BEFORE_S,
        width=face.size[0],
        height=face.size[1],
        motion=face.motion,
        noise=face.noise,
        light=0.0,
        strength=face.strength,
        skin=face.skin,
        variability=0.03,
        size=0.7,
    )
    return _Scene(config)


@dataclass(frozen=True)
class Face:
    """One drawn person; times are in s and 0 is the first frame."""

    hr: float = 75.0
    seed: int = 1
    seconds: float = 3.0
    fps: float = 30.0
    size: tuple[int, int] = (96, 72)
    strength: float = 0.02
    motion: float = 0.0
    noise: float = 1.0
    skin: float = 0.2

    @property
    def times(self) -> Signal:
        """(N,) the even times of the frames."""
        return np.arange(round(self.seconds * self.fps)) / self.fps

    def bvp(self, t: Signal) -> Signal:
        """The true pulse at times ``t``."""
        return _scene(self).bvp(np.asarray(t, float) + BEFORE_S)

    def hr_bpm(self, t: Signal) -> Signal:
        """The true heart rate at times ``t``."""
        return _scene(self).hr_bpm(np.asarray(t, float) + BEFORE_S)

    def image(self, t: float) -> Image:
        """(H, W, 3) RGB at time ``t``."""
        scene = _scene(self)
        return scene.render((t + BEFORE_S) * scene.config.fps)

    def images(self, t: Iterable[float] | None = None) -> Iterator[Image]:
        """The pictures at times ``t``, or at the even times."""
        return (self.image(float(at)) for at in (self.times if t is None else t))


def person(number: int, seconds: float = 3.0, fps: float = 30.0, **more) -> Face:
    """Another face and another heart rate (58 to 107 BPM) for each number."""
    return Face(58.0 + number * 11 % 50, seed=number, seconds=seconds, fps=fps, **more)


@dataclass(frozen=True)
class Codec:
    """An encoder of FFmpeg's."""

    name: str
    pixels: str
    options: dict[str, str] = field(default_factory=dict)


MJPEG = Codec("mjpeg", "yuvj420p", {"qmin": "1", "qmax": "1"})
RAW = Codec("rawvideo", "bgr24")
MPEG4 = Codec("mpeg4", "yuv420p", {"qmin": "1", "qmax": "2", "g": "1"})
FFV1 = Codec("ffv1", "bgr0")


def write_video(path: Path, images: Iterable[Image], fps: float, codec: Codec = RAW) -> Path:
    """A video file of RGB images; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rate = Fraction(fps).limit_denominator(1001)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec.name, rate=rate, options=codec.options)
        stream.pix_fmt = codec.pixels
        for number, image in enumerate(images):
            if number == 0:
                stream.height, stream.width = image.shape[:2]
            picture = av.VideoFrame.from_ndarray(image, "rgb24")
            picture.pts, picture.time_base = number, 1 / rate
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def write_image(path: Path, image: Image) -> Path:
    """A picture file (PNG, BMP, JPG by the suffix), also under names with umlauts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    coded, data = cv2.imencode(path.suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    assert coded
    path.write_bytes(data.tobytes())
    return path


def write_text(path: Path, text: str) -> Path:
    """A text file, exactly as given; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def column(values: Sequence[float] | Signal, form: str = "{:.2f}") -> str:
    """One number a line."""
    return "".join(form.format(value) + "\n" for value in values)


def lag_s(frames: Sequence[Frame], label: Label) -> float:
    """By how much (s) a label comes late against the pulse in the frames, in 2 ms steps.

    Within a frame either way; what the frames show is taken from their mean green.
    """
    green = -np.array([frame.image[..., 1].mean() for frame in frames])
    t = np.array([frame.t for frame in frames])
    step = float(np.median(np.diff(t)))
    shifts = np.arange(-1.5 * step, 1.5 * step, 0.002)
    inside = (t > label.t[0] + 2 * step) & (t < label.t[-1] - 2 * step)
    waves = [np.interp(t[inside] + shift, label.t, label.ppg) for shift in shifts]
    return float(shifts[np.argmax([np.corrcoef(green[inside], wave)[0, 1] for wave in waves])])


# UBFC-Phys ------------------------------------------------------------------------------------


def ubfc_phys(
    root: Path,
    subjects: Sequence[int] = (1, 2),
    tasks: Sequence[str] = ("T1", "T2", "T3"),
    seconds: float = 3.0,
    fps: float = 35.0,
    **more,
) -> Path:
    """``s1/vid_s1_T1.avi bvp_s1_T1.csv eda_s1_T1.csv``, ``info_s1.txt`` and the questionnaire."""
    for number in subjects:
        folder = root / f"s{number}"
        for k, task in enumerate(tasks):
            face = person(10 * number + k, seconds, fps, **more)
            ubfc_phys_task(folder, number, task, face)
        write_text(folder / f"info_s{number}.txt", f"s{number}\nf\ntest\n2019_02_07\n11_37_06\n")
        write_text(folder / f"selfReportedAnx_s{number}.csv", "23\n31\n")
    return root


def ubfc_phys_task(folder: Path, number: int, task: str, face: Face) -> None:
    """The files of one task."""
    name = f"s{number}_{task}"
    write_video(folder / f"vid_{name}.avi", face.images(), face.fps, MJPEG)
    rows = np.arange(round(64 * face.seconds)) / 64
    write_text(folder / f"bvp_{name}.csv", column(40 * face.bvp(rows)))
    write_text(folder / f"eda_{name}.csv", column(np.full(round(4 * face.seconds), 0.31), "{:.6f}"))


# UBFC-rPPG ------------------------------------------------------------------------------------


def ubfc_rppg(
    root: Path,
    subjects: Sequence[int] = (1, 3),
    simple: Sequence[int] = (5,),
    seconds: float = 3.0,
    **more,
) -> Path:
    """``DATASET_2/subject1/{vid.avi,ground_truth.txt}``, ``DATASET_1/5-gt/{vid.avi,gtdump.xmp}``.

    The cameras of the second part run at 28.9 fps with some jitter while the header says 30:
    only the label's own time line is right. In the first part the header is right.
    """
    for number in subjects:
        face = person(number, seconds, 28.9, **more)
        ubfc_rppg_2(root / "DATASET_2" / f"subject{number}", face)
    for number in simple:
        ubfc_rppg_1(root / "DATASET_1" / f"{number}-gt", person(100 + number, seconds, **more))
    return root


def jittered(face: Face, depth_s: float = 0.004) -> Signal:
    """(N,) increasing times about the even ones, the first at 0."""
    t = face.times + np.random.default_rng(face.seed).uniform(-depth_s, depth_s, len(face.times))
    return t - t[0]


def ubfc_rppg_2(folder: Path, face: Face) -> Signal:
    """One recording of the second part; the true times of its frames."""
    t = jittered(face)
    write_video(folder / "vid.avi", face.images(t), 30)
    rows = (face.bvp(t), np.round(face.hr_bpm(t)), t)
    lines = ["   " + "   ".join(f"{value:.7e}" for value in row) for row in rows]
    write_text(folder / "ground_truth.txt", "\n".join(lines) + "\n")
    return t


def ubfc_rppg_1(folder: Path, face: Face, start_ms: int = 0) -> None:
    """One recording of the first part: labels at about 62 Hz in ms."""
    write_video(folder / "vid.avi", face.images(), face.fps)
    t = np.arange(round(62 * face.seconds) + 4) / 62
    rows = [
        f"{round(1000 * at) + start_ms},{hr:.0f},98,{50 + 40 * ppg:.0f}\n"
        for at, hr, ppg in zip(t, face.hr_bpm(t), face.bvp(np.round(t, 3)), strict=True)
    ]
    write_text(folder / "gtdump.xmp", "".join(rows))


# PURE -----------------------------------------------------------------------------------------

PURE_START_NS = 1_392_643_993_642_815_000


def pure(
    root: Path,
    names: Sequence[str] = ("01-01", "01-02", "02-01"),
    seconds: float = 2.0,
    flat: bool = False,
    **more,
) -> Path:
    """``01-01/01-01/Image<ns>.png`` and ``01-01/01-01.json`` (flat: both right in the root)."""
    for name in names:
        face = person(int(name.replace("-", "")), seconds, 30, **more)
        pure_recording(root if flat else root / name, name, face)
    return root


def pure_recording(folder: Path, name: str, face: Face, start_ns: int = PURE_START_NS) -> Signal:
    """One recording; the true times of its frames. The oximeter starts 7 ms early, at 60 Hz."""
    t = jittered(face)
    stamps = [start_ns + round(1e9 * at) for at in t]
    for stamp, image in zip(stamps, face.images(t), strict=True):
        write_image(folder / name / f"Image{stamp}.png", image)
    sensor_t = np.arange(round(60 * face.seconds)) / 60 - 0.007
    packages = [
        pure_package(start_ns + round(1e9 * at), 60 + 40 * ppg, hr)
        for at, ppg, hr in zip(sensor_t, face.bvp(sensor_t), face.hr_bpm(sensor_t), strict=True)
    ]
    images = [{"Timestamp": stamp, "Value": {}, "FrameID": "/CameraFrame"} for stamp in stamps]
    write_text(
        folder / f"{name}.json", json.dumps({"/FullPackage": packages, "/Image": images}, indent=1)
    )
    return t


def pure_package(stamp: int, waveform: float, pulse_rate: float, **flags: bool) -> dict:
    """One message of the oximeter, as PURE's JSON holds it."""
    value = {
        "barGraph": 4,
        "beep": False,
        "droppingo2Sat": False,
        "o2saturation": 98,
        "probeError": False,
        "pulseRate": round(pulse_rate),
        "searching": False,
        "searchingToLong": False,
        "signalStrength": 5,
        "waveform": round(waveform),
    }
    return {"Timestamp": stamp, "Value": value | flags, "FrameID": ""}


# COHFACE --------------------------------------------------------------------------------------


def cohface(
    root: Path,
    subjects: Sequence[int] = (1, 2),
    sessions: Sequence[int] = (0, 1, 2, 3),
    seconds: float = 3.0,
    **more,
) -> Path:
    """``1/0/data.avi data.hdf5`` and so on: 20 fps, a sensor at 256 Hz."""
    for number in subjects:
        for session in sessions:
            face = person(10 * number + session, seconds, 20, **more)
            cohface_session(root / str(number) / str(session), number, session, face)
    return root


def cohface_session(folder: Path, number: int, session: int, face: Face) -> None:
    """The two files of one session."""
    import h5py

    write_video(folder / "data.avi", face.images(), face.fps, MPEG4)
    t = np.arange(round(256 * face.seconds)) / 256
    with h5py.File(folder / "data.hdf5", "w") as file:
        file["pulse"] = 1000 * face.bvp(t)
        file["respiration"] = np.sin(2 * np.pi * 0.25 * t)
        file["time"] = t
        file.attrs["sample-rate-hz"] = 256
        file.attrs["scale"] = "uV"
        file.attrs["client-id"] = number
        file.attrs["session"] = session
        file.attrs["illumination"] = "lamp" if session < 2 else "natural"
        file.attrs["birth-date"] = "01.02.1990"
