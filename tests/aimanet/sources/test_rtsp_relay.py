"""A camera does not decide whom we contact: RTSP."""

from __future__ import annotations

import socket
import struct

import pytest

from aimanet.errors import SourceError
from aimanet.sources import open_source
from aimanet.sources.address import LeadsElsewhereError
from aimanet.sources.camera import NetworkSource
from aimanet.sources.rtsp_relay import LONGEST_HEAD, AnswerFilter
from tests.aimanet.sources.mjpeg_server import number_of
from tests.aimanet.sources.rtsp_server import RtspServer
from tests.aimanet.sources.silent_server import SilentServer, elsewhere

__all__ = ["elsewhere"]

CAMERA = "rtsp://10.0.0.9/live"
RELAY = "rtsp://127.0.0.1:4000/live"
OK = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n"
MOVED = b"RTSP/1.0 302 Moved\r\nCSeq: 1\r\n"


def answers() -> AnswerFilter:
    return AnswerFilter(CAMERA, RELAY, "camera")


@pytest.mark.parametrize("method", ["OPTIONS", "DESCRIBE", "SETUP"])
@pytest.mark.parametrize("head", ["Location: {}", "location:{}", "LOC\rATION: {}", "Location:\t{}"])
def test_a_redirect_to_another_port_is_refused_and_named(
    elsewhere: SilentServer, monkeypatch: pytest.MonkeyPatch, method: str, head: str
) -> None:
    monkeypatch.setattr(NetworkSource, "open_wait_s", 60.0)
    with RtspServer() as camera:
        target = elsewhere.url("/spy", "rtsp")
        camera.redirects[method] = head.format(target)
        with pytest.raises(SourceError, match="redirects to another address") as caught:
            open_source(camera.url).open()
    assert target in str(caught.value)
    assert f"127.0.0.1:{camera.port}" in str(caught.value)
    assert not elsewhere.contacted


@pytest.mark.parametrize("target", ["/live", "rtsp://127.0.0.1:{}/live"])
def test_a_redirect_to_the_same_host_and_port_is_followed(
    monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    monkeypatch.setattr(NetworkSource, "open_wait_s", 60.0)
    with RtspServer() as camera:
        camera.redirects["DESCRIBE"] = f"Location: {target.format(camera.port)}"
        with open_source(camera.url) as source:
            frame = source.read()
    assert frame is not None
    assert number_of(frame.image) >= 0


def test_everything_else_passes_byte_for_byte_however_it_is_cut() -> None:
    packet = (
        b"$\x00" + struct.pack(">H", 700) + bytes(range(256)) * 2 + b"Location: x\n" + bytes(176)
    )
    body = b"v=0\r\nLocation: rtsp://other/x\r\n$$$\r\n"
    stream = OK + b"Content-Length: %d\r\n\r\n" % len(body) + body + packet + packet + OK + b"\r\n"
    for step in (1, 3, 64, len(stream)):
        passing = answers()
        passed = b"".join(
            passing.feed(stream[at : at + step]) for at in range(0, len(stream), step)
        )
        assert passed == stream


def test_a_redirect_to_the_same_address_leads_back_to_the_relay() -> None:
    for target in (b"rtsp://10.0.0.9:554/b?c=1", b"/b?c=1", b"rtsp://10.0.0.9/b?c=1"):
        passed = answers().feed(MOVED + b"Location: " + target + b"\r\n\r\n")
        assert b"Location: rtsp://127.0.0.1:4000/b?c=1\r\n" in passed


@pytest.mark.parametrize(
    "target",
    [
        b"rtsp://10.0.0.9:555/live",
        b"rtsps://10.0.0.9/live",
        b"rtsp://10.0.0.9@10.0.0.8/live",
        b"//10.0.0.8/live",
        b"http://10.0.0.9/live",
    ],
)
def test_ways_to_write_another_address(target: bytes) -> None:
    with pytest.raises(LeadsElsewhereError):
        answers().feed(MOVED + b"Location: " + target + b"\r\n\r\n")


@pytest.mark.parametrize(
    "before",
    [
        b"$\x00\x00\x04abcd",  # media before the answer
        b"CSeq: 1\n$\x01\x00\x02xy",  # and in the middle of a head
        OK + b"Content-Length: 3\r\nContent-Length: 0\r\n\r\n",  # the last length counts
        OK + b"Content-Length: -5\r\n\r\n",
        b"\r\n\r\n\n",
    ],
)
def test_a_redirect_cannot_hide(before: bytes) -> None:
    with pytest.raises(LeadsElsewhereError):
        answers().feed(before + MOVED + b"Location: rtsp://10.0.0.8/\r\n\r\n")


def test_an_endless_head_is_no_rtsp() -> None:
    with pytest.raises(ValueError, match="endless"):
        answers().feed(b"X" * (LONGEST_HEAD + 1))
    many = answers()
    with pytest.raises(ValueError, match="endless"):
        many.feed(b"A: b\r\n" * LONGEST_HEAD)


def test_a_camera_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(SourceError, match="refused; is the camera on"):
        open_source(f"rtsp://127.0.0.1:{port}/live").open()
