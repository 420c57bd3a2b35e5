from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest

from aimanet.errors import SourceError
from aimanet.sources import open_source
from aimanet.sources.images import natural_key
from aimanet.types import Frame
from tests.aimanet.sources.mjpeg_server import number_of, numbered_picture
from tests.aimanet.sources.videos import numbered, write_video
from tests.given_time import GivenTime


def write_images(folder: Path, names: Iterable[str]) -> Path:
    folder.mkdir(exist_ok=True)
    for number, name in enumerate(names):
        bgr = cv2.cvtColor(numbered_picture(number), cv2.COLOR_RGB2BGR)
        assert cv2.imwrite(str(folder / name), bgr)
    return folder


def read_all(folder: Path, fps: float | None = None) -> list[Frame]:
    with open_source(str(folder), realtime=False, fps=fps) as source:
        return list(source)


def complaint(folder: Path) -> str:
    with pytest.raises(SourceError) as caught:
        read_all(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_pure_names_are_nanoseconds(tmp_path: Path) -> None:
    start = 1392643993642815000
    stamps = [start, start + 33_000_000, start + 70_000_000, start + 1_100_000_000]
    folder = write_images(tmp_path / "01-01", [f"Image{stamp}.png" for stamp in stamps])
    with open_source(str(folder), realtime=False) as source:
        info = source.open()
        frames = list(source)
    assert info.origin_s == pytest.approx(1392643993.642815, abs=1e-6)
    assert [frame.t for frame in frames] == pytest.approx([0, 0.033, 0.07, 1.1], abs=1e-9)
    assert [number_of(frame.image) for frame in frames] == [0, 1, 2, 3]
    np.testing.assert_array_equal(frames[2].image, numbered_picture(2))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("times.txt", "0.5\n0.54\n0.57\n"),
        ("times.csv", "0.5, 0.54, 0.57"),
        ("timestamps.csv", "time_s\r\n0.5\r\n0.54\r\n0.57\r\n"),
        ("t.txt", "\ufeff0.5\n0.54\n\n0.57"),
    ],
)
def test_times_from_a_file(tmp_path: Path, name: str, text: str) -> None:
    folder = write_images(tmp_path / "pictures", ["9.png", "10.png", "11.png"])
    (folder / name).write_bytes(text.encode())
    (folder / "notes.txt").write_text("subject 3, calm, 0.5 m away")
    with open_source(str(folder), realtime=False) as source:
        info = source.open()
        frames = list(source)
    assert [frame.t for frame in frames] == pytest.approx([0.0, 0.04, 0.07])
    assert info.origin_s == 0.5
    assert [number_of(frame.image) for frame in frames] == [0, 1, 2]
    assert (info.width, info.height, info.frames) == (320, 240, 3)
    assert info.fps == pytest.approx(2 / 0.07)
    assert name in info.detail


def test_a_given_rate_is_used_where_there_are_no_times(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "pictures", ["a1.png", "a2.png", "a10.png"])
    frames = read_all(folder, fps=20)
    assert [frame.t for frame in frames] == pytest.approx([0, 0.05, 0.1])
    message = complaint(folder)
    assert "3 numbers in seconds" in message
    assert "frame rate" in message


def test_natural_order() -> None:
    names = ["img10.png", "img9.png", "img1b.png", "Img1a.png", "img001.png"]
    in_order = ["img001.png", "Img1a.png", "img1b.png", "img9.png", "img10.png"]
    assert sorted(names, key=natural_key) == in_order


def test_an_unreadable_picture_leaves_a_hole(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "pictures", [f"{n}.png" for n in range(5)])
    (folder / "2.png").write_bytes(b"not a picture")
    (folder / "3.png").write_bytes(b"")
    frames = read_all(folder, fps=10)
    assert [frame.index for frame in frames] == [0, 1, 4]
    assert frames[-1].t == pytest.approx(0.4)


def test_sixteen_bit_grey_becomes_rgb(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "1.png"), np.full((40, 50), 0x80FF, np.uint16))
    image = read_all(tmp_path, fps=30)[0].image
    assert image.shape == (40, 50, 3)
    assert image.dtype == np.uint8
    assert set(np.unique(image)) <= {128, 129}


def test_folders_that_do_not_fit(tmp_path: Path) -> None:
    assert "is empty" in complaint(tmp_path)
    (tmp_path / "readme.md").write_text("hello")
    assert "no pictures" in complaint(tmp_path)
    write_video(tmp_path / "clip.mp4", numbered(2))
    message = complaint(tmp_path)
    assert "1 video" in message
    assert "clip.mp4" in message
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "1.png").write_bytes(b"no picture")
    with pytest.raises(SourceError, match="none of its 1 pictures"):
        read_all(bad, fps=30)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("0.1\n0.2\n", "2 times for 3 pictures"),
        ("0.1\n0.3\n0.2\n", "must increase, but number 3"),
        ("0.1\n0.2\n0.2\n", "must increase"),
        ("0\n33.3\n66.6\n", "milliseconds"),
        ("0.1\nnan\n0.3\n", "finite"),
        ("-1e308\n0\n1e308\n", "finite"),
        ("0\n5e-324\n1e-323\n", "must increase"),
    ],
)
def test_times_that_do_not_fit(tmp_path: Path, text: str, word: str) -> None:
    folder = write_images(tmp_path / "pictures", ["1.png", "2.png", "3.png"])
    (folder / "times.txt").write_text(text)
    message = complaint(folder)
    assert word in message
    assert "times.txt" in message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_what_never_ends_is_no_picture_and_no_times(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "pictures", ["1.png", "3.png"])
    os.mkfifo(folder / "2.png")
    (folder / "4.png").symlink_to("/dev/zero")
    (folder / "5.png").symlink_to("5.png")
    with (folder / "6.png").open("wb") as file:
        file.truncate(1 << 40)
    os.mkfifo(folder / "times.txt")
    (folder / "times.csv").symlink_to("/dev/zero")
    assert [frame.index for frame in read_all(folder, fps=30)] == [0, 2]


def test_two_files_of_times_are_a_question(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "pictures", ["1.png", "2.png"])
    (folder / "a.txt").write_text("0\n1\n")
    (folder / "b.txt").write_text("60.5\n61.5\n")
    assert "a.txt, b.txt" in complaint(folder)


def test_real_speed(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "pictures", [f"{n}.png" for n in range(11)])
    with open_source(str(folder), fps=20) as source:
        began = time.perf_counter()
        with GivenTime() as given:
            list(source)
        assert time.perf_counter() - began > 0.48
        assert given.s < 3


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_png_that_claims_two_gigabytes_is_no_picture(tmp_path: Path) -> None:
    whole = cv2.imencode(".png", np.zeros((96, 128, 3), np.uint8))[1].tobytes()
    path = tmp_path / "0.png"
    path.write_bytes(whole[:33] + bytes.fromhex("80002000") + whole[37:])
    program = f"""
import subprocess
import sys
from pathlib import Path
from aimanet.sources.images import read_rgb
assert read_rgb(Path({str(path)!r})) is None
print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert int(done.stdout) < 500_000
