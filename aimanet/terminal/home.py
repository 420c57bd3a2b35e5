"""A place to keep things for somebody who has no home folder: a container's odd user, a service."""

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
