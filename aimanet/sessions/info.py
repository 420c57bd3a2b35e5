"""``session.json``: what was recorded, when, with what; the only file that is rewritten."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from aimanet.errors import in_one_line
from aimanet.files import parse_json, require_ordinary
from aimanet.plausible import number
from aimanet.sessions.layout import (
    FAMILY,
    FORMAT,
    HEAD,
    HEAD_BYTES,
    SessionError,
    replace_file,
)

Kept = Literal["frame", "face", "none"]
"""What ``video.mkv`` shows."""

Keep = Literal["face", "face+picture", "frame", "none"]
"""What can be asked for: the lossless face, with it the compressed picture, or one of the rest."""

CONSENT = (
    "Record people only with their consent. What is recorded stays on this computer until you "
    "delete it or pass it on."
)
"""The reminder a person sees before the first recording."""


class _Part(BaseModel):
    # What a later version or a person added is kept when the file is rewritten.
    model_config = ConfigDict(extra="allow", coerce_numbers_to_str=True)


class SourceRecord(_Part):
    """Where the frames came from; ``spec`` without any password in it."""

    spec: str = ""
    label: str = ""
    live: bool = False


class CameraRecord(_Part):
    """What the source said it delivers; ``fps`` None where it did not say.

    ``fps_source`` is where the rate of a recording is from: timestamps, header or stated.
    """

    detail: str = ""
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    fps_source: str | None = None


class ModelRecord(_Part):
    """The weights: their card's name and the first digits of the file's SHA-256."""

    name: str = ""
    hash: str = ""


class PictureRecord(_Part):
    """``picture.mkv``: the whole picture, ``size`` (w, h) px, beside the lossless face.

    ``frames`` are in it once the recording has ended, ``dropped`` came too quickly for the encoder.
    """

    codec: str = "h264"
    size: tuple[int, int] | None = None
    frames: int | None = None
    dropped: int | None = None


class Consent(_Part):
    """Whether the reminder was shown, and whether it was answered with yes."""

    shown: bool = False
    confirmed: bool = False


class SessionInfo(_Part):
    """The whole of ``session.json``.

    ``started`` is the wall clock at the first frame, with its time zone; ``t0`` (s) the same
    moment on the source's clock, ``origin_s`` on a clock that the recording played brought with
    it (the times of a folder of pictures). ``kept`` says what the video shows, ``size`` (w, h) px
    and ``fps`` are the video's. ``recipe`` and ``window_s`` are the method's. What follows
    ``ended`` is there once the recording has ended: ``dropped`` frames the disk was too slow for,
    ``hr_bpm`` the mean of the readings that are ok, ``ok_share`` their share of those after
    warming up, ``stopped`` why it ended before anybody asked. ``picture``: that of a session that
    keeps it beside the face.
    """

    format: str = FORMAT
    id: str = ""
    name: str = ""
    started: AwareDatetime | None = None
    t0: float | None = None
    source: SourceRecord = Field(default_factory=SourceRecord)
    camera: CameraRecord = Field(default_factory=CameraRecord)
    method: str = ""
    model: ModelRecord | None = None
    recipe: dict[str, Any] = Field(default_factory=dict)
    window_s: float | None = None
    versions: dict[str, str] = Field(default_factory=dict)
    participant: str = ""
    notes: str = ""
    consent: Consent = Field(default_factory=Consent)
    kept: Kept = "none"
    size: tuple[int, int] | None = None
    fps: float | None = None
    ended: AwareDatetime | None = None
    frames: int | None = None
    dropped: int | None = None
    duration_s: float | None = None
    hr_bpm: float | None = None
    ok_share: float | None = None
    size_bytes: int | None = None
    stopped: str = ""
    origin_s: float | None = None
    picture: PictureRecord | None = None
    _odd: tuple[str, ...] = PrivateAttr(())

    @property
    def odd(self) -> tuple[str, ...]:
        """A line for each entry whose value no recording can have; here it counts as unknown."""
        return self._odd

    def model_post_init(self, _: Any) -> None:
        """Whatever is shown or reckoned with later is in bounds from here on."""
        parts: list[tuple[BaseModel, str]] = [(self, ""), (self.camera, "camera.")]
        if self.picture is not None:
            parts.append((self.picture, "picture."))
        self._odd = tuple(line for part, where in parts for line in _set_aside(part, where))


YEARS = (1970, 2200)
_DATES = ("started", "ended")
_NUMBERS = ("t0", "window_s", "fps", "duration_s", "hr_bpm", "ok_share", "origin_s")
_COUNTS = ("frames", "dropped", "size_bytes", "width", "height")


def _set_aside(part: BaseModel, where: str) -> list[str]:
    """Makes entries unknown whose values cannot be; a line for each."""
    odd = []
    for key in (*_DATES, *_NUMBERS, *_COUNTS, "size"):
        value = getattr(part, key, None)
        if value is None or _possible(key, value):
            continue
        setattr(part, key, None)
        odd.append(f"{HEAD}: {where}{key} {_told(value)} cannot be right, left out")
    return odd


def _possible(key: str, value: Any) -> bool:
    if key in _DATES:
        return YEARS[0] < value.year < YEARS[1]
    values = zip(("width", "height"), value, strict=True) if key == "size" else ((key, value),)
    try:
        return all(number(one, name) is not None for name, one in values)
    except (ValueError, OverflowError):
        return False


def _told(value: Any) -> str:
    return in_one_line(value.isoformat() if isinstance(value, datetime) else value)


def keeping(keep: Keep) -> dict[str, Any]:
    """What `SessionInfo` says of a recording that keeps ``keep``, for ``model_copy``."""
    if keep == "face+picture":
        return {"kept": "face", "picture": PictureRecord()}
    return {"kept": keep, "picture": None}


def load_info(folder: Path) -> SessionInfo:
    """The ``session.json`` of a folder.

    Raises:
        SessionError: it is missing, damaged, of a newer version, or no session's.
    """
    path = folder / HEAD
    try:
        require_ordinary(path, HEAD_BYTES)
        values = parse_json(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise SessionError(f"{folder} is no session: there is no {HEAD} in it") from None
    except OSError as error:
        raise SessionError(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:  # not UTF-8, not JSON, or a bomb of brackets
        raise SessionError(
            f"{path} is damaged ({in_one_line(error)}); mend or delete it"
        ) from error
    _check_format(path, values)
    try:
        return SessionInfo.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SessionError(f"{path}: {where}: {first['msg'].lower()}; mend this entry") from error


def _check_format(path: Path, values: object) -> None:
    told = values.get("format") if isinstance(values, Mapping) else None
    if not isinstance(told, str) or not told.startswith(FAMILY):
        raise SessionError(f'{path} is no session: its "format" is not "{FORMAT}"')
    if told != FORMAT:
        raise SessionError(f"{path} is of another version ({told}): update AimaNet to open it")


def save_info(folder: Path, info: SessionInfo) -> None:
    """Writes ``session.json`` whole or not at all.

    Raises:
        OSError: the disk is full, or the folder is gone.
    """
    replace_file(folder, HEAD, (info.model_dump_json(indent=2) + "\n").encode())


def now() -> datetime:
    """The wall clock with its time zone."""
    return datetime.now().astimezone()
