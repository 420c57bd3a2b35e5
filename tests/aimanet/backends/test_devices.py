"""Whether there is a GPU is found out from NVIDIA's driver, before torch is asked."""

from __future__ import annotations

import ctypes
import sys
from importlib.metadata import PackageNotFoundError
from types import SimpleNamespace
from typing import Any

import pytest

from aimanet.backends import devices
from aimanet.backends.devices import may_have_cuda, nvidia_gpus, resolve_device
from aimanet.errors import MethodError


def driver(monkeypatch: pytest.MonkeyPatch, count: int, init: int = 0, counting: int = 0) -> None:
    """A driver that answers so; its functions return CUDA's error codes."""

    def device_count(place: Any) -> int:
        place._obj.value = count  # what byref points at
        return counting

    functions = SimpleNamespace(cuInit=lambda flags: init, cuDeviceGetCount=device_count)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: functions)


@pytest.mark.parametrize(
    ("answers", "gpus"),
    [
        ({"count": 2}, 2),
        ({"count": 0}, 0),
        ({"count": 3, "init": 100}, 0),  # CUDA_ERROR_NO_DEVICE
        ({"count": 3, "counting": 3}, 0),  # CUDA_ERROR_NOT_INITIALIZED
    ],
)
def test_the_driver_is_asked(answers: dict[str, int], gpus: int, monkeypatch) -> None:
    driver(monkeypatch, **answers)
    assert nvidia_gpus() == gpus


def test_no_driver_and_a_library_that_is_none(monkeypatch) -> None:
    def missing(name: str) -> object:
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(ctypes, "CDLL", missing)
    assert nvidia_gpus() == 0
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert nvidia_gpus() == 0


@pytest.mark.parametrize(
    ("build", "gpus", "worth_asking"),
    [
        ("2.13.0+cpu", 1, False),
        ("2.13.0", 1, True),
        ("2.13.0+cu128", 1, True),
        ("2.13.0+cu128", 0, False),
        ("2.13.0+rocm6.4", 0, True),
    ],
)
def test_torch_is_asked_where_it_may_find_one(
    build: str, gpus: int, worth_asking: bool, monkeypatch
) -> None:
    monkeypatch.setattr(devices, "version", lambda name: build)
    monkeypatch.setattr(devices, "nvidia_gpus", lambda: gpus)
    assert may_have_cuda() == worth_asking


def test_without_torch_there_is_no_cuda(monkeypatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(devices, "version", missing)
    monkeypatch.setitem(sys.modules, "torch", None)
    assert resolve_device("auto") == resolve_device("cpu") == "cpu"
    with pytest.raises(MethodError, match="use --device cpu"):
        resolve_device("cuda")
