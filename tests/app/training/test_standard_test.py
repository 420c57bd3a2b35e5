"""Every model is judged on the same clips, and a worse or untested one asks before it is used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aimanet import __version__
from aimanet.checkpoint import default_weights, fingerprint, load_checkpoint, save_checkpoint
from app.training import library
from app.training.library import copy_in, list_models, read_model
from app.training.standard_test import (
    RESULTS,
    TestResult,
    command,
    content_of,
    parse_result,
    read_results,
    shipped_result,
)

PATIENCE_MS = 900_000

GOOD = TestResult(0.5, 6, 0, __version__)
BAD = TestResult(38.0, 6, 0, __version__)


@pytest.fixture
def model(models_dir: Path) -> Path:
    """Weights that nobody has tested: ours, slightly changed."""
    net, recipe, card = load_checkpoint(default_weights())
    state = {name: value * 1.01 for name, value in net.state_dict().items()}
    save_checkpoint(models_dir / "mine.safetensors", state, recipe, card)
    return models_dir / "mine.safetensors"


def test_the_shipped_result_is_that_of_the_shipped_weights_and_version() -> None:
    weights = default_weights()
    record = json.loads(weights.with_name("tscan.test.json").read_text())
    assert record["weights"] == {"TS-CAN": f"tscan ({fingerprint(weights)})"}
    assert record["versions"]["aimanet"] == __version__, f"run {command('default')} again"
    result = shipped_result(weights)
    assert result is not None
    assert result.mae_bpm is not None
    assert 0 < result.mae_bpm < 1
    assert result.clips == 6


def test_a_result_is_kept_by_content_and_survives_renaming(model: Path, models_dir: Path) -> None:
    assert read_model(model).test is None
    library.keep_result(models_dir, read_model(model), BAD)
    library.rename(read_model(model), "another name")
    ours, mine = list_models(models_dir)
    assert mine.name == "another name"
    assert mine.test == BAD
    assert ours.test is not None
    assert mine.test.worse_than(ours.test)


def test_a_copy_of_our_own_weights_needs_no_test(models_dir: Path) -> None:
    copy_in(default_weights(), models_dir)
    ours, copy = list_models(models_dir)
    assert copy.test == ours.test is not None


def test_a_result_of_another_version_does_not_count(model: Path, models_dir: Path) -> None:
    old = TestResult(0.3, 6, 0, "0.0.1")
    library.keep_result(models_dir, read_model(model), old)
    assert read_results(models_dir) == {content_of(model): old}
    assert list_models(models_dir)[1].test is None


@pytest.mark.parametrize(
    ("result", "worse"),
    [
        (GOOD, False),
        (BAD, True),
        (TestResult(None, 6, 6, ""), True),
        (TestResult(0.3, 5, 1, ""), True),
    ],
)
def test_what_is_worse(result: TestResult, worse: bool) -> None:
    assert result.worse_than(TestResult(0.34, 6, 0, "")) is worse


@pytest.mark.parametrize(
    "text",
    ["", "[1]", "{}", '{"a": 1}', '{"a": {"mae_bpm": "x", "clips": 1}}', '{"a": {"clips": 1e999}}'],
)
def test_damaged_results_are_left_out(models_dir: Path, model: Path, text: str) -> None:
    (models_dir / RESULTS).write_text(text)
    assert read_results(models_dir) == {}
    assert parse_result(json.loads(text or "{}") if text != "[1]" else {}) is None
    library.keep_result(models_dir, read_model(model), GOOD)
    assert list_models(models_dir)[1].test == GOOD


def test_an_untested_model_asks_before_it_is_used(page, model: Path, dialogs) -> None:
    used: list[str] = []
    page.use_model.connect(used.append)
    dialogs.expected |= {"UseDialog"}
    page.refresh()
    page.models.select(model)
    assert page.models.table.item(1, 1).text() == "not tested"
    page.models.use.click()
    assert used == []
    dialog = page.data_desk.dialog
    assert dialog.test.isVisible()
    dialog.reject()
    assert used == []
    page.models.use.click()
    page.data_desk.dialog.go.click()
    assert used == [str(model)]


def test_a_worse_model_asks_and_a_good_one_does_not(
    page, model: Path, models_dir: Path, dialogs
) -> None:
    used: list[str] = []
    page.use_model.connect(used.append)
    dialogs.expected |= {"UseDialog"}
    library.keep_result(models_dir, read_model(model), BAD)
    page.refresh()
    page.models.select(model)
    assert page.models.table.item(1, 1).text() == "38.00"
    page.models.use.click()
    dialog = page.data_desk.dialog
    assert not dialog.test.isVisible()
    assert used == []
    dialog.reject()
    library.keep_result(models_dir, read_model(model), GOOD)
    page.refresh()
    page.models.use.click()
    assert used == [str(model)]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_test_runs_and_a_good_model_is_used_afterwards(
    qtbot, page, model: Path, dialogs
) -> None:
    used: list[str] = []
    page.use_model.connect(used.append)
    dialogs.expected |= {"UseDialog"}
    page.refresh()
    page.models.select(model)
    page.models.use.click()
    page.data_desk.dialog.test.click()
    assert page.models.table.item(1, 4).text() == "being tested"
    qtbot.waitUntil(lambda: page.model_use.tested is None, timeout=PATIENCE_MS)
    assert used == [str(model)]
    assert float(page.models.table.item(1, 1).text()) < 1
