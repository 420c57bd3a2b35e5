"""The front door of a clone: ``python main.py`` opens the window, ``python main.py analyze ...`` works.

The same as ``python -m aimanet`` and, once installed, ``aimanet``.
"""

from aimanet.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
