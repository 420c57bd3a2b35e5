"""AimaNet: heart rate from an ordinary webcam. A library that knows nothing of windows."""

__version__ = "0.1.0"
