"""The held-out shots: which there are, and photographs in them."""

from __future__ import annotations

import numpy as np
import pytest

from aimanet.bench.accuracy.material import AccuracyError
from aimanet.bench.accuracy.photographs import LONGEST, read_photographs, read_picture
from aimanet.bench.accuracy.shots import chosen_kinds, shots, shows
from aimanet.commands.bench_accuracy import QUICK_KINDS
from aimanet.synthesis import DemoScene, SceneConfig
from aimanet.synthesis.photos import Photo


@pytest.fixture(scope="module")
def photo():
    """A drawn person, taken for a photograph."""
    picture = DemoScene(SceneConfig(width=320, height=240, seed=4, noise=0.0)).render(0)
    return Photo("portrait", picture, (105.0, 55.0, 110.0, 110.0))


def test_kinds_are_chosen_by_name():
    every = chosen_kinds()
    assert {kind.alive for kind in every} == {True, False}
    assert [k.name for k in chosen_kinds(["talking", "still"])] == ["still", "talking"]
    assert [k.name for k in chosen_kinds(["doll, still"])] == ["still", "doll"]
    assert [k.name for k in chosen_kinds(["call, H.264"])] == ["call, H.264"]
    with pytest.raises(AccuracyError, match="did you mean talking"):
        chosen_kinds(["still,talkin"])


def test_the_quick_ones_exist_with_and_without_a_pulse():
    quick = chosen_kinds(QUICK_KINDS)
    assert len(quick) == len(QUICK_KINDS)
    assert sum(kind.alive for kind in quick) == 6


def test_every_clip_has_a_name_and_crops_of_its_own():
    found = shots(chosen_kinds(), 3, 20.0, "abc")
    assert len({each.info.name for each in found}) == len(found)
    assert len({each.cache_name for each in found}) == len(found)
    assert all(each.cache_name.startswith("abc/") for each in found)
    (other,) = shots(chosen_kinds(["still"]), 1, 25.0, "abc")
    assert other.cache_name not in {each.cache_name for each in found}
    assert {each.info.origin for each in found} == {"drawn"}


def test_photographs_take_turns(photo):
    other = Photo("other", photo.picture[:, ::-1].copy(), photo.face)
    found = shots(chosen_kinds(["still", "wall", "talking"]), 3, 20.0, "abc", [photo, other])
    names = ["portrait", "other", "portrait", "other", "portrait", "other"]
    assert [each.photo.name for each in found] == names
    assert [each.info.kind for each in found] == ["still"] * 3 + ["talking"] * 3, "no wall"
    assert {each.info.origin for each in found} == {"photograph"}
    assert found[0].cache_name != shots(chosen_kinds(["still"]), 1, 20.0, "abc")[0].cache_name


@pytest.mark.slow
def test_photographs_are_seen_in_some_lifeless_kinds(photo):
    seen = {kind.name: shows(kind, photo) for kind in chosen_kinds() if not kind.alive}
    assert seen["print"]
    assert seen["doll"]
    assert not seen["empty room"]


def test_a_photograph_is_found_in_a_folder(tmp_path, face_model):
    import cv2

    scene = DemoScene(SceneConfig(width=640, height=480, seed=1, noise=0.0))
    cv2.imwrite(str(tmp_path / "b 10.png"), scene.render(0)[..., ::-1])
    cv2.imwrite(str(tmp_path / "b 9.jpg"), scene.render(40)[..., ::-1])
    (tmp_path / "notes.txt").write_text("none")
    (tmp_path / "broken.png").write_bytes(b"none")
    first, second = read_photographs(tmp_path)
    assert (first.name, second.name) == ("b 9", "b 10")
    np.testing.assert_array_equal(second.picture, scene.render(0))
    x, y, w, h = second.face
    assert abs(x + w / 2 - 320) < 60
    assert abs(y + h / 2 - 230) < 70


def test_large_photographs_are_made_smaller(tmp_path):
    import cv2

    path = tmp_path / "large.png"
    cv2.imwrite(str(path), np.zeros((30, 2 * LONGEST, 3), np.uint8))
    assert read_picture(path).shape == (15, LONGEST, 3)
