"""One recording and its entry in the cache: kept where it is of today, made where not.

What decides are the bytes of the files and the versions of the code. Crops of a data set that
moved, or whose labels alone are read otherwise now, are taken over without another look at the
video.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Self

import numpy as np

from aimanet.datasets.align import on_grid
from aimanet.datasets.base import DatasetError, Label, Recording, Signal
from aimanet.datasets.cached import Grid
from aimanet.datasets.content import Fingerprint, fingerprint, same_stamps, untouched
from aimanet.datasets.cropping import Count, Cropper
from aimanet.datasets.entry import (
    CROPPING,
    CROPS,
    CacheError,
    Meta,
    entries_of,
    entry_place,
    load_meta,
    lock_of,
    real,
    save_meta,
    shown,
)
from aimanet.datasets.registry import DATASETS
from aimanet.datasets.store import load_entry
from aimanet.datasets.writer import EntryWriter, Labeller, cannot_write, remove_entry
from aimanet.errors import AimaNetError, FaceModelError, OutputError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one recording; `prepare.Prepared` has the same fields."""

    state: Literal["cached", "made", "skipped"]
    frames: int = 0
    seconds: float = 0.0
    faceless: float = 0.0
    reason: str = ""

    @classmethod
    def of(cls, meta: Meta, state: Literal["cached", "made"]) -> Outcome:
        """The outcome that an entry stands for."""
        share = meta.faceless / meta.frames if meta.frames else 0.0
        return cls(
            "skipped" if meta.reason else state, meta.crops, meta.seconds, share, meta.reason
        )


@dataclass(frozen=True, slots=True)
class Settings:
    """What all recordings of one `prepare` have in common; travels to the workers.

    ``model`` is the face detector's file (None: it is looked for when needed), ``detector`` names
    it in the cache ("" for the usual one).
    """

    folder: Path
    grid: Grid
    model: Path | None = None
    detector: str = ""

    def place(self, recording: Recording) -> Path:
        """Where the recording's entry belongs."""
        return entry_place(self.folder, recording, self.grid)

    def blank(self, recording: Recording, sources: Fingerprint) -> Meta:
        """What an entry that is made today says about all but its contents."""
        dataset = DATASETS[recording.dataset]
        return Meta(
            dataset=recording.dataset,
            name=recording.name,
            subject=recording.subject,
            tags=recording.tags,
            grid=self.grid,
            video=real(recording.video),
            sources=sources,
            reader=dataset.version,
            detector="" if dataset.face_alone(recording) else self.detector,
        )

    def of_today(self, meta: Meta, recording: Recording, sources: Fingerprint) -> Meta:
        """The same contents, described as today."""
        return replace(
            self.blank(recording, sources),
            crops=meta.crops,
            frames=meta.frames,
            faceless=meta.faceless,
            seconds=meta.seconds,
            reason=meta.reason,
            kind=meta.kind,
            drift_s=meta.drift_s,
        )


