"""The command line: names a command, imports only that one, and turns errors into one line.

Nothing heavy is imported here, so that ``--help`` and ``--version`` answer at once.
"""

from __future__ import annotations

import difflib
import io
import itertools
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr
from importlib import import_module
from typing import TYPE_CHECKING

from aimanet import __version__
from aimanet.errors import AimaNetError
from aimanet.stop import INTERRUPTED, Interruption, leave, listen
from aimanet.terminal.home import keep_matplotlib_home
from aimanet.terminal.limits import mend_time_zone, require_address_space, starved
from aimanet.terminal.streams import secure_streams, stdout_failed

if TYPE_CHECKING:
    from aimanet.terminal.desktop import WindowLoader

EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = INTERRUPTED
EXIT_BROKEN_PIPE = 141

MAX_LINE = 10_000
"""Characters of an error: two of the longest paths there are."""


class UsageError(AimaNetError):
    """The command line itself makes no sense."""


# Each is a module of aimanet.commands with `Options` and `run`, and has a line for --help.
COMMANDS = {
    "analyze": "a heart rate for a video file, no labels needed",
    "live": "a heart rate from a camera, stream, file or the demo face, as it runs",
    "record": "a session from any source: video, times, readings and pulse",
    "replay": "a session's readings once more, beside the recorded ones",
    "reference": "a contact sensor's file beside a session: in time, and compared",
    "cameras": "the cameras of this computer",
    "synthesize": "videos of drawn faces with a known pulse",
    "train": "train the network: drawn faces, data sets, sessions, or a mixture",
    "seed": "the original recipe, on input_numpy.npy and output_numpy.npy",
    "evaluate": "methods over data sets in one table, with the field's metrics",
    "datasets": "the public data sets: list them, check a folder, prepare crops",
    "import-weights": "weights of other projects to a checkpoint of ours",
    "export": "a session as CSV, EDF+, MP4, HTML ..., or a checkpoint as ONNX",
    "bench": "how right the readings are; speed and memory on this computer",
}

HELP = """\
usage: aimanet [COMMAND] [options]

AimaNet reads a heart rate from an ordinary video of a face.
Without a command it opens its window, or the same in the terminal where there is no display.

commands:
{commands}

options:
  -h, --help   this text; `aimanet COMMAND --help` tells a command's options
  --version    the version

examples:
  aimanet                                        the window, with the first camera
  aimanet analyze me.mp4                         heart rate of a recording
  aimanet analyze me.mp4 --json --save-signals me.csv
  aimanet analyze me.mp4 --method pos            with a classical method instead of the network
  aimanet analyze videos --jobs 4                a line for each video in a folder
  aimanet live --source 0 --headless             the first camera, in the terminal
  aimanet live --source rtsp://host/stream --json --seconds 60
  aimanet live --source synthetic:hr=90,seed=3   the demo face
  aimanet record --source 0 --seconds 60         a session: video, times, readings, pulse
  aimanet synthesize --out faces --clips 5 --seed 1
  aimanet train --data ~/PURE --finetune models/tscan.safetensors --out mine.safetensors
  aimanet evaluate --data ~/UBFC --weights default mine.safetensors --out report
  aimanet bench accuracy --quick                 errors by condition, on videos with a known pulse

From a clone, `python main.py` is the same as `aimanet`.
AimaNet is not a medical device.
"""

# The flags of the recipe the project started from, which needs no command before them:
# `main.py --epochs 2 --batch_size 3 --train_split_index 132720`.
SEED_FLAGS = ("--epochs", "--batch_size", "--train_split_index", "--data_path")


def main(argv: Sequence[str] | None = None, *, window: WindowLoader | None = None) -> int:
    """Runs one command line and returns the exit status.

    Args:
        argv: the arguments after the program's name. None takes the process's own and also
            keeps the messages of native libraries out of its output.
        window: brings the desktop window; without it everything happens in the terminal.

    Returns:
        0, or 2 for bad input or a stdout that takes nothing, 130 after Ctrl-C, SIGTERM or SIGHUP,
        141 when the reader of our output has gone.
    """
    if argv is None:
        secure_streams()
    try:
        status = _guarded(argv, window)
        sys.stdout.flush()
    except BrokenPipeError:
        _discard_stdout()
        return EXIT_BROKEN_PIPE
    return status or (EXIT_BAD_INPUT if stdout_failed() else 0)


def _guarded(argv: Sequence[str] | None, window: WindowLoader | None) -> int:
    """Runs the command; what a user can act on becomes one line on stderr."""
    try:
        args = list(sys.argv[1:] if argv is None else argv)
        if argv is None:
            listen(leave)
            mend_time_zone()
            keep_matplotlib_home()
        return _dispatch(args, window, own_process=argv is None)
    except AimaNetError as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except SystemExit as stop:  # tyro has printed its message already
        return stop.code if isinstance(stop.code, int) else EXIT_BAD_INPUT
    except (ImportError, MemoryError, RuntimeError, OSError) as error:
        library = _missing_library(error) if isinstance(error, ImportError) else None
        advice = library or starved(error)
        if advice is None:
            raise
        return _fail(advice)


