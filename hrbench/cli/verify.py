"""The command that looks whether records are right: verify."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

import sys

import click

from hrbench.cli.completion import RUN
from hrbench.cli.root import FILE, answer, as_json, main


@main.command()
@click.argument("names", metavar="RUN...", nargs=-1, required=True, type=FILE, shell_complete=RUN)
@click.option("--data", type=FILE, help="Folder of the datasets, if it is elsewhere than then.")
@as_json
def verify(names: tuple[str, ...], data: str | None, json_: bool) -> None:
    """Compute the figures of each RUN again from what it has left, and compare with its record.

    A RUN is a folder, its name, the beginning of its id, or "latest"; a folder or an archive of
    runs stands for all of them.

    The figures come from the stored predictions where the data are there, else from what each
    image adds to them (outcomes.npz). Also compared are the record's seal, the SHA-256 of its
    files, its spec, the fingerprint of the data and the weights. One sentence for each fault, and
    exit status 1 where there is one; what could not be looked at is said.

    \b
    hrbench verify latest
    hrbench verify results.zip --json
    """
    from hrbench.commands import verify as verifying  # noqa: PLC0415  NumPy takes its time

    folders, unfinished = verifying.named(names)
    for folder in unfinished:
        click.echo(f"{folder}: has not ended, so there is nothing to verify", err=True)
    found = [verifying.verify(folder, data) for folder in folders]
    if json_:
        answer({"runs": [one.content() for one in found]})
    else:
        click.echo("\n".join(one.text for one in found))
    if any(one.faults for one in found):
        sys.exit(1)
