"""HTTP requests that stay on one host and port, with a deadline for the head of each answer."""

from __future__ import annotations

import http.client
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from aimanet.errors import SourceError
from aimanet.sources.address import LeadsElsewhereError, origin, unverified_tls

MOST_REDIRECTS = 5


class _SameOrigin(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only to the same scheme, host and port."""

    def __init__(self, url: str, label: str) -> None:
        self._origin = origin(url)
        self._label = label
        self._followed = 0

    def http_error_302(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
        """Called for every status that redirects; ``fp`` may never end and is not read."""
        fp.close()
        target = urljoin(req.full_url, headers.get("location") or "")
        if origin(target) != self._origin:
            raise LeadsElsewhereError(self._label, target)
        self._followed += 1
        if self._followed > MOST_REDIRECTS:
            raise SourceError(f"{self._label}: redirects without end; is the address right?")
        return self.parent.open(urllib.request.Request(target), timeout=req.timeout)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


class _Http(urllib.request.HTTPHandler):
    """HTTP; the head of each answer must be there by ``end`` (s), however slowly it comes."""

    def __init__(self, end: float) -> None:
        super().__init__()
        self._end = end

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """Opens an http:// address."""
        return self.do_open(_bounded(http.client.HTTPConnection, self._end), req)


class _Https(urllib.request.HTTPSHandler):
    """The same with TLS."""

    def __init__(self, end: float) -> None:
        super().__init__()
        self._end = end

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """Opens an https:// address."""
        connection = _bounded(http.client.HTTPSConnection, self._end)
        return self.do_open(connection, req, context=unverified_tls())


def _bounded(kind: type[http.client.HTTPConnection], end: float) -> Any:
    """A connection class whose answers have begun by ``end`` (s)."""

    class Bounded(kind):  # type: ignore[misc, valid-type]
        def getresponse(self) -> Any:
            with _hung_up_after(self.sock, end - time.perf_counter()):
                return super().getresponse()

    return Bounded


@contextmanager
def _hung_up_after(connection: socket.socket, seconds: float) -> Iterator[None]:
    """Raises TimeoutError where the block takes longer."""
    late = threading.Event()

    def hang_up() -> None:
        late.set()
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the other side was quicker

    timer = threading.Timer(max(0.0, seconds), hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        raise TimeoutError if late.is_set() else error from error
    finally:
        timer.cancel()


def request(url: str, label: str, timeout_s: float) -> http.client.HTTPResponse:
    """The answer of the address; user and password in it are sent as the server asks for them."""
    parts = urlsplit(url)
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    if parts.username is not None:
        user, password = unquote(parts.username), unquote(parts.password or "")
        passwords.add_password(None, bare, user, password)
    end = time.perf_counter() + timeout_s
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(urllib.request.getproxies_environment()),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPBasicAuthHandler(passwords),
        urllib.request.HTTPDigestAuthHandler(passwords),
        _SameOrigin(bare, label),
        _Http(end),
        _Https(end),
    ):
        opener.add_handler(handler)
    opener.addheaders = [("User-Agent", "AimaNet")]
    return opener.open(bare, timeout=timeout_s)
