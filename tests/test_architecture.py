"""The direction of the arrows, proved in fresh processes without the forbidden packages."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest

# A process in which some packages are not installed, as far as `import` can tell.
WITHOUT = """
import importlib.abc, sys

class NotInstalled(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
        return None

sys.meta_path.insert(0, NotInstalled())
"""

QT = ("PySide6", "shiboken6", "pyqtgraph", "app")

SPINE = (
    "types",
    "errors",
    "sources",
    "face",
    "preprocess",
    "tscan",
    "checkpoint",
    "classical",
    "methods",
    "pulse",
    "quality",
    "pipeline",
)


def run_without(
    blocked: tuple[str, ...], code: str, repository: Path
) -> subprocess.CompletedProcess[str]:
    """Run ``code`` in a new interpreter that cannot import the ``blocked`` packages."""
    program = WITHOUT.format(blocked=set(blocked)) + textwrap.dedent(code)
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=repository,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_the_blocked_process_really_blocks(repository: Path) -> None:
    done = run_without(QT, "import pyqtgraph", repository)
    assert done.returncode == 1
    assert "No module named 'pyqtgraph'" in done.stderr


def test_the_spine_and_the_command_line_need_no_qt(repository: Path) -> None:
    modules = [f"aimanet.{name}" for name in (*SPINE, "cli")]
    done = run_without(QT, f"import {', '.join(modules)}; print('imported')", repository)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("imported")


def test_a_method_reads_a_pulse_without_qt(repository: Path) -> None:
    code = """
    import numpy as np
    from aimanet.methods import make_method
    from aimanet.types import Clip

    method = make_method("pos")
    frames = method.recipe.frame_depth + 1
    size = method.recipe.image_size
    t = np.arange(frames) / method.recipe.fs
    crops = np.random.default_rng(0).uniform(90, 110, (frames, size, size, 3)).astype(np.float32)
    segment = method.process(Clip(t=t, fs=method.recipe.fs, crops=crops, gap_s=0.0, starts=True))
    print("samples", len(segment.bvp))
    """
    done = run_without(QT, code, repository)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split("samples")[1]) > 0


def test_training_needs_neither_qt_nor_mediapipe(repository: Path) -> None:
    blocked = (*QT, "mediapipe", "av")
    done = run_without(blocked, "import aimanet.training; print('imported')", repository)
    assert done.returncode == 0, done.stderr


def test_help_and_version_load_no_heavy_package(repository: Path) -> None:
    heavy = (*QT, "torch", "cv2", "mediapipe", "scipy", "av")
    code = """
    from aimanet.cli import main
    raise SystemExit(main(["--version"]) or main(["--help"]))
    """
    done = run_without(heavy, code, repository)
    assert done.returncode == 0, done.stderr
    assert "analyze" in done.stdout


def test_one_opencv_distribution() -> None:
    names = {dist.metadata["Name"].lower() for dist in importlib.metadata.distributions()}
    assert {name for name in names if name.startswith("opencv")} == {"opencv-contrib-python"}


@pytest.fixture(scope="module")
def contracts(repository: Path) -> list[dict[str, list[str]]]:
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[dict[str, list[str]]] = project["tool"]["importlinter"]["contracts"]
    return found


def test_every_module_is_in_the_spine_or_in_a_wing(
    repository: Path, contracts: list[dict[str, list[str]]]
) -> None:
    spine = next(
        contract for contract in contracts if "aimanet.pipeline" in contract["source_modules"]
    )
    known = {*spine["source_modules"], *spine["forbidden_modules"]}
    folder = repository / "aimanet"
    entries = (*folder.glob("*.py"), *(init.parent for init in folder.glob("*/__init__.py")))
    modules = {f"aimanet.{entry.stem}" for entry in entries if not entry.stem.startswith("_")}
    assert modules <= known, "say in pyproject.toml on which side of the contract these are"
