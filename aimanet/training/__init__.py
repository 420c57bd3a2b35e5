"""Training: needs torch, numpy, scipy and OpenCV, neither Qt nor MediaPipe."""

from aimanet.training.fit import TrainConfig, fit

__all__ = ["TrainConfig", "fit"]
