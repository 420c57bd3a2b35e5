"""Runs one function after another, each in a forked child of its own, and watches what it does.

Whoever calls `run` must be a process without threads of its own: a program, not a test.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CPU_S = 10
"""A child that takes more of the processor is killed by the system: it hangs."""
WALL_S = 40.0
"""So does one that waits this long; above 10 s only because the machine may be busy."""
MEMORY_BYTES = 1 << 30
_ADDRESS_BYTES = 12 << 30  # only so that a mistake does not take the machine with it

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = frozenset(
    {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate"}
    | {"os.chmod", "os.chown", "shutil.rmtree", "shutil.move", "shutil.copyfile"}
)
FOLLOWS = frozenset({"os.truncate", "os.chmod", "os.chown", "shutil.copyfile"})
SPEAKS = frozenset(
    {"socket.connect", "socket.bind", "subprocess.Popen", "os.system", "os.exec", "os.kill"}
)
"""Audit events of CPython that change files, and those that reach out of the process."""

ESCAPED = 97
CRASHED = 98


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a child: ``code`` its exit status or None where a signal ended it."""

    code: int | None
    signal: int
    cpu_s: float
    wall_s: float
    peak_bytes: int
    said: str

    @property
    def fault(self) -> str:
        """What is wrong with it; empty where nothing is."""
        if self.signal in (signal.SIGXCPU, signal.SIGALRM):
            return "hang"
        if self.code is None:
            return f"killed by {signal.Signals(self.signal).name}"
        if self.code == ESCAPED:
            return "reached outside"
        if self.code == CRASHED or "Traceback (most recent call last)" in self.said:
            return "traceback"
        if self.code not in (0, 2):
            return f"exit status {self.code}"
        if self.peak_bytes > MEMORY_BYTES:
            return f"{self.peak_bytes >> 20} MB"
        return ""


def run(action: Callable[[], int], own: Path, log: Path) -> Outcome:
    """Runs ``action`` in a child that may write below ``own`` only; its output goes to ``log``."""
    log.write_bytes(b"")
    began = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        _child(action, own, log)
    waited = _wait(pid)
    _, status, used = waited
    ended_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    return Outcome(
        code=None if ended_by else os.WEXITSTATUS(status),
        signal=ended_by,
        cpu_s=used.ru_utime + used.ru_stime,
        wall_s=time.perf_counter() - began,
        peak_bytes=used.ru_maxrss * 1024,
        said=log.read_bytes()[-4000:].decode("utf-8", "replace"),
    )


def _wait(pid: int) -> tuple[int, int, Any]:
    """The child's end, or ours for it once its time is over (SIGALRM tells the two apart)."""
    handle = os.pidfd_open(pid)
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        if not poll.poll(1000 * WALL_S):
            signal.pidfd_send_signal(handle, signal.SIGALRM)
            if not poll.poll(5000):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
        return os.wait4(pid, 0)
    finally:
        os.close(handle)


def _child(action: Callable[[], int], own: Path, log: Path) -> None:
    code = CRASHED
    try:
        _settle(log)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 1))
        resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_BYTES, _ADDRESS_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        escapes: list[str] = []
        sys.addaudithook(_Guard(own, escapes))
        code = action()
        if escapes:
            print("\n".join(escapes), file=sys.stderr)
            code = ESCAPED
    except BaseException:
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)


def _settle(log: Path) -> None:
    """Output of Python and of native libraries alike goes to the log."""
    sys.stdout.flush()
    sys.stderr.flush()
    handle = os.open(log, os.O_WRONLY | os.O_APPEND)
    os.dup2(handle, 1)
    os.dup2(handle, 2)


class _Guard:
    """Notes every change of a file outside ``own``, and every connection or program."""

    def __init__(self, own: Path, escapes: list[str]) -> None:
        self._own = os.path.realpath(own)
        self._escapes = escapes
        self._busy = False

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if self._busy:
            return
        self._busy = True
        try:
            self._look(event, args)
        finally:
            self._busy = False

    def _look(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = args
            writes = (
                bool(flags & WRITES) if isinstance(flags, int) else set(str(mode)) & set("wax+")
            )
            if writes and not isinstance(path, int) and not self._allowed(path):
                self._escapes.append(f"opened {path!r} for writing")
        elif event in CHANGES:
            bad = [
                _whole(event, p, args[-1])
                for p in args[:2]
                if isinstance(p, str | bytes | os.PathLike)
            ]
            follows = event in FOLLOWS
            for path in (p for p in bad if not self._allowed(p, follows)):
                self._escapes.append(f"{event} {path!r}")
        elif event in SPEAKS:
            self._escapes.append(f"{event} {args[1:2]!r}")

    def _allowed(self, path: Any, follows: bool = True) -> bool:
        """``follows``: a link's target is what counts, not the link."""
        name = os.fsdecode(path)
        folder, last = os.path.split(os.path.abspath(name))
        real = os.path.realpath(name if follows else folder)
        real = real if follows else os.path.join(real, last)
        return real == os.devnull or real == self._own or real.startswith(self._own + os.sep)


def _whole(event: str, path: Any, folder: Any) -> Any:
    """A name as a whole path: `shutil.rmtree` names what it removes within an open folder."""
    if event in ("os.remove", "os.rmdir", "os.mkdir") and isinstance(folder, int) and folder >= 0:
        return os.path.join(os.readlink(f"/proc/self/fd/{folder}"), os.fsdecode(path))
    return path
