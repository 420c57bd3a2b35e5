from __future__ import annotations

import os
import time
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from aimanet.errors import SourceError
from aimanet.sources import open_source
from aimanet.sources.video import TimeLine
from aimanet.types import Frame
from tests.aimanet.sources.mjpeg_server import number_of, numbered_picture
from tests.aimanet.sources.videos import (
    HALF_TURN,
    QUARTER_CLOCKWISE,
    QUARTER_COUNTERCLOCKWISE,
    cut,
    numbered,
    rotate_mp4,
    write_sound,
    write_video,
)
from tests.given_time import GivenTime, real_time


def read_all(path: Path) -> list[Frame]:
    with open_source(str(path), realtime=False) as source:
        return list(source)


def complaint(path: Path) -> str:
    with pytest.raises(SourceError) as caught:
        read_all(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


@pytest.mark.parametrize(
    ("name", "codec", "pixels"),
    [
        ("a.mp4", "libx264", "yuv420p"),
        ("a.mkv", "ffv1", "yuv444p"),
        ("a.mkv", "ffv1", "yuv420p10le"),
        ("a.mkv", "ffv1", "gbrp16le"),
        ("a.avi", "mpeg4", "yuv420p"),
        ("a.avi", "mjpeg", "yuvj420p"),
        ("a.mov", "libx264", "yuv420p"),
    ],
)
def test_every_frame_arrives_in_order_with_its_colours(
    tmp_path: Path, name: str, codec: str, pixels: str
) -> None:
    path = write_video(tmp_path / name, numbered(20), codec=codec, pixels=pixels)
    frames = read_all(path)
    assert [number_of(frame.image) for frame in frames] == list(range(20))
    assert [frame.index for frame in frames] == list(range(20))
    image = frames[0].image
    assert image.dtype == np.uint8
    assert image.shape == (240, 320, 3)
    assert image.flags.c_contiguous
    skin = image[130:230, 20:300].reshape(-1, 3)
    assert np.abs(skin.mean(axis=0) - (180, 120, 90)).max() < 4


def test_info_states_what_comes(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", numbered(45), fps=60)
    with open_source(str(path), realtime=False) as source:
        info = source.open()
        assert (info.width, info.height, info.fps, info.frames) == (320, 240, 60.0, 45)
        assert info.duration_s == pytest.approx(0.75)
        assert info.detail == "h264 320x240@60"
        assert source.label == "a.mp4"
        assert not source.live


@pytest.mark.parametrize("fps", [15, 60, 120])
def test_times_are_the_files_own(tmp_path: Path, fps: int) -> None:
    frames = read_all(write_video(tmp_path / "a.mp4", numbered(12), fps=fps))
    assert [frame.t for frame in frames] == pytest.approx(np.arange(12) / fps, abs=1e-6)


def test_variable_rate_and_late_start_are_kept(tmp_path: Path) -> None:
    times = [5.0, 5.033, 5.1, 5.15, 5.4, 5.41, 6.0]
    path = write_video(tmp_path / "a.mkv", numbered(7), codec="ffv1", times=times)
    assert [frame.t for frame in read_all(path)] == pytest.approx(times, abs=1e-3)


def test_a_stream_without_time_stamps_takes_its_frame_rate(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.h264", numbered(12), fps=20)
    frames = read_all(path)
    assert [frame.t for frame in frames] == pytest.approx(np.arange(12) / 20, abs=1e-6)


def test_grey_becomes_rgb(tmp_path: Path) -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8), (64, 1))
    path = write_video(tmp_path / "a.mkv", [ramp] * 3, codec="ffv1", pixels="gray16le")
    image = read_all(path)[0].image
    assert image.shape == (64, 256, 3)
    assert np.abs(image.astype(int) - ramp[..., None]).max() <= 1


@pytest.mark.parametrize(
    ("turn", "stored_quarters"),
    [(QUARTER_CLOCKWISE, 1), (HALF_TURN, 2), (QUARTER_COUNTERCLOCKWISE, 3)],
)
def test_rotation_metadata_turns_the_picture_upright(
    tmp_path: Path, turn: tuple[int, int, int, int], stored_quarters: int
) -> None:
    stored = [np.ascontiguousarray(np.rot90(image, stored_quarters)) for image in numbered(5)]
    path = rotate_mp4(write_video(tmp_path / "a.mp4", stored), turn)
    with open_source(str(path), realtime=False) as source:
        info = source.open()
        frames = list(source)
    assert (info.width, info.height) == (320, 240)
    assert [number_of(frame.image) for frame in frames] == list(range(5))
    assert np.abs(frames[3].image.astype(int) - numbered_picture(3)).mean() < 3


def test_a_truncated_file_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    fast = {"movflags": "faststart"}
    for path in (
        write_video(tmp_path / "a.mkv", numbered(60), codec="ffv1"),
        write_video(tmp_path / "a.mp4", numbered(60), options=fast),
    ):
        frames = read_all(cut(path, 0.6))
        assert 5 < len(frames) < 60
        assert [number_of(frame.image) for frame in frames] == list(range(len(frames)))


def test_damage_in_the_middle_leaves_a_hole_and_reading_goes_on(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mov", numbered(30), codec="png", pixels="rgb24")
    data = bytearray(path.read_bytes())
    starts = [at for at in range(len(data)) if data.startswith(b"\x89PNG", at)]
    for victim in (10, 11):
        data[starts[victim] : starts[victim] + 200] = bytes(200)
    path.write_bytes(data)
    frames = read_all(path)
    present = [number for number in range(30) if number not in (10, 11)]
    assert [frame.index for frame in frames] == present
    assert [number_of(frame.image) for frame in frames] == present
    assert [frame.t for frame in frames] == pytest.approx(np.array(present) / 30, abs=1e-3)


def test_an_unfinished_mp4_is_refused_in_words(tmp_path: Path) -> None:
    message = complaint(cut(write_video(tmp_path / "a.mp4", numbered(30)), 0.8))
    assert "complete" in message


def test_a_header_without_frames_is_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", numbered(30), codec="ffv1")
    data = path.read_bytes()
    first_cluster = data.index(bytes.fromhex("1f43b675"))
    path.write_bytes(data[: first_cluster + 12])
    assert "no frame in it can be decoded" in complaint(path)


def test_things_that_are_no_video(tmp_path: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("this is only text\n" * 200)
    assert "not a video" in complaint(text)
    note = tmp_path / "note.txt"
    note.write_text("this is only text\n" * 200)
    assert "text file" in complaint(note)
    noise = tmp_path / "noise.mp4"
    noise.write_bytes(np.random.default_rng(0).bytes(20_000))
    assert "not a video" in complaint(noise)
    empty = tmp_path / "empty.mp4"
    empty.touch()
    assert "empty" in complaint(empty)
    assert "only sound" in complaint(write_sound(tmp_path / "sound.mp4"))
    still = write_video(tmp_path / "still.png", numbered(1), codec="png", pixels="rgb24")
    assert "single picture" in complaint(still)
    photo = write_video(tmp_path / "photo.jpg", numbered(1), codec="mjpeg", pixels="yuvj420p")
    assert "single picture" in complaint(photo)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    assert "ordinary file" in complaint(tmp_path / "pipe.mp4")


def test_a_missing_file(tmp_path: Path) -> None:
    assert "no such file" in complaint(tmp_path / "nothing.mp4")


def test_a_file_that_vanishes_between_choosing_and_opening(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", numbered(2))
    source = open_source(str(path))
    path.unlink()
    with pytest.raises(SourceError, match="no such file"):
        source.open()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", numbered(2))
    path.chmod(0)
    assert "permission" in complaint(path)


def test_odd_names(tmp_path: Path) -> None:
    for name in ("a b.mp4", "Gesicht-Ä-脸.mp4", "x:y.mp4", "100%03d.mp4", "noending"):
        path = tmp_path / name
        write_video(tmp_path / "plain.mp4", numbered(3)).rename(path)
        assert len(read_all(path)) == 3


def test_reading_needs_open_and_closing_is_harmless(tmp_path: Path) -> None:
    source = open_source(str(write_video(tmp_path / "a.mp4", numbered(3))), realtime=False)
    source.close()
    with pytest.raises(SourceError, match="not open"):
        source.read()
    source.open()
    assert len(list(source)) == 3
    assert source.read() is None
    source.close()
    source.close()
    assert source.open().frames == 3  # from the beginning again
    assert len(list(source)) == 3
    source.close()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_the_file_is_let_go(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", numbered(30))

    def held() -> int:
        links = Path("/proc/self/fd").iterdir()
        return sum(link.is_symlink() and os.path.realpath(link) == str(path) for link in links)

    with open_source(str(path), realtime=False) as source:
        source.read()
        assert held() == 1
    assert held() == 0


@real_time
def test_real_speed_keeps_to_the_clock(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", numbered(61), fps=60)
    with open_source(str(path)) as source:
        began = time.perf_counter()
        source.read()
        lags = [time.perf_counter() - began - frame.t for frame in source]
    assert min(lags) > -0.02  # never early
    assert np.median(lags[-20:]) < np.median(lags[:20]) + 0.1  # and no lag that grows


def test_a_hole_in_the_recording_does_not_block_for_long(tmp_path: Path) -> None:
    times = [0.0, 0.03, 20.0, 20.03]
    path = write_video(tmp_path / "a.mkv", numbered(4), codec="ffv1", times=times)
    with open_source(str(path)) as source:
        began = time.perf_counter()
        with GivenTime() as given:
            frames = list(source)
        took = time.perf_counter() - began
    assert [frame.t for frame in frames] == pytest.approx(times, abs=1e-3)
    assert took > 0.9
    assert given.s < 5


def test_time_line_only_grows() -> None:
    line = TimeLine(0.1)
    stamps = [1.0, 1.1, 1.1, 1.2, None, 1.25, 0.0, 0.1, 0.2]
    times = [line.next(stamp) for stamp in stamps]
    assert all(after > before for before, after in pairwise(times))
    assert times[:4] == pytest.approx([1.0, 1.1, 1.15, 1.2])
    assert times[4] == pytest.approx(1.3)
    assert np.diff(times[6:]) == pytest.approx([0.1, 0.1])  # glued on, at its own pace


def test_time_line_without_any_stamp() -> None:
    line = TimeLine(0.04)
    assert [line.next(None) for _ in range(3)] == pytest.approx([0.0, 0.04, 0.08])


def test_the_fixture_rotates_as_ffmpeg_understands_it(tmp_path: Path) -> None:
    path = rotate_mp4(write_video(tmp_path / "a.mp4", numbered(1)), QUARTER_CLOCKWISE)
    with av.open(str(path)) as container:
        assert next(container.decode(video=0)).rotation == -90


@pytest.mark.real_data
def test_a_real_recording(shared_dir: Path) -> None:
    frames = read_all(shared_dir / "clips" / "evm_face.mp4")
    assert len(frames) == 301
    assert frames[0].image.shape == (592, 528, 3)
    assert np.diff([frame.t for frame in frames]) == pytest.approx(1 / 30, abs=2e-3)
