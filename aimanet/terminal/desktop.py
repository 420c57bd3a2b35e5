"""The way from the command line to the window, which the library does not know.

Whoever starts the program hands in a `WindowLoader`; `aimanet` itself never imports the app.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from aimanet.stop import interrupt_if_waiting, listen
from aimanet.terminal.display import DisplayCheck


class RunWindow(Protocol):
    """Opens the window, stays until it closes, and returns the exit status."""

    def __call__(
        self,
        source: str | None,
        method: str | None,
        device: str | None,
        weights: Path | None,
        *,
        fps: float | None,
    ) -> int:
        """Runs the window with what the command line named; None stands for the last used."""


WindowLoader = Callable[[], RunWindow]
"""Imports the window; ImportError where Qt or the app is missing."""


def open_window(
    loader: WindowLoader | None,
    source: str | None = None,
    method: str | None = None,
    device: str | None = None,
    weights: Path | None = None,
    fps: float | None = None,
) -> int | None:
    """Opens the window and stays until it closes.

    Args:
        loader: brings the window; None where the program was started without one.
        source: a spec for `open_source`; None for the one used last, else a camera or the demo.
        method: its name; None for the one used last.
        device: auto, cpu or cuda; None for the one used last.
        weights: other weights for tscan.
        fps: the frame rate to ask a camera for, or of a recording that does not say it.

    Returns:
        The exit status, or None when no window can open here; then a line on stderr says why.
    """
    if loader is None:
        reason: str | None = "`python -m aimanet` has no window; `aimanet` or `python main.py` has"
    else:
        with _ended_at_once():
            run_window, reason = _load(loader)
            if run_window is not None:
                return run_window(source, method, device, weights, fps=fps)
    print(f"AimaNet runs in the terminal: {reason}.", file=sys.stderr, flush=True)
    return None


def _load(loader: WindowLoader) -> tuple[RunWindow | None, str | None]:
    """The window, or why there is none; it is imported while Qt is tried beside it."""
    check = DisplayCheck()
    if check.hopeless:
        return None, check.reason()
    try:
        run_window = loader()
    except ImportError as error:
        return None, check.reason() or f"the window cannot be loaded ({error})"
    reason = check.reason()
    return (run_window, None) if reason is None else (None, reason)


@contextmanager
def _ended_at_once() -> Iterator[None]:
    """Until the window listens itself, `end_signals` end the process without ado.

    As an exception in the middle of Qt's imports they are swallowed there at times, and the
    program would start nevertheless. Nothing is being written yet.
    """
    before = listen(signal.SIG_DFL)
    try:
        interrupt_if_waiting()
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
