"""docs/faults.md promises nothing that no test holds."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

COLUMNS = ["What happens", "What the user sees", "What is kept", "Test"]
TABLE = Path(__file__).resolve().parent.parent / "docs" / "faults.md"


@dataclass(frozen=True)
class Row:
    section: str
    cells: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.section}: {self.cells[0]}"


def rows() -> list[Row]:
    section, found = "", []
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            section = line[3:]
        elif line.startswith("|"):
            cells = tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1])
            if set(line) <= set("|- "):
                continue
            if list(cells) != COLUMNS:
                found.append(Row(section, cells))
    return found


@cache
def functions_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_the_table_has_every_section():
    sections = {row.section for row in rows()}
    assert sections >= {
        *("Camera", "Picture and face", "Weights", "Settings", "CUDA", "Life of the process"),
        *("Hostile input", "Long run", "Privacy"),
    }
    assert len(rows()) >= 50


@pytest.mark.parametrize("row", rows(), ids=str)
def test_each_row_says_what_is_seen_and_names_tests_that_exist(row: Row):
    assert len(row.cells) == len(COLUMNS), "a column is missing, or there is one too many"
    assert row.cells[1], "what does the user see?"
    named = re.findall(r"`(tests/[\w./]+)::(\w+)(?:\[[^`]*)?`", row.cells[3])
    assert named, "no test is named"
    for file, function in named:
        path = TABLE.parent.parent / file
        assert path.is_file(), f"there is no {file}"
        assert function.startswith("test_")
        assert function in functions_of(path), f"there is no {function} in {file}"
