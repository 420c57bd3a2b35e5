"""What ``datasets check`` has found, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Finding:
    """One data set in a folder that was looked into."""

    dataset: str
    root: str
    usable: int
    unlabelled: int
    words: str
    problems: tuple[str, ...]
    fatal: bool

    @property
    def role(self) -> str:
        """How its words are coloured."""
        if not self.usable:
            return "wrong"
        return "doubt" if self.problems else "good"


def parse_finding(record: dict[str, Any]) -> Finding | None:
    """A line of ``datasets check --json``; None for anything else."""
    try:
        usable, total = int(record["usable"]), int(record["recordings"])
        problems = [f"{p['path']}: {p['text']}" for p in record["problems"]]
        return Finding(
            dataset=str(record["dataset"]),
            root=str(record["root"]),
            usable=usable,
            unlabelled=int(record.get("unlabelled", 0)),
            words=_words(record, usable, total, len(problems)),
            problems=tuple(problems),
            fatal=any(p["fatal"] for p in record["problems"]),
        )
    except (KeyError, TypeError, ValueError):
        return None


def _words(record: dict[str, Any], usable: int, total: int, problems: int) -> str:
    recordings = f"{usable} recordings" if usable != 1 else "1 recording"
    told = [recordings if usable == total else f"{usable} of {total} recordings can be used"]
    if persons := int(record.get("persons", 0)):
        told.append("1 person" if persons == 1 else f"{persons} people")
    if minutes := float(record.get("minutes") or 0.0):
        told.append(f"{minutes:.0f} min" if minutes >= 10 else f"{minutes:.1f} min")
    if unlabelled := int(record.get("unlabelled", 0)):
        told.append(f"{unlabelled} without a sensor")
    if problems:
        told.append("1 problem" if problems == 1 else f"{problems} problems")
    return ", ".join(told)


def listed(problems: tuple[str, ...]) -> str:
    """The first problems as lines, for a tool tip."""
    more = len(problems) - _SHOWN
    return "\n".join([*problems[:_SHOWN], *([f"… and {more} more"] if more > 0 else [])])
