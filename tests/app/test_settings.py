from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from aimanet.errors import MethodError, OutputError
from app.settings import (
    Asked,
    Preferences,
    RecordingSettings,
    Settings,
    SettingsStore,
    config_dir,
)
from tests.app.whole_app import AS_ANYBODY


def test_the_folder_can_be_named(tmp_path: Path) -> None:
    assert config_dir() == tmp_path / "config"


def test_settings_come_back_as_they_were() -> None:
    written = Settings(source="0", method="chrom", device="cpu", theme="light", window_s=22)
    SettingsStore().save(written)
    assert SettingsStore().load() == (written, None)


def test_without_a_file_there_is_nothing_to_say() -> None:
    assert SettingsStore().load() == (Settings(), None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{ not json", "are damaged"),
        ('{"version": 2, "method": "tscan"}', "come from a newer AimaNet"),
        ('{"version": 1, "window_s": 500}', "window_s"),
        ('["a", "list"]', "cannot be used"),
        ("\xff", "could not be read"),
    ],
)
def test_an_unusable_file_is_set_aside_and_named(text: str, reason: str) -> None:
    store = SettingsStore()
    store.path.parent.mkdir(parents=True)
    store.path.write_bytes(text.encode("latin-1"))
    settings, message = store.load()
    assert settings == Settings()
    assert message is not None
    assert reason in message
    kept = [path for path in store.path.parent.iterdir() if str(path) in message]
    assert len(kept) == 1
    assert kept[0].read_bytes() == text.encode("latin-1")
    assert not store.path.exists()


def test_saving_leaves_one_whole_file_and_no_scraps() -> None:
    store = SettingsStore()
    for window_s in (6, 30):
        store.save(Settings(window_s=window_s))
    assert [path.name for path in store.path.parent.iterdir()] == ["settings.json"]
    assert json.loads(store.path.read_text())["window_s"] == 30


def test_a_failed_save_keeps_the_old_file(monkeypatch: pytest.MonkeyPatch) -> None:
    store = SettingsStore()
    store.save(Settings(window_s=12))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OutputError, match="No space left on device"):
        store.save(Settings(window_s=20))
    assert store.load()[0].window_s == 12
    assert [path.name for path in store.path.parent.iterdir()] == ["settings.json"]


def test_what_the_command_line_asked_for_is_not_remembered() -> None:
    preferences = Preferences(SettingsStore(), Asked(method="green"))
    assert preferences.current.method == "green"
    preferences.remember(window_s=20)
    again = Preferences(SettingsStore())
    assert (again.current.method, again.current.window_s) == ("tscan", 20)


def test_an_unknown_method_is_refused_in_one_line() -> None:
    with pytest.raises(MethodError, match="unknown method 'crystal'"):
        Preferences(SettingsStore(), Asked(method="crystal"))


# --- hard places: real folders, real limits --------------------------------------------------


def child(repository: Path, code: str, **environment: str | None) -> str:
    """What ``code`` prints in a process of its own, without root's capabilities."""
    program = f"import ctypes, os, resource\n{AS_ANYBODY}\n{textwrap.dedent(code)}"
    env = {**os.environ, "PYTHONPATH": str(repository)}
    env |= {name: value for name, value in environment.items() if value is not None}
    for name in [name for name, value in environment.items() if value is None]:
        env.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-c", program], env=env, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


SAVE = """
from app.settings import *
store = SettingsStore()
settings, notice = store.load()
print("NOTICE", notice)
settings.window_s = 20
try:
    store.save(settings)
    print("SAVED")
except OutputError as problem:
    print("REFUSED", problem)
"""

linux = pytest.mark.skipif(sys.platform != "linux", reason="capabilities and /proc are Linux's")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\x00" * 40,
        b"[" * 200_000,
        b'{"recording": ' * 5000,
        b'{"version": 1, "window_s": 1e999}',
        b'{"version": 1, "window_s": "ten"}',
        b'{"version": 1, "method": ["tscan"]}',
        b'{"version": 1, "recording": {"folder": 7}}',
        b'{"version": 1, "source": "a\\u0000b"}',
        b'{"version": 1, "source": "\\ud800"}',
        b'{"version": "1"}',
        b'{"version": 99999999999999999999}',
        b'{"version": 1, "source": "' + b"x" * 900_000 + b'"}',
        b"null",
    ],
)
def test_whatever_is_in_the_file_is_kept_and_the_program_starts(text: bytes) -> None:
    store = SettingsStore()
    store.path.parent.mkdir(parents=True)
    store.path.write_bytes(text)
    settings, message = store.load()
    assert settings == Settings()
    assert message is not None
    assert "\n" not in message
    store.save(Settings(window_s=20))
    kept = [path for path in store.path.parent.iterdir() if path.name != "settings.json"]
    assert [path.read_bytes() for path in kept] == [text]
    assert str(kept[0]) in message
    assert store.load() == (Settings(window_s=20), None)


def test_a_huge_file_is_not_read() -> None:
    store = SettingsStore()
    store.path.parent.mkdir(parents=True)
    with store.path.open("wb") as file:
        file.truncate(40_000_000_000)  # a hole: takes no room
    settings, message = store.load()
    assert settings == Settings()
    assert "40,000,000,000 bytes are too many" in (message or "")
    assert not store.path.exists()


def test_a_folder_in_the_files_place_is_moved_away_with_what_is_in_it() -> None:
    store = SettingsStore()
    (store.path / "inner").mkdir(parents=True)
    settings, message = store.load()
    assert settings == Settings()
    assert "a folder has their name" in (message or "")
    store.save(Settings(window_s=20))
    assert store.load()[0].window_s == 20
    assert [p for p in store.path.parent.iterdir() if (p / "inner").is_dir()]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_in_the_files_place_does_not_hang_the_program() -> None:
    store = SettingsStore()
    store.path.parent.mkdir(parents=True)
    os.mkfifo(store.path)
    assert store.load()[0] == Settings()
    store.save(Settings(window_s=20))
    assert store.load() == (Settings(window_s=20), None)


