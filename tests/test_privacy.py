"""Nobody is asked anything: the real program in a process that dies of a socket to elsewhere."""

from __future__ import annotations

import importlib.util
import mmap
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from tests import watched
from tests.aimanet.conftest import face_model
from tests.aimanet.sources.mjpeg_server import network_camera

__all__ = ["face_model", "network_camera"]

DEMO = "synthetic:hr=72,seed=1,width=160,height=120,seconds=2"
Run = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.timeout(300)  # whole programs, perhaps on a busy machine
sealed_only = pytest.mark.skipif(
    not watched.CAN_SEAL, reason="sealing a process is for Linux on x86-64 and ARM"
)


@pytest.fixture
def run(tmp_path: Path, repository: Path) -> Run:
    """Runs Python with arguments and further environment; `tests/watched.py` begins it."""
    site = tmp_path / "site"
    site.mkdir()
    shutil.copy(watched.__file__, site / "sitecustomize.py")

    def runner(
        *arguments: str, prefix: tuple[str, ...] = (), **environment: str
    ) -> subprocess.CompletedProcess[str]:
        kept = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        return subprocess.run(
            [*prefix, sys.executable, *arguments],
            env={**kept, "PYTHONPATH": str(site), **environment},
            cwd=repository,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )

    return runner


@pytest.fixture
def named_model(face_model: Path) -> Mapping[str, str]:
    return {"AIMANET_FACE_MODEL": str(face_model)}


@sealed_only
@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6"])
def test_the_seal_holds(run: Run, family: str) -> None:
    done = run("-c", f"import socket; socket.socket(socket.{family})", AIMANET_SEALED="1")
    assert done.returncode == -signal.SIGSYS
    assert "most recent call first" in done.stderr


@sealed_only
def test_the_seal_holds_for_children_and_lets_local_sockets_be(run: Run) -> None:
    code = (
        "import socket, subprocess, sys; socket.socketpair()\n"
        "print(subprocess.run([sys.executable, '-S', '-c', "
        "'import socket; socket.socket()']).returncode)"
    )
    done = run("-c", code, AIMANET_SEALED="1")
    assert done.stdout.strip() == str(-signal.SIGSYS), done.stderr


COMMANDS = """
import sys
from pathlib import Path
from aimanet.bench.clips import draw_clip
from aimanet.cli import main

out, demo = Path(sys.argv[1]), sys.argv[2]
clip = draw_clip(out / "demo.mp4", 2.0, (160, 120))
session = str(out / "session")
for line in (
    ["analyze", str(clip), "--json"],
    ["record", "--source", demo, "--out", session, "--as-fast-as-possible", "--json"],
    ["replay", session, "--json"],
    ["export", session, "--format", "html", "csv", "json", "--out", str(out / "exported")],
    ["evaluate", "--predictions", str(out / "waves.npz"), "--out", str(out / "report")],
    ["datasets"],
):
    status = main(line)
    print("DONE", line[0], status, flush=True)
"""


@sealed_only
def test_commands_ask_nobody(run: Run, tmp_path: Path, named_model: Mapping[str, str]) -> None:
    wave = np.sin(np.arange(900) * 2 * np.pi * 1.2 / 30)
    arrays = {"a/pred": wave, "a/label": wave}
    np.savez(tmp_path / "waves.npz", allow_pickle=False, fs=30.0, is_derivative=False, **arrays)
    done = run("-c", COMMANDS, str(tmp_path), DEMO, AIMANET_SEALED="1", **named_model)
    assert done.returncode == 0, done.stderr
    ended = re.findall(r"^DONE (\S+) (\d)$", done.stdout, re.MULTILINE)
    assert ended == [
        (name, "0") for name in ("analyze", "record", "replay", "export", "evaluate", "datasets")
    ], done.stderr
    pages = [*(tmp_path / "exported").rglob("*.html"), *(tmp_path / "report").rglob("*.html")]
    assert len(pages) >= 2
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"(?:src|href|url|@import)\W{0,3}(?:https?:)?//", text), page.name


WINDOW = """
import sys
from app.application import run

def watch(window):
    left = [30]

    def seen(picture):
        left[0] -= 1
        if not left[0]:
            window.close()

    window.body.video.shown.connect(seen)

sys.exit(run(sys.argv[1], "tscan", watch=watch))
"""


@sealed_only
def test_the_window_asks_nobody(run: Run, named_model: Mapping[str, str]) -> None:
    done = run("-c", WINDOW, DEMO.rpartition(",")[0], AIMANET_SEALED="1", **named_model)
    assert done.returncode == 0, done.stderr


