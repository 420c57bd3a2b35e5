"""A session on disk: which files its folder holds, where new ones go, who may read them.

``session.json``   what, when, with which camera and model: `aimanet.sessions.info`
``video.mkv``      FFV1 in Matroska, intra only: frame k of it is row k of ``frames.csv``; its
                   time stamps are t in whole ms (`stamp_ms`). Kept "frame": the whole picture;
                   "face": the crop the network saw (black where there is no face); "none": absent
``picture.mkv``    beside a "face", if wanted: the whole picture in H.264 with the same time stamps,
                   without those frames that the encoder was too slow for
``frames.csv``     ``index,t,x,y,w,h``: the box in px of the whole picture, empty without a face
``readings.csv``   ``t,hr_bpm,snr_db,state,quality,reason``: as they were shown; sessions of older
                   versions have no ``reason``
``bvp.csv``        ``t,bvp``: every sample of the live curve once, as it was first shown
``markers.csv``    ``t,name``
``reference.csv``  ``t,ppg[,hr_bpm]``: a contact sensor, added later; either may be empty
``reference.json`` which file that was and how it was aligned: `aimanet.sessions.reference`
``analyses/``      what other methods read in it, added later: `aimanet.sessions.analyses`

``t`` is the session's own time line, seconds from the first recorded frame; ``t0`` in
``session.json`` is that frame's time on the source's clock, so that t = source t - t0. Numbers are
written so that they read back as the same float. ``index`` counts what the source delivered since
the first recorded frame: a hole in it is a frame that is not in the recording.
"""

from __future__ import annotations

import os
import tempfile
from datetime import datetime
from pathlib import Path

import numpy as np
import platformdirs
from numpy.typing import NDArray

from aimanet.errors import AimaNetError

FORMAT = "aimanet-session-1"
FAMILY = "aimanet-session-"

HEAD = "session.json"
VIDEO = "video.mkv"
PICTURE = "picture.mkv"
FRAMES = "frames.csv"
READINGS = "readings.csv"
BVP = "bvp.csv"
MARKERS = "markers.csv"
REFERENCE = "reference.csv"
REFERENCE_INFO = "reference.json"

COLUMNS = {
    FRAMES: ("index", "t", "x", "y", "w", "h"),
    READINGS: ("t", "hr_bpm", "snr_db", "state", "quality", "reason"),
    BVP: ("t", "bvp"),
    MARKERS: ("t", "name"),
}

LEAST_COLUMNS = {**COLUMNS, READINGS: COLUMNS[READINGS][:5]}
"""What a table has to begin with: what was there from the first version on."""

FILES = (HEAD, VIDEO, PICTURE, *COLUMNS, REFERENCE_INFO, REFERENCE)
"""Everything that is ours in a session's folder."""

HEAD_BYTES = 10_000_000
TABLE_BYTES = 500_000_000
"""The largest JSON and CSV that is read: a day's recording has a tenth of it."""

FACE_SIDE = 72
"""Side (px) of the crops that `aimanet.face` makes."""

FOLDER_MODE = 0o700
FILE_MODE = 0o600


class SessionError(AimaNetError):
    """A session cannot be written, read or changed; the line names it and says what to do."""


def sessions_folder() -> Path:
    """Where sessions go unless told otherwise; ``AIMANET_SESSIONS_DIR`` names another folder."""
    override = os.environ.get("AIMANET_SESSIONS_DIR")
    if override:
        return Path(override).expanduser()
    return platformdirs.user_documents_path() / "AimaNet sessions"


def new_folder(parent: Path, when: datetime) -> Path:
    """A folder in ``parent`` that does not exist yet, named after the local time."""
    stem = when.strftime("%Y-%m-%d_%H-%M-%S")
    folder, n = parent / stem, 1
    while folder.exists():
        n += 1
        folder = parent / f"{stem}_{n}"
    return folder


