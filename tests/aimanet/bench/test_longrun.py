"""Hours of live use with recording: nothing grows that has no bound."""

from __future__ import annotations

import csv
import gc
import itertools
import json
import sys
from types import FunctionType, ModuleType

import numpy as np
import pytest

from aimanet.bench.longrun import FPS, Mark, crops_of, long_run, repeated
from aimanet.bench.train import BenchError
from aimanet.cli import main
from aimanet.methods import make_method
from aimanet.pipeline import Pipeline
from aimanet.rhythm.tape import PulseTape
from aimanet.types import FaceCrop
from tests.aimanet.crops import Scene, face_crops

CROPS = face_crops(Scene(seconds=10.0))


def test_crops_go_on_where_they_began_anew():
    steps = list(repeated(CROPS, 25.0))
    assert [frame.index for frame, _ in steps] == list(range(750))
    assert steps[-1][1].t == steps[-1][0].t == pytest.approx(749 / FPS)
    assert steps[310][1].crop is CROPS[10].crop
    no_face = [FaceCrop(0, 0.0, None, None)]
    assert next(repeated(no_face, 1.0))[0].image.shape == (2, 2, 3)


def test_everything_is_recorded_and_marked(tmp_path):
    marks: list[Mark] = []
    found = long_run(
        repeated(CROPS, 24.0), make_method("green"), tmp_path, every_s=4.0, tell=marks.append
    )
    assert found.frames == found.recorded_frames == 720
    assert [mark.minutes for mark in marks] == pytest.approx(
        [k / 15.0 for k in range(1, 6)], abs=1e-3
    )
    with (tmp_path / "frames.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 720
    assert found.start_handles == found.end_handles
    assert found.end_threads <= found.start_threads
    assert found.end_median_ms > 0.0
    with pytest.raises(BenchError, match="at least two marks"):
        long_run(repeated(CROPS, 5.0), make_method("green"), tmp_path / "short")


def test_no_container_of_the_pipeline_grows():
    """All that hangs on a pipeline, weighed: only the compact history grows, 17 bytes a reading."""
    pipeline, tape = Pipeline(make_method("green")), PulseTape(keep=900)
    pipeline.on_segment = tape.add
    steps = repeated(CROPS, 130.0)

    def weight_after(seconds: float) -> int:
        for _, crop in itertools.islice(steps, round(seconds * FPS)):
            pipeline.push(crop)
        return weigh(pipeline)

    first, second, third = weight_after(60.0), weight_after(30.0), weight_after(30.0)
    assert 100_000 < first < 10_000_000
    # 90 readings of 17 bytes, and arrays that grow in steps; a number for each of the 900 frames
    # would be more than 20,000 bytes.
    assert second - first < 16_000
    assert third - second < 16_000


def weigh(thing: object) -> int:
    """Bytes of all objects that ``thing`` holds, itself included; not of code and classes."""
    seen: dict[int, object] = {}
    todo = [thing]
    while todo:
        one = todo.pop()
        if id(one) in seen or isinstance(one, type | ModuleType | FunctionType):
            continue
        seen[id(one)] = one
        todo += gc.get_referents(one)
    return sum(sys.getsizeof(one) for one in seen.values())


def test_the_scales_see_what_is_held():
    small, large = [bytes(10)], [np.zeros(1000), {"a": [bytes(5000)]}]
    assert weigh(large) - weigh(small) > 13_000


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_eight_simulated_hours_are_flat(tmp_path):
    """Twenty minutes of one core: memory, handles, threads and the time a frame takes."""
    found = long_run(repeated(CROPS, 8.0 * 3600.0), make_method("green"), tmp_path)
    print(found)
    assert found.frames == found.recorded_frames == 864_000
    assert found.start_handles == found.end_handles
    assert found.start_threads == found.end_threads
    # The compact history and the tape's bound: 0.2 and 0.4 MB an hour.
    assert found.slope_mb_per_hour < 2.0
    assert found.end_mb - found.start_mb < 16.0
    assert found.end_median_ms < 1.5 * found.start_median_ms
    assert found.end_p95_ms < 1.5 * found.start_p95_ms


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_network_decoding_and_tracking_are_flat(tmp_path, capsys):
    """The whole way from a file, with the network, through the command."""
    argv = ["bench", "speed", "--quick", "--minutes", "3", "--json"]
    assert main(argv) == 0
    found = json.loads(capsys.readouterr().out)["memory"]
    assert found["start_handles"] == found["end_handles"]
    assert found["start_threads"] == found["end_threads"]


def test_a_clip_without_a_face(tmp_path, face_model):
    from tests.aimanet.commands.test_analyze import write_video

    wall = tmp_path / "wall.mp4"
    write_video(wall, [np.full((120, 160, 3), 120, np.uint8)] * 5)
    with pytest.raises(BenchError, match=r"no face in .*wall\.mp4"):
        crops_of(wall)
