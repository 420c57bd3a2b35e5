"""One face followed: drawn heads in drawn rooms, and a few real ones."""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from aimanet.errors import FaceModelError
from aimanet.face import HOLD_S, PATIENCE_S, FaceTracker
from aimanet.face_geometry import Square, cut
from aimanet.preprocess import BRIDGE_S
from aimanet.synthesis.drawing import draw_head
from aimanet.synthesis.look import Look
from aimanet.types import FaceCrop, Frame

FPS = 30.0
CENTRE = (240.0, 180.0)


@dataclass(frozen=True)
class Head:
    """A drawn head, 60 px from its middle to an ear; ``middle`` is where, in its picture."""

    rgb: np.ndarray
    alpha: np.ndarray
    middle: tuple[float, float] = (120.0, 130.0)


def drawn(look: Look) -> Head:
    u, v = np.meshgrid((np.arange(240) - 120) / 60, (np.arange(240) - 130) / 60)
    portrait = draw_head(look, u.astype(np.float32), v.astype(np.float32))
    fade = np.clip((1.75 - v) * 4, 0, 1).astype(np.float32)  # no shoulders below the head
    return Head(portrait.rgb * (portrait.alpha * fade)[..., None], portrait.alpha * fade)


ANNE = drawn(Look())
BERT = drawn(Look(melanin=0.75, hair=(20.0, 18.0, 16.0), jaw=0.1, eye_gap=0.46, seed=5))


def room(width: int = 480, height: int = 360) -> np.ndarray:
    ramp = np.linspace(90, 150, width, dtype=np.float32)
    return np.repeat(np.tile(ramp, (height, 1))[..., None], 3, axis=2)


def show(picture: np.ndarray, head: Head, x: float, y: float, scale: float = 1.0) -> np.ndarray:
    """``picture`` with the middle of a head at (x, y)."""
    size = picture.shape[1::-1]
    move = np.array(
        [[scale, 0, x - head.middle[0] * scale], [0, scale, y - head.middle[1] * scale]]
    )
    rgb = cv2.warpAffine(head.rgb, move, size, flags=cv2.INTER_LINEAR)
    alpha = cv2.warpAffine(head.alpha, move, size, flags=cv2.INTER_LINEAR)[..., None]
    return picture * (1 - alpha) + rgb


@functools.cache
def grain(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape, dtype=np.float32)


