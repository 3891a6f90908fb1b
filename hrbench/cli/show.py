"""The command that prints a task's spec: show."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

import click

from hrbench.cli.completion import A_TASK
from hrbench.cli.root import answer, as_json, main, setting


@main.command()
@click.argument("task", shell_complete=A_TASK)
@setting
@as_json
def show(task: str, overrides: tuple[str, ...], json_: bool) -> None:
    """Print the fully resolved spec of TASK[@VARIANT], or of a RUN; `hrbench run FILE` takes it.

    \b
    hrbench show coco-pose@w32-256x192 > mine.toml
    """
    import tomli_w  # noqa: PLC0415

    from hrbench.commands.show import show as resolved  # noqa: PLC0415

    spec = resolved(task, overrides)
    if json_:
        answer(spec)
    else:
        click.echo(tomli_w.dumps(spec), nl=False)
