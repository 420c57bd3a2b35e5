"""``python -m aimanet``: the same front door as ``main.py``."""

from aimanet.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
