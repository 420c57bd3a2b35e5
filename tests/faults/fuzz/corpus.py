"""Small real files to damage, written afresh: the same bytes wherever the same libraries are."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import av.logging
import numpy as np
from numpy.typing import NDArray

from aimanet.synthesis import DemoScene, SceneConfig

FRAMES = 24
EXACT = {"fflags": "+bitexact"}

VIDEOS = {
    "h264.mp4": ("libx264", "yuv420p", {"preset": "ultrafast", "g": "8"}),
    "fast.mp4": ("libx264", "yuv420p", {"preset": "medium", "bf": "2"}),
    "ffv1.mkv": ("ffv1", "yuv444p", {"slices": "4", "level": "3"}),
    "wide.mkv": ("ffv1", "gray16le", {}),
    "mjpeg.avi": ("mjpeg", "yuvj420p", {}),
    "vp9.webm": ("libvpx-vp9", "yuv420p", {"cpu-used": "8", "deadline": "realtime"}),
    "mpeg4.mov": ("mpeg4", "yuv420p", {}),
    "png.mov": ("png", "rgb24", {}),
    "mpeg2.ts": ("mpeg2video", "yuv420p", {}),
    "h264.flv": ("libx264", "yuv420p", {"preset": "ultrafast"}),
    "raw.avi": ("rawvideo", "bgr24", {}),
    "moving.gif": ("gif", "rgb8", {}),
    "bare.h264": ("libx264", "yuv420p", {"preset": "ultrafast"}),
}
"""File name -> encoder, pixel format, options."""


def pictures(count: int = FRAMES, width: int = 128, height: int = 96) -> list[NDArray[np.uint8]]:
    """A small drawn face that fills the picture; (height, width, 3) RGB each."""
    scene = DemoScene(SceneConfig(width=width, height=height, size=0.9, seed=3, noise=1.0))
    return [scene.render(i) for i in range(count)]


def write_videos(folder: Path) -> list[Path]:
    """One video of each kind this FFmpeg can write; at least the common ones."""
    av.logging.set_level(None)
    images = pictures()
    made = [
        write_video(folder / name, images, codec, pixels, options)
        for name, (codec, pixels, options) in VIDEOS.items()
        if codec in av.codecs_available
    ]
    assert len(made) >= 8
    return made


def write_video(
    path: Path,
    images: Sequence[NDArray[np.uint8]],
    codec: str,
    pixels: str,
    options: dict[str, str],
) -> Path:
    """``images`` (H, W, 3) at 30 fps."""
    head = EXACT | ({"movflags": "faststart"} if path.name == "fast.mp4" else {})
    with av.open(str(path), "w", options=head) as container:
        stream = container.add_stream(codec, rate=30, options=options)
        stream.pix_fmt = pixels
        stream.codec_context.thread_count = 1
        stream.height, stream.width = images[0].shape[:2]
        for number, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image, "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 30)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