def levels(picture: np.ndarray, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    if noise:
        picture = picture + noise * np.roll(grain(picture.shape), 997 * seed)
    return np.clip(picture + 0.5, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def shared_tracker(face_model: Path) -> Iterator[FaceTracker]:
    tracker = FaceTracker(model_path=face_model)
    yield tracker
    tracker.close()


@pytest.fixture
def tracker(shared_tracker: FaceTracker) -> FaceTracker:
    shared_tracker.reset()
    return shared_tracker


def film(
    tracker: FaceTracker, pictures: Callable[[float], np.ndarray], frames: int, start: float = 0.0
) -> list[FaceCrop]:
    """What the tracker says to ``frames`` pictures drawn for their times."""
    times = [start + i / FPS for i in range(frames)]
    return [tracker.track(Frame(i, t, pictures(t))) for i, t in enumerate(times)]


def middles(crops: list[FaceCrop]) -> np.ndarray:
    """(N, 3): centre x, y and side of each box, px; NaN where there is none."""
    nothing = (np.nan,) * 4
    boxes = np.array([nothing if crop.bbox is None else crop.bbox for crop in crops])
    return np.column_stack(
        [boxes[:, 0] + boxes[:, 2] / 2, boxes[:, 1] + boxes[:, 3] / 2, boxes[:, 2]]
    )


def test_square_holds_the_whole_face(tracker: FaceTracker) -> None:
    (crop,) = film(tracker, lambda t: levels(show(room(), ANNE, *CENTRE)), 1)
    assert crop.bbox is not None
    assert crop.crop is not None
    x, y, w, h = crop.bbox
    assert w == h
    chin, hairline = CENTRE[1] + 1.3 * 60, CENTRE[1] - 0.82 * 60
    assert y < hairline < y + 0.25 * h
    assert y + 0.8 * h < chin < y + h
    assert abs(x + w / 2 - CENTRE[0]) < 0.06 * w
    assert 1.1 * 120 < w < 1.75 * 120
    assert crop.crop.shape == (72, 72, 3)
    assert crop.crop.dtype == np.uint8


def test_square_rests_on_a_still_face_in_noise(tracker: FaceTracker) -> None:
    picture = show(room(), ANNE, *CENTRE)
    crops = film(tracker, lambda t: levels(picture, 8.0, round(t * FPS)), 60)
    box = middles(crops)[25:]  # it has settled
    per_crop_pixel = 72 / box[0, 2]
    assert len(np.unique(box[:, 2])) == 1
    assert np.diff(box[:, :2], axis=0).std() * per_crop_pixel < 0.04
    assert box[:, :2].std(axis=0).max() * per_crop_pixel < 0.25


@pytest.mark.parametrize(("swing", "rate"), [(10.0, 0.8), (80.0, 0.5)])
def test_square_does_not_lag(tracker: FaceTracker, swing: float, rate: float) -> None:
    def x(t: np.ndarray | float) -> np.ndarray | float:
        return CENTRE[0] + swing * np.sin(2 * np.pi * rate * t)

    crops = film(
        tracker,
        lambda t: levels(show(room(), ANNE, float(x(t)), CENTRE[1]), 3.0, round(t * FPS)),
        60,
    )
    box, t = middles(crops), np.arange(60) / FPS
    error = box[20:, 0] - np.asarray(x(t))[20:]
    assert error.std() < 0.012 * box[0, 2]  # 0.9 px of the crop


def test_time_stamps_not_frame_counts(tracker: FaceTracker) -> None:
    def x(t: float) -> float:
        return 140 + 100 * t

    tracker.track(Frame(0, 0.0, levels(show(room(), ANNE, x(0.0), 180))))
    times = np.arange(1, 12) / 10  # 10 fps: three times as far from frame to frame
    crops = [
        tracker.track(Frame(i, t, levels(show(room(), ANNE, x(t), 180))))
        for i, t in enumerate(times)
    ]
    error = middles(crops)[4:, 0] - x(times)[4:]
    assert np.abs(error - error.mean()).max() < 2.5
    assert np.abs(error).max() < 10


def test_scale_ignores_breath_and_follows_an_approach(tracker: FaceTracker) -> None:
    def scale(t: float) -> float:
        return 1.0 + 0.01 * np.sin(2 * np.pi * 0.3 * t) + 0.4 * np.clip(t - 2, 0, 1)

    crops = film(tracker, lambda t: levels(show(room(), ANNE, *CENTRE, scale(t))), 120)
    sides = middles(crops)[:, 2]
    assert len(np.unique(sides[20:58])) == 1
    assert sides[-1] / sides[0] == pytest.approx(1.4, rel=0.06)
    assert np.abs(np.diff(sides)).max() < 0.04 * sides[0]


def test_same_person_while_another_walks_past(tracker: FaceTracker) -> None:
    def pictures(t: float) -> np.ndarray:
        front = show(room(), ANNE, 240 - 60 * (t - 1.5), 190, 0.9)
        return levels(show(front, BERT, 240 + 150 * (t - 1.5), 170, 0.9), 2.0, round(t * FPS))

    tracker.track(Frame(0, -0.1, levels(show(room(), ANNE, 330, 190, 0.9))))
    crops = film(tracker, pictures, 90)
    x = middles(crops)[:, 0]
    assert abs(x[30] - (240 + 60 * 0.5)) < 15
    assert abs(x[-1] - (240 - 60 * 1.47)) < 15


def test_larger_newcomer_does_not_take_over(tracker: FaceTracker) -> None:
    def pictures(t: float) -> np.ndarray:
        alone = show(room(640), ANNE, 130, 180, 0.7)
        return levels(alone if t < 0.5 else show(alone, BERT, 430, 180, 1.3), 2.0, round(t * FPS))

    x = middles(film(tracker, pictures, 150))[:, 0]
    assert np.abs(x - 130).max() < 12


def test_somebody_at_the_camera_outdoes_a_poster(tracker: FaceTracker) -> None:
    def pictures(t: float) -> np.ndarray:
        alone = show(room(640), ANNE, 80, 80, 0.4)
        return levels(alone if t < 1 else show(alone, BERT, 400, 190, 1.4), 2.0, round(t * FPS))

    x = middles(film(tracker, pictures, 150))[:, 0]
    assert np.nanmax(np.abs(x[20:50] - 80)) < 12
    assert abs(x[-1] - 400) < 25


def test_largest_face_first(tracker: FaceTracker) -> None:
    picture = show(show(room(640), ANNE, 120, 180, 0.7), BERT, 430, 180, 1.2)
    (crop,) = film(tracker, lambda t: levels(picture), 1)
    assert abs(middles([crop])[0, 0] - 430) < 20


def two_faces(t: float) -> np.ndarray:
    picture = show(show(room(640), ANNE, 120, 180, 0.7), BERT, 430, 180, 1.2)
    return levels(picture, 2.0, round(t * FPS))


def test_further_faces_are_named_after_two_looks(tracker: FaceTracker) -> None:
    crops = film(tracker, two_faces, 75)
    assert crops[0].others == ()
    (other,) = crops[-1].others
    assert abs(other[0] + other[2] / 2 - 120) < 15
    assert abs(other[1] + other[3] / 2 - 180) < 25
    assert abs(middles(crops)[-1, 0] - 430) < 20


def test_one_face_has_no_company(tracker: FaceTracker) -> None:
    crops = film(tracker, lambda t: levels(show(room(), ANNE, *CENTRE), 2.0, round(t * FPS)), 100)
    assert not any(crop.others for crop in crops)


def test_a_chosen_face_is_followed_after_a_gap_that_is_not_bridged(tracker: FaceTracker) -> None:
    crops = film(tracker, two_faces, 75)
    tracker.choose(crops[-1].others[0])
    after = film(tracker, two_faces, 150, 75 / FPS)
    x = middles(after)[:, 0]
    gap = np.isnan(x).sum() / FPS
    assert BRIDGE_S < gap < BRIDGE_S + 0.3
    assert np.isnan(x[0])
    assert np.abs(x[~np.isnan(x)] - 120).max() < 15
    (other,) = after[-1].others
    assert abs(other[0] + other[2] / 2 - 430) < 25


def test_no_larger_face_takes_over_from_a_chosen_one(tracker: FaceTracker) -> None:
    def pictures(t: float) -> np.ndarray:
        picture = show(show(room(640), ANNE, 80, 80, 0.4), BERT, 400, 190, 1.4)
        return levels(picture, 2.0, round(t * FPS))

    film(tracker, pictures, 2)
    tracker.choose((40.0, 40.0, 80.0, 80.0))
    x = middles(film(tracker, pictures, 200, 2 / FPS))[:, 0]
    assert np.abs(x[60:] - 80).max() < 12


def test_choosing_where_no_face_is_changes_nothing(tracker: FaceTracker) -> None:
    film(tracker, two_faces, 10)
    tracker.choose((250.0, 20.0, 60.0, 60.0))
    x = middles(film(tracker, two_faces, 20, 10 / FPS))[:, 0]
    assert np.abs(x - 430).max() < 20


def test_short_loss_is_bridged_and_a_long_one_told(tracker: FaceTracker) -> None:
    def pictures(t: float) -> np.ndarray:
        hidden = 0.5 <= t < 0.8 or t >= 1.5
        return levels(room() if hidden else show(room(), ANNE, *CENTRE), 2.0, round(t * FPS))

    crops = film(tracker, pictures, 75)
    seen = np.array([crop.bbox is not None for crop in crops])
    t = np.arange(75) / FPS
    assert seen[t < 1.5 + HOLD_S - 0.1].all()
    assert not seen[t > 1.5 + HOLD_S + 0.1].any()
    held = [crop.bbox for crop, time in zip(crops, t, strict=True) if 0.51 < time < 0.79]
    assert len(set(held)) == 1
    assert all((crop.bbox is None) == (crop.crop is None) for crop in crops)


def test_after_patience_anybody_is_followed(tracker: FaceTracker) -> None:
    film(tracker, lambda t: levels(show(room(640), ANNE, 120, 180)), 3)
    start = 3 / FPS
    crops = film(
        tracker, lambda t: levels(show(room(640), BERT, 520, 180), 1, round(t * FPS)), 45, start
    )
    x = middles(crops)[:, 0]
    assert np.isnan(x[round((HOLD_S + 0.1) * FPS)]) or abs(x[20] - 520) < 20
    assert np.abs(x[round((PATIENCE_S + 0.2) * FPS) :] - 520).max() < 20


@pytest.mark.parametrize("x", [30.0, 450.0])
def test_face_at_the_border(tracker: FaceTracker, x: float) -> None:
    def pictures(t: float) -> np.ndarray:
        return levels(show(room(), ANNE, 240 + (x - 240) * min(t, 1.0), 180), 1.0, round(t * FPS))

    crops = film(tracker, pictures, 40)
    assert crops[-1].bbox is not None
    left, _, width, _ = crops[-1].bbox
    assert left < 0 or left + width > 480
    assert crops[-1].crop is not None
    assert crops[-1].crop.min() > 0  # the room goes on past the border: nothing is black


def test_repeated_picture_repeats_the_crop(tracker: FaceTracker) -> None:
    pictures = [levels(show(room(), ANNE, *CENTRE), 3.0, seed) for seed in range(2)]
    first = tracker.track(Frame(0, 0.0, pictures[0]))
    again = tracker.track(Frame(1, 0.04, pictures[0].copy()))
    other = tracker.track(Frame(2, 0.08, pictures[1]))
    assert (again.index, again.t, again.bbox) == (1, 0.04, first.bbox)
    assert again.crop is first.crop
    assert other.crop is not None
    assert not np.array_equal(other.crop, first.crop)


def test_one_changed_pixel_is_another_picture(tracker: FaceTracker) -> None:
    picture = levels(show(room(), ANNE, *CENTRE))
    first = tracker.track(Frame(0, 0.0, picture))
    changed = picture.copy()
    changed[181, 241] ^= 128
    assert tracker.track(Frame(1, 0.04, changed)).crop is not first.crop


def test_small_face_in_a_wide_frame_is_found(tracker: FaceTracker) -> None:
    picture = show(room(1280, 720), ANNE, 1100, 150, 0.5)  # an ear 30 px from the nose
    crops = film(tracker, lambda t: levels(picture, 2.0, round(t * FPS)), 25)
    assert np.abs(middles(crops)[-1, :2] - (1100, 150)).max() < 10


def test_face_too_small_for_a_pulse_is_none(tracker: FaceTracker) -> None:
    picture = show(room(), ANNE, *CENTRE, 0.2)
    crops = film(tracker, lambda t: levels(picture, 1.0, round(t * FPS)), 20)
    assert all(crop.bbox is None for crop in crops)


@pytest.mark.parametrize("blobs", [5, 12, 30])
def test_no_face_in_wallpaper(tracker: FaceTracker, blobs: int) -> None:
    rng = np.random.default_rng(blobs)
    coarse = rng.integers(0, 255, (blobs, blobs, 3), dtype=np.uint8)
    wall = cv2.resize(coarse, (640, 480), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    crops = film(tracker, lambda t: levels(wall, 2.0, round(t * FPS)), 20)
    assert all(crop.crop is None for crop in crops)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((1, 1, 3), np.uint8),
        np.zeros((2, 900, 3), np.uint8),
        np.full((31, 17, 3), 200, np.uint8),
        np.zeros((0, 0, 3), np.uint8),
        np.zeros((480, 640), np.uint8),
        np.zeros((480, 640, 4), np.uint8),
        np.zeros((2160, 3840, 3), np.uint8),
    ],
    ids=lambda image: "x".join(map(str, image.shape)),
)
def test_any_picture_is_bearable(tracker: FaceTracker, image: np.ndarray) -> None:
    crop = tracker.track(Frame(7, 1.5, image))
    assert (crop.index, crop.t, crop.bbox, crop.crop) == (7, 1.5, None, None)


def test_grey_flipped_and_strided_pictures_are_read(tracker: FaceTracker) -> None:
    picture = levels(show(room(), ANNE, *CENTRE))
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    for image in (grey, grey[..., None], picture[:, ::-1], np.repeat(picture, 2, axis=1)[:, ::2]):
        tracker.reset()
        crop = tracker.track(Frame(0, 0.0, image))
        assert np.abs(middles([crop])[0, :2] - CENTRE).max() < 12
    assert crop.crop is not None


def test_size_of_frame_may_change(tracker: FaceTracker) -> None:
    film(tracker, lambda t: levels(show(room(960, 720), ANNE, 800, 600)), 2)
    crops = film(
        tracker, lambda t: levels(show(room(), ANNE, *CENTRE), 1, round(t * FPS)), 50, 1 / 15
    )
    assert np.abs(middles(crops)[-1, :2] - CENTRE).max() < 12


def test_time_running_backwards_starts_anew(tracker: FaceTracker) -> None:
    film(tracker, lambda t: levels(show(room(640), ANNE, 120, 180)), 2, start=9.0)
    (crop,) = film(tracker, lambda t: levels(show(room(640), BERT, 520, 180)), 1, start=0.0)
    assert abs(middles([crop])[0, 0] - 520) < 20


def test_same_frames_give_the_same_crops(tracker: FaceTracker) -> None:
    def pictures(t: float) -> np.ndarray:
        return levels(show(room(), ANNE, 200 + 40 * t, 180), 3.0, round(t * FPS))

    first = film(tracker, pictures, 15)
    tracker.reset()
    for one, two in zip(first, film(tracker, pictures, 15), strict=True):
        assert one.bbox == two.bbox
        assert np.array_equal(one.crop, two.crop)


@pytest.mark.parametrize("side", [60, 150, 500])
def test_cut_is_sub_pixel(side: int) -> None:
    ramp = np.tile(np.linspace(0, 250, 1000, dtype=np.float32), (700, 1))
    image = levels(np.repeat(ramp[..., None], 3, axis=2), 4.0)  # no two rows round alike
    slope = 250 / 999

    def level(x: float) -> float:
        return float(cut(image, Square(x, 350.0, side), 72).mean())

    assert level(500.0) == pytest.approx(499.5 * slope, abs=0.2)
    steps = np.diff([level(500 + k * 0.8) for k in range(12)])
    assert steps == pytest.approx(0.8 * slope, abs=0.12)


def test_no_model_at_the_given_path(tmp_path: Path) -> None:
    with pytest.raises(FaceModelError, match="not there"):
        FaceTracker(model_path=tmp_path / "gone.tflite")


def test_file_that_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "text.tflite").write_text("hello")
    with pytest.raises(FaceModelError, match=r"text\.tflite is no face detection model") as caught:
        FaceTracker(model_path=tmp_path / "text.tflite")
    assert "\n" not in str(caught.value)


