"""What is written: tables and JSON with every digit, plots, a page that needs nothing else."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from aimanet.errors import OutputError
from aimanet.evaluation.folder import ResultFolder, write_results
from aimanet.evaluation.metrics import UNDEFINED, Score
from aimanet.evaluation.plots import PLOTS, png, svg
from aimanet.evaluation.predictions import Prediction, read_predictions
from aimanet.evaluation.profiles import PROFILES
from aimanet.evaluation.report import html_report
from aimanet.evaluation.results import Evaluation, Row, Skipped, VideoResult
from aimanet.evaluation.runner import Outcome
from aimanet.evaluation.tables import evaluation_record, results_csv, summary_csv, to_json
from aimanet.evaluation.terminal import notes, summary_table, video_table

from .waves import pair

ODD = '<script>alert("&")</script>'


def video(name, label, pred, ok=None):
    return VideoResult(name, (Score(label, pred, 3.25, 0.8125),), 60.0, "p1", ok)


def evaluation(*more, window_s=None):
    rows = (
        Row(
            "TS-CAN",
            "pure",
            (video("01-01", 60.0, 61.0, 0.9), video(ODD, 80.0, 78.0, 0.5)),
            (Skipped("02-01", f"broken {ODD}"),),
            "tscan (0123456789ab)",
        ),
        Row("POS", "pure", (video("01-01", 60.0, 60.5), VideoResult("x", (UNDEFINED,), 9.0))),
        Row("GREEN", "empty", (), (Skipped("a", "no face"),)),
        *more,
    )
    return Evaluation(
        PROFILES["neurips2023"], window_s, rows, f"aimanet {ODD}", "today", (("numpy", "2"),)
    )


@pytest.fixture(scope="module")
def html():
    return html_report(evaluation())


class Page(HTMLParser):
    """Collects tags and texts; complains about elements that are closed in the wrong order."""

    VOID = ("meta", "br", "hr", "img", "link")

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.words, self.ids = [], [], [], []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_data(self, data):
        self.words.append(data)


def test_the_page_is_whole_and_fetches_nothing(html):
    page = Page(html)
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "link", "img", "iframe", "a", "object"}
    assert "http" not in html
    assert "url(" not in re.sub(r"url\(#", "", html)
    assert len(page.ids) == len(set(page.ids))
    for _, attrs in page.tags:
        for value in attrs.values():
            for target in re.findall(r"(?:^|url\()#([^)]+)", value or ""):
                assert target in page.ids or re.fullmatch(r"[0-9a-f]{6}", target), target


def test_the_page_says_what_was_found_and_how(html):
    page = Page(html)
    text = " ".join(" ".join(page.words).split())
    assert "neurips2023" in text
    assert "tscan (0123456789ab)" in text
    assert f"aimanet {ODD}" in text, "escaped in the source, whole on the page"
    assert f"pure/02-01: broken {ODD} (TS-CAN only)" in text
    assert "pure/x: a wave that does not change" in text
    assert "1.41 times" in text
    assert "95 % of the differences" in text
    assert "No video could be scored" in text
    assert "70%" in text  # the mean of 90 and 50 % of readings ok
    assert "1.50 ± 0.35" in text  # MAE of 1 and 2


def test_the_best_of_a_data_set_is_marked_and_a_lone_method_is_not(html):
    table = html[: html.index("</table>")]
    assert re.findall(r'<span class="best">([^ <]+)', table) == [
        *("1.000", "3.25", "0.812"),  # Pearson, SNR and MACC of TS-CAN
        *("0.50", "0.50", "0.83", "3.25", "0.812"),  # errors of POS; a tie is two winners
    ]


@pytest.mark.parametrize("name", PLOTS)
@pytest.mark.parametrize("count", [0, 1, 1500])
def test_plots_of_few_and_many(name, count):
    rng = np.random.default_rng(count)
    rates = rng.uniform(50, 120, (count, 2))
    row = Row("$x_1$ <b>", "y", tuple(video(str(k), *pair) for k, pair in enumerate(rates)))
    assert png(PLOTS[name], row).startswith(b"\x89PNG")
    drawn = svg(PLOTS[name], row, "a plot", "p-")
    assert drawn.startswith('<svg role="img" aria-label="a plot"')
    assert "var(--accent)" in drawn or count == 0
    assert "#010203" not in drawn


def test_bland_altman_draws_the_textbook_limits():
    row = evaluation().rows[0]
    drawn = svg(PLOTS["bland_altman"], row, "", "p-")
    sd = np.std([1.0, -2.0], ddof=1)
    for value, words in ((-0.5, "bias"), (-0.5 + 1.96 * sd, "+1.96 SD")):
        assert words in drawn
        assert f"{value:+.1f}".replace("-", "−") in drawn


def test_json_has_all_digits_and_null_for_what_is_undefined():
    third = Row("m", "d", (video("v", 60.0, 60.0 + 1 / 3),))
    record = json.loads(to_json(evaluation_record(evaluation(third))))
    assert record["profile"] == "neurips2023"
    tscan, pos, empty, last = record["rows"]
    assert last["summary"]["mae"] == 60.0 + 1 / 3 - 60.0
    assert last["summary"]["pearson"] is None
    assert tscan["per_video"]["01-01"] == {
        **{"hr_label": 60.0, "hr_pred": 61.0, "snr": 3.25, "macc": 0.8125},
        **{"seconds": 60.0, "subject": "p1", "ok_share": 0.9},
    }
    assert tscan["skipped"] == [{"video": "02-01", "reason": f"broken {ODD}"}]
    assert (pos["undefined"], pos["summary"]["videos"], pos["summary"]["scores"]) == (["x"], 2, 1)
    assert pos["per_video"]["x"]["hr_pred"] is None
    assert empty["summary"]["mae"] is None


def test_csv_tables():
    windows = Row("m", "d", (VideoResult("v", (Score(60, 61, 1, 0.5), UNDEFINED), 20.0),))
    both = evaluation(windows, window_s=10.0)
    lines = list(csv.DictReader(io.StringIO(results_csv(both))))
    assert len(lines) == 2 + 2 + 2
    assert lines[1]["video"] == ODD
    assert [line["window"] for line in lines[-2:]] == ["0", "1"]
    assert lines[-1]["hr_pred"] == ""
    rows = list(csv.DictReader(io.StringIO(summary_csv(both))))
    assert [row["method"] for row in rows] == ["TS-CAN", "POS", "GREEN", "m"]
    assert (float(rows[0]["mae"]), rows[0]["window_s"], rows[2]["mae"]) == (1.5, "10.0", "")
    assert float(rows[0]["ok_share"]) == 0.7
    assert float(rows[0]["bias"]) == -0.5


def test_the_folder_holds_everything_and_keeps_what_others_put_there(tmp_path):
    pred, label = pair(60)
    there = tmp_path / "new" / "folder"
    there.mkdir(parents=True)
    (there / "notes.txt").write_text("mine")
    (there / "report.html").write_text("old")
    row, unscored = evaluation().rows[::2]
    result = Evaluation(PROFILES["toolbox-2025"], None, (row, row, unscored))
    waves = (Prediction("01-01", pred, label, 30.0, False),)
    outcomes = [Outcome(row, waves), Outcome(row, ()), Outcome(unscored, ())]
    report = write_results(ResultFolder(there), result, outcomes)
    assert report.read_text(encoding="utf-8").startswith("<!doctype html>")
    names = {path.name for path in there.iterdir()}
    stems = ("ts-can-pure", "ts-can-pure~2")
    assert names == {
        *("notes.txt", "report.html", "results.csv", "summary.csv", "results.json"),
        *(f"{stem}.{plot}.png" for stem in stems for plot in PLOTS),
        "ts-can-pure.predictions.npz",
    }
    assert json.loads((there / "results.json").read_text())["rows"][0]["method"] == "TS-CAN"
    (back,) = read_predictions(there / "ts-can-pure.predictions.npz")
    assert np.array_equal(back.pred, pred)


def test_a_folder_that_cannot_be_written_is_told_at_once(tmp_path):
    file = tmp_path / "file"
    file.touch()
    for bad in (file, file / "below"):
        with pytest.raises(OutputError, match=r"cannot write .*--out"):
            ResultFolder(bad)
    folder = ResultFolder(tmp_path / "results")
    (folder.path / "report.html").mkdir()
    with pytest.raises(OutputError, match=r"cannot write .*report\.html"):
        folder.write("report.html", b"x")
    assert [path.name for path in folder.path.iterdir()] == ["report.html"]


def test_terminal_tables_and_notes():
    from rich.console import Console

    file = io.StringIO()
    console = Console(width=200, file=file, highlight=False)
    result = evaluation(Row("m", "d", (video("\x1b[31mred [bold]", 60, 61),)))
    console.print(summary_table(result))
    console.print(video_table(result.rows[-1]))
    shown = file.getvalue()
    assert "1.50 ±0.35" in shown
    assert "?[31mred [bold]" in shown
    assert "70%" in shown
    lines = list(notes(result))
    assert lines[0] == f"left out: pure/02-01: broken {ODD}"
    assert "no heart rate: pure/x: a wave in it does not change" in lines
    many = Row("m", "d", (), tuple(Skipped(f"v{k}", "gone") for k in range(30)))
    lines = list(notes(evaluation(many)))
    assert len(lines) == 11
    assert lines[-1].startswith("... and 23 more")
