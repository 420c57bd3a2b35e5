"""What a look into every recording of a folder adds up to."""

from __future__ import annotations

from pathlib import Path

import pytest

from aimanet.datasets.base import Facts, Problem, Recording
from aimanet.datasets.check import Checked, Report
from aimanet.datasets.pure import Pure
from aimanet.datasets.ubfc_rppg import UbfcRppg
from tests.aimanet.datasets import folders


def report_of(root: Path) -> Report:
    dataset = UbfcRppg()
    found = dataset.find(root)
    checked = tuple(Checked.of(recording, dataset) for recording in found.recordings)
    return Report(dataset.name, root, checked, found.problems)


def test_counts(tmp_path: Path) -> None:
    folders.ubfc_rppg(tmp_path, subjects=(1, 3), simple=(5,), seconds=2.0)
    (tmp_path / "DATASET_2" / "subject3" / "ground_truth.txt").unlink()
    (tmp_path / "DATASET_1" / "5-gt" / "gtdump.xmp").write_text("x")
    report = report_of(tmp_path)
    assert [one.name for one in report.usable] == ["subject1", "subject3"]
    assert (report.persons, len(report.checked)) == (2, 3)
    assert report.minutes == pytest.approx(2 * 58 / 30 / 60)
    assert report.label_hz == pytest.approx((28.9, 28.9, 28.9), rel=0.01)
    assert [report.shown(p.path) for p in report.told(fatal=True)] == ["DATASET_1/5-gt/gtdump.xmp"]
    assert [report.shown(p.path) for p in report.told(fatal=False)] == [
        "DATASET_2/subject3/vid.avi"
    ]
    record = report.record()
    assert (record["usable"], record["unlabelled"], len(record["videos"])) == (2, 1, 3)
    assert report.shown(Path("/elsewhere/a")) == "/elsewhere/a"


def test_an_empty_report() -> None:
    report = Report("pure", Path("/data"))
    assert (report.usable, report.persons, report.minutes, report.label_hz) == ((), 0, 0.0, None)
    assert report.record()["label_hz"] is None


def test_a_reader_that_stumbles_hides_no_others(tmp_path: Path) -> None:
    class Stumbling(Pure):
        def look(self, recording: Recording) -> Facts:
            raise ZeroDivisionError("no\nframes")

    one = Checked.of(Recording("pure", "01-01", "01", tmp_path, tmp_path), Stumbling())
    assert not one.usable
    assert one.facts.problems == (
        Problem(tmp_path, "cannot be read (ZeroDivisionError: no frames)"),
    )
