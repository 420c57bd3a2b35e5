"""What a run of the seed's recipe leaves behind, in the form of the original program."""

from __future__ import annotations

import io
import json
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from aimanet.checkpoint import write_whole
from aimanet.errors import OutputError
from aimanet.tscan import TSCAN

FORMAT = "aimanet-seed-1"

# Our layers under the original's names, in the order in which its optimiser numbers them.
NAMES = {
    "motion1": "tsm_conv1.conv1",
    "motion2": "tsm_conv2.conv1",
    "appearance1": "reg_conv1.conv1",
    "appearance2": "reg_conv2.conv1",
    "attention1": "g1_conv.conv1",
    "motion3": "tsm_conv3.conv1",
    "motion4": "tsm_conv4.conv1",
    "appearance3": "reg_conv3.conv1",
    "appearance4": "reg_conv4.conv1",
    "attention2": "g2_conv.conv1",
    "dense1": "fc1",
    "dense2": "fc2",
}


def parameters(net: TSCAN) -> list[nn.Parameter]:
    """Weights and biases in the original's order."""
    return [p for layer in NAMES for p in net.get_submodule(layer).parameters()]


class Results:
    """Files in a folder: the best weights so far and the losses of all finished epochs.

    Raises:
        OutputError: nothing can be written there (found out by trying, without a trace).
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._date = time.strftime("%Y-%m-%d")
        _try_to_write(folder)

    @property
    def best(self) -> Path:
        """Weights of the epoch with the least test loss."""
        return self.folder / f"best_model_checkpoint_{self._date}.pt"

    @property
    def interrupted(self) -> Path:
        """Weights in the middle of an epoch, where a run was ended."""
        return self.folder / f"interrupted_model_checkpoint_{self._date}.pt"

    def save_losses(self, train: Sequence[float], test: Sequence[float]) -> None:
        """Writes ``train_loss.npy`` and ``test_loss.npy``, one number an epoch."""
        for name, losses in (("train_loss.npy", train), ("test_loss.npy", test)):
            blob = io.BytesIO()
            np.save(blob, np.asarray(losses, np.float64))
            write_whole(self.folder / name, blob.getvalue(), "losses")

    def save_weights(
        self, path: Path, net: TSCAN, optimizer: torch.optim.Optimizer, epoch: int, loss: float
    ) -> None:
        """Writes a checkpoint with the original's keys; ``epoch`` counts from 0, as there.

        ``recipe`` and ``format`` come on top; nothing in the file needs running to be read.
        """
        state = net.state_dict()
        weights = {
            f"{theirs}.{part}": _plain(state[f"{ours}.{part}"])
            for ours, theirs in NAMES.items()
            for part in ("weight", "bias")
        }
        blob = io.BytesIO()
        content = {
            "epoch": epoch,
            "model_state_dict": weights,
            "optimizer_state_dict": _plain(optimizer.state_dict()),
            "loss": loss,
            "format": FORMAT,
            "recipe": json.dumps(asdict(net.recipe)),
        }
        torch.save(content, blob)
        write_whole(path, blob.getvalue(), "weights")


def _plain(value: object) -> object:
    """The same with every tensor on the processor, laid out as other programs expect it."""
    if isinstance(value, Tensor):
        return value.detach().to("cpu").contiguous().clone()
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _try_to_write(folder: Path) -> None:
    place = folder if folder.exists() else folder.absolute().parent
    if not place.is_dir():
        raise OutputError(f"results go to the folder {folder}, but {place} is no folder: move it")
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(
            f"cannot write to the folder {folder.absolute()}: {reason}; start from another one"
        ) from error
    for old in (folder / "train_loss.npy", folder / "test_loss.npy"):
        if old.is_dir() or (old.exists() and not os.access(old, os.W_OK)):
            raise OutputError(f"{old} is in the way of the losses: move it")
