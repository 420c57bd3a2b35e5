"""Another program on the same clip, in turn with ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aimanet.bench.children import Cost, Use, cost, fill, ours, run_counted
from aimanet.bench.speed import Asked, Lengths
from aimanet.bench.train import CHECKOUT, BenchError


@dataclass(frozen=True, slots=True)
class Versus:
    """Both programs over the same clips; ratios are theirs over ours, above 1 where ours is less.

    ``theirs`` and the ratios are None where it failed, ``error`` then says how.
    """

    command: str
    rounds: int
    ours: Cost
    theirs: Cost | None
    cpu_ratio: float | None
    cpu_ratio_with_start: float | None
    wall_ratio: float | None
    wall_ratio_with_start: float | None
    error: str = ""


def compare(
    asked: Asked,
    command: str,
    lengths: Lengths,
    rounds: int,
    say: Callable[[str], None] = lambda _: None,
) -> Versus:
    """Runs `aimanet analyze` and ``command`` in turn over a clip and its beginning.

    Another program's load falls on both alike; who goes first changes from round to round.

    Args:
        asked: our method.
        command: theirs, with ``{clip}`` where the file's name goes.
        lengths: the clip and its beginning.
        rounds: how often.
        say: told which round it is.

    Raises:
        BenchError: ``command`` makes no sense, or ours failed.
    """
    clips = {"short": lengths.short, "long": lengths.clip}
    theirs = {name: fill(command, clip.absolute()) for name, clip in clips.items()}
    mine = {name: ours("analyze", str(clip), *asked.flags()) for name, clip in clips.items()}
    taken: dict[tuple[str, str], list[Use]] = {}
    error = ""
    for k in range(rounds):
        say(f"round {k + 1} of {rounds} ...")
        for who in ("ours", "theirs") if k % 2 == 0 else ("theirs", "ours"):
            if who == "theirs" and error:
                continue
            try:
                for name in clips:
                    words, cwd = (mine, CHECKOUT) if who == "ours" else (theirs, Path.cwd())
                    taken.setdefault((who, name), []).append(run_counted(words[name], cwd=cwd))
            except BenchError as problem:
                if who == "ours":
                    raise
                error = str(problem)
    return _versus(command, rounds, taken, lengths, error)


def _versus(
    command: str,
    rounds: int,
    taken: dict[tuple[str, str], list[Use]],
    lengths: Lengths,
    error: str,
) -> Versus:
    seconds = lengths.short_s, lengths.clip_s
    a = cost(taken["ours", "short"], taken["ours", "long"], *seconds)
    if error:
        return Versus(command, rounds, a, None, None, None, None, None, error)
    b = cost(taken["theirs", "short"], taken["theirs", "long"], *seconds)
    return Versus(
        command=command,
        rounds=rounds,
        ours=a,
        theirs=b,
        cpu_ratio=_ratio(b.cpu_s_per_s, a.cpu_s_per_s),
        cpu_ratio_with_start=_ratio(b.cpu_s_per_s_with_start, a.cpu_s_per_s_with_start),
        wall_ratio=_ratio(a.times_real_time, b.times_real_time),
        wall_ratio_with_start=_ratio(a.times_real_time_with_start, b.times_real_time_with_start),
    )


def _ratio(one: float | None, other: float | None) -> float | None:
    return one / other if one and other else None
