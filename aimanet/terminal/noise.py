"""Keeps the log lines of native libraries out of our stdout and stderr."""

from __future__ import annotations

import faulthandler
import os
import sys

NATIVE_LOG = "AIMANET_NATIVE_LOG"


def silence_native_libraries() -> None:
    """Points the descriptors 1 and 2 at nothing; `secure_streams` has given Python copies before.

    MediaPipe, absl, OpenCV and FFmpeg write to descriptor 2 (some to 1) from C++, where no
    Python setting reaches them all, and a single such line breaks a ``--json`` reader.
    A crash still shows its Python stack. Set AIMANET_NATIVE_LOG=1 to see the native messages.
    """
    os.environ.setdefault("GLOG_minloglevel", "3")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if os.environ.get(NATIVE_LOG):
        return
    with open(os.devnull, "wb") as nothing:
        for descriptor in (1, 2):
            os.dup2(nothing.fileno(), descriptor)
    faulthandler.enable(file=sys.stderr)
