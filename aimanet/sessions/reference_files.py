"""Files of contact sensors: CSV of any kind, UBFC-rPPG, PURE and EDF, all as named columns."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from aimanet.datasets.base import DatasetError
from aimanet.datasets.text import NO_LOG, read_lines, stamp_of, text_of
from aimanet.errors import in_one_line
from aimanet.files import parse_json, require_ordinary
from aimanet.sessions.reference_clock import EPOCH_S
from aimanet.sessions.reference_columns import SensorFile, of_table
from aimanet.sessions.reference_formats import other_reader
from aimanet.sessions.reference_records import NO_JSON, json_rows, xml_rows
from aimanet.sessions.reference_table import (
    MAX_CELLS,
    Column,
    ReferenceError,
    read_text_table,
    table_of,
)

_PURE_BAD = ("probeError", "searching", "searchingToLong")


def open_sensor_file(path: Path | str) -> SensorFile:
    """Reads a sensor's file of whatever kind.

    Raises:
        ReferenceError: it is missing, empty, or of no kind known here.
    """
    path = Path(path)
    if path.is_dir():
        raise ReferenceError(f"{path} is a folder: name the sensor's file in it")
    if not path.exists():
        raise ReferenceError(f"{path} does not exist: check the path")
    try:
        require_ordinary(path)
        return _reader(path)(path)
    except DatasetError as error:
        raise ReferenceError(str(error)) from error
    except OSError as error:
        raise ReferenceError(f"{path}: cannot be read ({error.strerror or error})") from error


def _reader(path: Path) -> Callable[[Path], SensorFile]:
    ending = path.suffix.lower()
    if ending in (".edf", ".bdf"):
        return _read_edf
    if ending == ".json":
        return _read_json
    if ending == ".xmp":
        return _read_gtdump
    with path.open("rb") as file:
        head = file.read(256)
    if head[:8] in (b"0       ", b"\xffBIOSEMI"):
        return _read_edf
    if (other := other_reader(head, ending)) is not None:
        return other
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] == b"<":
        return _read_xml
    if start[:1] == b"{" or start[:2] in (b"[{", b"[["):
        return _read_json
    if ending == ".txt" and _is_ground_truth(path):
        return _read_ground_truth
    return _read_text


def _read_text(path: Path) -> SensorFile:
    table = read_text_table(path)
    file = of_table(path, "text table", table)
    return file if table.has_header else _empatica(file)


def _empatica(file: SensorFile) -> SensorFile:
    """Columns that begin with a date (s since 1970) and a rate, or times and intervals below one.

    The name of the file says what they are: BVP.csv, HR.csv, EDA.csv, IBI.csv.
    """
    values = [column.values for column in file.columns]
    if len(values[0]) < 4 or file.lines is None:
        return file
    start, rate = float(values[0][0]), float(values[0][1])
    if not EPOCH_S[0] < start < EPOCH_S[1]:
        return file
    moment = datetime.fromtimestamp(start).astimezone()
    stem = file.path.stem
    if len(values) == 2 and not np.isfinite(values[1][0]) and rate < EPOCH_S[0]:
        columns = _below(file, 1, ("time (s)", "ibi (s)"))
        return replace(file, form="Empatica", columns=columns, lines=file.lines[1:], started=moment)
    alike = all(column[0] == start and column[1] == rate for column in values)
    if not (alike and 0.5 <= rate <= 4096):
        return file
    names = tuple(f"{stem.lower()} {k + 1}" for k in range(len(values)))
    columns = _below(file, 2, names if len(values) > 1 else (stem.lower(),))
    return replace(
        file, form="Empatica", columns=columns, lines=file.lines[2:], started=moment, rate_hz=rate
    )


def _below(file: SensorFile, rows: int, names: tuple[str, ...]) -> tuple[Column, ...]:
    """The columns without their first rows."""
    return tuple(
        Column(name, column.values[rows:], column.cells and column.cells[rows:])
        for name, column in zip(names, file.columns, strict=True)
    )


def _is_ground_truth(path: Path) -> bool:
    """UBFC-rPPG: three lines (two in some), each a whole signal of many numbers."""
    lines = [line for line in text_of(path).splitlines() if line.strip()]
    return 1 < len(lines) <= 4 and min(len(line.split()) for line in lines) > 20


def _read_ground_truth(path: Path) -> SensorFile:
    signals = read_lines(path)
    if len(signals) < 3:
        raise ReferenceError(
            f"{path}: {len(signals)} lines; UBFC's ground_truth.txt has three: wave, rate, time"
        )
    n = min(len(signal) for signal in signals[:3])
    notes = () if max(len(s) for s in signals[:3]) == n else ("its lines differ in length; cut",)
    names = ("ppg", "hr_bpm", "t (s)")
    columns = tuple(Column(name, s[:n]) for name, s in zip(names, signals, strict=False))
    return SensorFile(path, "UBFC ground truth", columns, notes=notes)


def _read_gtdump(path: Path) -> SensorFile:
    table = read_text_table(path)
    if len(table.columns) < 4:
        raise ReferenceError(
            f"{path}: {len(table.columns)} columns; UBFC's gtdump.xmp has four: "
            "time (ms), rate, oxygen, wave"
        )
    names = ("t (ms)", "hr_bpm", "spo2", "ppg")
    columns = tuple(
        replace(column, name=name) for name, column in zip(names, table.columns, strict=False)
    )
    return SensorFile(path, "UBFC gtdump", columns, table.lines)


def _read_json(path: Path) -> SensorFile:
    """PURE's log, or whatever list of records a wearable's app exports."""
    text = text_of(path)
    try:
        if '"/FullPackage"' in text:
            return _read_pure(path)
        rows = json_rows(text)
    except NO_JSON as error:
        raise ReferenceError(
            f"{path}: is no JSON that can be read ({in_one_line(error)})"
        ) from error
    if not rows:
        raise ReferenceError(
            f"{path}: no list of heart rates, intervals or samples in it; other JSON is not read"
        )
    return of_table(path, "JSON", table_of(rows, (), path))


def _read_xml(path: Path) -> SensorFile:
    return of_table(path, "XML", table_of(xml_rows(path), (), path))


def _read_pure(path: Path) -> SensorFile:
    try:
        log = parse_json(text_of(path))
        entries = [entry for entry in log["/FullPackage"] if entry.get("Value")]
        stamps = [stamp_of(entry["Timestamp"]) for entry in entries]
        values = [entry["Value"] for entry in entries]
        ppg = np.array([_float(value.get("waveform")) for value in values])
        rate = np.array([_float(value.get("pulseRate")) for value in values])
        pictures = [stamp_of(entry["Timestamp"]) for entry in log.get("/Image", ())]
    except NO_LOG as error:
        raise ReferenceError(
            f"{path}: no oximeter's log as PURE has it ({type(error).__name__}: "
            f"{str(error).splitlines()[0][:60] if str(error) else ''}); other JSON is not read"
        ) from error
    if len(stamps) < 2:
        raise ReferenceError(f"{path}: no readings of the oximeter in it; get it again")
    bad = np.array([any(_true(value.get(key)) for key in _PURE_BAD) for value in values])
    ppg[bad], rate[bad] = np.nan, np.nan
    zero = pictures[0] if pictures else stamps[0]  # the first picture is the video's 0 s
    t = np.array([stamp - zero for stamp in stamps], np.float64) / 1e9
    columns = (Column("t (s)", t), Column("ppg", ppg), Column("hr_bpm", rate))
    notes = (f"{int(bad.sum())} readings without a finger or pulse: left out",) if bad.any() else ()
    return SensorFile(path, "PURE", columns, notes=notes)


def _float(value: object) -> float:
    return np.nan if value is None else float(value)  # type: ignore[arg-type]


def _true(value: object) -> bool:
    return value is True or value == 1 or str(value).lower() == "true"


def _read_edf(path: Path) -> SensorFile:
    """Each signal a column with a rate of its own; the head has the start, to the microsecond.

    Raises:
        ReferenceError: this is no EDF or BDF that can be read, or one with gaps (EDF+D).
    """
    import edfio

    with path.open("rb") as file:
        is_bdf = file.read(1) == b"\xff"
    _check_size(path, path.stat().st_size // (3 if is_bdf else 2))
    read = edfio.read_bdf if is_bdf else edfio.read_edf
    try:
        with warnings.catch_warnings(record=True) as doubts:
            warnings.simplefilter("always")
            found = read(path, header_encoding="latin-1")
            gaps = found.reserved[3:5] == "+D"
            columns = tuple(_edf_column(signal, k) for k, signal in enumerate(found.signals))
            started = _edf_start(found)
    except Exception as error:  # whatever the library trips over in a damaged header
        raise ReferenceError(
            f"{path}: is no EDF that can be read ({in_one_line(error)})"
        ) from error
    if gaps:
        raise ReferenceError(f"{path}: is EDF+D, with gaps: save it as EDF+C, one piece a file")
    if not columns:
        raise ReferenceError(f"{path}: no signals in it, only annotations")
    notes = tuple(dict.fromkeys(str(doubt.message) for doubt in doubts))
    return SensorFile(path, "EDF", columns, started=started, notes=notes)


def _edf_column(signal: Any, k: int) -> Column:
    rate_hz = signal.sampling_frequency
    if not (math.isfinite(rate_hz) and rate_hz > 0 and len(signal.digital)):
        raise ValueError(f"signal {k + 1} has no samples or no rate")
    if signal.physical_min == signal.physical_max or signal.digital_min == signal.digital_max:
        raise ValueError(f"signal {k + 1} does not say what its numbers mean")
    label = signal.label or f"signal {k + 1}"
    unit = signal.physical_dimension
    return Column(f"{label} ({unit})" if unit else label, signal.data, rate_hz=rate_hz)


def _edf_start(found: Any) -> datetime | None:
    """The wall clock at the first sample; None where the file leaves it out."""
    try:
        moment: datetime = found.startdatetime
    except (ValueError, LookupError):  # the date is "X", or the first annotation has no time
        return None
    return moment


def _check_size(path: Path, samples: int) -> None:
    if samples > MAX_CELLS:
        raise ReferenceError(f"{path}: {samples} samples are too many; cut out the part you need")
