"""The door: which command, how errors leave, and that it opens at once."""

from __future__ import annotations

import subprocess
import sys

import pytest

from aimanet import __version__
from aimanet.cli import COMMANDS, help_text, main


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"aimanet {__version__}\n"


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_names_every_command_and_has_examples(capsys, flag):
    assert main([flag]) == 0
    out = capsys.readouterr().out
    assert out == help_text()
    assert all(f"\n  {name} " in out for name in COMMANDS)
    assert "examples:" in out


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help_with_an_example(capsys, name):
    assert main([name, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"usage: aimanet {name}" in out
    assert f"`aimanet {name} " in out or name == "cameras"


def one_line_error(capsys, argv) -> str:
    assert main(argv) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    return captured.err


def test_a_misspelt_command_gets_a_suggestion(capsys):
    assert "did you mean `aimanet analyze`" in one_line_error(capsys, ["analyse", "x.mp4"])


def test_a_file_without_a_command_is_told_how(capsys, tmp_path):
    video = tmp_path / "me.mp4"
    video.touch()
    assert f"aimanet analyze {video}" in one_line_error(capsys, [str(video)])


@pytest.mark.parametrize("size", ["--batch_size", "--batch-size"])
def test_the_original_recipe_needs_no_command(capsys, tmp_path, monkeypatch, size):
    monkeypatch.chdir(tmp_path)
    seed = ["--epochs", "2", size, "3", "--train_split_index", "132720"]
    assert "input_numpy.npy" in one_line_error(capsys, seed)


def test_an_error_does_not_steer_the_terminal_nor_fill_it(capsys, tmp_path):
    assert main(["analyze", str(tmp_path / "a\x1b[31m\x07.mp4")]) == 2
    said = capsys.readouterr().err
    assert "a\\x1b[31m\\x07.mp4" in said
    assert said.isascii()
    assert main(["x" * 1_000_000]) == 2
    assert len(capsys.readouterr().err) < 11_000


def test_a_flag_without_a_command(capsys):
    assert "--json needs a command" in one_line_error(capsys, ["--json"])


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["analyze"], "PATH"),
        (["analyze", "x.mp4", "--no-such-flag"], "--no-such-flag"),
        (["live", "--seconds", "soon"], "--seconds"),
        (["live", "--size", "640"], "--size"),
        (["bench", "weight"], "subcommands: speed, train, accuracy"),
        (["synthesize"], "--out"),
    ],
)
def test_a_usage_error_is_one_line_too(capsys, argv, says):
    error = one_line_error(capsys, argv)
    assert says in error
    assert f"aimanet {argv[0]} --help" in error
    assert not set("│╭─|") & set(error)


def test_help_and_version_load_nothing_heavy():
    """In a fresh process: the answer must not wait for torch, OpenCV, MediaPipe or Qt."""
    code = (
        "import sys; from aimanet.cli import main\n"
        "main(['--help']); main(['--version']); main(['analyze', '--help'])\n"
        "heavy = {'torch', 'cv2', 'mediapipe', 'PySide6', 'av', 'scipy'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_that_goes_away_is_no_error():
    """``aimanet --help | head -0``: no traceback, and the status a shell expects."""
    code = "import sys; sys.stdin.read(); from aimanet.cli import main; sys.exit(main(['--help']))"
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdout.close()  # before the process writes: it waits for the end of its stdin
    process.stdin.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert errors == ""
    assert process.wait(timeout=60) == 141
