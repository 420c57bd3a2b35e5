"""What is fuzzed: for each kind of file its undamaged originals, and the command that reads it."""

from __future__ import annotations

import io
import json
import random
import shutil
import zipfile
from pathlib import Path

import cv2
import numpy as np

from aimanet import face_library
from aimanet.checkpoint import default_weights
from aimanet.errors import SourceError
from aimanet.sources import open_source
from tests.aimanet.evaluation.waves import pair
from tests.faults.fuzz.base import Action, Target, command, preload, warm
from tests.faults.fuzz.corpus import pictures, write_videos
from tests.faults.fuzz.mutate import mutate
from tests.faults.fuzz.sessions import Sensors, Sessions

ENDINGS = (".png", ".jpg", ".bmp", ".webp", ".tiff", ".ppm")


class Videos(Target):
    """Video files through ``analyze``."""

    name = "videos"

    def write(self, originals: Path) -> None:
        write_videos(originals)

    def prepare(self, originals: Path) -> None:
        preload(
            "aimanet.sources.video",
            "aimanet.pipeline",
            "aimanet.rhythm.study",
            "aimanet.face",
            "cv2",
            "av",
        )
        preload("aimanet.terminal.records", "aimanet.terminal.views", "aimanet.classical")
        face_library.load()
        warm("analyze", "nothing.mp4", "--json", "--method", "green")
        self._files = [(path.name, path.read_bytes()) for path in sorted(originals.iterdir())]

    def case(self, own: Path, rng: random.Random) -> Action:
        name, data = rng.choice(self._files)
        path = own / name
        path.write_bytes(mutate(data, rng, [other for _, other in self._files]))
        if rng.random() < 0.7:  # decoding alone, at a fourth of the time
            return lambda: _decode(path)
        return command("analyze", path, "--method", "green", "--json")


def _decode(path: Path) -> int:
    try:
        with open_source(str(path), realtime=False) as source:
            for frame in source:
                assert frame.image.flags.c_contiguous
    except SourceError as error:
        print("error:", error)
        return 2
    return 0


class Pictures(Videos):
    """Folders of pictures with a file of times through ``analyze``."""

    name = "pictures"

    def write(self, originals: Path) -> None:
        for k, (ending, image) in enumerate(zip(ENDINGS * 2, pictures(12), strict=True)):
            (originals / f"{k:03d}{ending}").write_bytes(cv2.imencode(ending, image)[1].tobytes())

    def case(self, own: Path, rng: random.Random) -> Action:
        folder = own / "pictures"
        folder.mkdir()
        others = [data for _, data in self._files]
        for name, data in self._files:
            bad = mutate(data, rng, others) if rng.random() < 0.5 else data
            (folder / name).write_bytes(bad)
        times = "\n".join(f"{k / 30:.4f}" for k in range(12)).encode()
        bad = mutate(times, rng, text=True) if rng.random() < 0.4 else times
        (folder / "times.txt").write_bytes(bad)
        return command("analyze", folder, "--method", "green", "--json")


class SettingsFiles(Target):
    """The window's settings file."""

    name = "settings"

    def write(self, originals: Path) -> None:
        from app.settings import Settings, SettingsStore

        full = {"source": "0", "model": "x.safetensors", "recording": {"folder": "~/x"}}
        SettingsStore(originals).save(Settings.model_validate(full))

    def prepare(self, originals: Path) -> None:
        preload("app.settings")
        self._data = (originals / "settings.json").read_bytes()

    def case(self, own: Path, rng: random.Random) -> Action:
        (own / "settings.json").write_bytes(mutate(self._data, rng, text=True))

        def load() -> int:
            from app.settings import SettingsStore

            settings, _ = SettingsStore(own).load()
            SettingsStore(own).save(settings)
            return 0

        return load


