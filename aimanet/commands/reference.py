"""``aimanet reference``: a contact sensor's file put beside a session."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from aimanet.errors import AimaNetError

if TYPE_CHECKING:
    from aimanet.sessions.reader import Session
    from aimanet.sessions.reference import (
        Alignment,
        Guess,
        Mapping,
        ReferenceComparison,
        ReferenceInfo,
        SensorFile,
    )


class ReferenceFlagsError(AimaNetError):
    """Flags of ``reference`` that make no sense together."""


@dataclass(frozen=True, slots=True)
class Options:
    """Compare a session with a contact sensor: align their clocks, keep the sensor, compare.

    FILE has a PPG, an ECG, heart rates or intervals between beats: CSV or other text with any
    separator (oximeters, chest straps, Kubios, Empatica, OpenSignals, LabChart, AcqKnowledge,
    Shimmer, watches' exports), JSON, TCX, GPX, Apple's XML, EDF and BDF, UBFC's ground_truth.txt
    or gtdump.xmp, PURE's JSON; FIT and Excel with the extra `sensors`, AcqKnowledge's .acq with
    bioread. Titles, units and rates are taken from the file, the rest is guessed and told; name
    columns (by title, or number from 1) where the guess is wrong or none is made.

    Examples: `aimanet reference me-session oximeter.csv`,
    `aimanet reference me-session strap.csv --time 1 --time-unit ms --hr 3`,
    `aimanet reference me-session ring.csv --offset -7.3`, `aimanet reference me-session --remove`.
    """

    session: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="SESSION")]
    """The session's folder."""
    file: Annotated[Path | None, tyro.conf.Positional, tyro.conf.arg(metavar="[FILE]")] = None
    """The sensor's file; without it the reference that is there is shown."""
    time: str | None = None
    """The column with the time."""
    ppg: str | None = None
    """The column with a contact pulse wave."""
    ecg: str | None = None
    """The column with an electrocardiogram."""
    hr: str | None = None
    """The column with a heart rate."""
    ibi: str | None = None
    """The column with intervals between beats."""
    time_unit: Literal["auto", "s", "ms", "us", "ns", "min", "h", "d", "clock"] = "auto"
    """Unit of the time column; d: days of a spreadsheet; clock: dates or times of the day."""
    unit: Literal["auto", "bpm", "hz", "s", "ms", "us"] = "auto"
    """Unit of the heart rates (bpm, hz) or intervals (s, ms, us)."""
    rate: float | None = None
    """Samples per second, for a file without a time column."""
    offset: float | None = None
    """Seconds to add to the sensor's times, instead of the offset that is found."""
    search: float = 60.0
    """Look for the offset so many seconds to either side."""
    keep_anyway: bool = False
    """Keep it although it does not agree with the camera."""
    dry_run: bool = False
    """Only tell what would be done."""
    remove: bool = False
    """Take the session's reference out again."""
    json: bool = False
    """Print one JSON object."""


def run(options: Options) -> int:
    """Imports, shows or removes a reference."""
    _check(options)
    from aimanet.sessions.reader import open_session
    from aimanet.sessions.reference import reference_info, remove_reference
    from aimanet.terminal.records import to_line

    session = open_session(options.session)
    if options.remove:
        gone = remove_reference(session.folder)
        told = "the reference is taken out" if gone else "there was no reference"
        print(to_line({"removed": gone}) if options.json else told)
        return 0
    if options.file is not None:
        return _import(options, session)
    if session.reference is None:
        raise ReferenceFlagsError(f"{options.session} has no reference yet: name a sensor's file")
    _report(options, session, reference_info(session.folder))
    return 0


def _check(options: Options) -> None:
    columns = (options.time, options.ppg, options.ecg, options.hr, options.ibi)
    if options.file is None and any(c is not None for c in (*columns, options.offset)):
        raise ReferenceFlagsError("name the sensor's file as well: aimanet reference SESSION FILE")
    if options.remove and options.file is not None:
        raise ReferenceFlagsError("--remove takes the reference out: leave the file away")
    if options.rate is not None and not options.rate > 0:
        raise ReferenceFlagsError(f"--rate {options.rate:g}: give samples per second above 0")
    if not 0 < options.search <= 86400:
        raise ReferenceFlagsError(f"--search {options.search:g}: give seconds above 0, e.g. 60")


def _import(options: Options, session: Session) -> int:
    from aimanet.sessions.reader import open_session
    from aimanet.sessions.reference import (
        doubt_of,
        find_offset,
        open_sensor_file,
        read_sensor,
        save_reference,
        with_offset,
    )
    from aimanet.terminal.records import to_line

    file = open_sensor_file(options.file or Path())
    mapping = _mapping(options, file)
    sensor = read_sensor(file, mapping)
    if options.offset is None:
        aligned = find_offset(session, sensor, options.search)
    else:
        aligned = with_offset(find_offset(session, sensor, options.search), options.offset)
        aligned = replace(aligned, drift_ppm=0.0, inverted=False, notes=())
    doubt = doubt_of(session, sensor, aligned)
    if options.dry_run:
        told = {"columns": mapping.describe(file), "notes": [*sensor.notes], **asdict(aligned)}
        told["doubt"] = doubt
        words = _words(file, mapping, aligned, sensor.notes)
        print(to_line(told) if options.json else words + (f"\ndoubt: {doubt}" if doubt else ""))
        return 0
    if doubt and not options.keep_anyway:
        raise ReferenceFlagsError(
            f"{file.path}: {doubt}, so it is not kept ({mapping.describe(file)}): name another "
            "column (--ppg, --ecg, --hr, --ibi) or unit, or add --keep-anyway"
        )
    info = save_reference(session, file, mapping, sensor, aligned)
    _report(options, open_session(session.folder), info)
    return 0


def _mapping(options: Options, file: SensorFile) -> Mapping:
    """What was guessed, with what the flags say instead."""
    from aimanet.sessions.reference import KINDS, column_number, guess_columns
    from aimanet.sessions.reference_clock import guess_unit

    guess = guess_columns(file)
    mapping = guess.mapping
    named: dict[str, Any] = {
        role: column_number(file, name)
        for role in ("time", *KINDS)
        if (name := getattr(options, role)) is not None
    }
    if guess.question and not any(role in named for role in KINDS):
        raise ReferenceFlagsError(f"{file.path}: {guess.question} Say {_answers(guess)}")
    if any(role in named for role in KINDS):  # what was not named is not meant
        mapping = replace(mapping, ppg=None, ecg=None, hr=None, ibi=None)
        if "time" not in named and mapping.time in named.values():
            mapping = replace(mapping, time=None)
    mapping = replace(mapping, **named)
    if "time" in named or any(role in named for role in KINDS):
        wave = mapping.kind in ("ppg", "ecg")
        if mapping.time is not None:
            unit = guess_unit(file.columns[mapping.time], wave, file.rate_hz)
            mapping = replace(mapping, time_unit=unit, rate_hz=None)
        mapping = _own_units(file, mapping)
    if options.time_unit != "auto":
        mapping = replace(mapping, time_unit=options.time_unit)
    if options.rate is not None:
        mapping = replace(mapping, rate_hz=options.rate, time=named.get("time"))
    if options.unit != "auto":
        mapping = _with_unit(mapping, options.unit)
    return mapping


def _answers(guess: Guess) -> str:
    """The flags that answer a question: "--hr 2 or --hr 3"."""
    flags = [
        f"--{choice.kind} {getattr(choice, choice.kind) + 1}"
        for choice in guess.choices
        if choice.kind
    ]
    return " or ".join(flags)


def _own_units(file: SensorFile, mapping: Mapping) -> Mapping:
    from aimanet.sessions.reference_mapping import guess_units

    return guess_units(file, mapping)


def _with_unit(mapping: Mapping, unit: str) -> Mapping:
    from aimanet.sessions.reference import IBI_UNITS, RATE_UNITS

    if mapping.hr is not None and unit in RATE_UNITS:
        return replace(mapping, hr_unit=unit)
    if mapping.ibi is not None and unit in IBI_UNITS:
        return replace(mapping, ibi_unit=unit)
    raise ReferenceFlagsError(
        f"--unit {unit} is for {'heart rates' if unit in RATE_UNITS else 'intervals'}, "
        "and no such column is used; the time's unit is --time-unit"
    )


def _words(file: SensorFile, mapping: Mapping, aligned: Alignment, notes: tuple[str, ...]) -> str:
    lines = [f"{file.form}: {mapping.describe(file)}", _offset_line(asdict(aligned))]
    return "\n".join([*lines, *(f"note: {note}" for note in (*notes, *aligned.notes))])


def _offset_line(told: dict[str, Any]) -> str:
    line = f"offset {told['offset_s']:+.3f} s by {told['by']}"
    if told["trust"] != "none":
        line += f", correlation {told['correlation']:.2f}: {told['trust']}"
    if told["trust"] == "uncertain":
        line += "; look at the curves, correct it with --offset"
    return line


def _report(options: Options, session: Session, info: ReferenceInfo | None) -> None:
    from aimanet.sessions.reference import compare_reference
    from aimanet.terminal.records import to_line

    found = compare_reference(session)
    if options.json:
        print(to_line({"reference": info and asdict(info), "compared": _figures(found)}))
        return
    if info is not None:
        print(f"{info.file}: {info.columns}")
        print(_offset_line(asdict(info)))
        for note in info.notes:
            print(f"note: {note}", file=sys.stderr)
    print(_compared(found))


def _figures(found: ReferenceComparison | None) -> dict[str, Any] | None:
    from aimanet.terminal.records import number

    if found is None:
        return None
    return {
        "readings": len(found.t),
        "ok": int(found.ok.sum()),
        "mae_bpm": number(found.mae_bpm, 3),
        "rmse_bpm": number(found.rmse_bpm, 3),
        "pearson": number(found.pearson, 4),
        "bias_bpm": number(found.agreement.bias_bpm, 3),
        "low_bpm": number(found.agreement.low_bpm, 3),
        "high_bpm": number(found.agreement.high_bpm, 3),
        "window_s": number(found.window_s, 2),
    }


def _compared(found: ReferenceComparison | None) -> str:
    if found is None or not found.ok.any():
        return "no good reading beside it: nothing to compare"
    line = (
        f"{int(found.ok.sum())} good readings: MAE {found.mae_bpm:.2f}, RMSE {found.rmse_bpm:.2f} "
        f"BPM"
    )
    if found.pearson == found.pearson:
        line += f", r {found.pearson:.3f}"
    limits = found.agreement
    if limits.sd_bpm == limits.sd_bpm:
        line += f"; bias {limits.bias_bpm:+.2f}, 95 % in {limits.low_bpm:+.1f} to "
        line += f"{limits.high_bpm:+.1f} BPM"
    return line
