from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from aimanet.errors import AimaNetError
from aimanet.sessions.reader import RecordedReading
from aimanet.sessions.writer import SessionWriter
from aimanet.types import State
from app.look import DARK
from app.review import words
from app.review.curves import Wave, line_of, rates_of, thinned
from app.review.jobs import Job, Jobs
from app.review.playhead import Playhead
from app.review.plots import shading
from app.review.presence import Presence, is_open
from tests.aimanet.sessions.recordings import write_session
from tests.app.conftest import PATIENCE_MS


@pytest.mark.parametrize(
    ("seconds", "tenths", "text"),
    [
        (7.4, False, "0:07"),
        (7.44, True, "0:07.4"),
        (59.97, True, "1:00.0"),
        (59.6, False, "1:00"),
        (3725, False, "1:02:05"),
        (-1, True, "0:00.0"),
    ],
)
def test_times_in_words(seconds: float, tenths: bool, text: str) -> None:
    assert words.clock(seconds, tenths) == text


def finished(qtbot: QtBot, jobs: Jobs) -> None:
    qtbot.waitUntil(lambda: not jobs.busy, timeout=PATIENCE_MS)


def test_a_job_works_elsewhere_and_answers_here(qtbot: QtBot) -> None:
    jobs, seen = Jobs(), []
    here = threading.current_thread()

    def work(job: Job) -> object:
        job.tell(0.5, "half")
        return threading.current_thread()

    def then(job: Job) -> None:
        seen.append(("done", job.result is not here, threading.current_thread() is here))

    def progress(job: Job) -> None:
        seen.append((*jobs.told(job), threading.current_thread() is here))

    jobs.start("working", work, then, progress)
    finished(qtbot, jobs)
    assert seen == [(0.5, "half", True), ("done", True, True)]


@pytest.mark.parametrize(
    ("error", "told"),
    [(AimaNetError("one line"), "one line"), (ValueError("odd"), "unexpected")],
)
def test_what_goes_wrong_in_a_job_is_a_line(qtbot: QtBot, error: Exception, told: str) -> None:
    jobs, problems = Jobs(), []

    def work(job: Job) -> object:
        raise error

    jobs.start("trying", work, lambda job: problems.append(job.problem))
    finished(qtbot, jobs)
    assert len(problems) == 1
    assert told in problems[0]


def test_a_cancelled_job_calls_nobody_and_is_joined(qtbot: QtBot) -> None:
    jobs, called, began = Jobs(), [], threading.Event()

    def work(job: Job) -> object:
        began.set()
        assert job.stopping.wait(60)
        job.tell(0.9)
        return "late"

    job = jobs.start("waiting", work, called.append, called.append)
    assert began.wait(60)
    jobs.wait()
    assert job.isFinished()
    assert not jobs.busy
    QCoreApplication.sendPostedEvents()
    assert not called


def test_readers_are_noticed_and_do_not_look_like_a_recording(tmp_path: Path) -> None:
    folder = write_session(tmp_path / "s", count=3, kept="none")
    assert not is_open(folder)
    first, second = Presence(folder), Presence(folder)
    assert is_open(folder)
    first.leave()
    assert is_open(folder)
    second.leave()
    second.leave()
    assert not is_open(folder)
    assert not is_open(tmp_path / "nowhere")
    Presence(tmp_path / "nowhere").leave()


def test_a_reader_does_not_disturb_who_records(tmp_path: Path) -> None:
    from aimanet.sessions.info import SessionInfo
    from aimanet.sessions.lock import is_recording

    with SessionWriter(tmp_path / "s", SessionInfo(kept="none")):
        reader = Presence(tmp_path / "s")
        assert is_recording(tmp_path / "s")
    assert not is_recording(tmp_path / "s")
    reader.leave()


def test_the_playhead_steps_from_frame_to_frame(qtbot: QtBot) -> None:
    head = Playhead()
    frames = np.array([0.0, 0.03, 0.07, 0.5])
    head.load(frames, 0.5)
    seen = []
    head.moved.connect(seen.append)
    for step in (1, 1, 1, 1, -1, -9):
        head.step(step)
    assert seen == [0.03, 0.07, 0.5, 0.5, 0.07, 0.0]
    head.seek(0.06)
    head.step(1)
    assert head.t == 0.07


def test_the_playhead_keeps_real_time_at_any_speed(qtbot: QtBot) -> None:
    head = Playhead()
    head.load(np.arange(0, 2, 0.1), 2.0)
    head.set_speed(4.0)
    began = time.monotonic()
    head.play()
    qtbot.waitUntil(lambda: not head.playing, timeout=PATIENCE_MS)
    assert head.t == 2.0
    assert time.monotonic() - began >= 0.49
    head.play()
    assert head.t < 2.0
    head.pause()


def reading(t: float, hr: float | None, state: State = State.OK) -> RecordedReading:
    return RecordedReading(t, hr, 3.0, state, 0.8)


def test_only_trusted_neighbours_are_joined() -> None:
    readings = [reading(1, 70.0), reading(1.3, 71.0), reading(1.6, 90.0, State.POOR_SIGNAL)]
    readings += [reading(1.9, 72.0), reading(9.0, 73.0), reading(9.3, 80.0, State.NO_FACE)]
    rates = rates_of(readings)
    assert np.isnan(rates.bpm[-1])
    t, bpm = line_of(rates)
    assert np.isnan(bpm[2])
    assert np.isnan(bpm[4])
    assert 1.9 < t[4] < 9.0
    assert bpm[[0, 1, 3, 5]].tolist() == [70, 71, 72, 73]


def test_thinning_keeps_extremes_and_gaps() -> None:
    t = np.arange(50_000) / 3
    y = 70 + np.sin(t / 40)
    y[12_345], y[30_000], y[40_000] = 150.0, 20.0, np.nan
    thin_t, thin = thinned(t, y, 2000)
    assert len(thin) <= 2100
    assert np.nanmax(thin) == 150.0
    assert np.nanmin(thin) == 20.0
    assert np.isnan(thin).any()
    assert (np.diff(thin_t) > 0).all()
    assert thinned(t[:100], y[:100], 2000)[0] is not t
    assert len(thinned(t[:100], y[:100], 2000)[0]) == 100


def test_a_wave_is_scaled_and_broken_at_holes() -> None:
    t = np.concatenate([np.arange(0, 3, 0.03), np.arange(5, 8, 0.03)])
    wave = Wave(t, 500 + 40 * np.sin(7 * t))
    part_t, value = wave.around(1.0, 7.0)
    assert part_t[0] >= 1.0
    assert np.nanmax(np.abs(value)) <= 1.05
    assert np.nanmax(value) > 0.7
    assert np.isnan(value).sum() == 1
    assert len(wave.around(20, 30)[0]) == 0


def test_shades_tell_states_apart() -> None:
    states = [State.WARMING_UP, State.OK, State.POOR_SIGNAL, State.NO_FACE]
    rates = rates_of([reading(t, 70.0, states[int(t) // 10 % 4]) for t in np.arange(1, 40, 0.5)])
    strip = shading(rates, 0.0, 60.0, DARK)[:, 0]
    at = {t: strip[int(t / 60 * len(strip))] for t in (5, 15, 25, 35, 50)}
    assert len({tuple(at[t][:3]) for t in (5, 25, 35)}) == 3
    assert at[25][3] > at[15][3]
    assert at[50][3] == 0
