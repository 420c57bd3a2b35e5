"""The list of cameras, which is empty on most machines that test."""

from __future__ import annotations

import json

from aimanet.cli import main
from aimanet.commands.cameras import _print_table
from aimanet.sources import CameraInfo


def test_json_is_a_list(capsys):
    assert main(["cameras", "--json"]) == 0
    assert isinstance(json.loads(capsys.readouterr().out), list)


def test_no_camera_is_no_error_and_every_camera_is_named(capsys):
    assert main(["cameras"]) == 0
    assert "live --source" in capsys.readouterr().out


def test_the_table_says_what_is_unknown(capsys):
    _print_table([CameraInfo(0, "Logi [usb]", "V4L2", 1280, 720, 30.0), CameraInfo(2, "Odd", "X")])
    out = capsys.readouterr().out
    assert all(word in out for word in ("Logi [usb]", "1280x720", "30", "Odd", "unknown"))