def test_a_link_to_the_file_stays_a_link(tmp_path: Path) -> None:
    store = SettingsStore()
    store.path.parent.mkdir(parents=True)
    real = tmp_path / "dotfiles.json"
    real.write_text('{"version": 1, "window_s": 12}')
    try:
        store.path.symlink_to(real)
    except OSError:
        pytest.skip("no links here")
    assert store.load()[0].window_s == 12
    store.save(Settings(window_s=20))
    assert store.path.is_symlink()
    assert json.loads(real.read_text())["window_s"] == 20


@pytest.mark.parametrize("name", ["Einstellungen für Zoë ☕", "設定", "x" * 200])
def test_folders_may_have_any_name(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / name / name
    monkeypatch.setenv("AIMANET_CONFIG_DIR", str(folder))
    SettingsStore().save(Settings(source=f"/videos/{name}.mp4"))
    assert SettingsStore().load() == (Settings(source=f"/videos/{name}.mp4"), None)


def test_a_path_that_is_too_long_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIMANET_CONFIG_DIR", str(tmp_path / ("x" * 300)))
    settings, message = SettingsStore().load()
    assert settings == Settings()
    assert "could not be read" in (message or "")
    with pytest.raises(OutputError, match="they last until you quit"):
        SettingsStore().save(settings)


def test_a_choice_that_is_no_unicode_holds_for_now_but_is_not_remembered() -> None:
    preferences = Preferences(SettingsStore())
    with pytest.raises(OutputError, match="source"):
        preferences.remember(source="caf\udce9.mp4")
    preferences.remember(window_s=20)
    assert SettingsStore().load()[0].window_s == 20


def test_a_folder_of_somebody_unknown_gives_way_to_the_usual_one() -> None:
    preferences = Preferences(SettingsStore())
    preferences.remember(recording=RecordingSettings(folder="~nobody-of-that-name/sessions"))
    assert preferences.sessions_folder.is_absolute()


@linux
def test_a_read_only_home_is_said_and_nothing_is_lost(repository: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o500)
    printed = child(repository, SAVE, HOME=str(home), AIMANET_CONFIG_DIR=None, XDG_CONFIG_HOME=None)
    assert "NOTICE None" in printed
    assert "REFUSED" in printed
    assert "Permission denied" in printed
    assert not list(home.iterdir())


@linux
def test_a_file_that_may_not_be_read_nor_moved_is_never_overwritten(
    repository: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    saved = folder / "settings.json"
    saved.write_text('{"version": 2}')
    folder.chmod(0o500)
    printed = child(repository, SAVE)
    assert "come from a newer AimaNet" in printed
    assert "stays as it is" in printed
    assert "REFUSED" in printed
    assert saved.read_text() == '{"version": 2}'
    folder.chmod(0o700)


@linux
def test_a_file_that_may_not_be_read_is_set_aside(repository: Path, tmp_path: Path) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "settings.json").write_text('{"version": 1}')
    (folder / "settings.json").chmod(0)
    printed = child(repository, SAVE)
    assert "could not be read (Permission denied)" in printed
    assert "SAVED" in printed
    kept = [path for path in folder.iterdir() if path.name != "settings.json"]
    assert [path.read_text() for path in kept] == ['{"version": 1}']


@linux
@pytest.mark.parametrize("home", [None, "relative/folder"])
def test_without_a_home_there_is_one_for_the_time_being(
    repository: Path, tmp_path: Path, home: str | None
) -> None:
    code = """
    import pwd
    def unknown(*_):
        raise KeyError("no such user")
    pwd.getpwuid = unknown  # as under `docker run --user 12345`
    from aimanet.terminal.home import give_home
    print("GAVE", give_home(), give_home())
    """
    printed = child(
        repository,
        textwrap.dedent(code) + SAVE,
        HOME=home,
        AIMANET_CONFIG_DIR=None,
        XDG_CONFIG_HOME=None,
        TMPDIR=str(tmp_path),
    )
    assert f"settings and recordings go to {tmp_path}" in printed
    assert printed.split("GAVE")[1].splitlines()[0].endswith("None")
    assert "SAVED" in printed
    assert [p.name for p in tmp_path.rglob("settings.json")] == ["settings.json"]


@linux
def test_a_full_disk_keeps_the_old_file_and_no_scraps(repository: Path, tmp_path: Path) -> None:
    SettingsStore().save(Settings(window_s=12))
    no_room = "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
    printed = child(repository, no_room + SAVE)
    assert "REFUSED" in printed
    assert "they last until you quit" in printed
    assert SettingsStore().load() == (Settings(window_s=12), None)
    assert [path.name for path in SettingsStore().path.parent.iterdir()] == ["settings.json"]


@linux
def test_a_full_file_system_keeps_the_old_file(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=16k", "none", str(folder)]
    if os.geteuid() or subprocess.run(mounted, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small file system")
    try:
        monkeypatch.setenv("AIMANET_CONFIG_DIR", str(folder))
        SettingsStore().save(Settings(window_s=12))
        with pytest.raises(OSError, match="No space"):
            (folder / "filler").write_bytes(bytes(100_000))
        with pytest.raises(OutputError, match="No space left on device"):
            SettingsStore().save(Settings(window_s=20))
        assert SettingsStore().load() == (Settings(window_s=12), None)
        assert sorted(p.name for p in folder.iterdir()) == ["filler", "settings.json"]
    finally:
        subprocess.run(["umount", str(folder)], check=True)
