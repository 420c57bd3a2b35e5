"""The front door of a clone: ``python main.py`` opens the window, or runs a command.

The same as ``python -m aimanet`` and, once installed, ``aimanet``.
"""

from aimanet.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
