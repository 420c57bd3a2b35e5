"""Live runs in the terminal: the same readings as `analyze`, clean ends, bad sources."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from aimanet.cli import main
from tests.aimanet.sources.mjpeg_server import MjpegServer, numbered_picture
from tests.given_time import real_time


def test_as_fast_as_possible_gives_the_readings_of_analyze(clip, capsys):
    assert main(["analyze", str(clip), "--method", "pos", "--json"]) == 0
    analysed = json.loads(capsys.readouterr().out)["readings"]
    assert main(["live", "--source", str(clip), "--fast", "--method", "pos", "--json"]) == 0
    live = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert live == analysed
    assert [r["hr_bpm"] for r in live if r["state"] == "ok"][-1] == pytest.approx(72.0, abs=3.0)


def test_seconds_of_a_fast_run_are_the_recordings_own(clip, capsys):
    argv = ["live", "--source", str(clip), "--fast", "--seconds", "6", "--method", "green"]
    assert main(argv) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "BPM" in lines[-2]
    assert lines[-1].startswith("Summary: ")
    assert "of 180 frames" in lines[-1]


@real_time
def test_in_real_time_nothing_is_dropped(clip, capsys):
    argv = ["live", "--source", str(clip), "--headless", "--seconds", "2", "--method", "green"]
    assert main(argv) == 0
    summary = capsys.readouterr().out.splitlines()[-1]
    assert summary.endswith("0 dropped")
    assert 30 <= int(summary.split(" frames")[0].split()[-1]) <= 62


@real_time
def test_a_network_camera_that_dies_and_comes_back(capsys):
    """Its loss is told, the readings go on in seconds from the start, and all ends in time."""
    capsys.readouterr()
    watched = threading.Event()

    def picture(number):
        if number == 40:
            watched.set()
        return numbered_picture(number)

    def die_and_return():
        watched.wait(60)
        camera.stop()
        threading.Event().wait(1.0)  # how long it is away
        camera.restart()

    with MjpegServer(picture) as camera:
        trouble = threading.Thread(target=die_and_return)
        trouble.start()
        argv = ["live", "--source", camera.url, "--json", "--seconds", "7", "--method", "green"]
        assert main(argv) == 0
        trouble.join()
    captured = capsys.readouterr()
    times = [json.loads(line)["t"] for line in captured.out.splitlines()]
    assert times == sorted(times)
    assert times[0] < 1.0
    assert times[-1] > 4.0
    assert captured.err.startswith("http://127.0.0.1")
    assert "Traceback" not in captured.err


def without_display() -> dict[str, str]:
    gone = ("DISPLAY", "WAYLAND_DISPLAY")
    return {k: v for k, v in os.environ.items() if k not in gone} | {"TERM": "dumb"}


def test_no_arguments_and_no_display_runs_in_the_terminal_until_ctrl_c(repository):
    """What `make run` does on a server: no camera there either, so the demo face, said so."""
    process = subprocess.Popen(
        [sys.executable, "main.py"],
        cwd=repository,
        env=without_display(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    lines = [process.stdout.readline() for _ in range(3)]
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert any("BPM" in line for line in lines)
    assert rest.splitlines()[-1].startswith("Summary: ")
    assert "no display here" in errors
    assert "demo face" in errors or "camera" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["--source", "no such camera", "--headless"], "no such camera"),
        (["--source", "http://127.0.0.1:9/video", "--headless"], "127.0.0.1:9"),
        (["--source", "http://127.0.0.1:9/video", "--fast"], "--fast is for recordings"),
        (["--source", "0", "--seconds", "0"], "--seconds"),
        (["--source", "0", "--headless", "--size", "0", "480"], "--size"),
        (["--source", "", "--headless"], "--source"),
        (["--fast"], "--source"),
    ],
)
def test_bad_sources_and_flags_are_one_line(capsys, argv, says):
    assert main(["live", *argv, "--method", "green"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert says in captured.err
    assert captured.err.count("\n") == 1
