"""The page with real processes: look into data, train, stop, go on, use, compare."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from aimanet.checkpoint import default_weights, load_checkpoint
from app.training import library
from app.training.library import copy_in, read_model
from app.training.runs import is_trained_now, read_run, run_folder
from app.training.trainer import Stage
from tests.app.training.conftest import PATIENCE_MS, SMALL, choose_arrays
from tests.app.training.test_library import half_done


def begin(qtbot, page, steps: int = 3) -> None:
    """The run has done its first steps."""
    page.setup.start.click()
    assert page.trainer.stage is Stage.STARTING
    await_steps(qtbot, page, steps)


def await_steps(qtbot, page, steps: int = 3) -> None:
    qtbot.waitUntil(
        lambda: len(page.trainer.steps) >= steps or not page.trainer.busy, timeout=PATIENCE_MS
    )
    assert page.trainer.busy, page.run_view.log.toPlainText()


def idle(qtbot, page) -> None:
    qtbot.waitUntil(lambda: not page.busy, timeout=PATIENCE_MS)


def step_forward(qtbot, pid: int) -> None:
    """It steps back by itself; where we may, it then gets its turn on a busy machine, too."""
    qtbot.waitUntil(lambda: os.getpriority(os.PRIO_PROCESS, pid) >= 10, timeout=PATIENCE_MS)
    try:
        for thread in Path(f"/proc/{pid}/task").glob("*"):
            os.setpriority(os.PRIO_PROCESS, int(thread.name), 0)
    except OSError:
        pass  # only root may, on Linux; the others wait longer


@pytest.mark.timeout(900)
def test_train_pause_and_an_offer_after_a_restart(qtbot, page, open_page, arrays, models_dir):
    choose_arrays(qtbot, page, arrays, 100_000)
    assert page.setup.data.rows[0].found.text() == "3 recordings, 3 people"
    command = page.setup.command.text()
    page.setup.start.click()
    assert page.trainer.stage is Stage.STARTING
    pid = page.trainer._job.process.processId()
    step_forward(qtbot, pid)
    await_steps(qtbot, page)
    assert not page.setup.start.isEnabled()
    out = models_dir / "my model.safetensors"
    assert is_trained_now(out)
    page.run_view.pause.click()
    assert page.run_view.cancel.text() == "Stop at once"
    idle(qtbot, page)
    assert page.run_view.end.kind == "paused"
    assert page.run_view.go_on.isVisible()
    assert not page.run_view.loss.is_empty
    assert read_run(out).half_done
    assert load_checkpoint(out)[2].name == "my model"
    assert "--name 'my model'" in command
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    later = open_page()
    assert "half:my model" in later.banners.topics
    later.banners.banner("half:my model").buttons[1].click()
    assert later.banners.topics == []
    assert not open_page().banners.topics


def test_a_folder_without_data_is_said_and_leaves_no_start(qtbot, page, tmp_path):
    page.data_desk.add_folder(str(tmp_path))
    row = page.setup.data.rows[1]
    assert row.state == "checking"
    qtbot.waitUntil(lambda: row.state == "bad", timeout=PATIENCE_MS)
    assert str(tmp_path) in row.found.text()
    assert not page.setup.start.isEnabled()
    row.away.click()
    assert page.setup.problem() == ""


def test_settings_that_make_no_sense(page):
    form = page.setup.form
    form.rate.setText("fast")
    assert "no number" in page.setup.why_not.text()
    form.rate.setText("0,001")
    assert "--lr 0.001" in page.setup.command.text()
    form.other.setText("--workers '2")
    assert "quotation mark" in page.setup.why_not.text()
    form.other.setText("")
    form.name.setText("  ")
    assert not page.setup.start.isEnabled()


def test_rename_use_and_delete(qtbot, page, models_dir, dialogs):
    used: list[str] = []
    page.use_model.connect(used.append)
    path = copy_in(default_weights(), models_dir)
    half_done(path)
    page.refresh()
    page.tabs.setCurrentIndex(1)
    page.models.select(path)
    assert page.models.go_on.isVisible()
    page.models.use.click()
    assert used == [str(path)]
    page._conductor.preferences.asked_weights = path
    page.refresh()
    assert page.models.use.text() == "In use"
    page.models.notes.setPlainText("second try")
    dialogs.expected |= {"RenameDialog", "DeleteDialog"}
    page.models.table.setFocus()
    qtbot.keyClick(page.models.table, Qt.Key.Key_F2)
    page.data_desk.dialog.name.setText("better")
    page.data_desk.dialog.go.click()
    better = models_dir / "better.safetensors"
    assert used[-1] == str(better)
    page._conductor.preferences.asked_weights = better
    page.refresh()
    page.models.select(better)
    assert page.models.notes.toPlainText() == "second try"
    qtbot.keyClick(page.models.table, Qt.Key.Key_Delete)
    page.data_desk.dialog.go.click()
    assert used[-1] == ""
    assert not list(models_dir.iterdir())
    page.models.table.selectRow(0)
    assert not page.models.delete.isEnabled()


def test_weights_that_the_live_view_refuses_are_said(page, models_dir):
    model = read_model(copy_in(default_weights(), models_dir))
    page.model_use.use(model)
    page._conductor.engine.method_failed.emit("tscan", "the weights are not finite")
    assert "cannot be used" in page.banners.banner("use").text


def test_weights_of_nobody_are_refused_with_a_reason(page, tmp_path):
    odd = tmp_path / "odd.safetensors"
    odd.write_bytes(b"rubbish")
    page.model_desk.take(str(odd))
    assert "no readable safetensors" in page.banners.banner("models").text
    page.model_desk.take(str(tmp_path / "gone.safetensors"))
    assert "cannot be read" in page.banners.banner("models").text


@pytest.fixture
def rubbish(page, monkeypatch):
    """Starts a trainer that is none."""

    def start(code: str) -> None:
        command = [sys.executable, "-S", "-c", code]
        monkeypatch.setattr("app.training.trainer.child_command", lambda words: command)
        page.trainer.begin(page.setup.plan)

    return start


def test_a_trainer_that_prints_rubbish_and_ends_without_a_result(qtbot, page, rubbish):
    rubbish("print('{\"step\": \"x\"}'); print('ouch'); print('{\"step\": 1,')")
    idle(qtbot, page)
    assert page.run_view.end.kind == "failed"
    assert "without a result" in page.banners.banner("run").text
    assert "ouch" in page.run_view.log.toPlainText()
    assert page.setup.start.isEnabled()


def test_a_trainer_that_is_killed_leaves_a_page_that_goes_on(qtbot, page, rubbish):
    rubbish("import os; os.kill(os.getpid(), 9)")
    idle(qtbot, page)
    assert "SIGKILL" in page.banners.banner("run").text
    assert page.setup.start.isEnabled()


def test_closing_while_a_process_hangs_ends_it_within_limits(qtbot, page, monkeypatch, rubbish):
    from app.training import process

    monkeypatch.setattr(process, "CLEAN_MS", 50)
    monkeypatch.setattr(process, "TERM_MS", 50)
    rubbish("import signal, time; signal.signal(15, 1); print('up', flush=True); time.sleep(90)")
    qtbot.waitUntil(lambda: "up" in page.run_view.log.toPlainText(), timeout=PATIENCE_MS)
    page.stop()
    assert page.busy
    idle(qtbot, page)


@pytest.mark.slow
def test_a_run_that_was_paused_and_killed_ends_as_the_command_line_would(
    qtbot, page, arrays, models_dir, tmp_path
):
    choose_arrays(qtbot, page, arrays, 60)
    page.setup.form.extras["--validate-every"].setText("20")
    words = page.setup.plan.words()
    begin(qtbot, page)
    page.run_view.pause.click()
    idle(qtbot, page)
    out = page.run_view.end.out
    page.run_view.go_on.click()
    qtbot.waitUntil(lambda: page.trainer.stage is Stage.TRAINING, timeout=PATIENCE_MS)
    os.kill(page.trainer._job.process.processId(), signal.SIGKILL)
    idle(qtbot, page)
    assert page.run_view.end.kind == "failed"
    assert page.run_view.end.resumable
    page.run_view.go_on.click()
    idle(qtbot, page)
    assert page.run_view.end.kind == "finished"
    assert [p.step for p in page.trainer.steps] == list(range(1, 61))
    words[words.index(str(out))] = str(tmp_path / "same.safetensors")
    subprocess.run([sys.executable, "-m", "aimanet", *words], check=True, capture_output=True)
    here, there = (load_checkpoint(p)[0] for p in (out, tmp_path / "same.safetensors"))
    for name, weights in here.state_dict().items():
        assert weights.equal(there.state_dict()[name]), name
    assert not read_run(out).half_done


@pytest.mark.slow
def test_fine_tune_cancel_and_export(qtbot, page, arrays, models_dir, tmp_path):
    choose_arrays(qtbot, page, arrays, 5)
    page.setup.start.click()
    idle(qtbot, page)
    first = page.run_view.end
    assert first.kind == "finished", page.run_view.log.toPlainText()
    page.tabs.setCurrentIndex(1)
    page.models.select(first.out)
    page.models.fine_tune.click()
    page.setup.form.amount.setValue(100_000)
    page.setup.form.other.setText("--chunk-len 60 --workers 0 --val-share 0.4 --device cpu")
    assert f"--finetune '{first.out}'" in page.setup.command.text()
    begin(qtbot, page)
    page.run_view.cancel.click()
    idle(qtbot, page)
    assert page.run_view.end.kind == "cancelled"
    second = read_model(page.run_view.end.out)
    assert second.path.name == "my model-2.safetensors"
    assert second.run.half_done
    assert second.run.set_aside
    page.model_desk._meant = second
    page.model_desk.export(str(tmp_path / "m.onnx"))
    idle(qtbot, page)
    assert (tmp_path / "m.onnx").stat().st_size > 1000, page.banners.banner("models").text


@pytest.mark.slow
def test_closing_the_page_saves_the_run(qtbot, page, arrays, models_dir):
    choose_arrays(qtbot, page, arrays, 100_000)
    begin(qtbot, page)
    out = page.trainer.out
    page.close_down()
    assert not page.busy
    assert read_run(out).half_done
    assert read_run(out).last.step >= 3


@pytest.mark.slow
def test_a_run_whose_window_is_killed_saves_itself(arrays, models_dir, repository, qtbot):
    out = models_dir / "orphan.safetensors"
    words = ["train", "--out", str(out), "--data", str(arrays), "--steps", "100000", "--json"]
    words += [*SMALL.split(), "--batch", "2"]
    code = (
        "import subprocess, sys\n"
        "p = subprocess.Popen([sys.executable, '-m', 'app.training.child', *sys.argv[1:]],"
        " stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "print(p.stdout.readline().decode(), p.pid, flush=True)\np.stdout.read()"
    )
    window = subprocess.Popen(
        [sys.executable, "-c", code, *words], cwd=repository, stdout=subprocess.PIPE, text=True
    )
    assert '"step": 1' in window.stdout.readline()
    window.kill()
    window.communicate()
    state = run_folder(out) / "state.pt"
    qtbot.waitUntil(state.exists, timeout=PATIENCE_MS)
    assert read_run(out).half_done


@pytest.mark.slow
@pytest.mark.real_data
def test_two_models_read_a_video_without_a_label(qtbot, page, models_dir, shared_dir):
    path = copy_in(default_weights(), models_dir)
    page.refresh()
    page._compare(path)
    page.comparison.choose_video(str(shared_dir / "clips" / "evm_face.mp4"))
    page.compare.run.click()
    qtbot.waitUntil(lambda: not page.compare.stop.isVisible(), timeout=PATIENCE_MS)
    table = page.compare.table
    rows = [[table.item(y, x).text() for x in range(6)] for y in range(table.rowCount())]
    assert [row[1] for row in rows] == ["tscan", "AimaNet's own weights"]
    assert rows[0][2:] == rows[1][2:]
    assert 45 < float(rows[0][2]) < 60


def test_the_models_folder_can_be_named(models_dir):
    assert library.models_folder() == models_dir


def test_no_folder_yet_is_no_problem(page, models_dir: Path):
    assert not models_dir.exists()
    assert len(page.models.models) == 1
