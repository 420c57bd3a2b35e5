"""What runs a network: the interface, and what there is to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from aimanet.preprocess import Recipe

Array = NDArray[np.float32]

PACKAGES = {
    "onnxruntime": "ONNX Runtime",
    "openvino": "OpenVINO",
    "numpy": "NumPy",
    "torch": "PyTorch",
}
"""The backends by the name of their package, with their names for people."""


class Runner(Protocol):
    """A loaded network. ``name`` is for people: "ONNX Runtime 1.31.1, 2 threads"."""

    name: str

    def run(self, motion: Array, appearance: Array) -> tuple[Array, Array]:
        """Takes one window through the network.

        Args:
            motion: (T, 3, S, S).
            appearance: (1, 3, S, S), or (T, 3, S, S) where the recipe wants one per frame.

        Returns:
            The pulse derivative (T,), and the first attention mask (of the last frame), (h, w).
        """
        ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """A backend with so many threads, on the processor or on the GPU."""

    backend: str
    threads: int = 1
    device: str = "cpu"

    @property
    def label(self) -> str:
        """For people, without the version."""
        return f"{PACKAGES[self.backend]}, {self.where}"

    @property
    def where(self) -> str:
        """``CUDA``, or how many threads."""
        if self.device == "cuda":
            return "CUDA"
        return f"{self.threads} thread{'s' if self.threads > 1 else ''}"


def random_window(recipe: Recipe, seed: int = 0) -> tuple[Array, Array]:
    """Noise for one window, always the same: motion and appearance as the recipe shapes them."""
    noise, size = np.random.default_rng(seed), recipe.image_size
    pictures = recipe.frame_depth if recipe.appearance == "frame" else 1
    motion = noise.standard_normal((recipe.frame_depth, 3, size, size), np.float32)
    return motion, noise.standard_normal((pictures, 3, size, size), np.float32)
