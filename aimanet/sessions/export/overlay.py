"""What is burnt into the pictures of an MP4: face box, heart rate with its state, the wave."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from aimanet.sessions.reader import RecordedReading, Session, Signal
from aimanet.types import Reason, State
from aimanet.words import trusted_bpm, words_for

Image = NDArray[np.uint8]
Colour = tuple[int, int, int]

INK: Colour = (233, 238, 242)
MUTED: Colour = (165, 178, 190)
SURFACE: Colour = (13, 18, 22)
PULSE: Colour = (255, 111, 128)
ACCENT: Colour = (56, 200, 177)
GOOD: Colour = (69, 214, 164)
WAITING: Colour = (123, 176, 255)
WARNING: Colour = (243, 185, 85)
LOST = "This picture is lost"
CLAIM = "AimaNet — not a medical device"

WAVE_S = 8.0
"""So much of the wave is seen."""
HOLE_S = 0.5
STALE_S = 3.0
"""A reading older than this is not shown any more."""
MARKER_S = 2.5
SHORTEST_PX, LONGEST_PX = 480, 1920
"""Smaller pictures are enlarged to this height, larger ones reduced to this width."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a picture is drawn with: its time (s), the box in px of the recording or None."""

    t: float
    bbox: tuple[float, float, float, float] | None


