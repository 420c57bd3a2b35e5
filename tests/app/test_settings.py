from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from aimanet.errors import MethodError, OutputError
from app.settings import Asked, Preferences, Settings, SettingsStore, config_dir


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
