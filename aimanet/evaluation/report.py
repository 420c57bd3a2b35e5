"""The results as one HTML file that needs nothing else: tables, plots, how they were made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np

from aimanet.evaluation.plots import PLOTS, svg
from aimanet.evaluation.report_style import STYLE
from aimanet.evaluation.results import Evaluation, Row, Skipped, VideoResult
from aimanet.evaluation.summary import METRICS, Figure
from aimanet.words import CLAIM

HEADS = {
    "mae": ("MAE", "BPM"),
    "rmse": ("RMSE", "BPM"),
    "mape": ("MAPE", "%"),
    "pearson": ("Pearson", "r"),
    "snr": ("SNR", "dB"),
    "macc": ("MACC", ""),
}
"""What metrics are called, and their units."""

HIGHER_IS_BETTER = ("pearson", "snr", "macc")

DIGITS = {"pearson": 3, "macc": 3}

METHOD_NOTE = """
Waves are detrended (smoothness priors, λ = 100) and band-passed (Butterworth of order 1, forwards
and backwards, {low:g}–{high:g} Hz); the heart rate is the highest bin of the periodogram,
zero-padded to a power of two, in that band. SNR: power within 0.1 Hz of the sensor's rate and of
twice that, over the rest of the band. MACC: the highest absolute correlation over circular
shifts. After ± stands the standard error. These are the definitions of rPPG-Toolbox, so that
figures can be compared with published ones.
"""

LIMITS_NOTE = """
Limits of agreement are the textbook's, bias ± 1.96 standard deviations of the differences
(Bland & Altman 1986); rPPG-Toolbox draws them 1.41 times as far apart.
"""


def html_report(evaluation: Evaluation) -> str:
    """Returns the page. Every name in it is escaped; it links to nothing."""
    rows = evaluation.rows
    body = [
        _header(evaluation),
        _card("Results", _results_sub(evaluation), _results_table(rows)),
        *(_row_card(row, k, evaluation.window_s) for k, row in enumerate(rows)),
        _skipped_card(rows),
        _card("How these figures were made", "", _making(evaluation)),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>AimaNet evaluation</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part for part in body if part)
        + "\n</main>\n</body>\n</html>\n"
    )


def _text(value: object) -> str:
    """Escaped; bytes of a file name that are no UTF-8 become question marks."""
    return escape(str(value).encode("utf-8", "replace").decode("utf-8"))


def _header(evaluation: Evaluation) -> str:
    methods = {row.method for row in evaluation.rows}
    datasets = {row.dataset for row in evaluation.rows}
    what = f"{_count(len(methods), 'method')} on {_count(len(datasets), 'data set')}"
    return (
        "<header><h1><b>♥</b> Heart rate from video: evaluation</h1>"
        f'<p class="muted">{what} · {_windows(evaluation)} · profile '
        f"{_text(evaluation.profile.name)} · {_text(evaluation.created)}</p></header>"
    )


def _windows(evaluation: Evaluation) -> str:
    if evaluation.window_s is None:
        return "one heart rate a video"
    return f"windows of {evaluation.window_s:g} s"


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _card(title: str, sub: str, content: str) -> str:
    small = f'<p class="sub">{sub}</p>' if sub else ""
    return f'<section class="card"><h2>{title}</h2>{small}{content}</section>'


def _results_sub(evaluation: Evaluation) -> str:
    profile = evaluation.profile
    return f"{_text(profile.name)}: {_text(profile.about)}. Shaded: the best of each data set."


def _results_table(rows: Sequence[Row]) -> str:
    trust = any(row.ok_share is not None for row in rows)
    heads = [f"<th>{name}<small>{unit or '&nbsp;'}</small></th>" for name, unit in HEADS.values()]
    if trust:
        heads.append("<th>ok<small>of readings</small></th>")
    head = f'<thead><tr><th class="name">Method</th><th>Videos</th>{"".join(heads)}</tr></thead>'
    groups = []
    for dataset in dict.fromkeys(row.dataset for row in rows):
        group = [row for row in rows if row.dataset == dataset]
        span = 2 + len(heads)
        groups.append(f'<tr><td class="group" colspan="{span}">{_text(dataset)}</td></tr>')
        groups += [_result_line(row, _best(group), trust=trust) for row in group]
    return f"<table>{head}<tbody>{''.join(groups)}</tbody></table>"


def _best(rows: Sequence[Row]) -> dict[str, float]:
    """The best value of each metric among several rows; none for a row alone."""
    best = {}
    for name in METRICS if len(rows) > 1 else ():
        values = [getattr(row.summary, name).value for row in rows]
        known = [value for value in values if np.isfinite(value)]
        if known:
            best[name] = max(known) if name in HIGHER_IS_BETTER else min(known)
    return best


def _result_line(row: Row, best: dict[str, float], *, trust: bool) -> str:
    summary = row.summary
    cells = []
    for name in METRICS:
        figure = getattr(summary, name)
        text = _figure(figure, DIGITS.get(name, 2))
        won = figure.value == best.get(name)
        cells.append(f'<td><span class="best">{text}</span></td>' if won else f"<td>{text}</td>")
    if trust:
        cells.append(f"<td>{'–' if row.ok_share is None else f'{row.ok_share:.0%}'}</td>")
    model = f"<small>{_text(row.model)}</small>" if row.model else ""
    name = f'<td class="name">{_text(row.method)}{model}</td>'
    return f"<tr>{name}<td>{len(row.videos)}</td>{''.join(cells)}</tr>"


def _figure(figure: Figure, digits: int) -> str:
    value = _number(figure.value, digits)
    return f"{value} <small>± {_number(figure.se, digits)}</small>" if value != "–" else value


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".replace("-", "−") if np.isfinite(value) else "–"


def _row_card(row: Row, k: int, window_s: float | None) -> str:
    title = f"{_text(row.method)} <span class='muted'>on {_text(row.dataset)}</span>"
    if not row.videos:
        return _card(title, "No video could be scored; the reasons are below.", "")
    plots = "".join(
        svg(draw, row, f"{name.replace('_', '-')} plot, {_text(row.method)}", f"p{k}{name[0]}-")
        for name, draw in PLOTS.items()
    )
    detail = (
        f"<details><summary>{_count(len(row.videos), 'video')}</summary>{_videos(row)}</details>"
    )
    windows = "" if window_s is None else f" in {_count(len(row.scores), 'window')}"
    figures = row.agreement
    sub = (
        f"{_count(len(row.videos), 'video')}{windows}; bias {_number(figures.bias_bpm, 2)} BPM, "
        f"95 % of the differences within {_number(figures.low_bpm, 1)} to "
        f"{_number(figures.high_bpm, 1)} BPM"
    )
    return _card(title, sub, f'<div class="plots">{plots}</div>{detail}')


def _videos(row: Row) -> str:
    trust = any(v.ok_share is not None for v in row.videos)
    heads = ["sensor<small>BPM</small>", "camera<small>BPM</small>", "error<small>BPM</small>"]
    heads += ["SNR<small>dB</small>", "MACC<small>&nbsp;</small>", "scored<small>s</small>"]
    heads += ["ok<small>of readings</small>"] if trust else []
    head = "".join(f"<th>{text}</th>" for text in heads)
    widest = max((abs(v.mean().error_bpm) for v in row.videos), default=0.0)
    lines = "".join(_video_line(v, widest, trust=trust) for v in row.videos)
    return (
        f'<table><thead><tr><th class="name">Video</th>{head}</tr></thead>'
        f"<tbody>{lines}</tbody></table>"
    )


def _video_line(video: VideoResult, widest: float, *, trust: bool) -> str:
    mean = video.mean()
    error = mean.error_bpm
    width = 72 * abs(error) / widest if np.isfinite(error) and widest > 0 else 0
    bar = f'<span class="bar" style="width:{width:.0f}px"></span>' if width >= 1 else ""
    cells = [
        f"<td>{_number(mean.hr_label_bpm, 1)}</td><td>{_number(mean.hr_pred_bpm, 1)}</td>",
        f'<td class="error">{bar}<b>{_number(error, 1)}</b></td><td>{_number(mean.snr_db, 1)}</td>',
        f"<td>{_number(mean.macc, 3)}</td><td>{_number(video.seconds, 0)}</td>",
    ]
    if trust:
        cells.append(f"<td>{'–' if video.ok_share is None else f'{video.ok_share:.0%}'}</td>")
    return f'<tr><td class="name">{_text(video.video)}</td>{"".join(cells)}</tr>'


def _skipped_card(rows: Sequence[Row]) -> str:
    """What is in no figure: once for all methods, or with the method where it is only one."""
    lines: dict[tuple[str, Skipped], list[str]] = {}
    for row in rows:
        for skipped in row.skipped:
            lines.setdefault((row.dataset, skipped), []).append(row.method)
        for video in row.undefined:
            why = Skipped(video, "a wave that does not change: no heart rate")
            lines.setdefault((row.dataset, why), []).append(row.method)
    if not lines:
        return ""
    items = "".join(
        f"<li>{_text(dataset)}/{_text(one.video)}: {_text(one.reason)}"
        f"{_only(methods, dataset, rows)}</li>"
        for (dataset, one), methods in lines.items()
    )
    return _card("Left out", "These count in no figure above.", f"<ul>{items}</ul>")


def _only(methods: Sequence[str], dataset: str, rows: Sequence[Row]) -> str:
    everyone = [row.method for row in rows if row.dataset == dataset]
    return "" if len(methods) == len(everyone) else f" ({_text(', '.join(methods))} only)"


def _making(evaluation: Evaluation) -> str:
    profile = evaluation.profile
    models = {row.method: row.model for row in evaluation.rows if row.model}
    facts: list[tuple[str, str]] = []
    if evaluation.command:
        facts.append(("command", f"<code>{_text(evaluation.command)}</code>"))
    facts += [("profile", f"{_text(profile.name)}, {profile.low_hz:g}–{profile.high_hz:g} Hz")]
    facts += [(f"weights of {_text(m)}", f"<code>{_text(w)}</code>") for m, w in models.items()]
    facts += [("versions", _text(", ".join(f"{n} {v}" for n, v in evaluation.versions)))]
    notes = METHOD_NOTE.format(low=profile.low_hz, high=profile.high_hz) + LIMITS_NOTE
    return (
        f"<dl>{_terms(facts)}</dl>"
        f'<p class="sub" style="margin-top:14px">{notes}</p>'
        f'<p class="sub" style="margin-top:8px">{CLAIM}</p>'
    )


def _terms(facts: Iterable[tuple[str, str]]) -> str:
    return "".join(f"<dt>{term}</dt><dd>{value}</dd>" for term, value in facts)
