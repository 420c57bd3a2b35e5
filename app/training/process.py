"""A command of ``aimanet`` as a process beside the window: what it says, and how it is ended."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal, Slot

import aimanet
from app.training.child import LOCK
from app.training.outcome import Outcome, judge

CLEAN_MS = 30_000
"""How long a command may take to end in order: the step under way, and saving."""

TERM_MS = 8_000
"""How long it may take after SIGTERM."""

_LONGEST_LINE = 32_000_000
_LINES_AT_ONCE = 300
_TAIL = 40
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")


def child_command(args: Sequence[str]) -> list[str]:
    """The program and arguments that run ``aimanet ARGS`` for the window."""
    return [sys.executable, "-P", "-m", "app.training.child", *args]


class Job(QObject):
    """One process. ``record`` carries each JSON object it prints, ``told`` all its other lines.

    `stop` ends it in order: it sees its standard input end and gives itself a Ctrl-C. Where that
    leads to nothing it gets SIGTERM after `CLEAN_MS`, and SIGKILL, with all its children, after
    `TERM_MS` more; each further call of `stop` goes one step on at once.

    Args:
        command: program and arguments (`child_command`).
        parent: who owns it.
        lock: the lock that the command takes; it waits until the process before it lets go.
    """

    record = Signal(dict)
    told = Signal(list)
    ended = Signal(object)

    def __init__(self, command: Sequence[str], parent: QObject, lock: Path | None = None) -> None:
        super().__init__(parent)
        self.command = list(command)
        self.asked_to_stop = False
        self._rung = 0
        self._over = False
        self._rest = {"out": b"", "err": b""}
        self._tail: list[str] = []
        self._patience = QTimer(self, singleShot=True)
        self._patience.timeout.connect(self._climb)
        self.process = QProcess(self)
        self.process.setProcessEnvironment(_environment(lock))
        self.process.setWorkingDirectory(str(Path.home()))
        self.process.readyReadStandardOutput.connect(self._on_out)
        self.process.readyReadStandardError.connect(self._on_err)
        self.process.finished.connect(self._on_finished)
        self.process.errorOccurred.connect(self._on_error)

    @property
    def running(self) -> bool:
        """The process has not ended."""
        return self.process.state() is not QProcess.ProcessState.NotRunning

    @property
    def stage(self) -> int:
        """How hard it has been told to end: 0 not, 1 in order, 2 SIGTERM, 3 SIGKILL."""
        return self._rung

    def start(self) -> None:
        """Begin."""
        self.process.start(self.command[0], self.command[1:])

    @Slot()
    def stop(self) -> None:
        """Have it end in order; called again, one step harder."""
        self.asked_to_stop = True
        if self.running:
            self._climb()

    def kill(self) -> None:
        """End it at once, with all that it has started."""
        self.asked_to_stop = True
        self._rung = 3
        _kill_all(self.process)

    def wait(self, patience_ms: int) -> None:
        """Block until it has ended; after ``patience_ms`` it is killed."""
        if self.running and not self.process.waitForFinished(patience_ms):
            self.kill()
            self.process.waitForFinished(5000)

    @Slot()
    def _climb(self) -> None:
        if not self.running:
            return
        self._rung = min(self._rung + 1, 3)
        if self._rung == 1:
            self.process.closeWriteChannel()
            self._patience.start(CLEAN_MS)
        elif self._rung == 2:
            self.process.terminate()
            self._patience.start(TERM_MS)
        else:
            _kill_all(self.process)

    # --- what it says -----------------------------------------------------------------------

    @Slot()
    def _on_out(self) -> None:
        self._take("out", bytes(self.process.readAllStandardOutput().data()))

    @Slot()
    def _on_err(self) -> None:
        self._take("err", bytes(self.process.readAllStandardError().data()))

    def _take(self, stream: str, chunk: bytes) -> None:
        """Whole lines of what has come; the rest waits for its end."""
        *lines, rest = (self._rest[stream] + chunk).split(b"\n")
        self._rest[stream] = rest if len(rest) <= _LONGEST_LINE else b""
        self._sort(lines, stream)

    def _sort(self, lines: list[bytes], stream: str) -> None:
        words = []
        for line in lines:
            found = _record(line) if stream == "out" else None
            if found is not None:
                self.record.emit(found)
            elif text := _plain(line):
                words.append(text)
        if len(words) > _LINES_AT_ONCE:
            left_out = len(words) - _LINES_AT_ONCE
            words = [*words[:_LINES_AT_ONCE], f"… and {left_out} more lines"]
        if words:
            self._tail = [*self._tail, *words][-_TAIL:]
            self.told.emit(words)

    # --- how it ends ------------------------------------------------------------------------

    @Slot(int, QProcess.ExitStatus)
    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._on_out()
        self._on_err()
        for stream, rest in self._rest.items():
            self._sort([rest], stream)
        died = status is QProcess.ExitStatus.CrashExit
        # A stop may cross with an end of its own: then it has done all that it had to.
        stopped = self.asked_to_stop and (died or code != 0)
        self._end(judge(code, died=died, stopped=stopped, lines=self._tail))

    @Slot(QProcess.ProcessError)
    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self._end(Outcome("not_started", text=self.process.errorString()))

    def _end(self, outcome: Outcome) -> None:
        self._patience.stop()
        if not self._over:
            self._over = True
            self.ended.emit(outcome)


def _environment(lock: Path | None) -> QProcessEnvironment:
    """Ours, with this very AimaNet in reach from any folder."""
    environment = QProcessEnvironment.systemEnvironment()
    here = str(Path(aimanet.__file__).resolve().parents[1])
    others = environment.value("PYTHONPATH", "")
    environment.insert("PYTHONPATH", os.pathsep.join(p for p in (here, others) if p))
    environment.insert("PYTHONUNBUFFERED", "1")
    environment.insert("PYTHONIOENCODING", "utf-8:backslashreplace")
    environment.insert("OMP_NUM_THREADS", str(fewer_threads()))
    environment.remove("COLUMNS")
    if lock is not None:
        environment.insert(LOCK, str(lock))
    return environment


def fewer_threads() -> int:
    """How many threads may compute beside the live picture: half of the processor's."""
    return max(1, (os.cpu_count() or 2) // 2)


def _kill_all(process: QProcess) -> None:
    """SIGKILL for the process and the workers of its group, where it leads one."""
    pid = process.processId()
    if pid and sys.platform != "win32":
        try:
            if os.getpgid(pid) == pid:
                os.killpg(pid, signal.SIGKILL)
        except OSError:
            pass  # it has just ended
    process.kill()


def _record(line: bytes) -> dict[str, object] | None:
    """The JSON object on a line, if it is one."""
    if not line.lstrip().startswith(b"{"):
        return None
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _plain(line: bytes) -> str:
    """A line as text of one line: what moves a terminal's cursor is left out."""
    text = line.decode("utf-8", "replace").rsplit("\r", 1)[-1] if line.strip() else ""
    return _ESCAPES.sub("", text).rstrip()[:2000]
