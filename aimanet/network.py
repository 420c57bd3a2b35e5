"""TS-CAN as a pulse method: clips in, pulse derivative out, each frame through it once."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aimanet.backends import Runner, choose, resolve_device
from aimanet.backends.by_numpy import NumpyRunner
from aimanet.backends.choice import ENV_VAR, forced, reason
from aimanet.checkpoint import default_weights, read_weights
from aimanet.errors import MethodError
from aimanet.preprocess import MotionAppearance
from aimanet.types import BvpSegment, Clip

log = logging.getLogger(__name__)


class NetworkMethod:
    """The `PulseMethod` around a checkpoint.

    ``last_attention`` is the first attention mask of the newest window, (h, w) float32 scaled
    to a maximum of 1, or None before there is one. ``backend`` names what runs the network and
    ``device`` where, cpu or cuda. A GPU, or another backend, that fails is left for good: that is
    logged once (on the command line: to stderr), and ``notice``, before None, is the same line.

    Args:
        device: auto, cpu or cuda.
        weights: another checkpoint than the one that is shipped.
        threads: see `aimanet.backends.choose`.

    Raises:
        CheckpointError: bad weights.
        MethodError: no such device or backend here.
    """

    name = "tscan"

    def __init__(
        self, device: str = "cpu", weights: Path | None = None, threads: int | None = None
    ) -> None:
        self._weights = read_weights(weights or default_weights())
        self.recipe, self.card = self._weights.recipe, self._weights.card
        self.model: str | None = f"{self.card.name} ({self._weights.fingerprint})"
        self.notice: str | None = None
        self.device = _place(device)
        self._threads = threads
        self._runner = self._open(may_fall_back=device == "auto")
        self._inputs = MotionAppearance(self.recipe)
        self.last_attention: NDArray[np.float32] | None = None

    @property
    def backend(self) -> str:
        """What runs the network, for people: "ONNX Runtime 1.31.1, 2 threads"."""
        return self._runner.name

    def reset(self) -> None:
        """Forgets what the inputs remember: running scales and means."""
        self._inputs.reset()
        self.last_attention = None

    def process(self, clip: Clip) -> BvpSegment:
        """Reads one window of ``frame_depth`` + 1 crops: ``frame_depth`` derivative samples."""
        motion, appearance = (np.ascontiguousarray(x) for x in self._inputs(clip))
        try:
            bvp, mask = self._runner.run(motion, appearance)
        except Exception as error:  # each library has its own; the GPU's is a RuntimeError
            self._fall_back(error)
            bvp, mask = self._runner.run(motion, appearance)
        self.last_attention = mask / mask.max()
        return BvpSegment(clip.t[1:], clip.fs, bvp, is_derivative=True)

    def _open(self, *, may_fall_back: bool) -> Runner:
        try:
            return choose(self._weights, self.device, self._threads)
        except MethodError as error:
            if self.device == "cpu" or not may_fall_back:
                raise
            self._fall_back(error)
            return self._runner

    def _fall_back(self, error: Exception) -> None:
        """Goes on with the next best: the processor for the GPU, NumPy for another backend."""
        if self.device == "cuda":
            self.device = "cpu"
            self._runner = choose(self._weights, "cpu", self._threads)
            what = "the GPU cannot be used"
        else:
            what = f"{self._runner.name} failed"
            self._runner = NumpyRunner(self._weights)
        self.notice = f"{what} ({reason(error)}); the network continues with {self._runner.name}"
        log.warning("%s", self.notice)


def _place(device: str) -> str:
    """cpu or cuda, where the backend that may be asked for by hand has its say."""
    asked = forced()
    if asked in (None, "torch"):
        return resolve_device(device)
    if device == "cuda":
        raise MethodError(f"{ENV_VAR}={asked} runs on the processor; leave it out for cuda")
    return resolve_device("cpu" if device == "auto" else device)
