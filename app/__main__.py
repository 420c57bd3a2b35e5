"""The front door: the window where one can open, and the command line of `aimanet`."""

from aimanet.cli import main as command_line
from aimanet.terminal.desktop import RunWindow


def load_window() -> RunWindow:
    """Imports the window (Qt and all); raises ImportError where it is missing."""
    from app.application import run

    return run


def main() -> int:
    """Runs the command line, with a window behind it; returns the exit status."""
    return command_line(window=load_window)


if __name__ == "__main__":
    raise SystemExit(main())
