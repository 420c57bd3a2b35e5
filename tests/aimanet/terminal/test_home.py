"""What packages keep lies where docs/privacy.md says, and nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CODE = """
import sys
sys.argv = ["aimanet", "--version"]
from aimanet.cli import main
main()
import matplotlib.font_manager
"""


@pytest.mark.skipif(sys.platform != "linux", reason="names the folders of Linux")
@pytest.mark.parametrize("override", [False, True])
def test_matplotlib_keeps_its_fonts_with_our_caches(tmp_path, repository, override):
    home, named = tmp_path / "home", tmp_path / "named"
    home.mkdir()
    unwanted = ("MPLCONFIGDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "AIMANET_CACHE_DIR")
    environment = {k: v for k, v in os.environ.items() if k not in unwanted}
    environment |= {"HOME": str(home), "PYTHONPATH": str(repository)}
    if override:
        environment["AIMANET_CACHE_DIR"] = str(named)
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    folder = named if override else home / ".cache" / "AimaNet"
    files = {path.parent for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {folder / "matplotlib"}
