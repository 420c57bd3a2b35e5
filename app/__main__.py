"""The front door: the window where one can open, and the command line of `aimanet`."""

from importlib import import_module

from aimanet.cli import main as command_line
from aimanet.terminal.desktop import RunWindow


def load_window() -> RunWindow:
    """Imports the window (Qt and all); raises ImportError where it is missing."""
    application = import_module("app.application")
    import_module("app.main_window")  # all of it, while Qt is tried in another process
    run: RunWindow = application.run
    return run


def main() -> int:
    """Runs the command line, with a window behind it; returns the exit status."""
    return command_line(window=load_window)


if __name__ == "__main__":
    raise SystemExit(main())
