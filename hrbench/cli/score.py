"""The command that computes figures again: score."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

from typing import Any

import click

from hrbench.cli.root import FILE, as_json, main, print_record
from hrbench.report import run_folders


@main.command()
@click.argument("run", metavar="RUN", type=FILE)
@click.option("--data", type=FILE, help="Folder of the datasets, if it is elsewhere than then.")
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="A key of the protocol, as protocol.nms=soft; then nothing is written.",
)
@click.option("--decoder", help="quarter or dark, on the peaks that run --keep-peaks kept.")
@click.option("--official", is_flag=True, help="Compare with pycocotools' own figures.")
@as_json
def score(run: str, overrides: tuple[str, ...], json_: bool, **flags: Any) -> None:
    """Compute the figures of RUN again from its stored predictions, without the network.

    RUN is its folder or the folder's name, the beginning of its id, or "latest".

    \b
    hrbench score latest
    hrbench score 1a2b3c4d --set protocol.nms=none
    """
    from hrbench.commands import score as scoring  # noqa: PLC0415  torch takes seconds

    folder = run_folders.find(run)
    record = scoring.score(folder, overrides, **flags)
    print_record(record, folder, json_=json_)
