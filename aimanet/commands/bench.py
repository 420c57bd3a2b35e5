"""``aimanet bench speed | train | accuracy``: what AimaNet takes, and how right it is."""

from __future__ import annotations

from typing import Annotated

import tyro

from aimanet.commands import bench_accuracy, bench_speed, bench_train

Options = (
    Annotated[bench_speed.Options, tyro.conf.subcommand("speed")]
    | Annotated[bench_train.Options, tyro.conf.subcommand("train")]
    | Annotated[bench_accuracy.Options, tyro.conf.subcommand("accuracy")]
)
"""One of the three."""


def run(options: bench_speed.Options | bench_train.Options | bench_accuracy.Options) -> int:
    """Measures and prints a table or JSON."""
    if isinstance(options, bench_speed.Options):
        return bench_speed.run(options)
    if isinstance(options, bench_train.Options):
        return bench_train.run(options)
    return bench_accuracy.run(options)
