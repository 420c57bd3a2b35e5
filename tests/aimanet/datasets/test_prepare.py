"""The cache made from real files: drawn faces in published layouts, through the face detector."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from aimanet.datasets import content, entry, upkeep
from aimanet.datasets.base import Dataset, DatasetError, Facts, Found, Label, Recording
from aimanet.datasets.cached import Grid
from aimanet.datasets.entry import entry_place, load_meta, lock_of, save_meta
from aimanet.datasets.prepare import Prepared, prepare
from aimanet.datasets.registry import DATASETS
from aimanet.datasets.store import CacheError, list_cached, open_cached
from aimanet.errors import FaceModelError, OutputError
from aimanet.face import FaceTracker
from aimanet.preprocess import Recipe, Windower
from aimanet.sources import open_source
from aimanet.types import Clip, Frame
from tests.aimanet.datasets.folders import ubfc_rppg
from tests.aimanet.datasets.test_writer import files_no_larger_than

pytestmark = pytest.mark.usefixtures("face_model")


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """UBFC-rPPG with two recordings of 1 s; copy it before you change it."""
    folder = tmp_path_factory.mktemp("drawn")
    return ubfc_rppg(folder / "UBFC rPPG ü", subjects=(1,), simple=(5,), seconds=1.0)


@pytest.fixture
def root(drawn: Path, tmp_path: Path) -> Path:
    """A copy of `drawn` of one's own."""
    return shutil.copytree(drawn, tmp_path / drawn.name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "crop cache"


@pytest.fixture(autouse=True)
def at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of these tests count as old at once."""
    monkeypatch.setattr(content, "SETTLE_NS", 0)


ADVICE = "check the file and its rights"


def recordings_in(root: Path) -> tuple[Recording, ...]:
    return DATASETS["ubfc-rppg"].find(root).recordings


def make(root: Path, folder: Path, grid: Grid | None = None, jobs: int = 1) -> list[Prepared]:
    return list(prepare(recordings_in(root), grid or Grid(), folder, jobs=jobs))


def states(steps: list[Prepared]) -> list[str]:
    return [step.state for step in steps]


def data_of(folder: Path) -> dict[str, bytes]:
    """All crops and labels of a cache by their names."""
    paths = [*folder.glob("*/*/crops.f16"), *folder.glob("*/*/frames.npz")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


# What is made -----------------------------------------------------------------------------------


def test_crops_are_those_of_the_live_path(drawn: Path, folder: Path) -> None:
    (one,) = (one for one in recordings_in(drawn) if "5-gt" in one.name)
    (step,) = prepare([one], Grid(), folder, jobs=1)
    assert (step.state, step.reason, step.done, step.total) == ("made", "", 1, 1)
    assert step.seconds == pytest.approx(29 / 30)
    cached = open_cached(folder, one, Grid())
    assert len(cached.t) == step.frames == 29
    live = live_clips(one.video)
    kept = list(cached.clips(10))
    assert len(live) == len(kept) == 2
    for a, b in zip(live, kept, strict=True):
        np.testing.assert_allclose(a.t, b.t, atol=1e-6)
        np.testing.assert_allclose(a.crops, b.crops, atol=0.0626)  # half a step of float16
        assert a.starts == b.starts
        assert a.gap_s == pytest.approx(b.gap_s)
    assert cached.labelled
    assert cached.crops[0].astype(float).std() > 10


def live_clips(video: Path) -> list[Clip]:
    """What a network is given while the file is played."""
    tracker, windower = FaceTracker(), Windower(Recipe())
    with open_source(str(video), realtime=False) as source:
        clips = [clip for frame in source for clip in windower.push(tracker.track(frame))]
    tracker.close()
    return clips


# Green in some rows and columns of a crop. If this fails the crops have changed: raise CROPPING in
# aimanet/datasets/entry.py, so that nobody's cache is silently old, and put the new values here.
CROPPING_THEN = 2
ROWS_THEN = [64.4, 136.1, 146.0, 130.2, 133.4, 119.9]
COLUMNS_THEN = [116.6, 111.4, 120.4, 133.4, 137.4, 129.8]


def test_crops_are_those_of_this_version_number(drawn: Path, folder: Path) -> None:
    make(drawn, folder)
    green = open_cached(folder, recordings_in(drawn)[0], Grid()).crops[20, :, :, 1].astype(float)
    assert entry.CROPPING == CROPPING_THEN
    np.testing.assert_allclose(green.mean(axis=1)[::7], ROWS_THEN, atol=0.3)
    np.testing.assert_allclose(green.mean(axis=0)[::7], COLUMNS_THEN, atol=0.3)


def test_two_processes_make_the_same_as_one(drawn: Path, tmp_path: Path) -> None:
    alone, together = tmp_path / "one", tmp_path / "two"
    make(drawn, alone)
    steps = make(drawn, together, jobs=2)
    assert states(steps) == ["made", "made"]
    assert {step.done for step in steps} == {1, 2}
    assert len(data_of(alone)) == 4
    assert data_of(alone) == data_of(together)


def test_other_grids_have_entries_of_their_own(drawn: Path, folder: Path) -> None:
    one = recordings_in(drawn)[:1]
    for grid, shape in ((Grid(36, 30), (29, 36, 36, 3)), (Grid(96, 15), (14, 96, 96, 3))):
        assert states(list(prepare(one, grid, folder, jobs=1))) == ["made"]
        assert open_cached(folder, one[0], grid).crops.shape == shape
    assert states(list(prepare(one, Grid(36, 30), folder, jobs=1))) == ["cached"]


# What is kept -----------------------------------------------------------------------------------


def test_what_is_there_is_not_made_again(root: Path, folder: Path) -> None:
    assert states(make(root, folder)) == ["made", "made"]
    was = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    steps = make(root, folder, jobs=2)
    assert states(steps) == ["cached", "cached"]
    assert [step.frames > 20 and step.seconds > 0.9 for step in steps] == [True, True]
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == was


def test_a_touched_file_costs_a_reading_and_no_cropping(root: Path, folder: Path) -> None:
    make(root, folder)
    crops = inodes(folder)
    one = recordings_in(root)[0]
    os.utime(one.video, (7, 7))
    assert states(make(root, folder)) == ["cached", "cached"]
    assert inodes(folder) == crops
    assert load_meta(entry_place(folder, one, Grid())).sources.settled


def inodes(folder: Path) -> set[int]:
    return {path.stat().st_ino for path in folder.glob("*/*/crops.f16")}


def test_a_changed_video_or_label_is_made_again(root: Path, folder: Path) -> None:
    make(root, folder)
    first, second = recordings_in(root)
    for path in (second.video, second.label):
        data = bytearray(path.read_bytes())
        data[-400 if path == second.video else 15] ^= 1
        before = path.stat()
        path.write_bytes(data)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        with pytest.raises(CacheError, match="has changed"):
            open_cached(folder, second, Grid())
        steps = make(root, folder)
        assert [(step.recording.name, step.state) for step in steps] == [
            (first.name, "cached"),
            (second.name, "made"),
        ]
        open_cached(folder, second, Grid())


def test_a_data_set_that_moved_keeps_its_crops(root: Path, folder: Path) -> None:
    make(root, folder)
    crops = inodes(folder)
    moved = root.rename(root.with_name("elsewhere"))
    assert states(make(moved, folder)) == ["cached", "cached"]
    assert inodes(folder) == crops
    assert len(list(folder.glob("*/*"))) == 2  # the old entries are gone
    assert open_cached(folder, recordings_in(moved)[0], Grid()).labelled


def test_a_copy_of_a_data_set_shares_its_crops(root: Path, folder: Path, drawn: Path) -> None:
    make(root, folder)
    crops = inodes(folder)
    assert states(make(drawn, folder)) == ["cached", "cached"]
    assert inodes(folder) == crops
    assert len(list(folder.glob("*/*"))) == 4
    for place in (root, drawn):
        assert states(make(place, folder)) == ["cached", "cached"]
        assert open_cached(folder, recordings_in(place)[0], Grid()).labelled


def test_other_labelling_leaves_the_crops_alone(root: Path, folder: Path) -> None:
    make(root, folder)
    crops, was = inodes(folder), data_of(folder)
    for one in recordings_in(root):
        place = entry_place(folder, one, Grid())
        save_meta(place, replace(load_meta(place), labelling=entry.LABELLING - 1))
        frames = dict(np.load(place / "frames.npz"))
        np.savez(place / "frames.npz", **{**frames, "ppg": frames["ppg"] * 0})
        with pytest.raises(CacheError, match="another version"):
            open_cached(folder, one, Grid())
    assert states(make(root, folder)) == ["cached", "cached"]
    assert inodes(folder) == crops
    assert data_of(folder) == was


@pytest.mark.parametrize("old", [{"cropping": entry.CROPPING - 1}, {"reader": 0}])
def test_other_cropping_or_reading_makes_them_again(
    root: Path, folder: Path, old: dict[str, int]
) -> None:
    make(root, folder)
    place = entry_place(folder, recordings_in(root)[0], Grid())
    save_meta(place, replace(load_meta(place), **old))
    assert sorted(states(make(root, folder))) == ["cached", "made"]
    assert load_meta(place).is_current


def test_a_damaged_entry_is_made_again(root: Path, folder: Path) -> None:
    make(root, folder)
    good = data_of(folder)
    first, second = (entry_place(folder, one, Grid()) for one in recordings_in(root))
    os.truncate(first / "crops.f16", 5000)
    (second / "meta.json").write_text("{")
    assert states(make(root, folder)) == ["made", "made"]
    assert data_of(folder) == good


# What goes wrong --------------------------------------------------------------------------------


def test_a_broken_recording_is_told_and_the_rest_goes_on(root: Path, folder: Path) -> None:
    first, second = recordings_in(root)
    os.truncate(first.video, 300)
    steps = make(root, folder)
    assert [(step.recording.name, step.state) for step in steps] == [
        (first.name, "skipped"),
        (second.name, "made"),
    ]
    assert steps[0].reason
    assert "\n" not in steps[0].reason
    assert [one.name for one in list_cached(folder, Grid())] == [second.name]
    first.video.unlink()
    (gone,) = prepare([first], Grid(), folder, jobs=1)
    assert gone.reason == f"cannot read {first.video}: no such file or directory; " + ADVICE


def test_a_label_that_is_none_is_found_out_before_the_video_is_read(
    root: Path, folder: Path
) -> None:
    first, _ = recordings_in(root)
    first.label.write_text("no numbers\n")
    step = next(step for step in make(root, folder) if step.recording == first)
    assert step.state == "skipped"
    assert str(first.label) in step.reason
    assert not entry_place(folder, first, Grid()).exists()


def test_a_full_disk_ends_it_with_one_line(root: Path, folder: Path) -> None:
    with files_no_larger_than(100_000), pytest.raises(OutputError, match="make room there"):
        make(root, folder)
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    assert states(make(root, folder)) == ["made", "made"]


def test_no_model_no_crops(
    root: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIMANET_FACE_MODEL", str(tmp_path / "none.tflite"))
    with pytest.raises(FaceModelError):
        make(root, folder)


def test_fewer_than_no_jobs(folder: Path) -> None:
    with pytest.raises(DatasetError, match="-1 jobs"):
        list(prepare([], Grid(), folder, jobs=-1))


# A reader that does what a test wants ------------------------------------------------------------


class Odd(Dataset):
    """Frames and label as the test says."""

    name = "odd"
    title = where = layout = ""

    def __init__(self, frames: Callable[[], Iterator[Frame]], label: Label | None = None) -> None:
        self._frames = frames
        self._label = label

    def find(self, root: Path) -> Found:
        return Found()

    def frames(self, recording: Recording) -> Iterator[Frame]:
        return self._frames()

    def label(self, recording: Recording) -> Label | None:
        return self._label

    def look(self, recording: Recording) -> Facts:
        return Facts()


@pytest.fixture
def odd(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Odd], list[Prepared]]:
    """Prepares the one recording of such a data set."""
    path = tmp_path / "odd.bin"
    path.write_bytes(b"video")
    recording = Recording("odd", "1", "p1", tmp_path, path)

    def run(dataset: Odd) -> list[Prepared]:
        monkeypatch.setitem(DATASETS, "odd", dataset)
        return list(prepare([recording], Grid(), folder, jobs=1))

    return run


def noise(count: int, shape: tuple[int, int] = (48, 64)) -> Iterator[Frame]:
    rng = np.random.default_rng(1)
    for k in range(count):
        yield Frame(k, k / 30, rng.integers(0, 256, (*shape, 3), np.uint8))


def test_a_video_without_a_face_is_looked_through_once(odd, folder: Path) -> None:
    times = []

    def frames() -> Iterator[Frame]:
        times.append(1)
        return noise(12)

    for _ in range(2):
        (step,) = odd(Odd(frames))
        assert (step.state, step.faceless) == ("skipped", 1.0)
        assert step.reason == "no face in any of its 12 frames"
    assert len(times) == 1
    with pytest.raises(CacheError, match="no face in any of its 12 frames"):
        open_cached(folder, step.recording, Grid())


def test_a_video_without_frames(odd) -> None:
    assert odd(Odd(lambda: noise(0)))[0].reason == "its video has no frames"


def test_a_reader_that_breaks_off_leaves_nothing(odd, folder: Path) -> None:
    def frames() -> Iterator[Frame]:
        yield from noise(20)
        raise DatasetError("odd.bin: cut off")

    (step,) = odd(Odd(frames))
    assert (step.state, step.reason) == ("skipped", "odd.bin: cut off")
    assert list(folder.glob("*/*")) == []


def test_an_error_nobody_thought_of_is_this_recordings_alone(odd) -> None:
    def frames() -> Iterator[Frame]:
        raise ZeroDivisionError("fps\nis 0")
        yield

    assert odd(Odd(frames))[0].reason == "ZeroDivisionError: fps is 0"


def test_a_file_that_changes_while_it_is_read(odd, tmp_path: Path, folder: Path) -> None:
    def frames() -> Iterator[Frame]:
        yield from noise(5)
        (tmp_path / "odd.bin").write_bytes(b"longer video")

    (step,) = odd(Odd(frames))
    assert "changed while it was read" in step.reason
    assert list(folder.glob("*/*")) == []


class OddCropped(Odd):
    """Frames that show the face alone."""

    cropped = True


def test_frames_that_show_the_face_alone_are_taken_whole(odd, folder: Path) -> None:
    (step,) = odd(OddCropped(lambda: noise(31, (96, 96))))
    assert (step.state, step.frames, step.faceless) == ("made", 30, 0.0)
    cached = open_cached(folder, step.recording, Grid())
    assert not cached.labelled
    assert np.isnan(cached.hr_bpm).all()
    blocks = next(noise(1, (96, 96))).image[:8, :8].astype(float)
    # 96 to 36 px: the first pixel is the mean of 8/3 x 8/3.
    weights = np.array([1, 1, 2 / 3])
    expected = np.einsum("y,x,yxc->c", weights, weights, blocks[:3, :3]) / (8 / 3) ** 2
    np.testing.assert_allclose(cached.crops[0, 0, 0], expected, atol=0.1)


def test_frames_that_are_no_squares_become_some(odd, folder: Path) -> None:
    (step,) = odd(OddCropped(lambda: noise(31, (72, 144))))
    cached = open_cached(folder, step.recording, Grid())
    image = next(noise(1, (72, 144))).image.astype(float)
    expected = image.reshape(36, 2, 36, 4, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(cached.crops[0], expected, atol=0.6)


def test_the_sensor_is_on_the_crops_times(odd, folder: Path) -> None:
    t = np.arange(80) / 60
    label = Label(t, np.sin(9 * t), np.full(80, 85.9), kind="ecg", drift_s=0.02)
    (step,) = odd(OddCropped(lambda: noise(31), label))
    cached = open_cached(folder, step.recording, Grid())
    np.testing.assert_allclose(cached.ppg, np.sin(9 * cached.t), atol=0.02)
    np.testing.assert_allclose(cached.hr_bpm, 85.9)
    meta = load_meta(entry_place(folder, step.recording, Grid()))
    assert (meta.kind, meta.drift_s) == ("ecg", 0.02)


def test_who_somebody_is_can_be_corrected_without_cropping(
    odd, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (step,) = odd(OddCropped(lambda: noise(31)))
    monkeypatch.setattr(upkeep, "DATASETS", {"odd": OddCropped(lambda: noise(0))})
    other = replace(step.recording, subject="p2", tags=(("light", "dim"),))
    (again,) = prepare([other], Grid(), folder, jobs=1)
    assert again.state == "cached"
    (cached,) = list_cached(folder, Grid())
    assert (cached.subject, cached.tags) == ("p2", (("light", "dim"),))


def test_a_recording_that_another_prepare_is_at_is_waited_for(odd, folder: Path) -> None:
    import threading

    waiting = threading.Event()

    def frames() -> Iterator[Frame]:
        waiting.set()
        return noise(31)

    (step,) = odd(OddCropped(frames))
    place = entry_place(folder, step.recording, Grid())
    shutil.rmtree(place)
    waiting.clear()
    lock = lock_of(place)
    assert lock.try_take()
    done: list[Prepared] = []
    other = threading.Thread(
        target=lambda: done.extend(prepare([step.recording], Grid(), folder, jobs=1))
    )
    other.start()
    assert not waiting.wait(0.2)
    lock.release()
    other.join(60)
    assert states(done) == ["made"]
