"""What the app remembers: one versioned JSON file in the user's configuration folder."""

from __future__ import annotations

import errno
import json
import os
import stat
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from aimanet.errors import MethodError, OutputError
from aimanet.sessions.info import Keep
from aimanet.sessions.layout import sessions_folder

VERSION = 1

LARGEST = 1_000_000
"""Bytes of a settings file that we read; ours have less than a thousand."""

MethodName = Literal["tscan", "pos", "chrom", "green"]
DeviceName = Literal["auto", "cpu", "cuda"]
ThemeName = Literal["system", "dark", "light"]
Text = Annotated[str, Field(max_length=8192, pattern=r"^[^\x00]*$")]
"""What can be part of a path or an address."""


class RecordingSettings(BaseModel):
    """How to record.

    ``keep``: what of the picture. ``folder``: for new sessions, None for
    the usual one. ``ask``: before each recording. The rest is what was answered last.
    """

    model_config = ConfigDict(frozen=True)

    keep: Keep = "face"
    folder: Text | None = None
    ask: bool = True
    participant: Text = ""
    agreed: bool = False


class ExportSettings(BaseModel):
    """What was exported last: which forms, and the folder that holds the sessions' own folders."""

    model_config = ConfigDict(frozen=True)

    forms: tuple[Text, ...] = ("csv", "html")
    folder: Text | None = None


class Settings(BaseModel):
    """Everything that survives a restart, window geometry excepted.

    ``source`` is a spec for ``open_source``; None takes a camera where there is one and the
    demo face where there is none. ``window_s`` is the spectrum's window in seconds.
    ``session_folders``: other folders of sessions than the one that is recorded to.
    ``training_tab``: the training page has been switched on. ``details``: the status line shows
    times and queues. ``model``: the file of the weights
    tscan uses; None for those that come with the program.
    """

    model_config = ConfigDict(validate_assignment=True)

    version: Literal[1] = 1
    source: Text | None = None
    method: MethodName = "tscan"
    device: DeviceName = "auto"
    theme: ThemeName = "system"
    window_s: int = Field(default=10, ge=6, le=30)
    overlay: bool = False
    training_tab: bool = False
    details: bool = False
    model: Text | None = None
    recording: RecordingSettings = RecordingSettings()
    export: ExportSettings = ExportSettings()
    session_folders: tuple[Text, ...] = ()


def config_dir() -> Path:
    """The folder of our settings; ``AIMANET_CONFIG_DIR`` names another one."""
    override = os.environ.get("AIMANET_CONFIG_DIR")
    if override:
        return Path(override)
    return platformdirs.user_config_path("aimanet", appauthor=False)


