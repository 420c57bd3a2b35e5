"""What a live run prints."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from aimanet.pipeline import Summary
from aimanet.sources import SourceInfo
from aimanet.terminal.glyphs import big
from aimanet.terminal.records import number, reading_record, to_line
from aimanet.terminal.views import JsonView, PanelView, PlainView, Status, choose_view
from aimanet.terminal.words import describe, summary_advice
from aimanet.types import Reading, Reason, State

INFO = SourceInfo(640, 480, 30.0, None, None, "640x480 at 30 fps")
STATUS = Status(29.97, 3, "detect 3.0 ms")
SUMMARY = Summary(71.96, 6.24, State.OK, "pos", None, 30.0, 900, 30.0, 0.5)


def reading(t: float, hr: float | None = 72.04, state: State = State.OK) -> Reading:
    curve = np.sin(np.arange(300) / 5.0)
    return Reading(t, hr, None if hr is None else 5.0, state, 0.8, curve, curve.astype("f"))


def test_numbers_are_plain_rounded_and_never_nan():
    assert number(np.float32(72.0449), 2) == 72.04
    assert [number(v, 2) for v in (None, math.nan, math.inf)] == [None] * 3
    with pytest.raises(ValueError, match="JSON"):
        to_line({"t": math.nan})


def test_a_record_has_null_where_there_is_no_estimate():
    assert json.loads(to_line(reading_record(reading(1.23456, None, State.NO_FACE)))) == {
        "t": 1.235,
        "hr_bpm": None,
        "snr_db": None,
        "state": "no_face",
        "reason": None,
    }


def test_json_lines_are_the_only_thing_on_stdout(capsys):
    view = JsonView()
    view.start("Camera", INFO)
    view.show(reading(1.0), STATUS)
    view.notice("camera gone")
    view.show(reading(1.3), STATUS)
    view.finish(SUMMARY, STATUS)
    captured = capsys.readouterr()
    assert [json.loads(line)["t"] for line in captured.out.splitlines()] == [1.0, 1.3]
    assert captured.err == "camera gone\n"


def test_plain_lines_come_once_a_second_with_a_summary(capsys):
    view = PlainView()
    view.start("Camera", INFO)
    for k in range(10):
        view.show(reading(k / 3.0, None if k < 4 else 72.0), STATUS)
    view.finish(SUMMARY, STATUS)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Camera: 640x480 at 30 fps"
    assert [float(line.split()[0]) for line in lines[1:-1]] == [0.0, 1.0, 2.0, 3.0]
    assert all("BPM" in line and line.isascii() for line in lines[1:-1])
    assert "72.0 BPM  ok" in lines[-2]
    assert lines[-1].startswith("Summary: 72.0 BPM (ok)")
    assert lines[-1].endswith("3 dropped")


def test_a_summary_without_a_heart_rate_says_so():
    nothing = Summary(None, None, State.WARMING_UP, "pos", None, 30.0, 60, 2.0, 1.0)
    assert describe(nothing).startswith("no heart rate: it is still measuring, over 2.0 s with POS")


def test_a_heart_rate_that_is_not_trusted_is_not_said():
    dark = Summary(
        181.0, -11.0, State.POOR_SIGNAL, "pos", None, 12.0, 120, 10.0, 1.0, [], Reason.TOO_DARK
    )
    line = describe(dark, "estimate in --json")
    assert line.startswith("no trusted heart rate: the picture is too dark (estimate in --json)")
    assert "181" not in line
    assert "-11" not in line
    assert summary_advice(dark) == "More light on your face: a window or lamp in front."


def test_no_view_prints_a_number_that_is_not_trusted(capsys, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    dark = replace(reading(1.0, 181.0, State.POOR_SIGNAL), reason=Reason.TOO_DARK)
    PlainView().show(dark, STATUS)
    out = io.StringIO()
    view = PanelView(Console(file=out, force_terminal=True, width=100, height=30))
    view.start("Camera", INFO)
    view.show(dark, STATUS)
    view.finish(None, STATUS)
    for shown in (capsys.readouterr().out, out.getvalue()):
        assert "too dark" in shown
        assert "More light on your face" in shown
        assert "181" not in shown
        assert "5.0 dB" not in shown
    assert big("--")[1] in out.getvalue()
    assert big("181")[1] not in out.getvalue()


def test_plain_lines_count_the_seconds_down(capsys):
    view = PlainView()
    for t in (0.0, 3.2, 6.0):
        state = State.WARMING_UP if t < 5.0 else State.POOR_SIGNAL
        early = replace(reading(t, None, state), reason=Reason.MEASURING, figure=10.0 - t)
        view.show(early, STATUS)
    said = [line.split("BPM  ")[1] for line in capsys.readouterr().out.splitlines()]
    assert said == [f"measuring, up to {left} s left" for left in (10, 7, 4)]


def test_the_panel_shows_number_state_quality_and_curves_at_any_width(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")  # a dumb terminal gets no panel
    for width in (40, 200):
        out = io.StringIO()
        console = Console(file=out, force_terminal=True, width=width, height=30)
        view = PanelView(console)
        view.start("Camera", INFO)
        view.notice("camera gone")
        for t in range(3):
            view.show(reading(float(t), None if t == 0 else 72.0), STATUS)
        view.finish(SUMMARY, STATUS)
        text = out.getvalue()
        assert all(word in text for word in ("BPM", "quality", "pulse", "history", "camera gone"))
        assert "Summary: 72.0 BPM" in text


def test_a_dumb_terminal_and_a_pipe_get_plain_lines(monkeypatch):
    assert isinstance(choose_view(json=False), PlainView)
    assert isinstance(choose_view(json=True), JsonView)
