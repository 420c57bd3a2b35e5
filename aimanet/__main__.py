"""``python -m aimanet``: the command line alone, without the window (for servers, trainers)."""

from aimanet.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
