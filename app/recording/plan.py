"""What a person wants of a recording, and the room there is for it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from aimanet.commands.record_words import cost_text
from aimanet.sessions.info import Keep


@dataclass(frozen=True, slots=True)
class Plan:
    """A recording as it was asked for; ``folder`` is the one that a new session's goes into.

    ``reminded``: the reminder about consent was seen; ``agreed``: it was answered with yes.
    """

    keep: Keep
    folder: Path
    participant: str = ""
    notes: str = ""
    reminded: bool = False
    agreed: bool = False


@dataclass(frozen=True, slots=True)
class Costs:
    """Bytes a second of what can be kept; ``measured`` on this source, or those of a usual one."""

    per_second: dict[Keep, float]
    measured: bool = False

    def text(self, keep: Keep) -> str:
        """``about 45 MB a minute (2.7 GB an hour)``."""
        return cost_text(self.per_second[keep], "about" if self.measured else "typically")


def free_bytes(folder: Path) -> int | None:
    """The room where ``folder`` is or would be; None where nobody can tell."""
    for path in (folder, *folder.parents):
        try:
            return shutil.disk_usage(path).free
        except FileNotFoundError:
            continue
        except OSError:
            return None
    return None
