"""What is loaded when: the first picture waits for no package that it does not need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from aimanet.synthesis import DemoScene, SceneConfig
from tests.aimanet.sources.videos import write_video
from tests.app.whole_app import PLAIN, finish, start, wait_for

HEAVY = (
    "torch",
    "mediapipe",
    "matplotlib",
    "pandas",
    "neurokit2",
    "h5py",
    "onnx",
    "onnxruntime",
    "openvino",
    "sklearn",
    "scipy.signal",
    "scipy.stats",
)

LOADED = f"sorted(set(__import__('sys').modules) & set({HEAVY!r}))"

ON_PICTURE = f"""
engine = window.conductor.engine
say(event="loaded", now={LOADED}, tracker="aimanet.face" in __import__("sys").modules)
def first(reading):
    engine.reading.disconnect(first)
    say(event="reading", now={LOADED})
    window.close()
engine.reading.connect(first)
"""

HOLD = """
import threading
import app.face_loader, app.workers
app.workers.FIRST_PICTURE_S = 600.0  # however long the first picture takes
looked, load = threading.Event(), app.face_loader.FaceLoader._load
def held(self):
    self._go.wait(600.0)
    looked.wait(600.0)
    load(self)
app.face_loader.FaceLoader._load = held
app.face_loader.looked = looked
"""
"""What loads beside the first picture waits until the test has looked."""

LOOKED = "__import__('app.face_loader').face_loader.looked.set()"


def test_the_window_and_its_first_reading_need_no_heavy_package(
    repository: Path, face_model: Path
) -> None:
    say = f"print(json.dumps(dict(event='imported', now={LOADED})), flush=True)"
    before = f"import app.application, app.main_window; {say}\n{HOLD}"
    process = start(repository, {}, before, f"{ON_PICTURE}\n{LOOKED}")
    assert wait_for(process, "imported")["now"] == []
    loaded = wait_for(process, "loaded")
    assert loaded["now"] == []
    assert not loaded["tracker"], "the first picture does not wait for what finds faces"
    assert set(wait_for(process, "reading")["now"]) <= {"mediapipe"}  # it finds the face
    status, said = finish(process)
    assert status == 0, said


def test_the_network_in_the_window_needs_no_torch(repository: Path, face_model: Path) -> None:
    process = start(repository, {}, "", ON_PICTURE, PLAIN, "tscan")
    now = wait_for(process, "reading")["now"]
    assert not {"torch", "matplotlib", "pandas", "neurokit2", "scipy.signal"} & set(now)
    finish(process)


def test_analyze_needs_neither_torch_nor_plots(
    repository: Path, tmp_path: Path, face_model: Path
) -> None:
    scene = DemoScene(SceneConfig(width=320, height=240, size=0.7))
    film = write_video(tmp_path / "face.mp4", (scene.render(n) for n in range(180)))
    code = (
        "import json, sys; from aimanet.cli import main\n"
        "assert main(['analyze', sys.argv[1]]) == 0\n"
        f"print(json.dumps({LOADED}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(film)],
        cwd=repository,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert not {"torch", "matplotlib", "pandas", "neurokit2", "scipy.signal"} & loaded
