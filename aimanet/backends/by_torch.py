"""TS-CAN through torch: on CUDA, or on the processor where that is asked for."""

from __future__ import annotations

import os

import numpy as np

from aimanet.backends.base import Array, Candidate
from aimanet.checkpoint import Weights

# Read once, when torch's OpenMP loads: idle threads spin only shortly after each window.
os.environ.setdefault("GOMP_SPINCOUNT", "3000")

import torch

from aimanet.tscan import TSCAN


class TorchRunner:
    """Runs the network in torch."""

    def __init__(self, weights: Weights, candidate: Candidate) -> None:
        self._device = torch.device(candidate.device)
        self._net = TSCAN.of(weights.tensors, weights.recipe).to(self._device)
        self._cuda = candidate.device == "cuda"
        if not self._cuda:
            torch.set_num_threads(candidate.threads)
        self.name = f"PyTorch {torch.__version__}, {candidate.where}"

    @torch.inference_mode()
    def run(self, motion: Array, appearance: Array) -> tuple[Array, Array]:
        """One window, as `Runner.run` says."""
        # TensorFloat-32, which cuDNN would take, has three digits.
        with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            mask1, mask2 = self._net.attend(self._tensor(appearance))
            bvp = self._net.read(self._tensor(motion), mask1, mask2)
        return bvp.flatten().cpu().numpy(), mask1[-1, 0].cpu().numpy()

    def _tensor(self, x: Array) -> torch.Tensor:
        tensor = torch.from_numpy(np.ascontiguousarray(x))
        if self._cuda:
            tensor = tensor.pin_memory().to(self._device, non_blocking=True)
        return tensor
