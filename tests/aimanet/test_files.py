"""Files from elsewhere, before anything is made of them."""

from __future__ import annotations

import pytest

from aimanet.files import DEEPEST, parse_json


def test_json_is_as_deep_as_any_of_ours_and_no_deeper():
    assert parse_json("[" * DEEPEST + "]" * DEEPEST) is not None
    for depth in (DEEPEST + 1, 400, 200_000):
        with pytest.raises(ValueError, match="nested "):
            parse_json('{"a": ' * depth + "1" + "}" * depth)


def test_halves_of_letters_are_replaced_and_whole_ones_kept():
    assert parse_json(r'{"a": ["\ud83d\ude00", "x\uD800y"]}') == {"a": ["\U0001f600", "x?y"]}
