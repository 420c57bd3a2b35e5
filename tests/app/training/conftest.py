"""The training page by itself, and data that are learnt in no time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from app.engine import LiveEngine
from app.look import DARK
from app.settings import Preferences, SettingsStore
from app.training.page import TrainingPage

PATIENCE_MS = 240_000
"""For processes that import torch on a loaded machine, behind everybody else."""

SMALL = "--image-size 12 --chunk-len 60 --workers 0 --val-share 0.4 --device cpu"


@pytest.fixture
def models_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "models"
    monkeypatch.setenv("AIMANET_MODELS_DIR", str(folder))
    return folder


@pytest.fixture(scope="session")
def arrays(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random numbers in the form of the original recipe's arrays."""
    folder, rng = tmp_path_factory.mktemp("arrays"), np.random.default_rng(1)
    np.save(folder / "input_numpy.npy", rng.normal(size=(13000, 6, 12, 12)).astype(np.float32))
    np.save(folder / "output_numpy.npy", rng.normal(size=13000).astype(np.float32))
    return folder


@pytest.fixture
def open_page(qtbot, tmp_path: Path, models_dir: Path) -> Iterator[Callable[[], TrainingPage]]:
    pages: list[TrainingPage] = []

    def open_() -> TrainingPage:
        preferences = Preferences(SettingsStore(tmp_path / "settings"))
        conductor = SimpleNamespace(preferences=preferences, engine=LiveEngine())
        page = TrainingPage(conductor)
        page.apply_look(DARK)
        page.resize(1280, 720)
        qtbot.addWidget(page)
        pages.append(page)
        page.show()
        return page

    yield open_
    for page in pages:
        page.close_down()
        assert not page.busy


@pytest.fixture
def page(open_page: Callable[[], TrainingPage]) -> TrainingPage:
    return open_page()


def choose_arrays(qtbot, page: TrainingPage, arrays: Path, steps: int) -> None:
    """A run of a few seconds is chosen and can be started."""
    page.setup.data.remove(page.setup.data.rows[0])
    page.data_desk.add_folder(str(arrays))
    form = page.setup.form
    form.unit.setCurrentText("steps")
    form.amount.setValue(steps)
    form.batch.setValue(2)
    form.other.setText(SMALL)
    qtbot.waitUntil(lambda: not page.chores.busy, timeout=PATIENCE_MS)
    assert page.setup.problem() == ""
