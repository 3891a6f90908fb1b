"""The command that looks at a dataset's files: check."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

import sys
from pathlib import Path

import click

from hrbench.cli.completion import DATASET
from hrbench.cli.root import DATA, FILE, allowing, answer, as_json, main


@main.command()
@click.argument("dataset", shell_complete=DATASET)
@click.option("--data", type=FILE, help=DATA)
@click.option("--images", is_flag=True, help="Decode every image file.")
@click.option(
    "--sheet", type=FILE, metavar="FILE.png", help="Write a picture of annotated objects or faces."
)
@allowing
@as_json
def check(
    dataset: str,
    data: str | None,
    images: bool,
    sheet: str | None,
    allow: tuple[str, ...],
    json_: bool,
) -> None:
    """Say what of DATASET is there, what is missing and who issues it, and what is wrong.

    DATASET is a name, a TOML file of your own, a task, or a RUN that was measured on it. On the
    sheet, left is orange and right is blue; objects whose sides are probably swapped come first,
    in a red frame.

    \b
    hrbench check coco --data /datasets --images
    hrbench check mice/dataset.toml --data mice --sheet mice.png
    """
    from hrbench.commands.check import check as checking  # noqa: PLC0415
    from hrbench.commands.check.sheet import draw_sheet  # noqa: PLC0415

    report = checking.check(dataset, data, images=images, allow=allow)
    if json_:
        answer(report.content())
    else:
        click.echo(report.text())
    if sheet is not None and report.spec is not None and report.usable:
        draw_sheet(report.spec, Path(report.folder), report.usable, Path(sheet))
        if not json_:
            click.echo(f"look at: {sheet}")
    if not report.ok:
        sys.exit(1)
