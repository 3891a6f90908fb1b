"""The command that looks at a dataset's files: check."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

import sys

import click

from hrbench.cli.completion import DATASET
from hrbench.cli.root import DATA, FILE, allowing, answer, as_json, main


@main.command()
@click.argument("dataset", shell_complete=DATASET)
@click.option("--data", type=FILE, help=DATA)
@click.option("--images", is_flag=True, help="Decode every image file.")
@allowing
@as_json
def check(
    dataset: str,
    data: str | None,
    images: bool,
    allow: tuple[str, ...],
    json_: bool,
) -> None:
    """Say what of DATASET is there, what is missing and who issues it, and what is wrong.

    DATASET is a name, a TOML file of your own, a task, or a RUN that was measured on it.
    `hrbench browse` shows samples of it.

    \b
    hrbench check coco --data /datasets --images
    hrbench check mice/dataset.toml --data mice
    """
    from hrbench.commands.check import check as checking  # noqa: PLC0415

    report = checking.check(dataset, data, images=images, allow=allow)
    if json_:
        answer(report.content())
    else:
        click.echo(report.text())
    if not report.ok:
        sys.exit(1)
