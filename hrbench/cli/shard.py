"""The command that puts images into tar files: shard."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

from dataclasses import asdict
from pathlib import Path

import click

from hrbench.cli.root import FILE, answer, as_json, main


@main.command()
@click.argument("dataset")
@click.argument("folder", metavar="DIR", type=FILE)
@click.option("--out", "-o", type=FILE, required=True, help="Folder of datasets to write it to.")
@click.option("--size", default="1GB", help="Of a shard, in MB or GB.")
@as_json
def shard(dataset: str, folder: str, out: str, size: str, json_: bool) -> None:
    """Write DATASET (or a task's) of DIR with its images in a few tar files, and an index of them.

    For network storage, where many small files are slow. Runs read its samples in the same order
    from it; webdataset reads the tar files too.

    \b
    hrbench shard imagenet /datasets -o /shards
    hrbench run imagenet --data /shards
    """
    from hrbench.commands.shard import shard as write  # noqa: PLC0415

    written = write(dataset, Path(folder), Path(out), size=size)
    if json_:
        answer({**asdict(written), "data": out, "folder": str(written.folder)})
    else:
        click.echo(str(written))
