"""``aimanet replay``: a session read once more, beside the readings of the day."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aimanet.methods import PulseMethod
    from aimanet.rhythm.study import Study
    from aimanet.sessions.reader import RecordedReading, Session
    from aimanet.sessions.tally import Tally
    from aimanet.types import Reading

ROWS = 20
"""About so many lines of the printed table."""


@dataclass(frozen=True, slots=True)
class Options:
    """The readings of a session once more, with the same or another method, side by side.

    Examples: `aimanet replay me-session`, `aimanet replay me-session --method pos --json`.
    """

    session: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="SESSION")]
    """The session's folder."""
    method: str | None = None
    """How the pulse is found: tscan, pos, chrom or green. Default: the session's own method."""
    weights: Path | None = None
    """Other weights for tscan than the ones that come with AimaNet."""
    device: str = "auto"
    """Where the network runs: auto, cpu or cuda."""
    window: float | None = None
    """Seconds of signal behind an estimate, 6 to 30. Default: the session's own."""
    json: bool = False
    """Print one JSON object with both rows of readings."""
    whole_picture: bool = False
    """Search the face again in the whole picture, be it compressed, instead of reading the lossless
    crops of a session that kept the face."""


def run(options: Options) -> int:
    """Replays the session and prints both rows of readings and how they differ."""
    from aimanet.estimate import PulseConfig
    from aimanet.methods import make_method
    from aimanet.rhythm.study import study, words
    from aimanet.rhythm.tape import PulseTape
    from aimanet.sessions.analysis import reanalyse, recorded, studied
    from aimanet.sessions.footage import with_footage
    from aimanet.sessions.reader import open_session
    from aimanet.terminal.records import to_line

    session = with_footage(open_session(options.session))
    name = options.method or session.info.method or "tscan"
    method = make_method(name, device=options.device, weights=options.weights)
    whole = options.whole_picture
    notes = [*session.problems, *_other_model(session, method), *_compressed(session, whole)]
    tape = PulseTape()
    steps = reanalyse(session, method, options.window, tape, whole)
    readings = [recorded(reading) for reading in _watched(steps, session, bar=not options.json)]
    window_s = options.window or session.info.window_s or PulseConfig().window_s
    rhythms = studied(session), study(tape.stretches(), readings, window_s)
    if options.json:
        print(to_line(_record(session, method, notes, readings, rhythms)))
        return 0
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    _print(session, method, readings)
    for before, after in zip(*map(words, rhythms), strict=True):
        print(before if before == after else f"recorded: {before}\nreplayed: {after}")
    return 0


def _other_model(session: Session, method: PulseMethod) -> list[str]:
    """A note where the same method runs with other weights than on the day."""
    from aimanet.sessions.origin import parse_model

    then, now = session.info.model, parse_model(method.model)
    if method.name != session.info.method or then == now or then is None:
        return []
    return [
        f"recorded with the weights {then.name} ({then.hash}), replayed with {method.model}: "
        "name the old ones with --weights for the same readings"
    ]


def _compressed(session: Session, whole: bool) -> list[str]:
    """A note where the readings rest on a picture that lost something."""
    if not whole or session.picture is None or session.picture != session.compressed:
        return []
    return ["replayed from the compressed picture: its readings differ from those of the face"]


def _watched(
    steps: Iterator[tuple[float, Reading | None]], session: Session, *, bar: bool
) -> Iterator[Reading]:
    """The readings, with a progress bar where someone looks at stderr."""
    if not bar or not sys.stderr.isatty():
        yield from (reading for _, reading in steps if reading is not None)
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("replaying", total=session.duration_s)
        for t, reading in steps:
            progress.update(task, completed=t)
            if reading is not None:
                yield reading


def _record(
    session: Session,
    method: PulseMethod,
    notes: list[str],
    readings: list[RecordedReading],
    rhythms: tuple[Study, Study],
) -> dict[str, Any]:
    """What ``--json`` prints."""
    from aimanet.rhythm.study import record
    from aimanet.sessions.analysis import compare, match

    return {
        "session": session.info.name,
        "problems": notes,
        "recorded": _side(session.info.method, session.readings) | record(rhythms[0]),
        "replayed": _side(method.name, readings) | record(rhythms[1]),
        "compared": asdict(compare(session.readings, readings)),
        "readings": [
            {"t": before.t, "recorded": _values(before), "replayed": _values(after)}
            for before, after in match(session.readings, readings)
        ],
    }


def _side(method: str, readings: Sequence[RecordedReading]) -> dict[str, Any]:
    tally = _tally(readings)
    return {
        "method": method,
        "hr_bpm": tally.hr_bpm,
        "ok_share": tally.ok_share,
        "readings": tally.count,
    }


def _values(reading: RecordedReading) -> dict[str, Any]:
    return {"hr_bpm": reading.hr_bpm, "snr_db": reading.snr_db, "state": str(reading.state)}


def _tally(readings: Sequence[RecordedReading]) -> Tally:
    from aimanet.sessions.tally import Tally

    tally = Tally()
    for reading in readings:
        tally.add(reading.hr_bpm, reading.state)
    return tally


def _print(session: Session, method: PulseMethod, readings: list[RecordedReading]) -> None:
    """A short table in time, both means, and how the two differ."""
    from aimanet.methods import LABELS
    from aimanet.sessions.analysis import compare, match

    then = LABELS.get(session.info.method, session.info.method or "unknown")
    print(f"{'time':>9}  {'recorded: ' + then:<24}  replayed: {LABELS[method.name]}")
    pairs = match(session.readings, readings)
    step = max(1, len(pairs) // ROWS)
    for before, after in pairs[::step]:
        print(f"{before.t:7.1f} s  {_cell(before):<24}  {_cell(after)}")
    print(f"{'mean':>9}  {_mean(session.readings):<24}  {_mean(readings)}")
    found = compare(session.readings, readings)
    print(f"{found.same} of {found.pairs} readings are the same to the last digit", end="")
    if found.mae_bpm is not None:
        print(f"; they differ by {found.mae_bpm:.2f} BPM, at most {found.max_bpm:.2f}", end="")
    alone = found.before + found.after
    print(f"; {alone} without a partner" if alone else "")


def _cell(reading: RecordedReading) -> str:
    from aimanet.terminal.words import state_words
    from aimanet.words import trusted_bpm

    bpm = trusted_bpm(reading)
    rate = " --.-" if bpm is None else f"{bpm:5.1f}"
    return f"{rate} BPM  {state_words(reading.state, reading.reason)}"


def _mean(readings: Sequence[RecordedReading]) -> str:
    tally = _tally(readings)
    rate = " --.-" if tally.hr_bpm is None else f"{tally.hr_bpm:5.1f}"
    share = 0.0 if tally.ok_share is None else 100.0 * tally.ok_share
    return f"{rate} BPM  {share:.0f} % ok"
