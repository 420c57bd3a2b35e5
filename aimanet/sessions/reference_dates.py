"""Times as words: "2026-11-29T10:00:00Z", "10:00:00AM Nov 29, 2026", "0:00.008" -> datetimes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

NO_DATE = 1900
"""The year of a time of the day without a date."""
LOOK = 200
"""So many cells decide how the dates of a column are written."""

_CLOCK = re.compile(
    r"(?<![\d.:])(\d{1,4}):(\d{1,2})(?::(\d{1,2}))?(?:[.,:](\d{1,9}))?(?![\d:])"
    r"(?:\s*([ap])\.?\s?m\b\.?)?",
    re.IGNORECASE,
)
_ZONE = re.compile(
    r"^\s*(?:(?:utc|gmt)?\s*([+-])(\d{1,2}):?(\d{2})?|z\b|utc\b|gmt\b)", re.IGNORECASE
)
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})\D(\d{1,2})\D(\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})([-/. ])(\d{1,2})[-/. ](\d{4}|\d{2})(?!\d)")
_DIGITS = re.compile(r"(?<!\d)((?:19|20)\d{2})(\d{2})(\d{2})(?!\d)")
_STAMP = re.compile(r"((?:19|20)\d{6})[T_ -]?(\d{6})(?:\.?(\d{3}))?(Z)?")
_DOTTED = re.compile(r"(?:(.*\d) )?([01]?\d|2[0-3])\.([0-5]\d)\.([0-5]\d)(?:[.,](\d{1,6}))?")
"""Times of the day as Italians and Danes write them: "29.11.2026 10.00.00"."""
_MONTH_WORD = re.compile(r"[^\W\d_]{3,}")
_MONTHS = {
    month: number
    for number, months in enumerate(
        ("jan ene gen", "feb fev", "mar maerz mrz", "apr abr avr", "may mai mei mag maj", "jun giu",
         "jul lug", "aug ago aou", "sep set", "oct okt ott out", "nov", "dec dez dic"), 1
    )
    for month in months.split()
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Form:
    """How a column writes: the day before the month, and minutes first in "10:00"."""

    day_first: bool
    minutes_first: bool


def time_reader(cells: Sequence[str]) -> Callable[[str], datetime | None] | None:
    """What reads the times of a column; None where most of its first cells are no times.

    A time of the day without a date is of the year `NO_DATE`; times of one day may lie on the next
    one. Times with an offset from UTC are in UTC.
    """
    some = [cell for cell in cells if cell][:LOOK]
    form = _Form(_day_first(some), _minutes_first(some))

    def read(cell: str) -> datetime | None:
        return _moment(cell.strip("\"'[] "), form)

    good = sum(read(cell) is not None for cell in some)
    return read if some and 2 * good > len(some) else None


def is_time(cell: str) -> bool:
    """Whether a cell looks like a time; quick, for every cell of a file."""
    return len(cell) <= 45 and (
        _CLOCK.search(cell) is not None
        or any(form.fullmatch(cell) for form in (_YEAR_FIRST, _YEAR_LAST, _STAMP))
    )


def _moment(cell: str, form: _Form) -> datetime | None:
    try:
        return _iso(cell) or _spelled(cell, form)
    except (ValueError, OverflowError):
        return None


def _iso(cell: str) -> datetime | None:
    if len(cell) < 10 or not cell[:4].isdigit() or cell[4] not in "-":
        return None
    try:
        moment = datetime.fromisoformat(cell.replace(",", "."))
    except ValueError:
        return None
    return moment if moment.tzinfo is None else moment.astimezone(UTC)


def _spelled(cell: str, form: _Form) -> datetime | None:
    stamp = _STAMP.fullmatch(cell)
    if stamp:
        moment = datetime.strptime(stamp[1] + stamp[2], "%Y%m%d%H%M%S")
        moment += timedelta(milliseconds=int(stamp[3] or 0))
        return moment.replace(tzinfo=UTC) if stamp[4] else moment
    dotted = _DOTTED.fullmatch(cell)
    if dotted and not (dotted[1] is None and dotted[5]):
        cell = f"{dotted[1] or ''} {dotted[2]}:{dotted[3]}:{dotted[4]}.{dotted[5] or 0}"
    clock = _CLOCK.search(cell)
    if clock is None:
        return None
    rest = cell[: clock.start()] + " " + cell[clock.end() :]
    day = _date(rest, form) or datetime(NO_DATE, 1, 1)
    moment = day + timedelta(seconds=_seconds(clock, form))
    zone = _ZONE.match(cell[clock.end() :])
    if zone is None or day.year == NO_DATE:
        return moment
    ahead = timedelta(hours=int(zone[2] or 0), minutes=int(zone[3] or 0))
    aware = moment.replace(tzinfo=timezone(-ahead if zone[1] == "-" else ahead))
    return aware.astimezone(UTC)


def _seconds(clock: re.Match[str], form: _Form) -> float:
    """Of the day, or since the beginning."""
    first, second, third = int(clock[1]), int(clock[2]), clock[3]
    fraction = int(clock[4]) / 10 ** len(clock[4]) if clock[4] else 0.0
    if third is None and (form.minutes_first or clock[4]):
        return 60.0 * first + second + fraction
    half = (clock[5] or "").lower()
    if half:
        first = first % 12 + 12 * (half == "p")
    return 3600.0 * first + 60.0 * second + int(third or 0) + fraction


def _date(text: str, form: _Form) -> datetime | None:
    found = _YEAR_FIRST.search(text) or _DIGITS.search(text)
    if found:
        return datetime(int(found[1]), int(found[2]), int(found[3]))
    found = _YEAR_LAST.search(text)
    if found:
        a, b, year = int(found[1]), int(found[3]), int(found[4])
        day, month = (a, b) if form.day_first else (b, a)
        return datetime(year + 2000 if year < 100 else year, month, day)
    return _date_in_words(text)


def _date_in_words(text: str) -> datetime | None:
    """Dates like "Nov 29, 2026", "Sun Nov 29 2026", "29-Nov-26", in the languages of `_MONTHS`."""
    bare = unicodedata.normalize("NFKD", text.lower())
    words = [word for word in _MONTH_WORD.findall(bare) if word[:3] in _MONTHS]
    numbers = [int(number) for number in re.findall(r"(?<![+\d])\d{1,4}(?!\d)", text)]
    if not words or len(numbers) < 2:
        return None
    year = next((n for n in numbers if n > 31), numbers[-1] + 2000)
    day = next((n for n in numbers if 1 <= n <= 31), 1)
    return datetime(year, _MONTHS[words[-1][:3]], day)


def _day_first(cells: Sequence[str]) -> bool:
    """Whether 3/5 is the third of May: what exceeds 12 decides, or else the separator."""
    dates = [_CLOCK.sub(" ", cell) for cell in cells]
    found = [match for date in dates if (match := _YEAR_LAST.search(date))]
    if any(int(match[1]) > 12 for match in found):
        return True
    if any(int(match[3]) > 12 for match in found):
        return False
    return bool(found) and found[0][2] != "/"


def _minutes_first(cells: Sequence[str]) -> bool:
    """Whether "10:00" is ten minutes: hours end at 24, and a recording may begin at 0:00."""
    found = [match for cell in cells if (match := _CLOCK.search(cell))]
    if not found or any(match[3] for match in found):
        return False
    return any(int(match[1]) > 24 for match in found) or (
        int(found[0][1]), int(found[0][2])
    ) == (0, 0)  # fmt: skip


def day_apart(start: datetime, session: datetime) -> datetime:
    """A time of the day put on the day that brings it next to the session's."""
    bare = session.replace(tzinfo=None)
    there = start.replace(year=bare.year, month=bare.month, day=bare.day, tzinfo=None)
    return min((there + timedelta(days=d) for d in (-1, 0, 1)), key=lambda m: abs(m - bare))
