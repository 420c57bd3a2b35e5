"""Ctrl-C, ``kill`` and the end of the terminal: when they are heard, and what they do."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType

INTERRUPTED = 130
"""Exit status of a command that was ended before it was done."""

TIDY_S = 2.0
"""How long an interrupted command may tidy up before it can be interrupted again."""

IMPORT_S = 1.0

_IMPORT = "<frozen importlib._bootstrap>"
_LOOK_AGAIN_S = 0.05

Handler = Callable[[int, FrameType | None], object] | signal.Handlers | int | None


def end_signals() -> tuple[signal.Signals, ...]:
    """What asks a process to end: also the end of its terminal, unless started with ``nohup``."""
    numbers: tuple[signal.Signals, ...] = (signal.SIGINT, signal.SIGTERM)
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers += (signal.SIGHUP,)
    return numbers


def listen(handler: Handler) -> dict[signal.Signals, Handler]:
    """Sets the handler of `end_signals`; returns the ones before, none outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    return {number: signal.signal(number, handler) for number in end_signals()}


@contextmanager
def blocked(*numbers: signal.Signals) -> Iterator[None]:
    """Holds signals back; a process started in here never hears them, unless it unblocks them."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def leave(number: int, frame: FrameType | None) -> None:
    """Ends the process with a line: a handler for as long as there is nothing to tidy up."""
    try:
        print("interrupted", file=sys.stderr, flush=True)
    except (OSError, ValueError, AttributeError):
        pass  # the terminal is gone
    os._exit(INTERRUPTED)


class Interruption:
    """A handler that raises KeyboardInterrupt, where it is neither lost nor does harm.

    Not in the middle of an import, which may swallow it or report a broken package: it waits for
    the end of that, but no longer than `IMPORT_S`. And not again within `TIDY_S`: `timeout` and job
    schedulers signal the process and its group, and the second one would break the tidying up.
    """

    def __init__(self) -> None:
        self._raised_at = -TIDY_S
        self._waits_until: float | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Takes a signal."""
        now = time.monotonic()
        if now - self._raised_at < TIDY_S:
            return
        if sys.platform != "win32" and _is_importing(frame):
            self._waits_until = self._waits_until or now + IMPORT_S
            if now < self._waits_until:
                signal.signal(signal.SIGALRM, signal.getsignal(number))
                signal.setitimer(signal.ITIMER_REAL, _LOOK_AGAIN_S)
                return
        self._raised_at, self._waits_until = now, None
        raise KeyboardInterrupt


def interrupt_if_waiting() -> None:
    """Carries out an `Interruption` that waits for the end of an import; nothing where none does.

    For code that takes the signals away from it: what waits would come in the middle of that.

    Raises:
        KeyboardInterrupt: one was waiting.
    """
    if sys.platform != "win32" and signal.setitimer(signal.ITIMER_REAL, 0.0)[0] > 0.0:
        raise KeyboardInterrupt


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == _IMPORT:
            return True
        frame = frame.f_back
    return False


class StopRequest:
    """`end_signals` as a request that a loop looks at between two frames.

    A second Ctrl-C interrupts at once, unless it is ``patient``; a second SIGTERM or SIGHUP adds
    nothing to the first. Outside the main thread signals stay as they are and only ``ask`` works.
    """

    def __init__(self, *, patient: bool = False) -> None:
        self.asked = False
        self._patient = patient
        self._at_once = False
        self._interrupt = Interruption()

    def ask(self) -> None:
        """Requests the end."""
        self.asked = True

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Within it a request interrupts at once, also one made before: nothing is half done.

        Raises:
            KeyboardInterrupt: the end was requested.
        """
        self._at_once = True
        try:
            if self.asked:
                raise KeyboardInterrupt
            yield
        finally:
            self._at_once = False

    def __enter__(self) -> StopRequest:
        self._before = listen(self._on_signal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        again, self.asked = self.asked, True
        impatient = again and number == signal.SIGINT and not self._patient
        if self._at_once or impatient:
            self._interrupt(number, frame)
