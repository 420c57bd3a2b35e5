"""The front door of a clone: ``python main.py`` opens the window, or runs a command.

The same as ``aimanet`` once installed.
"""

from aimanet.stop import leave, listen

if __name__ == "__main__":
    listen(leave)  # Ctrl-C while the rest is imported is no traceback

from app.__main__ import main

if __name__ == "__main__":
    raise SystemExit(main())
