"""Results of made-up methods with errors that are known, and small clips to film."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from aimanet.bench.accuracy.material import ClipInfo, Material, Reel, Truth
from aimanet.bench.accuracy.results import STATES, ClipResult, Readings
from aimanet.synthesis import DemoScene, SceneConfig
from aimanet.types import Frame, State

NAN = float("nan")


def readings(
    hr,
    truth=60.0,
    quality=0.9,
    state: State | list[State] = State.OK,
    step_s: float = 0.5,
    t0: float = 0.5,
) -> Readings:
    """Readings ``step_s`` apart; whatever is one number is the same in all of them."""
    hr = np.asarray(hr, float)
    n = len(hr)
    states = state if isinstance(state, list) else [state] * n
    return Readings(
        t=t0 + step_s * np.arange(n),
        span_s=np.full(n, step_s),
        hr_bpm=hr,
        truth_bpm=np.broadcast_to(np.asarray(truth, float), n).copy(),
        now_bpm=np.broadcast_to(np.asarray(truth, float), n).copy(),
        quality=np.broadcast_to(np.asarray(quality, float), n).copy(),
        snr_db=np.full(n, 3.0),
        state=np.array([STATES.index(each) for each in states], np.int8),
        features={"snr_db": np.full(n, 1.0), "said.unison": np.full(n, 0.7)},
    )


def result(
    name: str = "still 0",
    method: str = "TS-CAN",
    *,
    hr: float = 60.0,
    truth: float = 60.0,
    conditions: tuple[str, ...] = ("still",),
    alive: bool = True,
    origin="drawn",
    said: Readings | None = None,
    kind: str | None = None,
) -> ClipResult:
    """One method on one clip of 10 s."""
    clip = ClipInfo(name, kind or name.rpartition(" ")[0] or name, conditions, alive, origin)
    said = readings([hr] * 20, truth if alive else NAN) if said is None else said
    model = "tscan (0123456789ab)" if method.startswith("TS-CAN") else None
    return ClipResult(
        clip=clip,
        method=method,
        model=model,
        hr_bpm=hr,
        truth_bpm=truth if alive else NAN,
        snr_db=3.0,
        state=State.OK,
        seconds=10.0,
        fps=30.0,
        face_share=1.0,
        readings=said,
    )


@dataclass(frozen=True, slots=True)
class DemoClip(Material):
    """The demo face, small and short: a stand-in for a held-out shot; ``seed`` 13 is broken."""

    seconds: float = 3.0
    hr: float = 72.0
    seed: int = 1
    origin: str = "drawn"
    kept: str = ""

    @property
    def info(self) -> ClipInfo:
        return ClipInfo(f"demo {self.seed}", "demo", ("still",), True, self.origin, self.seed)

    @property
    def cache_name(self) -> str:
        return self.kept and f"{self.kept}/demo_{self.seed}"

    def open(self) -> Reel:
        config = SceneConfig(
            hr=self.hr, seed=self.seed, seconds=self.seconds, width=240, height=180, size=0.9
        )
        scene = DemoScene(config)
        t = np.arange(0.0, self.seconds, 0.1)
        return Reel(self._frames(scene), Truth(t, scene.hr_bpm(t)))

    def _frames(self, scene: DemoScene) -> Iterator[Frame]:
        if self.seed == 13:
            raise ValueError("a broken clip")
        for k in range(round(30 * self.seconds)):
            yield Frame(k, k / 30.0, scene.render(k))
