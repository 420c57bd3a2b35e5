"""``aimanet synthesize``: videos of drawn faces or animated photographs, and their pulse."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from aimanet.errors import AimaNetError

if TYPE_CHECKING:
    from aimanet.synthesis.export import ExportPlan
    from aimanet.synthesis.photos import FindFace, Photo

LOOKS = 12
MOTIONS = ("any", "still", "talking", "moving", "strong")


class SynthesizeFlagsError(AimaNetError):
    """Flags of ``synthesize`` that no video can be made from."""


@dataclass(frozen=True, slots=True)
class Options:
    """Videos of drawn faces, or of photographs of your own, with a known pulse.

    Each clip_0000.mp4 gets a clip_0000.csv with the true pulse and heart rate of every frame
    (t,bvp,hr_bpm), and clips.csv lists them all. Nothing is overwritten. The same seed gives
    the same clips.

    Examples: `aimanet synthesize --out faces --clips 5 --seed 1`,
    `aimanet synthesize --out living --faces photos --clips 20 --motion talking`.
    """

    out: Path
    """The folder to write to; it is made."""
    clips: int = 1
    """How many clips."""
    seed: int = 0
    """Where the random faces, heart rates and disturbances come from."""
    seconds: float = 30.0
    """Length of a clip."""
    fps: float = 30.0
    """Frames per second."""
    size: tuple[int, int] = (640, 480)
    """Width and height in pixels, even numbers."""
    faces: Path | None = None
    """A folder of photographs of faces, animated in turn; without it, people are drawn."""
    motion: str = "any"
    """What the heads of photographs do: still, talking, moving, strong, or any of these."""
    hr: tuple[float, float] = (45.0, 165.0)
    """The lowest and the highest mean heart rate, in BPM."""
    skin: tuple[float, float] | None = None
    """The lightest and the darkest skin, 0 to 1; without it, anybody's and the photograph's own."""
    lossless: bool = False
    """FFV1 in Matroska (about 15 MB a second) instead of high-quality H.264 in MP4."""


def run(options: Options) -> int:
    """Writes the clips with a progress bar on stderr, and lists them on stdout."""
    _check(options)
    from aimanet.synthesis.export import HIGH_QUALITY, LOSSLESS, ExportPlan

    plan = ExportPlan(
        folder=options.out,
        clips=options.clips,
        seed=options.seed,
        seconds=options.seconds,
        fps=options.fps,
        size=options.size,
        form=LOSSLESS if options.lossless else HIGH_QUALITY,
        photos=() if options.faces is None else _photos(options.faces),
        motion=options.motion,
        hr=options.hr,
        skin=options.skin,
    )
    _write(plan)
    return 0


def _write(plan: ExportPlan) -> None:
    from rich.console import Console
    from rich.progress import Progress

    from aimanet.synthesis.export import export

    with Progress(
        console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
    ) as progress:
        task = progress.add_task("drawing", total=plan.clips)
        for step in export(plan):
            progress.update(task, completed=step.clip - 1 + step.frame / step.frames)
            if step.frame == step.frames:
                print(f"{step.video}  {step.hr_bpm:.1f} BPM", flush=True)


def _photos(folder: Path) -> tuple[Photo, ...]:
    """The usable photographs of a folder; the others are named on stderr."""
    from aimanet.synthesis.photos import load_photos

    with face_finder() as find:
        photos, left_out = load_photos(folder, find)
    for line in left_out:
        print(f"left out: {line}", file=sys.stderr)
    return tuple(photos)


@contextmanager
def face_finder() -> Iterator[FindFace]:
    """Finds the face of a photograph as the app would before the camera."""
    import numpy as np
    from numpy.typing import NDArray

    from aimanet.face import FaceTracker
    from aimanet.types import BBox, Frame

    tracker = FaceTracker()
    looks = count()

    def find(picture: NDArray[np.uint8]) -> BBox | None:
        tracker.reset()
        for i in range(LOOKS):  # small faces are looked for in one tile a frame
            crop = tracker.track(Frame(i, float(next(looks)), picture))
            if crop.bbox is not None:
                return crop.bbox
        return None

    try:
        yield find
    finally:
        tracker.close()


def _check(options: Options) -> None:
    if not 1 <= options.clips <= 9999:
        raise SynthesizeFlagsError(f"--clips {options.clips}: give a number from 1 to 9999")
    if options.seed < 0:
        raise SynthesizeFlagsError(f"--seed {options.seed}: give a number from 0 on")
    if not 5.0 <= options.fps <= 120.0:
        raise SynthesizeFlagsError(f"--fps {options.fps:g}: give a rate from 5 to 120")
    if not 1.0 / options.fps <= options.seconds <= 36_000.0:
        raise SynthesizeFlagsError(
            f"--seconds {options.seconds:g}: give a time from one frame to 36000 s"
        )
    if any(side % 2 or not 64 <= side <= 4096 for side in options.size):
        width, height = options.size
        raise SynthesizeFlagsError(
            f"--size {width} {height}: give even numbers from 64 to 4096, e.g. 640 480"
        )
    _check_person(options)


def _check_person(options: Options) -> None:
    if options.motion not in MOTIONS:
        raise SynthesizeFlagsError(f"--motion {options.motion}: give one of {', '.join(MOTIONS)}")
    if options.motion != "any" and options.faces is None:
        raise SynthesizeFlagsError(f"--motion {options.motion}: it needs --faces, a folder")
    if options.faces is not None and not options.faces.is_dir():
        raise SynthesizeFlagsError(f"--faces {options.faces}: give a folder of photographs")
    low, high = options.hr
    if not 40.0 <= low <= high <= 220.0:
        raise SynthesizeFlagsError(f"--hr {low:g} {high:g}: give two rates from 40 to 220, rising")
    light, dark = options.skin or (0.0, 1.0)
    if not 0.0 <= light <= dark <= 1.0:
        raise SynthesizeFlagsError(f"--skin {light:g} {dark:g}: give two from 0 to 1, rising")