def _dispatch(args: list[str], window: WindowLoader | None, *, own_process: bool) -> int:
    if args and args[0] in ("-h", "--help"):
        print(help_text(), end="")
        return 0
    if args and args[0] == "--version":
        print(f"aimanet {__version__}")
        return 0
    if not args:
        from aimanet.terminal.desktop import open_window

        window_status = open_window(window)
        if window_status is not None:
            return window_status
        args = ["live", "--headless"]
    if args[0].startswith("--") and any(_flag(arg) in SEED_FLAGS for arg in args):
        args = ["seed", *args]
    if args[0] not in COMMANDS:
        raise UsageError(_unknown(args))
    if own_process:
        require_address_space()
        _prepare_process()
    command = import_module(f"aimanet.commands.{args[0].replace('-', '_')}")
    if own_process:
        listen(Interruption())  # half-written files go away
    options = _parse(command.Options, f"aimanet {args[0]}", args[1:])
    status: int = command.run(options, window) if args[0] == "live" else command.run(options)
    return status


def _flag(arg: str) -> str:
    """``--batch-size=3`` as ``--batch_size``: the seed wrote its flags so."""
    return "--" + arg.partition("=")[0].lstrip("-").replace("-", "_")


def _prepare_process() -> None:
    from aimanet.terminal.home import give_home
    from aimanet.terminal.noise import silence_native_libraries

    if (homeless := give_home()) is not None:
        print(homeless, file=sys.stderr)
    silence_native_libraries()


def _parse(options: type, program: str, args: list[str]) -> object:
    """The command's options; a mistake in them is told in one line instead of tyro's box."""
    import tyro

    told = io.StringIO()
    try:
        with redirect_stderr(told):
            return tyro.cli(
                options,
                prog=program,
                args=args,
                config=(tyro.conf.FlagCreatePairsOff, tyro.conf.DisallowNone),
            )
    except SystemExit as stop:
        if not stop.code:
            raise
        raise UsageError(f"{_unboxed(told.getvalue())} (see `{program} --help`)") from None


def _unboxed(box: str) -> str:
    """The message in a box of tyro's: the paragraph after the title.

    The title is in the frame or, where the terminal knows only ASCII, a paragraph of its own.
    """
    title_in_frame = box.startswith("╭")
    lines = [line.strip("│ ") for line in box.splitlines() if not line.startswith(("╭", "╰"))]
    paragraphs = [
        " ".join(" ".join(group).split())
        for is_text, group in itertools.groupby(lines, lambda line: not set(line) <= {"─", "-"})
        if is_text
    ]
    if not paragraphs:
        return box
    said = paragraphs[0 if title_in_frame or len(paragraphs) == 1 else 1]
    known = [text for text in paragraphs if text.startswith("Available subcommands")]
    return "; ".join([said, *(text[0].lower() + text[1:] for text in known)])


def help_text() -> str:
    """The text of ``aimanet --help``."""
    lines = [f"  {name:<15} {summary}" for name, summary in COMMANDS.items()]
    return HELP.format(commands="\n".join(lines))


def _unknown(args: list[str]) -> str:
    from aimanet.sources.address import without_password

    first = without_password(args[0])
    if first.startswith("-"):
        return f"{first} needs a command before it: see `aimanet --help`"
    near = difflib.get_close_matches(first, COMMANDS, n=1)
    if os.path.exists(first):
        return f"{first} is no command: for the heart rate of a file run `aimanet analyze {first}`"
    hint = f"did you mean `aimanet {near[0]}`?" if near else f"one of {', '.join(COMMANDS)}"
    return f"there is no command {first!r}: {hint} (see `aimanet --help`)"


def _fail(message: str) -> int:
    print("error:", _bearable(" ".join(message.split())), file=sys.stderr)
    return EXIT_BAD_INPUT


def _bearable(text: str) -> str:
    """A line that names what a file holds: no codes that steer a terminal, no thousands of words.

    Both ends stay, since paths come first and advice last.
    """
    if len(text) > MAX_LINE:
        text = f"{text[: MAX_LINE // 2]} ... {text[-MAX_LINE // 2 :]}"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _missing_library(error: ImportError) -> str | None:
    """Advice for a shared library of the system that a package could not load."""
    from aimanet.terminal.display import apt_line, missing_library

    library = missing_library(str(error))
    if library is None:
        return None
    return f"the system library {library} is missing; install it with: {apt_line([library])}"


def _discard_stdout() -> None:
    """Lets the interpreter's last flush of stdout go nowhere instead of raising again."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError:  # a stdout without a descriptor has nothing to flush at exit
        pass
