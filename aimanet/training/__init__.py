"""Training: needs torch, numpy, scipy and OpenCV, neither Qt nor MediaPipe."""

from aimanet.training.config import TrainConfig
from aimanet.training.distributed import World, join
from aimanet.training.fit import fit, settle
from aimanet.training.material import Material

__all__ = ["Material", "TrainConfig", "World", "fit", "join", "settle"]
