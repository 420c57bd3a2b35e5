"""The bars: what holds, what falls short, and what was not measured is not claimed."""

from __future__ import annotations

from aimanet.bench.accuracy.verdict import GOOD, verdicts
from aimanet.synthesis.kinds import held_out_kinds
from aimanet.types import State
from tests.aimanet.bench.accuracy.measured import NAN, readings, result


def bars(results, rivals=("POS",)):
    return {v.name: v for v in verdicts(results, "TS-CAN", list(rivals))}


def test_all_is_well():
    clips = [result("still 0", m, hr=60.0 + e) for m, e in (("TS-CAN", 0.3), ("POS", 0.9))]
    clips += [
        result("wall 0", "TS-CAN", alive=False, said=readings([60.0], NAN, 0.1, State.POOR_SIGNAL))
    ]
    found = bars(clips)
    assert all(v.holds for v in found.values()), found
    assert found["behind the best other method, each condition"].found == "at most -0.60 (all)"
    assert "every recording" not in found


def test_an_average_hides_no_row():
    clips = []
    for k in range(20):
        clips += [result(f"still {k}", m) for m in ("TS-CAN", "POS")]
    clips += [result("dim 0", "TS-CAN", hr=64.0, conditions=("dim",))]
    clips += [result("dim 0", "POS", hr=61.0, conditions=("dim",))]
    found = bars(clips)
    assert found["error over all held-out clips"].holds
    behind = found["behind the best other method, each condition"]
    assert (behind.holds, behind.found) == (False, "dim +3.0")
    assert found["error in each condition"].found == "dim 4.0"


def test_a_clip_without_a_rate_is_no_success():
    clips = [result("dim 0", "TS-CAN", hr=NAN), result("dim 0", "POS", hr=61.0)]
    assert not bars(clips)["behind the best other method, each condition"].holds


def test_silence_is_fair_on_hard_clips_only():
    quiet = readings([60.0] * 20, state=State.POOR_SIGNAL)
    good = [result("still 0", "TS-CAN")]
    hard = [result("dim 0", "TS-CAN", conditions=("still", "dim"), said=quiet)]
    assert bars(good + hard)["seconds of good clips that are ok"].holds
    silent = [result("still 1", "TS-CAN", said=quiet)]
    found = bars(good + silent)
    assert not found["seconds of good clips that are ok"].holds
    assert not found["first ok on a good clip, 9 of 10 clips"].holds
    assert found["first ok on a good clip, 9 of 10 clips"].found == "never"


def test_recordings_count_one_by_one():
    clips = [
        result(f"r/{k}", "TS-CAN", hr=60.0 + e, origin="recording") for k, e in ((1, 1.0), (2, -3))
    ]
    found = bars(clips)["every recording"]
    assert (found.holds, found.found) == (False, "1 of 2; worst r/2 -3.0")
    assert "error over all held-out clips" not in bars(clips)


def test_a_false_alarm_is_named():
    dead = [
        result(
            "wall 0",
            "TS-CAN",
            alive=False,
            said=readings([60.0] * 100, NAN, 0.1, State.POOR_SIGNAL),
        ),
        result("doll 0", "TS-CAN", alive=False, said=readings([60.0] * 20, NAN, 0.6)),
    ]
    found = bars(dead)
    assert not found["false ok: lifeless, doll"].holds
    assert not found["false ok: lifeless, all kinds"].holds
    assert "false ok: lifeless, wall" not in found, "what is well is in the sum"


def test_the_conditions_of_good_clips_exist():
    conditions = {c for kind in held_out_kinds() if kind.alive for c in kind.conditions}
    assert set(GOOD) <= conditions
