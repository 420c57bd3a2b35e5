"""How much memory this process holds."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_STATM = Path("/proc/self/statm")


def resident_mb() -> float | None:
    """Resident memory in MB (10^6 bytes); its peak on macOS; None where it cannot be told."""
    if _STATM.exists():
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return None


def tree_mb() -> float | None:
    """Memory of this process and its children in MB; what they share counts once.

    None where it cannot be told (only Linux tells).
    """
    mine = Path("/proc/self/smaps_rollup")
    if not mine.exists():
        return None
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return _share_mb(mine) + sum(_share_mb(Path(f"/proc/{pid}/smaps_rollup")) for pid in children)


def _share_mb(rollup: Path) -> float:
    """Proportional set size; 0 for a process that is gone."""
    try:
        lines = rollup.read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024 / 1e6


def peak_mb() -> float | None:
    """The most this process itself has held, in MB; None where it cannot be told."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resident_mb()
    lines = status.read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024 / 1e6
