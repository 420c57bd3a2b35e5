"""Taking a model into use, with a question where it is worse or untested; the standard test."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from app.training import library, standard_test
from app.training.chores import Chore
from app.training.compare_view import name_of
from app.training.dialogs import UseDialog
from app.training.library import LibraryError, ModelEntry, read_model
from app.training.standard_test import TestResult

if TYPE_CHECKING:
    from app.training.page import TrainingPage


class ModelUse(QObject):
    """Which model the live view reads with, as far as the training page decides it."""

    def __init__(self, page: TrainingPage) -> None:
        super().__init__(page)
        self._page = page
        self._taking = ""
        self._tested: tuple[ModelEntry, Chore] | None = None
        self._use_after_test = False
        page.models.use_asked.connect(self.ask)
        page.models.test_asked.connect(self.test)
        page.compare.use_asked.connect(self.ask)
        page.run_view.use.clicked.connect(self._on_use)
        engine = page._conductor.engine
        engine.method_failed.connect(self._on_method_failed)
        engine.method_changed.connect(self._on_method_changed)

    @property
    def tested(self) -> Path | None:
        """The model that is being tested."""
        return None if self._tested is None else self._tested[0].path

    def _say(self, level: str, text: str) -> None:
        self._page.banners.say("use", level, text)

    # --- use ----------------------------------------------------------------------------------

    @Slot(object)
    def ask(self, model: ModelEntry) -> None:
        """Use a model; ask first where it is worse than AimaNet's own, or untested."""
        ours = self._ours()
        model = self._listed(model)
        fine = model.test is not None and not (ours and model.test.worse_than(ours))
        if model.shipped or fine:
            self.use(model)
            return
        dialog = UseDialog(self._page.look_now, model, ours, self._page)
        dialog.confirmed.connect(self.use)
        dialog.test_asked.connect(self._on_test_first)
        self._page.data_desk.show(dialog)

    def _ours(self) -> TestResult | None:
        return next((m.test for m in self._page.models.models if m.shipped), None)

    def _listed(self, model: ModelEntry) -> ModelEntry:
        """The model as the list shows it: with the newest result."""
        return next((m for m in self._page.models.models if m.path == model.path), model)

    @Slot()
    def _on_use(self) -> None:
        end = self._page.run_view.end
        if end is not None:
            self._page.refresh()
            self.ask(read_model(end.out))

    @Slot(object)
    def use(self, model: ModelEntry) -> None:
        """Use a model without a question."""
        self._taking = name_of(model)
        self._page.use_model.emit("" if model.shipped else str(model.path))
        self._say("info", f"“{self._taking}” is now in use")
        self._page.refresh()

    @Slot(str, str)
    def _on_method_failed(self, method: str, text: str) -> None:
        """The live view cannot use what it was given, and has gone back."""
        if self._taking:
            words = f"“{self._taking}” cannot be used: {text}"
            self._taking = ""
            self._say("error", words)
            self._page.refresh()

    @Slot()
    def _on_method_changed(self) -> None:
        self._taking = ""
        if self._page.isVisible():
            self._page.refresh()

    # --- test ---------------------------------------------------------------------------------

    @Slot(object)
    def test(self, model: ModelEntry) -> None:
        """Run the standard test; one at a time."""
        if self._tested is not None:
            return
        self._use_after_test = False
        words = standard_test.command("default" if model.shipped else str(model.path))
        self._tested = (model, self._page.chores.start(words, partial(self._on_tested, model)))
        self._say("info", f"Testing “{name_of(model)}” on drawn clips: this takes a few minutes")
        self._page.refresh()

    @Slot(object)
    def _on_test_first(self, model: ModelEntry) -> None:
        self.test(model)
        self._use_after_test = True

    def _on_tested(self, model: ModelEntry, chore: Chore) -> None:
        self._tested = None
        results = [standard_test.parse_result(record) for record in chore.records]
        result = next(filter(None, results), None)
        if not chore.outcome.good or result is None:
            self._say("error", chore.outcome.words("the test"))
        else:
            self._keep(model, result)
        self._page.refresh()
        if result is not None and self._use_after_test:
            self.ask(model)

    def _keep(self, model: ModelEntry, result: TestResult) -> None:
        self._say("info", f"Standard test of “{name_of(model)}”: {result.words}")
        if model.shipped:
            return
        try:
            library.keep_result(self._page.folder, model, result)
        except LibraryError as problem:
            self._say("error", str(problem))
