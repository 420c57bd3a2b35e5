"""What training minimises. All take (N, T) tensors, one clip a row, and give one number."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, linalg, nn


def negative_pearson(predicted: Tensor, label: Tensor) -> Tensor:
    """1 - Pearson correlation along the last axis, averaged over the rest; (N, T) both."""
    p = predicted - predicted.mean(-1, keepdim=True)
    y = label - label.mean(-1, keepdim=True)
    norm = linalg.vector_norm(p, dim=-1) * linalg.vector_norm(y, dim=-1)
    return (1.0 - (p * y).sum(-1) / (norm + 1e-8)).mean()


def mean_squared(predicted: Tensor, label: Tensor) -> Tensor:
    """The mean squared difference; labels have unit variance within a clip."""
    return nn.functional.mse_loss(predicted, label)


def both(predicted: Tensor, label: Tensor) -> Tensor:
    """The sum of the two: shape and size."""
    return negative_pearson(predicted, label) + mean_squared(predicted, label)


Loss = Callable[[Tensor, Tensor], Tensor]
LOSSES: dict[str, Loss] = {"pearson": negative_pearson, "mse": mean_squared, "sum": both}
"""The losses by their names on the command line."""
