"""What a network costs: profile."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

from typing import Any

import click

from hrbench.cli.completion import A_TASK, RUN
from hrbench.cli.root import DEVICE, FILE, answer, as_json, computing, main, setting, terminal


@main.command()
@click.argument("task", shell_complete=A_TASK)
@click.option(
    "--weights",
    type=FILE,
    shell_complete=RUN,
    help="A RUN, a file, or a name (weights fetch) [default: random ones].",
)
@setting
@click.option(
    "--batch",
    "batches",
    type=click.IntRange(min=1),
    multiple=True,
    default=(1, 8, 32),
    help="How many boxes, pictures or frames go through together; repeatable.",
)
@click.option("--device", default="auto", help=DEVICE)
@click.option(
    "--precision",
    type=click.Choice(["auto", "fp32", "tf32", "bf16"]),
    default="auto",
    help="Of the network; auto: as the protocol says; tf32 is of cards.",
)
@computing
@as_json
def profile(
    task: str,
    weights: str | None,
    overrides: tuple[str, ...],
    batches: tuple[int, ...],
    json_: bool,
    **flags: Any,
) -> None:
    """Say what TASK costs: parameters, multiply-adds, memory, and time stage by stage.

    The stages are read, crop, network and decode, as `hrbench run` predicts by the protocol, flip
    test included. No data is needed: a picture is made for it. On a CPU a large network takes
    minutes at batch 32.

    \b
    hrbench profile coco-pose@w32-256x192 --batch 1 --batch 8
    hrbench profile 300w@tiny --device cpu --json
    """
    from hrbench.begun.options import Options  # noqa: PLC0415  torch takes seconds
    from hrbench.commands.profile import profile as profiling  # noqa: PLC0415
    from hrbench.commands.profile.text import text  # noqa: PLC0415

    options = Options(weights=weights, overrides=overrides, **flags)
    made = profiling.profile(task, options, batches)
    if json_:
        answer(made.content())
        return
    width, colour = terminal()
    click.echo(text(made, width, colour=colour))