class Overlay:
    """Draws upon the pictures of one session.

    Args:
        session: whose readings, wave and markers.
        size: w, h of its pictures in px.
    """

    def __init__(self, session: Session, size: tuple[int, int]) -> None:
        self._scale, self.size = fitted(size)
        self._unit = self.size[1] / 480.0
        self._font = cv2.FontFace("sans")
        self._readings = session.readings
        self._reading_t = np.array([r.t for r in session.readings])
        self._wave_t, self._wave = session.bvp_t, _even_loud(session.bvp_t, session.bvp)
        self._markers = session.markers

    def draw(self, image: Image | None, moment: Moment) -> Image:
        """The picture (h, w, 3) RGB at its new size with everything on it; None: a card."""
        canvas = self._card() if image is None else self._resized(image)
        if image is not None and moment.bbox is not None:
            self._box(canvas, moment.bbox)
        self._shade(canvas, self._strip_top, self.size[1], 0.72)
        self._shade(canvas, 0, self._px(26), 0.5)
        self._rate(canvas, moment.t)
        self._curve(canvas, moment.t)
        self._top(canvas, moment.t)
        return canvas

    def _resized(self, image: Image) -> Image:
        how = cv2.INTER_CUBIC if self._scale > 1.0 else cv2.INTER_AREA
        return np.asarray(cv2.resize(image, self.size, interpolation=how), np.uint8)

    def _card(self) -> Image:
        """In the place of a picture that cannot be read."""
        canvas = np.full((self.size[1], self.size[0], 3), SURFACE, np.uint8)
        left = max(0, (self.size[0] - self._width(LOST, 20, 600)) // 2)
        self._text(canvas, LOST, (left, self._strip_top // 2), MUTED, 20, 600)
        return canvas

    @property
    def _strip_top(self) -> int:
        return self.size[1] - self._px(96)

    def _px(self, length: float) -> int:
        return max(1, round(length * self._unit))

    def _shade(self, canvas: Image, top: int, bottom: int, alpha: float) -> None:
        part = canvas[top:bottom]
        ground = np.full_like(part, SURFACE)
        cv2.addWeighted(ground, alpha, part, 1.0 - alpha, 0.0, dst=part)

    def _box(self, canvas: Image, bbox: tuple[float, float, float, float]) -> None:
        """The four corners of the face's box."""
        x, y, w, h = (v * self._scale for v in bbox)
        arm = 0.16 * min(w, h)
        for cx, sx in ((x, 1), (x + w, -1)):
            for cy, sy in ((y, 1), (y + h, -1)):
                points = [(cx + sx * arm, cy), (cx, cy), (cx, cy + sy * arm)]
                self._line(canvas, np.array(points), ACCENT, 2.0)

    def _line(self, canvas: Image, points: Signal, colour: Colour, width: float) -> None:
        fine = np.round(np.clip(points, -4000, 12000) * 8).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(canvas, [fine], False, colour, self._px(width), cv2.LINE_AA, shift=3)

    def _text(
        self, canvas: Image, text: str, at: tuple[int, int], colour: Colour, size: float,
        weight: int = 500,
    ) -> int:  # fmt: skip
        """Writes from the base line ``at``; returns where the text ends (px)."""
        end, _ = cv2.putText(canvas, text, at, colour, self._font, self._px(size), weight)
        return int(end[0])

    def _width(self, text: str, size: float, weight: int = 500) -> int:
        box = cv2.getTextSize((0, 0), text, (0, 0), self._font, self._px(size), weight)
        return int(box[2])

    def _reading(self, t: float) -> RecordedReading | None:
        k = int(np.searchsorted(self._reading_t, t + 1e-9, "right")) - 1
        if k < 0 or t - self._reading_t[k] > STALE_S:
            return None
        return self._readings[k]

    def _rate(self, canvas: Image, t: float) -> None:
        """The number and, under it, what it is worth; dashes and the reason without trust."""
        reading = self._reading(t)
        state = State.WARMING_UP if reading is None else reading.state
        reason = Reason.MEASURING if reading is None else reading.reason
        words = words_for(state, reason).title
        measuring = state is State.WARMING_UP or reason is Reason.MEASURING
        colour = GOOD if state is State.OK else WAITING if measuring else WARNING
        bpm = None if reading is None else trusted_bpm(reading)
        number = "– –" if bpm is None else f"{bpm:.0f}"
        left, base = self._px(18), self._strip_top + self._px(58)
        ink = INK if state is State.OK else MUTED
        end = self._text(canvas, number, (left, base), ink, 54, 700)
        self._text(canvas, "BPM", (end + self._px(6), base), MUTED, 17, 600)
        dot = (left + self._px(5), self._strip_top + self._px(78))
        cv2.circle(canvas, dot, self._px(4), colour, -1, cv2.LINE_AA)
        self._text(canvas, words, (left + self._px(15), dot[1] + self._px(5)), colour, 14, 600)

    def _curve(self, canvas: Image, t: float) -> None:
        """The last seconds of the wave, newest at the right; nothing where there was none."""
        left, right = self._px(190), self.size[0] - self._px(16)
        if right - left < self._px(60):
            return
        a, b = np.searchsorted(self._wave_t, (t - WAVE_S, t + 1e-9))
        times, values = self._wave_t[a:b], self._wave[a:b]
        middle, reach = self._strip_top + 0.5 * self._px(96), 0.36 * self._px(96)
        x = left + (times - (t - WAVE_S)) / WAVE_S * (right - left)
        points = np.column_stack([x, middle - reach * values])
        for part in np.split(points, np.flatnonzero(np.diff(times) > HOLE_S) + 1):
            if len(part) > 1:
                self._line(canvas, part, PULSE, 2.0)

    def _top(self, canvas: Image, t: float) -> None:
        base = self._px(18)
        minutes, seconds = divmod(max(t, 0.0), 60.0)
        end = self._text(
            canvas, f"{minutes:.0f}:{seconds:04.1f}", (self._px(12), base), INK, 14, 600
        )
        start = self.size[0] - self._px(12) - self._width(CLAIM, 12)
        self._text(canvas, CLAIM, (start, base), MUTED, 12)
        said = [m.name for m in self._markers if m.t <= t < m.t + MARKER_S]
        if said:
            room = start - end - self._px(40)
            text = self._cut(said[-1], room)
            self._text(canvas, text, (end + self._px(20), base), ACCENT, 14, 600)

    def _cut(self, text: str, room: int) -> str:
        """As much of the text as there is room for."""
        if self._width(text, 14, 600) <= room:
            return text
        while text and self._width(text + "…", 14, 600) > room:
            text = text[:-1]
        return text + "…" if text else ""


def fitted(size: tuple[int, int]) -> tuple[float, tuple[int, int]]:
    """The scale and the even size (H.264 takes no other) at which pictures are shown."""
    width, height = size
    scale = max(1.0, SHORTEST_PX / height)
    scale = min(scale, LONGEST_PX / width, LONGEST_PX / height)
    even = (max(2, 2 * round(width * scale / 2)), max(2, 2 * round(height * scale / 2)))
    return scale, even


def _even_loud(t: Signal, wave: Signal) -> Signal:
    """The wave (M,) within about -1 to 1 however its size changes over the session."""
    if not len(wave):
        return wave
    step = float(np.median(np.diff(t))) if len(t) > 1 else 1.0
    width = min(len(wave), max(1, round(WAVE_S / max(step, 1e-6))))
    kernel = np.ones(width) / width
    near = np.convolve(np.ones(len(wave)), kernel, "same")
    loud = np.sqrt(np.convolve(wave**2, kernel, "same") / near)
    return np.clip(wave / (2.2 * np.maximum(loud, 1e-12)), -1.25, 1.25)
