"""Addresses of network cameras: what of them may be shown, and what is wrong with them."""

from __future__ import annotations

import socket
import ssl
from urllib.parse import urlsplit

from aimanet.errors import SourceError

PORTS = {"http": 80, "https": 443, "rtsp": 554, "rtsps": 322, "rtmp": 1935}
"""Each scheme's own port."""


def without_password(spec: str) -> str:
    """A source's spec or label as it may be shown and kept: no user, password or query in it.

    A ``/``, ``?`` or ``#`` typed plainly in a password ends the host for ``urlsplit``; so where
    what stands before the last ``@`` could be ``user:password``, only the rest is shown.
    """
    scheme, mark, rest = spec.partition("://")
    if not mark:
        return spec
    told = rest.partition("?")[0] if _has_a_port_or_none(spec) else rest
    before, at, after = told.rpartition("@")
    if at and ":" in before:
        spec = f"{scheme}://{after}" + rest.removeprefix(told)
    try:
        parts = urlsplit(spec)
    except ValueError:
        return f"{scheme}://"
    query = "..." if parts.query else ""
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query).geturl()


def _has_a_port_or_none(spec: str) -> bool:
    try:
        _ = urlsplit(spec).port
    except ValueError:
        return False
    return True


class LeadsElsewhereError(SourceError):
    """A camera redirects to an address that nobody typed."""

    def __init__(self, camera: str, target: str) -> None:
        super().__init__(
            f"{camera}: redirects to another address, {without_password(target)[:200]}; this was "
            "not followed. If you trust that address, give it instead"
        )


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address, with the scheme's own port where none is written.

    Raises:
        ValueError: the address is malformed.
    """
    parts = urlsplit(url)
    port = parts.port if parts.port is not None else PORTS.get(parts.scheme, 0)
    return parts.scheme, parts.hostname or "", port


def unreachable(label: str, reason: object, waited_s: float) -> SourceError:
    """The error for a camera to which no connection could be made, in words."""
    if isinstance(reason, TimeoutError):
        return SourceError(f"{label}: no picture within {waited_s:.0f} s; is the camera streaming?")
    if isinstance(reason, socket.gaierror | UnicodeError):  # UnicodeError: no host's name is so
        return SourceError(f"{label}: there is no host of that name; check the address")
    if isinstance(reason, ssl.SSLError):
        return SourceError(f"{label}: does not answer with TLS; is it an address without the 's'?")
    words = str(getattr(reason, "strerror", None) or reason).strip().lower() or "no answer"
    return SourceError(f"{label}: {words}; is the camera on and the address right?")


def not_a_video(label: str, why: str = "") -> SourceError:
    """The error for an address that answers with something else."""
    return SourceError(
        f"{label}: answers, but not with a video{why}; check path, user and password"
    )


def unverified_tls() -> ssl.SSLContext:
    """TLS for cameras, which sign their own certificates: there is nothing to verify against."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
