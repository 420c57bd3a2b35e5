"""The way from the command line to the window, without making the library depend on it."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from aimanet.terminal.display import why_no_window

APPLICATION = "app.application"


def open_window(
    source: str | None = None,
    method: str | None = None,
    device: str | None = None,
    weights: Path | None = None,
) -> int | None:
    """Opens the window and stays until it closes.

    The application is found by name at run time: `aimanet` must stay importable, and be
    installable, where neither it nor Qt is there.

    Args:
        source: a spec for `open_source`; None for the one used last, else a camera or the demo.
        method: its name; None for the one used last.
        device: auto, cpu or cuda; None for the one used last.
        weights: other weights for tscan.

    Returns:
        The exit status, or None when no window can open here; then a line on stderr says why.
    """
    reason = why_no_window()
    if reason is None:
        try:
            application = import_module(APPLICATION)
        except ImportError as error:
            reason = f"the window cannot be loaded ({error})"
        else:
            status: int = application.run(source, method, device, weights)
            return status
    print(f"AimaNet runs in the terminal: {reason}.", file=sys.stderr, flush=True)
    return None
