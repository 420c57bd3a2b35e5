"""Hostile sessions and sensors' files through ``replay``, ``export``, ``reference``, the list."""

from __future__ import annotations

import json
import os
import random
import shutil
from datetime import date, time
from pathlib import Path

import edfio
import numpy as np

from aimanet.sessions.layout import FILES, HEAD, VIDEO
from tests.aimanet.sessions.pulses import heart, pulse_session, write_table
from tests.aimanet.sessions.recordings import write_session
from tests.faults.fuzz.base import Action, Target, command, preload, warm
from tests.faults.fuzz.mutate import mutate

NAMES = ("../../bystander/diary", "/tmp/up", "..", "a/b", "a\x00b", "CON", "x" * 5000, "\u202egnp")
LIES = (1e308, -1, 10**30, [], {}, None, True, "1e999", "NaN", "\x00", [[[]]], *NAMES)

CELLS = ("1e30", "1e308", "-1e308", "nan", "inf", "1e6", "604000", "-5", "", "9" * 400, "0")
"""What a cell of numbers cannot be, or hardly."""


class Sessions(Target):
    """A session's folder with one to three files damaged, replaced by links or lied in."""

    name = "sessions"

    def write(self, originals: Path) -> None:
        write_session(originals / "frames", 40, "frame", window_s=10.0)
        write_session(originals / "faces", 60, "face", size=[36, 36])
        pulse_session(originals / "pulse", heart(45.0), 42.0)
        t = np.arange(0, 42, 0.02)
        sensor = write_table(originals / "sensor.csv", "t,ppg", t, heart(45.0).bvp(t))
        assert command("reference", originals / "pulse", sensor)() == 0

    def prepare(self, originals: Path) -> None:
        preload("aimanet.commands.export", "aimanet.commands.replay", "aimanet.sessions.analysis")
        preload("aimanet.pipeline", "aimanet.rhythm.study", "aimanet.sessions.export.figure")
        preload("aimanet.sessions.export.tables", "aimanet.sessions.export.page", "cv2", "av")
        preload("matplotlib.font_manager", "matplotlib.backends.backend_agg")
        for argv in (("replay", "nothing"), ("export", "nothing", "--out", "x", "--format", "csv")):
            warm(*argv)
        warm("reference", "nothing")
        warm("datasets", "check", "nothing")
        self._folders = [originals / name for name in ("frames", "faces", "pulse")]
        self._heads = {path.name: (path / HEAD).read_bytes() for path in self._folders}

    def case(self, own: Path, rng: random.Random) -> Action:
        original = rng.choice(self._folders)
        folder = own / original.name
        shutil.copytree(original, folder)
        for _ in range(rng.choice((1, 1, 2, 3))):
            self._damage(folder, rng)
        return self._command(folder, own, rng)

    def _damage(self, folder: Path, rng: random.Random) -> None:
        there = [folder / name for name in FILES if (folder / name).is_file()]
        path = rng.choice(there) if there else folder / HEAD
        kind = rng.random()
        if path.name == HEAD and kind < 0.6 and path.is_file():
            return _lie_in_head(path, self._heads[folder.name], rng)
        if kind < 0.12:
            return _replace(path, rng)
        if kind < 0.5 and path.suffix == ".csv" and path.is_file():
            return _lie_in_cells(path, rng)
        data = path.read_bytes() if path.is_file() else b""
        path.unlink(missing_ok=True)
        path.write_bytes(mutate(data, rng, text=path.name != VIDEO))
        return None

    def _command(self, folder: Path, own: Path, rng: random.Random) -> Action:
        forms = rng.choice((("csv",), ("json",), ("html",), ("csv", "json"), ("edf",), ("png",)))
        return rng.choice(
            (
                command("replay", folder, "--method", "green", "--json"),
                command("replay", folder, "--method", "pos"),
                command("export", folder, "--out", own / "out", "--format", *forms),
                command("reference", folder, "--json"),
                command("reference", folder),
                command("datasets", "check", own),
                lambda: _list(own, folder),
            )
        )


def _list(own: Path, folder: Path) -> int:
    """What the window does with a folder of sessions: list it, rename one, delete it."""
    from aimanet.errors import AimaNetError
    from aimanet.sessions.library import delete, list_sessions, rename

    list_sessions(own)
    for act in (lambda: rename(folder, "another name"), lambda: delete(folder)):
        try:
            act()
        except AimaNetError as error:
            print("error:", error)
    return 0


