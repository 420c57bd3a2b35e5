"""A recording's heart rate, its JSON and CSV, and everything that is no recording."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from av.codec.context import Flags

from aimanet.cli import main
from tests.aimanet.sources.raw_streams import take_timing_out

KEYS = [
    "hr_bpm",
    "snr_db",
    "state",
    "method",
    "model",
    "fps",
    "frames",
    "duration_s",
    "face_fraction",
    "prv",
    "prv_reason",
    "respiration",
    "respiration_reason",
    "fps_source",
    "reason",
    "readings",
]


def write_video(path, images, fps=30):
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=fps, options={"preset": "ultrafast"})
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for image in images:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        out.mux(stream.encode())


@pytest.fixture(scope="module")
def analysed(clip, tmp_path_factory, repository):
    """The program itself, as a user starts it: JSON on stdout and a CSV."""
    signals = tmp_path_factory.mktemp("analysed") / "signals.csv"
    done = subprocess.run(
        [sys.executable, "main.py", "analyze", str(clip), "--json", "--save-signals", str(signals)],
        cwd=repository,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.stderr == ""
    assert done.returncode == 0
    return json.loads(done.stdout), signals


def test_json_has_the_promised_shape_and_the_true_heart_rate(analysed):
    result, _ = analysed
    assert list(result) == KEYS
    assert result["hr_bpm"] == pytest.approx(72.0, abs=2.0)
    assert (result["state"], result["method"]) == ("ok", "tscan")
    assert (result["frames"], result["fps"]) == (360, 30.0)
    assert result["duration_s"] == pytest.approx(12.0, abs=0.05)
    assert result["face_fraction"] == 1.0
    assert "tscan" in result["model"]
    assert result["fps_source"] == "timestamps"
    assert (result["prv"], result["respiration"]) == (None, None)
    assert result["prv_reason"].startswith("needs a minute of good signal, has ")


def test_readings_come_three_times_a_second_with_null_before_the_first_estimate(analysed):
    readings = analysed[0]["readings"]
    assert all(
        list(reading) == ["t", "hr_bpm", "snr_db", "state", "reason"] for reading in readings
    )
    assert 30 <= len(readings) <= 40
    assert (readings[0]["hr_bpm"], readings[0]["state"]) == (None, "warming_up")
    assert min(r["t"] for r in readings if r["state"] == "ok") < 8.0


def test_the_csv_holds_pulse_and_box_and_the_pulse_beats_at_the_heart_rate(analysed):
    _, signals = analysed
    with signals.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["t", "bvp", "x", "y", "w", "h"]
    t = np.array([float(row["t"]) for row in rows])
    bvp = np.array([float(row["bvp"]) for row in rows])
    assert np.ptp(np.diff(t)) < 2e-3
    assert 11.0 < t[-1] - t[0] < 12.0
    power = np.abs(np.fft.rfft((bvp - bvp.mean()) * np.hanning(len(bvp)), 4096))
    hz = np.fft.rfftfreq(4096, np.diff(t).mean())[np.argmax(power)]
    assert 60.0 * hz == pytest.approx(72.0, abs=4.0)
    assert all(0 < float(row["w"]) == float(row["h"]) < 320 for row in rows)


UNIX_NS = 1_392_643_993_642_815_000
"""When the first picture of `pictures` was taken."""


@pytest.fixture(scope="module")
def pictures(clip, tmp_path_factory):
    """The clip as a folder of pictures named as PURE names them: with nanoseconds since 1970."""
    folder = tmp_path_factory.mktemp("01-01")
    with av.open(str(clip)) as video:
        for k, frame in enumerate(video.decode(video=0)):
            stamp = UNIX_NS + k * 1_000_000_000 // 30
            image = cv2.cvtColor(frame.to_ndarray(format="rgb24"), cv2.COLOR_RGB2BGR)
            assert cv2.imwrite(str(folder / f"Image{stamp}.png"), image)
    return folder


def test_pictures_with_unix_times_are_read_from_0(pictures, clip, tmp_path, capsys):
    signals, session = tmp_path / "signals.csv", tmp_path / "session"
    assert main(["analyze", str(clip), "--method", "pos", "--json"]) == 0
    of_video = json.loads(capsys.readouterr().out)
    options = ["--method", "pos", "--json", "--save-signals", str(signals)]
    assert main(["analyze", str(pictures), *options]) == 0
    of_pictures = json.loads(capsys.readouterr().out)
    assert 0.0 <= of_pictures["readings"][0]["t"] < 1.0
    assert of_pictures["hr_bpm"] == pytest.approx(of_video["hr_bpm"], abs=0.5)
    assert of_pictures["origin_s"] == pytest.approx(UNIX_NS / 1e9, abs=1e-5)
    assert "origin_s" not in of_video
    with signals.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["t", "bvp", "x", "y", "w", "h", "origin_s"]
    assert 0.0 <= float(rows[0]["t"]) < 1.0
    assert float(rows[0]["origin_s"]) == pytest.approx(UNIX_NS / 1e9, abs=1e-5)

    recording = ["--as-fast-as-possible", "--method", "pos", "--keep", "face", "--json"]
    assert main(["record", "--source", str(pictures), "--out", str(session), *recording]) == 0
    capsys.readouterr()
    assert main(["analyze", str(session), "--method", "pos", "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["origin_s"] == of_pictures["origin_s"]
    assert again["readings"] == of_pictures["readings"]

    live = ["--fast", "--json", "--method", "pos"]
    assert main(["live", "--source", str(pictures), *live]) == 0
    shown = capsys.readouterr()
    assert [json.loads(line) for line in shown.out.splitlines()] == of_pictures["readings"]
    assert shown.err == "0 s is 1392643993.642815 s in the recording's own times\n"


@pytest.mark.parametrize("method", ["chrom", "green"])
def test_classical_methods_agree(clip, capsys, method):
    assert main(["analyze", str(clip), "--method", method]) == 0
    out = capsys.readouterr().out
    assert float(out.split(" BPM")[0]) == pytest.approx(72.0, abs=3.0)
    assert method.upper() in out


def test_a_path_that_is_no_utf8(clip, capsys):
    odd = os.fsdecode(os.fsencode(clip.parent) + b"/caf\xe9.mp4")
    try:
        shutil.copy(clip, odd)
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")
    assert main(["analyze", odd, "--method", "green"]) == 0
    assert "BPM" in capsys.readouterr().out


def error_of(capsys, *argv: str) -> str:
    assert main(["analyze", *argv, "--json"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    return captured.err


def test_a_missing_file(capsys, tmp_path):
    assert "does not exist" in error_of(capsys, str(tmp_path / "no.mp4"))


def test_a_text_file_called_mp4(capsys, tmp_path):
    path = tmp_path / "notes.mp4"
    path.write_text("not a video\n" * 100)
    assert "notes.mp4" in error_of(capsys, str(path))


def test_a_truncated_and_an_empty_file(capsys, tmp_path, clip):
    cut, empty = tmp_path / "cut.mp4", tmp_path / "empty.mp4"
    cut.write_bytes(clip.read_bytes()[:5000])
    empty.touch()
    assert "cut.mp4" in error_of(capsys, str(cut))
    assert "empty" in error_of(capsys, str(empty))


def test_sound_only(capsys, tmp_path):
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", rate=44100)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 44100), np.float32), "fltp", "mono")
        frame.rate = 44100
        out.mux(stream.encode(frame))
        out.mux(stream.encode())
    assert "no video" in error_of(capsys, str(path))


def test_no_face_in_the_whole_file_leaves_no_csv(capsys, tmp_path):
    path, signals = tmp_path / "wall.mp4", tmp_path / "signals.csv"
    noise = np.random.default_rng(0).integers(100, 140, (60, 120, 160, 3), np.uint8)
    write_video(path, list(noise))
    error = error_of(capsys, str(path), "--method", "green", "--save-signals", str(signals))
    assert "no face in wall.mp4 (60 frames)" in error
    assert [file.name for file in tmp_path.iterdir()] == ["wall.mp4"]


@pytest.mark.parametrize(
    ("level", "clause"),
    [(0, "the picture is too dark. More light"), (255, "the picture is too bright. Less light")],
)
def test_a_black_and_a_white_video_say_that_they_are(capsys, tmp_path, level, clause):
    path = tmp_path / "plain.mp4"
    write_video(path, [np.full((120, 160, 3), level, np.uint8)] * 60)
    error = error_of(capsys, str(path), "--method", "green")
    assert f"no face in plain.mp4 (60 frames): {clause}" in error


def test_unknown_method_device_and_weights(capsys, clip, tmp_path):
    assert "unknown method 'magic'" in error_of(capsys, str(clip), "--method", "magic")
    assert "unknown device" in error_of(capsys, str(clip), "--device", "tpu")
    missing = tmp_path / "no.safetensors"
    assert str(missing) in error_of(capsys, str(clip), "--weights", str(missing))


def test_an_unwritable_output_is_found_before_the_work(capsys, clip, tmp_path):
    for target in (tmp_path, tmp_path / "no" / "such" / "folder.csv"):
        assert str(target) in error_of(capsys, str(clip), "--save-signals", str(target))
    assert "itself" in error_of(capsys, str(clip), "--save-signals", str(clip))
    assert clip.stat().st_size > 10_000


def raw_again(clip, path, codec="mjpeg", container="mjpeg", options=None):
    """The pictures of a clip as a raw stream, without time stamps."""
    with av.open(str(clip)) as source, av.open(str(path), "w", format=container) as out:
        stream = out.add_stream(codec, rate=30, options=options or {})
        video = source.streams.video[0]
        stream.width, stream.height = video.codec_context.width, video.codec_context.height
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        if codec == "mjpeg":
            stream.codec_context.flags |= Flags.qscale
            stream.codec_context.global_quality = 2 * 118
        for number, frame in enumerate(source.decode(video)):
            picture = frame.reformat(format=stream.pix_fmt)
            picture.pts, picture.time_base = number, Fraction(1, 30)
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    return path


def test_raw_stream_needs_its_frame_rate(capsys, clip, tmp_path):
    path = raw_again(clip, tmp_path / "cam.mjpeg")
    assert error_of(capsys, str(path), "--method", "pos").count("does not say its frame rate") == 1
    assert error_of(capsys, str(path), "--fps", "nan").count("fps nan") == 1
    assert "at least 7 frames a second" in error_of(capsys, str(path), "--fps", "3")
    assert main(["analyze", str(path), "--method", "pos", "--fps", "30", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["hr_bpm"] == pytest.approx(72.0, abs=2.0)
    assert (told["fps"], told["fps_source"]) == (30.0, "stated")


def test_stated_rate_beside_time_stamps_is_not_used_and_the_note_says_so(capsys, clip):
    assert main(["analyze", str(clip), "--method", "pos", "--fps", "25", "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["hr_bpm"] == pytest.approx(72.0, abs=2.0)
    assert told.err == ("note: --fps 25 is not used: the recording has time stamps of its own\n")


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize("form", ["mjpeg", "h264", "hevc"])
def test_a_real_face_reads_the_same_from_a_raw_stream(capsys, shared_dir, tmp_path, form):
    clip, path = shared_dir / "clips" / "evm_face.mp4", tmp_path / f"cam.{form}"
    if form == "hevc":
        silent = {"crf": "14", "preset": "fast", "x265-params": "vui-timing-info=0:log-level=none"}
        raw_again(clip, path, "libx265", "hevc", silent)
    elif form == "h264":
        take_timing_out(raw_again(clip, path, "libx264", "h264", {"crf": "14"}))
    else:
        raw_again(clip, path)
    assert "does not say its frame rate" in error_of(capsys, str(path))
    assert main(["analyze", str(path), "--fps", "30", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["hr_bpm"] == pytest.approx(53.0, abs=1.0)
    assert told["state"] == "ok"


def test_a_drawn_face_needs_an_end(capsys):
    assert "seconds=30" in error_of(capsys, "synthetic:hr=72")


def test_live_sources_are_sent_to_live(capsys):
    assert "aimanet live --source" in error_of(capsys, "rtsp://127.0.0.1/stream")
