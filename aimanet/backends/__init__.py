"""The network behind one small interface, and the choice of what runs it here.

Nothing here imports torch, ONNX Runtime or OpenVINO before one of them is to be tried.
"""

from aimanet.backends.base import Candidate, Runner
from aimanet.backends.choice import Measured, candidates, choose, measure
from aimanet.backends.devices import DEVICES, resolve_device

__all__ = [
    "DEVICES",
    "Candidate",
    "Measured",
    "Runner",
    "candidates",
    "choose",
    "measure",
    "resolve_device",
]
