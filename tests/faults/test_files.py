"""Video files as cameras, phones and instruments really write them: all are read, or refused."""

from __future__ import annotations

import itertools
import struct
import zlib
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from aimanet.cli import main
from aimanet.errors import SourceError
from aimanet.face import FaceTracker
from aimanet.sources import open_source
from aimanet.sources.formats import MAX_PIXELS
from aimanet.synthesis import DemoScene, SceneConfig
from aimanet.types import Frame
from tests.aimanet.sources.mjpeg_server import number_of
from tests.aimanet.sources.videos import QUARTER_CLOCKWISE, numbered, rotate_mp4, write_video

Image = NDArray[np.uint8]


@pytest.fixture(scope="module")
def tracker(face_model: Path) -> Iterator[FaceTracker]:
    tracker = FaceTracker(model_path=face_model)
    yield tracker
    tracker.close()


@pytest.fixture(scope="module")
def faces() -> list[Image]:
    scene = DemoScene(SceneConfig(width=240, height=180, size=0.8, seed=4, noise=1.0))
    return [scene.render(i) for i in range(4)]


def read_all(path: Path) -> list[Frame]:
    with open_source(str(path), realtime=False) as source:
        return list(source)


def found(tracker: FaceTracker, frames: Sequence[Frame]) -> NDArray[np.float64]:
    """Middle (x, y) and side of the face in the last of the frames."""
    tracker.reset()
    crop = [tracker.track(frame) for frame in frames][-1]
    assert crop.bbox is not None
    x, y, w, h = crop.bbox
    return np.array([x + w / 2, y + h / 2, w])


