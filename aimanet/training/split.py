"""Who is trained on and who is held out: always whole people, never frames."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from aimanet.errors import AimaNetError
from aimanet.training.material import Material, Piece, measured, person


@dataclass(frozen=True, slots=True)
class Split:
    """``train`` is the material without the held-out people; ``held`` are their recordings."""

    train: tuple[Material, ...]
    held: tuple[Piece, ...]


def split(material: Sequence[Material], share: float, subjects: Sequence[str] = ()) -> Split:
    """Parts material into people to train on and people to validate on.

    ``subjects`` (SUBJECT or DATASET/SUBJECT) are held out, or else ``share`` of each data set's
    people, at least one where there are two. Who it is depends on their names alone, so that it
    stays the same from run to run, and nearly so when people are added. Material that is for
    validation anyway leaves nobody else to hold out.

    Raises:
        AimaNetError: nobody is left on one of the sides, or a subject is not there.
    """
    given = [r for m in material if m.held_out for r in m.recordings]
    rest = [m for m in material if not m.held_out]
    everybody = [r for m in rest for r in m.recordings]
    people = sorted({person(r) for r in everybody})
    # What POS saw is no truth to be judged by, as long as a sensor saw somebody.
    sure = sorted({person(r) for r in everybody if measured(r)})
    if given:
        held = {person(r) for r in given} & set(people)
    elif subjects:
        held = _named(people, subjects)
    else:
        held = _drawn(sure or people, share)
    train = [replace(m, recordings=_without(m.recordings, held)) for m in rest]
    kept = [m for m in train if m.synthetic or m.recordings]
    if not kept:
        raise AimaNetError("all people are held out for validation: no one is left to train on")
    own = [r for r in everybody if person(r) in held] if not given else []
    return Split(tuple(kept), (*given, *([r for r in own if measured(r)] or own)))


def _without(recordings: Iterable[Piece], held: set[str]) -> tuple[Piece, ...]:
    return tuple(r for r in recordings if person(r) not in held)


def _named(people: Sequence[str], subjects: Sequence[str]) -> set[str]:
    held: set[str] = set()
    for subject in subjects:
        found = {p for p in people if subject in (p, p.partition("/")[2])}
        if not found:
            there = ", ".join(people[:8]) + (" ..." if len(people) > 8 else "")
            raise AimaNetError(f"val_subjects: there is no {subject!r} among {there or 'nobody'}")
        held |= found
    return held


def _drawn(people: Sequence[str], share: float) -> set[str]:
    if not people or not share:
        return set()
    if len(people) == 1:
        raise AimaNetError(
            f"all recordings are of one person ({people[0]}), who cannot be split: add people,"
            " name --val-data, or validate on drawn faces with --val-share 0"
        )
    held: set[str] = set()
    for dataset in sorted({p.partition("/")[0] for p in people}):
        own = sorted((p for p in people if p.startswith(dataset + "/")), key=_lot)
        n = min(max(1, round(share * len(own))), len(own) - 1)
        held |= set(own[:n])
    return held or {sorted(people, key=_lot)[0]}


def _lot(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
