"""A result file is whole or not there, and its text is text in a spreadsheet."""

from __future__ import annotations

import csv
import io
import os
import stat
from pathlib import Path

import pytest

from aimanet.errors import OutputError
from aimanet.outputs import AtomicText, CsvRows, digits, remove_parts


def test_the_file_appears_at_the_end_and_nothing_else_stays(tmp_path):
    target = tmp_path / "out.csv"
    with AtomicText(target) as out:
        out.write("a,b\n")
        assert not target.exists()
    assert target.read_text() == "a,b\n"
    assert list(tmp_path.iterdir()) == [target]


def test_a_failure_keeps_what_was_there(tmp_path):
    target = tmp_path / "out.csv"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), AtomicText(target) as out:
        out.write(f"new {1 / 0}")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_link_is_followed_not_replaced(tmp_path):
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("old")
    link.symlink_to(real)
    with AtomicText(link) as out:
        out.write("new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_a_device_is_written_to_and_stays_a_device():
    with AtomicText(Path(os.devnull)) as out:
        out.write("gone")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


def test_places_that_cannot_be_written_are_found_out_on_entering(tmp_path):
    for target in (tmp_path, tmp_path / "no" / "folder.csv"):
        with pytest.raises(OutputError, match=str(target)), AtomicText(target):
            pytest.fail("entered")
    assert list(tmp_path.iterdir()) == []


def test_half_a_file_of_a_killed_process_is_removed_and_no_other(tmp_path):
    target, other = tmp_path / "out.csv", tmp_path / "other.csv"
    kept, lost = AtomicText(other), AtomicText(target)
    kept.__enter__()
    lost.__enter__().close()
    target.write_text("old")
    remove_parts(target, [os.getpid() + 1])
    assert len(list(tmp_path.iterdir())) == 3
    remove_parts(target, [os.getpid() + 1, os.getpid()])
    assert target.read_text() == "old"
    kept.__exit__(None, None, None)
    assert sorted(tmp_path.iterdir()) == [other, target]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r@", "\n+", " =", "＝", "＠"])
def test_text_like_a_formula_has_an_apostrophe(start):
    out = io.StringIO(newline="")
    CsvRows(out).add([f'{start}1+"1",2', "plain", None, -3, -0.5])
    (row,) = csv.reader(io.StringIO(out.getvalue(), newline=""))
    assert row == [f'\'{start}1+"1",2', "plain", "", "-3", "-0.5"]


def test_numbers_that_are_none_leave_a_cell_empty():
    out = io.StringIO()
    CsvRows(out, number=digits).add([float("nan"), float("-inf"), -1e-9, "nan", "don't"])
    assert out.getvalue() == ",,-1e-09,nan,don't\n"
