"""What a small file may claim costs little memory, whether it is read or refused."""

from __future__ import annotations

import struct
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from aimanet.errors import SourceError
from aimanet.sources.container import MOST_TRACKS, open_container
from tests.aimanet.sources.videos import cut, numbered, write_video

MOST_MB = 400
PROGRAM = """
import sys
from aimanet.errors import SourceError
from aimanet.sources.video import VideoSource
def peak():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024
before = peak()
try:
    with VideoSource(sys.argv[1], __import__("pathlib").Path(sys.argv[1]), False, 30.0) as source:
        said = f"{sum(1 for _ in source)} frames"
except SourceError as error:
    said = str(error)
print(peak() - before, said)
"""


def taken_mb(path: Path, repository: Path) -> tuple[int, str]:
    """The memory that a process takes to read a file, and what it then says."""
    if not Path("/proc/self/status").exists():
        pytest.skip("needs /proc")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path)],
        cwd=repository,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    mb, _, said = done.stdout.strip().partition(" ")
    return int(mb), said


def write_tracks(path: Path, count: int, size: tuple[int, int], codec: str = "libx264") -> Path:
    """So many video tracks of one grey picture each."""
    with av.open(str(path), "w") as out:
        for _ in range(count):
            stream = out.add_stream(codec, rate=30)
            stream.width, stream.height = size
            stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for stream in list(out.streams.video):
            frame = av.VideoFrame(*size, stream.pix_fmt)
            for plane in frame.planes:
                plane.update(bytes([128]) * plane.buffer_size)
            frame.pts, frame.time_base = 0, Fraction(1, 30)
            out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
def test_file_with_many_video_tracks_is_refused_before_they_are_decoded(
    tmp_path: Path, repository: Path, name: str
) -> None:
    path = write_tracks(tmp_path / name, 60, (1280, 720))
    mb, said = taken_mb(path, repository)
    assert "has 60 video tracks; up to 16 can be read" in said
    assert mb < 60  # 180 with a decoder for each


def test_more_streams_than_any_recording_has_are_refused(tmp_path: Path, repository: Path) -> None:
    path = write_tracks(tmp_path / "a.mp4", 300, (64, 48), "mpeg4")
    mb, said = taken_mb(path, repository)
    assert "not a video that can be read" in said
    assert mb < MOST_MB


def test_as_many_tracks_as_are_allowed_are_read(tmp_path: Path) -> None:
    with open_container(write_tracks(tmp_path / "a.mkv", MOST_TRACKS, (64, 48))) as container:
        assert len(container.streams.video) == MOST_TRACKS


def test_sixteen_large_tracks_are_refused(tmp_path: Path) -> None:
    path = write_tracks(tmp_path / "a.mkv", 16, (2560, 1920), "mjpeg")
    with pytest.raises(SourceError, match="16 video tracks are too large together"):
        open_container(path)


def test_index_that_claims_millions_of_frames(tmp_path: Path, repository: Path) -> None:
    """4 kB of MOV in which one line of the index stands for 40 million frames took 1,400 MB."""
    path = write_video(tmp_path / "a.mov", numbered(3), codec="mjpeg", pixels="yuvj420p")
    data = bytearray(path.read_bytes())
    sizes, chunks, times = (data.index(name) + 8 for name in (b"stsz", b"stsc", b"stts"))
    frames = 40_000_000
    data[sizes : sizes + 8] = struct.pack(">II", 1, frames)
    data[chunks : chunks + 16] = struct.pack(">IIII", 1, 1, frames, 1)
    data[times + 4 : times + 8] = struct.pack(">I", frames)
    path.write_bytes(data)
    mb, said = taken_mb(path, repository)
    assert "its index claims more frames than it can hold" in said
    assert mb < MOST_MB


def test_many_tracks_that_claim_some_million_samples_each(tmp_path: Path, repository: Path) -> None:
    path = write_tracks(tmp_path / "a.mov", 12, (64, 48), "mpeg4")
    data = bytearray(path.read_bytes())
    frames = 4_000_000
    for name, offset, numbers in (
        (b"stsz", 8, (1, frames)),
        (b"stsc", 8, (1, 1, frames, 1)),
        (b"stts", 12, (frames,)),
    ):
        at = -1
        while (at := data.find(name, at + 1)) >= 0:
            data[at + offset : at + offset + 4 * len(numbers)] = struct.pack(
                f">{len(numbers)}I", *numbers
            )
    path.write_bytes(data)
    mb, said = taken_mb(path, repository)
    assert "its index claims more frames than it can hold" in said
    assert mb < 30


def test_uncompressed_sound_of_a_file_that_was_cut_short_is_no_claim(tmp_path: Path) -> None:
    path = tmp_path / "a.mov"
    with av.open(str(path), "w", options={"movflags": "faststart"}) as out:
        stream = out.add_stream("mjpeg", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        sound = out.add_stream("pcm_s16le", rate=48_000, layout="mono")
        for number in range(30):
            frame = av.VideoFrame(64, 48, "yuvj420p")
            frame.pts, frame.time_base = number, Fraction(1, 30)
            out.mux(stream.encode(frame))
            samples = np.zeros((1, 1600), np.int16)
            tone = av.AudioFrame.from_ndarray(samples, "s16", "mono")
            tone.rate, tone.pts = 48_000, 1600 * number
            out.mux(sound.encode(tone))
        out.mux(stream.encode(None))
    cut(path, 0.3)
    with open_container(path) as container:
        assert len(container.streams.video) == 1


@pytest.mark.slow
def test_raw_stream_followed_by_zeros(tmp_path: Path, repository: Path) -> None:
    """A hole of a sparse file: FFmpeg looks for the end of the picture and keeps all of it."""
    path = write_video(tmp_path / "a.m2v", numbered(3), codec="mpeg2video")
    with path.open("r+b") as file:
        file.truncate(800 << 20)
    mb, said = taken_mb(path, repository)
    assert said.endswith(" frames")
    assert mb < MOST_MB
