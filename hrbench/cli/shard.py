"""The command that puts images into tar files: shard."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

from dataclasses import asdict
from pathlib import Path

import click

from hrbench.cli.completion import DATASET
from hrbench.cli.root import FILE, answer, as_json, main


@main.command()
@click.argument("dataset", shell_complete=DATASET)
@click.argument("folder", metavar="DIR", type=FILE)
@click.option(
    "--out",
    "-o",
    type=FILE,
    help="Folder of datasets to write it to; without it, tar files that DIR has are indexed.",
)
@click.option("--size", default="1GB", help="Of a shard, in MB or GB.")
@as_json
def shard(dataset: str, folder: str, out: str | None, size: str, json_: bool) -> None:
    """Write DATASET (or a task's) of DIR with its images in a few tar files, and an index of them.

    For network storage, where many small files are slow. Runs read its samples in the same order
    from it; webdataset reads the tar files too. Of such that others made, in the place of DATASET's
    folders of images, the index alone is written.

    \b
    hrbench shard imagenet /datasets -o /shards
    hrbench run imagenet --data /shards
    """
    from hrbench.commands.shard import shard as write  # noqa: PLC0415

    written = write(dataset, Path(folder), None if out is None else Path(out), size=size)
    if json_:
        answer({**asdict(written), "data": str(written.data), "folder": str(written.folder)})
    else:
        click.echo(str(written))
