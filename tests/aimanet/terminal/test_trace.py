"""The pulse of a whole recording out of the curves of its readings."""

from __future__ import annotations

import csv
import io

import numpy as np

from aimanet.terminal.trace import BoxTrace, PulseTrace
from aimanet.types import FaceCrop, Reading, State

IMAGE = np.zeros((8, 8, 3), np.uint8)


def walking_face(index: int, absent: range) -> FaceCrop:
    """A face that goes one pixel to the right with each frame; absent in between."""
    if index in absent:
        return FaceCrop(index, index / 30.0, None, None)
    return FaceCrop(index, index / 30.0, (float(index), 5.0, 40.0, 40.0), IMAGE)


def curve(first: int, last: int, settled: int = 10_000) -> Reading:
    """Samples ``first`` to ``last`` at 30 Hz; those from ``settled`` on are not final yet."""
    k = np.arange(first, last + 1)
    values = np.where(k < settled, k, -1.0).astype(np.float32)
    return Reading(last / 30.0, 70.0, 3.0, State.OK, bvp_t=k / 30.0, bvp=values)


def rows(out: io.StringIO) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(out.getvalue())))


def traced(count: int, absent: range = range(0)) -> tuple[io.StringIO, PulseTrace]:
    boxes = BoxTrace()
    for i in range(count):
        boxes.add(walking_face(i, absent))
    out = io.StringIO()
    return out, PulseTrace(out, boxes)


def test_each_sample_is_written_once_in_its_final_form_with_its_box():
    out, trace = traced(300)
    for last in range(9, 300, 10):
        trace.add(curve(max(0, last - 299), last, settled=last - 20))
    trace.add(curve(0, 299))
    trace.finish()
    table = rows(out)
    assert list(table[0]) == ["t", "bvp", "x", "y", "w", "h"]
    assert [float(row["bvp"]) for row in table] == list(range(300))
    assert [float(row["x"]) for row in table] == list(range(300))
    assert [float(row["t"]) for row in table] == [round(k / 30.0, 4) for k in range(300)]


def test_a_new_beginning_after_a_loss_keeps_what_was_open():
    out, trace = traced(400, absent=range(150, 250))
    trace.add(curve(0, 149))
    trace.add(Reading(6.0, None, None, State.NO_FACE))
    trace.add(curve(250, 399))
    trace.finish()
    assert [float(row["bvp"]) for row in rows(out)] == [*range(150), *range(250, 400)]


def test_in_a_bridged_hole_the_last_box_stays():
    out, trace = traced(100, absent=range(40, 50))
    trace.add(curve(0, 99))
    trace.finish()
    assert [float(row["x"]) for row in rows(out)[38:52]] == [38, *[39] * 11, 50, 51]
