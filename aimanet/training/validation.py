"""How good the network is on what it never saw: loss and heart-rate error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from aimanet.errors import AimaNetError
from aimanet.training.config import TrainConfig
from aimanet.training.distributed import World
from aimanet.training.exams import Judged, hr_bpm, make_exams
from aimanet.training.losses import LOSSES
from aimanet.training.material import Piece
from aimanet.training.predict import Forward, Reader


@dataclass(frozen=True, slots=True)
class Figures:
    """What a validation finds: mean loss, mean and median error of the heart rate (BPM)."""

    loss: float
    mae_bpm: float
    median_error_bpm: float


class Validation:
    """The exams of a run, shared out among its processes; the result is the same on all.

    Raises:
        AimaNetError: the held-out recordings are all too short for a heart rate.
    """

    def __init__(
        self, config: TrainConfig, held: Sequence[Piece], forward: Forward, world: World
    ) -> None:
        self._loss, self._recipe = LOSSES[config.loss], config.recipe
        self._forward, self._world = forward, world
        self.exams = make_exams(config, held)
        if not self.exams:
            raise AimaNetError(
                f"none of the {len(held)} held-out recordings has 6 s of face and label in one"
                " piece: hold out others with --val-subjects"
            )

    @torch.no_grad()
    def measure(self, net: nn.Module) -> Figures:
        """Has the network read all exams, without dropout."""
        training = net.training
        net.eval()
        reader = Reader(net, self._forward, self._recipe.frame_depth)
        losses, errors = self._world.total(self._results(reader)).numpy().T
        net.train(training)
        return Figures(float(losses.mean()), float(errors.mean()), float(np.median(errors)))

    def _results(self, reader: Reader) -> Tensor:
        """(pieces, 2) loss and error of this process's exams, 0 in the others' places."""
        results = torch.zeros((sum(e.parts for e in self.exams), 2), dtype=torch.float64)
        row = 0
        for i, exam in enumerate(self.exams):
            if i % self._world.size == self._world.rank:
                for n, piece in enumerate(exam.take(reader)):
                    results[row + n] = self._judge(piece)
            row += exam.parts
        return results

    def _judge(self, piece: Judged) -> Tensor:
        predicted, label = (torch.from_numpy(x)[None] for x in (piece.predicted, piece.label))
        error = abs(hr_bpm(piece.predicted, self._recipe.fs) - piece.hr_bpm)
        return torch.tensor([float(self._loss(predicted, label)), error], dtype=torch.float64)
