"""What the window is made of: one widget a file."""

from app.environment import bind_pyqtgraph

bind_pyqtgraph()  # before any widget imports pyqtgraph
