from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from aimanet.sources import SourceInfo, open_source
from aimanet.types import Reading, Reason, State
from aimanet.words import REASONS
from app.link import LiveFigures, MethodWish, Picture, RunLink
from app.look import DARK, LIGHT
from app.widgets.banner import sentence
from app.widgets.bpm_display import BpmDisplay
from app.widgets.figures import Figures
from app.widgets.history_plot import HistoryPlot
from app.widgets.plot import Plot
from app.widgets.source_picker import SourcePicker
from app.widgets.spectrum_plot import SpectrumPlot
from app.widgets.video_view import VideoView, heat_image
from app.widgets.waveform_plot import WaveformPlot


def reading(state: State = State.OK, hr: float | None = 72.0, t: float = 10.0) -> Reading:
    grid = np.arange(0, 240) / 30 + t - 8
    bpm = np.linspace(40, 210, 200)
    power = np.exp(-(((bpm - (hr or 60)) / 4) ** 2))
    bvp = np.sin(2 * np.pi * 1.2 * grid).astype(np.float32)
    return Reading(t, hr, 6.0, state, 0.8, grid, bvp, bpm, power, 0.1)


def painted(widget: QWidget) -> QImage:
    return widget.grab().toImage()


def count(image: QImage, color: str, within: int = 30) -> int:
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    raw = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    pixels = raw[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3).astype(int)
    wanted = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    return int(np.all(np.abs(pixels - wanted) < within, axis=-1).sum())


def place(plot: Plot, x: float, y: float) -> QPoint:
    """Where a point of the data lies in the widget."""
    scene = plot.graph.getViewBox().mapViewToScene(QPointF(x, y))
    return plot.graph.mapTo(plot, plot.graph.mapFromScene(scene))


@pytest.fixture
def bpm(qtbot: QtBot) -> BpmDisplay:
    widget = BpmDisplay()
    qtbot.addWidget(widget)
    widget.resize(400, 260)
    widget.apply_look(DARK)
    return widget


def test_a_good_number_is_bright_and_says_so(bpm: BpmDisplay) -> None:
    bpm.show_reading(reading())
    assert (bpm.number.text, bpm.number.dim) == ("72", False)
    assert bpm.state_label.text() == "Good signal"
    assert bpm.bar.quality == 0.8
    assert bpm.accessibleName() == "Heart rate: 72 beats per minute. Good signal"
    assert count(painted(bpm.number), DARK.text) > 500


def test_seconds_left_are_counted_down_without_a_number(bpm: BpmDisplay) -> None:
    for state in (State.WARMING_UP, State.POOR_SIGNAL):
        early = replace(reading(state, 88), reason=Reason.MEASURING, figure=5.4)
        bpm.show_reading(early)
        assert bpm.number.text == "--"
        assert bpm.state_label.text() == "Measuring…"
        assert bpm.hint_label.text() == "Up to 6 s left"


@pytest.mark.parametrize("reason", [r for r in Reason if r is not Reason.MEASURING])
def test_a_reason_has_a_title_and_advice_of_its_own(bpm: BpmDisplay, reason: Reason) -> None:
    bpm.show_reading(replace(reading(State.POOR_SIGNAL, 181), reason=reason))
    assert bpm.number.text == "--"
    others = {words.title for other, words in REASONS.items() if other is not reason}
    assert bpm.state_label.text() not in others
    assert bpm.hint_label.text() == REASONS[reason].advice != ""
    assert "181" not in bpm.accessibleName()


def test_advice_names_the_figure(bpm: BpmDisplay) -> None:
    small = replace(reading(State.POOR_SIGNAL), reason=Reason.FACE_SMALL, figure=61.6)
    bpm.show_reading(small)
    assert "62 px high, 100 or more are better" in bpm.hint_label.text()
    slow = replace(reading(State.POOR_SIGNAL), reason=Reason.LOW_FRAME_RATE, figure=6.0)
    bpm.show_reading(slow)
    assert bpm.hint_label.text().startswith("Only 6: 15 frames a second or more are better")


@pytest.mark.parametrize("state", [State.NO_FACE, State.WARMING_UP, State.POOR_SIGNAL])
@pytest.mark.parametrize("hr", [None, 181.0])
def test_without_trust_there_is_no_number(bpm: BpmDisplay, state: State, hr: float | None) -> None:
    bpm.show_reading(reading(state, hr))
    assert bpm.number.text == "--"
    assert bpm.snr_label.text() == ""
    assert "no number" in bpm.accessibleName()


