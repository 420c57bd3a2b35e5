"""HTML: the session as one page that needs nothing else and links to nothing."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

from aimanet.evaluation.report_style import STYLE
from aimanet.sessions.analyses import load_analyses
from aimanet.sessions.analysis import compare
from aimanet.sessions.export.drawing import (
    Draw,
    Material,
    agreement,
    clock,
    errors,
    heart_rate,
    pulse,
    render,
    signal,
)
from aimanet.sessions.export.facts import comparison, facts, key_figures, number, title
from aimanet.sessions.export.job import Tick
from aimanet.sessions.reader import Session
from aimanet.words import CLAIM

MORE_STYLE = """
.figures { display: flex; flex-wrap: wrap; gap: 14px 44px; margin: 18px 0 0; }
.figures b { display: block; font-size: 30px; line-height: 1.1; font-weight: 700; }
.figures div:first-child b { color: var(--accent); }
.figures small { font-size: 14px; font-weight: 500; color: var(--muted); }
.card > svg { width: 100%; height: auto; display: block; font-family: inherit; }
.two { display: grid; grid-template-columns: 5fr 4fr; gap: 18px; align-items: end; }
.two svg { width: 100%; height: auto; display: block; font-family: inherit; }
@media (max-width: 720px) { .two { grid-template-columns: 1fr; } }
"""

WIDE = (9.6, 3.0)
LOW = (9.6, 2.3)
FILTER_NOTE = (
    "The clearest seconds. The sensor's wave went through the same filter as the camera's, "
    "so that the delay of both is equal."
)
SENSOR_NOTE = (
    "Good readings against the sensor's heart rate over the same {window:g} s. Limits of agreement "
    "are bias ± 1.96 standard deviations (Bland & Altman 1986)."
)


def write(session: Session, stage: Path, stem: str, tick: Tick) -> list[Path]:
    """``STEM.html``."""
    material = Material.of(session)
    tick(0.2)
    path = stage / f"{stem}.html"
    text = html_page(material, tick)
    path.write_text(text, encoding="utf-8", errors="replace", newline="\n")
    return [path]


def html_page(material: Material, tick: Tick = lambda share: None) -> str:
    """The page; every word of a person in it is escaped."""
    session = material.session
    cards = [_header(material)]
    if session.problems:
        cards.append(_card("Of note", _list(session.problems)))
    cards.append(_plot("Heart rate", "", heart_rate, material, WIDE, "h"))
    tick(0.5)
    has_wave = session.reference is not None
    cards.append(_plot("Pulse", FILTER_NOTE if has_wave else "The clearest seconds.", pulse,
                       material, LOW, "p"))  # fmt: skip
    cards.append(_plot("Signal", "", signal, material, LOW, "s"))
    tick(0.7)
    cards += [_beside(material), _analyses(session), _markers(session)]
    cards.append(_card("How this was recorded", _terms(facts(session))))
    name = _text(title(session))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{name}</title>\n<style>{STYLE}{MORE_STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(card for card in cards if card)
        + f'\n<p class="sub">{CLAIM}</p>\n</main>\n</body>\n</html>\n'
    )


def _text(value: object) -> str:
    """Escaped; what is no UTF-8 and no picture becomes question marks and blanks."""
    text = str(value).encode("utf-8", "replace").decode("utf-8")
    return escape("".join(c if c.isprintable() else " " for c in text))


def _header(material: Material) -> str:
    session = material.session
    about = dict(facts(session))
    line = " · ".join(about[key] for key in ("recorded", "participant", "method") if key in about)
    figures = "".join(
        f"<div><b>{_text(value)} <small>{_text(unit)}</small></b>{_text(what)}</div>"
        for value, unit, what in key_figures(material)
    )
    return (
        f'<header><h1><b>♥</b> {_text(title(session))}</h1><p class="muted">{_text(line)}</p>'
        f'<div class="figures">{figures}</div></header>'
    )


def _card(heading: str, content: str, sub: str = "") -> str:
    small = f'<p class="sub">{_text(sub)}</p>' if sub else ""
    return f'<section class="card"><h2>{_text(heading)}</h2>{small}{content}</section>'


def _plot(
    heading: str, sub: str, draw: Draw, material: Material, size: tuple[float, float], prefix: str
) -> str:
    return _card(heading, render(draw, material, size, f"{heading} plot", f"{prefix}-"), sub)


def _beside(material: Material) -> str:
    found = material.found
    if found is None:
        return ""
    if not found.ok.any():
        return _card(
            "Comparison with the contact sensor", "<p>No good reading has one beside it.</p>"
        )
    plots = "".join(
        render(draw, material, size, f"{name} plot", f"{name[0]}-")
        for name, draw, size in (
            ("error over time", errors, (5.4, 3.4)),
            ("Bland-Altman", agreement, (4.6, 3.4)),
        )
    )
    sub = SENSOR_NOTE.format(window=found.window_s)
    return _card(
        "Comparison with the contact sensor",
        f'<div class="two">{plots}</div>{_terms(comparison(material))}',
        sub,
    )


def _analyses(session: Session) -> str:
    """What other methods read in the session."""
    rows = ""
    for one in load_analyses(session.folder)[0]:
        off = compare(session.readings, one.readings).mae_bpm
        share = one.tally.ok_share
        good = "–" if share is None else f"{share:.0%}"
        rows += (
            f'<tr><td class="name">{_text(one.origin.name)}</td>'
            f"<td>{number(one.tally.hr_bpm, 1)}</td><td>{good}</td><td>{number(off, 1)}</td></tr>"
        )
    if not rows:
        return ""
    head = (
        '<thead><tr><th class="name">Method</th><th>mean BPM</th><th>good signal</th>'
        "<th>mean difference</th></tr></thead>"
    )
    return _card("Re-analysed with other methods", f"<table>{head}<tbody>{rows}</tbody></table>")


def _markers(session: Session) -> str:
    if not session.markers:
        return ""
    rows = "".join(
        f'<tr><td class="name">{_text(marker.name)}</td><td>{clock(marker.t)}</td>'
        f"<td>{marker.t:.2f}</td></tr>"
        for marker in session.markers
    )
    head = '<thead><tr><th class="name">Name</th><th>min:s</th><th>s</th></tr></thead>'
    return _card("Markers", f"<table>{head}<tbody>{rows}</tbody></table>")


def _list(lines: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{_text(line)}</li>' for line in lines)}</ul>"


def _terms(told: Iterable[tuple[str, str]]) -> str:
    return f"<dl>{''.join(f'<dt>{_text(t)}</dt><dd>{_text(v)}</dd>' for t, v in told)}</dl>"
