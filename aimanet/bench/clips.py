"""Clips to measure with: drawn at a webcam's bit rate, and cut or repeated to a length."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av

from aimanet.bench.train import BenchError
from aimanet.sources import open_source
from aimanet.synthesis import DemoScene, SceneConfig
from aimanet.synthesis.export import VideoFormat, VideoWriter

FPS = 30.0
SIZE = (640, 480)
WEBCAM = VideoFormat(
    ".mp4",
    "libx264",
    "yuv420p",
    {"b": "2500000", "maxrate": "3000000", "bufsize": "2500000", "preset": "veryfast"},
)
"""As webcams and phones encode 640x480: decoding takes half of what the demo's 10 Mbit/s takes."""


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What was measured with; ``drawn`` is False for a clip of the user's."""

    name: str
    drawn: bool
    seconds: float
    width: int
    height: int
    fps: float | None
    mbit_s: float


def draw_clip(
    path: Path, seconds: float, size: tuple[int, int] = SIZE, form: VideoFormat = WEBCAM
) -> Path:
    """Writes the demo face as a video (30 fps) and returns its path."""
    scene = DemoScene(SceneConfig(seconds=seconds, fps=FPS, width=size[0], height=size[1]))
    with VideoWriter(path, FPS, size, form) as video:
        for k in range(round(seconds * FPS)):
            video.write(scene.render(k))
    return path


def facts(path: Path, *, drawn: bool) -> ClipFacts:
    """What a video is.

    Raises:
        SourceError: it cannot be read.
        BenchError: it does not say how long it is.
    """
    with open_source(str(path.absolute()), realtime=False) as source:
        info = source.open()
    if not path.is_file() or not info.duration_s:
        raise BenchError(f"{path} does not say how long it is: give a video file with an end")
    return ClipFacts(
        name=path.name,
        drawn=drawn,
        seconds=info.duration_s,
        width=info.width,
        height=info.height,
        fps=info.fps,
        mbit_s=8e-6 * path.stat().st_size / info.duration_s,
    )


def of_length(clip: Path, target: Path, seconds: float) -> Path:
    """Writes ``seconds`` of ``clip`` to ``target`` without encoding it anew, repeated where short.

    Raises:
        BenchError: there are no packets to copy, or the container does not take them.
    """
    try:
        with av.open(str(clip)) as source, av.open(str(target), "w") as out:
            stream = out.add_stream_from_template(source.streams.video[0])
            _copy(source, out, stream, seconds)
    except (av.error.FFmpegError, IndexError, ValueError) as error:
        raise BenchError(f"{clip} cannot be cut to {seconds:g} s ({error}): give an MP4") from error
    return target


def _copy(
    source: av.container.InputContainer,
    out: av.container.OutputContainer,
    stream: av.video.stream.VideoStream,
    seconds: float,
) -> None:
    template = source.streams.video[0]
    assert template.time_base is not None
    end, limit = 0, round(seconds / template.time_base)
    while end < limit:
        shift: int | None = None
        for packet in source.demux(template):
            if packet.dts is None or packet.pts is None:
                continue  # the flush at the end
            if shift is None:  # the first time stamp may be below 0
                shift = end - packet.dts if end else 0
            packet.dts, packet.pts = packet.dts + shift, packet.pts + shift
            if packet.dts >= limit:
                return
            packet.stream = stream
            end = packet.dts + (packet.duration or 1)
            out.mux(packet)
        if shift is None:
            raise ValueError("no packets in it")
        source.seek(0)
