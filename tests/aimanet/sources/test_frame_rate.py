"""The frame rate of a recording is read or stated, never guessed."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from aimanet.errors import SourceError, UnknownRateError
from aimanet.sources import open_source
from aimanet.sources.base import SourceInfo
from tests.aimanet.sources.raw_streams import take_timing_out
from tests.aimanet.sources.videos import numbered, write_video

SILENT_HEVC = {"x265-params": "vui-timing-info=0:log-level=none"}


def write(
    path: Path, codec: str, container: str = "", pixels: str = "yuv420p", **more: str
) -> Path:
    """Forty pictures, 30 a second, in a format whatever the name says."""
    with av.open(str(path), "w", format=container or None) as out:
        stream = out.add_stream(codec, rate=30, options={k: v for k, v in more.items() if v})
        stream.height, stream.width, stream.pix_fmt = 144, 176, pixels
        for image in numbered(40):
            frame = av.VideoFrame.from_ndarray(image, "rgb24").reformat(176, 144, pixels)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def measured(path: Path, fps: float | None = None) -> tuple[SourceInfo, float]:
    """What the source says, and the frames a second of the times that it gives."""
    source = open_source(str(path), realtime=False, fps=fps)
    info = source.open()
    times = [frame.t for frame in source]
    source.close()
    return info, (len(times) - 1) / (times[-1] - times[0])


def refusal(path: Path) -> str:
    with pytest.raises(UnknownRateError) as caught:
        open_source(str(path), realtime=False).open()
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    assert "--fps 30" in message
    return message


def silent_h264(path: Path) -> Path:
    return take_timing_out(write(path, "libx264", "h264"))


def silent_hevc(path: Path) -> Path:
    return write(path, "libx265", "hevc", **SILENT_HEVC)


SILENT: dict[str, Callable[[Path], Path]] = {
    "cam.mjpeg": lambda path: write(path, "mjpeg", "mjpeg", "yuvj420p"),
    "multipart.mjpg": lambda path: write(path, "mjpeg", "mpjpeg", "yuvj420p"),
    "cam.h264": silent_h264,
    "raw-inside.mp4": silent_h264,
    "cam.bin": silent_h264,
    "cam.h265": silent_hevc,
    "cam.h263": lambda path: write(path, "h263", "h263"),
    "cam.h261": lambda path: write(path, "h261", "h261"),
}


@pytest.mark.parametrize("name", SILENT)
def test_raw_stream_without_a_rate_is_refused_and_read_at_a_stated_one(
    tmp_path: Path, name: str
) -> None:
    path = SILENT[name](tmp_path / name)
    assert "does not say its frame rate" in refusal(path)
    info, fps = measured(path, fps=30)
    assert (info.fps, info.fps_source) == (30.0, "stated")
    assert fps == pytest.approx(30)
    assert measured(path, fps=24)[1] == pytest.approx(24)


@pytest.mark.parametrize(
    ("name", "codec", "container"),
    [
        ("a.h264", "libx264", "h264"),
        ("a.h265", "libx265", "hevc"),
        ("a.m1v", "mpeg1video", "mpeg1video"),
        ("a.m2v", "mpeg2video", "mpeg2video"),
        ("a.m4v", "mpeg4", "m4v"),
        ("a.y4m", "rawvideo", "yuv4mpegpipe"),
        ("a.avi", "mjpeg", "avi"),
    ],
)
def test_rate_in_the_header_is_used_unless_another_is_stated(
    tmp_path: Path, name: str, codec: str, container: str
) -> None:
    pixels = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    path = write(tmp_path / name, codec, container, pixels)
    info, fps = measured(path)
    assert (info.fps, info.fps_source) == (30.0, "header")
    assert fps == pytest.approx(30)
    info, fps = measured(path, fps=25)
    assert (info.fps, info.fps_source) == (25.0, "stated")
    assert fps == pytest.approx(25)


@pytest.mark.parametrize(
    ("name", "codec", "pixels"),
    [
        ("a.mp4", "libx264", "yuv420p"),
        ("a.mkv", "mjpeg", "yuvj420p"),
        ("a.ts", "libx264", "yuv420p"),
        ("a.webm", "libvpx", "yuv420p"),
        ("a.flv", "flv", "yuv420p"),
        ("a.gif", "gif", "rgb8"),
    ],
)
def test_true_time_stamps_stand_above_a_stated_rate(
    tmp_path: Path, name: str, codec: str, pixels: str
) -> None:
    path = write(tmp_path / name, codec, "", pixels)
    info, fps = measured(path, fps=50)
    assert info.fps_source == "timestamps"
    assert fps == pytest.approx(30, rel=0.02)


def test_clock_of_mpeg4_is_not_taken_for_a_rate(tmp_path: Path) -> None:
    """Its header counts in ticks, here 100 a second, of which a camera uses every third, say."""
    path = tmp_path / "a.m4v"
    with av.open(str(path), "w", format="m4v") as out:
        stream = out.add_stream("mpeg4", rate=100)
        stream.height, stream.width, stream.pix_fmt = 240, 320, "yuv420p"
        for number, image in enumerate(numbered(20)):
            frame = av.VideoFrame.from_ndarray(image, "rgb24")
            frame.pts, frame.time_base = 3 * number, Fraction(1, 100)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    assert "does not say its frame rate" in refusal(path)


def edit(path: Path, change: Callable[[bytearray], None]) -> Path:
    data = bytearray(path.read_bytes())
    change(data)
    path.write_bytes(data)
    return path


def every(data: bytearray, mark: bytes) -> list[int]:
    return [at for at in range(len(data)) if data.startswith(mark, at)]


@pytest.mark.parametrize(("rate", "scale"), [(600, 1), (1, 2), (90_000, 1), (2**32 - 1, 1)])
def test_header_with_a_rate_that_cannot_be_is_refused(
    tmp_path: Path, rate: int, scale: int
) -> None:
    def absurd(data: bytearray) -> None:
        at = data.index(b"vids") + 20
        data[at : at + 8] = struct.pack("<II", scale, rate)

    path = edit(write(tmp_path / "a.avi", "mjpeg", "avi", "yuvj420p"), absurd)
    assert "cannot be (5 to 250 can)" in refusal(path)
    assert measured(path, fps=30)[1] == pytest.approx(30)


@pytest.mark.parametrize(("scale", "rate"), [(0, 0), (1, 0), (0, 30)])
def test_avi_whose_rates_are_zero_does_not_say_any(tmp_path: Path, scale: int, rate: int) -> None:
    def zero(data: bytearray) -> None:
        main, track = data.index(b"avih") + 8, data.index(b"vids") + 20
        data[main : main + 4] = bytes(4)
        data[track : track + 8] = struct.pack("<II", scale, rate)

    path = edit(write(tmp_path / "a.avi", "mjpeg", "avi", "yuvj420p"), zero)
    assert "does not say its frame rate" in refusal(path)
    assert measured(path, fps=30)[1] == pytest.approx(30)


@pytest.mark.parametrize("token", [b"", b" F0:0"])
def test_yuv4mpeg_without_a_rate_is_refused(tmp_path: Path, token: bytes) -> None:
    path = write(tmp_path / "a.y4m", "rawvideo", "yuv4mpegpipe")
    head, newline, rest = path.read_bytes().partition(b"\n")
    assert b" F30:1" in head
    path.write_bytes(head.replace(b" F30:1", token) + newline + rest)
    assert "does not say its frame rate" in refusal(path)


@pytest.mark.parametrize("hundredths", [0, 1, 10])
def test_default_delay_of_a_gif_is_no_rate(tmp_path: Path, hundredths: int) -> None:
    def delay(data: bytearray) -> None:
        for at in every(data, b"\x21\xf9\x04"):
            data[at + 4 : at + 6] = struct.pack("<H", hundredths)

    path = edit(write(tmp_path / "a.gif", "gif", "", "rgb8"), delay)
    assert "does not say its frame rate" in refusal(path)
    assert measured(path, fps=30)[1] == pytest.approx(30)


def test_apng_that_plays_as_fast_as_it_can_has_no_rate(tmp_path: Path) -> None:
    def as_fast_as_it_can(data: bytearray) -> None:
        for at in every(data, b"fcTL"):
            data[at + 24 : at + 26] = bytes(2)
            data[at + 30 : at + 34] = struct.pack(">I", zlib.crc32(data[at : at + 30]))

    path = write(tmp_path / "a.apng", "apng", "apng", "rgb24")
    assert measured(path)[1] == pytest.approx(30, rel=0.01)
    edit(path, as_fast_as_it_can)
    assert "does not say its frame rate" in refusal(path)
    assert measured(path, fps=30)[1] == pytest.approx(30)


def test_time_stamps_of_a_thousand_frames_a_second_are_not_believed(tmp_path: Path) -> None:
    times = list(np.arange(40) / 1000)
    path = write_video(tmp_path / "a.mkv", numbered(40), codec="ffv1", times=times)
    assert "cannot be" in refusal(path)
    assert measured(path, fps=30)[1] == pytest.approx(30)


def test_lost_picture_of_a_stream_without_stamps_leaves_a_hole_in_time(tmp_path: Path) -> None:
    def damage(data: bytearray) -> None:
        starts = every(data, b"\xff\xd8\xff")
        frame = data.index(b"\xff\xc0", starts[10])
        data[frame + 5 : frame + 9] = struct.pack(">HH", 60_000, 60_000)

    path = edit(write(tmp_path / "a.mjpeg", "mjpeg", "mjpeg", "yuvj420p"), damage)
    with open_source(str(path), realtime=False, fps=20) as source:
        frames = list(source)
    assert [frame.index for frame in frames] == [n for n in range(40) if n != 10]
    assert [frame.t for frame in frames] == pytest.approx([f.index / 20 for f in frames])


@pytest.mark.parametrize(
    ("fps", "says"),
    [(3, "at least 7 frames"), (600, "too high"), (float("nan"), "nan"), (0, "fps 0")],
)
def test_stated_rate_that_carries_no_pulse_is_refused(
    tmp_path: Path, fps: float, says: str
) -> None:
    path = write(tmp_path / "a.mjpeg", "mjpeg", "mjpeg", "yuvj420p")
    with pytest.raises(SourceError, match=says):
        open_source(str(path), fps=fps)
