"""Exports from the command line."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from aimanet.cli import main


def test_the_shipped_weights_by_default(tmp_path: Path, capsys) -> None:
    out = tmp_path / "model.bin"
    assert main(["export", "--out", str(out), "--format", "onnx"]) == 0
    said = capsys.readouterr().out
    assert "(N*10, 3, 36, 36)" in said
    assert "differs by" in said
    assert [i.name for i in onnx.load(out).graph.input] == ["motion", "appearance"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--out", "model.bin"], "something.onnx"),
        (["--out", "folder.onnx"], "is a folder"),
        (["none.safetensors", "--out", "x.onnx"], "no weights at"),
        (["x.pth", "--out", "x.onnx"], "import-weights x.pth"),
        (["x.pth", "--out", "x.pth", "--format", "onnx"], "the checkpoint itself"),
        (["folder.onnx", "--out", "x.onnx"], "no weights at"),
    ],
)
def test_mistakes_are_one_line(
    args: list[str], words: str, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.onnx").mkdir()
    (tmp_path / "x.pth").write_text("hello")
    assert main(["export", *args]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert len(error.splitlines()) == 1
    assert not (tmp_path / "x.onnx").exists()


@pytest.fixture
def session(tmp_path, monkeypatch):
    from tests.aimanet.sessions.pulses import heart, pulse_session

    monkeypatch.chdir(tmp_path)
    pulse_session(tmp_path / "s", heart(12.0), 8.0, step=30)
    return tmp_path


def test_a_session_in_several_forms_or_one(session: Path, capsys) -> None:
    assert main(["export", "s", "--format", "csv", "json", "--out", "results/today"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "results/today/s.json"
    assert all((session / line).is_file() for line in said)
    assert len(said) == 6
    assert main(["export", "s/session.json", "--out", "mine.json"]) == 0
    assert (session / "mine.json").is_file()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["s", "--out", "results"], "--format csv html"),
        (["s", "--out", "x.mp4"], "without its video"),
        (["s", "--format", "onnx", "--out", "x"], "onnx is for checkpoints"),
        (["none", "--format", "csv", "--out", "x"], "--format csv is for sessions"),
        (["empty", "--format", "csv", "--out", "x"], "is no session"),
        (["--format", "csv", "--out", "x"], "--format csv is for sessions"),
    ],
)
def test_mistakes_with_sessions_are_one_line(
    session: Path, args: list[str], words: str, capsys
) -> None:
    (session / "empty").mkdir()
    assert main(["export", *args]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert len(error.splitlines()) == 1
    assert not (session / "x").exists()


def test_what_was_exported_before_is_replaced_only_with_overwrite(session: Path, capsys) -> None:
    args = ["export", "s", "--format", "json", "--out", "out"]
    assert main(args) == 0
    (session / "out" / "s.json").write_text("mine")
    capsys.readouterr()
    assert main(args) == 2
    assert capsys.readouterr().err == (
        "error: out/s.json is there already: name another folder, or say --overwrite\n"
    )
    assert (session / "out" / "s.json").read_text() == "mine"
    assert main([*args, "--overwrite"]) == 0
    assert (session / "out" / "s.json").read_text() != "mine"


def test_a_form_that_fails_is_named_and_the_others_are_written(session: Path, capsys) -> None:
    assert main(["export", "s", "--format", "mp4", "csv", "edf", "--out", "out"]) == 2
    told = capsys.readouterr()
    assert told.err.startswith("error: not everything was written (mp4: s was recorded without")
    assert len(told.err.splitlines()) == 1
    written = told.out.splitlines()
    assert {Path(line).suffix for line in written} == {".csv", ".edf"}
    assert all((session / line).is_file() for line in written)
