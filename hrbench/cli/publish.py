"""The command that makes a run's network ready for the hub: publish."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

from pathlib import Path

import click

from hrbench.cli.completion import RUN, words
from hrbench.cli.root import FILE, answer, as_json, main
from hrbench.report.licences import IDS


@main.command()
@click.argument("run", metavar="RUN", type=FILE, shell_complete=RUN)
@click.option("-o", "--output", type=FILE, required=True, help="The folder to write, a new one.")
@click.option(
    "--repo", default="", metavar="ORG/REPO", help="Its name on the hub, for the card's examples."
)
@click.option(
    "--license",
    "licence",
    default="",
    shell_complete=words(*IDS),
    help="Of the weights, as the hub names it: mit.",
)
@as_json
def publish(run: str, output: str, repo: str, licence: str, json_: bool) -> None:
    """Write the network of RUN as a folder that is ready to upload to the Hugging Face hub.

    A model card with the figures, their intervals and the protocol, safetensors, the record, and
    the TOML files that it is loaded by. Nothing is uploaded: `hf upload` does that.

    \b
    hrbench publish latest -o my-dots --repo me/my-dots --license mit
    hf upload me/my-dots my-dots
    """
    from hrbench.commands import publish as publishing  # noqa: PLC0415  torch takes seconds

    done = publishing.publish(run, Path(output), repository=repo, licence=licence)
    if json_:
        answer(done.content())
    else:
        click.echo(done.text())
