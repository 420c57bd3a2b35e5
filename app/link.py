"""What the two workers of a run and the window share: pictures, figures, wishes, the queue."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from aimanet.types import BBox
from app.buffers import CropQueue, NewestSlot

if TYPE_CHECKING:
    from aimanet.methods import PulseMethod
    from aimanet.sessions.recorder import Recorder
    from aimanet.sources import Source, SourceInfo
    from app.recording.measuring import Sampler


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What the screen shows of one frame: ``image`` (H, W, 3) uint8 RGB and the face's box.

    ``t`` is the source's time; ``grabbed`` the `time.perf_counter` of when it came; ``others``
    the boxes of faces that are not read.
    """

    t: float
    image: NDArray[np.uint8]
    bbox: BBox | None
    grabbed: float = 0.0
    others: tuple[BBox, ...] = ()


@dataclass(slots=True)
class LiveFigures:
    """For the status line; written by the workers, read by a GUI timer.

    ``fps`` is what really arrives; times are running means in ms; ``frames_missed`` counts
    frames the source itself skipped; ``latency_s`` is the age of the newest pulse sample;
    ``clock_s`` is what to add to a frame's time for the `time.perf_counter` of its grab.
    """

    live: bool = False
    fps: float = 0.0
    frames: int = 0
    frames_missed: int = 0
    detect_ms: float = 0.0
    latency_s: float = 0.0
    clock_s: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MethodWish:
    """A method, the device it should run on, and weights other than the shipped ones."""

    method: str
    device: str
    weights: Path | None = None


@dataclass(eq=False)
class RunLink:
    """Everything two workers and the window share during one run.

    ``opened`` and ``method`` are what the workers have in use; ``recorder`` is set by the window
    and gets every frame and reading from then on, ``sampler`` as many frames as it wants.
    ``shown`` says that the first picture is on the screen: what takes long to load waits for it,
    a while. ``fps`` is what a person stated for a recording that does not say it.
    """

    number: int
    spec: str
    wish: MethodWish
    window_s: float
    overlay: bool = False
    fps: float | None = None
    pictures: NewestSlot[Picture] = field(default_factory=NewestSlot)
    masks: NewestSlot[NDArray[np.floating]] = field(default_factory=NewestSlot)
    crops: CropQueue = field(default_factory=CropQueue)
    wishes: NewestSlot[MethodWish] = field(default_factory=NewestSlot)
    face_choices: NewestSlot[BBox] = field(default_factory=NewestSlot)
    figures: LiveFigures = field(default_factory=LiveFigures)
    stopping: threading.Event = field(default_factory=threading.Event)
    method_ready: threading.Event = field(default_factory=threading.Event)
    shown: threading.Event = field(default_factory=threading.Event)

    opened: tuple[Source, SourceInfo] | None = None
    method: PulseMethod | None = None
    recorder: Recorder | None = None
    sampler: Sampler | None = None

    def abort(self) -> None:
        """Ask both workers to end as soon as they can."""
        self.stopping.set()
        self.method_ready.set()
        self.shown.set()
        self.crops.abort()
