"""Addresses of network cameras, which may hold a password."""

from __future__ import annotations

from urllib.parse import urlsplit


def without_password(spec: str) -> str:
    """A source's spec or label as it may be shown and kept: no user, password or query in it."""
    if "://" not in spec:
        return spec
    try:
        parts = urlsplit(spec)
    except ValueError:
        return spec.partition("://")[0] + "://"
    query = "..." if parts.query else ""
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query).geturl()
