"""TS-CAN in NumPy alone: what the other backends are checked against, and the last resort.

As fast as torch on a processor (both leave the work to a matrix product), and there at once.
The layers are those of `aimanet.tscan`.
"""

from __future__ import annotations

import numpy as np

from aimanet.backends.base import Array, Candidate
from aimanet.checkpoint import Weights


class NumpyRunner:
    """Runs the network without any package; its threads are those of NumPy's own BLAS."""

    def __init__(self, weights: Weights, candidate: Candidate | None = None) -> None:
        self.name = f"NumPy {np.__version__}"
        self._recipe = weights.recipe
        self._tensors = weights.tensors

    def run(self, motion: Array, appearance: Array) -> tuple[Array, Array]:
        """One window, as `Runner.run` says."""
        a = self._conv("appearance2", self._conv("appearance1", appearance, 1), 0)
        mask1 = self._mask("attention1", a)
        a = self._conv("appearance4", self._conv("appearance3", _pool(a), 1), 0)
        mask2 = self._mask("attention2", a)
        m = self._conv("motion1", self._shift(motion), 1)
        m = _pool(self._conv("motion2", self._shift(m), 0) * mask1)
        m = self._conv("motion3", self._shift(m), 1)
        m = _pool(self._conv("motion4", self._shift(m), 0) * mask2)
        m = np.tanh(self._dense("dense1", m.reshape(len(m), -1)))
        return self._dense("dense2", m)[:, 0], mask1[-1, 0]

    def _shift(self, x: Array) -> Array:
        """The temporal shift of (T, C, H, W)."""
        third, out = x.shape[1] // 3, x.copy()
        out[:-1, :third] = x[1:, :third]
        out[1:, third : 2 * third] = x[:-1, third : 2 * third]
        if self._recipe.shift_padding == "zero":
            out[-1, :third] = out[0, third : 2 * third] = 0.0
        return out

    def _conv(self, name: str, x: Array, pad: int) -> Array:
        """tanh of a 3x3 convolution: frame by frame one matrix product.

        The nine shifted pictures are pieces of one flat picture; positions where the kernel
        would straddle two rows are computed with the rest and cut off.
        """
        weight, bias = self._tensors[f"{name}.weight"], self._tensors[f"{name}.bias"]
        x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
        frames, channels, height, width = x.shape
        flat = x.reshape(frames, channels, height * width)
        kernel = np.ascontiguousarray(weight.transpose(0, 2, 3, 1)).reshape(len(weight), -1)
        places = (height - 2) * width
        whole = places - 2  # the last two places of the last row would reach past the end
        shifted = np.zeros((9, channels, places), np.float32)
        out = np.empty((frames, len(weight), places), np.float32)
        for frame, result in zip(flat, out, strict=True):
            for i in range(9):
                start = i // 3 * width + i % 3
                shifted[i, :, :whole] = frame[:, start : start + whole]
            np.matmul(kernel, shifted.reshape(9 * channels, places), out=result)
        kept = out.reshape(frames, len(weight), height - 2, width)[..., : width - 2]
        return np.tanh(kept + bias[:, None, None])

    def _mask(self, name: str, a: Array) -> Array:
        weight, bias = self._tensors[f"{name}.weight"], self._tensors[f"{name}.bias"]
        logits = np.einsum("c,tchw->thw", weight[0, :, 0, 0], a) + bias
        with np.errstate(over="ignore"):  # 1 / infinity is the 0 that is meant
            x = (1.0 / (1.0 + np.exp(-logits)))[:, None]
        height, width = x.shape[2:]
        area = height * width if self._recipe.attention_scale == "hw" else height
        return x / x.sum((2, 3), keepdims=True) * np.float32(area * 0.5)

    def _dense(self, name: str, x: Array) -> Array:
        return x @ self._tensors[f"{name}.weight"].T + self._tensors[f"{name}.bias"]


def _pool(x: Array) -> Array:
    """Means of 2x2 pixels; an odd row or column is left out."""
    height, width = x.shape[2] // 2 * 2, x.shape[3] // 2 * 2
    x = x[:, :, :height, :width]
    rows = x[:, :, ::2] + x[:, :, 1::2]
    return (rows[..., ::2] + rows[..., 1::2]) * np.float32(0.25)
