"""No command at all: the window, or the same run in the terminal where none can open."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """The window; no options."""


def run(options: Options) -> int:
    """Opens the window and stays until it is closed; without a display, runs in the terminal."""
    from aimanet.commands import live
    from aimanet.terminal.desktop import open_window

    status = open_window()
    if status is not None:
        return status
    return live.run(live.Options(headless=True))
