"""The command `datasets`, in this process."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from aimanet.cli import main
from aimanet.datasets.registry import DATASETS
from tests.aimanet.datasets import folders
from tests.aimanet.sources.videos import cut


def run(*args: object) -> int:
    return main(["datasets", *map(str, args)])


@pytest.fixture(scope="module")
def pure(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folders.pure(tmp_path_factory.mktemp("pure"), seconds=1.0)


def test_list_names_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    plain = capsys.readouterr().out
    assert run("list", "--json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["name"] for line in lines] == [*DATASETS, "seed"]
    assert all(line["name"] in plain and line["where"] and line["layout"] for line in lines)


def test_show_tells_the_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "pure", "seed") == 0
    out = capsys.readouterr().out
    assert DATASETS["pure"].layout in out
    assert DATASETS["pure"].where in out
    assert "input_numpy.npy" in out


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["show", "pur"], "did you mean pure"),
        (["list", "pure"], "datasets show pure"),
        (["check"], "check what"),
        (["prepare"], "prepare what"),
        (["prepare", "x", "--size", "2"], "--size 2"),
        (["prepare", "x", "--fs", "nan"], "--fs nan"),
        (["check", "/no/such/folder"], "no such folder"),
        (["chek", "x"], "list"),
    ],
)
def test_mistakes_are_one_line(
    args: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*args) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    assert said in captured.err


def test_check_counts(pure: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", pure) == 0
    out = capsys.readouterr().out
    assert "3 of 3 recordings can be used: 2 persons" in out
    assert "labels at 60.0 Hz" in out
    assert run("check", pure, "--all") == 0
    assert "01-02" in capsys.readouterr().out


def test_check_json(pure: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", f"pure={pure}", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["dataset"], report["recordings"], report["persons"]) == ("pure", 3, 2)
    assert report["label_hz"] == pytest.approx([60, 60, 60])
    assert report["videos"][0]["frames"] == 30
    assert report["problems"] == []


def test_check_lists_what_is_broken_and_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = folders.ubfc_rppg(tmp_path / "UBFC", subjects=(1, 3, 4), simple=(), seconds=1.0)
    part = root / "DATASET_2"
    cut(part / "subject1" / "vid.avi", 0.5)
    (part / "subject3" / "ground_truth.txt").unlink()
    assert run("check", root) == 0
    out = capsys.readouterr().out
    assert "2 of 3 recordings can be used" in out
    assert "1 without a label" in out
    assert "DATASET_2/subject1/vid.avi: only" in out
    assert run("check", root, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert [video["usable"] for video in report["videos"]] == [False, True, True]
    assert [problem["fatal"] for problem in report["problems"]] == [True, False]


def test_check_without_anything_usable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = folders.ubfc_rppg(tmp_path, subjects=(1,), simple=(), seconds=0.5)
    (root / "DATASET_2" / "subject1" / "vid.avi").write_bytes(b"")
    assert run("check", root) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert "no recording of ubfc-rppg that can be used" in captured.err
    assert "the file is empty" in captured.out


def test_check_of_several_in_one_folder(
    pure: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders.pure(tmp_path / "a", ("01-01",), seconds=0.5)
    folders.cohface(tmp_path / "b", (1,), (0,), seconds=0.5)
    assert run("check", tmp_path, pure, "--json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["dataset"] for line in lines] == ["pure", "cohface", "pure"]


def test_check_of_arrays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inputs = np.zeros((60, 6, 36, 36), np.float32)
    np.save(tmp_path / "input_numpy.npy", inputs)
    np.save(tmp_path / "output_numpy.npy", np.arange(60.0))
    assert run("check", tmp_path, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["dataset"], report["videos"][0]["frames"]) == ("seed", 60)
    inputs[40, 2, 3, 3] = np.nan
    np.save(tmp_path / "input_numpy.npy", inputs)
    assert run("check", tmp_path) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_prepare_then_everything_is_there(
    tmp_path: Path, face_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = folders.ubfc_rppg(tmp_path / "UBFC", subjects=(1, 3), simple=(), seconds=1.5)
    cut(root / "DATASET_2" / "subject3" / "vid.avi", 0.5)
    args = ("prepare", f"ubfc-rppg={root}", "--cache", tmp_path / "cache", "--jobs", 1)
    assert run(*args) == 0
    captured = capsys.readouterr()
    assert "1 new, 0 were there; 1 skipped" in captured.out
    assert "skipped ubfc-rppg/subject3: " in captured.err
    assert "incomplete" in captured.err
    assert run(*args, "--json") == 0
    steps = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    states = {step["name"]: step["state"] for step in steps}
    assert states == {"subject1": "cached", "subject3": "skipped"}


def test_prepare_leaves_out_what_the_authors_leave_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders.ubfc_phys(tmp_path, subjects=(3,), tasks=("T1",), seconds=0.3)
    assert run("prepare", tmp_path, "--jobs", 1, "--cache", tmp_path / "cache") == 2
    captured = capsys.readouterr()
    assert "not prepared: 1 (left out by the data set's authors" in captured.err
    assert "no recordings to prepare" in captured.err


def test_prepare_of_arrays_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("prepare", f"seed={tmp_path}") == 2
    assert "arrays are no videos" in capsys.readouterr().err
