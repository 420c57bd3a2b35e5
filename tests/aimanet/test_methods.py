"""Methods by name, and what is said when there is none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from aimanet.errors import MethodError
from aimanet.methods import LABELS, METHODS, make_method, resolve_device


def test_every_classical_method_has_its_name() -> None:
    assert METHODS == ("tscan", "pos", "chrom", "green")
    assert set(LABELS) == set(METHODS)
    for name in METHODS[1:]:
        method = make_method(name)
        assert (method.name, method.model, method.recipe.fs) == (name, None, 30.0)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("ica", {}, "unknown method 'ica': use one of tscan, pos"),
        ("pos", {"device": "tpu"}, "unknown device 'tpu': use one of auto"),
        ("pos", {"weights": Path("x.safetensors")}, "has no weights"),
    ],
)
def test_mistakes_are_named_in_one_line(name: str, options: dict, message: str) -> None:
    with pytest.raises(MethodError, match=message) as caught:
        make_method(name, **options)
    assert "\n" not in str(caught.value)


def test_devices() -> None:
    assert resolve_device("cpu") == "cpu"
    if torch.cuda.is_available():
        assert resolve_device("auto") == resolve_device("cuda") == "cuda"
    else:
        assert resolve_device("auto") == "cpu"
        with pytest.raises(MethodError, match="use --device cpu"):
            resolve_device("cuda")


def test_classical_methods_do_without_torch() -> None:
    code = (
        "import sys; from aimanet.methods import make_method;"
        "from aimanet.pipeline import Pipeline;"
        "Pipeline(make_method('pos')); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
