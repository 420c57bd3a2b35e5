"""The network against its description, written a second time with plain loops."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from aimanet.preprocess import Recipe
from aimanet.tscan import TSCAN, TemporalShift


def shift_by_hand(x: torch.Tensor, depth: int, replicate: bool = False) -> torch.Tensor:
    out = x.clone()
    third = x.shape[1] // 3
    for i in range(len(x)):
        window, t = divmod(i, depth)
        for part, step in ((slice(0, third), 1), (slice(third, 2 * third), -1)):
            if 0 <= t + step < depth:
                out[i, part] = x[window * depth + t + step, part]
            elif not replicate:
                out[i, part] = 0
    return out


@pytest.mark.parametrize("padding", ["zero", "replicate"])
def test_shift(padding: str) -> None:
    x = torch.randn(30, 8, 3, 3)
    expected = shift_by_hand(x, 10, padding == "replicate")
    assert torch.equal(TemporalShift(10, padding)(x), expected)


def by_hand(net: TSCAN, motion: torch.Tensor, appearance: torch.Tensor) -> torch.Tensor:
    """Per-frame appearance, every mask written out."""
    w = dict(net.named_parameters())

    def conv(name: str, x: torch.Tensor, pad: int) -> torch.Tensor:
        return torch.tanh(functional.conv2d(x, w[f"{name}.weight"], w[f"{name}.bias"], padding=pad))

    m, a = motion, appearance.repeat_interleave(10, 0)
    for i, (first, second) in enumerate((("1", "2"), ("3", "4"))):
        m = conv("motion" + first, shift_by_hand(m, 10), 1)
        m = conv("motion" + second, shift_by_hand(m, 10), 0)
        a = conv("appearance" + second, conv("appearance" + first, a, 1), 0)
        name = f"attention{i + 1}"
        g = torch.sigmoid(functional.conv2d(a, w[f"{name}.weight"], w[f"{name}.bias"]))
        g = g / g.sum((2, 3), keepdim=True) * g.shape[2] * g.shape[3] * 0.5
        m, a = functional.avg_pool2d(m * g, 2), functional.avg_pool2d(a, 2)
    m = torch.tanh(functional.linear(m.flatten(1), w["dense1.weight"], w["dense1.bias"]))
    return functional.linear(m, w["dense2.weight"], w["dense2.bias"]).view(-1, 10)


def test_parity_with_the_description() -> None:
    torch.manual_seed(1)
    net = TSCAN().eval()
    motion, appearance = torch.randn(20, 3, 36, 36), torch.randn(2, 3, 36, 36)
    with torch.no_grad():
        assert torch.allclose(net(motion, appearance), by_hand(net, motion, appearance), atol=1e-5)


def test_size_as_published() -> None:
    assert sum(p.numel() for p in TSCAN().parameters()) == 532_899


def test_windows_do_not_see_each_other() -> None:
    net = TSCAN().eval()
    motion, appearance = torch.randn(20, 3, 36, 36), torch.randn(2, 3, 36, 36)
    with torch.no_grad():
        both = net(motion, appearance)
        assert torch.allclose(both[1:], net(motion[10:], appearance[1:]), atol=1e-6)


def test_appearance_per_window_equals_the_same_appearance_per_frame() -> None:
    window, frame = TSCAN().eval(), TSCAN(Recipe(appearance="frame")).eval()
    frame.load_state_dict(window.state_dict())
    motion, appearance = torch.randn(20, 3, 36, 36), torch.randn(2, 3, 36, 36)
    with torch.no_grad():
        a, b = window(motion, appearance), frame(motion, appearance.repeat_interleave(10, 0))
    assert torch.allclose(a, b, atol=1e-5)


def test_masks_sum_to_half_their_area_and_the_seeds_to_its_own_scale() -> None:
    picture = torch.randn(3, 3, 36, 36)
    for scale, sums in (("hw", (578.0, 112.5)), ("ch", (17.0, 7.5))):
        masks = TSCAN(Recipe(attention_scale=scale)).eval().attend(picture)  # type: ignore[arg-type]
        for mask, total in zip(masks, sums, strict=True):
            assert np.allclose(mask.detach().sum((1, 2, 3)), total, rtol=1e-4)


def test_a_picture_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match="too small"):
        TSCAN(Recipe(image_size=8))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine")
def test_cuda_agrees_with_the_cpu() -> None:
    net = TSCAN().eval()
    motion, appearance = torch.randn(20, 3, 36, 36), torch.randn(2, 3, 36, 36)
    with torch.no_grad():
        cpu = net(motion, appearance)
        cuda = net.cuda()(motion.cuda(), appearance.cuda()).cpu()
    assert torch.allclose(cpu, cuda, atol=1e-3)
