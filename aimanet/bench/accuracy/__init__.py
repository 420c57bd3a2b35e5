"""How right the readings are: clips with a known pulse, and clips without one, through methods.

`evaluate_shots` runs methods over any clips (`Material`); `Report` holds what came out.
"""

from aimanet.bench.accuracy.calibration import Calibration
from aimanet.bench.accuracy.figures import ConditionRow, Figures, LifelessRow
from aimanet.bench.accuracy.material import AccuracyError, ClipInfo, Material, Reel, Truth
from aimanet.bench.accuracy.report import Report
from aimanet.bench.accuracy.results import ClipResult, Missing, Readings
from aimanet.bench.accuracy.runner import Outcome, Setup, evaluate_shots

__all__ = [
    "AccuracyError",
    "Calibration",
    "ClipInfo",
    "ClipResult",
    "ConditionRow",
    "Figures",
    "LifelessRow",
    "Material",
    "Missing",
    "Outcome",
    "Readings",
    "Reel",
    "Report",
    "Setup",
    "Truth",
    "evaluate_shots",
]
