"""What to watch when the user named nothing."""

from __future__ import annotations

import sys

DEMO_SECONDS = 30
DEMO = f"synthetic:hr=72,seed=1,seconds={DEMO_SECONDS}"


def pick_source() -> str:
    """The first camera, or the demo face where there is none; says which on stderr."""
    from aimanet.sources import list_cameras

    cameras = list_cameras()
    if cameras:
        print(f"Using the camera {cameras[0].name!r}.", file=sys.stderr, flush=True)
        return f"camera:{cameras[0].index}"
    print(
        f"No camera here: showing the built-in demo face for {DEMO_SECONDS} s "
        "(choose another source with `live --source`).",
        file=sys.stderr,
        flush=True,
    )
    return DEMO
