"""The face model's ways into the cache, over real sockets and a real pip, offline."""

from __future__ import annotations

import functools
import http.server
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from aimanet import face_model as ways
from aimanet.errors import FaceModelError
from aimanet.face_model import ENV_VAR, FILE_NAME, WHEEL_MEMBER, cached_model, face_model_path


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder and the loopback address it is published at."""
    folder = tmp_path / "site"
    folder.mkdir()
    handler = functools.partial(_QuietHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place where pip finds anything: an empty folder for wheels."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    empty = tmp_path / "pip.conf"
    empty.write_text("")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(empty))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setattr(ways, "WHEEL_PLATFORMS", ways.WHEEL_PLATFORMS[:2])
    return folder


def write_wheel(folder: Path, platform: str, member: str, data: bytes) -> None:
    with zipfile.ZipFile(folder / f"mediapipe-0.10.21-cp311-cp311-{platform}.whl", "w") as wheel:
        wheel.writestr(member, data)
        info, tag = "mediapipe-0.10.21.dist-info", f"cp311-cp311-{platform}"
        wheel.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: mediapipe\nVersion: 0.10.21\n"
        )
        wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nTag: {tag}\n")
        wheel.writestr(f"{info}/RECORD", "")


def test_named_file_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = tmp_path / "mine.tflite"
    mine.write_bytes(b"anything: the user named it")
    monkeypatch.setenv(ENV_VAR, str(mine))
    assert face_model_path() == mine


def test_named_file_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENV_VAR, str(tmp_path / "gone.tflite"))
    with pytest.raises(FaceModelError, match=r"AIMANET_FACE_MODEL is not there: .*gone\.tflite"):
        face_model_path()


def test_published_file_is_kept_and_then_needs_no_network(
    tmp_path: Path, site: tuple[Path, str], face_model: Path
) -> None:
    folder, address = site
    (folder / "model").write_bytes(face_model.read_bytes())
    said: list[str] = []
    path = cached_model(tmp_path / "cache", url=f"{address}/model", say=said.append)
    assert path.read_bytes() == face_model.read_bytes()
    assert len(said) == 1
    assert "once" in said[0]
    (folder / "model").unlink()
    assert cached_model(tmp_path / "cache", url=f"{address}/model", say=said.append) == path
    assert len(said) == 1
    assert [file.name for file in path.parent.iterdir()] == [FILE_NAME]


def test_damaged_cache_is_fetched_again(
    tmp_path: Path, site: tuple[Path, str], face_model: Path
) -> None:
    folder, address = site
    (folder / "model").write_bytes(face_model.read_bytes())
    damaged = tmp_path / "cache" / FILE_NAME
    damaged.parent.mkdir()
    damaged.write_bytes(face_model.read_bytes()[:-1])
    path = cached_model(damaged.parent, url=f"{address}/model")
    assert path.read_bytes() == face_model.read_bytes()


def test_wrong_file_at_the_address_falls_back_to_any_platforms_wheel(
    tmp_path: Path, site: tuple[Path, str], wheels: Path, face_model: Path
) -> None:
    folder, address = site
    (folder / "model").write_bytes(b"a login page")
    write_wheel(wheels, "macosx_11_0_universal2", WHEEL_MEMBER, face_model.read_bytes())
    path = cached_model(tmp_path / "cache", url=f"{address}/model")
    assert path.read_bytes() == face_model.read_bytes()


def test_every_way_fails_in_one_line(tmp_path: Path, site: tuple[Path, str], wheels: Path) -> None:
    folder, address = site
    (folder / "model").write_bytes(b"a login page")
    with pytest.raises(FaceModelError) as caught:
        cached_model(tmp_path / "cache", url=f"{address}/model")
    message = str(caught.value)
    assert "127.0.0.1" in message
    assert "SHA-256 differs" in message
    assert "pip download mediapipe==0.10.21: Could not find" in message
    assert ENV_VAR in message
    assert "\n" not in message
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("member", "said"), [(WHEEL_MEMBER, "SHA-256 differs"), ("other", "does not hold the model")]
)
def test_wrong_wheel_is_refused(
    tmp_path: Path, site: tuple[Path, str], wheels: Path, member: str, said: str
) -> None:
    write_wheel(wheels, "manylinux_2_28_x86_64", member, b"something else")
    with pytest.raises(FaceModelError, match=rf"404.*{said}"):
        cached_model(tmp_path / "cache", url=f"{site[1]}/nothing-here")


def test_refused_connection_is_told_at_once(tmp_path: Path, wheels: Path) -> None:
    with pytest.raises(FaceModelError, match=r"127\.0\.0\.1:9: .*refused"):
        cached_model(tmp_path / "cache", url="http://127.0.0.1:9/model")


def test_cache_that_cannot_be_written(
    tmp_path: Path, site: tuple[Path, str], face_model: Path
) -> None:
    (site[0] / "model").write_bytes(face_model.read_bytes())
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(FaceModelError, match="cannot keep the face detector's model in"):
        cached_model(tmp_path / "file" / "cache", url=f"{site[1]}/model")
