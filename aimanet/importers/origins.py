"""Where weights may come from, and what each origin does to frames, as a recipe."""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import Tensor

from aimanet.preprocess import Recipe

LONG_S = 60.0
"""Time constant (s) of running statistics that stand in for those of a whole video."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A project whose weights we read: its ``title`` for people and its ``recipe``.

    All of them feed RGB: those that read with OpenCV swap its BGR first.
    """

    title: str
    recipe: Recipe


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """A file's tensors as PyTorch lays them out, under our names (``motion1.weight``).

    ``theirs`` maps our names to what the file calls them, for messages.
    """

    origin: str
    tensors: dict[str, Tensor]
    theirs: dict[str, str]
    notes: tuple[str, ...] = ()


# Ratio of grey levels over the video's deviation, each frame standardised over the video.
_TOOLBOX = Recipe(
    appearance="frame",
    motion_norm="running_std",
    motion_offset=1e-7,
    motion_clip=0.0,
    appearance_norm="running",
    norm_tau_s=LONG_S,
)
# The same on pictures in 1/255 to 1, so that the ratio needs no offset.
_MTTS_CAN = replace(_TOOLBOX, motion_offset=0.0, pixel_floor=1.0)
_OPEN_RPPG = Recipe(
    frame_depth=20,
    shift_padding="replicate",
    appearance="clip_mean",
    appearance_frames=160,
    appearance_norm="none",
    motion="difference",
    motion_norm="frame_channel",
    motion_clip=0.0,
)
# Its arrays came without the code that made them: layout and paper are MTTS-CAN's, so its way
# with frames is assumed. The recordings (UBFC-Phys) have 35 frames a second.
_SEED = replace(_MTTS_CAN, attention_scale="ch", fs=35.0)

ORIGINS = {
    "rppg-toolbox": Origin("rPPG-Toolbox", _TOOLBOX),
    "open-rppg": Origin("open-rppg", _OPEN_RPPG),
    "mtts-can": Origin("MTTS-CAN", _MTTS_CAN),
    "seed": Origin("the AimaNet seed", _SEED),
}
"""What `--origin` takes."""
