"""The command that says what it runs on: doctor."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

import click

from hrbench.cli.root import answer, as_json, main


@main.command()
@as_json
def doctor(json_: bool) -> None:
    """Print versions and devices, to paste into a bug report.

    \b
    hrbench doctor
    """
    from hrbench.commands.doctor import doctor as facts_of  # noqa: PLC0415  torch takes seconds
    from hrbench.report import environment  # noqa: PLC0415

    facts = facts_of()
    if json_:
        answer(facts)
    else:
        click.echo(environment.doctor_text(facts))
