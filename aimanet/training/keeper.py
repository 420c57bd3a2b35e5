"""What is kept of a trainer's work, and when."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from aimanet.checkpoint import Card, save_checkpoint
from aimanet.errors import AimaNetError, OutputError
from aimanet.training.config import command
from aimanet.training.material import Material, Piece, measured, person
from aimanet.training.run_folder import RunFolder, State
from aimanet.training.split import Split
from aimanet.training.trainer import Trainer

DRAWN = "procedurally drawn faces (aimanet.synthesis), no recording of any person"


class Keeper:
    """Writes a trainer's result, its best checkpoints and the state to go on from.

    Of several processes only the first writes.
    """

    def __init__(self, trainer: Trainer, parts: Split) -> None:
        self.trainer, self.config = trainer, trainer.config
        self.run = RunFolder(self.config.out)
        self.digest = " ".join(m.digest() for m in (*parts.train, Material("held", parts.held)))
        self._data = describe(parts)
        self._saved = time.monotonic()

    def begin(self) -> None:
        """Makes the run's folder, so that an unwritable place is found out now (OutputError)."""
        if not self.trainer.world.first:
            return
        if self.config.out.is_dir():
            raise OutputError(
                f"cannot write weights to {self.config.out}: it is a folder; name a file in it"
            )
        self.run.begin(self.config)

    def restore(self, state: State) -> None:
        """Goes on from a state.

        Raises:
            AimaNetError: it learnt from other material, or does not fit the network.
        """
        if state.digest != self.digest:
            raise AimaNetError(
                f"the data differ from those that the run of {self.config.out} began with"
                " (recordings, labels or held-out people): bring them back, or start a new run"
            )
        try:
            self.trainer.restore(state)
        except (RuntimeError, ValueError, KeyError, TypeError) as error:
            reason = " ".join(str(error).split())[:100]
            raise AimaNetError(
                f"the state of the run in {self.run.state} is damaged ({reason}): start a new run"
            ) from error
        if self.trainer.world.first:
            self.run.drop_checkpoints(self._ranked())
            self.run.write_config(self.config)

    def keep(self, *, validated: bool) -> None:
        """After a step: saves if it was validated, or if the last time is long ago."""
        if validated:
            self._keep_best()
        overdue = time.monotonic() - self._saved >= 60.0 * self.config.save_minutes
        if validated or overdue:
            self.save()

    def save(self) -> None:
        """Writes the state and, unless the best is wanted, the newest weights as the result."""
        if not self.trainer.world.first:
            return
        self.run.write(self.trainer.state(self.digest))
        self.run.drop_checkpoints(self._ranked())
        if self.config.keep == "last" or not self.trainer.best:
            self._write_weights(self.config.out)
        self._saved = time.monotonic()

    def _keep_best(self) -> None:
        """A checkpoint for a step that is among the best so far."""
        step = self.trainer.step
        if not self.trainer.world.first:
            return
        if any(step == kept for _, kept in self._ranked()):
            self._write_weights(self.run.checkpoint(step))
        if self.config.keep == "best" and self.trainer.best[0][1] == step:
            self._write_weights(self.config.out)

    def _ranked(self) -> list[tuple[float, int]]:
        return self.trainer.best[: self.config.best]

    def _write_weights(self, path: Path) -> None:
        """The averaged weights with recipe, figures and the command that makes them."""
        c, trainer = self.config, self.trainer
        card = Card(
            name=c.name,
            command=command(c),
            data=self._data,
            seed=c.seed,
            steps=trainer.step,
            created=datetime.now(UTC).strftime("%Y-%m-%d"),
            figures=trainer.card_figures(),
        )
        save_checkpoint(path, trainer.average.module.state_dict(), c.recipe, card)


def describe(parts: Split) -> str:
    """What the weights have seen, for the card."""
    told = [DRAWN if m.synthetic else _people(m.recordings) for m in parts.train]
    held = _people(parts.held) if parts.held else "drawn faces"
    return "; ".join(told) + (
        "" if parts.held == () and told == [DRAWN] else f"; validated on {held}"
    )


def _people(recordings: Sequence[Piece]) -> str:
    """``pure: 48 recordings of 8 people, 3 with pseudo labels``, for each data set in turn."""
    told = []
    for dataset in sorted({person(r).partition("/")[0] for r in recordings}):
        own = [r for r in recordings if person(r).startswith(dataset + "/")]
        people, pseudo = len({person(r) for r in own}), sum(not measured(r) for r in own)
        words = f"{dataset}: {len(own)} recordings of {people} people"
        told.append(words + (f", {pseudo} with pseudo labels" if pseudo else ""))
    return ", ".join(told)
