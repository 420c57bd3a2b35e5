"""The whole program in a process of its own, for tests of where and how it starts and ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PLAIN = "synthetic:width=160,height=120,noise=0"
"""A source that needs next to nothing."""

_PROGRAM = """
import ctypes, json, os, resource, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests may run under nohup
before, on_picture, source, method = json.loads(sys.argv[1])
exec(before)

def say(**what):
    print(json.dumps(what), flush=True)

def watch(window):
    def seen(picture):
        window.body.video.shown.disconnect(seen)
        say(event="picture")
        exec(on_picture, {"window": window, "say": say})
    window.body.video.shown.connect(seen)
    say(event="window")

def banners(window):
    return {t: window.body.banners.banner(t).text for t in window.body.banners.topics}

from app.application import run
status = run(source, method, watch=watch)
say(event="end", status=status)
sys.exit(status)
"""

AS_ANYBODY = """
if os.geteuid() == 0:  # without its capabilities root is stopped by permissions like anybody
    ctypes.CDLL(None).capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)())
"""

TELL = """
from PySide6.QtCore import QTimer
def tell():
    b = window.body.banners
    say(event="banners", said={t: b.banner(t).text for t in b.topics})
    window.close()
"""

TELL_AND_CLOSE = TELL + "tell()"


def command(before: str, on_picture: str, source: str = PLAIN, method: str = "pos") -> list[str]:
    """What runs the window; ``before`` is executed first, ``on_picture`` at the first picture."""
    return [sys.executable, "-c", _PROGRAM, json.dumps([before, on_picture, source, method])]


def start(
    repository: Path, environment: dict[str, str | None], *args: str, **more: str
) -> subprocess.Popen[str]:
    """The process, running; a variable that is None is not set."""
    env = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(repository)}
    env |= {name: value for name, value in environment.items() if value is not None}
    for name in [name for name, value in environment.items() if value is None]:
        env.pop(name, None)
    return subprocess.Popen(
        command(*args, **more),
        cwd=repository,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(process: subprocess.Popen[str], event: str) -> dict[str, Any]:
    """What the program says next of ``event``."""
    assert process.stdout is not None
    for line in process.stdout:
        said: dict[str, Any] = json.loads(line)
        if said["event"] == event:
            return said
    raise AssertionError(f"no {event}: exit {process.wait()}, {process.stderr.read()}")


def finish(process: subprocess.Popen[str], patience_s: float = 60.0) -> tuple[int, str]:
    """Exit status and stderr; a process that hangs is killed, and fails the test."""
    try:
        _, said = process.communicate(timeout=patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        _, said = process.communicate()
        raise AssertionError(f"still running after {patience_s} s: {said}") from None
    return process.returncode, said


def children_of(pid: int) -> list[int]:
    """The processes that ``pid`` has started and not seen the end of (Linux)."""
    tasks = Path(f"/proc/{pid}/task")
    found = [(task / "children").read_text().split() for task in tasks.iterdir()]
    return [int(child) for children in found for child in children]


def wait_until_gone(pid: int, patience_s: float = 60.0) -> None:
    """Until no process has this number, or it is only not buried yet by whoever inherits it."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return
        if state == "Z":
            return
        time.sleep(0.05)
    raise AssertionError(f"process {pid} is still there")