def test_every_state_has_words(bpm: BpmDisplay) -> None:
    words = set()
    for state in State:
        bpm.show_reading(reading(state))
        words.add(bpm.state_label.text())
    assert len(words) == len(State)


def test_the_spectrum_marks_the_chosen_peak(qtbot: QtBot) -> None:
    plot = SpectrumPlot()
    qtbot.addWidget(plot)
    plot.resize(500, 200)
    plot.apply_look(DARK)
    plot.show_reading(reading(hr=120.0))
    assert plot.peak_bpm == 120
    assert "120" in plot.accessibleDescription()
    image = painted(plot)
    top, foot = place(plot, 120, 1.0), place(plot, 120, 0.0)
    around = image.copy(top.x() - 6, top.y(), 12, foot.y() - top.y())
    assert count(around, DARK.pulse) > 20
    assert plot.graph.getViewBox().viewRange()[0] == [40, 210]


@pytest.mark.parametrize("state", [State.NO_FACE, State.WARMING_UP, State.POOR_SIGNAL])
def test_a_spectrum_marks_no_number_that_the_state_forbids(qtbot: QtBot, state: State) -> None:
    plot = SpectrumPlot()
    qtbot.addWidget(plot)
    plot.apply_look(DARK)
    plot.show_reading(reading(state, 120.0))
    assert not plot.is_empty
    assert plot.peak_bpm is None
    assert plot.accessibleDescription() == "No peak"


def test_what_is_not_of_now_loses_number_and_colour(qtbot: QtBot) -> None:
    for plot in (SpectrumPlot(), WaveformPlot()):
        qtbot.addWidget(plot)
        plot.resize(500, 200)
        plot.apply_look(DARK)
        plot.show_reading(reading())
        assert not plot.dim
        plot.rest()
        assert plot.dim
        assert not plot.is_empty
        assert count(painted(plot), DARK.pulse) == 0
    spectrum = SpectrumPlot()
    qtbot.addWidget(spectrum)
    spectrum.apply_look(DARK)
    spectrum.show_reading(reading())
    spectrum.rest()
    assert spectrum.peak_bpm is None


def test_a_spectrum_that_is_not_trusted_loses_its_colour(qtbot: QtBot) -> None:
    plot = SpectrumPlot()
    qtbot.addWidget(plot)
    plot.resize(500, 200)
    plot.apply_look(DARK)
    plot.show_reading(reading(State.POOR_SIGNAL, 120.0))
    assert count(painted(plot), DARK.pulse) == 0


def test_the_wave_is_drawn_and_forgotten(qtbot: QtBot) -> None:
    plot = WaveformPlot()
    qtbot.addWidget(plot)
    plot.resize(500, 160)
    plot.apply_look(LIGHT)
    plot.show_reading(reading())
    assert count(painted(plot), LIGHT.pulse) > 200
    plot.clear()
    assert count(painted(plot), LIGHT.pulse) == 0


@pytest.mark.parametrize("times", [0.01, 100.0])
def test_the_wave_of_another_method_fills_the_height_at_once(qtbot: QtBot, times: float) -> None:
    plot = WaveformPlot()
    qtbot.addWidget(plot)
    plot.resize(500, 160)
    plot.apply_look(DARK)
    first = reading()
    plot.show_reading(first)
    before = count(painted(plot), DARK.pulse)
    plot.show_reading(replace(first, bvp=first.bvp * np.float32(times)))
    assert abs(count(painted(plot), DARK.pulse) / before - 1) < 0.1


def test_a_drawn_curve_changes_with_the_theme(qtbot: QtBot) -> None:
    for plot in (WaveformPlot(), SpectrumPlot(), HistoryPlot()):
        qtbot.addWidget(plot)
        plot.resize(500, 160)
        plot.apply_look(DARK)
        plot.show_reading(reading(t=10.0))
        plot.show_reading(reading(t=10.3))
        plot.apply_look(LIGHT)
        image = painted(plot.graph)
        assert count(image, LIGHT.pulse) > 20
        assert image.pixelColor(1, 1).name() == LIGHT.surface


def test_the_history_draws_trusted_numbers_only_as_a_line(qtbot: QtBot) -> None:
    plot = HistoryPlot()
    qtbot.addWidget(plot)
    plot.resize(500, 160)
    plot.apply_look(DARK)
    for t in range(20):
        plot.show_reading(reading(State.POOR_SIGNAL, 70.0, float(t)))
    assert count(painted(plot), DARK.pulse) == 0
    for t in range(20, 40):
        plot.show_reading(reading(State.OK, 70.0, float(t)))
    assert count(painted(plot), DARK.pulse) > 100
    plot.show_reading(reading(State.POOR_SIGNAL, 70.0, 0.0))
    assert count(painted(plot), DARK.pulse) == 0, "a clock that goes back starts anew"


