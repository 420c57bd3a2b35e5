"""The window measured from inside: ``python -m app.bench --seconds 20 --json``.

Opens the real window through the front door's own way, lets it run, closes it, and says how long
it took to come and what it costs. The settings of the person are left alone.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from aimanet.terminal.desktop import RunWindow, open_window

if TYPE_CHECKING:
    from app.meter import Report

_SOURCE = "synthetic"


def main(argv: list[str] | None = None) -> int:
    """Runs the window for a while and prints the figures; 2 where no window can open."""
    options = _options(argv)
    reports: list[Report] = []

    def load() -> RunWindow:
        from app.application import run
        from app.meter import Meter

        return partial(run, watch=lambda window: Meter(window, options.seconds, reports.append))

    with ExitStack() as stack:
        if "AIMANET_CONFIG_DIR" not in os.environ:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="aimanet-bench-"))
            os.environ["AIMANET_CONFIG_DIR"] = folder
        status = open_window(load, options.source, options.method)
    if status or not reports:
        return status or 2
    print(json.dumps(asdict(reports[0])) if options.json else _table(reports[0]))
    return 0


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app.bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="from the first picture on")
    parser.add_argument("--source", default=_SOURCE, help="what to show; the demo face")
    parser.add_argument("--method", default=None, help="tscan, pos, chrom or green")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args(argv)
    if not options.seconds > 0:
        parser.error(f"--seconds {options.seconds:g}: give a time above 0")
    return options


def _table(report: Report) -> str:
    return "\n".join(
        f"{name.replace('_', ' '):<28}{_words(value)}" for name, value in asdict(report).items()
    )


def _words(value: object) -> str:
    if isinstance(value, dict):
        return "  ".join(f"{key} {_words(item)}" for key, item in value.items())
    return f"{value:.4g}" if isinstance(value, float) else "-" if value is None else str(value)


def process_started() -> float:
    """When this process began, on the clock of `time.perf_counter`; now where nobody says."""
    try:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        ago = time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, ValueError, IndexError):
        return time.perf_counter()
    return time.perf_counter() - ago


if __name__ == "__main__":
    sys.exit(main())
