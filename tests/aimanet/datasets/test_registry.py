"""Which data set a folder is, and what a word on the command line means."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aimanet.datasets import registry
from aimanet.datasets.base import DatasetError
from aimanet.datasets.registry import ARRAYS, DATASETS, detect, every_meaning, parse_spec
from tests.aimanet.datasets import folders, folders_b

SHORT = folders.person(1, 0.5)


def made(root: Path, _: object) -> Path:
    return root


MADE = {
    "ubfc-phys": lambda root: folders.ubfc_phys(root, (1,), ("T1",), seconds=0.2),
    "ubfc-rppg": lambda root: folders.ubfc_rppg(root, (1,), (5,), seconds=0.2),
    "pure": lambda root: folders.pure(root, ("01-01",), seconds=0.2),
    "cohface": lambda root: folders.cohface(root, (1,), (0,), seconds=0.2),
    "scamps": lambda root: made(root, folders_b.scamps_file(root / "P000001.mat", SHORT)),
    "mmpd": lambda root: made(root, folders_b.mmpd_file(root / "subject1" / "p1_0.mat", SHORT)),
    "ibvp": lambda root: made(root, folders_b.ibvp_session(root / "p01_a", SHORT)),
    "bp4d": lambda root: folders_b.bp4d(root, (("F001", "T1"),), seconds=0.2),
    "sessions": lambda root: made(root, folders_b.session(root / "2026-11-22 12-00", SHORT)),
}


def arrays(root: Path) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    np.save(root / "input_numpy.npy", np.zeros((20, 6, 36, 36), np.float32))
    np.save(root / "output_numpy.npy", np.zeros(20))
    return root


def test_every_data_set_says_what_it_is() -> None:
    names = [
        "ubfc-phys",
        "ubfc-rppg",
        "pure",
        "scamps",
        "mmpd",
        "ibvp",
        "cohface",
        "bp4d",
        "sessions",
    ]
    assert list(DATASETS) == names
    for name, dataset in DATASETS.items():
        assert dataset.name == name
        assert dataset.title
        assert dataset.where
        assert dataset.layout
        assert registry.SIZES[name]


@pytest.mark.parametrize("name", MADE)
def test_a_folder_is_recognised(tmp_path: Path, name: str) -> None:
    root = MADE[name](tmp_path / "my däta")
    assert detect(root) == name
    assert parse_spec(str(root)) == (name, root)
    assert parse_spec(str(tmp_path)) == (name, tmp_path)
    assert parse_spec(f"{name}={root}") == (name, root)


def test_arrays_are_recognised(tmp_path: Path) -> None:
    assert detect(arrays(tmp_path / "a")) == ARRAYS
    assert parse_spec(f"seed={tmp_path / 'a'}") == ("seed", tmp_path / "a")


def test_several_in_one_folder(tmp_path: Path) -> None:
    MADE["pure"](tmp_path / "PURE")
    MADE["cohface"](tmp_path / "COHFACE")
    with pytest.raises(DatasetError, match="holds pure and cohface; say which one is meant: pure="):
        detect(tmp_path)
    assert every_meaning(str(tmp_path)) == [("pure", tmp_path), ("cohface", tmp_path)]
    assert every_meaning(f"cohface={tmp_path}") == [("cohface", tmp_path)]


def test_a_home_folder_is_written_with_a_tilde(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    MADE["pure"](tmp_path / "PURE")
    assert parse_spec("~/PURE") == ("pure", tmp_path / "PURE")
    assert parse_spec("pure=~/PURE") == ("pure", tmp_path / "PURE")


def test_an_equals_sign_in_a_folder_s_name(tmp_path: Path) -> None:
    root = MADE["pure"](tmp_path / "a=b")
    assert parse_spec(str(root)) == ("pure", root)
    assert parse_spec(f"pure={root}") == ("pure", root)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("pur={}", "there is no data set 'pur'; did you mean pure"),
        ("nothing={}", "known: ubfc-phys"),
        ("pure={}/no", "no such folder"),
        ("{}/no", "no such folder"),
        ("{}", "the folder is empty"),
        ("pure=", "no folder in it"),
        ("", "no folder in it"),
    ],
)
def test_what_means_nothing_is_one_line(tmp_path: Path, spec: str, said: str) -> None:
    with pytest.raises(DatasetError, match=said) as caught:
        parse_spec(spec.format(tmp_path))
    assert "\n" not in str(caught.value)


def test_a_file_and_a_strange_folder(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(DatasetError, match="is no folder"):
        parse_spec(str(tmp_path / "notes.txt"))
    with pytest.raises(DatasetError, match=r"none of the known data sets.*pure.*seed"):
        parse_spec(str(tmp_path))


def test_packed_people_are_told(tmp_path: Path) -> None:
    (tmp_path / "s1.zip").write_bytes(b"PK")
    with pytest.raises(DatasetError, match=r"looks like ubfc-phys, but s1\.zip is still packed"):
        detect(tmp_path)
