"""``aimanet synthesize``: videos of drawn faces and the pulse they were given."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from aimanet.errors import AimaNetError


class SynthesizeFlagsError(AimaNetError):
    """Flags of ``synthesize`` that no video can be made from."""


@dataclass(frozen=True, slots=True)
class Options:
    """Videos of drawn faces with a known pulse.

    Each clip_0000.mp4 gets a clip_0000.csv with the true pulse and heart rate of every frame
    (t,bvp,hr_bpm), and clips.csv lists them all. Nothing is overwritten. The same seed gives
    the same clips.

    Example: `aimanet synthesize --out faces --clips 5 --seed 1`.
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
    lossless: bool = False
    """FFV1 in Matroska (about 15 MB a second) instead of high-quality H.264 in MP4."""


def run(options: Options) -> int:
    """Writes the clips with a progress bar on stderr, and lists them on stdout."""
    _check(options)
    from rich.console import Console
    from rich.progress import Progress

    from aimanet.synthesis.export import HIGH_QUALITY, LOSSLESS, ExportPlan, export

    plan = ExportPlan(
        folder=options.out,
        clips=options.clips,
        seed=options.seed,
        seconds=options.seconds,
        fps=options.fps,
        size=options.size,
        form=LOSSLESS if options.lossless else HIGH_QUALITY,
    )
    with Progress(
        console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
    ) as progress:
        task = progress.add_task("drawing", total=options.clips)
        for step in export(plan):
            progress.update(task, completed=step.clip - 1 + step.frame / step.frames)
            if step.frame == step.frames:
                print(f"{step.video}  {step.hr_bpm:.1f} BPM", flush=True)
    return 0


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
