"""A second server on the loopback address, which nobody typed and nobody may contact."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest


class SilentServer:
    """Listens; `contacted` says whether somebody connected."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]

    def url(self, path: str = "/video", scheme: str = "http") -> str:
        return f"{scheme}://127.0.0.1:{self.port}{path}"

    @property
    def contacted(self) -> bool:
        try:
            self._listener.accept()[0].close()
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def elsewhere() -> Iterator[SilentServer]:
    """A server that has to stay uncontacted."""
    server = SilentServer()
    yield server
    server.close()
