"""The original program, written down anew from what it does: network, loop and files it leaves.

Slow and simple on purpose: it shares no line with ours, so that agreement means something.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

DEPTH = 10


class Original(nn.Module):
    """Its network, under its names. An appearance for every frame; dropout can be left out."""

    def __init__(self, dropout: bool = False) -> None:
        super().__init__()
        layers = [(3, 32, 1), (32, 32, 0), (32, 64, 1), (64, 64, 0)]
        for block in (1, 2):  # in its order: that numbers the parameters of an optimiser
            for branch in ("tsm", "reg"):
                for i in (2 * block - 1, 2 * block):
                    into, out, padding = layers[i - 1]
                    layer = nn.Conv2d(into, out, 3, padding=padding)
                    self.add_module(f"{branch}_conv{i}", _holder(layer))
            self.add_module(f"g{block}_conv", _holder(nn.Conv2d(32 * block, 1, 1)))
        self.fc1, self.fc2 = nn.Linear(64 * 7 * 7, 128), nn.Linear(128, 1)
        self.drop_maps = nn.Dropout(0.25 if dropout else 0.0)
        self.drop_dense = nn.Dropout(0.5 if dropout else 0.0)

    def forward(self, motion: Tensor, appearance: Tensor) -> Tensor:
        m, a = motion, appearance
        for block in (1, 3):
            for i in (block, block + 1):
                m = torch.tanh(self.get_submodule(f"tsm_conv{i}").conv1(mixed_in_time(m)))
                a = torch.tanh(self.get_submodule(f"reg_conv{i}").conv1(a))
            gate = self.g1_conv if block == 1 else self.g2_conv
            mask = torch.sigmoid(gate.conv1(a))
            # Channels (of the mask: one) times height, halved.
            mask = mask / mask.sum(dim=[2, 3], keepdim=True) * (mask.size(1) * mask.size(2) / 2)
            m = self.drop_maps(nn.functional.avg_pool2d(m * mask, 2))
            a = self.drop_maps(nn.functional.avg_pool2d(a, 2))
        return self.fc2(self.drop_dense(torch.tanh(self.fc1(m.reshape(len(m), -1)))))


def _holder(layer: nn.Module) -> nn.Module:
    holder = nn.Module()
    holder.conv1 = layer
    return holder


def mixed_in_time(frames: Tensor) -> Tensor:
    """A third of the channels from the frame after, a third from the one before."""
    third, out = frames.shape[1] // 3, []
    for t in range(len(frames)):
        in_unit = t % DEPTH
        after = frames[t + 1] if in_unit < DEPTH - 1 else torch.zeros_like(frames[t])
        before = frames[t - 1] if in_unit > 0 else torch.zeros_like(frames[t])
        parts = after[:third], before[third : 2 * third], frames[t][2 * third :]
        out.append(torch.cat(parts))
    return torch.stack(out)


def batches(inputs: np.ndarray, labels: np.ndarray, size: int = 3):
    """Units of ten frames, ``size`` a batch, in order; the rest under ten is left out."""
    units = len(inputs) // DEPTH
    for first in range(0, units, size):
        part = slice(first * DEPTH, min(first + size, units) * DEPTH)
        x = torch.from_numpy(inputs[part])
        yield x[:, :3], x[:, 3:], torch.from_numpy(labels[part]).float()[:, None]


def train(
    net: Original, inputs: np.ndarray, labels: np.ndarray, split: int, epochs: int
) -> tuple[list[float], list[float]]:
    """Training and test losses of each epoch: means over batches, small ones counting alike."""
    optimizer, measure = torch.optim.Adadelta(net.parameters()), nn.MSELoss()
    train_losses, test_losses = [], []
    for _ in range(epochs):
        net.train()
        losses = []
        for motion, appearance, target in batches(inputs[:split], labels[:split]):
            optimizer.zero_grad()
            loss = measure(net(motion, appearance), target)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        train_losses.append(sum(losses) / len(losses))
        net.eval()
        with torch.no_grad():
            losses = [
                measure(net(motion, appearance), target).item()
                for motion, appearance, target in batches(inputs[split:], labels[split:])
            ]
        test_losses.append(sum(losses) / len(losses))
    return train_losses, test_losses