def _lie_in_head(path: Path, head: bytes, rng: random.Random) -> None:
    """Valid JSON whose values are not what they should be."""
    values = json.loads(head)
    for _ in range(rng.choice((1, 2, 5))):
        key = rng.choice([*values, "fps", "window_s", "name", "size", "recipe", "t0"])
        values[key] = rng.choice(LIES)
    path.write_text(json.dumps(values))


def _lie_in_cells(path: Path, rng: random.Random) -> None:
    """A sound table in which one column of some rows, or of all, cannot be."""
    rows = [line.split(",") for line in path.read_text("utf-8", "replace").splitlines()]
    if len(rows) < 2:
        return
    column, lie = rng.randrange(len(rows[0])), rng.choice(CELLS)
    share = rng.choice((0.0, 0.1, 1.0))
    victim = rng.randrange(1, len(rows))
    for number, row in enumerate(rows[1:], 1):
        if column < len(row) and (number == victim or rng.random() < share):
            row[column] = lie
    path.write_text("\n".join(",".join(row) for row in rows) + "\n", encoding="utf-8")


def _replace(path: Path, rng: random.Random) -> None:
    """A link that leads elsewhere, a folder, a pipe nobody writes to, or nothing at all."""
    outside = path.parents[2] / "bystander" / "diary.txt"
    path.unlink(missing_ok=True)
    kind = rng.randrange(6)
    if kind == 0:
        path.symlink_to(outside)
    elif kind == 1:
        path.symlink_to("/dev/zero")
    elif kind == 2:
        path.mkdir()
    elif kind == 3:
        os.mkfifo(path)
    elif kind == 4:
        path.symlink_to(path.name)


class Sensors(Target):
    """A contact sensor's file beside a session."""

    name = "sensors"

    def write(self, originals: Path) -> None:
        pulse = heart(45.0)
        pulse_session(originals / "session", pulse, 42.0)
        t = np.arange(0, 40, 1 / 32)
        wave = 500 + 80 * pulse.bvp(t)
        folder = originals / "sensors"
        folder.mkdir()
        write_table(folder / "a.csv", "time,ppg,hr", t, wave, np.full(len(t), 72.0))
        write_table(folder / "b.txt", "t;ecg", t, wave, separator=";")
        write_table(folder / "rates.csv", "Time (s),Heart Rate", t[::32], 70 + np.sin(t[::32]))
        lines = [" ".join(f"{v:e}" for v in row) for row in (wave, wave * 0 + 72, t)]
        (folder / "ground_truth.txt").write_text("\n".join(lines))
        (folder / "pure.json").write_text(json.dumps(_pure(t, wave)))
        write_table(folder / "gtdump.xmp", "", t * 1000, t * 0 + 72, t * 0 + 98, wave)
        stamps = [f"2026-03-05T12:00:{k // 10:02d}.{k % 10}00" for k in range(300)]
        rows = (f"{stamp},{60 + k % 9}" for k, stamp in enumerate(stamps))
        (folder / "clock.csv").write_text("\n".join(("when,hr", *rows)))
        _write_edf(folder / "wave.edf", wave)

    def prepare(self, originals: Path) -> None:
        preload("aimanet.commands.reference", "aimanet.sessions.reference")
        warm("reference", "nothing", "nothing.csv", "--json")
        self._session = originals / "session"
        self._files = sorted((originals / "sensors").iterdir())

    def case(self, own: Path, rng: random.Random) -> Action:
        original = rng.choice(self._files)
        path = own / original.name
        others = [other.read_bytes() for other in self._files]
        text = original.suffix != ".edf"
        path.write_bytes(mutate(original.read_bytes(), rng, others, text=text))
        extra = rng.choice(((), ("--time", "1"), ("--hr", "2"), ("--rate", "32"), ("--ppg", "2")))
        if rng.random() < 0.5:
            return command("reference", self._session, path, "--dry-run", "--json", *extra)
        shutil.copytree(self._session, own / "session")
        return command("reference", own / "session", path, *extra)


def _pure(t: np.ndarray, wave: np.ndarray) -> dict[str, object]:
    stamps = (t * 1e9).astype(np.int64) + 1_400_000_000_000_000_000
    sensor = [
        {"Timestamp": int(at), "Value": {"waveform": round(v), "pulseRate": 72, "o2saturation": 98}}
        for at, v in zip(stamps, wave.tolist(), strict=True)
    ]
    return {"/FullPackage": sensor, "/Image": [{"Timestamp": int(at)} for at in stamps[:50]]}


def _write_edf(path: Path, wave: np.ndarray) -> None:
    signal = edfio.EdfSignal(wave, 32, label="ppg", physical_dimension="V")
    started = edfio.Recording(startdate=date(2026, 3, 5))
    edfio.Edf([signal], recording=started, starttime=time(12), annotations=()).write(path)
