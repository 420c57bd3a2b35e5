"""Sessions for other programs: CSV, JSON, EDF+, MP4, PNG and HTML."""

from aimanet.sessions.export.job import (
    FORMATS,
    ExportCancelled,
    Exported,
    ExportError,
    Failed,
    Format,
    export_session,
    in_the_way,
    stem_of,
    why_not,
)

__all__ = [
    "FORMATS",
    "ExportCancelled",
    "ExportError",
    "Exported",
    "Failed",
    "Format",
    "export_session",
    "in_the_way",
    "stem_of",
    "why_not",
]
