"""Frames through a real video encoder and back: what compression leaves of a pulse."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from fractions import Fraction
from typing import cast

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]


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
        """A random encoder for about ``share`` of the calls; None for the rest."""
        if rng.random() > share or not available():
            return None
        gop = str(int(rng.choice([12, 30, 60, 250])))
        kind = rng.random()
        if kind < 0.65:
            preset = str(rng.choice(["ultrafast", "veryfast", "medium"], p=[0.4, 0.4, 0.2]))
            crf = str(int(rng.integers(17, 37)))
            options = {"crf": crf, "preset": preset, "g": gop, "threads": "1"}
            return cls("libx264", fps, options)
        quality = {"qmin": (q := str(int(rng.integers(2, 10)))), "qmax": q}
        if kind < 0.85:
            return cls("mpeg4", fps, {**quality, "g": gop})
        return cls("mjpeg", fps, quality, "yuvj420p")

    def round_trip(self, images: list[Image]) -> list[Image]:
        """Encodes and decodes ``images`` (H, W, 3) float32; returns as many, float32."""
        import av

        buffer = io.BytesIO()
        height, width = images[0].shape[:2]
        with av.open(buffer, "w", format="matroska") as out:
            rate = Fraction(self.fps).limit_denominator(1001)
            stream = cast(
                "av.VideoStream", out.add_stream(self.codec, rate=rate, options=self.options)
            )
            stream.width, stream.height, stream.pix_fmt = width, height, self.pixels
            for image in images:
                picture = np.clip(image + 0.5, 0, 255).astype(np.uint8)
                for packet in stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")):
                    out.mux(packet)
            for packet in stream.encode():
                out.mux(packet)
        buffer.seek(0)
        with av.open(buffer, "r") as file:
            frames = [f.to_ndarray(format="rgb24") for f in file.decode(video=0)]
        return [f.astype(np.float32) for f in frames]
