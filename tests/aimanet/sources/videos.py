"""Real video files for tests, each frame carrying its own number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from aimanet.sources.ffmpeg import ENCODER_BYTES, limit_memory
from tests.aimanet.sources.mjpeg_server import numbered_picture

QUARTER_CLOCKWISE = (0, 1, -1, 0)
HALF_TURN = (-1, 0, 0, -1)
QUARTER_COUNTERCLOCKWISE = (0, -1, 1, 0)


def numbered(count: int) -> list[NDArray[np.uint8]]:
    return [numbered_picture(number) for number in range(count)]


def write_video(
    path: Path,
    images: Iterable[NDArray[np.uint8]],
    *,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    fps: int = 30,
    times: Sequence[float] | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """Encode RGB (H, W, 3) or grey (H, W) images; ``times`` in s override the even ``fps``."""
    with av.open(str(path), "w", container_options=options or {}) as container:
        stream = container.add_stream(codec, rate=fps)
        clock = Fraction(1, 1000) if times is not None else Fraction(1, fps)
        stream.time_base = stream.codec_context.time_base = clock
        stream.pix_fmt = pixels
        pictures = list(images)
        stream.height, stream.width = pictures[0].shape[:2]
        limit_memory(av, stream.height * stream.width * ENCODER_BYTES)
        for number, image in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(image, "gray" if image.ndim == 2 else "rgb24")
            frame.pts = number if times is None else round(times[number] * 1000)
            frame.time_base = clock
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_sound(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100, layout="mono")
        tone = np.sin(np.arange(44100) / 20).astype(np.float32)[None]
        frame = av.AudioFrame.from_ndarray(tone, "fltp", "mono")
        frame.rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def rotate_mp4(path: Path, turn: tuple[int, int, int, int]) -> Path:
    """Write the display matrix (a, b, c, d) of ISO 14496-12 into the track header."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    a, b, c, d = (value << 16 for value in turn)
    matrix = np.array([a, b, 0, c, d, 0, 0, 0, 1 << 30], ">i4")
    data[at : at + 36] = matrix.tobytes()
    path.write_bytes(data)
    return path


def cut(path: Path, share: float) -> Path:
    """Keep the first ``share`` of the file's bytes, as an interrupted copy does."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path
