"""What every test gets: no display, no touching of the user's own files, repeatable arithmetic."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

# Before anything imports Qt or OpenCV: both read these once.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
os.environ.setdefault("GLOG_minloglevel", "2")
if "PYTEST_XDIST_WORKER" in os.environ:  # several processes: their threads would wait spinning
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import signal
import tempfile

import pytest

# A shell that starts the tests in the background has Ctrl-C ignored, and every process below
# inherits that; tests that send one to a program would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Of all processes of one run: which backend is the fastest is measured once, and not kept. The
# face model lies elsewhere: it is fetched once for the user, not once for each run.
if "AIMANET_CACHE_DIR" not in os.environ:
    _cache = tempfile.TemporaryDirectory(prefix="aimanet-tests-", ignore_cleanup_errors=True)
    os.environ["AIMANET_CACHE_DIR"] = _cache.name

if "AIMANET_TESTS_FOLDER" not in os.environ:
    _made = tempfile.TemporaryDirectory(prefix="aimanet-made-", ignore_cleanup_errors=True)
    os.environ["AIMANET_TESTS_FOLDER"] = _made.name  # of `tests/made_once.py`

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    """The repository's root."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder `shared` beside the repository, with recordings of real people."""
    folder = REPOSITORY.parent / "shared"
    if not folder.is_dir():
        pytest.skip("no folder `shared` (real recordings) beside the repository")
    return folder


@pytest.fixture(autouse=True)
def private_user_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings and results of a test go to its own folder, also those of its subprocesses."""
    monkeypatch.setenv("AIMANET_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture(scope="session", autouse=True)
def repeatable_torch() -> Iterator[None]:
    """Two threads at most and a fixed seed, so that a figure is the same on every machine."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(min(2, threads))
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)
