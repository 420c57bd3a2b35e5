"""Between the controls and the engine: what a press means, and what is said about it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QAction

from aimanet.errors import OutputError
from app.actions import Actions
from app.chooser import SourceChooser
from app.engine import LiveEngine, Phase
from app.link import MethodWish
from app.presenter import Presenter, Screen
from app.probes import DeviceProbe
from app.settings import Choice, Preferences
from app.widgets.banner import sentence
from app.widgets.body import Body
from app.widgets.controls import METHODS
from app.widgets.figures import Figures
from app.widgets.header import Header
from app.widgets.press_guard import PressGuard
from app.workers import FALLBACK_METHOD

_THIS_IS_DEMO = "This is the built-in demo face, drawn with a known pulse."


class Conductor(QObject):
    """Owns engine, chooser and presenter; the window hands it what people do."""

    window_set = Signal(int)

    def __init__(
        self,
        header: Header,
        body: Body,
        figures: Figures,
        actions: Actions,
        preferences: Preferences,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._header, self._body, self._actions = header, body, actions
        self._figures = figures
        self.preferences = preferences
        self.engine = LiveEngine(self)
        if preferences.source_asked is not None and preferences.fps_asked is not None:
            self.engine.stated_fps[preferences.source_asked] = preferences.fps_asked
        self.chooser = SourceChooser(self)
        screen = Screen(
            body.video, body.bpm, body.waveform, body.spectrum, body.history, body.banners, figures
        )
        self.presenter = Presenter(self.engine, screen, self)
        self.presenter.after_end = [actions.play_again, actions.open_file, actions.demo]
        self.presenter.after_failure = [actions.try_again, actions.open_file, actions.demo]
        self._running_method = ""
        self._before_swap: Choice | None = None
        self._own_model = QAction("Use AimaNet's own weights", self)
        self._own_model.triggered.connect(self.use_own_model)
        self._probe: DeviceProbe | None = None
        self._why_demo = ""
        self.toggle_guard = PressGuard(header.start, actions.toggle)
        self._connect()
        self._show_settings()

    def _connect(self) -> None:
        self.chooser.start.connect(self._on_start)
        self.chooser.fell_back.connect(self._on_fell_back)
        self.chooser.cameras_changed.connect(self._on_cameras)
        self.chooser.scanning.connect(self._header.source.set_scanning)
        self.chooser.scan_failed.connect(self._on_scan_failed)
        self.engine.phase_changed.connect(self._on_phase)
        self.engine.opened.connect(self._on_opened)
        self.engine.failed.connect(self._on_failed)
        self.engine.method_changed.connect(self._on_method_changed)
        self.engine.method_failed.connect(self._on_method_failed)
        self._header.source.chosen.connect(self.open)
        self._header.source.refresh_asked.connect(self.look_for_cameras)
        self._header.start.clicked.connect(self.toggle)
        self._header.methods.chosen.connect(self.set_method)
        self._header.device.chosen.connect(self.set_device)
        self._header.window_length.changed.connect(self.set_window)
        self._header.overlay.toggled.connect(self.set_overlay)
        self._body.video.face_chosen.connect(self.engine.choose_face)
        self._figures.details_shown.connect(self._on_details)

    def _show_settings(self) -> None:
        settings = self.preferences.current
        self._header.device.show_device(settings.device)
        self._header.window_length.show_window(settings.window_s)
        self._header.overlay.setChecked(settings.overlay)
        self._figures.show_details(settings.details)
        self._body.spectrum.set_window(settings.window_s)
        self._show_method(settings.method)
        if self.preferences.notice:
            self._body.banners.say("settings", "warning", self.preferences.notice)

    def begin(self) -> None:
        """Start on what was asked for or remembered; look for cameras beside it."""
        self._body.video.show_words("Loading…", "Looking for a camera…")
        self.chooser.begin(self.preferences.source_asked, self.preferences.current.source)

    @property
    def busy(self) -> bool:
        """A thread of ours is alive."""
        probing = self._probe is not None and not self._probe.isFinished()
        return self.engine.busy or self.chooser.is_scanning or probing

    def end(self) -> None:
        """Stop everything and wait for every thread."""
        self.engine.wait()
        self.chooser.wait()
        if self._probe is not None:
            self._probe.wait()

    @Slot(str)
    def open(self, spec: str) -> None:
        """A person chose ``spec``: run it and remember it."""
        self.remember(source=spec)
        self._why_demo = ""
        self._body.banners.dismiss("demo")
        self.chooser.choose(spec)

    @Slot()
    def toggle(self) -> None:
        """Start, or stop what runs."""
        if self.engine.active:
            self.engine.stop()
        elif self.chooser.spec:
            self.chooser.choose(self.chooser.spec)

    @Slot()
    def look_for_cameras(self) -> None:
        """Ask the system for its cameras once more."""
        self.chooser.look_for_cameras()

    @Slot(str)
    def set_method(self, name: str) -> None:
        """Change the method, also while running."""
        self.remember(method=name)
        self._show_method(name)
        self._body.banners.dismiss("method")
        self.engine.set_method(self._wish())

    @Slot(str)
    def set_device(self, name: str) -> None:
        """Change where the network runs."""
        self.remember(device=name)
        self._body.banners.dismiss("method")
        self.engine.set_method(self._wish())

    @Slot(str)
    def use_model(self, path: str) -> None:
        """Use the weights at ``path`` for TS-CAN from the next frame on; "" for our own.

        The picture stays. Weights that cannot be loaded leave everything as it was.
        """
        self._before_swap = self.preferences.choice
        self.preferences.asked_weights = None
        self.remember(model=path or None)
        self.set_method("tscan")

    @Slot()
    def use_own_model(self) -> None:
        """Back to the weights that come with the program."""
        self.use_model("")

    @Slot(int)
    def set_window(self, seconds: int) -> None:
        """Change the spectrum's window."""
        self.remember(window_s=seconds)
        self._body.spectrum.set_window(seconds)
        self.engine.set_window(seconds)
        self.window_set.emit(seconds)

    @Slot(bool)
    def set_overlay(self, shown: bool) -> None:
        """Show or hide where the network looks."""
        self.remember(overlay=shown)
        self._header.overlay.setChecked(shown)
        self._actions.mask.setChecked(shown)
        self.engine.set_overlay(shown)

    @Slot(bool)
    def _on_details(self, shown: bool) -> None:
        self.remember(details=shown)

    def remember(self, **changes: object) -> None:
        """Save ``changes``; where that fails it is said once and the program goes on."""
        try:
            self.preferences.remember(**changes)
        except OutputError as problem:
            if "settings" not in self._body.banners.topics:
                self._body.banners.say("settings", "warning", str(problem))

    def _wish(self) -> MethodWish:
        settings = self.preferences.current
        return MethodWish(settings.method, settings.device, self.preferences.weights)

    def _show_method(self, name: str) -> None:
        self._header.methods.show_method(name)
        self._actions.methods[list(METHODS).index(name)].setChecked(True)
        self._body.bpm.show_method(self._words(name))

    def _words(self, name: str) -> str:
        """The method, with its weights where they are not AimaNet's own."""
        weights = self.preferences.weights if name == "tscan" else None
        return METHODS[name][0] + (f" · {weights.stem}" if weights else "")

    @Slot(str)
    def _on_start(self, spec: str) -> None:
        self._header.source.show_current(spec)
        self._running_method = ""
        settings = self.preferences.current
        self._show_method(settings.method)
        self.engine.start(spec, self._wish(), settings.window_s, settings.overlay)

    @Slot()
    def _on_opened(self) -> None:
        """Only now, so that loading torch holds up neither the first picture nor a quick exit."""
        if self._probe is None:
            self._probe = DeviceProbe(self)
            self._probe.found.connect(self._on_device_found, Qt.ConnectionType.QueuedConnection)
            self._probe.start()

    @Slot(object)
    def _on_phase(self, phase: Phase) -> None:
        running = self.engine.active and phase is not Phase.FAILED
        if running != self._header.start.running:
            self.toggle_guard.hold()
        self._header.start.show_running(running)

    @Slot(str)
    def _on_failed(self, text: str) -> None:
        if not self.chooser.give_way(text):
            self._body.banners.dismiss("demo")
            self._body.banners.say("source", "error", text, self.presenter.after_failure)

    @Slot(str)
    def _on_fell_back(self, reason: str) -> None:
        self._why_demo = sentence(reason)  # a search that finds nothing does not hide it
        self._offer(f"{self._why_demo} {_THIS_IS_DEMO}")

    def _offer(self, text: str) -> None:
        cameras = [self._use(spec, name) for spec, name in self.chooser.cameras[:2]]
        others = [self._actions.open_file, self._actions.open_url, self._actions.refresh]
        self._body.banners.say("demo", "info", text, [*cameras, *others])

    def _use(self, spec: str, name: str) -> QAction:
        action = QAction(f"Use {name}", self)
        action.setData(spec)
        action.triggered.connect(self._on_use)
        return action

    @Slot()
    def _on_use(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.open(action.data())

    @Slot(list)
    def _on_cameras(self, cameras: list[tuple[str, str]]) -> None:
        self._header.source.show_cameras(cameras)
        if self._why_demo:
            here = "A camera is there now." if cameras else self._why_demo
            self._offer(f"{here} {_THIS_IS_DEMO}")

    @Slot(str)
    def _on_scan_failed(self, text: str) -> None:
        self._body.banners.say("cameras", "warning", text)

    @Slot(str, str)
    def _on_method_changed(self, name: str, device: str) -> None:
        self._running_method = name
        self._before_swap = None
        self._body.video.show_mask(None)
        self._show_method(name)
        on_device = f" on {device.upper()}" if device else ""
        self.presenter.method = self._words(name)
        self._body.bpm.show_method(f"{self._words(name)}{on_device}")

    @Slot(str, str)
    def _on_method_failed(self, name: str, text: str) -> None:
        """The run goes on with the method it has, or with the one that needs no weights."""
        stays = self._running_method or FALLBACK_METHOD
        actions = [self._own_model] if name == "tscan" and self.preferences.weights else []
        if name == "tscan" and self._before_swap is not None:
            self._undo_swap(self._before_swap)
            text, actions = f"{sentence(text)} The current model stays in use.", []
        self._show_method(stays)
        if name != stays:
            text = f"{sentence(text)} Using {METHODS[stays][0]} for now."
        self._body.banners.say("method", "error", text, actions)

    def _undo_swap(self, before: Choice) -> None:
        """The weights that were to be used cannot be: those before them stay our choice."""
        self._before_swap = None
        self.preferences.asked_weights = before.asked_weights
        self.remember(model=before.model, method=before.method)

    @Slot(bool, str)
    def _on_device_found(self, cuda: bool, words: str) -> None:
        self._header.device.show_cuda(cuda, words)
