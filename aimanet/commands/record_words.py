"""What ``aimanet record`` says: sizes and costs for people, progress, the summary, JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aimanet.pipeline import Summary
    from aimanet.sessions.info import SessionInfo
    from aimanet.sessions.recorder import Recorder, RecorderStatus

KEPT = {
    "face": "the face without loss",
    "face+picture": "the face without loss and the whole picture in H.264",
    "frame": "the whole picture without loss",
    "none": "no video",
}


def progress_line(status: RecorderStatus) -> str:
    """``12 s, 360 frames, 0 dropped, 170 MB, 60 GB free``."""
    free = "" if status.free_bytes is None else f", {size_text(status.free_bytes)} free"
    return (
        f"{status.elapsed_s:.0f} s, {status.frames} frames, {status.dropped} dropped, "
        f"{size_text(status.size_bytes)}{free}"
    )


def size_text(size: int) -> str:
    """Bytes for people: ``1.4 GB``."""
    value, unit = float(size), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.0f} {unit}" if unit == "bytes" or value >= 10 else f"{value:.1f} {unit}"


def cost_text(bytes_per_s: float, how: str = "about") -> str:
    """What a recording takes: ``about 45 MB a minute (2.7 GB an hour)``."""
    minute, hour = (size_text(round(seconds * bytes_per_s)) for seconds in (60, 3600))
    return f"{how} {minute} a minute ({hour} an hour)"


def report(recorder: Recorder, summary: Summary, as_json: bool) -> None:
    """The last line: where the session is and what is in it, or why no heart rate is."""
    from aimanet.commands.analyze_one import printable
    from aimanet.terminal.records import text, to_line
    from aimanet.words import words_for

    status, info = recorder.status(), recorder.info
    if info is None or status.folder is None:
        return
    if as_json:
        print(to_line({**record_of(status, info), "reason": text(summary.reason)}))
        return
    why = words_for(summary.state, summary.reason).clause
    rate = f"mean {info.hr_bpm:.1f} BPM" if info.hr_bpm is not None else f"no heart rate: {why}"
    share = "" if info.ok_share is None else f" ({100 * info.ok_share:.0f} % of the readings ok)"
    print(
        f"{printable(status.folder)}: {status.frames} frames in {status.elapsed_s:.1f} s, "
        f"{status.dropped} dropped, {size_text(status.size_bytes)}; {rate}{share}"
    )
    if status.pictures_lost:
        print(
            f"{status.pictures_lost} of them are missing in the compressed picture, but not in the "
            "face: this computer was too slow to compress them"
        )


def record_of(status: RecorderStatus, info: SessionInfo) -> dict[str, Any]:
    """What ``--json`` prints."""
    from aimanet.commands.analyze_one import printable
    from aimanet.terminal.records import number

    return {
        "session": printable(status.folder or ""),
        "id": info.id,
        "frames": status.frames,
        "dropped": status.dropped,
        "duration_s": number(status.elapsed_s, 3),
        "hr_bpm": number(info.hr_bpm, 2),
        "ok_share": number(info.ok_share, 4),
        "size_bytes": status.size_bytes,
        "kept": info.kept,
        "stopped": info.stopped,
        "picture": None if info.picture is None else info.picture.model_dump(),
    }
