"""Videos and folders of pictures as data sets have them: whole, cut, with holes."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from aimanet.datasets import video
from aimanet.datasets.base import DatasetError
from aimanet.datasets.video import film_of, stream_images, stream_video, time_of
from tests.aimanet.datasets import folders
from tests.aimanet.sources.videos import cut, write_video

FORMS = {
    "mjpeg.avi": folders.MJPEG,
    "raw.avi": folders.RAW,
    "mpeg4.avi": folders.MPEG4,
    "ffv1.mkv": folders.FFV1,
}


@pytest.fixture(params=FORMS)
def film(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    face = folders.person(1, seconds=2.0, size=(80, 64))
    return folders.write_video(tmp_path / request.param, face.images(), 30, FORMS[request.param])


def test_whole_films(film: Path) -> None:
    facts = film_of(film)
    assert (facts.frames, facts.fps, facts.problems) == (60, 30.0, ())
    assert facts.seconds == pytest.approx(2.0)
    frames = list(stream_video(film))
    assert [frame.index for frame in frames] == list(range(60))
    assert [frame.t for frame in frames] == pytest.approx(np.arange(60) / 30, abs=1e-3)
    assert frames[0].image.shape == (64, 80, 3)


def test_cut_films_are_found_out_before_and_while_reading(film: Path) -> None:
    cut(film, 0.6)
    (told,) = film_of(film).problems
    assert told.fatal
    assert "of 60 frames" in told.text
    frames = stream_video(film)
    assert [next(frames).index for _ in range(20)] == list(range(20))
    with pytest.raises(DatasetError, match="incomplete"):
        list(frames)


@pytest.mark.parametrize("kind", ["mjpeg.avi", "raw.avi"])
def test_large_files_are_judged_by_their_headers(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video, "_COUNTED_BYTES", 0)
    face = folders.person(1, seconds=2.0)
    path = folders.write_video(tmp_path / kind, face.images(), 30, FORMS[kind])
    assert film_of(path).problems == ()
    cut(path, 0.6)
    (told,) = film_of(path).problems
    assert told.fatal
    assert int(told.text.split()[1]) == pytest.approx(36, abs=2)


def test_a_writer_that_was_killed_left_no_counts(tmp_path: Path) -> None:
    path = folders.write_video(tmp_path / "a.avi", folders.person(1).images(), 30)
    data = bytearray(path.read_bytes())
    data[4:8] = bytes(4)
    for mark, offset in ((b"avih", 24), (b"strh", 40)):  # dwTotalFrames, dwLength
        at = data.index(mark) + offset
        data[at : at + 4] = bytes(4)
    path.write_bytes(data[: data.rindex(b"idx1")])
    facts = film_of(path)
    assert facts.frames == pytest.approx(90, abs=1)
    assert facts.seconds == pytest.approx(3.0, abs=0.1)
    assert facts.problems == ()


def test_a_frame_or_two_less_is_lived_with(tmp_path: Path) -> None:
    face = folders.person(1, seconds=3.0)
    path = folders.write_video(tmp_path / "a.avi", face.images(), 30)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.truncate(size - 4 * 96 * 72 * 3)
    (told,) = film_of(path).problems
    assert not told.fatal
    assert "of the 90 frames its header promises" in told.text
    assert len(list(stream_video(path))) in (85, 86)


def test_the_first_frame_is_at_zero(tmp_path: Path) -> None:
    face = folders.person(1, seconds=0.5)
    times = (2.0 + face.times).tolist()
    path = write_video(
        tmp_path / "late.mkv", face.images(), codec="ffv1", pixels="bgr0", times=times
    )
    assert [frame.t for frame in stream_video(path)][:3] == pytest.approx(
        [0, 0.033, 0.067], abs=1e-3
    )


def test_given_times_go_on_evenly(tmp_path: Path) -> None:
    path = folders.write_video(tmp_path / "a.avi", folders.person(1, 0.2).images(), 30)
    frames = list(stream_video(path, np.array([0.0, 0.1, 0.2, 0.3])))
    assert [frame.t for frame in frames] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.5])
    assert time_of(6, np.array([0.0, 0.1])) == pytest.approx(0.6)


@pytest.mark.parametrize("content", [b"", b"text\n", None])
def test_what_is_no_video(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "a.avi"
    if content is not None:
        path.write_bytes(content)
    for read in (film_of, lambda p: next(stream_video(p))):
        with pytest.raises(DatasetError, match=r"a\.avi"):
            read(path)


def test_a_film_can_be_left_early(tmp_path: Path) -> None:
    path = folders.write_video(tmp_path / "a.avi", folders.person(1, 0.5).images(), 30)
    frames = stream_video(path)
    assert next(frames).index == 0
    frames.close()
    held = Path("/proc/self/fd")
    if held.is_dir():  # elsewhere the next line says it
        assert str(path) not in {os.path.realpath(entry) for entry in held.iterdir()}
    path.unlink()


def test_pictures(tmp_path: Path) -> None:
    face = folders.person(1, 0.5)
    paths = [
        folders.write_image(tmp_path / f"{k}.png", image) for k, image in enumerate(face.images())
    ]
    paths[4].write_bytes(b"no picture")
    frames = list(stream_images(paths, face.times))
    assert [frame.index for frame in frames] == [k for k in range(15) if k != 4]
    assert frames[4].t == pytest.approx(5 / 30)
    np.testing.assert_array_equal(frames[0].image, face.image(0.0))
    for path in paths[::2]:
        path.unlink()
    with pytest.raises(DatasetError, match="only 7 of 15"):
        list(stream_images(paths, face.times))
