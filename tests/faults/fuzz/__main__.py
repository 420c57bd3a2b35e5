"""Fuzzes files of some kinds: ``python -m tests.faults.fuzz videos --seed 0 --count 2000``.

Each case is a function of its seed: ``--seed 1234 --count 1 --keep DIR`` makes the same damaged
file again and leaves it in DIR. A line of JSON for each kind, status 1 where anything went wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import traceback
from dataclasses import asdict, dataclass, field
from pathlib import Path

# One thread each, before anything is imported that starts some: the children are forked.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ.setdefault("GLOG_minloglevel", "3")
os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")

SCRATCH = tempfile.gettempdir()

from aimanet.face_model import face_model_path  # noqa: E402
from tests.faults.fuzz import sandbox  # noqa: E402
from tests.faults.fuzz.base import Target  # noqa: E402
from tests.faults.fuzz.targets import TARGETS  # noqa: E402


@dataclass
class Tally:
    """What came of all cases."""

    target: str
    files: int = 0
    read: int = 0
    refused: int = 0
    peak_mb: int = 0
    slowest_cpu_s: float = 0.0
    slowest_wall_s: float = 0.0
    cpu_s: float = 0.0
    faults: dict[str, int] = field(default_factory=dict)
    seeds: dict[str, list[int]] = field(default_factory=dict)

    def add(self, seed: int, outcome: sandbox.Outcome) -> None:
        """Takes one case in."""
        self.files += 1
        self.read += outcome.code == 0
        self.refused += outcome.code == 2
        self.peak_mb = max(self.peak_mb, outcome.peak_bytes >> 20)
        self.slowest_cpu_s = max(self.slowest_cpu_s, round(outcome.cpu_s, 2))
        self.slowest_wall_s = max(self.slowest_wall_s, round(outcome.wall_s, 2))
        self.cpu_s = round(self.cpu_s + outcome.cpu_s, 2)
        if outcome.fault:
            self.fault(outcome.fault, seed)

    def fault(self, what: str, seed: int) -> None:
        """Notes that something went wrong."""
        self.faults[what] = self.faults.get(what, 0) + 1
        self.seeds.setdefault(what, []).append(seed)


def tree(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Everything below a folder with size, mode and modification time."""
    facts = {}
    for path in folder.rglob("*"):
        stat = path.lstat()
        facts[str(path)] = (stat.st_size, stat.st_mode, stat.st_mtime_ns)
    return facts


def fuzz(target: Target, seeds: range, world: Path, keep: Path | None, show: bool) -> Tally:
    """Runs the cases; ``world`` holds the originals, a bystander and the folder of each case."""
    tally = Tally(target.name)
    for name in ("originals", "bystander", "here"):
        (world / name).mkdir()
    (world / "bystander" / "diary.txt").write_text("nobody's business\n")
    own, log = world / "own", world / "log"
    os.environ.setdefault("AIMANET_FACE_MODEL", str(face_model_path()))
    os.environ |= {"HOME": str(world / "here"), "MPLCONFIGDIR": str(world / "matplotlib")}
    log.touch()
    _write(target, world / "originals")
    target.prepare(world / "originals")
    tempfile.tempdir = os.environ["TMPDIR"] = str(own)
    os.environ["AIMANET_CACHE_DIR"] = str(own / "cache")  # which backend is quickest, and so on
    os.chdir(world / "here")
    before = _outside(world)
    for seed in seeds:
        own.mkdir()
        outcome = sandbox.run(target.case(own, random.Random(seed)), own, log)
        tally.add(seed, outcome)
        if outcome.fault or show:
            print(f"seed {seed}: {outcome.fault or outcome.code} {outcome.said}", flush=True)
        if keep is not None and (outcome.fault or len(seeds) == 1):
            _copy(own, keep / f"{target.name}-{seed}")
        shutil.rmtree(own)
        if (seed % 50 == 49 or seed == seeds[-1]) and _outside(world) != before:
            tally.fault("changed a file outside", seed)
    return tally


def _write(target: Target, originals: Path) -> None:
    """The originals, by a child: drawing and encoding start threads, forking wants none."""
    child = os.fork()
    if child == 0:
        try:
            target.write(originals)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    if os.waitpid(child, 0)[1]:
        raise SystemExit(f"the originals of {target.name} could not be written")


def _copy(own: Path, to: Path) -> None:
    def odd(folder: str, names: list[str]) -> list[str]:
        paths = [Path(folder) / name for name in names]
        return [path.name for path in paths if path.is_fifo() and not path.is_symlink()]

    shutil.copytree(own, to, symlinks=True, dirs_exist_ok=True, ignore=odd)


def _outside(world: Path) -> dict[str, tuple[int, int, int]]:
    return {
        path: facts
        for name in ("originals", "bystander", "here")
        for path, facts in tree(world / name).items()
    }


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="+", choices=TARGETS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    seeds = range(options.seed, options.seed + options.count)
    keep = options.keep and options.keep.absolute()
    faults = 0
    for name in options.targets:
        with tempfile.TemporaryDirectory(prefix="aimanet-fuzz-", dir=SCRATCH) as world:
            tally = fuzz(TARGETS[name](), seeds, Path(world), keep, options.show)
            os.chdir(SCRATCH)
        print(json.dumps(asdict(tally)), flush=True)
        faults += len(tally.faults)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
