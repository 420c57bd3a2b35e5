"""One yardstick for all models: how wrong each is on the same drawn clips.

A model's own validation says little about another's, because each has its own data. So every model
can be put through ``bench accuracy --quick``, and the error that it prints is kept by the content
of the weights, which renaming leaves as it is. The result of AimaNet's own weights comes with them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

RESULTS = "standard_tests.json"
"""In the models folder: results by content of the weights."""

SHIPPED_SUFFIX = ".test.json"
"""Beside AimaNet's own weights: what `command` printed for them."""

WORSE_BPM = 0.5
"""A model whose error is larger than that of AimaNet's own by more than this is worse: two
trainings with other seeds differ by less."""

_MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class TestResult:
    """The mean error of the clips' heart rates; ``unread`` clips gave none.

    ``mae_bpm`` is None where no clip gave a rate. Results of another ``version`` of AimaNet, which
    may draw other clips, cannot be compared.
    """

    __test__ = False  # for pytest

    mae_bpm: float | None
    clips: int
    unread: int
    version: str

    @property
    def words(self) -> str:
        """``0.34 BPM over 6 clips``."""
        if self.mae_bpm is None:
            return f"no heart rate in any of {self.clips} clips"
        none = f", none in {self.unread} of them" if self.unread else ""
        return f"{self.mae_bpm:.2f} BPM over {self.clips} clips{none}"

    def worse_than(self, other: TestResult) -> bool:
        """Whether it has a clearly larger error, or reads fewer clips."""
        if other.mae_bpm is None:
            return False
        if self.mae_bpm is None or self.unread > other.unread:
            return True
        return self.mae_bpm > other.mae_bpm + WORSE_BPM


def command(weights: str) -> list[str]:
    """The arguments of ``aimanet`` that test ``weights`` (a path, or "default")."""
    words = ["bench", "accuracy", "--quick", "--methods", "tscan", "--weights", weights]
    return [*words, "--jobs", "1", "--json"]


def parse_result(record: Mapping[str, Any]) -> TestResult | None:
    """The result in what ``bench accuracy --json`` prints; None where it holds none."""
    try:
        row = next(row for row in record["table"] if row["condition"] == "all")
        mae = row["mae"]
        return TestResult(
            mae_bpm=None if mae is None else float(mae),
            clips=int(row["clips"]),
            unread=int(row["unread"]),
            version=str(record["versions"]["aimanet"]),
        )
    except (KeyError, TypeError, ValueError, StopIteration, OverflowError):
        return None


def content_of(path: Path) -> str:
    """What the results of a weights file are kept under: its numbers, not its name and card."""
    with path.open("rb") as file:
        head = int.from_bytes(file.read(8), "little")
        file.seek(8 + head)
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def shipped_result(weights: Path) -> TestResult | None:
    """The result that comes with AimaNet's own weights."""
    record = _read(weights.with_name(weights.stem + SHIPPED_SUFFIX))
    return parse_result(record)


def read_results(folder: Path) -> dict[str, TestResult]:
    """The results in ``folder`` by content; what is damaged in it is left out."""
    found = {}
    for content, values in _read(folder / RESULTS).items():
        try:
            mae, clips, unread = values["mae_bpm"], values["clips"], values["unread"]
            found[content] = TestResult(
                None if mae is None else float(mae), int(clips), int(unread), str(values["version"])
            )
        except (KeyError, TypeError, ValueError, OverflowError):
            continue
    return found


def with_result(results: Mapping[str, TestResult], content: str, result: TestResult) -> bytes:
    """The file that keeps ``results`` and one more."""
    kept = {**results, content: result}
    text = json.dumps({name: asdict(one) for name, one in kept.items()}, indent=1)
    return text.encode() + b"\n"


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(_MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