class Upkeep:
    """Brings recordings into the cache, one after the other."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._cropper = Cropper(settings.grid, settings.model)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._cropper.close()

    def attempt(self, recording: Recording) -> Outcome:
        """`bring`, with whatever is wrong with this one recording told in the outcome.

        Raises:
            OutputError: the cache cannot be written: the next recording would fare no better.
            FaceModelError: there is no face detector.
        """
        try:
            return self.bring(recording)
        except (OutputError, FaceModelError):
            raise
        except AimaNetError as error:
            return Outcome("skipped", reason=str(error))
        except Exception as error:  # one odd file must not end a night's work
            _log.debug("%s", recording.key, exc_info=True)
            what = " ".join(str(error).split())[:200]
            return Outcome("skipped", reason=f"{type(error).__name__}: {what}")

    def bring(self, recording: Recording) -> Outcome:
        """Makes the entry, or keeps it where the same files made it."""
        with lock_of(self._settings.place(recording)):
            if known := up_to_date(self._settings, recording):  # another prepare was quicker
                return known
            now = _fingerprint(recording)
            return self._keep(recording, now) or self._make(recording, now)

    def _keep(self, recording: Recording, now: Fingerprint) -> Outcome | None:
        """An entry from the same bytes, here or where the data set used to be."""
        settings, place = self._settings, self._settings.place(recording)
        named = entries_of(settings.folder, recording.dataset, recording.name, settings.grid)
        for at, meta in sorted(named, key=lambda one: one[0] != place):
            kept = settings.of_today(meta, recording, now)
            if meta.sources.content != now.content or not _crops_alike(meta, kept):
                continue
            if not _is_whole(at, meta):
                continue
            if at == place and meta.labelling == kept.labelling:
                self._rewrite(place, kept)
            else:
                kept = self._adopt(at, kept, recording)
            if at != place and not Path(meta.video).exists():
                _remove(at)
            return Outcome.of(kept, "cached")
        return None

    def _rewrite(self, place: Path, meta: Meta) -> None:
        try:
            save_meta(place, meta)
        except OSError as error:
            raise cannot_write(self._settings.folder, error) from error

    def _adopt(self, at: Path, meta: Meta, recording: Recording) -> Meta:
        """The crops of the entry ``at`` with labels read anew."""
        place = self._settings.place(recording)
        label = DATASETS[recording.dataset].label(recording)
        meta = _with_label(meta, label)
        if meta.reason:
            with EntryWriter(place) as writer:
                return writer.finish(meta, _labeller(label))
        like = load_entry(at, meta)
        with EntryWriter(place, link=at / CROPS) as writer:
            return writer.finish_like(meta, _labeller(label), like)

    def _make(self, recording: Recording, now: Fingerprint) -> Outcome:
        dataset = DATASETS[recording.dataset]
        label = dataset.label(recording)  # first: a missing label is found out at once
        meta = _with_label(self._settings.blank(recording, now), label)
        with EntryWriter(self._settings.place(recording)) as writer:
            count = self._cropper.write(recording, dataset, writer)
            if not _is_still(now, recording):
                raise DatasetError(
                    f"{shown(recording.video)} changed while it was read; prepare it again"
                )
            meta = replace(
                meta,
                frames=count.frames,
                faceless=count.faceless,
                seconds=count.seconds,
                reason=_reason(count, writer.count),
            )
            return Outcome.of(writer.finish(meta, _labeller(label)), "made")


def up_to_date(settings: Settings, recording: Recording) -> Outcome | None:
    """What the cache holds of a recording, if a look at its files proves that it is of today."""
    place = settings.place(recording)
    try:
        meta = load_meta(place)
        is_same = meta == settings.of_today(meta, recording, meta.sources)
        if is_same and untouched(meta.sources, recording) and _is_whole(place, meta):
            return Outcome.of(meta, "cached")
    except (CacheError, OSError):
        pass
    return None


def _crops_alike(was: Meta, now: Meta) -> bool:
    """Whether today's code and face detector would crop the same."""
    made = (was.cropping, was.reader, was.detector)
    return made == (CROPPING, now.reader, now.detector)


def _is_whole(place: Path, meta: Meta) -> bool:
    try:
        if not meta.reason:
            load_entry(place, meta)
    except CacheError:
        return False
    return True


def _fingerprint(recording: Recording) -> Fingerprint:
    try:
        return fingerprint(recording, DATASETS[recording.dataset].files(recording))
    except OSError as error:
        where = shown(error.filename or recording.video)
        why = (error.strerror or str(error)).lower()
        raise DatasetError(f"cannot read {where}: {why}; check the file and its rights") from error


def _is_still(now: Fingerprint, recording: Recording) -> bool:
    try:
        return same_stamps(now, recording)
    except OSError:
        return False


def _with_label(meta: Meta, label: Label | None) -> Meta:
    if label is None:
        return replace(meta, kind="", drift_s=None)
    return replace(meta, kind=label.kind, drift_s=label.drift_s)


def _labeller(label: Label | None) -> Labeller:
    def at(t: Signal) -> tuple[Signal, Signal]:
        if label is None or not len(t):
            return np.full(len(t), np.nan), np.full(len(t), np.nan)
        return on_grid(label, t)

    return at


def _reason(count: Count, crops: int) -> str:
    """Why there is nothing to train on, else nothing."""
    if crops:
        return ""
    if not count.frames:
        return "its video has no frames"
    if count.faceless == count.frames:
        return f"no face in any of its {count.frames} frames"
    seen = count.frames - count.faceless
    return f"no two different frames in a row with a face ({seen} of {count.frames} have one)"


def _remove(place: Path) -> None:
    """Removes the entry of a data set that moved, unless somebody is at it."""
    lock = lock_of(place)
    try:
        if lock.try_take():
            remove_entry(place)
    except (OSError, OutputError):
        pass  # it only takes up room
    finally:
        lock.release()