def test_a_file_of_gigabytes_is_no_model_and_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.tflite"
    with path.open("wb") as file:
        file.truncate(6 << 30)
    with pytest.raises(FaceModelError, match=r"large\.tflite: .*bytes are too many"):
        FaceTracker(model_path=path)


@pytest.mark.parametrize("end", ["tracker.close(); tracker.close()", "pass"])
def test_exit_is_quick_and_quiet(face_model: Path, end: str) -> None:
    program = (
        "import sys; from pathlib import Path; import numpy as np\n"
        "from aimanet.face import FaceTracker; from aimanet.types import Frame\n"
        "tracker = FaceTracker(model_path=Path(sys.argv[1]))\n"
        "tracker.track(Frame(0, 0.0, np.zeros((480, 640, 3), np.uint8)))\n"
        f"{end}"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(face_model)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "nose"), [("face1.jpg", (925, 935)), ("face2.jpg", (590, 815))])
def test_photographs(
    tracker: FaceTracker, shared_dir: Path, name: str, nose: tuple[int, int]
) -> None:
    picture = cv2.imread(str(shared_dir / "photos" / name))
    assert picture is not None
    for scale in (1.0, 0.25, 0.08):
        tracker.reset()
        image = cv2.resize(
            picture[..., ::-1], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA
        )
        crop = tracker.track(Frame(0, 0.0, image))
        x, y, side = middles([crop])[0]
        assert abs(x - nose[0] * scale) < 0.06 * side
        assert abs(y - nose[1] * scale) < 0.15 * side


@pytest.mark.real_data
def test_real_clip_is_followed_steadily(tracker: FaceTracker, shared_dir: Path) -> None:
    with av.open(str(shared_dir / "clips" / "evm_face.mp4")) as clip:
        images = [frame.to_ndarray(format="rgb24") for frame in clip.decode(video=0)][:90]
    crops = [tracker.track(Frame(i, i / FPS, image)) for i, image in enumerate(images)]
    box = middles(crops)[20:]
    assert not np.isnan(box).any()
    assert len(np.unique(box[:, 2])) == 1
    assert np.diff(box[:, :2], axis=0).std() * 72 / box[0, 2] < 0.03
