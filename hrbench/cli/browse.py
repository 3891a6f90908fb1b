"""The command that shows what a task is trained on: browse."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

from pathlib import Path
from typing import Any

import click

from hrbench.cli.completion import TASK_OR_RUN
from hrbench.cli.root import DATA, FILE, allowing, answer, as_json, main, setting
from hrbench.report import output as output_files


@main.command()
@click.argument("task", shell_complete=TASK_OR_RUN)
@click.option("--data", type=FILE, help=DATA)
@click.option(
    "--split",
    "splits",
    multiple=True,
    help="An annotated split [default: the one that is trained on]; repeatable.",
)
@click.option("-n", "count", type=click.IntRange(min=1), default=24, help="Samples of each split.")
@click.option("--id", "ids", multiple=True, help="The sample that is called so; repeatable.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    help="Of samples and augmentation [default: 0, or that of the RUN].",
)
@setting
@click.option(
    "-o", "--output", type=FILE, default="browse.html", help="Write to this file, a new one."
)
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@allowing
@as_json
def browse(
    task: str,
    splits: tuple[str, ...],
    ids: tuple[str, ...],
    count: int,
    output: str,
    *,
    force: bool,
    json_: bool,
    **flags: Any,
) -> None:
    """Write a page for a browser with samples of TASK: annotated, augmented, with their targets.

    TASK is a name, a TOML file of your own, a dataset or its file, or a RUN. Each sample is shown
    as it is annotated, and as the network gets it in the first two epochs. What probably has left
    and right swapped comes first, and makes half of the page at most.

    \b
    hrbench browse coco-pose --data /datasets -o coco.html
    hrbench browse mice/task.toml --split train --split val
    hrbench browse 300w --id 17 --id 18
    hrbench browse latest
    """
    from hrbench.begun.options import Options  # noqa: PLC0415
    from hrbench.commands import browse as browsing  # noqa: PLC0415  torch takes seconds

    said = {key: value for key, value in flags.items() if value not in (None, ())}
    typed = {"device": "cpu"} | said
    found = browsing.looked_up(task, Options(**typed), typed, splits, ids, count)
    output_files.require_free(Path(output), force=force)
    page, looked = browsing.drawn(found)
    output_files.write(Path(output), page)
    if json_:
        answer({"page": output, "splits": [one.content() for one in looked]})
        return
    for one in looked:
        doubt = f", {one.odd:,} in doubt" if one.odd else ""
        click.echo(f"{one.task} {one.split}: {len(one.shown)} of {one.samples:,} samples{doubt}")
    click.echo(f"look at: {output}")
