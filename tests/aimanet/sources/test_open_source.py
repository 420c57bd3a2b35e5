from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from aimanet.cli import main
from aimanet.errors import SourceError
from aimanet.sources import open_source
from aimanet.sources.camera import NetworkSource, WebcamSource
from aimanet.sources.images import ImageFolderSource
from aimanet.sources.synthetic import SyntheticSource
from aimanet.sources.video import VideoSource


@pytest.mark.parametrize(
    ("spec", "kind", "label"),
    [
        ("0", WebcamSource, "Camera 0"),
        ("camera:2", WebcamSource, "Camera 2"),
        ("/dev/video3", WebcamSource, "Camera 3"),
        ("camera:Logitech", WebcamSource, "Logitech"),
        ("Logitech C920", WebcamSource, "Logitech C920"),
        ("http://10.0.0.7:8080/video", NetworkSource, "http://10.0.0.7:8080/video"),
        ("rtsp://me:secret@cam.local/1", NetworkSource, "rtsp://cam.local/1"),
        ("RTSP://cam.local/1", NetworkSource, "rtsp://cam.local/1"),
        ("synthetic", SyntheticSource, "Demo face"),
        ("synthetic:hr=72,seed=1", SyntheticSource, "Demo face"),
    ],
)
def test_what_a_spec_means(spec: str, kind: type, label: str) -> None:
    source = open_source(spec)
    assert type(source) is kind
    assert (source.spec, source.label) == (spec, label)
    assert source.live == (kind in (WebcamSource, NetworkSource))


def test_an_existing_path_wins_over_a_camera_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert isinstance(open_source("Logitech"), WebcamSource)
    (tmp_path / "Logitech").mkdir()
    assert isinstance(open_source("Logitech"), ImageFolderSource)
    (tmp_path / "face").write_bytes(b"x")
    assert isinstance(open_source("face"), VideoSource)
    assert isinstance(open_source((tmp_path / "face").as_uri()), VideoSource)
    assert isinstance(open_source("camera:face"), WebcamSource)


@pytest.mark.parametrize(
    ("spec", "word"),
    [
        ("", "no source given"),
        ("   ", "no source given"),
        ("nothing.mp4", "no such file"),
        ("nothing.MOV", "no such file"),
        ("./nothing", "no such file"),
        ("some/where", "no such file"),
        (r"C:\videos\nothing", "no such file"),
        ("camera:", "which camera"),
        ("ftp://host/x", "ftp://"),
        ("http://", "no host"),
        ("http://[::1/video", "not a valid address"),
        ("http://host:port/video", "not a valid address"),
        ("http://host:99999/video", "not a valid address"),
        ("https://host/clip.mp4", "download"),
        ("file://", "no path in it"),
        ("file://clip.mp4", "no path in it"),
        ("~nobody-of-that-name/clip.mp4", "no such file"),
        ("9" * 5000, "no such camera"),
        ("camera:4294967296", "no such camera"),
        ("synthetic:hr", "key=value"),
        ("synthetic:hr=", "key=value"),
        ("synthetic:=7", "key=value"),
        ("synthetic:hr=70,hr=80", "twice"),
    ],
)
def test_specs_that_mean_nothing(spec: str, word: str) -> None:
    with pytest.raises(SourceError) as caught:
        open_source(spec)
    assert word in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("spec", ["a" * 5000, "nul\0nul"])
def test_names_no_file_system_takes_are_taken_for_cameras(spec: str) -> None:
    assert isinstance(open_source(spec), WebcamSource)


def test_a_file_may_have_a_space_at_its_end(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4 "
    clip.write_bytes(b"x")
    assert open_source(str(clip)).label == "clip.mp4 "
    assert open_source("  0 ").label == "Camera 0"


@pytest.mark.parametrize("name", ["a" * 300 + ".mp4", "a/" * 3000 + "b.mp4", "a" * 255 + "/b.mp4"])
def test_a_name_too_long_is_one_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for args in (["analyze", name], ["live", "--headless", "--source", name]):
        assert main(args) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
    assert main(["live", "--headless", "--source", "session:~nobody-of-that-name"]) == 2
    assert "no session" in capsys.readouterr().err
    assert main(["analyze", name, "other.mp4"]) == 2
    assert "2 of 2 recordings failed" in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no such permissions here")
def test_what_may_not_be_entered_is_one_line(repository: Path) -> None:
    """As another user, where the tests run as root: root may enter everything."""
    program = (
        "import os, sys; from aimanet.cli import main; import aimanet.sources.video\n"
        "assert main(['analyze', '.']) == main(['analyze', '/dev/null']) == 2  # all is loaded\n"
        "os.getuid() or os.setuid(65534)\n"
        "sys.exit(any(main(['analyze', path]) != 2 for path in sys.argv[1:]))"
    )
    with tempfile.TemporaryDirectory() as base:  # pytest's own folder nobody else may enter
        Path(base).chmod(0o755)
        closed = Path(base) / "closed"
        closed.mkdir(mode=0)
        told = subprocess.run(
            [sys.executable, "-c", program, str(closed), str(closed / "clip.mp4"), base],
            cwd=repository / "docs",
            env=os.environ | {"PYTHONPATH": str(repository)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        closed.chmod(0o700)
    assert told.returncode == 0, told.stderr
    assert told.stderr.count("permission denied") == 2
    assert len(told.stderr.splitlines()) == 5


def test_impossible_wishes() -> None:
    with pytest.raises(SourceError, match="size 0x480"):
        open_source("0", size=(0, 480))
    with pytest.raises(SourceError, match="fps"):
        open_source("0", fps=0)


def test_choosing_loads_nothing_heavy(repository: Path) -> None:
    program = (
        "import sys; from aimanet.sources import open_source; open_source('0'); "
        "open_source('http://h/v'); open_source('synthetic:hr=60'); "
        "print([m for m in ('av', 'cv2', 'torch', 'mediapipe', 'PySide6') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=repository,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == "[]"
