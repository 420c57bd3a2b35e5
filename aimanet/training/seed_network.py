"""TS-CAN arranged for training on a processor: the same numbers, about twice the speed.

What torch's own layers lose there, measured for 30 frames of 36 px on one core: tanh 4 ms each
(fused into the convolution: 0.5), average pooling 7 ms there and back (0.8), dropout 3 ms (0.4),
the way back through the temporal shift 5 ms (0.3), and convolutions of planes instead of
channels-last pixels. Weights, recipe and results are those of `TSCAN`.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from aimanet.preprocess import Recipe
from aimanet.tscan import TSCAN

CHANNELS_LAST = torch.channels_last


def training_network(recipe: Recipe, device: torch.device) -> TSCAN:
    """The network in the form that trains fastest on a device, in training mode."""
    net = TSCAN(recipe) if device.type != "cpu" else ProcessorTSCAN(recipe)
    return net.train().to(device)


class ProcessorTSCAN(TSCAN):
    """`TSCAN` with its layers' arithmetic replaced; weights are stored channels-last."""

    def __init__(
        self, recipe: Recipe | None = None, dropout: tuple[float, float] = (0.25, 0.5)
    ) -> None:
        super().__init__(recipe, dropout)
        self.to(memory_format=CHANNELS_LAST)  # type: ignore[call-overload]

    def attend(self, appearance: Tensor) -> tuple[Tensor, Tensor]:
        """The two attention masks."""
        a = conv_tanh(self.appearance1, appearance.contiguous(memory_format=CHANNELS_LAST))
        a = conv_tanh(self.appearance2, a)
        mask1 = self._mask(self.attention1(a))
        a = self._drop(self.drop, halve(a))
        a = conv_tanh(self.appearance4, conv_tanh(self.appearance3, a))
        return mask1, self._mask(self.attention2(a))

    def read(self, motion: Tensor, mask1: Tensor, mask2: Tensor) -> Tensor:
        """The motion branch under given masks, to (N, T)."""
        m = conv_tanh(self.motion1, self._shift(motion.contiguous(memory_format=CHANNELS_LAST)))
        m = conv_tanh(self.motion2, self._shift(m))
        m = self._drop(self.drop, halve(self._look(m, mask1)))
        m = conv_tanh(self.motion3, self._shift(m))
        m = conv_tanh(self.motion4, self._shift(m))
        m = self._drop(self.drop, halve(self._look(m, mask2)))
        m = self._drop(self.drop_dense, torch.tanh(self.dense1(m.flatten(1))))
        return self.dense2(m).view(-1, self.recipe.frame_depth)

    def _shift(self, x: Tensor) -> Tensor:
        replicate = self.recipe.shift_padding == "replicate"
        return _Shift.apply(x, self.recipe.frame_depth, replicate)  # type: ignore[no-untyped-call]

    def _drop(self, layer: nn.Dropout, x: Tensor) -> Tensor:
        return x * keep_mask(x, layer.p) if layer.training and layer.p > 0 else x


