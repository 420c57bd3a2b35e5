"""TS-CAN arranged for training on a processor: the same numbers, sooner.

What torch's own layers lose there, in ms for the first block's 30 frames of 36 px on one core:
tanh 4 (fused into the convolution: 0.5), average pooling 7 there and back (2), dropout 3 (1), the
way back through the temporal shift 5 (1), the first convolution 9 as planes instead of
channels-last pixels (1). Weights, recipe and results are those of `TSCAN`.
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
        m = self._drop(self.drop, masked_halve(m, mask1))
        m = conv_tanh(self.motion3, self._shift(m))
        m = conv_tanh(self.motion4, self._shift(m))
        m = self._drop(self.drop, masked_halve(m, mask2))
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


def masked_halve(x: Tensor, mask: Tensor) -> Tensor:
    """Means of 2 x 2 pixels of ``x`` (N, C, H, W) times ``mask`` (K, 1, H, W).

    Each mask is for N / K neighbours in ``x``.
    """
    return _MaskedPool.apply(x, mask)  # type: ignore[no-untyped-call]


def conv_tanh(layer: nn.Conv2d, x: Tensor) -> Tensor:
    """tanh(layer(x)) in one pass where oneDNN offers that.

    The way back overwrites the gradient it is given, so this is for the inside of a network.
    """
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
        # In place: nobody else reads the gradient that arrives here, and memory is the bottleneck.
        grad = torch.ops.aten.tanh_backward.grad_input(grads[0], y, grad_input=grads[0])
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
        y, fold = x.clone(), x.shape[2] // 3
        ahead, behind = slice(0, fold), slice(fold, 2 * fold)
        y[:, :-1, ahead] = x[:, 1:, ahead]
        y[:, 1:, behind] = x[:, :-1, behind]
        y[:, -1, ahead] = x[:, -1, ahead] if replicate else 0.0
        y[:, 0, behind] = x[:, 0, behind] if replicate else 0.0
        return y.flatten(0, 1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        y = grads[0].unflatten(0, (-1, ctx.depth))
        x, fold = y.clone(), y.shape[2] // 3
        ahead, behind = slice(0, fold), slice(fold, 2 * fold)
        x[:, 1:, ahead] = y[:, :-1, ahead]
        x[:, :-1, behind] = y[:, 1:, behind]
        x[:, 0, ahead] = 0.0
        x[:, -1, behind] = 0.0
        if ctx.replicate:
            x[:, -1, ahead] += y[:, -1, ahead]
            x[:, 0, behind] += y[:, 0, behind]
        return x.flatten(0, 1), None, None


class _Pool(torch.autograd.Function):
    """Means of 2 x 2 pixels; an odd last row or column is left out, as in `AvgPool2d(2)`."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        parts = _quarters(x)
        total = parts[0] + parts[1]
        total += parts[2]
        total += parts[3]
        return total.mul_(0.25)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        blank = _blank(ctx.saved_tensors[0])
        quarter = grads[0] * 0.25
        for part in _quarters(blank):
            part.copy_(quarter)
        return blank


class _MaskedPool(torch.autograd.Function):
    """`_Pool` of a product that is never written down."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, mask: Tensor) -> Tensor:
        ctx.save_for_backward(x, mask)
        groups, shared = x.unflatten(0, (len(mask), -1)), mask.unsqueeze(1)
        pairs = list(zip(_quarters(groups), _quarters(shared), strict=True))
        total = torch.mul(*pairs[0])
        for part, factor in pairs[1:]:
            total.addcmul_(part, factor)
        return total.mul_(0.25).flatten(0, 1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        x, mask = ctx.saved_tensors
        quarter = (grads[0] * 0.25).unflatten(0, (len(mask), -1))
        gx, gmask = _blank(x), _blank(mask)
        places = _quarters(gx.unflatten(0, (len(mask), -1))), _quarters(gmask.unsqueeze(1))
        groups, shared = x.unflatten(0, (len(mask), -1)), mask.unsqueeze(1)
        for part, factor, to_x, to_mask in zip(
            _quarters(groups), _quarters(shared), *places, strict=True
        ):
            torch.mul(quarter, factor, out=to_x)
            to_mask.copy_((quarter * part).sum((1, 2), keepdim=True))
        return gx, gmask


def _blank(like: Tensor) -> Tensor:
    """Room for a gradient, with zeros in the odd last row and column that pooling leaves out."""
    blank = torch.empty_like(like)
    if like.shape[-2] % 2:
        blank[..., -1, :] = 0.0
    if like.shape[-1] % 2:
        blank[..., -1] = 0.0
    return blank


def _quarters(x: Tensor) -> list[Tensor]:
    """The four views of every second pixel, (..., H // 2, W // 2)."""
    h, w = x.shape[-2] // 2 * 2, x.shape[-1] // 2 * 2
    return [x[..., i:h:2, j:w:2] for i in (0, 1) for j in (0, 1)]
