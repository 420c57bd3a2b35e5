"""One side of ``bench train``, in a process of its own: questions on stdin, answers on stdout.

A line ``{"seconds": 4}`` asks to learn for about 4 s, ``{"seconds": 0}`` for the last figures.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import mse_loss
from torch.utils.data import DataLoader, Dataset

from aimanet.bench.memory import peak_mb, resident_mb, tree_mb
from aimanet.datasets.arrays import INPUT, OUTPUT, open_arrays
from aimanet.errors import AimaNetError
from aimanet.methods import resolve_device
from aimanet.preprocess import Recipe
from aimanet.training.seed import SeedConfig, SeedRun
from aimanet.tscan import TSCAN

DEPTH, BATCH, WORKERS = 10, 3, 2
ENDLESS = 10**6
WARM_UP_STEPS = 5
PROFILED_S = 3.0


class Loop(Protocol):
    """A training loop that stops after every few steps."""

    @property
    def device(self) -> torch.device:
        """Where it learns."""

    @property
    def waited_s(self) -> float:
        """Seconds without data to learn from."""

    def steps(self) -> Generator[int, None, None]:
        """Learns without end; yields the frames learnt from since the last time."""


class PlainLoop:
    """The recipe as its authors wrote it down, with nothing but torch's own parts.

    The array is loaded whole; two processes put batches of 3 x 10 frames together; every frame
    has an appearance of its own; float32.
    """

    def __init__(self, folder: Path, device: torch.device) -> None:
        self.device, self.waited_s = device, 0.0
        inputs = np.load(folder / INPUT).astype(np.float32, copy=False)
        data = _Windows(inputs, np.load(folder / OUTPUT))
        self._loader = DataLoader(
            data,
            batch_size=BATCH,
            num_workers=WORKERS,
            collate_fn=_joined,
            pin_memory=device.type == "cuda",
        )
        recipe = Recipe(image_size=data.inputs.shape[2], appearance="frame", attention_scale="ch")
        self._net = TSCAN(recipe).to(device).train()
        self._optimizer = torch.optim.Adadelta(self._net.parameters())

    def steps(self) -> Generator[int, None, None]:
        """One step at a time, epoch after epoch."""
        for _ in range(ENDLESS):
            began = time.perf_counter()
            for batch in self._loader:
                motion, appearance, labels = (part.to(self.device) for part in batch)
                self.waited_s += time.perf_counter() - began
                self._optimizer.zero_grad()
                loss = mse_loss(self._net(motion, appearance).view(-1), labels)
                loss.backward()
                self._optimizer.step()
                loss.item()
                yield len(labels)
                began = time.perf_counter()


class _Windows(Dataset):  # type: ignore[type-arg]
    def __init__(self, inputs: NDArray[np.float32], labels: NDArray[np.float64]) -> None:
        self.inputs, self.labels = inputs, torch.from_numpy(labels).flatten()

    def __len__(self) -> int:
        return len(self.inputs) // DEPTH

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        part = slice(DEPTH * index, DEPTH * (index + 1))
        frames = torch.from_numpy(self.inputs[part])
        return frames[:, :3], frames[:, 3:], self.labels[part].float()


def _joined(windows: list[tuple[torch.Tensor, ...]]) -> list[torch.Tensor]:
    return [torch.cat(parts) for parts in zip(*windows, strict=True)]


class OurLoop:
    """`aimanet seed`, with the fewest test frames there can be; ``results`` takes its files."""

    def __init__(self, folder: Path, device: torch.device, results: Path) -> None:
        arrays = open_arrays(folder)
        split = arrays.frames // DEPTH * DEPTH - DEPTH
        config = SeedConfig(folder, ENDLESS, BATCH, split, device=device.type, results=results)
        self.device, self._run = device, SeedRun(config)

    @property
    def waited_s(self) -> float:
        """Seconds without data to learn from."""
        return self._run.waited_s

    def steps(self) -> Generator[int, None, None]:
        """A report's worth of steps at a time."""
        before = 0
        with closing(self._run.train()) as reports:
            for _ in reports:
                yield self._run.frames_learnt - before
                before = self._run.frames_learnt


def main(side: str, folder: Path, device: str, results: Path) -> None:
    """Answers questions until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the business of who asks
    framework_mb = resident_mb()
    try:
        if open_arrays(folder).whole is None:
            raise AimaNetError(f"bench train needs {INPUT} and {OUTPUT}; {folder} has folders")
        place = torch.device(resolve_device(device))
        loop: Loop = OurLoop(folder, place, results) if side == "ours" else PlainLoop(folder, place)
        with closing(loop.steps()) as steps:
            for _ in islice(steps, WARM_UP_STEPS):
                pass
            _answer({"device": place.type, "threads": torch.get_num_threads()})
            held_mb = 0.0
            for line in sys.stdin:
                seconds = json.loads(line)["seconds"]
                if seconds > 0:
                    _answer(_turn(loop, steps, seconds))
                    held_mb = max(held_mb, tree_mb() or 0.0)
                else:
                    memory = {
                        "framework_mb": framework_mb,
                        "peak_mb": max(held_mb, peak_mb() or 0.0) or None,
                    }
                    _answer({**memory, "gpu_busy_share": _gpu_busy_share(loop, steps)})
    except AimaNetError as error:
        _answer({"error": str(error)})


def _turn(loop: Loop, steps: Iterator[int], seconds: float) -> dict[str, float]:
    began, waited, frames = time.perf_counter(), loop.waited_s, 0
    # The report at the end of an epoch holds no new frame, and may fill a turn on a busy machine.
    while (spent := time.perf_counter() - began) < seconds or not frames:
        frames += next(steps)
    return {"frames": frames, "seconds": spent, "waited_s": loop.waited_s - waited}


def _gpu_busy_share(loop: Loop, steps: Iterator[int]) -> float | None:
    """Time of the GPU's kernels and copies over the clock's, in some seconds of learning."""
    if loop.device.type != "cuda":
        return None
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CUDA]) as trace:
        torch.cuda.synchronize()
        began = time.perf_counter()
        while time.perf_counter() - began < PROFILED_S:
            next(steps)
        torch.cuda.synchronize()
        spent = time.perf_counter() - began
    return sum(event.self_device_time_total for event in trace.key_averages()) / 1e6 / spent


def _answer(content: dict[str, Any]) -> None:
    print(json.dumps(content), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4]))
