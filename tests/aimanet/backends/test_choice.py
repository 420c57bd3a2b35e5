"""The choice of a backend: right before fast, remembered, and never a reason to fail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from aimanet.backends import Candidate, candidates, choose, measure
from aimanet.backends import choice as choosing
from aimanet.backends.base import Array
from aimanet.backends.by_numpy import NumpyRunner
from aimanet.backends.choice import open_runner
from aimanet.checkpoint import Weights
from aimanet.errors import MethodError
from aimanet.network import NetworkMethod
from aimanet.preprocess import MAX_PIXELS, Recipe
from aimanet.tscan import TSCAN

from .conftest import saved

pytest.importorskip("onnxruntime")

BOTH = [Candidate("onnxruntime"), Candidate("numpy")]


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    """ONNX Runtime and NumPy are all there is."""
    monkeypatch.setattr(choosing, "candidates", lambda device="cpu", threads=None: list(BOTH))


def make_faulty(monkeypatch: pytest.MonkeyPatch, kind: type) -> None:
    """Puts another runner in the place of ONNX Runtime's."""
    module = sys.modules["aimanet.backends.by_onnxruntime"]
    monkeypatch.setattr(module, "OnnxRuntimeRunner", kind)


def test_everything_installed_is_a_candidate_and_says_what_it_takes(small: Weights) -> None:
    found = candidates(threads=1)
    assert {"onnxruntime", "numpy", "torch"} <= {c.backend for c in found}
    assert max(c.threads for c in candidates()) >= 1
    m = measure(found[0], small)
    assert m.error is None
    assert m.difference < 1e-4
    assert 0 < m.wall_ms < m.cost < float("inf")
    assert "ONNX Runtime" in m.name


def test_the_choice_is_remembered_and_torch_stays_out(small: Weights, cache: Path) -> None:
    first = choose(small, threads=1)
    assert "PyTorch" not in first.name
    file = cache / "backends.json"
    (key, winner), *_ = json.loads(file.read_text()).items()
    other = "numpy" if winner["backend"] != "numpy" else "onnxruntime"
    file.write_text(json.dumps({key: {"backend": other, "threads": 1}}))
    assert ("NumPy" in choose(small, threads=1).name) == (other == "numpy")
    # Another network, or another number of candidates, is another question.
    assert len(json.loads(file.read_text())) == 1
    choose(small)
    assert set(json.loads(file.read_text())) >= {key}


BROKEN = [
    b"",
    b"{",
    b"[]",
    b"\xff\xfe\x00",
    b"[" * 70_000,
    b'{"KEY": 3}',
    b'{"KEY": {"backend": "onnxruntime"}}',
    b'{"KEY": {"backend": "os", "threads": 1}}',
    b'{"KEY": {"backend": "../../evil", "threads": 1}}',
    b'{"KEY": {"backend": ["numpy"], "threads": 1}}',
    b'{"KEY": {"backend": "onnxruntime", "threads": 1e400}}',
    b'{"KEY": {"backend": "onnxruntime", "threads": 4096}}',
]


