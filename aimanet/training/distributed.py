"""Several processes that train one network: what `torchrun` starts.

Each takes pieces of the same batch; sums go over all of them. A single process is a world of
one, and nothing here costs it anything.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor

from aimanet.errors import AimaNetError

MEETING = timedelta(minutes=10)
"""How long processes look for each other at the start, and wait for gradients."""

PATIENCE = timedelta(days=2)
"""How long they wait for each other otherwise: one of them may be preparing a data set."""


class WorldError(AimaNetError):
    """The environment of a distributed run makes no sense."""


@dataclass(frozen=True, slots=True)
class World:
    """Process ``rank`` of ``size``, the ``local_rank``-th on its machine.

    ``group`` is what they talk through, besides gradients.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0
    group: dist.ProcessGroup | None = None

    @property
    def first(self) -> bool:
        """Whether this process writes files and prints."""
        return self.rank == 0

    def total(self, values: Tensor) -> Tensor:
        """The sum of a tensor (on the CPU) over all processes."""
        if self.size > 1:
            dist.all_reduce(values, group=self.group)
        return values

    def told(self, data: bytes | None) -> bytes:
        """What the first process has, for all of them."""
        if self.size == 1:
            assert data is not None
            return data
        length = self.total(torch.tensor([len(data) if data and self.first else 0]))
        buffer = torch.zeros(int(length), dtype=torch.uint8)
        if data and self.first:
            buffer = torch.frombuffer(bytearray(data), dtype=torch.uint8)
        dist.broadcast(buffer, 0, group=self.group)
        return buffer.numpy().tobytes()

    def wait(self) -> None:
        """Until all processes are here."""
        self.total(torch.zeros(1))


@contextmanager
def join(device: str = "auto") -> Iterator[World]:
    """The world that `torchrun` announces in the environment, or a world of one.

    Raises:
        WorldError: the announcement is incomplete, or there are fewer GPUs than processes.
    """
    world = announced(os.environ)
    if world.size == 1:
        yield world
        return
    backend = "cpu:gloo,cuda:nccl" if _takes_gpu(world, device) else "gloo"
    try:
        dist.init_process_group(backend, timeout=MEETING)
        group = dist.new_group(backend="gloo", timeout=PATIENCE)
    except (RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:120]
        raise WorldError(f"the processes do not find each other ({reason})") from error
    try:
        yield replace(world, group=group)
    finally:
        dist.destroy_process_group()


def _takes_gpu(world: World, device: str) -> bool:
    """Gives this process the GPU of its number, if it shall have one."""
    if device == "cpu" or not torch.cuda.is_available():
        return False
    if world.local_rank >= torch.cuda.device_count():
        raise WorldError(
            f"process {world.local_rank} on this machine has no GPU of its own (there are"
            f" {torch.cuda.device_count()}): start fewer with --nproc_per_node"
        )
    torch.cuda.set_device(world.local_rank)
    return True


def announced(environment: Mapping[str, str]) -> World:
    """What the environment says about this process (WorldError as in `join`)."""
    if "WORLD_SIZE" not in environment and "RANK" not in environment:
        return World()
    try:
        size, rank = int(environment["WORLD_SIZE"]), int(environment["RANK"])
        local = int(environment.get("LOCAL_RANK", rank))
    except (KeyError, ValueError) as error:
        raise WorldError(_advice(f"RANK and WORLD_SIZE are no two numbers ({error})")) from error
    if not 0 <= rank < size or not local >= 0:
        raise WorldError(_advice(f"RANK is {rank}, LOCAL_RANK {local}, WORLD_SIZE {size}"))
    missing = [n for n in ("MASTER_ADDR", "MASTER_PORT") if not environment.get(n)]
    if size > 1 and missing:
        raise WorldError(_advice(f"{' and '.join(missing)} not set"))
    if size > 1 and not _is_port(environment["MASTER_PORT"]):
        raise WorldError(_advice(f"MASTER_PORT is {environment['MASTER_PORT']}"))
    return World(rank, size, local)


def _is_port(text: str) -> bool:
    return text.isdecimal() and 0 < int(text) < 1 << 16


def _advice(what: str) -> str:
    return (
        f"bad environment of a distributed run: {what}; start it with"
        " `torchrun --nproc_per_node N -m aimanet train ...`, or unset RANK and WORLD_SIZE"
    )
