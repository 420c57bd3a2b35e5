"""The trainer: a generator of progress that anyone may stop at any step."""

from __future__ import annotations

import math
import time
from collections.abc import Generator
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch

from aimanet.checkpoint import Card, load_checkpoint, save_checkpoint
from aimanet.errors import AimaNetError
from aimanet.methods import resolve_device
from aimanet.preprocess import Recipe
from aimanet.pulse import detrend, find_peak, integrate, spectrum
from aimanet.training.corpus import Example, SyntheticCorpus, loader, synthetic_examples
from aimanet.training.losses import negative_pearson
from aimanet.tscan import TSCAN
from aimanet.types import TrainProgress

VALIDATION_SEED = 900_000_001
"""Added to the seed for validation clips, so that they never meet the training clips."""


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """Training on drawn faces.

    Attributes:
        out: the checkpoint to write (.safetensors).
        steps: optimiser steps.
        minutes: stop, with the schedule brought to its end, after this long; 0 for no limit.
        seed: of faces, weights and order.
        fresh: new clips a step.
        replayed: clips a step that are shown again.
        coded: share of clips that go through a real video encoder.
        chunk_len: frames of a clip.
        micro: clips that go through the network at once.
        lr: highest learning rate; it rises over ``warmup`` steps and falls as a cosine.
        warmup: steps of the rise.
        weight_decay: of AdamW.
        ema: decay of the running mean of the weights, which is what is saved.
        device: auto, cpu or cuda.
        bf16: bfloat16 arithmetic in the forward pass (twice as fast on recent processors).
        workers: background processes that draw clips.
        threads: torch threads on the CPU; 0 leaves torch's choice.
        validate_every: steps between two validations.
        validation_clips: clips a validation uses.
        init: start from this checkpoint instead of from random weights.
        name: the model's name on its card.
        recipe: how frames become inputs.
    """

    out: Path = Path("results/tscan.safetensors")
    steps: int = 3000
    minutes: float = 0.0
    seed: int = 1
    fresh: int = 2
    replayed: int = 2
    coded: float = 0.35
    chunk_len: int = 180
    micro: int = 2
    lr: float = 1.5e-3
    warmup: int = 60
    weight_decay: float = 1e-3
    ema: float = 0.995
    device: str = "auto"
    bf16: bool = True
    workers: int = 1
    threads: int = 0
    validate_every: int = 100
    validation_clips: int = 48
    init: Path | None = None
    name: str = "tscan"
    recipe: Recipe = field(default_factory=Recipe)

    def check(self) -> None:
        """Raises AimaNetError for values that cannot train."""
        if self.steps < 1 or self.fresh < 1 or self.replayed < 0 or self.micro < 1:
            raise AimaNetError("steps, fresh and micro must be at least 1, replayed at least 0")
        if self.chunk_len % self.recipe.frame_depth or self.chunk_len < 60:
            raise AimaNetError(
                f"chunk_len is {self.chunk_len}: it must be 60 or more and a multiple of"
                f" frame_depth, {self.recipe.frame_depth}"
            )
        if not 0 < self.lr < 1 or not 0 <= self.ema < 1 or not 0 <= self.coded <= 1:
            raise AimaNetError("lr must lie between 0 and 1, ema from 0 to below 1, coded 0 to 1")


def fit(config: TrainConfig) -> Generator[TrainProgress, None, None]:
    """Trains and yields progress after every step; validates and saves every so often.

    Closing the generator early (or Ctrl-C in its consumer) saves what there is. Raises
    AimaNetError for a bad config, OutputError where the checkpoint cannot be written.
    """
    config.check()
    trainer = _Trainer(config)
    trainer.save()  # an unwritable place is found out now, not after an hour
    try:
        yield from trainer.run()
    finally:
        trainer.save()


