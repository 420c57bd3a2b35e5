"""The hops: one frozen dataclass for each step from a camera frame to a heart rate."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

BBox = tuple[float, float, float, float]
"""x, y, w, h in pixels of the frame; may reach past the frame's border."""


class State(StrEnum):
    """What a heart rate on the screen is worth."""

    WARMING_UP = "warming_up"
    OK = "ok"
    POOR_SIGNAL = "poor_signal"
    NO_FACE = "no_face"


class Reason(StrEnum):
    """Why a reading is not ``ok``: it explains the state and never decides it."""

    MEASURING = "measuring"
    """The first window has not filled yet: too early to judge."""
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    OVEREXPOSED = "overexposed"
    FROZEN = "frozen"
    LOW_FRAME_RATE = "low_frame_rate"
    UNEVEN_FRAME_RATE = "uneven_frame_rate"
    MOTION = "motion"
    FACE_SMALL = "face_small"
    COMPRESSED = "compressed"
    TOO_SHORT = "too_short"
    """Of a whole recording: it was over before anything could be judged."""
    WEAK = "weak"
    """None of the others: the pulse does not stand out."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a source.

    ``index`` counts what the source delivered (a hole in it is a dropped frame);
    ``t`` is in seconds and monotonic, taken at the grab or from the file;
    ``image`` is (H, W, 3) uint8 RGB.
    """

    index: int
    t: float
    image: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class PictureFigures:
    """What the whole picture tells about its quality, twice a second.

    ``peak`` is the grey level (0-255) that 5 % of the picture exceed; ``bright`` the share (0-1)
    of its pixels that are nearly white; ``still`` the share of the face's pixels that
    equal those of the frame before and ``blocks`` how far the steps on the grid of a codec's
    8 px blocks exceed the others there (1: not at all), None where that is not known.
    """

    peak: float
    bright: float
    still: float | None = None
    blocks: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class FaceCrop:
    """The face of one frame, or the news that there is none (``bbox`` and ``crop`` None).

    ``bbox`` is the smoothed square the crop was cut from; ``crop`` is (S, S, 3) uint8 RGB.
    ``picture`` is there twice a second, and never where only the face was recorded;
    ``others`` are the squares of further faces in the picture, as of the last second.
    """

    index: int
    t: float
    bbox: BBox | None
    crop: NDArray[np.uint8] | None
    picture: PictureFigures | None = None
    others: tuple[BBox, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """Consecutive crops on a uniform time grid: what a method takes in one go.

    ``t`` (T,) s with step 1/``fs``; ``crops`` (T, S, S, 3) float32 in 0-255;
    ``gap_s`` is the longest stretch without a real frame that was bridged inside.
    ``starts`` is True for the first clip after a reset: methods drop what they remember.
    The first crop of a clip is the last one of the clip before (unless ``starts``).
    """

    t: NDArray[np.float64]
    fs: float
    crops: NDArray[np.float32]
    gap_s: float
    starts: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class BvpSegment:
    """A stretch of blood volume pulse (or of its derivative) from a method.

    ``t`` (T,) s, uniform at ``fs``; ``bvp`` (T,) float32 in arbitrary units.
    A segment may begin before the end of the one before: the newer samples win.
    """

    t: NDArray[np.float64]
    fs: float
    bvp: NDArray[np.float32]
    is_derivative: bool


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What the screen shows at time ``t`` (s, the source's clock).

    ``hr_bpm`` and ``snr_db`` are None where there is no estimate. ``quality`` is 0-1.
    ``bvp_t``/``bvp`` is the live curve (newest last); ``spectrum_bpm``/``spectrum_power``
    the spectrum behind ``hr_bpm`` (power scaled to a maximum of 1).
    ``latency_s`` is the age of the newest pulse sample at ``t``; ``confidence`` the probability
    that ``hr_bpm`` is within 5 BPM of the truth, as the spectrum alone sees it.
    ``reason`` says why ``state`` is not ``ok``, None where it is or says all itself; ``figure``
    is the number that belongs to it: s left (measuring), px (face_small), fps (low_frame_rate).
    """

    t: float
    hr_bpm: float | None
    snr_db: float | None
    state: State
    quality: float = 0.0
    bvp_t: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    bvp: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    spectrum_bpm: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    spectrum_power: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    latency_s: float = 0.0
    confidence: float = 0.0
    reason: Reason | None = None
    figure: float | None = None


@dataclass(frozen=True, slots=True)
class TrainProgress:
    """One step of ``training.fit``. Losses are means since the last report."""

    epoch: int
    step: int
    n_steps: int
    train_loss: float
    val_loss: float | None
    val_mae_bpm: float | None
    lr: float
    elapsed_s: float
    eta_s: float
    frames_per_s: float