class SettingsStore:
    """Reads and writes the settings file; never fails the program over it."""

    def __init__(self, folder: Path | None = None) -> None:
        self.path = (folder or config_dir()) / "settings.json"
        self._in_the_way = False

    def load(self) -> tuple[Settings, str | None]:
        """The settings, and a line for the user where the file could not be used."""
        try:
            text = self._read()
        except (FileNotFoundError, NotADirectoryError):
            return Settings(), None
        except PermissionError as problem:
            return Settings(), self._set_aside(f"could not be read ({problem.strerror})")
        except (OSError, UnicodeDecodeError) as problem:
            reason = getattr(problem, "strerror", None) or str(problem)
            return Settings(), self._set_aside(f"could not be read ({reason})")
        return self._parse(text)

    def _read(self) -> str:
        found = self.path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, "a folder has their name")
        if not stat.S_ISREG(found.st_mode):  # reading a pipe would wait for ever
            raise OSError(errno.EINVAL, "no file has their name, but something else")
        if found.st_size > LARGEST:
            raise OSError(errno.EFBIG, f"{found.st_size:,} bytes are too many")
        return self.path.read_text(encoding="utf-8")

    def _parse(self, text: str) -> tuple[Settings, str | None]:
        try:
            data = json.loads(text)
            found = data.get("version", VERSION) if isinstance(data, dict) else None
            if isinstance(found, int) and found > VERSION:
                return Settings(), self._set_aside("come from a newer AimaNet")
            return Settings.model_validate(data), None
        except ValidationError as problem:
            where = ".".join(str(part) for part in problem.errors()[0]["loc"]) or "the file"
            return Settings(), self._set_aside(f"have a value that cannot be used ({where})")
        except (ValueError, RecursionError):  # no JSON, or brackets without end
            return Settings(), self._set_aside("are damaged")

    def _set_aside(self, reason: str) -> str:
        stamp = datetime.now().strftime("%Y%m%d-%H%M%S-%f")
        kept = self.path.with_name(f"settings.{stamp}.json")
        try:
            os.replace(self.path, kept)
        except OSError:
            self._in_the_way = True  # it is not ours to overwrite
            return (
                f"The saved settings {reason}; starting with the standard ones. "
                f"{self.path} stays as it is; changes last until you quit."
            )
        return f"The saved settings {reason}; starting with the standard ones. Kept as {kept}."

    def save(self, settings: Settings) -> None:
        """Write the file in one step. Raises OutputError where the folder is not writable."""
        try:
            if self._in_the_way:
                raise OSError(errno.EEXIST, "what is there could neither be read nor moved")
            text = settings.model_dump_json(indent=2) + "\n"
            path = Path(os.path.realpath(self.path))  # a link stays one
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_atomically(path, text)
        except (OSError, ValueError) as problem:  # ValueError: text that is no Unicode
            reason = getattr(problem, "strerror", None) or str(problem)
            raise OutputError(
                f"Settings cannot be saved to {self.path} ({reason}); they last until you quit."
            ) from problem


def _write_atomically(path: Path, text: str) -> None:
    """A crash in the middle leaves the old file, never half of the new one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".settings-", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asked for, for this time only; None leaves it to the settings."""

    source: str | None = None
    method: str | None = None
    device: str | None = None
    weights: Path | None = None
    fps: float | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What reads the pulse, as it was chosen at one moment."""

    method: str
    model: str | None
    asked_weights: Path | None


class Preferences:
    """The settings in force: what is remembered, with what was asked for this time on top."""

    def __init__(self, store: SettingsStore, asked: Asked | None = None) -> None:
        asked = asked or Asked()
        self._store = store
        self._saved, self.notice = store.load()
        self.source_asked = asked.source
        self.fps_asked = asked.fps
        self.asked_weights = asked.weights
        wishes = {"method": asked.method, "device": asked.device}
        given = {name: value for name, value in wishes.items() if value is not None}
        try:
            self.current = Settings.model_validate(self._saved.model_dump() | given)
        except ValidationError as problem:
            name = str(problem.errors()[0]["loc"][0])
            words = f"unknown {name} '{given[name]}': see `aimanet live --help`"
            raise MethodError(words) from None

    @property
    def weights(self) -> Path | None:
        """The weights tscan uses, None for those that come with the program."""
        remembered = Path(self.current.model) if self.current.model else None
        return self.asked_weights or remembered

    @property
    def sessions_folder(self) -> Path:
        """Where new sessions go."""
        folder = self.current.recording.folder
        try:
            return Path(folder).expanduser() if folder else sessions_folder()
        except RuntimeError:  # "~somebody", who is not known here
            return sessions_folder()

    @property
    def choice(self) -> Choice:
        """What reads the pulse now."""
        return Choice(self.current.method, self.current.model, self.asked_weights)

    def remember(self, **changes: object) -> None:
        """Take ``changes`` over and save them. Raises OutputError where that is impossible."""
        try:
            for name, value in changes.items():
                setattr(self.current, name, value)
                setattr(self._saved, name, value)
        except ValidationError as problem:  # the name of a file that is no Unicode, say
            name = str(problem.errors()[0]["loc"][0])
            raise OutputError(f"The {name} just chosen cannot be remembered.") from None
        self._store.save(self._saved)