class _Trainer:
    def __init__(self, config: TrainConfig) -> None:
        self.config = config
        torch.manual_seed(config.seed)
        if config.threads:
            torch.set_num_threads(config.threads)
        self.device = torch.device(resolve_device(config.device))
        net = TSCAN(config.recipe)
        if config.init:
            net, recipe, _ = load_checkpoint(config.init)
            self.config = config = replace(config, recipe=recipe)
        self.net = net.train().to(self.device)
        self.average = torch.optim.swa_utils.AveragedModel(
            self.net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(config.ema)
        )
        self.optimizer = torch.optim.AdamW(
            self.net.parameters(), lr=config.lr, weight_decay=config.weight_decay
        )
        self.step = 0
        self.started = time.monotonic()
        self.figures: dict[str, float] = {}
        self._validation: list[Example] | None = None

    def run(self) -> Generator[TrainProgress, None, None]:
        """One progress a step until the last one or the time limit."""
        c = self.config
        corpus = SyntheticCorpus(c.seed, c.recipe, c.chunk_len, c.fresh, c.replayed, c.coded)
        batches = loader(corpus, c.workers)
        while self.step < c.steps and self._share() < 1.0:
            lr = self._schedule()
            loss = self._learn(*next(batches))
            self.step += 1
            last = self.step == c.steps or self._share() >= 1.0
            if last or self.step % c.validate_every == 0:
                self.validate()
                self.save()
                yield self._progress(loss, lr, validated=True)
            else:
                yield self._progress(loss, lr, validated=False)

    def _share(self) -> float:
        """How much of the way is done, 0-1: by steps or by the clock, whichever is ahead."""
        share = self.step / self.config.steps
        if self.config.minutes:
            share = max(share, (time.monotonic() - self.started) / 60.0 / self.config.minutes)
        return min(share, 1.0)

    def _schedule(self) -> float:
        rise = min(1.0, (self.step + 1) / max(self.config.warmup, 1))
        lr = self.config.lr * rise * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * self._share())))
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        return lr

    def _learn(self, motion: torch.Tensor, appearance: torch.Tensor, label: torch.Tensor) -> float:
        """One optimiser step over a batch (N, T, 3, S, S), in small pieces that fit the cache."""
        n, total = len(motion), 0.0
        self.optimizer.zero_grad()
        for i in range(0, n, self.config.micro):
            part = slice(i, i + self.config.micro)
            predicted = self._predict(self.net, motion[part], appearance[part])
            loss = negative_pearson(predicted, label[part].to(self.device))
            share = len(predicted) / n
            (loss * share).backward()
            total += float(loss.detach()) * share
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        self.average.update_parameters(self.net)
        return total

    def _predict(
        self, net: torch.nn.Module, motion: torch.Tensor, appearance: torch.Tensor
    ) -> torch.Tensor:
        m = motion.to(self.device, torch.float32).flatten(0, 1)
        a = appearance.to(self.device, torch.float32).flatten(0, 1)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.config.bf16):
            return net(m, a).float().view(len(motion), -1)

    @torch.no_grad()
    def validate(self) -> None:
        """Loss and heart-rate error of the averaged weights on clips nobody trained on."""
        c = self.config
        if self._validation is None:
            source = synthetic_examples(c.seed + VALIDATION_SEED, c.recipe, c.chunk_len)
            self._validation = [next(source) for _ in range(c.validation_clips)]
        self.average.eval()
        losses, errors = [], []
        for e in self._validation:
            predicted = self._predict(
                self.average, torch.from_numpy(e.motion)[None], torch.from_numpy(e.appearance)[None]
            )
            label = torch.from_numpy(e.label)[None].to(self.device)
            losses.append(float(negative_pearson(predicted, label)))
            errors.append(abs(_hr_bpm(predicted[0].cpu().numpy(), c.recipe.fs) - e.hr_bpm))
        self.figures = {
            "val_loss": float(np.mean(losses)),
            "val_mae_bpm": float(np.mean(errors)),
            "val_median_error_bpm": float(np.median(errors)),
            "minutes": (time.monotonic() - self.started) / 60.0,
        }

    def save(self) -> None:
        """Writes the averaged weights with recipe, figures and the command that makes them."""
        c = self.config
        card = Card(
            name=c.name,
            command=_command(c),
            data="procedurally drawn faces (aimanet.synthesis), no recording of any person",
            seed=c.seed,
            steps=self.step,
            created=datetime.now(UTC).strftime("%Y-%m-%d"),
            figures=self.figures,
        )
        save_checkpoint(c.out, self.average.module.state_dict(), c.recipe, card)

    def _progress(self, loss: float, lr: float, *, validated: bool) -> TrainProgress:
        c, elapsed = self.config, time.monotonic() - self.started
        clips = self.step * (c.fresh + c.replayed)
        return TrainProgress(
            epoch=0,
            step=self.step,
            n_steps=c.steps,
            train_loss=loss,
            val_loss=self.figures["val_loss"] if validated else None,
            val_mae_bpm=self.figures["val_mae_bpm"] if validated else None,
            lr=lr,
            elapsed_s=elapsed,
            eta_s=elapsed * (1.0 - self._share()) / max(self._share(), 1e-9),
            frames_per_s=clips * c.chunk_len / max(elapsed, 1e-9),
        )


def _command(config: TrainConfig) -> str:
    """The `train` line that repeats this run: every field that is not at its default."""
    words = ["python main.py train"]
    for f in fields(config):
        value = getattr(config, f.name)
        default = f.default if f.default is not MISSING else Recipe()
        if f.name == "out" or (value != default and f.name != "recipe"):
            words.append(f"--{f.name.replace('_', '-')} {value}")
    return " ".join(words)


def _hr_bpm(derivative: np.ndarray, fs: float) -> float:
    """Heart rate of a predicted derivative (T,): what the live view would find in it."""
    power = spectrum(detrend(integrate(derivative.astype(np.float64)), 100.0), fs)
    peak = find_peak(*power, 0.7, 3.5)
    return 60.0 * peak if peak else 0.0
