"""Optimisers, and learning rates as pure functions of the way that lies behind."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import torch
from torch.optim import SGD, Adadelta, Adam, AdamW, Optimizer

from aimanet.training.config import TrainConfig

RISE = 0.3
"""Part of a one-cycle run in which the rate rises."""


def make_optimizer(config: TrainConfig, parameters: Iterable[torch.nn.Parameter]) -> Optimizer:
    """The optimiser that the config names."""
    lr, decay = config.highest_lr, config.weight_decay
    if config.optimizer == "sgd":
        return SGD(parameters, lr=lr, weight_decay=decay, momentum=0.9, nesterov=True)
    kind: type[Optimizer] = {"adamw": AdamW, "adam": Adam, "adadelta": Adadelta}[config.optimizer]
    return kind(parameters, lr=lr, weight_decay=decay)  # type: ignore[call-arg]


def rate(config: TrainConfig, step: int, share: float) -> float:
    """The learning rate of a step (from 0) when ``share`` (0-1) of the way is done."""
    if config.schedule == "onecycle":
        return config.highest_lr * _one_cycle(share)
    rise = min(1.0, (step + 1) / max(config.warmup, 1))
    return config.highest_lr * rise * SCHEDULES[config.schedule](share)


def _cosine(share: float) -> float:
    """From 1 to a hundredth."""
    return 0.01 + 0.99 * _half_wave(share)


def _one_cycle(share: float) -> float:
    """Up from 1/25 and down to 1/250,000, both as cosines (Smith & Topin 2018)."""
    if share < RISE:
        return 1.0 - (1.0 - 1 / 25) * _half_wave(share / RISE)
    end = 1 / 25e4
    return end + (1.0 - end) * _half_wave((share - RISE) / (1.0 - RISE))


def _half_wave(share: float) -> float:
    return 0.5 * (1.0 + math.cos(math.pi * share))


def _thirds(share: float) -> float:
    """A tenth less at each third."""
    return 0.1 ** min(int(3.0 * share), 2)


def _constant(share: float) -> float:
    return 1.0


SCHEDULES: dict[str, Callable[[float], float]] = {
    "cosine": _cosine,
    "onecycle": _one_cycle,
    "step": _thirds,
    "constant": _constant,
}
"""The share of the highest rate over the share of the way, without the rise at the start."""
