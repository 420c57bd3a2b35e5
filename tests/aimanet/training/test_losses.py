from __future__ import annotations

import pytest
import torch

from aimanet.training.losses import negative_pearson


def test_extremes_and_invariance() -> None:
    y = torch.randn(4, 180)
    assert float(negative_pearson(3 * y + 7, y)) == pytest.approx(0.0, abs=1e-5)
    assert float(negative_pearson(-y, y)) == pytest.approx(2.0, abs=1e-5)


def test_agrees_with_torch() -> None:
    a, b = torch.randn(1, 50), torch.randn(1, 50)
    expected = 1 - torch.corrcoef(torch.cat([a, b]))[0, 1]
    assert float(negative_pearson(a, b)) == pytest.approx(float(expected), abs=1e-5)


def test_a_flat_prediction_has_a_finite_gradient() -> None:
    flat = torch.zeros(1, 50, requires_grad=True)
    negative_pearson(flat, torch.randn(1, 50)).backward()
    assert flat.grad is not None
    assert torch.isfinite(flat.grad).all()
