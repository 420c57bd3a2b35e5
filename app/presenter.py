"""What the engine reports, said on the screen: phases, readings, messages and what to do."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction

from aimanet.types import Reading
from app.engine import LiveEngine, Phase
from app.result import Result, ResultSoFar
from app.widgets.banner import BannerStack
from app.widgets.bpm_display import BpmDisplay
from app.widgets.figures import Figures
from app.widgets.history_plot import HistoryPlot
from app.widgets.plot import Plot
from app.widgets.spectrum_plot import SpectrumPlot
from app.widgets.video_view import VideoView
from app.widgets.waveform_plot import WaveformPlot
from app.wording import Wording, wording

if TYPE_CHECKING:
    from aimanet.pipeline import Summary

_TICK_MS = 15
_CURVE_EVERY = 3
"""The curve moves at every third tick: smooth to the eye, and a third of the drawing."""
_FIGURES_MS = 500
_STALE_S = 3.0
"""A number older than this is not shown as if it were of now."""

_OF_RUN = ("source", "end", "face", "method")
"""Topics of messages that speak of one run and leave with it."""

_WORDS = {
    Phase.IDLE: Wording("Stopped", "Press Start, or choose a source.", "faint"),
    Phase.LOADING: Wording("Loading…", "", "wait"),
    Phase.RUNNING: Wording("Loading…", "", "wait"),
    Phase.RECONNECTING: Wording("Camera disconnected", "Reconnecting…", "warn"),
    Phase.ENDED: Wording("The clip has ended", "Start plays it again.", "faint"),
    Phase.FAILED: Wording("No picture", "Choose another source, or try again.", "bad"),
}


@dataclass(eq=False)
class Screen:
    """The widgets a run shows itself on."""

    video: VideoView
    bpm: BpmDisplay
    waveform: WaveformPlot
    spectrum: SpectrumPlot
    history: HistoryPlot
    banners: BannerStack
    figures: Figures

    @property
    def plots(self) -> tuple[Plot, ...]:
        """All that draw readings."""
        return (self.waveform, self.spectrum, self.history)

    @property
    def visible(self) -> bool:
        """Something of it is on a screen: the page is the live one, the window not minimised."""
        window = self.video.window()
        return self.video.isVisible() and not window.isMinimized()

    def clear_signals(self) -> None:
        """Forget curves and numbers of the run before."""
        for plot in self.plots:
            plot.clear()
        self.figures.clear()

    def show_reading(self, reading: Reading) -> None:
        """One reading, the same everywhere."""
        self.bpm.show_reading(reading)
        self.video.show_role(wording(reading.state, reading.reason).role)
        for plot in self.plots:
            plot.show_reading(reading)

    def show_words(self, words: Wording) -> None:
        """No number now: the curves stay, what they say of the present goes."""
        self.bpm.show_words(words)
        for plot in self.plots:
            plot.rest()

    def show_result(self, result: Result) -> None:
        """What a run measured; the plots show only its end."""
        self.show_words(result.wording)
        if result.hr_bpm is not None:
            self.bpm.show_result(result.hr_bpm, result.wording, result.share)


class Presenter(QObject):
    """Engine to screen; owns the timer that draws the newest picture.

    ``measured`` says whether there is a `result`; ``method`` is what the result names as its
    method.
    """

    measured = Signal(bool)

    def __init__(self, engine: LiveEngine, screen: Screen, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._screen = screen
        self._so_far = ResultSoFar()
        self._ended: Result | None = None
        self._source = ""
        self.method = ""
        self._can_measure = True
        self._last_reading: float | None = None
        self.after_end: Sequence[QAction] = ()
        self.after_failure: Sequence[QAction] = ()
        self._ticks = 0
        self._draw = QTimer(self, interval=_TICK_MS)
        self._draw.setTimerType(Qt.TimerType.PreciseTimer)
        self._draw.timeout.connect(self._on_tick)
        self._count = QTimer(self, interval=_FIGURES_MS)
        self._count.timeout.connect(self._on_figures)
        screen.video.shown.connect(self._on_shown)
        engine.phase_changed.connect(self._on_phase)
        engine.progress.connect(self._on_progress)
        engine.opened.connect(self._on_opened)
        engine.interrupted.connect(self._on_interrupted)
        engine.reading.connect(self._on_reading)
        engine.face_failed.connect(self._on_face_failed)
        engine.summarised.connect(self._on_summarised)

    @Slot(object)
    def _on_phase(self, phase: Phase) -> None:
        screen, words = self._screen, _WORDS[phase]
        busy = phase in (Phase.LOADING, Phase.RUNNING, Phase.RECONNECTING)
        for timer in (self._draw, self._count):
            timer.start() if busy else timer.stop()
        if phase is Phase.LOADING:
            self._begin()
        elif phase is Phase.RUNNING:
            screen.banners.dismiss("interruption")
            screen.video.show_words("")
        elif phase is Phase.ENDED:
            self._on_tick()
            self._say_end()
            return
        else:
            screen.video.show_words(words.title, words.hint)
        if not busy:
            for topic in ("interruption", *(_OF_RUN if phase is Phase.IDLE else ())):
                screen.banners.dismiss(topic)
            screen.video.show_mask(None)
            screen.figures.clear()
            self._ended = self.result
        screen.video.show_role("wait")
        if self._ended is not None:
            screen.show_result(self._ended)
        else:
            screen.show_words(words)

    @property
    def result(self) -> Result | None:
        """What the run has measured: so far, or until it was stopped; None before a reading."""
        if self._ended is not None or self._so_far.is_empty:
            return self._ended
        return self._so_far.result(self.method, self._source)

    def _begin(self) -> None:
        screen = self._screen
        self._so_far, self._ended = ResultSoFar(), None
        self._can_measure, self._last_reading = True, None
        self.measured.emit(False)
        screen.clear_signals()
        screen.video.clear()
        screen.video.show_tag("")
        screen.video.show_words("Loading…")
        for topic in _OF_RUN:
            screen.banners.dismiss(topic)

    def _say_end(self) -> None:
        screen, words = self._screen, _WORDS[Phase.ENDED]
        said = self._ended.sentence if self._ended is not None else ""
        text = " ".join(filter(None, [f"{words.title}.", said]))
        screen.banners.say("end", "info", text, self.after_end, stays=True)
        screen.video.show_mask(None)
        screen.video.show_words(words.title, "Space plays it again, Ctrl+O opens another one.")
        if self._ended is None:
            screen.show_words(words)

    @Slot(str)
    def _on_progress(self, text: str) -> None:
        """The network is loaded two seconds after a source that failed, too: that is not said."""
        screen = self._screen
        if self._engine.phase not in (Phase.LOADING, Phase.RUNNING):
            return
        if self._engine.phase is Phase.LOADING:
            screen.video.show_words("Loading…", text)
        if self._last_reading is None and self._can_measure:
            screen.show_words(Wording("Loading…", text, "wait"))

    @Slot(str, str)
    def _on_opened(self, label: str, detail: str) -> None:
        self._source = label
        self._screen.video.show_tag(label)

    @Slot(str)
    def _on_interrupted(self, text: str) -> None:
        self._screen.banners.say("interruption", "warning", text)

    @Slot(object)
    def _on_reading(self, reading: Reading) -> None:
        if self._engine.phase is not Phase.RUNNING:
            return
        self._last_reading = time.perf_counter()
        if self._so_far.is_empty:
            self.measured.emit(True)
        self._so_far.add(reading)
        self._screen.show_reading(reading)

    @Slot(str)
    def _on_face_failed(self, text: str) -> None:
        self._can_measure = False
        self._screen.banners.say("face", "error", text, self.after_failure[:1])
        words = Wording("Cannot measure", "Without its model no face can be found.", "bad")
        self._screen.show_words(words)

    @Slot(object)
    def _on_summarised(self, summary: Summary) -> None:
        if self._engine.phase is Phase.FAILED:  # not the end of a clip
            return
        self._ended = self._so_far.result(self.method, self._source, summary)
        self._screen.show_result(self._ended)
        self.measured.emit(True)

    @Slot()
    def _on_tick(self) -> None:
        link = self._engine.link
        if link is None:
            return
        if not self._screen.visible:  # what nobody sees is not drawn
            link.shown.set()
            return
        picture = link.pictures.take()
        if picture is not None:
            self._screen.video.show_picture(picture)
        mask = link.masks.take()
        if not link.overlay:
            self._screen.video.show_mask(None)
        elif mask is not None:
            self._screen.video.show_mask(mask)
        self._ticks += 1
        if self._ticks % _CURVE_EVERY == 0:
            self._screen.waveform.advance()

    @Slot()
    def _on_shown(self) -> None:
        link = self._engine.link
        if link is not None:
            link.shown.set()

    @Slot()
    def _on_figures(self) -> None:
        link = self._engine.link
        if link is None:
            return
        self._screen.figures.show_run(link)
        last = self._last_reading
        if self._engine.phase is not Phase.RUNNING or last is None:
            return
        if time.perf_counter() - last > _STALE_S:
            self._last_reading = None
            words = Wording("Waiting…", "No new reading for some seconds.", "warn")
            self._screen.show_words(words)
