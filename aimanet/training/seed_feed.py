"""The original arrays as tensors: a thread reads ahead while the network learns."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import torch
from torch import Tensor

from aimanet.datasets.arrays import Units

CHUNK_BYTES = 4 << 20
"""About how much is read in one go (always whole batches)."""
AHEAD = 2
"""Chunks that wait, read, for their turn."""


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Consecutive batches: ``inputs`` (n, 6, S, S) and ``labels`` (n,) on the device.

    ``frames`` is how many frames a full batch has; the last one of all may have fewer.
    """

    inputs: Tensor
    labels: Tensor
    frames: int

    def batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """The batches one by one, as views."""
        yield from zip(self.inputs.split(self.frames), self.labels.split(self.frames), strict=True)


class Feed:
    """Reads units in order, ``batch_size`` of them a batch, as often as it is asked.

    ``waited_s`` is the time the reader of the chunks was kept waiting, over all passes.
    """

    def __init__(self, units: Units, batch_size: int, device: torch.device) -> None:
        self.units, self.batch_size, self.device = units, batch_size, device
        self.waited_s = 0.0
        frame = 4 * (1 + 6 * units.image_size**2)
        batches = max(1, CHUNK_BYTES // (frame * units.depth * batch_size))
        self._step = batches * batch_size

    @property
    def n_batches(self) -> int:
        """Batches of one pass, a last smaller one included."""
        return -(-len(self.units) // self.batch_size)

    @property
    def frames(self) -> int:
        """Frames of one pass."""
        return len(self.units) * self.units.depth

    def chunks(self) -> Generator[Chunk, None, None]:
        """One pass over everything; closing it early waits for the read that is under way.

        Raises:
            DatasetError: NaN or infinity, or a file that changed meanwhile.
        """
        starts = iter(range(0, len(self.units), self._step))
        with ThreadPoolExecutor(1, "aimanet-arrays") as pool:
            ahead = deque(pool.submit(self._read, s) for s in islice(starts, AHEAD))
            while ahead:
                began = time.perf_counter()
                inputs, labels = ahead.popleft().result()
                self.waited_s += time.perf_counter() - began
                ahead.extend(pool.submit(self._read, s) for s in islice(starts, 1))
                yield Chunk(
                    inputs.to(self.device, non_blocking=True),
                    labels.to(self.device, non_blocking=True),
                    self.batch_size * self.units.depth,
                )

    def _read(self, start: int) -> tuple[Tensor, Tensor]:
        end = min(start + self._step, len(self.units))
        inputs, labels = (torch.from_numpy(a) for a in self.units.read(start, end))
        if self.device.type == "cuda":
            return inputs.pin_memory(), labels.pin_memory()
        return inputs, labels
