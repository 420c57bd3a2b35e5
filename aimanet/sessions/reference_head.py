"""What stands above the rows of a sensor's file: titles, units, the sampling rate."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aimanet.datasets.text import NO_LOG
from aimanet.files import parse_json
from aimanet.sessions.reference_titles import HEARTS, plain_words, read_title, unit_kind

Cells = Sequence[str]
RATES_HZ = (0.01, 100_000.0)
_NUMBER = r"(\d+(?:[.,]\d+)?)"
_TIME = r"(msec|ms|milliseconds?|usec|us|µs|sec|seconds?|s|min)"
_SCALE = {"m": 1e-3, "u": 1e-6, "µ": 1e-6, "s": 1.0}
_PER_SAMPLE = re.compile(rf"{_NUMBER}\s*{_TIME}\s*/\s*sample", re.IGNORECASE)
_PER_SECOND = re.compile(
    rf"{_NUMBER}\s*(k)?\s*(?:samples?|samp|points|pts)\s*(?:/|per|a)\s*s(?:ec|econd)?\b",
    re.IGNORECASE,
)
_RATE_WORDS = (
    r"sampl\w*[ _-]*(?:rate|freq\w*)|output[ _-]*rate|scan[ _-]*rate|abtast(?:rate|frequenz)|"
    r"freq\w* d.?echantillonnage|frecuencia de muestreo|frequenza di campionamento|sfreq|srate|fs|"
    r"frame[ _-]*rate|采样率|サンプリング周波数"
)
_RATE = re.compile(
    rf"(?:^|\W)(?:{_RATE_WORDS})\b[^\d\n]{{0,20}}?{_NUMBER}\s*(k?hz|k?hertz|samples|sps|$|\W)",
    re.IGNORECASE,
)
_STEP = re.compile(
    r"(?:^|\W)(?:sampl\w*[ _-]*)?(?:interval|period|delta ?t|dt)\b[^\d\n]{0,20}?"
    rf"{_NUMBER}\s*{_TIME}?\b",
    re.IGNORECASE,
)
_STEP_UNIT = re.compile(r"(?:interval|period)\W{0,3}\(?(ms|msec|us|s|sec)\b", re.IGNORECASE)
_CHANNELS = re.compile(r"(\d{1,3}) channels?", re.IGNORECASE)
_COUNT = re.compile(r"\d+ (samples|points)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Head:
    """``titles`` of the columns ("" where nothing says it), with their units in brackets."""

    titles: tuple[str, ...]
    rate_hz: float | None = None
    titled: bool = False


def read_head(
    above: Sequence[Cells],
    comments: Sequence[str],
    width: int,
    *,
    exact: bool = False,
    numbered: bool = False,
) -> Head:
    """Reads what stands above a table of ``width`` columns.

    Args:
        above: the cells of the lines above it.
        comments: comment lines without their marks.
        width: how many cells its rows have.
        exact: whether a line of more words than columns titles nothing.
        numbered: whether the first column numbers the rows, which R leaves without a title.
    """
    lines = [" ".join(cells) for cells in above] + list(comments)
    told = list(_json_heads(comments))
    rate = next((r for head in told if (r := _json_rate(head))), None) or rate_of(lines)
    for titles in (
        _labchart(above, width), _json_titles(told, width), _titles(above, width, exact, numbered),
        _commented(comments, width),
    ):  # fmt: skip
        if titles:
            return Head(tuple(_with_channels(above, titles)), rate, titled=True)
    names = _channels(above)
    return Head(tuple(names) if len(names) == width else ("",) * width, rate)


def rate_of(lines: Sequence[str]) -> float | None:
    """The sampling rate (Hz) that lines of words name; None where they name none or two."""
    found: list[float] = []
    for line in lines:
        line = line[:400]
        if (match := _PER_SAMPLE.search(line)) is not None:
            found.append(1.0 / (_float(match[1]) * _seconds(match[2])))
        elif (match := _PER_SECOND.search(line)) is not None:
            found.append(_float(match[1]) * (1000.0 if match[2] else 1.0))
        elif (match := _RATE.search(line)) is not None:
            found.append(_float(match[1]) * (1000.0 if match[2].lower().startswith("k") else 1.0))
        elif (match := _STEP.search(line)) is not None:
            unit = match[2] or ((there := _STEP_UNIT.search(line)) and there[1]) or "s"
            found.append(1.0 / (_float(match[1]) * _seconds(unit)))
    good = {round(rate, 6) for rate in found if RATES_HZ[0] <= rate <= RATES_HZ[1]}
    return good.pop() if len(good) == 1 else None


def _float(text: str) -> float:
    try:
        return max(1e-12, float(text.replace(",", ".")))
    except ValueError:
        return 1e-12


def _seconds(unit: str) -> float:
    return 60.0 if unit.lower().startswith("min") else _SCALE[unit[0].lower()]


def is_units(cells: Cells) -> bool:
    """Whether a line holds units alone."""
    told = [cell for cell in cells if cell.strip()]
    return bool(told) and all(unit_kind(cell) for cell in told)


def is_head(cells: Cells) -> bool:
    """Whether a line is of a head whatever its cells hold: "Range=<tab>10"."""
    return bool(cells) and cells[0].endswith("=")


def knows_heart_or_time(cells: Cells) -> bool:
    """Whether one of the cells is the title of a time or of something of the heart."""
    return any(read_title(cell).meaning in _TELLING for cell in cells if cell)


_TELLING = ("time", *HEARTS)


def _titles(above: Sequence[Cells], width: int, exact: bool, numbered: bool) -> list[str]:
    """The last line with a word for each column, and the units that stand below it."""
    if width == 1:
        return _title(above)
    units: Cells = ()
    for cells in reversed(above):
        told = [cell for cell in cells if cell.strip()]
        if not told or is_head(cells) or all(_COUNT.fullmatch(cell) for cell in told):
            continue
        if not units and is_units(cells) and len(cells) >= width - 1:
            units = cells
            continue
        fits = len(cells) == width or (len(cells) > width and not exact)
        if fits and not told[0].endswith(":"):
            return _with_units([cell.strip("\"' ") for cell in cells[:width]], units)
        if numbered and len(cells) == width - 1:
            return _with_units(["", *(cell.strip("\"' ") for cell in cells)], units)
        if units:
            break
    return [cell.strip("\"' ") for cell in units[:width]] if len(units) >= width else []


def _title(above: Sequence[Cells]) -> list[str]:
    """Of a single column: the line above it, or what "Lead,Lead I" says further up."""
    unit = ""
    for cells in reversed(above):
        line = " ".join(cells).strip("\"' ")
        parts = re.split(r"\s*[,:=;\t]\s*", line, maxsplit=1)
        if len(parts) == 2:
            if read_title(parts[1]).meaning in HEARTS:
                return [parts[1]]
        elif is_units([line]):
            unit = line
        elif line and not line[0].isdigit():
            return _with_units([line], [unit])
    return []


def _with_units(titles: list[str], units: Cells) -> list[str]:
    bare = [unit.strip("()[] \"'") for unit in units] + [""] * len(titles)
    pairs = zip(titles, bare, strict=False)
    return [f"{title} ({unit})" if unit and title else title or unit for title, unit in pairs]


def _labchart(above: Sequence[Cells], width: int) -> list[str]:
    """LabChart's ``ChannelTitle=``: a column of times stands before the channels, or none."""
    line = next((cells for cells in reversed(above) if cells[0] == "ChannelTitle="), None)
    if line is None:
        return []
    titles = [cell or f"channel {k}" for k, cell in enumerate(line[1:], 1)]
    return (["Time"] if width > len(titles) else []) + titles[:width]


