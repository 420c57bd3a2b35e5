"""Foreign weights from the command line: converted, and used like our own."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from aimanet.checkpoint import load_checkpoint
from aimanet.cli import main
from aimanet.methods import make_method
from aimanet.network import NetworkMethod
from aimanet.pipeline import Pipeline
from tests.aimanet.crops import Scene, face_crops
from tests.aimanet.importers import references


@pytest.fixture
def toolbox(tmp_path: Path) -> Path:
    path = tmp_path / "PURE_TSCAN.pth"
    torch.manual_seed(0)
    torch.save(references.toolbox(72).state_dict(), path)
    return path


def test_a_checkpoint_and_a_short_report(toolbox: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "new" / "pure.safetensors"
    assert main(["import-weights", str(toolbox), "--out", str(out), "--frame-depth", "20"]) == 0
    said = capsys.readouterr().out
    for words in ("rPPG-Toolbox", "72 x 72 px", "20 frames", "2,228,643 parameters", str(out)):
        assert words in said
    _, recipe, card = load_checkpoint(out)
    assert (recipe.image_size, recipe.frame_depth) == (72, 20)
    assert (card.name, card.origin) == ("PURE_TSCAN", "rPPG-Toolbox")
    assert "import-weights PURE_TSCAN.pth --out pure.safetensors --frame-depth 20" in card.command


def test_imported_weights_go_through_the_pipeline(toolbox: Path, tmp_path: Path) -> None:
    out = tmp_path / "pure.safetensors"
    assert main(["import-weights", str(toolbox), "--out", str(out), "--name", "pure"]) == 0
    method = make_method("tscan", device="cpu", weights=out)
    assert method.model.startswith("pure (")
    pipeline = Pipeline(method)
    readings = [pipeline.push(crop) for crop in face_crops(Scene(seconds=5))]
    assert [r for r in readings if r is not None][-1].hr_bpm is not None
    assert isinstance(method, NetworkMethod)
    assert method.last_attention.shape == (70, 70)


@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("x.pth", "something.safetensors"),
        (".", "something.safetensors"),
        ("folder.safetensors", "is a folder"),
        ("file/x.safetensors", "cannot write weights"),
    ],
)
def test_places_that_cannot_be_written(
    out: str, words: str, toolbox: Path, tmp_path: Path, capsys
) -> None:
    (tmp_path / "folder.safetensors").mkdir()
    (tmp_path / "file").write_text("no folder")
    assert main(["import-weights", str(toolbox), "--out", str(tmp_path / out)]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert len(error.splitlines()) == 1


def test_bad_files_are_one_line_and_leave_nothing(tmp_path: Path, capsys) -> None:
    out = tmp_path / "x.safetensors"
    assert main(["import-weights", str(tmp_path / "none.pth"), "--out", str(out)]) == 2
    assert "No such file" in capsys.readouterr().err
    (tmp_path / "text.h5").write_text("hello")
    assert main(["import-weights", str(tmp_path / "text.h5"), "--out", str(out)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not out.exists()


def test_the_file_itself_is_not_written_over(tmp_path: Path, capsys) -> None:
    path = tmp_path / "x.safetensors"
    path.write_text("hello")
    assert main(["import-weights", str(path), "--out", str(path)]) == 2
    assert "the file to convert" in capsys.readouterr().err
    assert path.read_text() == "hello"


@pytest.mark.slow
@pytest.mark.real_data
def test_published_weights_read_a_real_face(
    shared_dir: Path, tmp_path: Path, face_model: Path, capsys
) -> None:
    import json

    weights, out = shared_dir / "weights" / "open_rppg_TSCAN.rlap.weights.h5", tmp_path / "x"
    out = out.with_suffix(".safetensors")
    assert main(["import-weights", str(weights), "--out", str(out)]) == 0
    capsys.readouterr()
    clip = shared_dir / "clips" / "evm_face.mp4"
    assert main(["analyze", str(clip), "--weights", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["hr_bpm"] == pytest.approx(53.0, abs=2.0)
