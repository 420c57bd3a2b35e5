"""The window: what each command does, how it looks, and how it opens and closes."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QMainWindow, QVBoxLayout, QWidget

from app.actions import Actions, SpaceGuard
from app.conductor import Conductor
from app.dialogs import Dialogs
from app.engine import Phase
from app.geometry import restore_geometry, save_geometry
from app.icons import app_icon
from app.look import look_for, palette, scale_for, style_sheet
from app.notices import Notices
from app.page_desk import PageDesk
from app.rate_desk import RateDesk
from app.recording.desk import RecordingDesk
from app.result_actions import ResultActions
from app.settings import Preferences
from app.widgets.body import Body
from app.widgets.controls import METHODS
from app.widgets.figures import Figures
from app.widgets.header import Header
from app.widgets.source_picker import DEMO_SPEC
from app.widgets.top_bar import TopBar

_JOIN_MS = 30


class MainWindow(QMainWindow):
    """The one window of the app.

    Closing does not wait in the GUI thread: the window hides at once (``closing``) and goes for
    good when the last thread has ended (``closed``).
    """

    closing = Signal()
    closed = Signal()

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self.setWindowTitle("AimaNet")
        self.setWindowIcon(app_icon())
        self.setAcceptDrops(True)
        self.top = TopBar()
        self.commands = Actions(self, self.top.menus)
        self.header, self.body, self.figures = Header(), Body(), Figures()
        self.dialogs = Dialogs(self)
        self.conductor = Conductor(
            self.header, self.body, self.figures, self.commands, preferences, self
        )
        self.result_actions = ResultActions(self.body, self.conductor.presenter, self.commands)
        self.live = QWidget()
        self.page_desk = PageDesk(self.live, self.conductor, self.commands, self.top.pages, self)
        self.pages = self.page_desk.pages
        self.notices = Notices(self.body.banners)
        self.desk = RecordingDesk(self.conductor, self.commands, self.dialogs, self.notices, self)
        self.desk.can_show_sessions = self.page_desk.has_sessions
        self.look = look_for(preferences.current.theme)
        self.rates = RateDesk(self.conductor, self.dialogs, self.body.banners, self.look, self)
        self._guard = SpaceGuard(self)
        self._closing = False
        self._join = QTimer(self, interval=_JOIN_MS)
        self._join.timeout.connect(self._on_join)
        self._lay_out()
        self._connect()
        restore_geometry(self)
        self.commands.full_screen.setChecked(self.isFullScreen())
        self._restyle()

    def _lay_out(self) -> None:
        self._live_rows = QVBoxLayout(self.live)
        self._live_rows.setContentsMargins(0, 0, 0, 0)
        self._live_rows.addWidget(self.header)
        self._live_rows.addWidget(self.body, 1)
        self._live_rows.addWidget(self.figures)  # no status bar: hiding one resizes the pages
        root = QWidget()
        root.setObjectName("root")
        self._rows = QVBoxLayout(root)
        self._rows.addWidget(self.pages.stack, 1)
        self.top.add_right(self.desk.bar)
        self.top.room_changed.connect(self.desk.bar.fit)
        self.setMenuWidget(self.top)
        root.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setCentralWidget(root)
        root.setFocus()
        for part in (self.header, self.top.pages, self.desk.bar):
            part.guard_space(self._guard)

    def _connect(self) -> None:
        commands, conductor = self.commands, self.conductor
        commands.toggle.triggered.connect(conductor.toggle)
        commands.play_again.triggered.connect(conductor.toggle)
        commands.try_again.triggered.connect(self._on_try_again)
        commands.open_file.triggered.connect(self.dialogs.ask_file)
        commands.open_folder.triggered.connect(self.dialogs.ask_folder)
        commands.open_url.triggered.connect(self._on_open_url)
        commands.demo.triggered.connect(self._on_demo)
        commands.refresh.triggered.connect(conductor.look_for_cameras)
        commands.quit.triggered.connect(self.close)
        commands.mask.toggled.connect(conductor.set_overlay)
        commands.full_screen.toggled.connect(self._on_full_screen)
        commands.about.triggered.connect(self._on_about)
        for action in (*commands.methods, *commands.themes.values()):
            action.triggered.connect(self._on_choice)
        self.page_desk.shown.connect(self._on_page)
        conductor.engine.method_said.connect(self._on_method_said)
        conductor.engine.phase_changed.connect(self._on_phase)
        self.desk.session_asked.connect(self.page_desk.show_session)
        self.desk.sessions_changed.connect(self.page_desk.look_for_sessions)
        self.desk.record_shown.connect(self._on_recording)
        self.dialogs.start_from(conductor.preferences.current.source)
        self.dialogs.chosen.connect(self.page_desk.play)
        self.dialogs.given_up.connect(conductor.engine.stop)
        conductor.engine.opened.connect(self.dialogs.show_connected)
        conductor.engine.failed.connect(self.dialogs.show_problem)
        self.header.source.file_asked.connect(self.dialogs.ask_file)
        self.header.source.folder_asked.connect(self.dialogs.ask_folder)
        self.header.source.url_asked.connect(self._on_open_url)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_system_theme)

    # --- look -------------------------------------------------------------------------------

    def set_theme(self, theme: str) -> None:
        """Follow ``theme`` (system, dark or light) from now on."""
        self.conductor.remember(theme=theme)
        self._restyle()

    def _restyle(self) -> None:
        theme = self.conductor.preferences.current.theme
        self.commands.themes[theme].setChecked(True)
        self.look = look_for(theme).scaled(scale_for(self.width(), self.height()))
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.setPalette(palette(self.look))
        app.setStyleSheet(style_sheet(self.look))
        parts = (self.top, self.header, self.body, self.figures, self.pages, self.desk)
        for part in parts:
            part.apply_look(self.look)
        self.result_actions.look = self.rates.look = self.look
        px = self.look.px
        self._rows.setContentsMargins(px(14), px(6), px(14), px(4))
        for layout in (self._rows, self._live_rows):
            layout.setSpacing(px(10))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Text and controls grow with the window, in steps."""
        super().resizeEvent(event)
        if scale_for(self.width(), self.height()) != self.look.scale:
            QTimer.singleShot(0, self._restyle)

    @Slot()
    def _on_system_theme(self) -> None:
        if self.conductor.preferences.current.theme == "system":
            self._restyle()

    # --- pages and recording ----------------------------------------------------------------

    @Slot()
    def _on_page(self) -> None:
        live = self.page_desk.is_live
        self.top.share()
        self.notices.show_on(self.page_desk.banners or self.body.banners)
        self.desk.show_live(live)
        root = self.centralWidget()
        if live and root is not None:  # not the switch: the space bar starts and stops here
            root.setFocus()

    @Slot(str)
    def _on_method_said(self, text: str) -> None:
        """The network goes on elsewhere than before: it is said wherever the person looks."""
        self.notices.say("network", "warning", text)

    @Slot(object)
    def _on_phase(self, phase: Phase) -> None:
        """What was said of the network was said of the run before."""
        if phase is Phase.LOADING:
            self.notices.dismiss("network")

    @Slot(bool)
    def _on_recording(self, on: bool) -> None:
        self.setWindowTitle("● Recording – AimaNet" if on else "AimaNet")

    # --- commands ---------------------------------------------------------------------------

    @Slot()
    def _on_open_url(self) -> None:
        self.dialogs.ask_url(self.look, self.conductor.chooser.spec)

    @Slot()
    def _on_demo(self) -> None:
        self.page_desk.play(DEMO_SPEC)

    @Slot()
    def _on_try_again(self) -> None:
        self.conductor.chooser.choose(self.conductor.chooser.spec)

    @Slot(bool)
    def _on_full_screen(self, full: bool) -> None:
        if full:
            self.showFullScreen()
        else:
            self.showNormal()

    @Slot()
    def _on_about(self) -> None:
        self.dialogs.show_about(self.look, self.commands.with_shortcut())

    @Slot()
    def _on_choice(self) -> None:
        action = self.sender()
        if action in self.commands.methods:
            self.conductor.set_method(list(METHODS)[self.commands.methods.index(action)])
        for theme, other in self.commands.themes.items():
            if action is other:
                self.set_theme(theme)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A file or an address may be dropped anywhere."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped; of several the first."""
        url = event.mimeData().urls()[0]
        event.acceptProposedAction()
        self.page_desk.play(url.toLocalFile() if url.isLocalFile() else url.toString())

    @property
    def busy(self) -> bool:
        """Something is still going on that the window must not leave behind."""
        return self.conductor.busy or self.desk.busy or self.pages.busy

    # --- opening and closing ----------------------------------------------------------------

    @Slot()
    def begin(self) -> None:
        """Start measuring, unless the window was closed before it came to that."""
        if not self._closing:
            self.conductor.begin()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc leaves full screen, unless whatever has the focus needs it."""
        if event.key() == Qt.Key.Key_Escape and self.isFullScreen():
            self.commands.full_screen.setChecked(False)
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """The window manager may leave full screen by itself."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self.commands.full_screen.blockSignals(True)
            self.commands.full_screen.setChecked(self.isFullScreen())
            self.commands.full_screen.blockSignals(False)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop everything; really close once no thread is left."""
        if not self._closing:
            self._closing = True
            save_geometry(self)
            self.dialogs.close()
            self.conductor.engine.stop()
            self.pages.stop()
            self.hide()
            self._join.start()
            self.closing.emit()
        if self.busy:
            event.ignore()
            return
        self._join.stop()
        super().closeEvent(event)
        self.closed.emit()

    @Slot()
    def _on_join(self) -> None:
        if not self.busy:
            self.close()
