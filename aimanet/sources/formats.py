"""What a file's name says about it, and whether a word is meant as a path at all."""

from __future__ import annotations

IMAGE_SUFFIXES = frozenset(
    {".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
)
VIDEO_SUFFIXES = frozenset(
    {".264", ".265", ".3gp", ".apng", ".avi", ".flv", ".gif", ".h264", ".h265", ".hevc", ".ivf"}
    | {".m1v", ".m2ts", ".m2v", ".m4v", ".mjpeg", ".mjpg", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg"}
    | {".mts", ".obu", ".ogv", ".ts", ".webm", ".wmv", ".y4m"}
)
DOWNLOADS = frozenset({".avi", ".m4v", ".mkv", ".mov", ".mp4", ".webm"})
"""Files on a web server, as opposed to a camera's endless stream."""

MAX_PIXELS = 8192 * 4320
"""Larger pictures (beyond 8K) are refused, those of files before they are decoded: some kilobytes
may claim sides that take gigabytes."""


def suffix_of(name: str) -> str:
    """``.mp4`` for ``Clip.MP4``; empty where there is none."""
    stem, dot, ending = name.replace("\\", "/").rpartition("/")[2].rpartition(".")
    return f".{ending.lower()}" if dot and stem else ""


def is_synthetic(spec: str) -> bool:
    """Whether a source's spec means the drawn face."""
    return spec.partition(":")[0] == "synthetic"


def looks_like_path(spec: str) -> bool:
    """True for what nobody would call a camera."""
    return (
        spec.startswith((".", "~"))
        or "/" in spec
        or "\\" in spec
        or suffix_of(spec) in VIDEO_SUFFIXES | IMAGE_SUFFIXES
    )
