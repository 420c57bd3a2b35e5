"""Data sets and the reports of checks, as people read them in a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aimanet.datasets.base import Problem
    from aimanet.datasets.check import Checked, Report

SHOWN = 12
"""So many problems of a kind are listed unless all are asked for."""


def print_list(descriptions: Sequence[Mapping[str, str]]) -> None:
    """A table: name, what it is, where it is obtained, the first line of its layout."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(
        "name", "what it is, where it is obtained, what its folder holds", show_lines=True
    )
    for one in descriptions:
        text = Text(f"{one['title']}: {one['size']}", style="bold")
        text.append(f"\n{one['where']}\n", style="not bold")
        text.append(" ".join(one["layout"].splitlines()[0].split()), style="not bold cyan")
        table.add_row(Text(one["name"]), text)
    Console(highlight=False).print(table)
    print("More of one: aimanet datasets show NAME. Is a folder one? aimanet datasets check DIR")


def print_whole(descriptions: Sequence[Mapping[str, str]]) -> None:
    """Everything that is known about each."""
    for one in descriptions:
        print(f"{one['name']}: {one['title']} ({one['size']})\n\n{one['where']}\n")
        print(f"A folder DIR must look like this:\n\n{one['layout']}\n")
        print(f"Check one with: aimanet datasets check {one['name']}=DIR\n")


def print_report(report: Report, *, everything: bool) -> None:
    """Counts, then what is broken and what is odd; ``everything`` also lists the recordings."""
    usable = report.usable
    print(f"{report.dataset} in {_printable(report.root)}")
    print(
        f"  {len(usable)} of {_counted(len(report.checked), 'recording')} can be used: "
        f"{_counted(report.persons, 'person')}, {report.minutes:.1f} minutes"
    )
    if rates := report.label_hz:
        low, median, high = rates
        spread = "" if high - low < 0.02 * median else f" ({low:.1f} to {high:.1f})"
        print(f"  labels at {median:.1f} Hz{spread}")
    if count := sum(not one.labelled for one in usable):
        print(f"  {count} without a label (pseudo labels can be made)")
    if excluded := [one.excluded for one in usable if one.excluded]:
        print(f"  {len(excluded)} {excluded[0]}")
    if everything:
        _print_recordings(report.checked)
    limit = None if everything else SHOWN
    _print_problems(report, "cannot be used", report.told(fatal=True), limit)
    _print_problems(report, "worth knowing", report.told(fatal=False), limit)


def _print_problems(
    report: Report, title: str, problems: Sequence[Problem], limit: int | None
) -> None:
    if problems:
        print(f"  {title}:")
    for problem in problems[:limit]:
        print(f"    {_printable(report.shown(problem.path))}: {problem.text}")
    if limit is not None and len(problems) > limit:
        print(f"    ... and {len(problems) - limit} more (--all lists them)")


def _print_recordings(checked: Sequence[Checked]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("recording", "person", "frames", "fps", "label", "Hz", "usable")
    for one in checked:
        facts = one.facts
        table.add_row(
            Text(one.name),
            Text(one.subject),
            str(facts.frames or ""),
            f"{facts.fps:.2f}" if facts.fps else "",
            str(facts.samples or ""),
            f"{one.label_hz:.1f}" if one.label_hz else "",
            "yes" if one.usable else "no",
        )
    Console().print(table)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _printable(path: object) -> str:
    """A path for the terminal, also when its bytes are no UTF-8."""
    return str(path).encode("utf-8", "replace").decode("utf-8")
