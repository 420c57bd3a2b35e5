"""What a run keeps on disk beside its result: ``NAME.run/`` for ``NAME.safetensors``.

    state.pt                    all that is needed to go on, bit for bit
    config.json                 the settings, for people
    log.jsonl                   one TrainProgress a line
    best-step-000200.safetensors ...   the best checkpoints by validation
    tensorboard/                where it was asked for

Every file is written whole or not at all; a kill between two of them leaves a run that resumes.
"""

from __future__ import annotations

import io
import os
import pickle
import shutil
import warnings
import zipfile
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import torch

from aimanet.checkpoint import write_whole
from aimanet.errors import AimaNetError, OutputError
from aimanet.file_lock import only_one
from aimanet.files import require_ordinary
from aimanet.training.config import TrainConfig, from_json, to_json

FORMAT = "aimanet-run-1"


@dataclass(slots=True)
class State:
    """All that a run is, between two steps.

    ``config`` as `to_json` writes it; ``digest`` tells the material from other material; ``best``
    lists (score, step), best first; ``stale`` counts validations since the best one.
    """

    config: str
    digest: str
    step: int
    elapsed_s: float
    net: dict[str, Any]
    average: dict[str, Any]
    optimizer: dict[str, Any]
    scaler: dict[str, Any]
    figures: dict[str, float] = field(default_factory=dict)
    best: list[tuple[float, int]] = field(default_factory=list)
    stale: int = 0

    def to_bytes(self) -> bytes:
        """For `parse`."""
        buffer = io.BytesIO()
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        torch.save({"format": FORMAT, **values}, buffer)
        return buffer.getvalue()

    @classmethod
    def parse(cls, blob: bytes, path: Path) -> State:
        """Reads what `to_bytes` made; nothing in it is executed.

        Raises:
            AimaNetError: it is damaged, or of another version.
        """
        try:
            _check_size(blob)
            with warnings.catch_warnings(action="ignore"):
                values = torch.load(io.BytesIO(blob), map_location="cpu", weights_only=True)
            if values.pop("format") != FORMAT:
                raise ValueError("it is of another version of AimaNet")
            state = cls(**values)
            from_json(state.config)
        except (
            *(RuntimeError, ValueError, KeyError, TypeError, AttributeError, EOFError),
            *(pickle.UnpicklingError, zipfile.BadZipFile),
        ) as error:
            foreign = isinstance(
                error, pickle.UnpicklingError
            )  # torch says how to run it all the same
            why = "it holds something else" if foreign else " ".join(str(error).split())[:100]
            reason = why or type(error).__name__
            raise AimaNetError(
                f"the state of the run in {path} is damaged ({reason}): start a new run with"
                " --finetune and one of the checkpoints beside it"
            ) from error
        return state


def _check_size(blob: bytes) -> None:
    """Raises ValueError for an archive that would unpack to gigabytes: torch packs nothing."""
    with zipfile.ZipFile(io.BytesIO(blob)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > len(blob):
            raise ValueError("it is packed")


class RunFolder:
    """The folder of the run that makes ``out``.

    Raises:
        OutputError: ``out`` is a folder without a name of its own, such as ``.``.
    """

    def __init__(self, out: Path) -> None:
        if not out.name:
            raise OutputError(f"cannot write weights to {out}: it is a folder; name a file in it")
        name = out.name.removesuffix(".safetensors")
        self.path, self._lock = out.with_name(f"{name}.run"), out.with_name(f".{name}.lock")
        self.state, self.log = self.path / "state.pt", self.path / "log.jsonl"
        self.tensorboard = self.path / "tensorboard"

    def only_one(self) -> AbstractContextManager[None]:
        """Keeps other processes from training into it.

        Raises:
            OutputError: one does already, or the place cannot be written.
        """
        busy = (
            f"{self.path} is in use: another process trains into it; wait for its end, or give"
            " another --out"
        )
        return only_one(self._lock, "weights", busy)

    def begin(self, config: TrainConfig) -> None:
        """Makes the folder; that of an earlier run with a state becomes ``NAME.run.old``.

        Raises:
            OutputError: it cannot be written.
        """
        old = self.path.with_name(self.path.name + ".old")
        try:
            if self.state.exists():
                shutil.rmtree(old, ignore_errors=True)
                os.replace(self.path, old)
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or error
            raise OutputError(
                f"cannot write weights to {config.out}: {self.path}: {reason}; choose another place"
            ) from error
        self.write_config(config)

    def write_config(self, config: TrainConfig) -> None:
        """Writes the settings for people to read."""
        write_whole(self.path / "config.json", to_json(config).encode(), "settings")

    def read(self) -> bytes:
        """The state as it is on disk.

        Raises:
            AimaNetError: there is none.
        """
        try:
            require_ordinary(self.state)
            return self.state.read_bytes()
        except FileNotFoundError:
            raise AimaNetError(
                f"there is no run to resume at {self.path}: leave --resume out, or give the --out"
                " that it was started with"
            ) from None
        except OSError as error:
            raise AimaNetError(
                f"cannot read {self.state}: {error.strerror or error}; put it right, or"
                " start a new run with --finetune and one of the checkpoints beside it"
            ) from error

    def write(self, state: State) -> None:
        """Writes the state (OutputError)."""
        write_whole(self.state, state.to_bytes(), "the run's state")

    def checkpoint(self, step: int) -> Path:
        """The file of one of the best checkpoints."""
        return self.path / f"best-step-{step:06d}.safetensors"

    def drop_checkpoints(self, kept: list[tuple[float, int]]) -> None:
        """Deletes the checkpoints that are none of the best (any longer, or not yet again)."""
        names = {self.checkpoint(step).name for _, step in kept}
        for path in self.path.glob("best-step-*.safetensors"):
            if path.name not in names:
                path.unlink(missing_ok=True)
