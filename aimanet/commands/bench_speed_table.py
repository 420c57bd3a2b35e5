"""The figures of ``bench speed`` as tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from aimanet.bench.against import Versus
    from aimanet.bench.children import Cost
    from aimanet.bench.clips import ClipFacts
    from aimanet.bench.longrun import Trend
    from aimanet.commands.bench_speed import Report

VERSUS = (
    ("CPU s per s of video", "cpu_s_per_s", "cpu_ratio", "{:.3f}"),
    ("  with the start", "cpu_s_per_s_with_start", "cpu_ratio_with_start", "{:.3f}"),
    ("start, CPU s", "start_cpu_s", "", "{:.2f}"),
    ("times real time", "times_real_time", "wall_ratio", "{:.1f}"),
    ("  with the start", "times_real_time_with_start", "wall_ratio_with_start", "{:.1f}"),
    ("memory at most, MB", "peak_mb", "", "{:.0f}"),
)
"""Rows of a comparison: name, field of `Cost`, field of the ratio, form of the number."""


def print_report(report: Report) -> None:
    """All figures of one run."""
    console = Console(highlight=False)
    machine = report.machine
    console.print(f"{report.method} on {machine.cpu}, {machine.cores} cores, {machine.system}")
    console.print(f"clip: {_of(report.clip)}")
    for table in (_stages(report), _process(report), _memory(report), _networks(report)):
        console.print(table)
    console.print(f"training: {report.training_frames_per_s:.0f} frames a second")


def print_versus(versus: Versus, clip: ClipFacts) -> None:
    """Both programs side by side."""
    console = Console(highlight=False)
    a, b = versus.ours, versus.theirs
    console.print(f"clip: {_of(clip)}, {a.seconds:g} s of it; {versus.rounds} rounds in turn")
    table = Table("what", "aimanet", "the other", "ratio")
    for name, field, ratio, text in VERSUS:
        ours, theirs = getattr(a, field), getattr(b, field, None)
        times = getattr(versus, ratio, None)
        table.add_row(
            name,
            "-" if ours is None else text.format(ours),
            "-" if theirs is None else text.format(theirs),
            "" if times is None else f"{times:.2f}",
        )
    console.print(table)
    if versus.error:
        console.print(f"the other failed: {versus.error}", markup=False)


def _of(clip: ClipFacts) -> str:
    what = "the demo face" if clip.drawn else clip.name
    fps = "" if clip.fps is None else f" at {clip.fps:g} frames a second"
    return (
        f"{what}, {clip.seconds:.1f} s, {clip.width}x{clip.height}{fps}, {clip.mbit_s:.1f} Mbit/s"
    )


def _stages(report: Report) -> Table:
    live = report.stages
    table = Table("ms a frame", "mean", "median", "95 %", title="Stages, live")
    for name, spread in live.stages.items():
        row = spread.mean_ms, spread.median_ms, spread.p95_ms
        table.add_row(name, *(f"{value:.2f}" for value in row))
    if isinstance(report.window, dict):
        for key in ("draw_picture_ms", "draw_plots_ms"):
            drawn = report.window.get(key) or {}
            name = key.removesuffix("_ms").replace("_", " ")
            table.add_row(name, "", _number(drawn.get("median")), _number(drawn.get("p95")))
    return table


def _process(report: Report) -> Table:
    live, stages = report.live, report.stages
    table = Table("what", "figure", title="Whole processes, counted by the operating system")
    add = table.add_row
    add("live, no window: CPU s per s of video", f"{live.cost.cpu_s_per_s:.3f}")
    add("  its start, CPU s", f"{live.cost.start_cpu_s:.2f}")
    add("  memory at most", f"{live.cost.peak_mb:.0f} MB")
    add("  from start to first reading", _seconds(live.first_reading_s))
    add("  from start to first ok", _seconds(live.first_ok_s))
    delay = stages.grab_to_reading
    add("grab to reading", f"{delay.median_ms:.0f} ms (95 %: {delay.p95_ms:.0f})")
    age = stages.pulse_age
    add("age of the pulse's newest sample", f"{age.median_ms:.0f} ms (95 %: {age.p95_ms:.0f})")
    add("frames dropped", f"{stages.dropped} of {stages.frames + stages.dropped}")
    for name, cost in (
        ("analyze, one core", report.analyze_one_core),
        ("analyze, two cores", report.analyze_two_cores),
    ):
        _add_batch(table, name, cost)
    jobs = report.analyze_jobs_two_cores_times_real_time
    if jobs is not None:
        add("analyze --jobs 2, four files", f"{jobs:.1f} times real time, start included")
    _add_window(table, report.window)
    return table


def _add_batch(table: Table, name: str, cost: Cost | None) -> None:
    if cost is None:
        table.add_row(name, "there are not so many cores")
        return
    table.add_row(
        f"{name}: times real time",
        f"{_number(cost.times_real_time)} ({cost.times_real_time_with_start:.1f} with its start)",
    )
    table.add_row("  CPU s per s of video", f"{cost.cpu_s_per_s:.3f}")
    table.add_row("  its start, CPU s", f"{cost.start_cpu_s:.2f}")


def _add_window(table: Table, window: dict[str, Any] | str) -> None:
    if isinstance(window, str):
        table.add_row("window", window)
        return
    table.add_row("window: from start to first picture", _seconds(window.get("first_picture_s")))
    table.add_row("  from start to first ok", _seconds(window.get("first_ok_s")))
    pixel = window.get("grab_to_pixel_ms") or {}
    shown = f"{_number(pixel.get('median'))} ms (95 %: {_number(pixel.get('p95'))})"
    table.add_row("  grab to pixel", shown)
    table.add_row("  CPU s per s", _number(window.get("cpu_per_s")))
    held = window.get("rss_mb") or {}
    words = ", ".join(f"{key.replace('_', ' ')} {_number(value)}" for key, value in held.items())
    table.add_row("  memory, MB", words)


def _memory(report: Report) -> Table:
    table = Table("what", "from", "to", "at most", title="Long runs, with recording")
    for name, found in (("video", report.memory), ("faces", report.long_run)):
        if found is not None:
            _add_trend(table, f"{found.minutes:.0f} min of {name}", found)
    return table


def _add_trend(table: Table, name: str, found: Trend) -> None:
    slope = found.slope_mb_per_hour
    grows = "" if slope is None else f" ({slope:+.1f} MB an hour)"
    held = (_number(value) for value in (found.start_mb, found.end_mb, found.peak_mb))
    table.add_row(f"{name}: memory, MB{grows}", *held)
    table.add_row("  open files", str(found.start_handles), str(found.end_handles))
    table.add_row("  threads", str(found.start_threads), str(found.end_threads))
    median = f"{found.start_median_ms:.3f}", f"{found.end_median_ms:.3f}"
    table.add_row("  CPU ms a frame, median", *median)
    table.add_row("  CPU ms a frame, 95 %", f"{found.start_p95_ms:.2f}", f"{found.end_p95_ms:.2f}")


def _networks(report: Report) -> Table:
    table = Table("the network by", "ms a frame", "CPU ms a frame", "difference", title="Back ends")
    for found in report.networks:
        if found.error is not None:
            table.add_row(found.name, found.error)
            continue
        figures = _number(found.wall_ms_per_frame), _number(found.cpu_ms_per_frame)
        table.add_row(found.name, *figures, f"{found.greatest_difference:.1e}")
    return table


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f} s"


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.2f}"
