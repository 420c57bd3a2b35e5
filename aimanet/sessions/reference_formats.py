"""Sensors' files that are no text: workbooks, FIT, AcqKnowledge; and what to do with the others."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from aimanet.errors import in_one_line
from aimanet.plausible import MOST_ROWS
from aimanet.sessions.reference_columns import SensorFile, of_table
from aimanet.sessions.reference_lines import Line
from aimanet.sessions.reference_table import MAX_CELLS, Column, ReferenceError, table_of

Reader = Callable[[Path], SensorFile]
UNPACKED_BYTES = 1_000_000_000
FIT_BYTES, ACQ_BYTES = 100_000_000, 500_000_000
INVALID_RR_S = 60.0
"""FIT fills up its messages of intervals with 65.535 s."""

_EXPORT = {
    ".spo2": "a recording of Contec's SpO2 Assistant: open it there and export it as CSV",
    ".adicht": "a LabChart recording: export it from LabChart as text",
    ".adidat": "a LabChart recording: export it from LabChart as text",
    ".xls": "a workbook of an old Excel: save it as .xlsx or CSV",
    ".ods": "an OpenDocument spreadsheet: save it as .xlsx or CSV",
    ".mat": "a MATLAB file: write its time and signal as CSV",
    ".h5": "an HDF5 file: write its time and signal as CSV",
    ".hdf5": "an HDF5 file: write its time and signal as CSV",
    ".npy": "a NumPy array: write it as CSV",
    ".npz": "NumPy arrays: write time and signal as CSV",
    ".hea": "a header of WFDB: write the record as CSV (rdsamp -c -p -v)",
    ".zip": "packed: unpack it and choose the sensor's file in it",
    ".gz": "packed: unpack it first",
    ".pdf": "a report: export the numbers as CSV instead",
    ".sqlite": "a database: export the heart rates as CSV",
    ".db": "a database: export the heart rates as CSV",
}
_MAGIC = (
    (b"PK\x03\x04", ".zip"), (b"\xd0\xcf\x11\xe0", ".xls"), (b"\x89HDF", ".h5"),
    (b"\x1f\x8b", ".gz"),
    (b"MATLAB 5", ".mat"), (b"%PDF", ".pdf"), (b"\x93NUMPY", ".npy"), (b"SQLite format", ".sqlite"),
    (b"CFWB", ".adicht"), (b"ADInst", ".adicht"),
)  # fmt: skip


def other_reader(head: bytes, ending: str) -> Reader | None:
    """What reads a file that is no text by its first bytes and its ending; None for a text.

    A file that can only be read by another program gets a reader that says so.
    """
    if head[:4] == b"PK\x03\x04" and ending in (".xlsx", ".xlsm"):
        return _read_workbook
    if head[8:12] == b".FIT":
        return _read_fit
    if ending == ".acq":
        return _read_acq
    magic = next((kind for start, kind in _MAGIC if head.startswith(start)), "")
    kind = magic or (ending if ending in _EXPORT and (b"\0" in head or ending == ".spo2") else "")
    return _explained(kind) if kind else None


def _explained(kind: str) -> Reader:
    def refuse(path: Path) -> SensorFile:
        raise ReferenceError(f"{path}: is {_EXPORT[kind]}")

    return refuse


def _require(package: str, path: Path, what: str, command: str) -> None:
    """Raises where a reader that AimaNet does not bring along is not installed."""
    if find_spec(package) is None:
        line = f"{what} is read by {package}: {command}; or export it as CSV"
        raise ReferenceError(f"{path}: {line}")


# --- workbooks -------------------------------------------------------------------------------


def _read_workbook(path: Path) -> SensorFile:
    """The sheet of a workbook that knows a heart, its cells as text."""
    _require("openpyxl", path, "a workbook", 'pip install "aimanet[sensors]"')
    import openpyxl

    try:
        with zipfile.ZipFile(path) as packed:
            size = sum(entry.file_size for entry in packed.infolist())
        if size > UNPACKED_BYTES:
            raise ReferenceError(f"{path}: unpacks to {size / 1e9:.1f} GB: save it as CSV")
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        rows = [row for sheet in book.worksheets for row in _sheet(sheet)]
    except ReferenceError:
        raise
    except Exception as error:  # whatever the library trips over in a damaged workbook
        raise ReferenceError(
            f"{path}: is no workbook that can be read ({in_one_line(error)})"
        ) from error
    return of_table(path, "workbook", table_of(rows, (), path))


def _sheet(sheet: Any) -> Iterator[Line]:
    """The rows that hold something, and an empty one before them: another sheet begins there."""
    cells_read = 0
    for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
        cells = [_workbook_cell(value) for value in values[:1000]]
        cells_read += len(cells)
        if number > MOST_ROWS or cells_read > MAX_CELLS:
            raise ReferenceError(f"sheet {sheet.title} is too large: save the part you need as CSV")
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield number, cells


def _workbook_cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, (datetime, date, time)):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        return f"{int(seconds // 3600)}:{int(seconds // 60 % 60):02d}:{seconds % 60:06.3f}"
    return repr(value) if isinstance(value, float) else str(value)[:200].strip()


# --- FIT -------------------------------------------------------------------------------------


def _read_fit(path: Path) -> SensorFile:
    """Heart rates of the records of a sports watch; intervals where it kept no rates."""
    _require("fitdecode", path, "a FIT file", 'pip install "aimanet[sensors]"')
    _check_bytes(path, FIT_BYTES)
    rates: list[list[str]] = []
    intervals: list[list[str]] = []
    problem = ""
    try:
        _fit_messages(path, rates, intervals)
    except Exception as error:  # whatever the library trips over in a damaged file
        problem = in_one_line(error)
    if len(rates) > 2:
        rows = [(0, ["timestamp", "heart_rate (bpm)"]), *enumerate(rates, 1)]
    elif len(intervals) > 2:
        rows = [(0, ["rr (s)"]), *enumerate(intervals, 1)]
    elif problem:
        raise ReferenceError(f"{path}: is no FIT file that can be read ({problem})")
    else:
        raise ReferenceError(f"{path}: no heart rates in it; was a heart-rate sensor connected?")
    file = of_table(path, "FIT", table_of(rows, (), path))
    return replace(file, notes=(f"damaged after row {len(rows) - 1}",)) if problem else file


def _fit_messages(path: Path, rates: list[list[str]], intervals: list[list[str]]) -> None:
    """Appends times and heart rates, and intervals, as they are met."""
    import fitdecode

    lenient = {
        "error_handling": fitdecode.ErrorHandling.IGNORE,
        "check_crc": fitdecode.CrcCheck.DISABLED,
    }
    with fitdecode.FitReader(path, **lenient) as reader:
        for frame in reader:
            if frame.frame_type != fitdecode.FIT_FRAME_DATA:
                continue
            if frame.name == "record":
                bpm = frame.get_value("heart_rate", fallback=None)
                at = frame.get_value("timestamp", fallback=None)
                if bpm is not None and isinstance(at, datetime):
                    rates.append([at.isoformat(), str(bpm)])
            elif frame.name == "hrv":
                told = frame.get_value("time", fallback=None)
                intervals += [[repr(rr)] for rr in _floats(told) if 0 < rr < INVALID_RR_S]


def _floats(value: object) -> Iterable[float]:
    values = value if isinstance(value, (tuple, list)) else (value,)
    return [float(v) for v in values if isinstance(v, (int, float))]


# --- AcqKnowledge ----------------------------------------------------------------------------


def _read_acq(path: Path) -> SensorFile:
    """Each channel a column with a rate of its own."""
    _require("bioread", path, "an AcqKnowledge recording", "pip install bioread")
    _check_bytes(path, ACQ_BYTES)
    import bioread

    try:
        told = bioread.read_headers(str(path)).channels
        points = [int(channel.point_count) for channel in told]
        if min(points, default=0) < 0 or sum(points) > MAX_CELLS:
            raise ValueError(f"{points} samples")
        found = bioread.read(str(path))
        columns = tuple(
            Column(
                f"{channel.name} ({channel.units})" if channel.units else str(channel.name),
                np.asarray(channel.data, np.float64),
                rate_hz=float(channel.samples_per_second),
            )
            for channel in found.channels
            if channel.data is not None and len(channel.data)
        )
        started = found.earliest_marker_created_at
    except Exception as error:  # whatever the library trips over in a damaged file
        raise ReferenceError(
            f"{path}: is no AcqKnowledge recording that can be read ({in_one_line(error)}): "
            "export it from AcqKnowledge as text"
        ) from error
    if not columns:
        raise ReferenceError(f"{path}: no channels in it; export it from AcqKnowledge as text")
    return SensorFile(path, "AcqKnowledge", columns, started=started)


def _check_bytes(path: Path, most: int) -> None:
    size = path.stat().st_size
    if size > most:
        raise ReferenceError(f"{path}: {size / 1e6:.0f} MB are too much; cut out the part you need")
