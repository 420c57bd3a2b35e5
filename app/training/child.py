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
from typing import BinaryIO

LOCK = "AIMANET_RUN_LOCK"
"""Names the environment's variable with a file that only one process at a time may hold."""

_NICENESS = 10
_LOCK_PATIENCE_S = 30.0
"""How long the process before it, which may still be saving, holds up a run that goes on."""

_END_PATIENCE_S = 90.0
"""How long a command may take to end in order once the window is gone."""


def main() -> None:
    """Becomes the command on the rest of the command line."""
    _step_back()
    threading.Thread(target=_watch_window, name="window watch", daemon=True).start()
    held = hold(Path(os.environ[LOCK]), _LOCK_PATIENCE_S) if os.environ.get(LOCK) else None
    if os.environ.get(LOCK) and held is None:
        print("error: this run is being trained by another process already", file=sys.stderr)
        raise SystemExit(2)
    sys.argv[0] = "aimanet"
    runpy.run_module("aimanet", run_name="__main__", alter_sys=True)


def hold(path: Path, patience_s: float = 0.0) -> BinaryIO | None:
    """The open file, locked until it is closed or this process ends; None if another holds it."""
    if sys.platform == "win32":  # pragma: no cover - there the window alone takes care
        return path.open("ab")
    import fcntl

    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("ab")
    end = time.monotonic() + patience_s
    while True:
        try:
            # Such a lock goes with the process, and its own children do not inherit it.
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        except OSError:
            if time.monotonic() >= end:
                file.close()
                return None
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
