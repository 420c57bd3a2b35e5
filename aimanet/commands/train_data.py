"""What ``train`` learns from: found, its faces cut out, opened. Training itself needs no videos."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from aimanet.errors import AimaNetError
from aimanet.training import Material, TrainConfig, World
from aimanet.training.config import SYNTHETIC
from aimanet.training.material import labelled_only, with_pseudo_label

if TYPE_CHECKING:
    from aimanet.datasets.base import Recording
    from aimanet.datasets.cached import CachedRecording, Grid


class DataError(AimaNetError):
    """A data spec stands for nothing that can be learnt from."""


def gather(config: TrainConfig, world: World) -> tuple[TrainConfig, list[Material]]:
    """The material that the config names, and the config with the recipe it asks for.

    Of several processes one on each machine cuts out the faces, the others wait for it.

    Raises:
        AimaNetError: a spec is wrong, or nothing behind it can be used; the line says what.
    """
    if config.cached is not None:
        return config, _from_cache(config, config.cached)
    specs = [(s, False) for s in config.data] + [(s, True) for s in config.val_data]
    material = [_material(config, spec, world, held_out=held) for spec, held in specs]
    return _arrays_recipe(config, material), material


def _material(config: TrainConfig, spec: str, world: World, *, held_out: bool) -> Material:
    if spec == SYNTHETIC:
        if held_out:
            raise DataError("val_data: drawn faces are validated on with --val-share 0")
        return Material()
    from aimanet.datasets.arrays import open_arrays
    from aimanet.datasets.registry import ARRAYS, parse_spec

    name, root = parse_spec(spec)
    if name == ARRAYS:
        return Material(spec, open_arrays(root).recordings(), held_out)
    found = _find(config, name, root, tell=world.first)
    opened = _open(config, found, world)
    return Material(spec, tuple(_labelled(config, spec, opened)), held_out)


def _labelled(
    config: TrainConfig, spec: str, recordings: Sequence[CachedRecording]
) -> list[CachedRecording]:
    """Those with a label, or all with one of some kind."""
    if config.pseudo_labels:
        recordings = [with_pseudo_label(r) for r in recordings]
    return labelled_only(spec, recordings)


def _find(config: TrainConfig, name: str, root: Path, *, tell: bool) -> list[Recording]:
    from aimanet.datasets.registry import DATASETS

    found = DATASETS[name].find(root)
    chosen = [r for r in found.recordings if config.include_excluded or not r.excluded]
    if tell:
        for problem in found.problems:
            if problem.fatal:
                _say(f"{problem.path}: {problem.text}")
        if left_out := len(found.recordings) - len(chosen):
            _say(f"{name}: {left_out} recordings that its authors leave out (--include-excluded)")
    if not chosen:
        raise DataError(f"{root}: no recording of {name} to train on; try `aimanet datasets check`")
    return chosen


def _open(
    config: TrainConfig, recordings: Sequence[Recording], world: World
) -> list[CachedRecording]:
    """Cuts out faces where that has not been done yet, and opens what can be used."""
    from aimanet.datasets.cached import Grid
    from aimanet.datasets.store import CacheError, cache_folder, open_cached

    grid, folder = Grid.of(config.recipe), config.cache or cache_folder()
    for turn in (world.first, not world.first and world.local_rank == 0):
        if turn:
            _prepare(config, recordings, grid, folder)
        world.wait()
    opened, why = [], ""
    for recording in recordings:
        try:
            opened.append(open_cached(folder, recording, grid))
        except CacheError as error:
            why = str(error)
    if not opened:
        raise DataError(f"none of {len(recordings)} recordings can be used: {why}")
    return opened


def _prepare(
    config: TrainConfig, recordings: Sequence[Recording], grid: Grid, folder: Path
) -> None:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from aimanet.datasets.prepare import prepare

    columns = (TextColumn("cutting out faces"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    hidden, skipped = not sys.stderr.isatty(), 0
    with (
        Progress(*columns, TimeRemainingColumn(), console=console, disable=hidden) as progress,
        closing(prepare(recordings, grid, folder, jobs=config.jobs)) as steps,
    ):
        task = progress.add_task("", total=len(recordings))
        for step in steps:
            progress.update(task, completed=step.done)
            if step.state == "skipped":
                skipped += 1
                console.print(f"skipped {step.recording.key}: {step.reason}")
    if skipped:
        _say(f"{skipped} of {len(recordings)} recordings skipped")


def _from_cache(config: TrainConfig, folder: Path) -> list[Material]:
    """Data sets out of a folder of crops, by name; all where none is named."""
    from aimanet.datasets.cached import Grid
    from aimanet.datasets.store import list_cached

    there: dict[str, list[CachedRecording]] = {}
    for recording in list_cached(folder, Grid.of(config.recipe)):
        there.setdefault(recording.dataset, []).append(recording)
    names = [spec.partition("=")[0] for spec in config.data]
    if names == [SYNTHETIC]:
        names = list(there)
    wanted = [(name, False) for name in names]
    wanted += [(spec.partition("=")[0], True) for spec in config.val_data]
    return list(_chosen(config, there, wanted, folder))


def _chosen(
    config: TrainConfig,
    there: dict[str, list[CachedRecording]],
    wanted: Sequence[tuple[str, bool]],
    folder: Path,
) -> Iterator[Material]:
    for name, held_out in wanted:
        if name == SYNTHETIC:
            yield Material()
        elif name in there:
            yield Material(name, tuple(_labelled(config, name, there[name])), held_out)
        else:
            raise DataError(f"{folder} holds no crops of {name!r}, only of {', '.join(there)}")


def _arrays_recipe(config: TrainConfig, material: Sequence[Material]) -> TrainConfig:
    """Ready-made arrays bring their own preprocessing, unless a recipe was asked for."""
    from aimanet.datasets.arrays import Stretch
    from aimanet.preprocess import Recipe

    pieces = [r for m in material for r in m.recordings]
    if config.resume or config.recipe != Recipe() or not pieces:
        return config
    if not all(isinstance(p, Stretch) for p in pieces) or any(m.synthetic for m in material):
        return config
    from aimanet.training.seed import RECIPE

    size = next(p.pair.image_size for p in pieces if isinstance(p, Stretch))
    return replace(config, recipe=replace(RECIPE, image_size=size))


def _say(line: str) -> None:
    print(line.encode("utf-8", "replace").decode("utf-8"), file=sys.stderr, flush=True)
