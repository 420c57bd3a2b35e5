"""Files of numbers as spreadsheets, scripts and devices write them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aimanet.datasets.base import DatasetError
from aimanet.datasets.text import read_lines, read_table
from tests.aimanet.datasets.folders import write_text

NAN = np.nan


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("1\n2\n", [[1], [2]]),
        ("1.5\r\n-2e-3\r\n\r\n", [[1.5], [-0.002]]),
        ("1,2,3\n4,5,6", [[1, 2, 3], [4, 5, 6]]),
        (" 1 , 2 \n 3 ,4\n", [[1, 2], [3, 4]]),
        ("1;2;\n3;4;\n", [[1, 2], [3, 4]]),
        ("1\t2\n3\t4\n", [[1, 2], [3, 4]]),
        ("   1.0e+00   2.0e+00\n", [[1, 2]]),
        ("1,,3\n4,5,6\n", [[1, NAN, 3], [4, 5, 6]]),
        ("1,2\n3\n4,5,6\n", [[1, 2], [3, NAN], [4, 5]]),
        ('"1","2"\n', [[1, 2]]),
        ("nan\n3\nx\n", [[NAN], [3], [NAN]]),
    ],
)
def test_rows(tmp_path: Path, text: str, rows: list[list[float]]) -> None:
    np.testing.assert_array_equal(read_table(write_text(tmp_path / "a.csv", text)).rows, rows)


def test_words_on_top_are_the_header(tmp_path: Path) -> None:
    table = read_table(write_text(tmp_path / "a.csv", '\ufeff"BVP", SQ1\n1,2\n'))
    assert table.header == ("BVP", "SQ1")
    assert table.rows.shape == (1, 2)


def test_a_first_row_of_nan_is_no_header(tmp_path: Path) -> None:
    assert len(read_table(write_text(tmp_path / "a.csv", "nan\n1\n")).rows) == 2


def test_sixteen_bit_text(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("1\n2\n".encode("utf-16"))
    assert read_table(path).rows.ravel().tolist() == [1, 2]


def test_a_signal_a_line(tmp_path: Path) -> None:
    lines = read_lines(write_text(tmp_path / "a.txt", " 1   2 x\r\n\r\n3 4\r\n"))
    np.testing.assert_array_equal(lines[0], [1, 2, NAN])
    assert lines[1].tolist() == [3, 4]


@pytest.mark.parametrize("text", ["", " \n", "a,b\n", "a\nb\n", "\0\0\0", "nan\nnan\n"])
def test_no_numbers_is_one_line_that_names_the_file(tmp_path: Path, text: str) -> None:
    path = write_text(tmp_path / "labels.csv", text)
    for read in (read_table, read_lines):
        with pytest.raises(DatasetError, match=r"labels\.csv: ") as caught:
            read(path)
        assert "\n" not in str(caught.value)


def test_missing_and_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "no.csv", tmp_path):
        with pytest.raises(DatasetError, match="cannot be read"):
            read_table(path)
