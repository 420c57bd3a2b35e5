"""The synthetic face as a source: the demo, and a test signal with a known pulse."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from aimanet.errors import SourceError
from aimanet.sources.base import RecordedSource, SourceInfo
from aimanet.types import Frame

if TYPE_CHECKING:
    from aimanet.synthesis import DemoScene, SceneConfig

PREFIX = "synthetic"
_SIMPLE = (bool, int, float, str)


class SyntheticSource(RecordedSource):
    """``synthetic:hr=72,seed=1,seconds=60,fps=30,width=640,height=480,...``.

    Any simple field of ``SceneConfig`` may be given. Without ``seconds`` there is no end.
    In real time the scene goes on at its speed: frames for which drawing or the reader is too
    slow are left out, and their indices with them.

    Args:
        spec: as above; ``synthetic`` alone is the demo face.
        realtime: deliver frames at the scene's frame rate.
        defaults: fields to use where the spec does not say (a size or rate asked for).

    Raises:
        SourceError: the spec is not of the form key=value,key=value.
    """

    def __init__(
        self, spec: str, realtime: bool = True, defaults: dict[str, str] | None = None
    ) -> None:
        super().__init__(spec, "Demo face", realtime)
        self.keeps_time = realtime
        self._wishes = (defaults or {}) | _pairs(spec)

    @property
    def endless(self) -> bool:
        """Whether the face was given no length."""
        return "seconds" not in self._wishes

    def _start(self) -> tuple[SourceInfo, Iterator[Frame]]:
        from aimanet.synthesis import DemoScene

        config = _scene_config(self.spec, self._wishes)
        fps = float(config.fps)
        frames = None if config.seconds is None else max(1, round(config.seconds * fps))
        try:
            scene = DemoScene(config)
        except (ValueError, OverflowError) as error:
            raise SourceError(f"{self.spec}: {error}") from error
        width, height = config.width, config.height
        info = SourceInfo(
            width=width,
            height=height,
            fps=fps,
            frames=frames,
            duration_s=None if frames is None else frames / fps,
            detail=f"synthetic face {width}x{height}@{fps:g}",
        )
        late_s = self._pacer.late_s if self._realtime else None
        return info, _rendered(scene, fps, frames, late_s)


def _rendered(
    scene: DemoScene, fps: float, frames: int | None, late_s: Callable[[float], float] | None
) -> Iterator[Frame]:
    """All frames, or without those that ``late_s`` says are overdue by a whole frame."""
    index = 0
    while frames is None or index < frames:
        yield Frame(index, index / fps, scene.render(index))
        index += 1
        if late_s is not None:
            index += int(late_s(index / fps) * fps)


def _pairs(spec: str) -> dict[str, str]:
    """``synthetic:a=1,b=2`` -> {"a": "1", "b": "2"}."""
    wishes: dict[str, str] = {}
    for item in spec.partition(":")[2].split(","):
        key, equals, value = (part.strip() for part in item.partition("="))
        if not item.strip():
            continue
        if not key or not equals or not value:
            raise SourceError(f"{spec}: {item.strip()!r} is not key=value; as in {PREFIX}:hr=72")
        if key in wishes:
            raise SourceError(f"{spec}: {key} is given twice")
        wishes[key] = value
    return wishes


def _scene_config(spec: str, wishes: dict[str, str]) -> SceneConfig:
    from aimanet.synthesis import SceneConfig

    hints = _simple_fields(SceneConfig)
    values: dict[str, Any] = {"seconds": None}
    for key, text in wishes.items():
        if key not in hints:
            raise SourceError(f"{spec}: unknown key {key!r}; there are {', '.join(hints)}")
        values[key] = _converted(spec, key, text, hints[key])
    try:
        return SceneConfig(**values)
    except (ValueError, TypeError) as error:
        raise SourceError(f"{spec}: {error}") from error


def _simple_fields(config: type) -> dict[str, tuple[type, ...]]:
    """The fields a spec can set, with the simple types each of them takes."""
    hints = typing.get_type_hints(config)
    fields = {field.name: hints[field.name] for field in dataclasses.fields(config) if field.init}
    kinds = {name: _kinds(hint) for name, hint in fields.items()}
    return {name: kind for name, kind in kinds.items() if kind}


def _kinds(hint: Any) -> tuple[type, ...]:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return tuple(kind for part in typing.get_args(hint) for kind in _kinds(part))
    if typing.get_origin(hint) is typing.Literal:
        return tuple({type(value) for value in typing.get_args(hint)})
    return (hint,) if hint in _SIMPLE else ()


def _converted(spec: str, key: str, text: str, kinds: tuple[type, ...]) -> Any:
    for kind in (kind for kind in _SIMPLE if kind in kinds):
        try:
            return _as_flag(text) if kind is bool else _as_finite(kind(text))
        except ValueError:
            continue
    wanted = " or ".join(kind.__name__ for kind in kinds)
    raise SourceError(f"{spec}: {key}={text} is not a valid value; {key} takes {wanted}")


def _as_flag(text: str) -> bool:
    flags = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
    if text.lower() not in flags:
        raise ValueError(text)
    return flags[text.lower()]


def _as_finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(value)
    return value
