"""What a session says about where it comes from: source, camera, method, versions."""

from __future__ import annotations

import dataclasses
import platform
import re
from importlib import metadata

from aimanet import __version__
from aimanet.methods import PulseMethod
from aimanet.sessions.info import CameraRecord, ModelRecord, SessionInfo, SourceRecord
from aimanet.sources import Source, SourceInfo
from aimanet.sources.address import without_password


def describe(source: Source, opened: SourceInfo) -> SessionInfo:
    """What a source says of itself; `with_method` and the caller add the rest.

    ``kept``, ``name``, ``participant``, ``notes`` and ``consent`` are the caller's:
    ``describe(...).model_copy(update={"kept": "face"})``.
    """
    return SessionInfo(
        source=SourceRecord(
            spec=without_password(source.spec),
            label=without_password(source.label),
            live=source.live,
        ),
        camera=CameraRecord(
            detail=without_password(opened.detail),
            width=opened.width,
            height=opened.height,
            fps=opened.fps,
            fps_source=opened.fps_source,
        ),
        fps=opened.fps,
        origin_s=opened.origin_s,
    )


def with_method(info: SessionInfo, method: PulseMethod, window_s: float) -> SessionInfo:
    """``info`` with the method that reads the pulse, its weights, recipe and window (s)."""
    added = {
        "method": method.name,
        "model": parse_model(method.model),
        "recipe": dataclasses.asdict(method.recipe),
        "window_s": window_s,
    }
    return info.model_copy(update=added)


def parse_model(model: str | None) -> ModelRecord | None:
    """``tscan (0123456789ab)``, as methods name their weights, in its two parts."""
    if model is None:
        return None
    found = re.fullmatch(r"(.*?)\s*\(([0-9a-f]{6,64})\)", model)
    return ModelRecord(name=found[1], hash=found[2]) if found else ModelRecord(name=model)


def versions() -> dict[str, str]:
    """Of everything that has a say in a reading."""
    found = {
        "aimanet": __version__,
        "python": platform.python_version(),
        "os": platform.platform(),
    }
    for package in ("torch", "numpy", "scipy", "opencv-contrib-python", "onnxruntime", "av"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
