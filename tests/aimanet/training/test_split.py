"""Splits part people, never a person."""

from __future__ import annotations

import pytest

from aimanet.errors import AimaNetError
from aimanet.training.material import Material, labelled_only, person, with_pseudo_label
from aimanet.training.split import split
from tests.aimanet.training.recordings import people, recording


def persons(recordings) -> set[str]:
    return {person(r) for r in recordings}


def sides(result) -> tuple[set[str], set[str]]:
    return persons(r for m in result.train for r in m.recordings), persons(result.held)


def test_nobody_is_on_both_sides():
    two_each = [recording(str(i), f"{i}-{k}") for i in range(10) for k in "ab"]
    train, held = sides(split([Material("toy", tuple(two_each))], 0.2))
    assert len(held) == 2
    assert len(train) == 8
    assert not train & held


def test_who_is_held_out_depends_on_names_alone():
    ten, eleven = people(10), people(11)
    a = sides(split([Material("toy", ten)], 0.2))
    assert a == sides(split([Material("toy", tuple(reversed(ten)))], 0.2))
    assert len(a[1] & sides(split([Material("toy", eleven)], 0.2))[1]) >= 1


def test_the_same_name_in_two_data_sets_is_two_people():
    material = [Material("a", people(5)), Material("b", people(5, dataset="other"))]
    train, held = sides(split(material, 0.2))
    assert len(held) == 2
    assert {name.partition("/")[0] for name in held} == {"toy", "other"}
    assert len(train) == 8


def test_named_people():
    material = [Material("a", people(3)), Material("b", people(3, dataset="other"))]
    assert sides(split(material, 0.2, ["2"]))[1] == {"toy/2", "other/2"}
    assert sides(split(material, 0.2, ["other/2", "toy/1"]))[1] == {"other/2", "toy/1"}
    with pytest.raises(AimaNetError, match=r"there is no 'toy/9' among other/1, other/2"):
        split(material, 0.2, ["toy/9"])


def test_one_person_cannot_be_split():
    alone = [Material("toy", (recording("1", "a"), recording("1", "b")))]
    with pytest.raises(AimaNetError, match="one person"):
        split(alone, 0.2)
    assert split(alone, 0.0).held == ()
    with pytest.raises(AimaNetError, match="no one is left to train on"):
        split(alone, 0.2, ["1"])


def test_other_material_to_validate_on_leaves_everybody_in_training():
    material = [Material("a", people(3)), Material("b", people(2, dataset="b"), held_out=True)]
    train, held = sides(split(material, 0.5))
    assert train == {"toy/1", "toy/2", "toy/3"}
    assert held == {"b/1", "b/2"}


def test_drawn_faces_hold_nobody_out():
    result = split([Material()], 0.2)
    assert result.held == ()
    assert len(result.train) == 1


def test_pseudo_labels_are_learnt_from_but_not_judged_by():
    mixed = [*people(2), *(with_pseudo_label(recording(s, labelled=False)) for s in "789")]
    train, held = sides(split([Material("toy", tuple(mixed))], 0.4))
    assert len(held) == 1
    assert held < {"toy/1", "toy/2"}
    assert {"toy/7", "toy/8", "toy/9"} < train
    only = [with_pseudo_label(recording(s, labelled=False)) for s in "12"]
    assert len(split([Material("toy", tuple(only))], 0.2).held) == 1


def test_without_any_label():
    with pytest.raises(AimaNetError, match="--pseudo-labels"):
        labelled_only("toy", [recording(labelled=False)])
