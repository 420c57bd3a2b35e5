"""A measurement as files: tables, readings, plots; each whole or not there."""

from __future__ import annotations

import json
from pathlib import Path

from aimanet.bench.accuracy.plots import plot_files
from aimanet.bench.accuracy.report import Report, clips_csv, readings_csv, record, tables_csv
from aimanet.evaluation.folder import ResultFolder

RECORD = "accuracy.json"


def write_files(folder: ResultFolder, report: Report) -> Path:
    """Writes everything; returns the JSON's path, which comes last: where it stands, all stands.

    ``clips.csv`` a line a clip and method, ``readings.csv`` a line a reading with what the judge
    weighed, ``tables.csv`` what is printed; plots as PNG and SVG.

    Raises:
        OutputError: the folder cannot be written.
    """
    folder.write("clips.csv", clips_csv(report).encode("utf-8", "replace"))
    folder.write("readings.csv", readings_csv(report).encode("utf-8", "replace"))
    folder.write("tables.csv", tables_csv(report).encode("utf-8", "replace"))
    for name, content in plot_files(report):
        folder.write(name, content)
    return folder.write(RECORD, (to_json(report, indent=1) + "\n").encode())


def to_json(report: Report, indent: int | None = None) -> str:
    """The whole record as JSON: on one line, or with an ``indent``."""
    return json.dumps(record(report), allow_nan=False, ensure_ascii=True, indent=indent)
