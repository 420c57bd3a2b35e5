"""Training as a generator of progress that anyone may stop at any step."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace

import torch

from aimanet.errors import AimaNetError, OutputError
from aimanet.methods import resolve_device
from aimanet.stop import StopRequest
from aimanet.training.config import SYNTHETIC, TrainConfig, from_json, resumed, with_recipe
from aimanet.training.distributed import World
from aimanet.training.journal import Journal, require_tensorboard
from aimanet.training.keeper import Keeper
from aimanet.training.material import Material
from aimanet.training.run_folder import RunFolder, State
from aimanet.training.split import split
from aimanet.training.trainer import Diverged, Trainer
from aimanet.types import TrainProgress

ALONE = World()
GPU_MICRO = 16
"""Clips of six seconds that keep a large GPU busy at once."""


def fit(
    config: TrainConfig,
    data: Sequence[Material] = (),
    *,
    stop: StopRequest | None = None,
    world: World = ALONE,
) -> Generator[TrainProgress, None, None]:
    """Trains and yields progress after every step; validates and saves every so often.

    It ends after the last step, the time limit or early stop, or when ``stop`` was asked: then the
    step or validation under way is dropped. Closing the generator early (or Ctrl-C in its
    consumer) saves what there is, too.

    Args:
        config: what, how, how long; see `settle` for what becomes of it first.
        data: the material that ``config.data`` names; may be left out for drawn faces.
        stop: the request to end; before there is anything to save it is a KeyboardInterrupt.
        world: the processes that train together (`distributed.join`); all call this alike.

    Raises:
        AimaNetError: a bad config, unfit material, a damaged run, or a loss that is no number.
        OutputError: the checkpoint or the run's folder cannot be written.
    """
    stop = stop or StopRequest()
    with stop.at_once():
        config = settle(config, world)
        trainer, keeper = _set_up(config, data, world)
    if config.resume:
        keeper.restore(saved_state(config, world))
    else:
        keeper.begin()
    journal = _journal(config, keeper, trainer.step, world)
    try:
        with closing(trainer.run(stop)) as steps:
            for progress in steps:
                if journal:
                    journal.add(progress)
                keeper.keep(validated=progress.val_loss is not None)
                yield progress
    except (Diverged, OutputError):
        raise
    except BaseException:
        if trainer.whole:
            keeper.save()
        raise
    else:
        keeper.save()
    finally:
        if journal:
            journal.close()


def settle(config: TrainConfig, world: World = ALONE) -> TrainConfig:
    """The config as it will be trained: checked, with what a run or a checkpoint decides.

    A run that goes on brings its own settings, fine-tuning the checkpoint's recipe. Settling
    again changes nothing.

    Raises:
        AimaNetError: values that cannot train, no run to resume, or one with other settings.
    """
    if config.resume:
        config = resumed(config, from_json(saved_state(config, world).config))
    else:
        config = with_recipe(config)
    config.check()
    if config.micro is None:
        on_cpu = resolve_device(config.device) == "cpu"
        config = replace(config, micro=2 if on_cpu else _gpu_micro(config.batch, world))
    return config


def _gpu_micro(batch: int, world: World) -> int:
    return max(1, min(GPU_MICRO, -(-batch // world.size)))


def saved_state(config: TrainConfig, world: World) -> State:
    """The state of the run of ``config.out``, read by the first process for all."""
    run = RunFolder(config.out)
    return State.parse(world.told(run.read() if world.first else None), run.state)


def _set_up(config: TrainConfig, data: Sequence[Material], world: World) -> tuple[Trainer, Keeper]:
    if config.tensorboard and world.first:
        require_tensorboard()
    if config.threads:
        torch.set_num_threads(config.threads)
    parts = split(_material(config, data), config.val_share, config.val_subjects)
    trainer = Trainer(config, parts, _device(config, world), world)
    keeper = Keeper(trainer, parts)
    if world.told(keeper.digest.encode()).decode() != keeper.digest:
        raise AimaNetError(
            f"process {world.rank} has other recordings than the first one: copy the data sets"
            " or the cache, so that all machines have the same"
        )
    return trainer, keeper


def _device(config: TrainConfig, world: World) -> torch.device:
    kind = resolve_device(config.device)
    if kind == "cpu":
        return torch.device("cpu")
    torch.backends.cudnn.deterministic = True  # or a run would not go on as it would have
    return torch.device(kind, world.local_rank)


def _material(config: TrainConfig, data: Sequence[Material]) -> list[Material]:
    if not data and config.data == (SYNTHETIC,):
        return [Material()]
    if not data:
        raise AimaNetError(f"the recordings of {', '.join(config.data)} have to be handed over")
    if not config.data_weights:
        return list(data)
    weights = iter(config.data_weights)
    return [m if m.held_out else replace(m, weight=next(weights, None)) for m in data]


def _journal(config: TrainConfig, keeper: Keeper, step: int, world: World) -> Journal | None:
    if not world.first:
        return None
    return Journal(keeper.run, step, tensorboard=config.tensorboard)
