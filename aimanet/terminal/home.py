"""Where things are kept: without a home folder, and by packages that write there."""

from __future__ import annotations

import os
import tempfile


def give_home() -> str | None:
    """Makes up a home folder where there is none; returns the line that says so, else None.

    Without it, ``~`` would be taken for the name of a folder in the current one.
    """
    if os.path.isabs(os.path.expanduser("~")):
        return None
    try:
        folder = tempfile.mkdtemp(prefix="aimanet-home-")
    except OSError:
        return "There is no home folder here, nor a temporary one: nothing can be kept."
    os.environ["HOME"] = folder
    return f"There is no home folder here: settings and recordings go to {folder}."


def keep_matplotlib_home() -> None:
    """Has matplotlib keep its list of fonts with our caches, unless the user has named a place."""
    import platformdirs

    override = os.environ.get("AIMANET_CACHE_DIR")
    folder = override or platformdirs.user_cache_dir("AimaNet", appauthor=False)
    path = os.path.join(os.path.expanduser(folder), "matplotlib")
    if os.path.isabs(path):
        os.environ.setdefault("MPLCONFIGDIR", path)
