"""TS-CAN as a pulse method: clips in, pulse derivative out, each frame through it once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from aimanet.checkpoint import default_weights, fingerprint, load_checkpoint
from aimanet.preprocess import MotionAppearance
from aimanet.types import BvpSegment, Clip


class NetworkMethod:
    """The `PulseMethod` around a checkpoint.

    ``last_attention`` is the first attention mask of the newest window, (h, w) float32 scaled
    to a maximum of 1, or None before there is one. Raises CheckpointError for bad weights.
    """

    name = "tscan"

    def __init__(self, device: str = "cpu", weights: Path | None = None) -> None:
        path = weights or default_weights()
        net, self.recipe, self.card = load_checkpoint(path)
        self.model: str | None = f"{self.card.name} ({fingerprint(path)})"
        self.device = torch.device(device)
        self._net = net.to(self.device)
        self._inputs = MotionAppearance(self.recipe)
        self.last_attention: NDArray[np.float32] | None = None

    def reset(self) -> None:
        """Forgets what the inputs remember: running scales and means."""
        self._inputs.reset()
        self.last_attention = None

    @torch.inference_mode()
    def process(self, clip: Clip) -> BvpSegment:
        """Reads one window of ``frame_depth`` + 1 crops: ``frame_depth`` derivative samples."""
        motion, appearance = self._inputs(clip)
        mask1, mask2 = self._net.attend(self._tensor(appearance))
        bvp = self._net.read(self._tensor(motion), mask1, mask2)
        mask = mask1[-1, 0].cpu().numpy()
        self.last_attention = mask / mask.max()
        return BvpSegment(clip.t[1:], clip.fs, bvp.flatten().cpu().numpy(), is_derivative=True)

    def _tensor(self, x: NDArray[np.float32]) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(x)).to(self.device)
