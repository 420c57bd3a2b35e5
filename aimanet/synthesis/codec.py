"""Frames through a real video encoder and back: what compression leaves of a pulse."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
Picture = NDArray[np.uint8]

JPEG = "jpeg"
"""`Coder.codec` of single JPEG pictures, which needs no PyAV; option ``quality`` 1-100."""


def available() -> bool:
    """True where PyAV is installed (a bare training server may do without)."""
    try:
        import av  # noqa: F401
    except ImportError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Coder:
    """One encoder setting. ``codec`` is an FFmpeg name; ``options`` go to it as they are."""

    codec: str
    fps: float
    options: dict[str, str] = field(default_factory=dict)
    pixels: str = "yuv420p"

    @classmethod
    def random(cls, rng: np.random.Generator, fps: float, share: float) -> Coder | None:
        """A random encoder for about ``share`` of the calls; None for the rest.

        Made for crops of 144 px, whose 16 px blocks are as large on the face as those of a
        640 x 480 call with a face of 90 px: larger faces suffer less. Bit rates are those that
        such a crop gets out of 100-800 kbit/s for the whole picture.
        """
        if rng.random() > share:
            return None
        kind = rng.random()
        if kind > 0.82 or not available():
            quality = {"quality": str(int(rng.integers(30, 93)))}
            return cls(JPEG, fps, quality)
        gop = str(int(rng.choice([12, 30, 60, 250])))
        if kind < 0.67:
            return cls("libx264", fps, {**_h264(rng), "g": gop, "threads": "1"})
        quality = {"qmin": (q := str(int(rng.integers(2, 12)))), "qmax": q}
        return cls("mpeg4", fps, {**quality, "g": gop})

    def round_trip(self, images: list[Image]) -> list[Image]:
        """Encodes and decodes ``images`` (H, W, 3) float32; returns as many, float32."""
        pictures = [np.clip(image + 0.5, 0, 255).astype(np.uint8) for image in images]
        if self.codec == JPEG:
            quality = [cv2.IMWRITE_JPEG_QUALITY, int(self.options.get("quality", "75"))]
            back = [_jpeg(picture, quality) for picture in pictures]
        else:
            back = self._video(pictures)
        return [picture.astype(np.float32) for picture in back]

    def _video(self, pictures: list[Picture]) -> list[Picture]:
        import av
        from av.video.reformatter import VideoReformatter

        # OpenCV's conversion is the quicker one; swscale takes odd sizes and other formats.
        plain = self.pixels == "yuv420p" and not any(n % 2 for n in pictures[0].shape[:2])
        buffer, reshape = io.BytesIO(), VideoReformatter()
        with av.open(buffer, "w", format="matroska") as out:
            rate = Fraction(self.fps).limit_denominator(1001)
            stream = cast(
                "av.VideoStream", out.add_stream(self.codec, rate=rate, options=self.options)
            )
            stream.height, stream.width = pictures[0].shape[:2]
            stream.pix_fmt = self.pixels
            for i, picture in enumerate(pictures):
                frame = av.VideoFrame.from_ndarray(*_planes(picture, plain))
                frame.pts, frame.time_base = i, 1 / rate
                for packet in stream.encode(frame):
                    out.mux(packet)
            for packet in stream.encode():
                out.mux(packet)
        buffer.seek(0)
        with av.open(buffer, "r") as file:
            file.streams.video[0].thread_type = "NONE"
            return [_picture(frame, plain, reshape) for frame in file.decode(video=0)]


def _h264(rng: np.random.Generator) -> dict[str, str]:
    """Options of x264: files of a phone, of a call, of an archive."""
    preset = str(
        rng.choice(["ultrafast", "superfast", "veryfast", "medium"], p=[0.4, 0.2, 0.3, 0.1])
    )
    # Without mbtree: in pictures this narrow its quick code reads what it never wrote, and no
    # two runs are alike.
    options = {"preset": preset, "rc-lookahead": "8", "mbtree": "0"}
    if rng.random() < 0.5:
        options["tune"] = "zerolatency"  # a call: no B-frames, no looking ahead
    elif rng.random() < 0.5:
        options["bf"] = str(int(rng.integers(0, 4)))
    if rng.random() < 0.65:
        return options | {"crf": str(int(rng.integers(16, 35)))}
    rate = float(np.exp(rng.uniform(np.log(28_000), np.log(260_000))))
    return options | {"b": f"{rate:.0f}", "maxrate": f"{rate * 1.2:.0f}", "bufsize": f"{rate:.0f}"}


def _jpeg(picture: Picture, quality: list[int]) -> Picture:
    done = cv2.imencode(".jpg", picture, quality)[1]
    return np.asarray(cv2.imdecode(done, cv2.IMREAD_COLOR), np.uint8)  # channels keep their order


def _planes(picture: Picture, plain: bool) -> tuple[Picture, str]:
    if not plain:
        return picture, "rgb24"
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420), np.uint8), "yuv420p"


def _picture(frame: Any, plain: bool, reshape: Any) -> Picture:
    if not plain:
        return reshape.reformat(frame, format="rgb24").to_ndarray()
    return np.asarray(cv2.cvtColor(frame.to_ndarray(), cv2.COLOR_YUV2RGB_I420), np.uint8)
