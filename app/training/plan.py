"""What to train, as it was chosen on the page, and the command line that does it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.training.process import fewer_threads

SYNTHETIC = "synthetic"
ARRAYS = "seed"

Unit = Literal["minutes", "epochs", "steps"]


@dataclass(frozen=True, slots=True)
class DataChoice:
    """One of the things to learn from. ``share`` 0 leaves its weight in the mixture to train."""

    spec: str
    share: float = 0.0
    judge: bool = False


@dataclass(frozen=True, slots=True)
class TrainPlan:
    """The choices of the page; ``more`` are flags with their values as `train` knows them."""

    out: Path
    name: str
    data: tuple[DataChoice, ...]
    finetune: Path | None = None
    unit: Unit = "minutes"
    amount: float = 30.0
    lr: float | None = None
    batch: int = 4
    device: str = "auto"
    pseudo_labels: bool = False
    more: tuple[str, ...] = ()

    def problem(self) -> str:
        """Why this cannot be started, "" where it can."""
        if not any(not d.judge for d in self.data):
            return "choose data to train on"
        if any(d.judge and d.spec == SYNTHETIC for d in self.data):
            return "drawn faces cannot be used for validation: train on them, or choose recordings"
        return "" if self.name.strip() else "give the model a name"

    def words(self) -> list[str]:
        """The arguments of ``aimanet`` that train this."""
        learn = [d for d in self.data if not d.judge]
        words = ["train", "--out", str(self.out), "--name", self.name]
        words += ["--data", *(d.spec for d in learn)]
        if any(d.share for d in learn):
            words += ["--data-weights", *(f"{d.share or 1.0:g}" for d in learn)]
        if judges := [d.spec for d in self.data if d.judge]:
            words += ["--val-data", *judges]
        if self.finetune is not None:
            words += ["--finetune", str(self.finetune)]
        words += [f"--{self.unit}", f"{self.amount:g}", *self._length()]
        if self.lr is not None:
            words += ["--lr", f"{self.lr:g}"]
        if self.batch != 4:
            words += ["--batch", str(self.batch)]
        if self.device != "auto":
            words += ["--device", self.device]
        if self.pseudo_labels:
            words.append("--pseudo-labels")
        return [*words, *self._beside_live(), *self.more]

    def _length(self) -> list[str]:
        """A time limit needs more steps than fit into it."""
        given = "--steps" in self.more or "--epochs" in self.more
        return ["--steps", "1000000"] if self.unit == "minutes" and not given else []

    def _beside_live(self) -> list[str]:
        """Half of the processor stays with the live picture, unless it was asked for."""
        wanted = {"--threads": str(fewer_threads()), "--jobs": str(fewer_threads())}
        return [w for flag, n in wanted.items() if flag not in self.more for w in (flag, n)]


def resume_words(out: Path) -> list[str]:
    """The arguments of ``aimanet`` that let the run of ``out`` go on."""
    return ["train", "--out", str(out), "--resume"]


def check_words(spec: str) -> list[str]:
    """The arguments that look into a folder."""
    return ["datasets", "check", spec, "--json"]


def prepare_words(specs: Sequence[str], image_size: int, fs: float) -> list[str]:
    """The arguments that cut the faces out of videos, for networks of this size and rate."""
    words = ["datasets", "prepare", *specs, "--jobs", str(fewer_threads())]
    words += ["--size", str(image_size)] if image_size != 36 else []
    return [*words, *(["--fs", f"{fs:g}"] if fs != 30.0 else []), "--json"]


def shown(words: Sequence[str]) -> str:
    """The line to type in a terminal for the same."""
    return shlex.join(["aimanet", *(w for w in words if w != "--json")])
