"""What a training run is made of: one dataclass, read from the command line and kept on disk."""

from __future__ import annotations

import dataclasses
import json
import math
import shlex
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

from aimanet.checkpoint import load_checkpoint
from aimanet.errors import AimaNetError
from aimanet.preprocess import Recipe

SYNTHETIC = "synthetic"
"""The data spec of drawn faces."""

STEPS = 3000
"""Optimiser steps where neither steps nor epochs are given."""

LearningRates = dict[str, float]
LR: LearningRates = {"adamw": 1.5e-3, "adam": 1.5e-3, "sgd": 5e-2, "adadelta": 1.0}
"""The highest learning rate of each optimiser where none is given."""

FINETUNE_SHARE = 0.2
"""Fine-tuning starts from good weights: its default rate is this part of the usual one."""


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What to train on, how, and how long.

    Attributes:
        out: the checkpoint to write (.safetensors); the run's folder is beside it (.run).
        resume: go on with the run of `out` where it stopped, with its settings.
        finetune: start from the weights and the recipe of this checkpoint.
        data: what to learn from: `synthetic` (drawn faces), NAME=DIR or DIR of a data set,
            of recorded sessions or of the seed's arrays; several make a mixture.
        data_weights: share of each of `data` in a batch; without them data sets count by
            their size and drawn faces as much as all the others together.
        val_data: data sets to validate on; then nobody is held out of `data`.
        val_subjects: people to hold out for validation (SUBJECT or DATASET/SUBJECT).
        val_share: share of each data set's people to hold out where none are named; 0 trains
            on everybody and validates on drawn faces.
        pseudo_labels: recordings without a contact sensor get labels from POS.
        include_excluded: train on recordings, too, that the data set's authors leave out.
        cached: train on the crops in this folder alone, without the videos they are from (and
            without MediaPipe); `data` then names data sets without a folder, or all are taken.
        cache: where crops are kept, instead of AIMANET_CACHE_DIR or the user's cache folder.
        jobs: processes that prepare crops; 0 for one a core.
        steps: optimiser steps (3000 where neither steps nor epochs are given).
        epochs: instead of steps: times that the largest data set is gone through.
        minutes: stop, with the schedule brought to its end, after this long; 0 for no limit.
        seed: of faces, weights, order, augmentation and dropout.
        batch: clips a step, over all processes.
        micro: clips that go through the network at once: 2 on a CPU, up to 16 on a GPU.
        replayed: share (0 to below 1) of drawn clips that are shown again.
        coded: share of drawn clips that go through a real video encoder.
        chunk_len: frames of a clip.
        augment: full mirrors, tints and stretches recordings in time; flip mirrors only.
        loss: pearson (1 - correlation), mse, or sum of both.
        optimizer: adamw, adam, sgd (Nesterov) or adadelta.
        schedule: of the learning rate: cosine, onecycle, step (a tenth at each third), constant.
        lr: highest learning rate; without it adamw and adam 0.0015, sgd 0.05, adadelta 1, and
            a fifth of that when fine-tuning.
        warmup: steps of the rise (onecycle brings its own).
        weight_decay: of the optimiser.
        ema: decay of the running mean of the weights, which is what is validated and saved.
        device: auto, cpu or cuda.
        precision: of the forward pass; auto is bf16 where the hardware has it.
        workers: background processes that make examples; 1 on a CPU, up to 16 for a GPU.
        threads: torch threads on the CPU; 0 leaves torch's choice.
        validate_every: steps between two validations.
        validation_clips: drawn clips that a validation uses.
        select: what the best checkpoint is best at.
        keep: what `out` gets at the end: the last weights or the best ones.
        best: so many of the best checkpoints are kept in the run's folder.
        patience: stop after so many validations without a better one; 0 never.
        save_minutes: a state to resume from is written at least this often.
        tensorboard: write a TensorBoard log into the run's folder.
        name: the model's name on its card.
        recipe: how frames become inputs.
    """

    out: Path = Path("results/tscan.safetensors")
    resume: bool = False
    finetune: Path | None = None
    data: tuple[str, ...] = (SYNTHETIC,)
    data_weights: tuple[float, ...] = ()
    val_data: tuple[str, ...] = ()
    val_subjects: tuple[str, ...] = ()
    val_share: float = 0.2
    pseudo_labels: bool = False
    include_excluded: bool = False
    cached: Path | None = None
    cache: Path | None = None
    jobs: int = 0
    steps: int | None = None
    epochs: float | None = None
    minutes: float = 0.0
    seed: int = 1
    batch: int = 4
    micro: int | None = None
    replayed: float = 0.5
    coded: float = 0.35
    chunk_len: int = 180
    augment: Literal["full", "flip", "none"] = "full"
    loss: Literal["pearson", "mse", "sum"] = "pearson"
    optimizer: Literal["adamw", "adam", "sgd", "adadelta"] = "adamw"
    schedule: Literal["cosine", "onecycle", "step", "constant"] = "cosine"
    lr: float | None = None
    warmup: int = 60
    weight_decay: float = 1e-3
    ema: float = 0.995
    device: str = "auto"
    precision: Literal["auto", "bf16", "fp16", "fp32"] = "auto"
    workers: int | None = None
    threads: int = 0
    validate_every: int = 100
    validation_clips: int = 48
    select: Literal["val_mae", "val_loss"] = "val_mae"
    keep: Literal["last", "best"] = "last"
    best: int = 3
    patience: int = 0
    save_minutes: float = 2.0
    tensorboard: bool = False
    name: str = "tscan"
    recipe: Recipe = field(default_factory=Recipe)

    @property
    def highest_lr(self) -> float:
        """The learning rate that the schedule scales."""
        if self.lr is not None:
            return self.lr
        return LR[self.optimizer] * (FINETUNE_SHARE if self.finetune else 1.0)

    def check(self) -> None:
        """Raises AimaNetError, one line, for values that cannot train."""
        try:
            self.recipe.check()
        except ValueError as error:
            raise AimaNetError(f"recipe: {error}") from error
        for wrong in (*self._counts(), *self._ranges(), *self._combinations()):
            raise AimaNetError(wrong)

    def _counts(self) -> list[str]:
        least = {
            "batch": 1,
            "micro": 1,
            "validate_every": 1,
            "validation_clips": 1,
            "steps": 1,
            "seed": 0,
            "warmup": 0,
            "best": 0,
            "patience": 0,
            "jobs": 0,
            "workers": 0,
            "threads": 0,
        }
        values = {name: getattr(self, name) for name in least}
        return [
            f"{name} is {values[name]}: it must be {low} or more"
            for name, low in least.items()
            if values[name] is not None and values[name] < low
        ]

    def _ranges(self) -> list[str]:
        inside = {
            "lr": self.lr is None or 0 < self.lr <= 10,
            "ema": 0 <= self.ema < 1,
            "replayed": 0 <= self.replayed < 1,
            "coded": 0 <= self.coded <= 1,
            "val_share": 0 <= self.val_share < 1,
            "weight_decay": 0 <= self.weight_decay < math.inf,
            "minutes": 0 <= self.minutes < math.inf,
            "epochs": self.epochs is None or 0 < self.epochs < math.inf,
            "save_minutes": 0 <= self.save_minutes < math.inf,
        }
        words = {
            "lr": "above 0 and at most 10",
            "ema": "from 0 to below 1",
            "replayed": "from 0 to below 1",
            "coded": "from 0 to 1",
            "val_share": "from 0 to below 1",
            "epochs": "above 0",
        }
        return [
            f"{name} is {getattr(self, name)}: it must be {words.get(name, '0 or more')}"
            for name, good in inside.items()
            if not good
        ]

    def _combinations(self) -> list[str]:
        depth, wrong = self.recipe.frame_depth, []
        if self.chunk_len % depth or self.chunk_len < 60:
            wrong.append(
                f"chunk_len is {self.chunk_len}: it must be 60 or more and a multiple of"
                f" frame_depth, {depth}"
            )
        if self.steps is not None and self.epochs is not None:
            wrong.append("steps and epochs both say how long: give one of them")
        if not self.data:
            wrong.append("data is empty: name a data set, or synthetic")
        if self.data_weights and len(self.data_weights) != len(self.data):
            wrong.append(
                f"data_weights has {len(self.data_weights)} numbers for {len(self.data)} of data:"
                " give one for each"
            )
        if any(not 0 < w < math.inf for w in self.data_weights):
            wrong.append(f"data_weights are {self.data_weights}: each must be above 0")
        return wrong


OBSERVING = (
    *("out", "resume", "data", "val_data", "cached", "cache", "jobs", "name", "tensorboard"),
    *("steps", "epochs", "minutes", "patience", "validate_every", "save_minutes"),
    *("keep", "best", "device", "workers", "threads"),
)
"""Settings that may differ when a run goes on: they do not change the course it takes (what
`data` holds is compared itself, wherever it lies)."""


def resumed(config: TrainConfig, saved: TrainConfig) -> TrainConfig:
    """The settings a run goes on with: its own, but for those given anew.

    A setting at its default counts as not given.

    Raises:
        AimaNetError: a setting that would change the course differs; the line names them.
    """
    plain, given = TrainConfig(), {}
    for f in fields(config):
        value = getattr(config, f.name)
        if value != getattr(plain, f.name) and value != getattr(saved, f.name):
            given[f.name] = value
    told = [f"{k} ({getattr(saved, k)}, now {v})" for k, v in given.items() if k not in OBSERVING]
    if told:
        raise AimaNetError(
            f"the run of {config.out} was started with other settings: {', '.join(told)};"
            " leave them out with --resume, or start a new run"
        )
    if given.keys() & {"steps", "epochs"}:
        given = {"steps": None, "epochs": None, **given}
    return replace(saved, **{**given, "out": config.out, "resume": True})


def with_recipe(config: TrainConfig) -> TrainConfig:
    """The config with the recipe of the checkpoint that is fine-tuned, if there is one.

    Raises:
        AimaNetError: another recipe was asked for; CheckpointError: the file is not good.
    """
    if config.finetune is None:
        return config
    recipe = load_checkpoint(config.finetune)[1]
    if config.recipe not in (Recipe(), recipe):
        raise AimaNetError(
            f"the recipe comes from {config.finetune} when fine-tuning: leave its flags out"
        )
    return replace(config, recipe=recipe)


def to_json(config: TrainConfig) -> str:
    """The config as text, for `from_json`."""
    return json.dumps(dataclasses.asdict(config), default=str, indent=1)


def from_json(text: str) -> TrainConfig:
    """Reads what `to_json` wrote; ValueError, TypeError or KeyError for anything else."""
    hints = get_type_hints(TrainConfig)
    values: dict[str, Any] = json.loads(text)
    for name, value in values.items():
        hint = hints[name]
        if name == "recipe":
            values[name] = Recipe(**value)
        elif value is not None and (hint is Path or Path in get_args(hint)):
            values[name] = Path(value)
        elif isinstance(value, list):
            values[name] = tuple(value)
    return TrainConfig(**values)


def command(config: TrainConfig) -> str:
    """The `train` line that repeats this run: every setting that is not at its default."""
    words = ["python main.py train"]
    plain = replace(TrainConfig(), recipe=config.recipe) if config.finetune else TrainConfig()
    for f in fields(config):
        value, default = getattr(config, f.name), getattr(plain, f.name)
        if f.name == "recipe":
            words += _recipe_flags(value, default)
        elif f.name == "out" or (value != default and f.name != "resume"):
            words.append(_flag(f.name, value))
    return " ".join(words)


def _recipe_flags(value: Recipe, default: Recipe) -> list[str]:
    names = [f.name for f in fields(value)]
    changed = [n for n in names if getattr(value, n) != getattr(default, n)]
    return [_flag(n, getattr(value, n)) for n in changed]


def _flag(name: str, value: object) -> str:
    flag = f"--{name.replace('_', '-')}"
    if value is True:
        return flag
    values = value if isinstance(value, tuple) else (value,)
    return " ".join([flag, *(shlex.quote(str(v)) for v in values)])