def test_the_picture_keeps_its_aspect_and_outlines_the_face(qtbot: QtBot) -> None:
    view = VideoView()
    qtbot.addWidget(view)
    view.resize(800, 400)
    view.apply_look(DARK)
    image = np.full((240, 320, 3), 40, np.uint8)
    view.show_picture(Picture(0.0, image, (100.0, 60.0, 100.0, 100.0)))
    view.show_role("ok")
    rect = view.picture_rect()
    assert rect.width() / rect.height() == pytest.approx(4 / 3, abs=0.01)
    assert rect.center().x() == pytest.approx(400, abs=1)
    assert count(painted(view), DARK.ok) > 100
    view.show_words("Loading…")
    assert count(painted(view), DARK.ok) == 0


def test_the_mask_lies_over_the_face_only(qtbot: QtBot) -> None:
    view = VideoView()
    qtbot.addWidget(view)
    view.resize(640, 480)
    view.apply_look(DARK)
    image = np.full((240, 320, 3), 128, np.uint8)
    view.show_picture(Picture(0.0, image, (100.0, 60.0, 100.0, 100.0)))
    before = painted(view)
    mask = np.zeros((34, 34), np.float32)
    mask[10:20, 10:20] = 1.0
    view.show_mask(mask)
    assert view.heat_shown
    after = painted(view)
    hot = view.picture_rect().left() + 2 * 145
    assert before.pixelColor(int(hot), 2 * 105) != after.pixelColor(int(hot), 2 * 105)
    assert before.pixelColor(60, 60) == after.pixelColor(60, 60)
    view.show_mask(None)
    assert not view.heat_shown


def test_a_flat_mask_is_no_reason_to_fail() -> None:
    assert heat_image(np.ones((5, 5))).size().width() == 5


def test_fragments_become_sentences() -> None:
    assert sentence("no weights here") == "No weights here."
    assert sentence("http://host: refused") == "http://host: refused."
    assert sentence("Done.") == "Done."
    assert sentence("or use `aimanet train`") == "Or use “aimanet train”."


def test_a_long_address_loses_its_middle_in_the_source_picker(qtbot: QtBot) -> None:
    picker = SourcePicker()
    qtbot.addWidget(picker)
    picker.apply_look(DARK)
    picker.resize(240, 36)
    picker.show()
    picker.show_current("http://camera.local:8080/a/very/long/way/to/video")
    option = picker.combo.shown()
    assert option.currentText.startswith("http")
    assert "…" in option.currentText
    assert option.currentText.endswith("video")
    picker.resize(900, 36)
    assert "…" not in picker.combo.shown().currentText
    assert not painted(picker).isNull()


def run_link(spec: str, frames: int, missed: int, live: bool = False) -> RunLink:
    link = RunLink(1, spec, MethodWish("pos", "cpu"), 10.0)
    info = SourceInfo(640, 480, 30.0, None, None, "640x480 (asked for 1280x720)")
    link.opened = (open_source("synthetic"), info)
    link.figures = LiveFigures(live, fps=29.8, frames=frames, frames_missed=missed, latency_s=0.52)
    return link


def test_the_status_line_is_a_sentence_and_the_machinery_is_behind_details(qtbot: QtBot) -> None:
    line = Figures()
    qtbot.addWidget(line)
    line.show()
    line.show_run(run_link("camera:A", 300, 0, live=True))
    assert line.words.text() == "Camera: 640x480, 30 frames/s · No frames lost · Delay 0.5 s"
    assert not line.machine.isVisible()
    with qtbot.waitSignal(line.details_shown) as shown:
        line.details.click()
    assert shown.args == [True]
    assert "queue 0/150" in line.machine.text()
    line.show_run(run_link("synthetic:hr=72", 1000, 234))
    assert line.words.text().startswith("Demo: 640x480")
    assert "234 of 1,234 frames lost" in line.words.text()


def test_the_status_line_never_makes_the_window_wider(qtbot: QtBot) -> None:
    line = Figures()
    qtbot.addWidget(line)
    empty = line.minimumSizeHint().width()
    line.show_run(run_link("x" * 500, 10**9, 10**9))
    assert line.minimumSizeHint().width() == empty