class Checkpoints(Target):
    """Weights, where ``analyze`` is given them."""

    name = "checkpoints"

    def write(self, originals: Path) -> None:
        shutil.copy(default_weights(), originals / "weights.safetensors")

    def prepare(self, originals: Path) -> None:
        preload("aimanet.methods", "aimanet.network")
        self._data = (originals / "weights.safetensors").read_bytes()
        self._head = 8 + int.from_bytes(self._data[:8], "little")

    def case(self, own: Path, rng: random.Random) -> Action:
        path = own / "weights.safetensors"
        path.write_bytes(self._damaged(rng))

        def load() -> int:
            from aimanet.errors import AimaNetError
            from aimanet.methods import make_method

            try:
                make_method("tscan", device="cpu", weights=path)
            except AimaNetError as error:
                print("error:", error)
                return 2
            return 0

        return load

    def _damaged(self, rng: random.Random) -> bytes:
        head, body = self._data[8 : self._head], self._data[self._head :]
        kind = rng.random()
        if kind < 0.4:  # the head stays whole JSON, but says other things
            values = json.loads(head)
            tensor = rng.choice([name for name in values if name != "__metadata__"])
            what = rng.choice(("dtype", "shape", "data_offsets", "gone", "twice", "__metadata__"))
            if what == "gone":
                del values[tensor]
            elif what == "twice":
                values[tensor + "x"] = values[tensor]
            elif what == "__metadata__":
                name = rng.choice(list(values[what]))
                text = mutate(values[what][name].encode(), rng, text=True)
                values[what][name] = text.decode("utf-8", "replace")
            else:
                lies = ("F64", "BOOL", [], [-1], [2**62, 4], [0, 0], [1 << 40], {}, None, "F16")
                values[tensor][what] = rng.choice(lies)
            head = json.dumps(values).encode()
        elif kind < 0.7:
            head = mutate(head, rng, text=True)
        else:
            body = mutate(body, rng)
        size = len(head) if rng.random() < 0.9 else rng.choice((0, 1 << 62, len(self._data)))
        return size.to_bytes(8, "little") + head + body


class Predictions(Target):
    """Archives for ``evaluate --predictions``."""

    name = "predictions"

    def write(self, originals: Path) -> None:
        waves = {}
        for k in range(2):
            waves[f"v{k}/pred"], waves[f"v{k}/label"] = pair(600, seed=k)
        common = {"fs": np.array(30.0), "is_derivative": np.array(0)}
        np.savez(originals / "plain.npz", **waves, **common)
        np.savez_compressed(originals / "small.npz", **waves, **common)

    def prepare(self, originals: Path) -> None:
        preload("aimanet.commands.evaluate", "aimanet.evaluation.scoring")
        warm("evaluate", "--predictions", "nothing.npz")
        self._files = [path.read_bytes() for path in sorted(originals.glob("*.npz"))]

    def case(self, own: Path, rng: random.Random) -> Action:
        path = own / "predictions.npz"
        data = rng.choice(self._files)
        inside = rng.random() < 0.6
        path.write_bytes(_repacked(data, rng) if inside else mutate(data, rng, self._files))
        extra = rng.choice(((), ("--window", "10")))
        return command("evaluate", "--predictions", path, "--json", *extra)


def _repacked(data: bytes, rng: random.Random) -> bytes:
    """A sound archive with damaged, renamed or swollen arrays in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", 8) as new:
        victim = rng.choice(old.namelist())
        for name in old.namelist():
            member = old.read(name)
            if name == victim:
                name = rng.choice((name, name, name, "../" + name, "/tmp/" + name, "fs.npy"))
                head = mutate(member[:128], rng, text=True)
                bomb = member[:128] + bytes(rng.choice((1000, 1000, 1000, 150 << 20)))
                member = rng.choice((head + member[128:], mutate(member, rng), bomb))
            new.writestr(name, member)
    return out.getvalue()


class Arrays(Target):
    """The original recipe's arrays, looked at by ``datasets check``."""

    name = "arrays"

    def write(self, originals: Path) -> None:
        rng = np.random.default_rng(1)
        np.save(originals / "input_numpy.npy", rng.normal(size=(40, 6, 10, 10)).astype(np.float32))
        np.save(originals / "output_numpy.npy", rng.normal(size=40).astype(np.float32))

    def prepare(self, originals: Path) -> None:
        preload("aimanet.datasets.registry", "aimanet.terminal.dataset_views", "rich.progress")
        warm("datasets", "check", "nothing")
        self._files = {path.name: path.read_bytes() for path in sorted(originals.glob("*.npy"))}

    def case(self, own: Path, rng: random.Random) -> Action:
        damaged = rng.choice(sorted(self._files))
        for name, data in self._files.items():
            text = rng.random() < 0.5  # the head of the file is text
            bad = mutate(data[:200], rng, text=True) + data[200:] if text else mutate(data, rng)
            (own / name).write_bytes(bad if name == damaged else data)
        return command("datasets", "check", own, "--json")


TARGETS: dict[str, type[Target]] = {
    target.name: target
    for target in (
        Videos, Pictures, Sessions, Sensors, SettingsFiles, Checkpoints, Predictions, Arrays,
    )
}  # fmt: skip
