"""A network camera's password is used to connect, and never told."""

from __future__ import annotations

import re

import pytest

from aimanet.cli import main
from aimanet.errors import SourceError
from aimanet.sources import open_source
from aimanet.sources.address import without_password
from app.widgets.source_picker import SourcePicker, describe

CAMERA = "http://anna:geheim@127.0.0.1:9/video?key=geheim"


@pytest.mark.parametrize(
    "spec",
    [
        "telnet://anna:geheim@cam/video",
        "http://anna:geheim@[cam/video",
        "http://anna:geheim@cam:port/video?key=geheim",
        "http://anna:geheim@/video",
        "http://anna:geheim@cam/clip.mp4?key=geheim",
        "http://anna:ge/heim@cam/video",
        "http://anna:ge#heim@cam/video",
        "http://anna:geheim?@cam/video",
        "http://anna:geh?eim@cam:port/video",
    ],
)
def test_a_bad_address_is_refused_without_its_password(spec):
    with pytest.raises(SourceError) as told:
        open_source(spec)
    assert not re.search("geh|heim|anna", str(told.value))


@pytest.mark.parametrize(
    ("spec", "shown"),
    [
        ("http://anna:1/heim@cam/video", "http://cam/video"),
        ("rtsp://cam:554/a?user=anna@home.org", "rtsp://cam:554/a?..."),
        ("rtsp://cam/@front", "rtsp://cam/@front"),
        ("http://anna:geheim@[cam", "http://"),
        ("me@home.mp4", "me@home.mp4"),
    ],
)
def test_what_is_shown_of_an_address(spec, shown):
    assert without_password(spec) == shown


@pytest.mark.parametrize(
    "args",
    [["analyze", CAMERA], ["analyze", CAMERA, "b.mp4"], ["analyze", CAMERA, "--json"], [CAMERA]],
)
def test_the_command_line_does_not_repeat_it(args, capsys):
    assert main(args) == 2
    told = "".join(capsys.readouterr())
    assert "127.0.0.1:9/video" in told
    assert "geheim" not in told


def test_a_camera_that_is_not_there_is_named_without_its_password():
    source = open_source(CAMERA)
    with pytest.raises(SourceError) as told:
        source.open()
    assert "http://127.0.0.1:9/video" in str(told.value)
    assert "geheim" not in str(told.value) + source.label


@pytest.mark.parametrize("host", ["...", "a" * 300])
def test_names_that_no_host_can_have(host):
    with pytest.raises(SourceError, match="there is no host of that name"):
        open_source(f"http://{host}/video").open()


def test_the_list_of_sources_shows_no_password(qtbot):
    picker = SourcePicker()
    qtbot.addWidget(picker)
    picker.show_current(CAMERA)
    combo = picker.combo
    roles = range(256)  # what is drawn, told or read aloud; from 256 on it is for the program only
    texts = [str(combo.itemData(k, role)) for k in range(combo.count()) for role in roles]
    assert any("127.0.0.1:9/video" in text for text in texts)
    assert not [text for text in [*texts, combo.currentText()] if "geheim" in text]
    assert "geheim" not in "".join(describe(CAMERA))
