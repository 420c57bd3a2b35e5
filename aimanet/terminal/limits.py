"""What the surroundings do not give: memory, threads, open files, a time zone that can be."""

from __future__ import annotations

import errno
import os
import sys
import time
from datetime import datetime

from aimanet.errors import AimaNetError

LEAST_ADDRESS_SPACE = 900_000_000
"""Bytes. With less, libraries cannot be loaded; some of them abort instead of saying so."""

_MEMORY = ("can't allocate memory", "cannot allocate memory", "failed to map segment", "bad_alloc")


class LimitError(AimaNetError):
    """A limit of the process is too low for anything to run."""


def require_address_space() -> None:
    """Looks at `ulimit -v` before a library is loaded that would not survive it.

    Raises:
        LimitError: it is too low.
    """
    if sys.platform == "win32":
        return
    import resource

    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit != resource.RLIM_INFINITY and limit < LEAST_ADDRESS_SPACE:
        raise LimitError(
            f"the address space is limited to {limit / 1e6:.0f} MB (`ulimit -v`), and AimaNet needs"
            f" {LEAST_ADDRESS_SPACE / 1e6:.0f} MB or more: raise it"
        )


def mend_time_zone() -> None:
    """Has the clock show UTC where TZ is no zone (``UTC+99:00``): no date could be made with it."""
    try:
        datetime.now().astimezone()
    except (ValueError, OverflowError):
        os.environ["TZ"] = "UTC"
        time.tzset()


def starved(error: Exception) -> str | None:
    """A line where the system has refused something; None for any other error."""
    words = str(error).lower()
    number = error.errno if isinstance(error, OSError) else None
    if isinstance(error, MemoryError) or number == errno.ENOMEM or any(w in words for w in _MEMORY):
        return "memory ran out: close other programs, take less at once, or raise `ulimit -v`"
    if number in (errno.EMFILE, errno.ENFILE):
        return "too many open files: raise the limit (`ulimit -n`), or take fewer --jobs"
    if "can't start new thread" in words or number == errno.EAGAIN:
        return "no more threads or processes may be started: raise the limit (`ulimit -u`)"
    return None