def create_new(parent: Path, when: datetime) -> Path:
    """Makes a `new_folder`, which no other process gets, too; it is empty.

    Raises:
        SessionError: it cannot be made.
    """
    while True:
        folder = new_folder(parent, when)
        try:
            _make_private(parent)
            folder.mkdir(mode=FOLDER_MODE)
        except FileExistsError:
            if parent.is_dir():
                continue  # another process was faster
            raise SessionError(f"{parent} is a file: name a folder for sessions") from None
        except OSError as error:
            raise SessionError(_refused(folder, error)) from error
        return folder


def require_free(folder: Path) -> None:
    """Nothing may be there, or an empty folder.

    Raises:
        SessionError: there is something.
    """
    try:
        taken = any(folder.iterdir())
    except FileNotFoundError:
        return
    except OSError as error:
        if folder.is_file():
            raise SessionError(f"{folder} is a file: name a new folder for the session") from None
        raise SessionError(_refused(folder, error)) from error
    if taken:
        raise SessionError(f"{folder} is not empty: name a new folder, nothing is overwritten")


def create(folder: Path) -> None:
    """Makes the session's folder, for its owner's eyes only.

    Raises:
        SessionError: something is there already, or it cannot be made.
    """
    require_free(folder)
    try:
        _make_private(folder)
        folder.chmod(FOLDER_MODE)
        sync_folder(folder.parent)
    except OSError as error:
        raise SessionError(_refused(folder, error)) from error


def _make_private(folder: Path) -> None:
    """Makes a folder and those above it that are missing; none of the new ones is for others."""
    # `mkdir(parents=True)` would give the upper ones the usual rights.
    if folder.parent != folder and not folder.parent.exists():
        _make_private(folder.parent)
    folder.mkdir(mode=FOLDER_MODE, exist_ok=True)


def _refused(folder: Path, error: OSError) -> str:
    return f"cannot record to {folder}: {error.strerror or error}; choose another folder"


def open_new(path: Path) -> int:
    """A descriptor of a new file, write only, for its owner's eyes only."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.open(path, flags, FILE_MODE)


def write_all(fd: int, data: bytes | memoryview) -> None:
    """All of ``data``: a disk that is nearly full takes a part first."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]


def replace_file(folder: Path, name: str, data: bytes) -> None:
    """Writes a small file of a session whole or not at all, in place of an older one.

    Raises:
        OSError: the disk is full, or the folder is gone.
    """
    fd, part = tempfile.mkstemp(dir=folder, prefix=f".{name}.", suffix=".part")
    try:
        try:
            write_all(fd, data)
            os.fsync(fd)
        finally:
            os.close(fd)
        os.chmod(part, FILE_MODE)
        os.replace(part, folder / name)
        sync_folder(folder)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def to_disk(fd: int) -> None:
    """Waits until the file's data would survive a power cut."""
    getattr(os, "fdatasync", os.fsync)(fd)


def sync_folder(folder: Path) -> None:
    """Makes the new name survive a power cut, where the system lets folders be synchronised."""
    try:
        fd = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows
        return
    try:
        os.fsync(fd)
    except OSError:
        pass
    finally:
        os.close(fd)


def stamp_ms(t: float, before: int | None) -> int:
    """The video's time stamp for a frame at ``t`` s that follows the stamp ``before``.

    Matroska counts whole milliseconds; two frames in one are told apart by the next.
    """
    stamp = round(1000.0 * t)
    return stamp if before is None else max(stamp, before + 1)


def stamps_ms(t: NDArray[np.float64]) -> NDArray[np.int64]:
    """The video's time stamps (N,) ms of frames at ``t`` (N,) s, as `stamp_ms` gave them."""
    count = np.arange(len(t))
    # Each is its own time in ms, or one more than the stamp before it.
    return np.maximum.accumulate(np.rint(1000.0 * t).astype(np.int64) - count) + count


def row_of(stamps: NDArray[np.int64], stamp: int) -> int | None:
    """The row of ``frames.csv`` to which a picture with this stamp belongs."""
    row = int(np.searchsorted(stamps, stamp))
    return row if row < len(stamps) and stamps[row] == stamp else None
