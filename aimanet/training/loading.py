"""Batches from background processes, in an order that does not depend on their speed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import OrderedDict
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.synchronize import Event

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from aimanet.errors import AimaNetError
from aimanet.stop import blocked, end_signals, listen
from aimanet.training.corpora import Corpus
from aimanet.training.examples import Example, mirrored
from aimanet.training.plan import Draw, Plan


class LoadingError(AimaNetError):
    """A background process that makes examples is gone."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One process's part of a step: ``micros`` names the pieces, ``sizes`` their clips.

    ``motion``, ``appearance`` and ``label`` hold all clips of all pieces, stacked.
    """

    micros: list[int]
    sizes: list[int]
    motion: Tensor
    appearance: Tensor
    label: Tensor

    def pin_memory(self) -> Batch:
        """The batch where a GPU fetches it without a further copy."""
        tensors = (self.motion, self.appearance, self.label)
        return Batch(self.micros, self.sizes, *(t.pin_memory() for t in tensors))


class Batches(IterableDataset):  # type: ignore[type-arg]
    """The steps from ``first`` to ``end`` as ``rank`` of ``world`` processes sees them.

    Worker w of W makes steps first + w, first + w + W, ... What goes wrong comes out as a value,
    because an exception on its way out of a worker is dressed in a traceback.
    """

    def __init__(
        self,
        plan: Plan,
        corpora: Sequence[Corpus],
        steps: range,
        rank: int = 0,
        world: int = 1,
        mirror: bool = True,
    ) -> None:
        self.plan, self.corpora, self.steps, self.mirror = plan, tuple(corpora), steps, mirror
        self.micros = list(range(rank, plan.micros, world))
        self._kept: OrderedDict[tuple[int, int], Example] = OrderedDict()

    def __iter__(self) -> Iterator[Batch | AimaNetError]:
        worker = get_worker_info()
        lane, lanes = (worker.id, worker.num_workers) if worker else (0, 1)
        share = len(self.micros) / self.plan.micros / lanes
        self._room = max(1, int(np.ceil(self.plan.memory * share)))
        for step in self.steps[lane::lanes]:
            try:
                yield self.batch(step)
            except AimaNetError as error:
                yield error
                return

    def batch(self, step: int) -> Batch:
        """This process's part of one step."""
        slots = [self.plan.slots(m) for m in self.micros]
        examples = [self._example(step, slot) for part in slots for slot in part]
        return Batch(
            self.micros,
            [len(part) for part in slots],
            torch.from_numpy(np.stack([e.motion for e in examples])),
            torch.from_numpy(np.stack([e.appearance for e in examples])),
            torch.from_numpy(np.stack([e.label for e in examples])),
        )

    def _example(self, step: int, slot: int) -> Example:
        example = self._remembered(self.plan.draw(step, slot))
        if self.mirror and self.plan.rng(step, slot, 2).random() < 0.5:
            return mirrored(example)
        return example

    def _remembered(self, draw: Draw) -> Example:
        """Drawn clips are costly: those that may be shown again are kept for a while."""
        key = draw.corpus, draw.number
        if key in self._kept:
            return self._kept[key]
        rng = self.plan.rng(draw.number, draw.corpus, 3)
        example = self.corpora[draw.corpus].example(draw.number, rng)
        if self.plan.endless[draw.corpus] and self.plan.replayed:
            self._kept[key] = example
            while len(self._kept) > self._room:
                self._kept.popitem(last=False)
        return example


def load(batches: Batches, workers: int, *, pin: bool = False) -> Generator[Batch, None, None]:
    """The batches, made by ``workers`` background processes (0: by this one).

    Raises:
        AimaNetError: an example cannot be made, or a worker died (LoadingError).
    """
    more = {"prefetch_factor": 3, "persistent_workers": True} if workers else {}
    ended = multiprocessing.Event()
    loader = DataLoader(
        batches,
        batch_size=None,
        num_workers=workers,
        pin_memory=pin,
        worker_init_fn=partial(_be_a_worker, ended),
        **more,  # type: ignore[arg-type]
    )
    with blocked(*end_signals()):
        made = iter(loader)
    try:
        yield from _checked(made)
    finally:
        ended.set()


def _checked(made: Iterator[Batch | AimaNetError]) -> Iterator[Batch]:
    while True:
        try:
            batch = next(made)
        except StopIteration:
            return
        except RuntimeError as error:
            if "DataLoader worker" not in str(error):
                raise
            raise LoadingError(_died(error)) from error
        if isinstance(batch, AimaNetError):
            raise batch
        yield batch


def default_workers(device: torch.device) -> int:
    """One beside a CPU that learns, up to sixteen beside a GPU that must be fed."""
    if device.type == "cpu":
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    room = (cores or 2) - 1
    return max(n for n in (1, 2, 4, 8, 16) if n <= max(room, 1))


def _be_a_worker(ended: Event, worker: int) -> None:
    """Signals reach every process of a terminal or a job; when to end is the trainer's decision.

    Then it is at once: the example under way, and the pipes to the trainer, are needed no more.
    """
    listen(signal.SIG_IGN)
    sys.excepthook = lambda *_: None  # of a thread that shares tensors with a trainer that is gone
    threading.Thread(target=_leave_when, args=(ended,), daemon=True).start()


def _leave_when(ended: Event) -> None:
    ended.wait()
    os._exit(0)


def _died(error: RuntimeError) -> str:
    first = " ".join(str(error).split())[:120]
    return f"a background process that makes examples died ({first}); try --workers 0 or fewer"
