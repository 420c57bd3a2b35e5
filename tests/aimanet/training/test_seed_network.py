"""The network arranged for processors gives what `TSCAN` gives, there and back."""

from __future__ import annotations

import pytest
import torch

from aimanet.preprocess import Recipe
from aimanet.training import seed_network
from aimanet.training.seed_network import (
    ProcessorTSCAN,
    halve,
    keep_mask,
    masked_halve,
    training_network,
)
from aimanet.tscan import TSCAN

RECIPES = [
    Recipe(),
    Recipe(image_size=16, appearance="frame", attention_scale="ch"),
    Recipe(image_size=19, frame_depth=4, shift_padding="replicate"),
    Recipe(image_size=10, frame_depth=2),
]


def outputs_and_gradients(net, recipe, dtype):
    torch.manual_seed(1)
    units = 2
    frames, size = units * recipe.frame_depth, recipe.image_size
    pictures = frames if recipe.appearance == "frame" else units
    motion, appearance = torch.randn(frames, 3, size, size), torch.randn(pictures, 3, size, size)
    out = net(motion.to(dtype), appearance.to(dtype))
    (out - torch.randn(out.shape).to(dtype)).square().mean().backward()
    return out.detach().double(), [p.grad.double() for p in net.parameters()]


def same_weights(recipe):
    torch.manual_seed(0)
    plain, ours = TSCAN(recipe).double().eval(), ProcessorTSCAN(recipe).eval()
    ours.load_state_dict(plain.state_dict())
    return plain, ours


@pytest.mark.parametrize(
    ("recipe", "fused"), [*((recipe, True) for recipe in RECIPES), (RECIPES[1], False)]
)
def test_outputs_and_gradients_are_tscans(recipe, fused, monkeypatch):
    if not fused:
        monkeypatch.setattr(seed_network, "_has_fused_tanh", lambda: False)
    plain, ours = same_weights(recipe)
    expected = outputs_and_gradients(plain, recipe, torch.float64)
    out, gradients = outputs_and_gradients(ours, recipe, torch.float32)
    assert torch.allclose(out, expected[0], atol=1e-6)
    for mine, theirs in zip(gradients, expected[1], strict=True):
        assert (mine - theirs).norm() <= 2e-3 * theirs.norm() + 1e-9


def test_tanh_is_fused_where_onednn_is():
    assert seed_network._has_fused_tanh() == torch.backends.mkldnn.is_available()


def test_state_dicts_are_interchangeable():
    plain, ours = same_weights(Recipe())
    assert list(plain.state_dict()) == list(ours.state_dict())
    back = TSCAN().double()
    back.load_state_dict(ours.state_dict())
    assert torch.equal(back.motion2.weight, plain.motion2.weight.float().double())


@pytest.mark.parametrize("size", [4, 5])
def test_halving_is_average_pooling(size):
    x = torch.randn(3, 2, size, size + 1, requires_grad=True)
    pairs = []
    for pool in (halve, torch.nn.AvgPool2d(2)):
        out = pool(x)
        weights = torch.arange(out.numel()).view(out.shape).float()
        pairs.append((out, torch.autograd.grad((out * weights).sum(), x)[0]))
    for mine, theirs in zip(*pairs, strict=True):
        assert torch.allclose(mine, theirs)


@pytest.mark.parametrize("masks", [2, 6])
@pytest.mark.parametrize("size", [4, 5])
def test_halving_under_a_mask(size, masks):
    x = torch.randn(6, 3, size, size).contiguous(memory_format=torch.channels_last)
    mask = torch.rand(masks, 1, size, size)
    results = []
    for pool in (masked_halve, lambda a, b: halve(a * b.repeat_interleave(6 // len(b), 0))):
        a, b = x.clone().requires_grad_(), mask.clone().requires_grad_()
        out = pool(a, b)
        weights = torch.arange(out.numel()).view(out.shape).float()
        results.append([out, *torch.autograd.grad((out * weights).sum(), (a, b))])
    for mine, theirs in zip(*results, strict=True):
        assert torch.allclose(mine, theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("p", [0.25, 0.5])
def test_dropout_keeps_its_share_and_the_mean(p):
    torch.manual_seed(0)
    x = torch.ones(40, 32, 9, 9).contiguous(memory_format=torch.channels_last)
    factors = keep_mask(x, p)
    assert factors.unique().tolist() == pytest.approx([0.0, 1 / (1 - p)])
    n = x.numel()
    assert abs(float(factors.mean()) - 1.0) < 4 * (p / (1 - p) / n) ** 0.5
    kept = (factors.flatten() > 0).double()
    halves = kept[: n // 8 * 8].view(-1, 8).mean(0)  # no byte of a random word is special
    assert (halves - (1 - p)).abs().max() < 5 * (p * (1 - p) / (n / 8)) ** 0.5
    torch.manual_seed(0)
    assert torch.equal(factors, keep_mask(x, p))


def test_everything_may_be_dropped():
    assert keep_mask(torch.ones(3, 4), 1.0).sum() == 0


def test_dropout_acts_in_training_alone():
    net = training_network(Recipe(), torch.device("cpu"))
    motion, appearance = torch.randn(10, 3, 36, 36), torch.randn(1, 3, 36, 36)
    with torch.no_grad():
        assert not torch.equal(net(motion, appearance), net(motion, appearance))
        net.eval()
        assert torch.equal(net(motion, appearance), net(motion, appearance))
