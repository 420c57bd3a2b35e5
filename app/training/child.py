"""Runs one ``aimanet`` command for the window: politely, and never longer than the window wants.

``python -m app.training.child train --json ...`` is ``python -m aimanet train --json ...`` with
lower priority, and with an eye on standard input: when that ends, because the window wants it or
because the window is no more, the command gets the Ctrl-C that ends it in order.
"""

from __future__ import annotations

import _thread
import os
import runpy
import signal
import sys
import threading
import time
from pathlib import Path

from aimanet.file_lock import is_held

LOCK = "AIMANET_RUN_LOCK"
"""Names the environment's variable with the lock that the command is going to take."""

_NICENESS = 10
_LOCK_PATIENCE_S = 30.0
"""How long the process before it, which may still be saving, holds up a run that goes on."""

_END_PATIENCE_S = 90.0
"""How long a command may take to end in order once the window is gone."""


def main() -> None:
    """Becomes the command on the rest of the command line."""
    _step_back()
    threading.Thread(target=_watch_window, name="window watch", daemon=True).start()
    if lock := os.environ.get(LOCK):
        _await_free(Path(lock))
    sys.argv[0] = "aimanet"
    runpy.run_module("aimanet", run_name="__main__", alter_sys=True)


def _await_free(path: Path) -> None:
    """Waits for the process before this one, up to `_LOCK_PATIENCE_S`; then the command refuses."""
    end = time.monotonic() + _LOCK_PATIENCE_S
    while is_held(path) and time.monotonic() < end:
        time.sleep(0.1)  # the system offers no waiting with a limit


def _step_back() -> None:
    """The live picture comes first, and this process goes first where memory runs out."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # `&` in a shell had it ignored
    if sys.platform == "win32":  # pragma: no cover
        import ctypes

        kernel = ctypes.windll.kernel32
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), 0x00004000)
        return
    try:
        os.setsid()  # the terminal's Ctrl-C is for the window, which ends us in its own way
    except OSError:
        pass  # it is a leader already
    os.nice(_NICENESS)
    try:
        Path("/proc/self/oom_score_adj").write_text("500")
    except OSError:
        pass  # no Linux


def _watch_window() -> None:
    """Interrupts the command when standard input ends; ends it by force when that does nothing."""
    try:
        while os.read(0, 4096):
            pass
    except OSError:
        pass  # there is none: that is an end, too
    if sys.platform == "win32":  # pragma: no cover
        _thread.interrupt_main()
    else:
        os.kill(os.getpid(), signal.SIGINT)
    time.sleep(_END_PATIENCE_S)
    if sys.platform != "win32" and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


if __name__ == "__main__":
    main()
