"""Keeps the log lines of native libraries out of our stdout and stderr."""

from __future__ import annotations

import faulthandler
import os
import sys

NATIVE_LOG = "AIMANET_NATIVE_LOG"


def silence_native_libraries() -> None:
    """Points the process's own descriptors 1 and 2 at nothing; Python keeps the real ones.

    MediaPipe, absl, OpenCV and FFmpeg write to descriptor 2 (some to 1) from C++, where no
    Python setting reaches them all, and a single such line breaks a ``--json`` reader.
    ``sys.stdout`` and ``sys.stderr`` go on over copies of the descriptors, and a crash still
    shows its Python stack. Set AIMANET_NATIVE_LOG=1 to see the native messages.
    """
    os.environ.setdefault("GLOG_minloglevel", "3")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if os.environ.get(NATIVE_LOG):
        return
    sys.stdout = _copied(sys.stdout, 1)
    sys.stderr = _copied(sys.stderr, 2)
    faulthandler.enable(file=sys.stderr)


def _copied(stream, descriptor: int):  # type: ignore[no-untyped-def]
    """The stream on a copy of its descriptor; the descriptor itself then leads nowhere."""
    try:
        stream.flush()
        if stream.fileno() != descriptor:
            return stream
        copy = os.dup(descriptor)
    except (OSError, ValueError, AttributeError):  # closed, or no file at all
        return stream
    with open(os.devnull, "wb") as nothing:
        os.dup2(nothing.fileno(), descriptor)
    return open(
        copy,
        "w",
        encoding=stream.encoding,
        errors=stream.errors,
        buffering=1 if os.isatty(copy) or descriptor == 2 else -1,
    )
