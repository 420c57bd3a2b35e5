from __future__ import annotations

from tests.aimanet.sources.mjpeg_server import network_camera

__all__ = ["network_camera"]
