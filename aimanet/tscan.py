"""TS-CAN: temporal shift convolutional attention network (Liu et al. 2020, MTTS-CAN).

Shapes: N windows of T = ``frame_depth`` frames; motion (N*T, 3, S, S); appearance (N, 3, S, S)
(or one per frame); output (N, T), the derivative of the blood volume pulse.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from aimanet.preprocess import Recipe


class TemporalShift(nn.Module):
    """Mixes neighbouring frames of a window without a parameter (Lin et al. 2019).

    At frame t the first third of the channels takes the values of frame t+1, the second third
    those of t-1, the rest stays. Past the window's ends: zeros, or the frame itself.
    """

    def __init__(self, frame_depth: int, padding: str = "zero") -> None:
        super().__init__()
        self.frame_depth = frame_depth
        self.padding = padding

    def forward(self, x: Tensor) -> Tensor:
        """(N*T, C, H, W) to the same shape."""
        x = x.unflatten(0, (-1, self.frame_depth))
        fold = x.shape[2] // 3
        ahead, behind, stay = x[:, :, :fold], x[:, :, fold : 2 * fold], x[:, :, 2 * fold :]
        if self.padding == "zero":
            nothing = (0, 0) * 3  # of width, height and channels; then frames: (front, back)
            ahead = functional.pad(ahead[:, 1:], (*nothing, 0, 1))
            behind = functional.pad(behind[:, :-1], (*nothing, 1, 0))
        else:
            ahead = torch.cat([ahead[:, 1:], ahead[:, -1:]], 1)
            behind = torch.cat([behind[:, :1], behind[:, :-1]], 1)
        return torch.cat([ahead, behind, stay], 2).flatten(0, 1)


class TSCAN(nn.Module):
    """The two-branch network. Raises ValueError for a recipe that makes no sense."""

    def __init__(
        self, recipe: Recipe | None = None, dropout: tuple[float, float] = (0.25, 0.5)
    ) -> None:
        super().__init__()
        self.recipe = recipe = recipe or Recipe()
        recipe.check()
        depth, padding = recipe.frame_depth, recipe.shift_padding
        flat = ((recipe.image_size - 2) // 2 - 2) // 2  # 36: 34, 17, 15, 7
        self.shift = TemporalShift(depth, padding)
        self.motion1 = nn.Conv2d(3, 32, 3, padding=1)  # 36
        self.motion2 = nn.Conv2d(32, 32, 3)  # 34
        self.motion3 = nn.Conv2d(32, 64, 3, padding=1)  # 17
        self.motion4 = nn.Conv2d(64, 64, 3)  # 15
        self.appearance1 = nn.Conv2d(3, 32, 3, padding=1)
        self.appearance2 = nn.Conv2d(32, 32, 3)
        self.appearance3 = nn.Conv2d(32, 64, 3, padding=1)
        self.appearance4 = nn.Conv2d(64, 64, 3)
        self.attention1 = nn.Conv2d(32, 1, 1)
        self.attention2 = nn.Conv2d(64, 1, 1)
        self.pool = nn.AvgPool2d(2)
        self.drop = nn.Dropout(dropout[0])
        self.drop_dense = nn.Dropout(dropout[1])
        self.dense1 = nn.Linear(64 * flat * flat, 128)
        self.dense2 = nn.Linear(128, 1)

    @classmethod
    def of(cls, tensors: Mapping[str, NDArray[np.float32]], recipe: Recipe) -> TSCAN:
        """The network with given weights, ready to be used (not trained)."""
        net = cls(recipe)
        net.load_state_dict({name: torch.from_numpy(array) for name, array in tensors.items()})
        return net.eval()

    def forward(self, motion: Tensor, appearance: Tensor) -> Tensor:
        """The pulse derivative (N, T) of N windows."""
        return self.read(motion, *self.attend(appearance))

    def attend(self, appearance: Tensor) -> tuple[Tensor, Tensor]:
        """The two attention masks, (N, 1, 34, 34) and (N, 1, 15, 15) for 36 px frames."""
        a = torch.tanh(self.appearance1(appearance))
        a = torch.tanh(self.appearance2(a))
        mask1 = self._mask(self.attention1(a))
        a = self.drop(self.pool(a))
        a = torch.tanh(self.appearance3(a))
        a = torch.tanh(self.appearance4(a))
        return mask1, self._mask(self.attention2(a))

    def read(self, motion: Tensor, mask1: Tensor, mask2: Tensor) -> Tensor:
        """The motion branch under given masks, to (N, T)."""
        m = torch.tanh(self.motion1(self.shift(motion)))
        m = torch.tanh(self.motion2(self.shift(m)))
        m = self.drop(self.pool(self._look(m, mask1)))
        m = torch.tanh(self.motion3(self.shift(m)))
        m = torch.tanh(self.motion4(self.shift(m)))
        m = self.drop(self.pool(self._look(m, mask2)))
        m = torch.tanh(self.dense1(m.flatten(1)))
        return self.dense2(self.drop_dense(m)).view(-1, self.recipe.frame_depth)

    def _mask(self, logits: Tensor) -> Tensor:
        x = torch.sigmoid(logits)
        channels, height, width = x.shape[1:]
        # The seed's own code scales by channels x height, and a mask has one channel (so it is
        # 34 and 15 times too small); its checkpoints need that.
        size = height * width if self.recipe.attention_scale == "hw" else channels * height
        return x / x.sum((2, 3), keepdim=True) * (size * 0.5)

    def _look(self, motion: Tensor, mask: Tensor) -> Tensor:
        depth = self.recipe.frame_depth
        # One mask a window or one a frame. Plain numbers, so that an export keeps N free.
        per_window = depth * int(mask.shape[0]) // int(motion.shape[0])
        windows = motion.unflatten(0, (-1, depth))
        return (windows * mask.unflatten(0, (-1, per_window))).flatten(0, 1)
