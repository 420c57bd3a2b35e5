"""Errors a user can act on.

Every one of them carries a single line: what was wrong, where, and what to do.
The command line prints it and exits with 2; the window shows it and goes on.
"""


def in_one_line(said: object, most: int = 100) -> str:
    """What an error of a library, or a value from a file, says: on one line, cut, never empty."""
    return (" ".join(str(said).split()) or type(said).__name__)[:most]


class AimaNetError(Exception):
    """Base of all errors that come from outside: files, cameras, weights, flags."""


class SourceError(AimaNetError):
    """A source cannot be opened or read, and trying again would not help."""


class SourceInterrupted(SourceError):
    """A live source is gone for the moment; the next ``read()`` tries to reconnect."""


class UnknownRateError(SourceError):
    """A recording has neither time stamps nor a believable frame rate; somebody has to state it.

    Args:
        where: the file or folder.
        reason: what it lacks or claims, such as "does not say its frame rate".
    """

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(where, reason)
        self.where, self.reason = where, reason

    def __str__(self) -> str:
        return f"{self.where} {self.reason}: state the frame rate, for example with --fps 30"


class FaceModelError(AimaNetError):
    """The face detector's model file is missing, damaged or cannot be fetched."""


class CheckpointError(AimaNetError):
    """Weights are missing, damaged, not ours, or do not fit their recipe."""


class MethodError(AimaNetError):
    """An unknown method, or a device that is not there."""


class OutputError(AimaNetError):
    """A result cannot be written where it was asked for."""