BACKENDS = """
from aimanet.backends import candidates, choose
from aimanet.checkpoint import read_weights
from aimanet.methods import make_method

for candidate in candidates():
    print(candidate.backend)
print("runs on", make_method("tscan").backend)
"""


@sealed_only
@pytest.mark.slow
@pytest.mark.parametrize("backend", ["onnxruntime", "openvino", "torch"])
def test_what_runs_the_network_asks_nobody(run: Run, backend: str) -> None:
    pytest.importorskip(backend)
    done = run("-c", BACKENDS, AIMANET_SEALED="1", AIMANET_BACKEND=backend)
    assert done.returncode == 0, done.stderr
    assert "runs on" in done.stdout


LOOK = """
import numpy as np
from pathlib import Path
from aimanet.face_detector import FaceDetector
from aimanet.face_model import face_model_path

for _ in range(2):
    detector = FaceDetector(face_model_path(), min_score=0.5)
    for level in (0, 100, 200):
        detector.look(np.full((120, 160, 3), level, np.uint8))
    detector.close()
"""


@sealed_only
def test_the_face_detector_tells_nobody_that_it_was_used(
    run: Run, named_model: Mapping[str, str]
) -> None:
    done = run("-c", LOOK, AIMANET_SEALED="1", **named_model)
    assert done.returncode == 0, done.stderr


def test_the_face_detector_that_is_installed_could_not_tell() -> None:
    # MediaPipe 0.10.35 and later report to Google at each close and once a minute, and have no
    # switch against it; pyproject.toml keeps below.
    spec = importlib.util.find_spec("mediapipe")
    assert spec is not None
    assert spec.origin is not None
    libraries = [
        path
        for path in Path(spec.origin).parent.rglob("*")
        if path.suffix in (".so", ".pyd", ".dll", ".dylib") and path.stat().st_size
    ]
    assert libraries
    for path in libraries:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            assert data.find(b"play.googleapis.com") < 0, path.name


FACE_MODEL = """
from aimanet.errors import FaceModelError
from aimanet.face_model import face_model_path
try:
    print(face_model_path())
except FaceModelError as error:
    print("cannot:", error)
"""


@sealed_only
def test_a_face_model_that_is_named_is_not_fetched(
    run: Run, named_model: Mapping[str, str]
) -> None:
    done = run("-c", FACE_MODEL, AIMANET_SEALED="1", **named_model)
    assert done.stdout.strip() == named_model["AIMANET_FACE_MODEL"]


def test_a_face_model_that_is_missing_is_asked_of_its_publisher_and_of_pip_only(
    run: Run, tmp_path: Path
) -> None:
    log = tmp_path / "hosts"
    done = run(
        "-c",
        FACE_MODEL,
        AIMANET_FACE_MODEL="",
        AIMANET_CACHE_DIR=str(tmp_path / "cache"),
        XDG_CACHE_HOME=str(tmp_path / "cache"),
        HOME=str(tmp_path),
        PIP_CONFIG_FILE=os.devnull,
        PIP_INDEX_URL="https://pypi.org/simple",
        PIP_FIND_LINKS="",
        AIMANET_WATCH=str(log),
        AIMANET_WATCH_DENY="1",
    )
    assert done.stdout.startswith("cannot: the face detector's model could not be fetched")
    hosts = log.read_text().split()
    assert hosts[0] == "storage.googleapis.com"
    assert set(hosts) == {"storage.googleapis.com", "pypi.org"}


def can_trace() -> bool:
    strace = shutil.which("strace")
    return strace is not None and not subprocess.run([strace, "-o", os.devnull, "true"]).returncode


@pytest.mark.skipif(not can_trace(), reason="needs strace, and the right to trace")
def test_a_network_camera_is_the_only_one_asked(
    run: Run, tmp_path: Path, named_model: Mapping[str, str], network_camera
) -> None:
    trace = tmp_path / "trace"
    calls = "trace=connect,sendto,sendmsg,sendmmsg"
    url = network_camera.url.replace("://", "://anna:geheim@")
    live = ("-m", "aimanet", "live", "--source", url, "--method", "pos", "--seconds", "1")
    strace = ("strace", "-f", "-qq", "-e", calls, "-o", str(trace))
    done = run(*live, "--json", prefix=strace, **named_model)
    assert done.returncode == 0, done.stderr
    asked = set(re.findall(r'htons\((\d+)\).*?inet_\w+\([^"]*"([^"]+)"', trace.read_text()))
    assert asked == {(str(network_camera.port), "127.0.0.1")}
    assert "geheim" not in done.stdout + done.stderr
