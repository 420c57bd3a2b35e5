"""The originals, written a second time from what is known of them; nothing of ours is used.

PyTorch modules whose state dicts have the originals' keys, the Keras graphs in numpy (channels
last), and each project's preprocessing of a whole video.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional


def shift_frames(x: np.ndarray, depth: int, replicate: bool = False) -> np.ndarray:
    """Temporal shift of (N*T, H, W, C), frame by frame; also right for a tensor's channels."""
    out = np.array(x)
    third = x.shape[-1] // 3
    for i in range(len(x)):
        start = i - i % depth
        for step, part in ((1, slice(0, third)), (-1, slice(third, 2 * third))):
            if start <= i + step < start + depth:
                out[i, ..., part] = x[i + step, ..., part]
            elif not replicate:
                out[i, ..., part] = 0
    return out


def _shift_torch(x: torch.Tensor, depth: int) -> torch.Tensor:
    last = shift_frames(x.detach().permute(0, 2, 3, 1).numpy(), depth)
    return torch.from_numpy(last).permute(0, 3, 1, 2)


class TorchOriginal(nn.Module):
    """A per-frame TS-CAN in PyTorch; names and the mask's scale are what two projects differ in."""

    def __init__(self, names: dict[str, str], size: int, depth: int, channels_times_height: bool):
        super().__init__()
        flat = (((size - 2) // 2) - 2) // 2
        shapes = {"1": (3, 32), "2": (32, 32), "3": (32, 64), "4": (64, 64)}
        for branch in "ma":
            for i, (a, b) in shapes.items():
                self._put(names[branch + i], nn.Conv2d(a, b, 3, padding=int(i in "13")))
        self._put(names["g1"], nn.Conv2d(32, 1, 1))
        self._put(names["g2"], nn.Conv2d(64, 1, 1))
        self._put(names["d1"], nn.Linear(64 * flat**2, 128))
        self._put(names["d2"], nn.Linear(128, 1))
        self.names, self.depth, self.odd = names, depth, channels_times_height

    def _put(self, name: str, layer: nn.Module) -> None:
        outer, _, inner = name.partition(".")
        self.add_module(outer, nn.ModuleDict({inner: layer}) if inner else layer)

    def at(self, short: str) -> nn.Module:
        return self.get_submodule(self.names[short])

    def forward(self, motion: torch.Tensor, appearance: torch.Tensor) -> torch.Tensor:
        m, a = motion, appearance
        for first, second, gate in (("1", "2", "g1"), ("3", "4", "g2")):
            for i in (first, second):
                m = torch.tanh(self.at("m" + i)(_shift_torch(m, self.depth)))
                a = torch.tanh(self.at("a" + i)(a))
            g = torch.sigmoid(self.at(gate)(a))
            area = g.shape[1 if self.odd else 3] * g.shape[2]  # the mask's own channels: one
            g = 0.5 * area * g / g.sum(dim=(2, 3), keepdim=True)
            m, a = functional.avg_pool2d(m * g, 2), functional.avg_pool2d(a, 2)
        return self.at("d2")(torch.tanh(self.at("d1")(m.reshape(len(m), -1))))


def toolbox(size: int, depth: int = 10) -> TorchOriginal:
    """rPPG-Toolbox's TS-CAN."""
    names = {f"m{i}": f"motion_conv{i}" for i in range(1, 5)}
    names |= {f"a{i}": f"apperance_conv{i}" for i in range(1, 5)}
    names |= {f"g{i}": f"apperance_att_conv{i}" for i in (1, 2)}
    names |= {f"d{i}": f"final_dense_{i}" for i in (1, 2)}
    return TorchOriginal(names, size, depth, channels_times_height=False).eval()


def seed() -> TorchOriginal:
    """The seed's network."""
    names = {f"m{i}": f"tsm_conv{i}.conv1" for i in range(1, 5)}
    names |= {f"a{i}": f"reg_conv{i}.conv1" for i in range(1, 5)}
    names |= {f"g{i}": f"g{i}_conv.conv1" for i in (1, 2)}
    names |= {f"d{i}": f"fc{i}" for i in (1, 2)}
    return TorchOriginal(names, 36, 10, channels_times_height=True).eval()


Weights = dict[str, tuple[np.ndarray, np.ndarray]]
"""Kernel and bias by short name (m1..m4, a1..a4, g1, g2, d1, d2), as Keras has them."""


def keras_weights(rng: np.random.Generator, size: int = 36) -> Weights:
    """Random weights, as Keras would start with, of a TS-CAN."""
    flat = (((size - 2) // 2) - 2) // 2
    shapes = {"1": (3, 3, 3, 32), "2": (3, 3, 32, 32), "3": (3, 3, 32, 64), "4": (3, 3, 64, 64)}
    full: dict[str, tuple[int, ...]] = {
        branch + i: shape for branch in "ma" for i, shape in shapes.items()
    }
    full |= {"g1": (1, 1, 32, 1), "g2": (1, 1, 64, 1), "d1": (flat * flat * 64, 128)}
    full |= {"d2": (128, 1)}
    return {
        name: (
            rng.normal(0, np.prod(shape[:-1]) ** -0.5, shape).astype(np.float32),
            rng.normal(0, 0.1, shape[-1]).astype(np.float32),
        )
        for name, shape in full.items()
    }


def _conv(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray, same: bool) -> np.ndarray:
    side = kernel.shape[0]
    if same:
        x = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    patches = np.lib.stride_tricks.sliding_window_view(x, (side, side), axis=(1, 2))
    # (N, H, W, in, kh, kw) with (kh, kw, in, out)
    return np.tensordot(patches, kernel, axes=((4, 5, 3), (0, 1, 2))) + bias


def _pool(x: np.ndarray) -> np.ndarray:
    n, h, w, c = x.shape
    x = x[:, : h // 2 * 2, : w // 2 * 2]
    return x.reshape(n, h // 2, 2, w // 2, 2, c).mean(axis=(2, 4))


def keras_network(
    weights: Weights, motion: np.ndarray, appearance: np.ndarray, depth: int, replicate: bool
) -> np.ndarray:
    """The graph: motion (N*T, H, W, 3), appearance (N*T or 1, H, W, 3) to (N*T,)."""
    w = {k: (a.astype(np.float64), b.astype(np.float64)) for k, (a, b) in weights.items()}
    m, a = motion.astype(np.float64), appearance.astype(np.float64)
    for first, second, gate in (("1", "2", "g1"), ("3", "4", "g2")):
        for i, same in ((first, True), (second, False)):
            m = np.tanh(_conv(shift_frames(m, depth, replicate), *w["m" + i], same))
            a = np.tanh(_conv(a, *w["a" + i], same))
        g = 1 / (1 + np.exp(-_conv(a, *w[gate], False)))
        g = g / g.sum(axis=(1, 2), keepdims=True) * g.shape[1] * g.shape[2] * 0.5
        m, a = _pool(m * g), _pool(a)
    hidden = np.tanh(m.reshape(len(m), -1) @ w["d1"][0] + w["d1"][1])
    return (hidden @ w["d2"][0] + w["d2"][1])[:, 0]


def toolbox_inputs(video: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """rPPG-Toolbox's two inputs of a whole video (T+1, H, W, 3), 0-255: T frames each."""
    x = video.astype(np.float64)
    motion = (x[1:] - x[:-1]) / (x[1:] + x[:-1] + 1e-7)
    return motion / motion.std(), ((x - x.mean()) / x.std())[:-1]


def mtts_can_inputs(video: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """MTTS-CAN's two inputs of a whole video, likewise."""
    x = np.clip(video.astype(np.float64) / 255, 1 / 255, 1)
    motion = (x[1:] - x[:-1]) / (x[1:] + x[:-1])
    return motion / motion.std(), ((x - x.mean()) / x.std())[:-1]


def open_rppg_inputs(video: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """open-rppg's two inputs of a chunk (T, H, W, 3), 0-255: T motions and one map."""
    x = video.astype(np.float64) / 255
    motion = x[1:] - x[:-1]
    motion = motion - motion.mean(axis=(1, 2), keepdims=True)
    motion = motion / (motion.std(axis=(1, 2), keepdims=True) + 1e-6)
    return np.concatenate([motion, motion[-1:]]), x.mean(axis=0, keepdims=True)


def video(frames: int, size: int, seed: int = 0) -> np.ndarray:
    """A flickering patch with dark corners, (frames, size, size, 3) float32 in 0-255."""
    rng = np.random.default_rng(seed)
    still = rng.uniform(0, 220, (size, size, 3))
    light = 1 + 0.05 * np.sin(np.arange(frames) / 3)[:, None, None, None]
    noise = rng.normal(0, 2, (frames, size, size, 3))
    return np.clip(still * light + noise, 0, 255).astype(np.float32)
