"""Writes one session: no threads, nothing lost but the last second, whatever happens."""

from __future__ import annotations

import errno
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import TracebackType

import av.error
import numpy as np
from numpy.typing import NDArray

from aimanet.sessions.info import SessionInfo, now, save_info
from aimanet.sessions.layout import BVP, FRAMES, HEAD, MARKERS, READINGS, SessionError, create
from aimanet.sessions.lock import hold
from aimanet.sessions.origin import versions
from aimanet.sessions.rows import RowFile, curve_rows, plain, quoted, reading_row
from aimanet.sessions.tally import Tally
from aimanet.sessions.videos import Videos
from aimanet.types import FaceCrop, Frame, Reading

SYNC_S = 1.0
"""Everything is forced to the disk so often (s): what a power cut may take."""

LONGEST_AGE_S = 30.0
"""A live frame that seems older (s) than this is not stamped by this computer's clock."""


class SessionWriter:
    """Appends to a new session; use it in one thread, and `close` it.

    Times are those of the source; the first frame's is the session's zero, and what is older is
    left out. An error ends the recording: everything up to then is closed and opens. It is raised
    once, by the call that met it, and stays in ``failure``; later calls do nothing.

    Args:
        folder: the session's; absent or empty.
        info: what is known beforehand (`describe`, `with_method` in `aimanet.sessions.origin`).

    Attributes:
        dropped: frames that did not make it here; the owner counts them, `close` writes it down.

    Raises:
        SessionError: the folder is taken or cannot be written; later: the disk is full, the
            picture changed its size.
    """

    def __init__(self, folder: Path, info: SessionInfo) -> None:
        create(folder)
        self.folder = folder
        self.tally = Tally()
        self.dropped = self.frames = 0
        self.duration_s = 0.0
        self.failure: SessionError | None = None
        fresh = {"id": uuid.uuid4().hex, "started": now(), "versions": versions(), "ended": None}
        self.info = info.model_copy(update={**fresh, "name": info.name or folder.name})
        self.is_open = True
        self._videos: Videos | None = None
        self._rows: dict[str, RowFile] = {}
        self._marks: list[tuple[int, str, str]] = []  # where in the file, time, name
        self._t0 = 0.0
        self._bvp_t = -np.inf
        self._index0 = 0
        self._synced = time.monotonic()
        with self._guarded():
            for name in (FRAMES, READINGS, BVP, MARKERS):
                self._rows[name] = RowFile(folder, name)
            hold(self._rows[FRAMES].fd)
            save_info(folder, self.info)

    @property
    def size_bytes(self) -> int:
        """What video and tables hold."""
        videos = 0 if self._videos is None else self._videos.bytes
        return videos + sum(file.size for file in self._rows.values())

    @property
    def pictures_lost(self) -> int:
        """Frames that are not in the compressed picture, because its encoder was too slow."""
        return 0 if self._videos is None else self._videos.lost

    def frame(self, frame: Frame, crop: FaceCrop | None = None, wait: bool = False) -> bool:
        """Appends a frame and its face; False for one that is not newer than the one before.

        ``wait``: no frame may be left out of the compressed picture, however long that takes.
        """
        if not self.is_open or (self.frames and frame.t - self._t0 <= self.duration_s):
            return False
        with self._guarded():
            if self._videos is None:
                self._videos = self._begin(frame, crop)
            t = frame.t - self._t0
            self._videos.add(frame, crop, t, wait)
            box = ("",) * 4 if crop is None or crop.bbox is None else map(plain, crop.bbox)
            self._rows[FRAMES].add([(str(frame.index - self._index0), plain(t), *box)])
            self.frames += 1
            self.duration_s = t
            self._sync_in_time()
        return True

    def reading(self, reading: Reading) -> None:
        """Appends a reading, and those samples of its curve that are new."""
        t = reading.t - self._t0
        if not self.is_open or not self.frames or t < 0:
            return
        with self._guarded():
            r = reading
            row = reading_row(t, r.hr_bpm, r.snr_db, r.state, r.quality, r.reason)
            self._rows[READINGS].add([row])
            self.tally.add(reading.hr_bpm, reading.state)
            self._curve(reading.bvp_t - self._t0, reading.bvp)

    def mark(self, t: float, name: str) -> None:
        """Drops a marker at the source's time ``t`` (s); at 0 if that is before the first frame."""
        if not self.is_open:
            return
        with self._guarded():
            at = max(0.0, t - self._t0) if self.frames else 0.0
            mark = (self._rows[MARKERS].size, plain(at), quoted(name))
            self._rows[MARKERS].add([mark[1:]])
            self._marks.append(mark)

    def rename_mark(self, number: int, name: str) -> None:
        """Gives the marker that was dropped as the ``number``-th (from 0) another name."""
        if not self.is_open or not 0 <= number < len(self._marks):
            return
        start, at, _ = self._marks[number]
        later = [mark[1:] for mark in self._marks[number + 1 :]]
        del self._marks[number:]
        with self._guarded():
            file = self._rows[MARKERS]
            file.back_to(start)
            for row in ((at, quoted(name)), *later):
                self._marks.append((file.size, *row))
                file.add([row])

    def edit(self, **changes: str) -> None:
        """Changes ``name``, ``participant`` or ``notes``."""
        if self.is_open:
            self.info = self.info.model_copy(update=changes)
            with self._guarded():
                save_info(self.folder, self.info)

    def tick(self) -> None:
        """Forces to the disk what has waited long enough; for owners whose frames have paused."""
        if self.is_open:
            with self._guarded():
                self._sync_in_time()

    def close(self) -> SessionInfo:
        """Ends the session and returns its ``session.json``; harmless when repeated."""
        if self.is_open:
            with self._guarded():
                if self._videos is not None:
                    self._videos.finish()
                self._sync()
                self._save_end("")
            self.is_open = False
            self._close_rows()
        return self.info

    def __enter__(self) -> SessionWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _begin(self, frame: Frame, crop: FaceCrop | None) -> Videos:
        """The first frame tells when it all begins and how large the video is."""
        self._t0, self._index0 = frame.t, frame.index
        started = now()
        age_s = time.perf_counter() - frame.t
        if self.info.source.live and 0.0 <= age_s < LONGEST_AGE_S:
            started -= timedelta(seconds=age_s)
        videos = Videos(self.folder, self.info, frame, crop)
        origin_s = None if self.info.origin_s is None else self.info.origin_s + frame.t
        first = {"started": started, "t0": frame.t, "size": videos.size, "origin_s": origin_s}
        self.info = self.info.model_copy(update={**first, "picture": videos.record()})
        save_info(self.folder, self.info)
        return videos

    def _curve(self, t: NDArray[np.float64], bvp: NDArray[np.float32]) -> None:
        """The samples behind the last one written; what was written stays as it was shown."""
        half_a_step = 0.5 * (t[1] - t[0]) if len(t) > 1 else 0.0
        new = t > max(self._bvp_t + half_a_step, -half_a_step)
        if not np.any(new):
            return
        self._bvp_t = float(t[-1])
        self._rows[BVP].add(curve_rows(t[new], bvp[new]))

    def _sync_in_time(self) -> None:
        if time.monotonic() - self._synced >= SYNC_S:
            self._sync()

    def _sync(self) -> None:
        # Open files of a folder that was deleted or moved go on taking data without a word.
        if not (self.folder / HEAD).exists():
            raise SessionError(
                f"{self.folder} was deleted or moved: the recording ends after "
                f"{self.duration_s:.0f} s; if it was moved, everything up to then is in it"
            )
        if self._videos is not None:
            self._videos.sync()
        for file in self._rows.values():
            file.sync()
        self._synced = time.monotonic()

    def _save_end(self, stopped: str) -> None:
        changes = {
            "ended": now(),
            "frames": self.frames,
            "dropped": self.dropped,
            "duration_s": self.duration_s,
            "hr_bpm": self.tally.hr_bpm,
            "ok_share": self.tally.ok_share,
            "size_bytes": self.size_bytes,
            "stopped": stopped,
            "picture": self.info.picture if self._videos is None else self._videos.record(),
        }
        self.info = self.info.model_copy(update=changes)
        save_info(self.folder, self.info)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """An error closes everything as it is and becomes one line."""
        try:
            yield
        except (OSError, av.error.FFmpegError, SessionError) as error:
            self.failure = self._told(error)
            self.is_open = False
            self._salvage(str(self.failure), disk_is_well=error is self.failure)
            if error is self.failure:
                raise
            raise self.failure from error

    def _told(self, error: Exception) -> SessionError:
        if isinstance(error, SessionError):
            return error
        number = getattr(error, "errno", None)
        if number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return SessionError(
                f"the disk is full: the recording ends after {self.duration_s:.0f} s; "
                f"what is in {self.folder} up to then can be opened; free some space"
            )
        why = getattr(error, "strerror", None) or error
        return SessionError(
            f"cannot continue recording to {self.folder} ({why}): it ends after "
            f"{self.duration_s:.0f} s, and what is there up to then can be opened"
        )

    def _salvage(self, stopped: str, disk_is_well: bool) -> None:
        """Leaves whole files behind, and the reason where there is room for it."""
        try:
            if self._videos is not None and disk_is_well:
                self._videos.finish()
            elif self._videos is not None:
                self._videos.abandon()
            self._save_end(stopped)
        except (OSError, av.error.FFmpegError):
            pass  # then it is a session without an end
        self._close_rows()

    def _close_rows(self) -> None:
        for file in self._rows.values():
            file.close()
