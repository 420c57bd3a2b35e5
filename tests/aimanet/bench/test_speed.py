"""The measurements measure: their own plausibility, not this machine's speed."""

from __future__ import annotations

import itertools
import json
import sys

import pytest

from aimanet.bench import speed
from aimanet.bench.against import compare
from aimanet.bench.clips import draw_clip, facts, of_length
from aimanet.bench.memory import resident_mb
from aimanet.bench.speed import Asked, Lengths
from aimanet.bench.stages import STAGES, live_stages
from aimanet.bench.train import BenchError
from aimanet.cli import main
from aimanet.methods import make_method
from aimanet.sources import open_source
from tests.given_time import real_time

GREEN = Asked("green")


@pytest.fixture(scope="module")
def short_clip(tmp_path_factory, face_model):
    return draw_clip(tmp_path_factory.mktemp("bench") / "demo.mp4", 3.0, (320, 240))


def times_of(path) -> list[float]:
    with open_source(str(path), realtime=False) as source:
        return [frame.t for frame in source]


@pytest.mark.parametrize(("seconds", "frames"), [(1.0, 30), (7.0, 210)])
def test_a_clip_is_cut_and_repeated_without_a_seam(short_clip, tmp_path, seconds, frames):
    other = of_length(short_clip, tmp_path / "other.mp4", seconds)
    times = times_of(other)
    assert len(times) == pytest.approx(frames, abs=3)
    # At the very end frames are missing that others were to be shown before.
    assert max(b - a for a, b in itertools.pairwise(times[:-3])) < 1.6 / 30.0
    known = facts(other, drawn=True)
    assert known.seconds == pytest.approx(seconds, abs=0.2)
    assert (known.width, known.height, known.fps) == (320, 240, 30.0)
    assert known.mbit_s == pytest.approx(8e-6 * other.stat().st_size / seconds, rel=0.2)


def test_what_cannot_be_cut(tmp_path):
    text = tmp_path / "notes.mp4"
    text.write_text("no video")
    with pytest.raises(BenchError, match=r"notes\.mp4 cannot be cut"):
        of_length(text, tmp_path / "other.mp4", 1.0)


@real_time
def test_every_stage_of_a_live_run_is_timed(short_clip, monkeypatch):
    monkeypatch.setattr("aimanet.bench.stages.WARM_UP_S", 1.0)
    found = live_stages(make_method("green"), str(short_clip), 2.0)
    assert tuple(found.stages) == STAGES
    assert found.frames + found.dropped == pytest.approx(60, abs=2)
    assert all(spread.p95_ms >= spread.median_ms >= 0.0 for spread in found.stages.values())
    assert found.stages["grab"].median_ms > 0.0
    assert found.stages["detect"].mean_ms > 0.0
    assert found.pulse_age.median_ms >= found.grab_to_reading.median_ms > 0.0


@pytest.mark.slow
def test_analyze_is_measured_from_outside(short_clip, tmp_path):
    lengths = Lengths.at(short_clip, 6.0, tmp_path)
    found = speed.batch_use(GREEN, lengths, 1, 1)
    assert found.seconds == 6.0
    assert found.times_real_time is None or found.times_real_time > 0.0
    assert found.times_real_time_with_start > 0.0
    assert found.cpu_s_per_s < found.cpu_s_per_s_with_start
    assert speed.batch_use(GREEN, lengths, 10_000, 1) is None


@pytest.mark.slow
def test_live_is_measured_from_outside(short_clip, tmp_path):
    found = speed.live_use(GREEN, Lengths.at(short_clip, 12.0, tmp_path))
    assert found.first_reading_s > 3.0
    assert found.first_ok_s is None or found.first_ok_s >= found.first_reading_s
    assert found.cost.start_cpu_s > 0.0


@pytest.mark.slow
def test_every_back_end_is_listed():
    found = speed.networks(Asked())
    assert any(one.name.startswith("NumPy") for one in found)
    assert all((one.wall_ms_per_frame is None) == (one.error is not None) for one in found)


@pytest.mark.slow
def test_another_program_in_turn(short_clip, tmp_path):
    """One that takes hardly any time: the ratios say so."""
    lengths = Lengths.at(short_clip, 6.0, tmp_path)
    said: list[str] = []
    other = f"{sys.executable} -c 'import sys; open(sys.argv[1]).close()' {{clip}}"
    found = compare(GREEN, other, lengths, 1, said.append)
    assert said == ["round 1 of 1 ..."]
    assert found.error == ""
    assert found.theirs.start_cpu_s < found.ours.start_cpu_s
    assert found.cpu_ratio_with_start < 0.5
    assert found.cpu_ratio_with_start == pytest.approx(
        found.theirs.cpu_s_per_s_with_start / found.ours.cpu_s_per_s_with_start
    )


def test_another_program_that_fails(short_clip, capsys, monkeypatch):
    monkeypatch.setattr("aimanet.commands.bench_speed.QUICK_S", 1.5)
    other = f"{sys.executable} -c 'raise SystemExit(\"no such model\")' {{clip}}"
    argv = ["bench", "speed", "--method", "green", "--quick", "--clip", str(short_clip)]
    assert main([*argv, "--against", other, "--json"]) == 2
    report = json.loads(capsys.readouterr().out)
    assert report["theirs"] is None
    assert report["error"].endswith("ended with status 1: no such model")
    assert report["ours"]["cpu_s_per_s_with_start"] > 0.0
    assert main([*argv, "--against", "other", "--json"]) == 2
    assert "{clip}" in capsys.readouterr().err


def test_no_display_is_said(short_clip, monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    if sys.platform.startswith("linux"):
        assert "no display" in speed.window_figures(short_clip, "green", 1.0)


def test_this_process_holds_memory():
    held = resident_mb()
    assert held is None or 10.0 < held < 100_000.0


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_command_prints_one_object_or_tables(short_clip, capsys, monkeypatch):
    monkeypatch.setattr("aimanet.commands.bench_speed.QUICK_S", 6.0)
    monkeypatch.setattr("aimanet.commands.bench_speed.QUICK_MINUTES", 0.1)
    argv = ["bench", "speed", "--quick", "--method", "green", "--clip", str(short_clip)]
    assert main([*argv, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["clip"]["name"] == "demo.mp4"
    assert set(report["stages"]["stages"]) == set(STAGES)
    assert report["memory"]["recorded_frames"] == report["memory"]["frames"] == 180
    assert report["training_frames_per_s"] > 0.0
    assert main(argv) == 0
    out = capsys.readouterr().out
    assert "Mbit/s" in out
    assert "analyze, one core: times real time" in out


@pytest.mark.parametrize(
    ("flag", "value"),
    [("--seconds", "0"), ("--minutes", "-1"), ("--hours", "-1"), ("--rounds", "0")],
)
def test_impossible_lengths(capsys, flag, value):
    assert main(["bench", "speed", "--method", "green", flag, value]) == 2
    assert flag in capsys.readouterr().err


def test_a_clip_that_is_none(capsys, tmp_path):
    assert main(["bench", "speed", "--clip", str(tmp_path / "no.mp4")]) == 2
    assert "no.mp4" in capsys.readouterr().err
