"""TS-CAN through ONNX Runtime, from a graph that is made in memory at each start."""

from __future__ import annotations

import onnxruntime

from aimanet.backends.base import Array, Candidate
from aimanet.backends.graph import tscan_graph
from aimanet.checkpoint import Weights

_ERRORS_ONLY = 3


class OnnxRuntimeRunner:
    """Runs the network in ONNX Runtime, on the processor."""

    def __init__(self, weights: Weights, candidate: Candidate) -> None:
        onnxruntime.disable_telemetry_events()  # Windows builds would log to the system
        options = onnxruntime.SessionOptions()
        options.log_severity_level = _ERRORS_ONLY
        options.intra_op_num_threads = candidate.threads
        options.inter_op_num_threads = 1
        # Threads that spin between two layers halve the time of a window; between two windows,
        # a third of a second apart, they would burn a core.
        options.add_session_config_entry("session.intra_op.allow_spinning", "1")
        options.add_session_config_entry("session.force_spinning_stop", "1")
        graph = tscan_graph(weights.tensors, weights.recipe)
        self._session = onnxruntime.InferenceSession(
            graph, options, providers=["CPUExecutionProvider"]
        )
        self.name = f"ONNX Runtime {onnxruntime.__version__}, {candidate.where}"

    def run(self, motion: Array, appearance: Array) -> tuple[Array, Array]:
        """One window, as `Runner.run` says."""
        inputs = {"motion": motion, "appearance": appearance}
        bvp, mask = self._session.run(["bvp", "mask"], inputs)
        return bvp[0], mask[-1, 0]