def keep_mask(x: Tensor, p: float) -> Tensor:
    """Dropout's factors: 0 with chance ``p`` (to the next 1/256), else 1 / (1 - p).

    One random byte decides a value; torch's own generator draws a double for each.
    """
    dropped = round(256 * p)
    words = torch.empty(x.numel() // 8 + 1, dtype=torch.int64).random_(-(2**63), None)
    keep = words.view(torch.uint8)[: x.numel()] >= dropped
    factors = torch.empty_like(x)
    flat = factors.as_strided((x.numel(),), (1,))  # the order in memory does not matter
    torch.mul(keep, 256 / (256 - dropped) if dropped < 256 else 0.0, out=flat)
    return factors


def halve(x: Tensor) -> Tensor:
    """Means of 2 x 2 pixels."""
    return _Pool.apply(x)  # type: ignore[no-untyped-call]


def conv_tanh(layer: nn.Conv2d, x: Tensor) -> Tensor:
    """tanh(layer(x)) in one pass where oneDNN offers that."""
    if _has_fused_tanh():
        arguments = x, layer.weight, layer.bias, layer.padding
        return _ConvTanh.apply(*arguments)  # type: ignore[no-untyped-call]
    return layer(x).tanh_()


def _has_fused_tanh() -> bool:
    return torch.backends.mkldnn.is_available() and hasattr(
        torch.ops.mkldnn, "_convolution_pointwise"
    )


class _ConvTanh(torch.autograd.Function):
    """tanh of a convolution with stride 1: oneDNN computes both before it writes."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, padding: Any) -> Tensor:
        y = torch.ops.mkldnn._convolution_pointwise(
            x, weight, bias, list(padding), [1, 1], [1, 1], 1, "tanh", [], ""
        )
        ctx.save_for_backward(x, weight, y)
        ctx.padding = list(padding)
        return y

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        x, weight, y = ctx.saved_tensors
        grad = torch.ops.aten.tanh_backward(grads[0], y)
        wanted = list(ctx.needs_input_grad[:3])
        sizes, ones = [weight.shape[0]], [1, 1]
        gx, gw, gb = torch.ops.aten.convolution_backward(
            grad, x, weight, sizes, ones, ctx.padding, ones, False, [0, 0], 1, wanted
        )
        return gx, gw, gb, None


class _Shift(torch.autograd.Function):
    """The temporal shift of `TemporalShift`, one copy of each value there and back."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, depth: int, replicate: bool) -> Tensor:
        ctx.depth, ctx.replicate = depth, replicate
        x = x.unflatten(0, (-1, depth))
        y, fold = torch.empty_like(x), x.shape[2] // 3
        ahead, behind = slice(0, fold), slice(fold, 2 * fold)
        y[:, :-1, ahead] = x[:, 1:, ahead]
        y[:, 1:, behind] = x[:, :-1, behind]
        y[:, -1, ahead] = x[:, -1, ahead] if replicate else 0.0
        y[:, 0, behind] = x[:, 0, behind] if replicate else 0.0
        y[:, :, 2 * fold :] = x[:, :, 2 * fold :]
        return y.flatten(0, 1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        y = grads[0].unflatten(0, (-1, ctx.depth))
        x, fold = torch.empty_like(y), y.shape[2] // 3
        ahead, behind = slice(0, fold), slice(fold, 2 * fold)
        x[:, 1:, ahead] = y[:, :-1, ahead]
        x[:, :-1, behind] = y[:, 1:, behind]
        x[:, 0, ahead] = 0.0
        x[:, -1, behind] = 0.0
        if ctx.replicate:
            x[:, -1, ahead] += y[:, -1, ahead]
            x[:, 0, behind] += y[:, 0, behind]
        x[:, :, 2 * fold :] = y[:, :, 2 * fold :]
        return x.flatten(0, 1), None, None


class _Pool(torch.autograd.Function):
    """Means of 2 x 2 pixels; an odd last row or column is left out, as in `AvgPool2d(2)`."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.shape = x.shape
        parts = _quarters(x)
        total = parts[0] + parts[1]
        total += parts[2]
        total += parts[3]
        return total.mul_(0.25)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        n, c, h, w = ctx.shape
        x = torch.empty((n, c, h, w), dtype=grads[0].dtype, memory_format=CHANNELS_LAST)
        quarter = grads[0] * 0.25
        for part in _quarters(x):
            part.copy_(quarter)
        if h % 2:
            x[:, :, -1] = 0.0
        if w % 2:
            x[:, :, :, -1] = 0.0
        return x


def _quarters(x: Tensor) -> list[Tensor]:
    """The four views of every second pixel, (N, C, H // 2, W // 2)."""
    h, w = x.shape[2] // 2 * 2, x.shape[3] // 2 * 2
    return [x[:, :, i:h:2, j:w:2] for i in (0, 1) for j in (0, 1)]
