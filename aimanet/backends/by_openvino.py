"""TS-CAN through OpenVINO, from a graph that is made in memory at each start."""

from __future__ import annotations

import sys

# Importing OpenVINO would report its use to Google and leave a number for this person in their
# home folder; without the package that does so it goes on without a word.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]

import openvino  # noqa: E402

from aimanet.backends.base import Array, Candidate  # noqa: E402
from aimanet.backends.graph import tscan_graph  # noqa: E402
from aimanet.checkpoint import Weights  # noqa: E402


class OpenVinoRunner:
    """Runs the network in OpenVINO, on the processor."""

    def __init__(self, weights: Weights, candidate: Candidate) -> None:
        core = openvino.Core()
        model = core.read_model(tscan_graph(weights.tensors, weights.recipe), b"")
        settings = {
            "INFERENCE_NUM_THREADS": candidate.threads,
            "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY",
            # Newer processors would get bfloat16: three digits instead of seven.
            "INFERENCE_PRECISION_HINT": "f32",
        }
        self._request = core.compile_model(model, "CPU", settings).create_infer_request()
        version = openvino.__version__.partition("-")[0]
        self.name = f"OpenVINO {version}, {candidate.where}"

    def run(self, motion: Array, appearance: Array) -> tuple[Array, Array]:
        """One window, as `Runner.run` says."""
        found = self._request.infer({"motion": motion, "appearance": appearance})
        return found["bvp"][0], found["mask"][-1, 0]
