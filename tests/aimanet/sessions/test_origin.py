"""What a session says about where it comes from, and what it must not say."""

from __future__ import annotations

import pytest

from aimanet.methods import make_method
from aimanet.sessions.origin import describe, parse_model, with_method
from aimanet.sources import SourceInfo, open_source
from aimanet.sources.address import without_password


@pytest.mark.parametrize(
    ("spec", "written"),
    [
        ("rtsp://me:secret@cam.lan:554/live", "rtsp://cam.lan:554/live"),
        ("http://cam/video.cgi?user=me&pwd=secret", "http://cam/video.cgi?..."),
        ("http://cam:8080/video", "http://cam:8080/video"),
        ("0", "0"),
        ("/home/me@work/a.mp4", "/home/me@work/a.mp4"),
        ("http://[bad", "http://"),
    ],
)
def test_no_password_is_written_down(spec, written):
    assert without_password(spec) == written


def test_a_network_camera_is_described_without_its_password():
    source = open_source("http://me:secret@127.0.0.1:9/video")
    opened = SourceInfo(640, 480, 25.0, None, None, "640x480@25")
    info = with_method(describe(source, opened), make_method("pos"), 10.0)
    assert "secret" not in info.model_dump_json()
    assert info.source.live
    assert (info.camera.width, info.fps, info.method, info.window_s) == (640, 25.0, "pos", 10.0)
    assert (info.model, info.recipe["fs"]) == (None, 30.0)


def test_a_model_is_its_name_and_its_hash():
    assert parse_model(None) is None
    model = parse_model("tscan (0123456789ab)")
    assert (model.name, model.hash) == ("tscan", "0123456789ab")
    assert parse_model("my (old) model").name == "my (old) model"
