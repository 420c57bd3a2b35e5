"""Sessions with a pulse that is known: the live curve and the readings are the analyser's own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from scipy.signal import find_peaks

from aimanet.estimate import PulseAnalyzer
from aimanet.pulse import bandpass
from aimanet.sessions.info import SessionInfo, load_info, save_info
from aimanet.sessions.reader import FrameTable, Session, open_session
from aimanet.sessions.writer import SessionWriter
from aimanet.synthesis.pulse import PulseTrace
from aimanet.types import BvpSegment, FaceCrop, Frame, Reading, State

STARTED = datetime(2026, 3, 5, 12, 0, 0, tzinfo=UTC)
FS = 30.0


def heart(seconds: float, seed: int = 1, hr: float = 72.0, variability: float = 0.04) -> PulseTrace:
    """A pulse as steady as a resting person's."""
    return PulseTrace(hr, seconds, np.random.default_rng(seed), variability=variability)


def beats(pulse: PulseTrace, seconds: float) -> np.ndarray:
    """Times (s) of the tops of the pulse."""
    t = np.arange(0.0, seconds, 1 / 500)
    distance = int(0.45 * 500 * 60 / float(pulse.hr_bpm(t).max()))
    wave = pulse.bvp(t)
    return t[find_peaks(wave, distance=distance, height=float(wave.mean()))[0]]


def ecg(t: np.ndarray, r: np.ndarray, noise: float = 0.03) -> np.ndarray:
    """An ECG with P, Q, R, S and T around each R peak."""
    wave = np.random.default_rng(4).normal(0.0, noise, len(t)) + 0.2 * np.sin(0.8 * t)
    waves = ((-0.17, 0.15, 0.03), (-0.03, -0.12, 0.01), (0.0, 1.2, 0.012), (0.03, -0.25, 0.012),
             (0.25, 0.3, 0.05))  # fmt: skip
    for at in r.tolist():
        for delay, height, width in waves:
            wave += height * np.exp(-0.5 * ((t - at - delay) / width) ** 2)
    return wave


def pulse_session(
    folder: Path, pulse: PulseTrace, seconds: float, *, noise: float = 0.4, size=(64, 48),
    kept: str = "none", image=None, step: int = 10, holes: tuple[tuple[float, float], ...] = (),
) -> Session:  # fmt: skip
    """Writes a session whose camera saw ``pulse`` with noise; at ``holes`` (s) it saw no face."""
    info = SessionInfo(kept=kept, fps=FS, method="pos", window_s=10.0, started=STARTED,
                       participant="P07", notes="a <b>note</b>")  # fmt: skip
    rng, analyser = np.random.default_rng(9), PulseAnalyzer()
    blank = np.zeros((size[1], size[0], 3), np.uint8)
    with SessionWriter(folder, info) as writer:
        for i in range(int(seconds * FS)):
            t = i / FS
            gone = any(a <= t < b for a, b in holes)
            box = None if gone else (size[0] * 0.3, size[1] * 0.2, size[1] * 0.5, size[1] * 0.5)
            picture = blank if image is None else image(t)
            crop = None if gone else np.zeros((36, 36, 3), np.uint8)
            writer.frame(Frame(i, t, picture), FaceCrop(i, t, box, crop))
            if i % step != step - 1:
                continue
            at = (np.arange(i - step + 1, i + 1)) / FS
            if gone:
                writer.reading(Reading(t, None, None, State.NO_FACE))
                continue
            seen = pulse.bvp(at) + rng.normal(0.0, noise, step)
            analyser.add(BvpSegment(at, FS, seen.astype(np.float32), False))
            e = analyser.estimate()
            state = State.WARMING_UP if t < 6 else State.OK
            writer.reading(
                Reading(t, e.hr_bpm, e.snr_db, state, 0.9, bvp_t=e.t, bvp=e.curve)
            )  # fmt: skip
        writer.mark(12.5, 'stood up, "quickly" é')
    save_info(folder, load_info(folder).model_copy(update={"started": STARTED}))
    return open_session(folder)


def write_table(path: Path, header: str, *columns: np.ndarray, separator: str = ",") -> Path:
    """A text table with six digits."""
    rows = zip(*(c.tolist() for c in columns), strict=True)
    lines = [separator.join(f"{v:.6f}" for v in row) for row in rows]
    path.write_text("\n".join([header, *lines]) + "\n" if header else "\n".join(lines) + "\n")
    return path


def seen_session(pulse: PulseTrace, seconds: float, *, noise: float = 0.5, **info) -> Session:
    """A session in memory with the live curve alone: quick, and as long as one likes."""
    t = np.arange(int(seconds * FS)) / FS
    seen = pulse.bvp(t) + np.random.default_rng(8).normal(0.0, noise, len(t))
    head = SessionInfo(**{"kept": "none", "fps": FS, "started": STARTED, "window_s": 10.0, **info})
    frames = FrameTable(np.arange(len(t)), t, np.full((len(t), 4), np.nan))
    curve = bandpass(seen, FS, 0.7, 3.5)
    return Session(Path("nowhere"), head, frames, (), t, curve, (), None, ())
