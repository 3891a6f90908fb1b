"""The command that writes a synthetic dataset: make."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

from pathlib import Path

import click

from hrbench.cli.completion import DATASET
from hrbench.cli.root import FILE, answer, as_json, main


@main.command()
@click.argument("dataset", shell_complete=DATASET)
@click.argument("folder", metavar="DIR", type=FILE)
@click.option(
    "--images",
    type=click.IntRange(min=1),
    default=1000,
    help="Training images; a quarter as many to measure on, a sixteenth for a further split.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Same seed, same bytes.")
@as_json
def make(dataset: str, folder: str, images: int, seed: int, json_: bool) -> None:
    """Write a synthetic DATASET (or a task's) below DIR in the real one's on-disk format.

    \b
    hrbench make coco synthetic --images 200
    """
    from hrbench.commands.make import make as write  # noqa: PLC0415

    made = write(dataset, Path(folder), images=images, seed=seed)
    if json_:
        answer({"dataset": made, "folder": folder, "images": images, "seed": seed})
    else:
        click.echo(f"made: {Path(folder) / made}; hrbench check {made} --data {folder}")
