"""Bit for bit, with true times, and readable by a program that is not ours."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from fractions import Fraction

import av
import numpy as np
import pytest

from aimanet.sessions.layout import SessionError, stamp_ms
from aimanet.sessions.video import SessionVideo
from tests.aimanet.sessions.recordings import image


@pytest.mark.parametrize("size", [(64, 48), (37, 23), (36, 36)])
def test_pictures_come_back_bit_for_bit_with_their_times(tmp_path, size):
    t = [0.0, 0.0334, 0.0336, 0.5, 3600.0]
    video = SessionVideo(tmp_path / "video.mkv", size, 29.97)
    for i, at in enumerate(t):
        video.add(image(i, size), at)
    video.finish()
    with av.open(str(tmp_path / "video.mkv")) as file:
        read = list(file.decode(video=0))
    assert [p.pts for p in read] == [0, 33, 34, 500, 3600000]
    assert all(p.time_base == Fraction(1, 1000) and p.key_frame for p in read)
    for i, picture in enumerate(read):
        assert np.array_equal(picture.to_ndarray(format="rgb24"), image(i, size))


def test_stamps_round_to_milliseconds_and_always_rise():
    stamps, before = [], None
    for t in (0.0, 0.0004, 0.0006, 0.0007, 0.1):
        before = stamp_ms(t, before)
        stamps.append(before)
    assert stamps == [0, 1, 2, 3, 100]


def test_a_size_that_ffv1_cannot_take_is_told(tmp_path):
    with pytest.raises(SessionError, match="1x1 cannot be recorded"):
        SessionVideo(tmp_path / "video.mkv", (1, 1), 30.0)


@pytest.mark.parametrize("codec", ["LOSSLESS", "COMPRESSED"])
def test_small_pictures_are_encoded_where_nothing_was_decoded_before(tmp_path, codec):
    """The memory limit of a small encoder must not be the first and lowest of the process."""
    program = f"""
import numpy as np
from pathlib import Path
from aimanet.sessions import video
film = video.SessionVideo(Path({str(tmp_path / "film.mkv")!r}), (72, 72), 30.0, video.{codec})
rng = np.random.default_rng(0)
for k in range(40):
    film.add(rng.integers(0, 256, (72, 72, 3), np.uint8), k / 30)
film.finish()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def written(folder, frames=30):
    video = SessionVideo(folder / "video.mkv", (64, 48), 30.0)
    for i in range(frames):
        video.add(image(i), i / 30)
    video.finish()
    return folder / "video.mkv"


def test_ffprobe_reads_every_frame_and_the_length(tmp_path):
    if shutil.which("ffprobe") is None:
        pytest.skip("ffprobe is not installed")
    show = ["-show_entries", "stream=codec_name,nb_read_frames:format=format_name,duration"]
    done = subprocess.run(
        ["ffprobe", "-v", "error", "-count_frames", *show, "-of", "json", written(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    told = json.loads(done.stdout)
    assert done.stderr == ""
    assert told["streams"] == [{"codec_name": "ffv1", "nb_read_frames": "30"}]
    assert told["format"]["format_name"].startswith("matroska")
    assert float(told["format"]["duration"]) == pytest.approx(1.0, abs=0.05)


def test_version_3_with_checksums_a_flipped_byte_is_noticed_and_costs_one_frame(tmp_path):
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    path = written(tmp_path)
    with av.open(str(path)) as file:
        assert file.streams.video[0].codec_context.extradata  # versions below 3 have none
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x55
    path.write_bytes(data)
    check = ["ffmpeg", "-v", "error", "-err_detect", "crccheck", "-i", path, "-f", "null", "-"]
    done = subprocess.run(check, capture_output=True, text=True, timeout=60)
    assert done.stderr.lower().count("crc mismatch") == 1
    with av.open(str(path)) as file:
        same = [
            np.array_equal(p.to_ndarray(format="rgb24"), image(i))
            for i, p in enumerate(file.decode(video=0))
        ]
    assert same.count(False) == 1
