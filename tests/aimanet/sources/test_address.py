"""A network camera's password is used to connect, and never told."""

from __future__ import annotations

import pytest

from aimanet.errors import SourceError
from aimanet.sources import open_source
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
    ],
)
def test_a_bad_address_is_refused_without_its_password(spec):
    with pytest.raises(SourceError) as told:
        open_source(spec)
    assert "geheim" not in str(told.value)
    assert "anna" not in str(told.value)


def test_a_camera_that_is_not_there_is_named_without_its_password():
    source = open_source(CAMERA)
    with pytest.raises(SourceError) as told:
        source.open()
    assert "http://127.0.0.1:9/video" in str(told.value)
    assert "geheim" not in str(told.value) + source.label


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
