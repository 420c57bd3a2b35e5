"""AimaNet: heart rate from an ordinary webcam. A library that knows nothing of windows."""

import os

__version__ = "0.1.0"

# Read when NumPy loads its BLAS. Our matrices are small: more threads only take the core away from
# the network, and idle ones spin. Whoever sets it for themselves keeps their own number.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Read when OpenCV is loaded: a picture file of some kilobytes may claim sides that take gigabytes.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(8192 * 4320))

# Read when ONNX Runtime is loaded: its builds would report their use to Microsoft, and keep a
# number for this machine. `disable_telemetry_events` comes too late for the first report.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
