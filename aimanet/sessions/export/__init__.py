"""Sessions for other programs: CSV, JSON, EDF+, MP4, PNG and HTML."""

from aimanet.sessions.export.job import (
    FORMATS,
    ExportCancelled,
    ExportError,
    Format,
    export_session,
)

__all__ = ["FORMATS", "ExportCancelled", "ExportError", "Format", "export_session"]
