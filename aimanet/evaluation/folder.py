"""The folder of results: each file whole or not there, and nobody else's touched."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from aimanet.errors import OutputError
from aimanet.evaluation.plots import PLOTS, png
from aimanet.evaluation.predictions import pack_predictions
from aimanet.evaluation.report import html_report
from aimanet.evaluation.results import Evaluation
from aimanet.evaluation.runner import Outcome
from aimanet.evaluation.tables import evaluation_record, results_csv, summary_csv, to_json


class ResultFolder:
    """A folder to write to; it is made, and tried at once, so that a bad one fails before work.

    Raises:
        OutputError: it cannot be made or written to.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=path):
                pass
        except OSError as error:
            raise self._error(path, error) from error

    def write(self, name: str, content: bytes) -> Path:
        """Writes one file whole, over one of the same name; returns its path."""
        target = self.path / name
        try:
            handle, part = tempfile.mkstemp(dir=self.path, prefix=f".{name[:80]}.", suffix=".part")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                os.chmod(part, 0o644)
                os.replace(part, target)
            except BaseException:
                Path(part).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise self._error(target, error) from error
        return target

    @staticmethod
    def _error(path: Path, error: OSError) -> OutputError:
        return OutputError(
            f"cannot write {path}: {error.strerror or error}; choose another folder with --out"
        )


def write_results(
    folder: ResultFolder, evaluation: Evaluation, outcomes: Sequence[Outcome]
) -> Path:
    """Writes tables, waves, plots and the report; returns the report's path.

    ``results.csv`` a line a video, ``summary.csv`` a line a row, ``results.json`` everything;
    for each row ``<row>.predictions.npz``, which `evaluate --predictions` reads, and two plots.
    The report comes last: where it stands, all of it stands.
    """
    folder.write("results.csv", results_csv(evaluation).encode("utf-8", "replace"))
    folder.write("summary.csv", summary_csv(evaluation).encode("utf-8", "replace"))
    folder.write("results.json", (to_json(evaluation_record(evaluation)) + "\n").encode())
    stems = _stems([f"{o.row.method}-{o.row.dataset}" for o in outcomes])
    for stem, outcome in zip(stems, outcomes, strict=True):
        if outcome.predictions:
            folder.write(f"{stem}.predictions.npz", pack_predictions(outcome.predictions))
        for name, draw in PLOTS.items() if outcome.row.videos else ():
            folder.write(f"{stem}.{name}.png", png(draw, outcome.row))
    return folder.write("report.html", html_report(evaluation).encode("utf-8"))


def _stems(names: Sequence[str]) -> list[str]:
    """File names: letters, digits, dots and dashes, and none twice."""
    stems: list[str] = []
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-.").lower()[:80] or "row"
        same = sum(stem == plain or stem.startswith(f"{plain}~") for stem in stems)
        stems.append(f"{plain}~{same + 1}" if same else plain)
    return stems
