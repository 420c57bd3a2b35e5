"""What an evaluation found: rows of method x data set, and the videos behind each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aimanet.evaluation.metrics import UNDEFINED, Score
from aimanet.evaluation.profiles import Profile
from aimanet.evaluation.summary import Agreement, Summary, agreement, summarise


@dataclass(frozen=True, slots=True)
class VideoResult:
    """The scores of one video: one for all of it, or one a window, in order.

    ``seconds`` is how much of it was scored (holes in label or video are not); ``ok_share`` is
    the share of the live readings that would have been shown as ``ok``, where that is known.
    """

    video: str
    scores: tuple[Score, ...]
    seconds: float
    subject: str = ""
    ok_share: float | None = None

    def mean(self) -> Score:
        """The mean of the windows, each figure over those in which it is defined."""
        if len(self.scores) == 1:
            return self.scores[0]
        table = np.array([(s.hr_label_bpm, s.hr_pred_bpm, s.snr_db, s.macc) for s in self.scores])
        known = [column[np.isfinite(column)] for column in table.T]
        if not len(table):
            return UNDEFINED
        return Score(*(float(column.mean()) if len(column) else np.nan for column in known))


@dataclass(frozen=True, slots=True)
class Skipped:
    """A video that is in no figure, and why."""

    video: str
    reason: str


@dataclass(frozen=True, slots=True)
class Row:
    """One method on one data set. ``model`` names its weights with their fingerprint."""

    method: str
    dataset: str
    videos: tuple[VideoResult, ...]
    skipped: tuple[Skipped, ...] = ()
    model: str | None = None

    @property
    def scores(self) -> list[Score]:
        """All windows of all videos, which count alike (as in rPPG-Toolbox)."""
        return [score for video in self.videos for score in video.scores]

    @property
    def summary(self) -> Summary:
        """The row's figures."""
        return summarise(self.scores)

    @property
    def agreement(self) -> Agreement:
        """The row's Bland-Altman figures."""
        return agreement(self.scores)

    @property
    def ok_share(self) -> float | None:
        """The mean share of ``ok`` readings over the videos of which it is known."""
        known = [v.ok_share for v in self.videos if v.ok_share is not None]
        return float(np.mean(known)) if known else None

    @property
    def undefined(self) -> list[str]:
        """Videos with a score that has no error, because a wave in it does not change."""
        return [v.video for v in self.videos if any(np.isnan(s.error_bpm) for s in v.scores)]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A whole table, and how it came about."""

    profile: Profile
    window_s: float | None
    rows: tuple[Row, ...]
    command: str = ""
    created: str = ""
    versions: tuple[tuple[str, str], ...] = ()
