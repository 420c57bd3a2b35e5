"""Damaged files of all kinds: no crash, no hang, no gigabyte, and nothing written elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.fuzz import sandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks and watches as Linux does")

KINDS = ("videos", "sessions", "sensors", "settings", "predictions", "arrays")
HEAVY = ("pictures", "checkpoints")


def fuzz(repository: Path, *kinds: str, seed: int, count: int, timeout: float) -> list[dict]:
    """What became of ``count`` damaged files of each kind."""
    argv = ["-m", "tests.faults.fuzz", *kinds, "--seed", str(seed), "--count", str(count)]
    done = subprocess.run(
        [sys.executable, *argv], cwd=repository, capture_output=True, text=True, timeout=timeout
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith('{"target"')]
    assert len(lines) == len(kinds), done.stdout[-4000:] + done.stderr[-4000:]
    return [json.loads(line) for line in lines]


def require_harmless(tallies: list[dict], count: int) -> None:
    for tally in tallies:
        assert tally["faults"] == {}, tally
        assert tally["files"] == tally["read"] + tally["refused"] == count
        assert tally["peak_mb"] <= sandbox.MEMORY_BYTES >> 20
        assert tally["slowest_cpu_s"] <= sandbox.CPU_S


@pytest.mark.usefixtures("face_model")
@pytest.mark.timeout(900)
def test_a_sample_of_every_kind(repository: Path) -> None:
    tallies = fuzz(repository, *KINDS, seed=0, count=5, timeout=800)
    require_harmless(tallies, 5)
    assert sum(tally["read"] for tally in tallies) > 5  # the damage is not too coarse
    assert sum(tally["refused"] for tally in tallies) > 5  # and it is damage


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.usefixtures("face_model")
@pytest.mark.parametrize("part", range(4))
def test_two_thousand_videos(repository: Path, part: int) -> None:
    tallies = fuzz(repository, "videos", seed=1000 * part, count=500, timeout=3500)
    require_harmless(tallies, 500)
    assert tallies[0]["read"] > 100
    assert tallies[0]["refused"] > 100


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.usefixtures("face_model")
@pytest.mark.parametrize("kind", [*KINDS[1:], *HEAVY])
def test_hundreds_of_every_other_kind(repository: Path, kind: str) -> None:
    require_harmless(fuzz(repository, kind, seed=0, count=300, timeout=3500), 300)
