"""A session in a few words: what page and figure say about it."""

from __future__ import annotations

import math

from aimanet.methods import LABELS
from aimanet.rhythm.study import prv_words, respiration_words
from aimanet.sessions.analysis import studied
from aimanet.sessions.export.drawing import Material, clock
from aimanet.sessions.reader import Session
from aimanet.sessions.reference import reference_info


def title(session: Session) -> str:
    """Its name for people."""
    return session.info.name or session.folder.resolve().name


def key_figures(material: Material) -> list[tuple[str, str, str]]:
    """Value, unit and what it is, the most important first."""
    tally = material.session.tally
    figures = [
        (number(tally.hr_bpm, 1), "BPM", "mean heart rate"),
        (
            "–" if tally.ok_share is None else f"{100 * tally.ok_share:.0f}",
            "%",
            "of readings good",
        ),
        (clock(material.session.duration_s), "", "length"),
    ]
    found = material.found
    if found is not None and found.ok.any():
        figures.append((number(found.mae_bpm, 2), "BPM", "mean error to the sensor"))
    return figures


def comparison(material: Material) -> list[tuple[str, str]]:
    """The figures beside the sensor: name and value."""
    found = material.found
    if found is None:
        return []
    limits = found.agreement
    return [
        ("readings compared", f"{int(found.ok.sum())} good of {len(found.t)}"),
        ("MAE", f"{number(found.mae_bpm, 2)} BPM"),
        ("RMSE", f"{number(found.rmse_bpm, 2)} BPM"),
        ("Pearson r", number(found.pearson, 3)),
        ("bias", f"{number(limits.bias_bpm, 2)} BPM"),
        (
            "95 % limits of agreement",
            f"{number(limits.low_bpm, 2)} to {number(limits.high_bpm, 2)} BPM",
        ),
    ]


def facts(session: Session) -> list[tuple[str, str]]:
    """Where it comes from and how it was made; what nobody knows is left out."""
    info, camera = session.info, session.info.camera
    started = info.started.strftime("%Y-%m-%d %H:%M:%S %z") if info.started else ""
    picture = f"{camera.width}x{camera.height}" if camera.width and camera.height else ""
    rate = f"{info.fps:.3g} fps" if info.fps else ""
    model = f" ({info.model.name} {info.model.hash})" if info.model else ""
    told = [
        ("recorded", started),
        ("participant", info.participant),
        ("notes", info.notes),
        ("source", info.source.label or info.source.spec),
        ("picture", " at ".join(part for part in (picture, rate) if part)),
        ("method", LABELS.get(info.method, info.method) + model),
        ("window", f"{info.window_s:g} s behind a reading" if info.window_s else ""),
        *_rhythm(session),
        ("frames", _frames(session)),
        ("sensor", _sensor(session)),
        ("versions", ", ".join(f"{name} {v}" for name, v in info.versions.items())),
    ]
    return [(term, value) for term, value in told if value.strip()]


def _rhythm(session: Session) -> list[tuple[str, str]]:
    found = studied(session)
    prv, breath = found.prv.prv, found.respiration.respiration
    return [
        ("PRV", "" if prv is None else prv_words(prv)),
        ("respiration", "" if breath is None else respiration_words(breath)),
    ]


def _frames(session: Session) -> str:
    count, missing = len(session.frames), session.frames.missing
    said = f"{count}, {missing} missing" if missing else f"{count}"
    return "; ".join([said, *(f"{one.name}: {one.words}" for one in session.footage)])


def _sensor(session: Session) -> str:
    info = reference_info(session.folder)
    if session.reference is None:
        return ""
    if info is None:
        return "a contact sensor"
    line = f"{info.file} ({info.columns}), offset {info.offset_s:+.2f} s"
    return line + (" by hand" if info.corrected else f" by {info.by}, {info.trust}")


def number(value: float | None, digits: int) -> str:
    """With a true minus; a dash for what is not known."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.{digits}f}".replace("-", "−")
