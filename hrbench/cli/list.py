"""The command that says what there is: list."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

import click

from hrbench.cli.root import answer, as_json, main, terminal


@main.command(name="list")
@click.argument(
    "what",
    type=click.Choice(["tasks", "datasets", "variants", "suites", "weights"]),
    default="tasks",
)
@click.option("--task", help="weights: of this task only.")
@as_json
def list_(what: str, task: str | None, json_: bool) -> None:
    """List the tasks, the datasets with their terms, variants, suites, or published checkpoints.

    \b
    hrbench list variants
    hrbench list weights --task 300w
    """
    if task is not None and what != "weights":
        raise click.UsageError("--task chooses among weights: hrbench list weights --task TASK")
    from hrbench.commands.list import LISTS, weights  # noqa: PLC0415

    listed = LISTS[what]() if task is None else weights(task)
    if json_:
        answer(listed.content)
    else:
        click.echo(listed.text(*terminal()))
