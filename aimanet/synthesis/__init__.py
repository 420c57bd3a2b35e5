"""Synthetic faces with a known pulse: the demo source, the test double, the training corpus."""

from aimanet.synthesis.scene import DemoScene, SceneConfig

__all__ = ["DemoScene", "SceneConfig"]
