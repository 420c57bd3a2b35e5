"""What native code writes to descriptors 1 and 2 reaches nobody; what Python prints does."""

from __future__ import annotations

import os
import subprocess
import sys

CODE = """
import os, sys
from aimanet.terminal.noise import silence_native_libraries
from aimanet.terminal.streams import secure_streams
secure_streams()
silence_native_libraries()
os.write(1, b"native out\\n"); os.write(2, b"native err\\n")
print("ours é"); print("our error", file=sys.stderr)
"""


def output(**environment: str) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", CODE],
        capture_output=True,
        env={**os.environ, **environment},
        timeout=60,
    )
    return done.stdout.decode(), done.stderr.decode()


def test_native_messages_are_kept_out():
    assert output() == ("ours é\n", "our error\n")


def test_they_can_be_had_for_debugging():
    out, err = output(AIMANET_NATIVE_LOG="1")
    assert "native out" in out
    assert "native err" in err
