"""Records of JSON and XML as rows: what wearables' apps and sports watches export."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree as Xml

from aimanet.datasets.text import NO_LOG, text_of
from aimanet.files import parse_json
from aimanet.plausible import MOST_ROWS
from aimanet.sessions.reference_lines import Line
from aimanet.sessions.reference_table import ReferenceError
from aimanet.sessions.reference_titles import HEARTS, read_title

Record = dict[str, str]
FEWEST = 3
MOST_COLUMNS = 100
XML_BYTES = 100_000_000
DEEPEST = 30
_APPLE = ("HKQuantityTypeIdentifier", "HKCategoryTypeIdentifier")


def json_rows(text: str) -> list[Line]:
    """The longest list of records in a JSON text that knows a heart, titles first; [] for none.

    A list may be of dictionaries, of numbers, or of lists; a dictionary of equally long lists
    counts as well, and so do lines of JSON.

    Raises:
        ValueError: it is no JSON, or nested too deeply.
    """
    try:
        log = parse_json(text)
    except ValueError:
        log = [parse_json(line) for line in text.splitlines() if line.strip()]
    return _best(list(_tables(log, ())))


def xml_rows(path: Path) -> list[Line]:
    """The elements of an XML file that stand for moments with a heart rate, titles first.

    Raises:
        ReferenceError: it is damaged, too large, or has no such elements.
    """
    text = text_of(path)
    if len(text) > XML_BYTES:
        raise ReferenceError(
            f"{path}: {len(text) / 1e6:.0f} MB of XML are too much: export the session's day only"
        )
    if "<!ENTITY" in text[:100_000]:
        raise ReferenceError(f"{path}: defines entities, which no sensor's file does; not read")
    try:
        root = Xml.fromstring(text.encode("utf-8"))
    except (Xml.ParseError, ValueError) as error:
        raise ReferenceError(f"{path}: is no XML that can be read ({error})") from error
    kinds: defaultdict[str, list[Record]] = defaultdict(list)
    for element in root.iter():
        if 1 <= len(element) <= MOST_COLUMNS or len(element.attrib) > 1:
            kinds[_kind(element)].append(_flat_element(element))
    tables = [(kind, records) for kind, records in kinds.items() if len(records) >= FEWEST]
    rows = _best([_titled(kind, records) for kind, records in tables])
    if not rows:
        raise ReferenceError(f"{path}: no heart rates with times in it; is it the right file?")
    return rows


def _best(tables: list[list[Line]]) -> list[Line]:
    """The longest of those with a time and a heart, or else with a heart."""

    def rank(rows: list[Line]) -> tuple[bool, bool, int]:
        meanings = {read_title(title).meaning for title in rows[0][1]}
        return not meanings.isdisjoint(HEARTS), "time" in meanings, len(rows)

    tables = [rows for rows in tables if len(rows) > FEWEST]
    return max(tables, key=rank, default=[])


def _titled(name: str, records: Sequence[Record]) -> list[Line]:
    """Records of one kind as rows below their titles; a title that says nothing gets the name."""
    keys = list(dict.fromkeys(key for record in records[:1000] for key in record))[:MOST_COLUMNS]
    plain = [read_title(key).meaning == "unknown" for key in keys]
    what = read_title(name).meaning if name else "unknown"
    titles = [
        f"{name} {key}" if vague and what != "unknown" else key
        for key, vague in zip(keys, plain, strict=True)
    ]
    rows = [[record.get(key, "") for key in keys] for record in records[:MOST_ROWS]]
    return [(0, titles), *enumerate(rows, 1)]


def _tables(log: object, path: tuple[str, ...]) -> Iterator[list[Line]]:
    if len(path) > DEEPEST:
        return
    if isinstance(log, dict):
        yield from _of_lists(log)
        for key, value in log.items():
            yield from _tables(value, (*path, str(key)))
    elif isinstance(log, list):
        name = next((key for key in reversed(path) if read_title(key).meaning != "unknown"), "")
        yield from _of_list(log, name)
        for entry in log[:1000]:
            yield from _tables(entry, (*path, ""))


def _of_lists(log: dict[str, object]) -> Iterator[list[Line]]:
    """A dictionary of lists that are equally long: a column each."""
    lists = {str(key): value for key, value in log.items() if isinstance(value, list)}
    lists = {key: value for key, value in lists.items() if _is_numbers(value)}
    if len(lists) > 1 and len({len(value) for value in lists.values()}) == 1:
        rows = [list(map(_cell, row)) for row in zip(*lists.values(), strict=True)]
        yield [(0, list(lists)), *enumerate(rows, 1)]


def _of_list(log: list[object], name: str) -> Iterator[list[Line]]:
    """A list of records, of numbers or of lists of numbers."""
    if len(log) < FEWEST:
        return
    records = [entry for entry in log if isinstance(entry, dict)]
    if len(records) == len(log):
        yield _titled(name, [_flat(entry) for entry in records])
    elif _is_numbers(log):
        yield [(0, [name or "value"]), *enumerate(([_cell(v)] for v in log), 1)]
    elif all(_is_numbers(entry, 2) for entry in log):
        yield [(k, [_cell(v) for v in entry]) for k, entry in enumerate(log)]  # type: ignore[attr-defined]


def _is_numbers(value: object, fewest: int = FEWEST) -> bool:
    return (
        isinstance(value, list)
        and len(value) >= fewest
        and all(isinstance(v, (int, float, str)) or v is None for v in value[:1000])
    )


def _cell(value: object) -> str:
    return "" if value is None else str(value)[:200]


def _flat(entry: dict[str, object], into: Record | None = None, before: str = "") -> Record:
    """A record with the keys of nested ones: "value.bpm"; several numbers in one cell."""
    record: Record = {} if into is None else into
    for key, value in entry.items():
        if len(record) >= MOST_COLUMNS:
            break
        if isinstance(value, list) and value and all(isinstance(v, dict) for v in value):
            value = value[0]
        if isinstance(value, dict):
            _flat(value, record, f"{before}{key}.")
        elif isinstance(value, list):
            record[f"{before}{key}"] = " ".join(_cell(v) for v in value[:20])
        else:
            record[f"{before}{key}"] = _cell(value)
    return record


def _kind(element: Xml.Element) -> str:
    """What elements of one kind share: their tag, and the type that Apple gives them."""
    kind = element.attrib.get("type", "")
    for prefix in _APPLE:
        kind = kind.removeprefix(prefix)
    return kind or _tag(element)


def _tag(element: Xml.Element) -> str:
    return element.tag.rsplit("}", 1)[-1]


def _flat_element(element: Xml.Element) -> Record:
    """Attributes and texts of an element and of those in it: "HeartRateBpm" for its value."""
    record: Record = {key.rsplit("}", 1)[-1]: value for key, value in element.attrib.items()}
    for inner in element.iter():
        text = (inner.text or "").strip()
        if inner is element or not text or len(record) >= MOST_COLUMNS:
            continue
        record.setdefault(_tag(inner), text)
    for part in element:
        leaf = part[0] if len(part) == 1 else None
        if leaf is not None and _tag(leaf).lower() == "value" and leaf.text:
            record[_tag(part)] = leaf.text.strip()
            record.pop(_tag(leaf), None)
    return record


NO_JSON = (*NO_LOG, MemoryError)
