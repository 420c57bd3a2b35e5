"""The measurements measure: their own plausibility, not this machine's speed."""

from __future__ import annotations

import json

import pytest

from aimanet.bench import speed
from aimanet.bench.memory import resident_mb
from aimanet.bench.speed import MemoryMark, file_speed, memory_marks, network_ms, trend
from aimanet.cli import main
from aimanet.methods import make_method


@pytest.fixture(scope="module")
def short_clip(tmp_path_factory):
    return speed.draw_clip(tmp_path_factory.mktemp("bench") / "demo.mp4", 1.0, (320, 240))


def test_a_method_takes_time_and_is_left_as_new():
    method = make_method("green")
    assert 0.0 < network_ms(method, frames=50) < 100.0


def test_a_file_is_read_to_its_end(short_clip):
    result = file_speed(make_method("green"), short_clip)
    assert result.frames == 30
    assert result.seconds == pytest.approx(1.0, abs=0.05)
    assert result.times_real_time == pytest.approx(1e3 / 30 / result.ms_per_frame, rel=0.05)


def test_memory_is_marked_at_regular_times_of_the_video(short_clip):
    held = iter(range(100, 200))
    marks = memory_marks(make_method("green"), short_clip, 0.05, 1.0, lambda: float(next(held)))
    minutes, memory = zip(*((mark.minutes, mark.resident_mb) for mark in marks), strict=True)
    assert memory == (100.0, 101.0, 102.0)
    assert minutes == pytest.approx((0.0, 1 / 60, 2 / 60), abs=1e-3)


def test_the_trend_leaves_out_the_start():
    marks = [MemoryMark(m, 500.0 + 0.5 * m if m >= 6 else 100.0) for m in range(61)]
    found = trend(marks)
    assert found is not None
    assert found.slope_mb_per_hour == pytest.approx(30.0)
    assert (found.start_mb, found.end_mb) == (503.0, 530.0)
    assert trend(marks[:2]) is None
    assert trend([]) is None


def test_this_process_holds_memory():
    held = resident_mb()
    assert held is None or 10.0 < held < 100_000.0


def test_the_command_prints_one_object(capsys, monkeypatch):
    monkeypatch.setattr(speed, "WARM_UP_S", 0.3)
    monkeypatch.setattr(speed, "CLIP_SECONDS", 0.5)
    argv = ["bench", "speed", "--method", "green", "--seconds", "1", "--memory-minutes", "0"]
    assert main([*argv, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["live"]["frames"] + report["live"]["dropped"] == pytest.approx(30, abs=3)
    assert 0.0 < report["live"]["core_share"] < 16.0
    assert report["file"]["times_real_time"] > 0.0
    assert report["memory"] is None


@pytest.mark.parametrize(("flag", "value"), [("--seconds", "0"), ("--memory-minutes", "-1")])
def test_impossible_lengths(capsys, flag, value):
    assert main(["bench", "speed", "--method", "green", flag, value]) == 2
    assert flag in capsys.readouterr().err
