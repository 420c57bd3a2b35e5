"""Addresses of network cameras, which may hold a password."""

from __future__ import annotations

from urllib.parse import urlsplit


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
