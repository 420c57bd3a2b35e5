"""A camera does not decide whom we contact: HTTP."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from aimanet.errors import SourceError, SourceInterrupted
from aimanet.sources import Source, open_source
from aimanet.sources.camera import NetworkSource
from tests.aimanet.sources.mjpeg_server import number_of
from tests.aimanet.sources.silent_server import SilentServer, elsewhere
from tests.faults.bad_camera import HEAD, BadCamera, jpeg, part

__all__ = ["elsewhere"]

PATIENCE_S = 60.0
Answer = Callable[[bytes], bytes]
"""Request to answer; an answer that begins a video is followed by pictures."""


class ScriptedCamera:
    """An HTTP camera whose answers are up to the test; ``asked`` are the requests' first lines."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def url(self, path: str = "/video", user: str = "") -> str:
        return f"http://{user}127.0.0.1:{self.port}{path}"

    def close(self) -> None:
        self.closing.set()
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        self._listener.settimeout(0.05)
        while not self.closing.is_set():
            try:
                viewer, _ = self._listener.accept()
            except TimeoutError:
                continue
            with viewer:
                viewer.settimeout(2.0)
                try:
                    self._talk(viewer)
                except OSError:
                    pass  # the viewer hung up

    def _talk(self, viewer: socket.socket) -> None:
        request = viewer.recv(65536)
        self.asked.append(request.split(b"\r\n", 1)[0].decode())
        answer = self.answer(request)
        viewer.sendall(answer)
        number = 0
        while answer.startswith(HEAD) and not self.closing.wait(1 / 30):
            viewer.sendall(part(jpeg(number)))
            number += 1


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here depends on how quick the machine is."""
    monkeypatch.setattr(NetworkSource, "open_timeout_ms", 60_000)
    monkeypatch.setattr(NetworkSource, "open_wait_s", PATIENCE_S)


@pytest.fixture
def scripted() -> Iterator[Callable[[Answer], ScriptedCamera]]:
    cameras: list[ScriptedCamera] = []

    def make(answer: Answer) -> ScriptedCamera:
        cameras.append(ScriptedCamera(answer))
        return cameras[-1]

    yield make
    for camera in cameras:
        camera.close()
    for thread in threading.enumerate():
        if thread.name.startswith("grabber"):
            thread.join(PATIENCE_S)


def redirect(location: str, code: int = 302, body: bytes = b"") -> bytes:
    return f"HTTP/1.1 {code} Elsewhere\r\nLocation: {location}\r\n\r\n".encode() + body


def refusal(source: Source) -> str:
    with pytest.raises(SourceError) as caught:
        source.open()
    return str(caught.value)


def frames(source: Source, count: int) -> list[int]:
    with closing(source):
        source.open()
        return [number_of(frame.image) for frame in (source.read() for _ in range(count)) if frame]


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_port_is_refused_and_named(
    scripted: Callable[[Answer], ScriptedCamera], elsewhere: SilentServer, code: int
) -> None:
    camera = scripted(lambda _: redirect(elsewhere.url("/spy"), code))
    words = refusal(open_source(camera.url()))
    assert f"redirects to another address, {elsewhere.url('/spy')}" in words
    assert "\n" not in words
    assert not elsewhere.contacted


@pytest.mark.parametrize(
    "location",
    [
        "//127.0.0.1:{port}/spy",
        "http://127.0.0.1:{own}@127.0.0.1:{port}/spy",
        "https://127.0.0.1:{own}/video",
        "http://localhost:{own}/video",
        "rtsp://127.0.0.1:{port}/spy",
        "file:///etc/passwd",
        "http://[::1",
        "http://127.0.0.1:99999/x",
        "concat:http://127.0.0.1:{port}/spy",
    ],
)
def test_ways_to_write_another_address(
    scripted: Callable[[Answer], ScriptedCamera], elsewhere: SilentServer, location: str
) -> None:
    camera = scripted(lambda _: redirect(location.format(port=elsewhere.port, own=camera.port)))
    assert f"127.0.0.1:{camera.port}" in refusal(open_source(camera.url()))
    assert not elsewhere.contacted


def test_a_redirect_to_the_same_host_and_port_is_followed(
    scripted: Callable[[Answer], ScriptedCamera],
) -> None:
    def answer(request: bytes) -> bytes:
        for old, new in ((b"/video", "/a/b"), (b"/a/b", "../live"), (b"/live", "HTTP://{}/end")):
            if request.startswith(b"GET " + old):
                return redirect(new.format(f"127.0.0.1:{camera.port}"))
        return HEAD

    camera = scripted(answer)
    assert frames(open_source(camera.url()), 3)
    assert [line.split()[1] for line in camera.asked[:4]] == ["/video", "/a/b", "/live", "/end"]


def test_redirects_end(scripted: Callable[[Answer], ScriptedCamera]) -> None:
    camera = scripted(lambda _: redirect("/video"))
    assert "redirects without end" in refusal(open_source(camera.url()))
    assert len(camera.asked) < 10


def test_the_body_of_a_redirect_is_not_waited_for(
    scripted: Callable[[Answer], ScriptedCamera], elsewhere: SilentServer
) -> None:
    head = redirect(elsewhere.url()).replace(b"\r\n\r\n", b"\r\nContent-Length: 9999999\r\n\r\n")
    camera = scripted(lambda _: head + b"x" * 1000)
    assert "redirects to another address" in refusal(open_source(camera.url()))


def test_a_camera_that_redirects_when_it_is_reconnected(
    scripted: Callable[[Answer], ScriptedCamera], elsewhere: SilentServer
) -> None:
    two_pictures = HEAD.replace(b"OK", b"ok") + part(jpeg(7)) + part(jpeg(8))
    answers = iter([two_pictures])
    camera = scripted(lambda _: next(answers, redirect(elsewhere.url())))
    said: list[str] = []
    with closing(open_source(camera.url())) as source:
        source.open()
        while not any("redirects to another address" in words for words in said):
            try:
                source.read()
            except SourceInterrupted as error:
                said.append(str(error))
    assert not elsewhere.contacted


PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{url}/0.ts\n",
    "hls key": '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-KEY:METHOD=AES-128,URI="{url}/key"\n'
    "#EXTINF:2,\n0.ts\n",
    "hls master": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{url}/low.m3u8\n",
    "hls map": '#EXTM3U\n#EXT-X-MAP:URI="{url}/init.mp4"\n#EXTINF:2,\n0.mp4\n',
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>{url}'
    "</BaseURL></MPD>",
    "concat": "ffconcat version 1.0\nfile '{url}/0.ts'\n",
    "sdp": "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=video {port} RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n",
    "asx": '<ASX version="3.0"><Entry><Ref href="{url}/0.asf"/></Entry></ASX>',
    "real": "RTSPtext\n{url}\n",
    "refresh": '<html><meta http-equiv="refresh" content="0;url={url}"></html>',
}


@pytest.mark.parametrize("named", [True, False], ids=["honest type", "video type"])
@pytest.mark.parametrize("kind", PLAYLISTS)
def test_nothing_that_a_playlist_names_is_opened(
    scripted: Callable[[Answer], ScriptedCamera], elsewhere: SilentServer, kind: str, named: bool
) -> None:
    types = {"hls": "application/vnd.apple.mpegurl", "dash": "application/dash+xml"}
    content_type = types.get(kind.split()[0], "text/plain") if named else "video/mp4"
    body = PLAYLISTS[kind].format(url=elsewhere.url(""), port=elsewhere.port)
    head = f"HTTP/1.0 200 OK\r\nContent-Type: {content_type}\r\n\r\n"
    camera = scripted(lambda _: (head + body).encode())
    words = refusal(open_source(camera.url("/live.m3u8")))
    assert "playlist" in words or "not with a video" in words
    assert not elsewhere.contacted
    assert len(camera.asked) == 1


def authorization(request: bytes) -> str:
    found = re.search(rb"Authorization: (.*)\r\n", request, re.IGNORECASE)
    return found[1].decode() if found else ""


def test_basic_authentication(scripted: Callable[[Answer], ScriptedCamera]) -> None:
    right = "Basic " + base64.b64encode(b"anna:ge/heim").decode()

    def answer(request: bytes) -> bytes:
        if authorization(request) == right:
            return HEAD
        return b'HTTP/1.0 401 No\r\nWWW-Authenticate: Basic realm="camera"\r\n\r\n'

    camera = scripted(answer)
    assert frames(open_source(camera.url(user="anna:ge%2Fheim@")), 2)
    words = refusal(open_source(camera.url(user="anna:falsch@")))
    assert "401" in words
    assert "falsch" not in words


def test_digest_authentication(scripted: Callable[[Answer], ScriptedCamera]) -> None:
    def digest(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    def answer(request: bytes) -> bytes:
        fields = dict(re.findall(r'(\w+)="?([^",]+)', authorization(request)))
        secret, what = digest("anna:camera:geheim"), digest("GET:/video?ch=1")
        middle = f"abc:{fields.get('nc')}:{fields.get('cnonce')}:auth"
        if fields.get("response") == digest(f"{secret}:{middle}:{what}"):
            return HEAD
        asks = 'Digest realm="camera", nonce="abc", qop="auth", algorithm=MD5'
        return f"HTTP/1.0 401 No\r\nWWW-Authenticate: {asks}\r\n\r\n".encode()

    camera = scripted(answer)
    assert frames(open_source(camera.url("/video?ch=1", user="anna:geheim@")), 2)


def test_the_password_is_not_given_to_another_address(elsewhere: SilentServer) -> None:
    with BadCamera() as camera:
        camera.make(lambda viewer, _: viewer.sendall(redirect(elsewhere.url())), always=True)
        spec = camera.url.replace("//", "//anna:geheim@")
        assert "geheim" not in refusal(open_source(spec))
    assert not elsewhere.contacted
