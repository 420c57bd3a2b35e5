"""The training page: a run, the models, and two of them side by side; messages above."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt, Signal, Slot
from PySide6.QtGui import QAction, QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QTabWidget, QVBoxLayout, QWidget

from app.look import DARK, Look
from app.training.chores import Chores
from app.training.compare_view import CompareView
from app.training.comparison import Comparison
from app.training.data_desk import DataDesk
from app.training.library import ModelEntry, list_models, models_folder, shipped_model
from app.training.model_desk import ModelDesk
from app.training.model_use import ModelUse
from app.training.models_view import ModelsView
from app.training.plan import ARRAYS, SYNTHETIC, prepare_words
from app.training.run_view import RunView
from app.training.runs import RunEntry, is_trained_now, mark, unfinished
from app.training.setup_view import SetupView
from app.training.style import training_sheet
from app.training.trainer import RunEnd, Trainer
from app.widgets.banner import BannerStack

if TYPE_CHECKING:
    from app.conductor import Conductor

_TRAIN, _MODELS, _COMPARE = range(3)
_PATIENCE_MS = 45_000
_OFFERED = 2


class TrainingPage(QWidget):
    """Everything about training, by processes of the command line.

    ``use_model`` carries a model's path, "" for our own. `stop` asks all processes to end in
    order, `busy` tells whether one is left, `close_down` waits for them, with a limit.

    Args:
        conductor: for the settings: which model is in use, where sessions are.
        parent: the window's pages.
    """

    use_model = Signal(str)

    def __init__(self, conductor: Conductor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Training")
        self._conductor = conductor
        self.folder = models_folder()
        self.look_now: Look = DARK
        self._closing = False
        self.trainer, self.chores = Trainer(self), Chores(self)
        self.run_view, self.setup = RunView(self.trainer), SetupView(self.folder)
        self.models, self.compare = ModelsView(), CompareView()
        self.data_desk = DataDesk(self)
        self.model_desk = ModelDesk(self)
        self.comparison = Comparison(self)
        self.tabs = QTabWidget(documentMode=True)
        self.tabs.tabBar().setDrawBase(False)
        self.model_use = ModelUse(self)
        self._lay_out()
        self._connect()
        self.setup.data.add_spec(SYNTHETIC)
        self.setup.refresh()

    def _lay_out(self) -> None:
        train = QWidget()
        self._train = QHBoxLayout(train)
        self._train.addWidget(self.setup)
        self._train.addWidget(self.run_view, 1)
        for content, words in (
            (train, "Train"),
            (self.models, "Models"),
            (self.compare, "Compare"),
        ):
            self.tabs.addTab(content, words)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.addWidget(self.tabs, 1)
        self.banners = BannerStack(self, self._beside_tabs)

    def _beside_tabs(self) -> QRect:
        """The free part of the tabs' row: messages cover nothing there."""
        left = self.tabs.tabBar().sizeHint().width() + self.look_now.px(24)
        return self.rect().adjusted(left, 0, 0, 0)

    def _connect(self) -> None:
        view = self.run_view
        self.setup.start_asked.connect(self.start)
        view.pause.clicked.connect(self.trainer.pause)
        view.cancel.clicked.connect(self.trainer.cancel)
        view.go_on.clicked.connect(self._on_go_on)
        view.compare.clicked.connect(self._on_compare)
        self.trainer.ended.connect(self._on_run_ended)
        self.models.go_on_asked.connect(self._on_go_on_model)
        self.models.compare_asked.connect(self._on_compare_model)
        self.models.fine_tune_asked.connect(self._on_fine_tune)
        go = QShortcut(QKeySequence("Ctrl+Return"), self)
        go.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        go.activated.connect(self._on_start_key)

    # --- what the window uses ---------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """A process is still there."""
        return self.trainer.busy or self.chores.busy

    def stop(self) -> None:
        """Ask every process to end in order; nothing new begins."""
        self._closing = True
        self.models.keep_notes()
        self.data_desk.close_dialog()
        self.chores.stop()
        self.trainer.close()

    def close_down(self) -> None:
        """Stop, and block until every process has ended."""
        self.stop()
        self.trainer.wait(_PATIENCE_MS)
        self.chores.wait(_PATIENCE_MS)

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        self.look_now = look
        self.setStyleSheet(training_sheet(look))
        self._train.setContentsMargins(0, look.px(10), 0, 0)
        self._train.setSpacing(look.px(14))
        for view in (self.models, self.compare):
            view.setContentsMargins(0, look.px(10), 0, 0)
        for part in (self.banners, self.setup, self.run_view, self.models, self.compare):
            part.apply_look(look)

    def showEvent(self, event: QShowEvent) -> None:
        """What is on the disk now is shown."""
        super().showEvent(event)
        if not event.spontaneous():
            self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        """What was typed is kept."""
        super().hideEvent(event)
        self.models.keep_notes()

    @Slot()
    def refresh(self) -> None:
        """Look again which models and runs there are."""
        if self._closing:
            return
        found = list_models(self.folder)
        training = self.trainer.out if self.trainer.busy else None
        self.models.show_models(found, self.in_use, training, self.model_use.tested)
        self.compare.show_models(found, self.in_use)
        self.setup.form.show_models(found)
        self.setup.show_busy(self.trainer.busy)
        self._offer()

    # --- models -----------------------------------------------------------------------------

    @property
    def in_use(self) -> Path | None:
        """The weights TS-CAN reads with, None for our own."""
        return self._conductor.preferences.weights

    @property
    def sessions_folder(self) -> Path:
        """Where the recorded sessions are."""
        return self._conductor.preferences.sessions_folder

    @Slot()
    def _on_compare(self) -> None:
        if self.run_view.end is not None:
            self._compare(self.run_view.end.out)

    @Slot(object)
    def _on_compare_model(self, model: ModelEntry) -> None:
        self._compare(model.path)

    def _compare(self, path: Path) -> None:
        self.refresh()
        other = self.in_use or shipped_model()
        if other == path:
            other = shipped_model()
        self.compare.choose_models(path, other)
        if judges := [d.spec for d in self.setup.data.choices if d.judge]:
            self.compare.choose_specs(judges, videos=False)
        self.tabs.setCurrentIndex(_COMPARE)

    @Slot(object)
    def _on_fine_tune(self, model: ModelEntry) -> None:
        self.setup.form.choose_checkpoint(model.path)
        self.tabs.setCurrentIndex(_TRAIN)

    # --- runs -------------------------------------------------------------------------------

    @Slot()
    def _on_start_key(self) -> None:
        if self.setup.start.isEnabled() and self.tabs.currentIndex() == _TRAIN:
            self.start()

    @Slot()
    def start(self) -> None:
        """Train what is chosen."""
        if self._closing or self.trainer.busy or self.setup.problem():
            return
        plan = self.setup.plan
        self.banners.dismiss("run")
        self.run_view.clear()
        self.trainer.begin(plan, self._prepare())
        self._on_run_began()

    def _prepare(self) -> list[str]:
        """The command that cuts out faces, where there are videos among the data."""
        rows = self.setup.data.rows
        specs = [r.spec for r in rows if r.spec != SYNTHETIC and r.dataset != ARRAYS]
        if not specs:
            return []
        start = str(self.setup.form.finetune)
        heads = [m.head for m in self.models.models if str(m.path) == start]
        size, fs = (heads[0].image_size, heads[0].fs) if heads else (36, 30.0)
        return prepare_words(specs, size, fs)

    @Slot(object)
    def resume(self, out: Path) -> None:
        """Continue a run."""
        if self._closing or self.trainer.busy:
            return
        for topic in ("run", *self._offers):
            self.banners.dismiss(topic)
        self.run_view.clear()
        self.trainer.resume(out)
        self.tabs.setCurrentIndex(_TRAIN)
        self._on_run_began()

    def _on_run_began(self) -> None:
        self.refresh()
        self.run_view.pause.setFocus()

    @Slot()
    def _on_go_on(self) -> None:
        if self.run_view.end is not None:
            self.resume(self.run_view.end.out)

    @Slot(object)
    def _on_go_on_model(self, model: ModelEntry) -> None:
        self.resume(model.path)

    @Slot(object)
    def _on_run_ended(self, end: RunEnd) -> None:
        if self._closing:
            return
        if end.kind == "failed":
            self.banners.say("run", "error", end.words)
        self.refresh()

    # --- runs of earlier times --------------------------------------------------------------

    @property
    def _offers(self) -> list[str]:
        return [topic for topic in self.banners.topics if topic.startswith("half:")]

    def _offer(self) -> None:
        """Offer to continue half-done runs; the one on the page has its own button."""
        runs = [] if self.trainer.busy else unfinished(self.folder)
        end = self.run_view.end
        runs = [r for r in runs if end is None or r.out != end.out][:_OFFERED]
        for topic in self._offers:
            if topic not in {f"half:{run.name}" for run in runs}:
                self.banners.dismiss(topic)
        for run in runs:
            if f"half:{run.name}" not in self.banners.topics:
                self._offer_one(run)

    def _offer_one(self, run: RunEntry) -> None:
        if is_trained_now(run.out):
            text = f"“{run.name}” is being trained or saved by another process"
            self.banners.say(
                f"half:{run.name}", "info", text, [self._action("Look again", run)], True
            )
            return
        at = f" at step {run.last.step}" if run.last else ""
        text = f"The training of “{run.name}” stopped half-way{at}"
        actions = [self._action("Continue", run), self._action("Not now", run)]
        self.banners.say(f"half:{run.name}", "info", text, actions, stays=True)

    def _action(self, words: str, run: RunEntry) -> QAction:
        action = QAction(words, self.banners)
        tips = {"Continue": "Continue exactly from where it stopped"}
        tips["Not now"] = "Keep it in the list and resume later"
        action.setToolTip(tips.get(words, words))
        action.setData((words, str(run.out)))
        action.triggered.connect(self._on_offer)
        return action

    @Slot()
    def _on_offer(self) -> None:
        action = self.sender()
        if not isinstance(action, QAction):
            return
        words, out = action.data()
        self.banners.dismiss(f"half:{Path(out).stem}")
        if words == "Continue":
            self.resume(Path(out))
        elif words == "Not now":
            mark(Path(out), set_aside=True)
        else:
            self.refresh()
