"""What a run tells as it goes: a line of JSON a step and, where asked for, a TensorBoard log."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TextIO

from aimanet.checkpoint import write_whole
from aimanet.errors import AimaNetError, OutputError
from aimanet.training.run_folder import RunFolder
from aimanet.types import TrainProgress

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


def progress_record(progress: TrainProgress) -> dict[str, Any]:
    """A `TrainProgress` as plain JSON values; null where a figure is missing or not finite."""
    return {name: _plain(value) for name, value in asdict(progress).items()}


def _plain(value: object) -> object:
    if not isinstance(value, float):
        return value
    return round(value, 6) if math.isfinite(value) else None


class Journal:
    """The log of a run; what it says of steps after ``step`` is forgotten, for they come again.

    Raises:
        OutputError: it cannot be written.
    """

    def __init__(self, run: RunFolder, step: int, *, tensorboard: bool) -> None:
        self._board = _open_board(run, step) if tensorboard else None
        self._path = run.log
        kept = [line for line in _lines(run) if _step(line) <= step]
        write_whole(run.log, "".join(f"{line}\n" for line in kept).encode(), "the run's log")
        self._file: TextIO = run.log.open("a", encoding="utf-8")

    def add(self, progress: TrainProgress) -> None:
        """Writes one step."""
        try:
            self._file.write(json.dumps(progress_record(progress), allow_nan=False) + "\n")
            self._file.flush()
        except OSError as error:
            raise OutputError(f"cannot write {self._path}: {error.strerror}") from error
        if self._board:
            for name, value in asdict(progress).items():
                if value is not None and name not in ("step", "n_steps"):
                    self._board.add_scalar(_tag(name), value, progress.step)

    def close(self) -> None:
        """Ends the log."""
        self._file.close()
        if self._board:
            self._board.close()


def _lines(run: RunFolder) -> list[str]:
    if not run.log.exists():
        return []
    return run.log.read_text(encoding="utf-8", errors="replace").splitlines()


def _step(line: str) -> float:
    """The step of a line; infinity for one that a kill cut short."""
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return math.inf


def _tag(name: str) -> str:
    part, _, rest = name.partition("_")
    return f"{part}/{rest}" if part in ("train", "val") else f"run/{name}"


def require_tensorboard() -> None:
    """Raises AimaNetError, naming the extra, where TensorBoard is not installed."""
    try:
        import torch.utils.tensorboard  # noqa: F401
    except ImportError as error:
        raise AimaNetError(
            'tensorboard is needed for --tensorboard: pip install "aimanet[tensorboard]"'
        ) from error


def _open_board(run: RunFolder, step: int) -> SummaryWriter:
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(run.tensorboard), purge_step=step + 1 if step else None)
