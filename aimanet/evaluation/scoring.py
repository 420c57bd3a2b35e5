"""Waves that another program predicted, scored."""

from __future__ import annotations

from pathlib import Path

from aimanet.evaluation.metrics import score_windows
from aimanet.evaluation.predictions import Prediction, read_predictions
from aimanet.evaluation.profiles import EvaluationError, Profile
from aimanet.evaluation.results import Row, VideoResult
from aimanet.evaluation.runner import Outcome


def score_file(path: Path, profile: Profile, window_s: float | None) -> Outcome:
    """Scores an archive of predictions: one row, called after the file.

    Raises:
        EvaluationError: something in the archive, or a window, cannot be scored.
    """
    predictions = read_predictions(path)
    videos = tuple(_scored(one, profile, window_s, path) for one in predictions)
    return Outcome(Row(path.stem, "predictions", videos), tuple(predictions))


def _scored(one: Prediction, profile: Profile, window_s: float | None, path: Path) -> VideoResult:
    try:
        scores = score_windows(
            one.pred, one.label, one.fs, profile, derivative=one.derivative, window_s=window_s
        )
    except EvaluationError as error:
        raise EvaluationError(f"{path}: {one.video}: {error}") from error
    return VideoResult(one.video, tuple(scores), len(one.pred) / one.fs)