def encode(path: Path, images: list[Image], codec: str, pixels: str) -> Path:
    """Frames converted by FFmpeg to ``pixels`` first, whatever they are."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=30)
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = pixels
        for k, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image, "rgb24").reformat(format=pixels)
            frame.pts, frame.time_base = k, Fraction(1, 30)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "codec", "pixels"),
    [
        ("grey.mkv", "ffv1", "gray"),
        ("grey16.mkv", "ffv1", "gray16le"),
        ("ten.mkv", "ffv1", "yuv420p10le"),
        ("rgb48.mov", "png", "rgb48be"),
        ("grey16.mov", "png", "gray16be"),
        ("alpha.mov", "png", "rgba"),
        ("alpha.mkv", "ffv1", "bgra"),
        ("palette.gif", "gif", "rgb8"),
        ("planar.mkv", "ffv1", "gbrp16le"),
        ("raw.avi", "rawvideo", "yuyv422"),
        ("tenbit.mp4", "libx264", "yuv444p10le"),
    ],
)
def test_the_face_is_found_in_any_pixel_format(
    tmp_path: Path, tracker: FaceTracker, faces: list[Image], name: str, codec: str, pixels: str
) -> None:
    if codec not in av.codecs_available:
        pytest.skip(f"this FFmpeg has no encoder {codec}")
    frames = read_all(encode(tmp_path / name, faces, codec, pixels))
    assert len(frames) == len(faces)
    assert frames[0].image.shape == (180, 240, 3)
    assert frames[0].image.dtype == np.uint8
    plain = found(tracker, [Frame(i, i / 30, image) for i, image in enumerate(faces)])
    assert np.abs(found(tracker, frames) - plain).max() < 0.12 * plain[2]


@pytest.mark.parametrize(
    ("width", "height"), [(1, 1), (2, 1), (3, 5), (17, 31), (641, 479), (10_000, 40), (10_000, 562)]
)
def test_odd_and_very_wide_sizes(
    tmp_path: Path, tracker: FaceTracker, width: int, height: int
) -> None:
    picture = np.full((height, width, 3), (180, 120, 90), np.uint8)
    frames = read_all(write_video(tmp_path / "a.mkv", [picture] * 2, codec="ffv1", pixels="bgr0"))
    assert [frame.image.shape for frame in frames] == [(height, width, 3)] * 2
    assert np.abs(frames[0].image.astype(int) - picture).max() <= 2
    assert all(frame.image.flags.c_contiguous for frame in frames)
    tracker.reset()
    assert all(tracker.track(frame).bbox is None for frame in frames)


def test_a_tiny_video_is_analysed_to_the_end_and_refused_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = np.zeros((1, 1, 3), np.uint8)
    path = write_video(tmp_path / "dot.mkv", [picture] * 3, codec="ffv1", pixels="bgr0")
    assert main(["analyze", str(path), "--method", "green"]) == 2
    assert "no face in dot.mkv (3 frames)" in capsys.readouterr().err


def test_a_picture_beyond_8k_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    width, height = 16_000, 9_000
    assert width * height > MAX_PIXELS
    path = tmp_path / "huge.gif"
    screen = struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    block = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x4c\x01\x00"
    path.write_bytes(b"GIF89a" + screen + block * 2 + b";")
    with pytest.raises(SourceError, match="huge"):
        read_all(path)
    even = encode(tmp_path / "h.mkv", [np.zeros((64, 64, 3), np.uint8)] * 2, "mjpeg", "yuvj420p")
    data = even.read_bytes()
    at = data.index(b"\xb0\x81\x40\xba\x81\x40")  # PixelWidth and PixelHeight, both 64
    lied = data[:at] + b"\xb0\x81\x40\xba\x81\x40" + data[at + 6 :]
    frame = lied.index(b"\xff\xc0") + 5  # the JPEG's own frame header
    even.write_bytes(lied[:frame] + struct.pack(">HH", 60_000, 60_000) + lied[frame + 4 :])
    frames = read_all(even)
    assert all(frame.image.shape == (64, 64, 3) for frame in frames)  # the other one is skipped


def test_a_picture_file_beyond_8k_is_skipped(tmp_path: Path) -> None:
    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(bytes(30_001))), (b"IEND", b"")]
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    for k in range(4):
        (tmp_path / f"{k}.png").write_bytes(png)
    cv2.imwrite(str(tmp_path / "4.png"), np.zeros((48, 64, 3), np.uint8))
    source = open_source(str(tmp_path), realtime=False, fps=30)
    with source:
        assert [frame.index for frame in source] == [4]


def stamped(path: Path, stamps: list[int]) -> Path:
    """An FFV1 Matroska file whose blocks carry these times (ms) instead of their own."""
    write_video(path, numbered(len(stamps)), codec="ffv1", pixels="bgr0")
    data = bytearray(path.read_bytes())
    at = data.index(bytes.fromhex("1f43b675"))
    for k, stamp in enumerate(stamps):
        old = b"\x81" + struct.pack(">h", round(k * 1000 / 30))
        at = min(
            where for flags in b"\x80\x00" if (where := data.find(old + bytes([flags]), at)) > 0
        )
        data[at + 1 : at + 3] = struct.pack(">h", stamp)
        at += 4
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "stamps",
    [
        [0] * 12,
        [0, 33, 67, 67, 67, 67, 67, 233, 267, 300, 333, 367],
        [0, 33, 67, 100, 20, 40, 60, 233, 267, 300, 333, 367],
        [9000, 33, 67, 100, 133, 167, 200, 233, 267, 300, 333, 367],
        [0, 33, 67, -5000, -4000, 167, 200, 32_000, 267, 300, 333, 367],
        [int(t) for t in np.cumsum([0, 10, 90, 5, 5, 5, 200, 3, 60, 30, 33, 33])],
    ],
    ids=["still", "pause", "steps back", "starts late", "leaps", "variable"],
)
def test_time_only_grows_whatever_the_stamps_say(tmp_path: Path, stamps: list[int]) -> None:
    frames = read_all(stamped(tmp_path / "a.mkv", stamps))
    assert [number_of(frame.image) for frame in frames] == list(range(12))
    times = [frame.t for frame in frames]
    assert all(after > before for before, after in itertools.pairwise(times))
    assert times[-1] - times[0] < 45


def test_a_stream_without_stamps_has_the_rate_of_its_header(tmp_path: Path) -> None:
    frames = read_all(write_video(tmp_path / "a.h264", numbered(10), fps=20))
    assert np.diff([frame.t for frame in frames]) == pytest.approx(0.05)


def test_a_phone_held_upright(tmp_path: Path, tracker: FaceTracker, faces: list[Image]) -> None:
    """Stored lying, with the turn in its header: the face is found as in the upright picture."""
    lying = [np.ascontiguousarray(np.rot90(image)) for image in faces]
    path = rotate_mp4(write_video(tmp_path / "a.mp4", lying), QUARTER_CLOCKWISE)
    plain = found(tracker, [Frame(i, i / 30, image) for i, image in enumerate(faces)])
    assert np.abs(found(tracker, read_all(path)) - plain).max() < 0.12 * plain[2]


PLAYLISTS = {
    "list.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9.0,\n{other}\n#EXT-X-ENDLIST\n",
    "list.mp4": "ffconcat version 1.0\nfile other.mkv\n",
    "call.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
    "m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
}


@pytest.mark.parametrize("name", PLAYLISTS)
def test_a_file_that_names_other_files_is_no_video(tmp_path: Path, name: str) -> None:
    other = write_video(tmp_path / "other.mkv", numbered(2), codec="ffv1", pixels="bgr0")
    (tmp_path / name).write_text(PLAYLISTS[name].format(other=other))
    with pytest.raises(SourceError, match="not a video"):
        read_all(tmp_path / name)
