"""The recipe this project started from: TS-CAN on ready-made arrays.

Units of ten frames in the order of the file, three a batch, mean squared error, Adadelta, no
shuffling; the weights with the least test loss are kept. Two things differ from the original
program, as its description says them and its code does not: appearance is the mean of a window
instead of each frame (half of the arithmetic), and the masks are scaled by height times width.
A checkpoint to start from brings its own recipe and is obeyed in both.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from aimanet.datasets.arrays import SeedArrays, Units, open_arrays
from aimanet.errors import AimaNetError
from aimanet.importers import ORIGINS
from aimanet.methods import resolve_device
from aimanet.preprocess import Recipe
from aimanet.training.seed_feed import Feed
from aimanet.training.seed_network import training_network
from aimanet.training.seed_pace import Losses, Pace
from aimanet.training.seed_results import Results, parameters
from aimanet.types import TrainProgress

RECIPE = replace(ORIGINS["seed"].recipe, appearance="window_mean", attention_scale="hw")
"""What the arrays were most probably made with (their code is lost), and our two corrections."""


class SeedError(AimaNetError):
    """Flags or weights that the arrays cannot be trained with, or a loss that ran away."""


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """Weights to start from (a state dict of `TSCAN`) and the recipe they came with."""

    state: dict[str, Tensor]
    recipe: Recipe
    name: str


@dataclass(frozen=True, slots=True)
class SeedConfig:
    """One run; the defaults are the original's. ``results`` is where files are written."""

    data_path: Path = Path(".")
    epochs: int = 8
    batch_size: int = 3
    train_split_index: int = 132720
    seed: int = 0
    device: str = "auto"
    results: Path = Path("results")
    start: Start | None = None


class SeedRun:
    """A run that is ready: all that can be wrong, short of the pictures' values, is checked.

    ``losses`` holds (training, test) of each finished epoch, ``best`` its place of the least
    test loss; ``notes`` are lines for the user.

    Raises:
        AimaNetError: bad arrays, flags, weights, device, or no place for the results.
    """

    def __init__(self, config: SeedConfig) -> None:
        _check(config)
        self.config = config
        self.arrays = open_arrays(config.data_path)
        recipe = _recipe(config.start, self.arrays)
        train, test = self.arrays.split(config.train_split_index, recipe.frame_depth)
        self.device = torch.device(resolve_device(config.device))
        self.results = Results(config.results)
        self.notes = _notes(self.arrays, train, test)
        torch.manual_seed(config.seed)
        self.net = training_network(recipe, self.device)
        if config.start:
            self.net.load_state_dict(config.start.state)
        self.optimizer = torch.optim.Adadelta(parameters(self.net))
        self.train_feed = Feed(train, config.batch_size, self.device)
        self.test_feed = Feed(test, config.batch_size, self.device)
        self.losses: list[tuple[float, float]] = []
        self.best: int | None = None
        self.interrupted = False
        self.step = 0
        self._pace = Pace(config.epochs, self.train_feed.frames, self.test_feed.frames)

    @property
    def n_steps(self) -> int:
        """Optimiser steps of the whole run."""
        return self.config.epochs * self.train_feed.n_batches

    @property
    def frames_learnt(self) -> int:
        """Training frames seen so far, each as often as it was."""
        return self._pace.learnt

    @property
    def waited_s(self) -> float:
        """Seconds in which the network had nothing to do because data were not there yet."""
        return self.train_feed.waited_s + self.test_feed.waited_s

    def check_values(self) -> Iterator[int]:
        """Looks at every number before hours are spent; yields the frames seen so far.

        Raises:
            DatasetError: NaN or infinity; the line names file and frame.
        """
        return self.arrays.check_values()

    def train(self) -> Generator[TrainProgress, None, None]:
        """Trains to the end; reports several times a second and at the end of each epoch.

        An epoch's last report has the test loss as ``val_loss``, and the epoch's mean as
        ``train_loss``; the others have the mean since the report before. Closing the generator
        in the middle of an epoch saves the weights as they are.

        Raises:
            AimaNetError: data that changed under way, a loss that ran away, a full disk.
        """
        self._pace.start()
        for epoch in range(1, self.config.epochs + 1):
            learnt, tested = Losses(f"training, epoch {epoch}"), Losses(f"test, epoch {epoch}")
            try:
                yield from self._pass(epoch, learnt, learnt, learning=True)
                yield from self._pass(epoch, tested, learnt, learning=False)
                losses = learnt.mean(), tested.mean()
            except (GeneratorExit, KeyboardInterrupt):
                self._save_interrupted(epoch, learnt)
                raise
            self._finish(epoch, *losses)
            yield self._progress(epoch, *losses)

    def _pass(
        self, epoch: int, losses: Losses, shown: Losses, *, learning: bool
    ) -> Generator[TrainProgress, None, None]:
        """All batches once, their losses to ``losses``; reports show ``shown``."""
        self.net.train(learning)
        feed = self.train_feed if learning else self.test_feed
        with closing(feed.chunks()) as chunks:
            for inputs, labels in (batch for chunk in chunks for batch in chunk.batches()):
                losses.add(self._learn(inputs, labels) if learning else self._try(inputs, labels))
                if self._pace.count(len(labels), learning=learning):
                    yield self._progress(epoch, shown.recent(), None)

    def _learn(self, inputs: Tensor, labels: Tensor) -> Tensor:
        """One optimiser step; returns the loss before it."""
        self.optimizer.zero_grad(set_to_none=True)
        loss = self._loss(inputs, labels)
        loss.backward()
        self.optimizer.step()
        self.step += 1
        return loss.detach()

    @torch.no_grad()
    def _try(self, inputs: Tensor, labels: Tensor) -> Tensor:
        return self._loss(inputs, labels)

    def _loss(self, inputs: Tensor, labels: Tensor) -> Tensor:
        predicted = self.net(*network_inputs(inputs, self.net.recipe))
        return mse_loss(predicted.flatten(), labels)

    def _finish(self, epoch: int, train: float, test: float) -> None:
        """Writes what the epoch brought."""
        self.losses.append((train, test))
        if self.best is None or test < self.losses[self.best][1]:
            self.best = epoch - 1
            self.results.save_weights(self.results.best, self.net, self.optimizer, epoch - 1, test)
        self.results.save_losses(*zip(*self.losses, strict=True))

    def _save_interrupted(self, epoch: int, learnt: Losses) -> None:
        if self.step == (epoch - 1) * self.train_feed.n_batches:
            return  # nothing new since the last epoch
        self.interrupted = True
        self.results.save_weights(
            self.results.interrupted, self.net, self.optimizer, epoch - 1, learnt.mean()
        )

    def _progress(self, epoch: int, train: float, test: float | None) -> TrainProgress:
        return TrainProgress(
            epoch=epoch,
            step=self.step,
            n_steps=self.n_steps,
            train_loss=train,
            val_loss=test,
            val_mae_bpm=None,
            lr=self.optimizer.param_groups[0]["lr"],
            elapsed_s=self._pace.elapsed_s,
            eta_s=self._pace.eta_s,
            frames_per_s=self._pace.frames_per_s,
        )


