"""Where a network may run; whether there is an NVIDIA GPU is found out without torch."""

from __future__ import annotations

import ctypes
import sys
from importlib.metadata import PackageNotFoundError, version

from aimanet.errors import MethodError

DEVICES = ("auto", "cpu", "cuda")
"""What a network may run on; ``auto`` takes CUDA where there is one."""


def check_device(device: str) -> None:
    """Raises MethodError for a name that is none of `DEVICES`."""
    if device not in DEVICES:
        raise MethodError(f"unknown device '{device}': use one of {', '.join(DEVICES)}")


def resolve_device(device: str) -> str:
    """Returns cpu or cuda for auto, cpu or cuda. Loads torch only where it may find a GPU.

    Raises:
        MethodError: an unknown device, or CUDA is asked for and not there.
    """
    check_device(device)
    if device == "cpu":
        return "cpu"
    there = _torch_finds_cuda() if may_have_cuda() else False
    if device == "cuda" and not there:
        raise MethodError("cuda asked for but not available here; use --device cpu")
    return "cuda" if there else "cpu"


def may_have_cuda() -> bool:
    """Whether asking torch for a GPU can be worth its two seconds."""
    try:
        build = version("torch").partition("+")[2]
    except PackageNotFoundError:
        return False
    if build.startswith("rocm"):  # AMD's GPUs are called cuda, too
        return True
    return build != "cpu" and nvidia_gpus() > 0


def nvidia_gpus() -> int:
    """How many GPUs NVIDIA's driver offers to this process; 0 where there is no driver."""
    try:
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
        count = ctypes.c_int(0)
        failed = driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count))
        return 0 if failed else count.value
    except (OSError, AttributeError):
        return 0


def _torch_finds_cuda() -> bool:
    import torch

    return torch.cuda.is_available()
