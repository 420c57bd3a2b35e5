"""The network's forward pass, in training and in validation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

PORTION = 360
"""Frames that go through the network at once when it only reads."""


@dataclass(frozen=True, slots=True)
class Forward:
    """Where and how exactly the network computes. ``dtype`` float32 is full precision."""

    device: torch.device
    dtype: torch.dtype = torch.float32

    @classmethod
    def of(cls, device: torch.device, precision: str) -> Forward:
        """The arithmetic for a precision: auto, bf16, fp16 or fp32."""
        named = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}
        return cls(device, named[precision] if precision in named else _fastest(device))

    @property
    def scaled(self) -> bool:
        """Whether gradients need scaling, so that float16 does not lose them."""
        return self.dtype == torch.float16

    def __call__(self, net: nn.Module, motion: Tensor, appearance: Tensor) -> Tensor:
        """(N, T, 3, S, S) motion and (N, A, 3, S, S) appearance to (N, T) float32."""
        m = motion.to(self.device, non_blocking=True).float().flatten(0, 1)
        a = appearance.to(self.device, non_blocking=True).float().flatten(0, 1)
        mixed = self.dtype != torch.float32
        with torch.autocast(self.device.type, self.dtype, enabled=mixed):
            predicted: Tensor = net(m, a)
        return predicted.float().view(len(motion), -1)


@dataclass(frozen=True, slots=True)
class Reader:
    """A network that reads long stretches of windows of ``depth`` frames, in portions."""

    net: nn.Module
    forward: Forward
    depth: int

    def read(self, motion: NDArray[Any], appearance: NDArray[Any]) -> NDArray[np.float32]:
        """(T,) prediction for (T, 3, S, S) motion and one appearance a window or a frame."""
        portion = max(1, PORTION // self.depth) * self.depth
        looks = portion * len(appearance) // max(len(motion), 1)
        out = [np.empty(0, np.float32)]
        for i in range(-(-len(motion) // portion)):
            m = motion[i * portion : (i + 1) * portion]
            a = appearance[i * looks : (i + 1) * looks]
            predicted = self.forward(self.net, _tensor(m), _tensor(a))
            out.append(predicted[0].cpu().numpy())
        return np.concatenate(out)


def _tensor(x: NDArray[Any]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(x))[None]


def _fastest(device: torch.device) -> torch.dtype:
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(False) else torch.float16
    try:
        fast = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    except (AttributeError, RuntimeError):  # a torch without oneDNN
        fast = False
    return torch.bfloat16 if fast else torch.float32
