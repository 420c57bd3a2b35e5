"""The loop: batches in, better weights out, one progress a step."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from aimanet.checkpoint import load_checkpoint
from aimanet.errors import AimaNetError
from aimanet.stop import StopRequest
from aimanet.training.config import STEPS, TrainConfig, to_json
from aimanet.training.corpora import Corpus, make_corpus, shares
from aimanet.training.distributed import World
from aimanet.training.loading import Batch, Batches, LoadingError, default_workers, load
from aimanet.training.losses import LOSSES
from aimanet.training.material import Material
from aimanet.training.optim import make_optimizer, rate
from aimanet.training.plan import Plan
from aimanet.training.predict import Forward
from aimanet.training.run_folder import State
from aimanet.training.split import Split
from aimanet.training.validation import Figures, Validation
from aimanet.tscan import TSCAN
from aimanet.types import TrainProgress


class Diverged(AimaNetError):
    """The loss is no number any more."""


@dataclass(slots=True)
class Clock:
    """Seconds of a run over all its sessions."""

    before_s: float = 0.0
    started: float = 0.0

    def go(self) -> None:
        """Starts this session."""
        self.started = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        """Seconds so far."""
        return self.before_s + (time.monotonic() - self.started if self.started else 0.0)


class Trainer:
    """A network, its optimiser and its material.

    Raises:
        AimaNetError: the material does not fit the config.
    """

    def __init__(
        self, config: TrainConfig, split: Split, device: torch.device, world: World
    ) -> None:
        self.config, self.world, self.device = config, world, device
        torch.manual_seed(config.seed)
        self.net: nn.Module = _network(config).train().to(device)
        self.average = AveragedModel(self.net, multi_avg_fn=get_ema_multi_avg_fn(config.ema))
        self.optimizer = make_optimizer(config, self.net.parameters())
        self.forward = Forward.of(device, config.precision)
        self.scaler = torch.amp.GradScaler(device.type, enabled=self.forward.scaled)
        self.loss = LOSSES[config.loss]
        self.corpora: list[Corpus] = [make_corpus(config, i, m) for i, m in enumerate(split.train)]
        self.plan = _plan(config, split.train, self.corpora, world)
        self.validation = Validation(config, split.held, self.forward, world)
        self.n_steps = _steps(config, self.plan, self.corpora)
        self.step, self.clock, self.share_s = 0, Clock(), 0.0
        self.figures: Figures | None = None
        self.best: list[tuple[float, int]] = []
        self.stale = 0
        self.whole = True  # no step is half done

    def run(self, stop: StopRequest) -> Generator[TrainProgress, None, None]:
        """One progress a step, until the last one, the time limit, early stop or ``stop``.

        A step under way is dropped; several processes finish it, so that all end after the same.

        Raises:
            Diverged: the loss is no finite number; the weights are those of the step before.
        """
        self.clock.go()
        self.share_s = self.clock.elapsed_s
        if self._ended():
            return
        model = DistributedDataParallel(self.net) if self.world.size > 1 else self.net
        learnt_s, frames, asked = 0.0, 0, False
        with closing(self._batches()) as batches:
            while not asked and not self._ended():
                begun, lr = time.monotonic(), self._set_rate()
                own_loss = self._gradients(model, batches, stop)
                if own_loss is None:
                    return
                loss, asked = self._learn(own_loss, stop)
                learnt_s += time.monotonic() - begun
                frames += self.config.batch * self.config.chunk_len
                validated = not asked and self._validation_due() and self._validate(stop)
                yield self._progress(loss, lr, frames / max(learnt_s, 1e-9), validated)

    def _batches(self) -> Generator[Batch, None, None]:
        c, world = self.config, self.world
        workers = default_workers(self.device) if c.workers is None else c.workers
        steps = range(self.step, self.n_steps)
        mirror = c.augment != "none"
        batches = Batches(self.plan, self.corpora, steps, world.rank, world.size, mirror)
        return load(batches, workers, pin=self.device.type == "cuda")

    def _at_once(self, stop: StopRequest) -> AbstractContextManager[None]:
        """What ``stop`` interrupts; nothing where other processes would wait for this one."""
        return stop.at_once() if self.world.size == 1 else nullcontext()

    def _gradients(
        self, model: nn.Module, batches: Generator[Batch, None, None], stop: StopRequest
    ) -> float | None:
        """This process's loss on the next batch; None where the end was requested first."""
        try:
            with self._at_once(stop):
                batch = next(batches)
                self.optimizer.zero_grad()
                return self._backward(model, batch)
        except (LoadingError, KeyboardInterrupt):
            if stop.asked:
                return None
            raise

    def _learn(self, total: float, stop: StopRequest) -> tuple[float, bool]:
        """One optimiser step; the loss over all processes, and whether one of them shall end."""
        elapsed = self.clock.elapsed_s / self.world.size
        sums = torch.tensor([total, float(stop.asked), elapsed], dtype=torch.float64)
        loss, asked, self.share_s = self.world.total(sums).tolist()
        self.scaler.unscale_(self.optimizer)
        norm = float(nn.utils.clip_grad_norm_(self.net.parameters(), 1.0))
        if not math.isfinite(loss) or not (math.isfinite(norm) or self.forward.scaled):
            raise Diverged(
                f"the loss became {loss:g} at step {self.step + 1} (gradient {norm:g}): try a"
                f" lower --lr than {self.config.highest_lr:g}; the last good state is kept"
            )
        self.whole = False
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.average.update_parameters(self.net)
        self.step += 1
        self.whole = True
        return loss, asked > 0

    def _backward(self, model: nn.Module, batch: Batch) -> float:
        """Gradients of this process's pieces, and their part of the batch's mean loss.

        Each piece counts by its clips, wherever it is computed: the sum over the processes is
        what one alone would get. DistributedDataParallel means instead of adding.
        """
        total = torch.zeros((), device=self.device)
        motion, appearance, label = (
            x.to(self.device, non_blocking=True)
            for x in (batch.motion, batch.appearance, batch.label)
        )
        at = 0
        for micro, size in zip(batch.micros, batch.sizes, strict=True):
            part = slice(at, at := at + size)
            torch.manual_seed(self.plan.torch_seed(self.step, micro))
            with self._alone(model, last=micro == batch.micros[-1]):
                predicted = self.forward(model, motion[part], appearance[part])
                loss = self.loss(predicted, label[part]) * (size / self.config.batch)
                self.scaler.scale(loss * self.world.size).backward()
            total += loss.detach()
        return float(total)

    def _alone(self, model: nn.Module, *, last: bool) -> AbstractContextManager[None]:
        """Gradients travel between processes once a step, with the last piece."""
        if last or not isinstance(model, DistributedDataParallel):
            return nullcontext()
        return model.no_sync()

    def _share(self) -> float:
        """How much of the way is done, 0-1: by steps or by the clock, whichever is ahead."""
        share = self.step / self.n_steps
        if self.config.minutes:
            share = max(share, self.share_s / 60.0 / self.config.minutes)
        return min(share, 1.0)

    def _set_rate(self) -> float:
        lr = rate(self.config, self.step, self._share())
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        return lr

    def _ended(self) -> bool:
        patience = self.config.patience
        return self._share() >= 1.0 or (patience > 0 and self.stale >= patience)

    def _validation_due(self) -> bool:
        return self._share() >= 1.0 or self.step % self.config.validate_every == 0

    def _validate(self, stop: StopRequest) -> bool:
        """Figures of the averaged weights, and their place among the best; False if interrupted."""
        try:
            with self._at_once(stop):
                figures = self.validation.measure(self.average)
        except KeyboardInterrupt:
            if stop.asked:
                return False
            raise
        self.figures = figures
        score = figures.loss if self.config.select == "val_loss" else figures.mae_bpm
        if not math.isfinite(figures.loss):
            raise Diverged(
                f"the validation's loss became {figures.loss:g} at step {self.step}: try a lower"
                f" --lr than {self.config.highest_lr:g}; the last good state is kept"
            )
        self.stale = 0 if not self.best or score < self.best[0][0] else self.stale + 1
        # The older of two equals stays ahead.
        self.best = sorted([*self.best, (score, self.step)])[: max(self.config.best, 1)]
        return True

    def state(self, digest: str) -> State:
        """All that is needed to go on from here."""
        return State(
            config=to_json(self.config),
            digest=digest,
            step=self.step,
            elapsed_s=self.clock.elapsed_s,
            net=self.net.state_dict(),
            average=self.average.state_dict(),
            optimizer=self.optimizer.state_dict(),
            scaler=self.scaler.state_dict(),
            figures=self.card_figures(),
            best=self.best,
            stale=self.stale,
        )

    def restore(self, state: State) -> None:
        """Goes back to a state (ValueError, RuntimeError or KeyError if it is another's)."""
        self.net.load_state_dict(state.net)
        self.average.load_state_dict(state.average)
        self.optimizer.load_state_dict(state.optimizer)
        self.scaler.load_state_dict(state.scaler)
        self.step, self.stale = state.step, state.stale
        self.clock.before_s = state.elapsed_s
        self.best = [(float(score), int(step)) for score, step in state.best]
        if f := state.figures:
            self.figures = Figures(f["val_loss"], f["val_mae_bpm"], f["val_median_error_bpm"])

    def card_figures(self) -> dict[str, float]:
        """What the last validation found, for the card."""
        if self.figures is None:
            return {}
        return {
            "val_loss": self.figures.loss,
            "val_mae_bpm": self.figures.mae_bpm,
            "val_median_error_bpm": self.figures.median_error_bpm,
            "minutes": self.clock.elapsed_s / 60.0,
        }

    def _progress(
        self, loss: float, lr: float, frames_per_s: float, validated: bool
    ) -> TrainProgress:
        elapsed, share = self.clock.elapsed_s, self._share()
        figures = self.figures if validated else None
        return TrainProgress(
            epoch=self._epoch(),
            step=self.step,
            n_steps=self.n_steps,
            train_loss=loss,
            val_loss=figures.loss if figures else None,
            val_mae_bpm=figures.mae_bpm if figures else None,
            lr=lr,
            elapsed_s=elapsed,
            eta_s=elapsed * (1.0 - share) / max(share, 1e-9),
            frames_per_s=frames_per_s,
        )

    def _epoch(self) -> int:
        """How often the largest data set has been gone through."""
        sizes = [c.size or 0 for c in self.corpora]
        largest = sizes.index(max(sizes))
        return self.plan.taken(self.step, largest) // sizes[largest] if sizes[largest] else 0


def _network(config: TrainConfig) -> TSCAN:
    """New weights, or those to fine-tune; a run that goes on brings its own."""
    if config.finetune is None or config.resume:
        return TSCAN(config.recipe)
    return load_checkpoint(config.finetune)[0]


def _plan(
    config: TrainConfig, material: Sequence[Material], corpora: Sequence[Corpus], world: World
) -> Plan:
    plan = Plan(config, shares(material, corpora), [c.size is None for c in corpora])
    if plan.micros < world.size:
        raise AimaNetError(
            f"a batch of {config.batch} clips in pieces of {plan.micro} keeps {plan.micros}"
            f" processes busy, but there are {world.size}: start fewer, raise --batch or"
            " lower --micro"
        )
    return plan


def _steps(config: TrainConfig, plan: Plan, corpora: Sequence[Corpus]) -> int:
    """How many steps the run has."""
    if config.epochs is None:
        return config.steps or STEPS
    sizes = [c.size or 0 for c in corpora]
    largest = sizes.index(max(sizes))
    if not sizes[largest]:
        raise AimaNetError("drawn faces never end: give --steps instead of --epochs")
    return max(1, math.ceil(config.epochs * sizes[largest] / plan.batch / plan.shares[largest]))
