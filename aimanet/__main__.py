"""``python -m aimanet``: the command line alone, without the window (for servers, trainers)."""

from aimanet.stop import leave, listen

if __name__ == "__main__":
    listen(leave)  # Ctrl-C while the rest is imported is no traceback

from aimanet.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
