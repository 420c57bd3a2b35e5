"""``aimanet cameras``: what ``live --source`` can be given."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aimanet.sources import CameraInfo


@dataclass(frozen=True, slots=True)
class Options:
    """The cameras of this computer, with the size and rate they give by default."""

    json: bool = False
    """Print one JSON list."""


def run(options: Options) -> int:
    """Lists the cameras; having none is no error."""
    from aimanet.sources import list_cameras
    from aimanet.terminal.records import to_line

    cameras = list_cameras()
    if options.json:
        print(to_line([asdict(camera) for camera in cameras]))
    elif not cameras:
        print("No camera found. The demo face needs none: aimanet live --source synthetic:hr=72")
    else:
        _print_table(cameras)
    return 0


def _print_table(cameras: list[CameraInfo]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("number", "name", "back end", "size", "fps")
    for camera in cameras:
        size = f"{camera.width}x{camera.height}" if camera.width else "unknown"
        fps = f"{camera.fps:.0f}" if camera.fps else "unknown"
        table.add_row(str(camera.index), Text(camera.name), Text(camera.backend), size, fps)
    Console().print(table)
    print("Watch one with: aimanet live --source NUMBER")
