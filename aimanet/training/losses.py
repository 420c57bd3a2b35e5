"""What training minimises."""

from __future__ import annotations

import torch
from torch import Tensor


def negative_pearson(predicted: Tensor, label: Tensor) -> Tensor:
    """1 - Pearson correlation along the last axis, averaged over the rest; (N, T) both."""
    p = predicted - predicted.mean(-1, keepdim=True)
    y = label - label.mean(-1, keepdim=True)
    norm = torch.linalg.vector_norm(p, dim=-1) * torch.linalg.vector_norm(y, dim=-1)
    return (1.0 - (p * y).sum(-1) / (norm + 1e-8)).mean()
