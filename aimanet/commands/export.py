"""``aimanet export``: a session for other programs, or a checkpoint as ONNX."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from aimanet.errors import OutputError

HEAD = "session.json"


@dataclass(frozen=True, slots=True)
class Options:
    """Write a session as CSV, JSON, EDF+, MP4, PNG or HTML, or a checkpoint as ONNX.

    For a session --out is the folder to write to, or one file whose ending says the format. In
    CSV, text that a spreadsheet would take for a formula has an apostrophe before it.
    Of a checkpoint, the model takes what AimaNet's preprocessing makes of face crops; its metadata
    says how ("recipe").

    Examples: `aimanet export me-session --format csv edf html --out results`,
    `aimanet export me-session --out me.mp4`,
    `aimanet export mine.safetensors --out mine.onnx`.
    """

    out: Path
    """The folder to write to; or the file, e.g. me.mp4 or model.onnx."""
    path: Annotated[
        Path | None, tyro.conf.Positional, tyro.conf.arg(metavar="[SESSION|CHECKPOINT]")
    ] = None
    """The session's folder, or the checkpoint; by default the weights that come with AimaNet."""
    format: tuple[Literal["auto", "csv", "json", "edf", "mp4", "png", "html", "onnx"], ...] = (
        "auto",
    )
    """What to write, one or several; auto tells by the name of --out."""
    overwrite: bool = False
    """Replace files of a session's earlier export."""


def run(options: Options) -> int:
    """Exports the session or the checkpoint and says what the result is."""
    if options.path is not None and _is_session(options.path, options):
        return _export_session(options, options.path)
    return _export_checkpoint(options)


def _is_session(path: Path, options: Options) -> bool:
    """A folder, or the file that makes it a session; a checkpoint is another file."""
    if path.name == HEAD or (path / HEAD).is_file():
        return True
    return path.is_dir() and "onnx" not in (*options.format, options.out.suffix.lower()[1:])


def _export_session(options: Options, path: Path) -> int:
    from aimanet.commands.analyze_one import printable
    from aimanet.sessions.export import export_session
    from aimanet.sessions.footage import with_footage
    from aimanet.sessions.reader import open_session

    session = with_footage(open_session(path.parent if path.name == HEAD else path))
    formats, folder, name = _session_target(options)
    for problem in session.problems:
        print(f"note: {problem}", file=sys.stderr)
    with _Bar() as progress:
        done = export_session(
            session, formats, folder, name=name, overwrite=options.overwrite, progress=progress
        )
    for file in done.files:
        print(printable(file))
    if done.failed:
        reasons = "; ".join(f"{failed.form}: {failed.reason}" for failed in done.failed)
        raise OutputError(f"not everything was written ({reasons}); the other files are complete")
    if done.incomplete:
        raise OutputError(f"not everything is in the files: {done.incomplete}")
    return 0


def _session_target(options: Options) -> tuple[list[str], Path, str]:
    """Formats, folder and name of the files ("": the session's)."""
    from aimanet.sessions.export import FORMATS

    ending = options.out.suffix.lower().removeprefix(".")
    one_file = ending in FORMATS and not options.out.is_dir()
    told: list[str] = [form for form in options.format if form != "auto"]
    if "onnx" in told:
        raise OutputError("onnx is for checkpoints; a session can be " + ", ".join(FORMATS))
    if one_file and told in ([], [ending]):
        return [ending], options.out.parent, options.out.stem
    if not told:
        raise OutputError(
            f"{options.out}: say what to write there, e.g. --format csv html, "
            "or name a file such as me.mp4"
        )
    return told, options.out, ""


class _Bar:
    """A progress bar where someone looks at stderr."""

    def __enter__(self) -> Callable[[float, str], object] | None:
        self._progress = None
        if not sys.stderr.isatty():
            return None
        from rich.console import Console
        from rich.progress import Progress

        self._progress = Progress(console=Console(stderr=True), transient=True)
        self._progress.start()
        self._task = self._progress.add_task("exporting", total=1.0)
        return self._show

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def _show(self, share: float, what: str) -> None:
        if self._progress is not None:
            self._progress.update(self._task, completed=share, description=f"exporting {what}")


def _export_checkpoint(options: Options) -> int:
    _check(options)
    from aimanet.checkpoint import default_weights
    from aimanet.exporters import export_onnx

    done = export_onnx(options.path or default_weights(), options.out)
    recipe = done.recipe
    size, depth = recipe.image_size, recipe.frame_depth
    pictures = f"N*{depth}" if recipe.appearance == "frame" else "N"
    print(f"{done.card.name}: {done.out}")
    print(f"  motion (N*{depth}, 3, {size}, {size}), appearance ({pictures}, 3, {size}, {size})")
    print(f"  -> bvp (N, {depth}), the pulse's derivative at {recipe.fs:g} Hz")
    if done.difference is None:
        print("  not compared with the network: onnxruntime is not installed")
    else:
        print(f"  differs by {done.difference:.1e} at most from the network, in ONNX Runtime")
    return 0


def _check(options: Options) -> None:
    """Refuses what cannot be meant, before torch is loaded."""
    out = options.out
    wrong = [form for form in options.format if form not in ("auto", "onnx")]
    if wrong:
        what = (
            "the weights that come with AimaNet are"
            if options.path is None
            else (f"{options.path} is")
        )
        raise OutputError(f"--format {wrong[0]} is for sessions; {what} none: name its folder")
    if "onnx" not in options.format and out.suffix.lower() != ".onnx":
        raise OutputError(f"{out}: call it something.onnx, or say --format onnx")
    if out.is_dir():
        raise OutputError(f"{out} is a folder: name a file in it to write to")
    if options.path and options.path.exists() and out.exists() and out.samefile(options.path):
        raise OutputError(f"{out} is the checkpoint itself: write the export elsewhere")