@pytest.mark.parametrize(
    ("cores", "allowed", "counts"),
    [
        (1, "", {1}),
        (2, "", {1, 2}),
        (8, "", {1, 2, 4}),
        (8, "1", {1}),
        (8, "0", {1}),
        (2, "x", {1, 2}),
    ],
)
def test_numbers_of_threads(cores: int, allowed: str, counts: set[int], monkeypatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", allowed)
    assert {c.threads for c in candidates()} == counts
    assert {c.threads for c in candidates(threads=1)} == {1}


@pytest.mark.parametrize("content", BROKEN, ids=range(len(BROKEN)))
@pytest.mark.usefixtures("two")
def test_a_damaged_memory_is_made_anew(small: Weights, cache: Path, content: bytes) -> None:
    choose(small)
    file = cache / "backends.json"
    (key, good), *_ = json.loads(file.read_text()).items()
    file.write_bytes(content.replace(b"KEY", key.encode()))
    runner = choose(small)
    assert runner.name.startswith(("ONNX Runtime", "NumPy"))
    assert set(json.loads(file.read_text())[key]) == set(good)
    assert list(cache.glob("*.part")) == []


def test_a_cache_that_cannot_be_written_is_no_matter(
    small: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("AIMANET_CACHE_DIR", str(tmp_path / "file" / "cache"))
    assert choose(small).name


class _Broken:
    def __init__(self, weights: Weights, candidate: Candidate) -> None:
        raise RuntimeError("illegal instruction, as it were")


class _Wrong(NumpyRunner):
    def run(self, motion: Array, appearance: Array) -> tuple[Array, Array]:
        bvp, mask = super().run(motion, appearance)
        return bvp + np.float32(0.001), mask


class _NotANumber(NumpyRunner):
    def run(self, motion: Array, appearance: Array) -> tuple[Array, Array]:
        bvp, mask = super().run(motion, appearance)
        return bvp * np.float32("nan"), mask


class _Short(NumpyRunner):
    def run(self, motion: Array, appearance: Array) -> tuple[Array, Array]:
        bvp, mask = super().run(motion, appearance)
        return bvp[:1], mask


@pytest.mark.parametrize("kind", [_Broken, _Wrong, _NotANumber, _Short])
@pytest.mark.usefixtures("two")
def test_a_backend_that_fails_is_passed_over(
    small: Weights, cache: Path, monkeypatch: pytest.MonkeyPatch, kind: type
) -> None:
    open_runner(BOTH[0], small)  # imports the module whose class is replaced
    make_faulty(monkeypatch, kind)
    assert measure(BOTH[0], small).error
    assert choose(small).name.startswith("NumPy")
    # Even where it is remembered as the best: it is checked at every start.
    file = cache / "backends.json"
    file.write_text(file.read_text().replace('"numpy"', '"onnxruntime"'))
    assert choose(small).name.startswith("NumPy")
    monkeypatch.setenv("AIMANET_BACKEND", "onnxruntime")
    with pytest.raises(MethodError, match="AIMANET_BACKEND=onnxruntime does not run"):
        choose(small)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tensorrt", "unknown: use one of onnxruntime, openvino, numpy, torch"),
        ("onnxruntime", r'not installed: pip install "aimanet\[fast\]"'),
        ("openvino", r'not installed: pip install "aimanet\[openvino\]"'),
    ],
)
def test_a_backend_that_is_asked_for_and_not_there(
    name: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setenv("AIMANET_BACKEND", name)
    with pytest.raises(MethodError, match=words) as caught:
        NetworkMethod()
    assert "\n" not in str(caught.value)


def test_a_backend_that_is_asked_for_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIMANET_BACKEND", "numpy")
    assert NetworkMethod("auto").backend.startswith("NumPy")
    with pytest.raises(MethodError, match="AIMANET_BACKEND=numpy runs on the processor"):
        NetworkMethod("cuda")


def run(code: str, **variables: str) -> str:
    """What a fresh process prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_torch_is_not_imported() -> None:
    code = (
        "import sys, aimanet.pipeline\n"
        "from aimanet.backends import devices\n"
        "devices.nvidia_gpus = lambda: 0\n"
        "from aimanet.methods import make_method\n"
        "for device in ('cpu', 'auto'):\n"
        "    method = make_method('tscan', device=device, threads=1)\n"
        "    print(method.device, 'torch' in sys.modules, method.backend)"
    )
    assert [line.split()[:2] for line in run(code).splitlines()] == [["cpu", "False"]] * 2


def test_a_broken_package_is_passed_over(tmp_path: Path) -> None:
    package = tmp_path / "onnxruntime"
    package.mkdir()
    (package / "__init__.py").write_text("raise ImportError('libgomp.so.1: cannot open')")
    code = (
        "from aimanet.methods import make_method\n"
        "print(make_method('tscan', device='cpu', threads=1).backend)"
    )
    said = run(code, PYTHONPATH=str(tmp_path))
    assert said.startswith(("OpenVINO", "NumPy"))


def test_no_onnx_file_is_ever_read(cache: Path, tmp_path: Path) -> None:
    """A swapped file cannot be run: the graph is made in memory from the checkpoint."""
    for folder in (cache, tmp_path):
        for name in ("tscan.onnx", "model.onnx", "backends.onnx"):
            (folder / name).write_bytes(b"\x08\x08 swapped")
    code = (
        "import sys\n"
        "opened = []\n"
        "sys.addaudithook(lambda e, a: opened.append(str(a[0])) if e == 'open' else None)\n"
        "from aimanet.backends import choose\n"
        "from aimanet.checkpoint import default_weights, read_weights\n"
        "weights = read_weights(default_weights())\n"
        "print(choose(weights, threads=1).name)\n"
        "print([p for p in opened if p.endswith('.onnx')], len(opened) > 10)"
    )
    name, files = run(code, AIMANET_BACKEND="onnxruntime").splitlines()
    assert name.startswith("ONNX Runtime")
    assert files == "[] True"


@pytest.mark.slow
def test_the_largest_network_takes_less_than_a_gigabyte(tmp_path: Path) -> None:
    """The largest recipe that is allowed, in a process of its own, self-test and all."""
    recipe = Recipe(image_size=128, frame_depth=20, appearance="frame")
    assert recipe.frame_depth * recipe.image_size**2 == MAX_PIXELS
    path = tmp_path / "large.safetensors"
    saved(TSCAN(recipe), path)
    code = (
        "import resource\n"
        "from pathlib import Path\n"
        "from aimanet.methods import make_method\n"
        f"make_method('tscan', device='cpu', weights=Path({str(path)!r}))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    assert int(run(code)) < 1_000_000  # KB
