"""The command that says what there is: list."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

import click

from hrbench.cli.root import answer, as_json, main, terminal


@main.command(name="list")
@click.argument(
    "what", type=click.Choice(["tasks", "datasets", "variants", "weights"]), default="tasks"
)
@as_json
def list_(what: str, json_: bool) -> None:
    """List the tasks, the datasets with their terms, every variant, or published checkpoints.

    \b
    hrbench list variants
    """
    from hrbench.commands.list import LISTS  # noqa: PLC0415

    listed = LISTS[what]()
    if json_:
        answer(listed.content)
    else:
        click.echo(listed.text(*terminal()))
