"""The command line that a choice stands for, held against the command itself."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints

import pytest

from aimanet.cli import _parse
from aimanet.commands.train import Options
from aimanet.training.config import TrainConfig
from app.training.findings import parse_finding
from app.training.outcome import judge
from app.training.plan import DataChoice, TrainPlan, prepare_words, shown
from app.training.settings_form import EXTRAS

DRAWN = DataChoice("synthetic")


def plan(**changes) -> TrainPlan:
    values = {"out": Path("/models/my model.safetensors"), "name": "my model", "data": (DRAWN,)}
    return TrainPlan(**{**values, **changes})


def read(words: list[str]) -> TrainConfig:
    assert words[0] == "train"
    options = _parse(Options, "aimanet train", words[1:])
    assert isinstance(options, Options)
    return options.config


def test_the_command_line_understands_all_of_it():
    choices = (
        DataChoice("pure=/data/PURE", 3.0),
        DRAWN,
        DataChoice("/data/judge", 2.0, judge=True),
    )
    config = read(
        plan(
            data=choices,
            finetune=Path("/models/a b.safetensors"),
            unit="epochs",
            amount=2.5,
            lr=2e-4,
            batch=8,
            device="cpu",
            pseudo_labels=True,
            more=("--optimizer", "sgd", "--workers", "2"),
        ).words()
    )
    assert config.data == ("pure=/data/PURE", "synthetic")
    assert config.data_weights == (3.0, 1.0)
    assert config.val_data == ("/data/judge",)
    assert config.finetune == Path("/models/a b.safetensors")
    assert (config.epochs, config.steps, config.minutes) == (2.5, None, 0.0)
    assert (config.lr, config.batch, config.device) == (2e-4, 8, "cpu")
    assert (config.pseudo_labels, config.optimizer, config.workers) == (True, "sgd", 2)
    assert (config.name, config.out) == ("my model", Path("/models/my model.safetensors"))
    assert config.threads >= 1
    config.check()


def test_a_time_limit_is_not_cut_short_by_the_usual_number_of_steps():
    config = read(plan(unit="minutes", amount=90.0).words())
    assert (config.minutes, config.steps) == (90.0, 1_000_000)
    assert read(plan(more=("--steps", "20")).words()).steps == 20


def test_the_line_that_is_shown_can_be_pasted():
    line = shown([*plan().words(), "--json"])
    assert shlex.split(line) == ["aimanet", *plan().words()]
    assert "'/models/my model.safetensors'" in line


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data": ()}, "data to train on"),
        ({"data": (DataChoice("/x", judge=True),)}, "data to train on"),
        ({"data": (DRAWN, DataChoice("synthetic", judge=True))}, "cannot be used for validation"),
        ({"name": " "}, "a name"),
    ],
)
def test_what_cannot_be_started(changes, words):
    assert words in plan(**changes).problem()


@pytest.mark.parametrize("extra", EXTRAS, ids=lambda extra: extra.flag)
def test_what_stands_behind_more_is_what_train_takes(extra):
    name = extra.flag.removeprefix("--").replace("-", "_")
    default, hint = getattr(TrainConfig(), name), get_type_hints(TrainConfig)[name]
    assert extra.default == (default if isinstance(default, str) else f"{default:g}")
    assert extra.choices == (get_args(hint) if get_origin(hint) is Literal else ())


def test_preparing_for_networks_of_another_size():
    assert prepare_words(["/d"], 36, 30.0)[:3] == ["datasets", "prepare", "/d"]
    assert "--size" not in prepare_words(["/d"], 36, 30.0)
    words = prepare_words(["/d"], 72, 25.0)
    assert words[words.index("--size") + 1] == "72"
    assert words[words.index("--fs") + 1] == "25"


def test_findings_in_words():
    record = {
        "dataset": "sessions",
        "root": "/s",
        "recordings": 4,
        "usable": 3,
        "persons": 1,
        "minutes": 2.34,
        "unlabelled": 2,
        "problems": [{"path": "/s/x", "text": "no video", "fatal": True}],
    }
    found = parse_finding(record)
    assert found.words == (
        "3 of 4 recordings can be used, 1 person, 2.3 min, 2 without a sensor, 1 problem"
    )
    assert found.role == "doubt"
    assert parse_finding({**record, "usable": 0}).role == "wrong"
    assert parse_finding({"step": 1}) is None
    assert parse_finding({**record, "problems": [3]}) is None


def test_an_end_that_was_wanted_is_no_failure():
    assert judge(9, died=True, stopped=True, lines=[]).kind == "stopped"
    assert judge(137, died=False, stopped=False, lines=["CUDA out of memory"]).kind == "memory"
    assert judge(130, died=False, stopped=False, lines=["interrupted"]).kind == "killed"