def network_inputs(inputs: Tensor, recipe: Recipe) -> tuple[Tensor, Tensor]:
    """Motion and appearance for `TSCAN` out of frames (n, 6, S, S) of the arrays.

    The arrays are normalised already: a recipe decides how the frames of a window are put
    together, and about the picture where it standardises each one by itself.
    """
    motion, appearance = inputs[:, :3], inputs[:, 3:]
    if recipe.appearance == "window_mean":
        appearance = appearance.unflatten(0, (-1, recipe.frame_depth)).mean(1)
    if recipe.appearance_norm == "picture":
        std, mean = torch.std_mean(appearance, (1, 2, 3), correction=0, keepdim=True)
        appearance = (appearance - mean) / (std + 1e-6)
    return motion, appearance


def _check(config: SeedConfig) -> None:
    for name in ("epochs", "batch_size"):
        if getattr(config, name) < 1:
            raise SeedError(f"{name} is {getattr(config, name)}: it must be 1 or more")


def _recipe(start: Start | None, arrays: SeedArrays) -> Recipe:
    """The recipe of the weights to start from, or ours with the arrays' size."""
    size = arrays.image_size
    recipe = start.recipe if start else replace(RECIPE, image_size=size)
    if start and recipe.image_size != size:
        raise SeedError(
            f"{start.name} is for pictures of {recipe.image_size} px, the arrays have {size}:"
            " start from other weights"
        )
    if start and recipe.appearance == "clip_mean":
        raise SeedError(
            f"{start.name} wants the mean of a whole clip as appearance, which units of"
            f" {recipe.frame_depth} frames have not: use `aimanet train --finetune`"
        )
    try:
        recipe.check()
    except ValueError as error:
        raise SeedError(f"{arrays.pairs[0].inputs.path}: {error}") from error
    return recipe


def _notes(arrays: SeedArrays, train: Units, test: Units) -> tuple[str, ...]:
    left = [(units.dropped, name) for units, name in ((train, "training"), (test, "test"))]
    parts = [f"{n} of the {name} frames" for n, name in left if n]
    if not parts:
        return arrays.notes
    tail = f"left out {' and '.join(parts)}: they fill no window of {train.depth}"
    return (*arrays.notes, tail)