def _with_channels(above: Sequence[Cells], titles: Sequence[str]) -> list[str]:
    """AcqKnowledge titles columns "min, CH1": the channels' names are above."""
    free = iter(_channels(above))
    return [next(free, t) if re.match(r"CH\d+$", t, re.IGNORECASE) else t for t in titles]


def _channels(above: Sequence[Cells]) -> list[str]:
    """Names and units in turn, a line each, below "2 channels", as AcqKnowledge writes them."""
    lines = [" ".join(cells).strip() for cells in above]
    at = next((k for k, line in enumerate(lines) if _CHANNELS.fullmatch(line)), None)
    if at is None:
        return []
    told = lines[at + 1 : at + 1 + 2 * int(lines[at].split()[0])]
    return [f"{name} ({unit})" for name, unit in zip(told[::2], told[1::2], strict=False)]


def _commented(comments: Sequence[str], width: int) -> list[str]:
    """A comment that has a word for each column, as NumPy and WFDB write titles."""
    for line in reversed(comments):
        for split in (",", "\t", ";", None):
            cells = [cell.strip("\"' ") for cell in line.split(split) if cell.strip()]
            if len(cells) == width and knows_heart_or_time(cells):
                return cells
    return []


def _json_heads(comments: Sequence[str]) -> Iterator[dict[str, object]]:
    """The dictionaries of JSON in comments: OpenSignals writes one for each device."""
    for line in comments:
        if not line.startswith("{"):
            continue
        try:
            head = parse_json(line)
        except NO_LOG:
            continue
        yield head
        yield from (part for part in head.values() if isinstance(part, dict))


def _json_rate(head: dict[str, object]) -> float | None:
    for key, value in head.items():
        words = plain_words(key)
        if words in ("sampling rate", "sampling frequency", "sample rate", "fs", "frequency"):
            try:
                rate = float(str(value[0] if isinstance(value, list) else value))
            except (ValueError, IndexError):
                continue
            if RATES_HZ[0] <= rate <= RATES_HZ[1]:
                return rate
    return None


def _json_titles(heads: Sequence[dict[str, object]], width: int) -> list[str]:
    """``column`` names the columns, ``label`` those with a sensor, ``sensor`` what these are."""
    for head in heads:
        titles = head.get("column") or head.get("columns")
        if not isinstance(titles, list) or len(titles) != width:
            continue
        labels, sensors = head.get("label"), head.get("sensor")
        what: dict[str, str] = {}
        if isinstance(sensors, list) and not isinstance(labels, list):
            labels = titles[-len(sensors) :]  # BITalino's channels stand last
        if isinstance(labels, list) and isinstance(sensors, list):
            what = {str(a): str(b) for a, b in zip(labels, sensors, strict=False)}
        return [f"{t} {what[str(t)]}" if str(t) in what else str(t) for t in titles]
    return []
