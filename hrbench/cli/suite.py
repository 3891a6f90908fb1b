"""The command that does many runs by one file: suite."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

import sys
from pathlib import Path
from typing import Any

import click

from hrbench.cli.completion import SUITE
from hrbench.cli.root import DATA, DEVICE, FILE, RUNS, answer, as_json, main, terminal


@main.command()
@click.argument("name", metavar="SUITE", shell_complete=SUITE)
@click.option("--data", type=FILE, help=DATA)
@click.option("--device", help=DEVICE)
@click.option("--workers", type=click.IntRange(min=0), help="Processes that read images.")
@click.option("--out", type=FILE, default=RUNS, help="Folder for the runs.")
@click.option(
    "--launcher",
    type=click.Choice(["local", "slurm"]),
    help="Give the runs to torchrun on this machine, or to Slurm's queue, by submitit.",
)
@click.option("--dry-run", is_flag=True, help="Show how all runs stand, and begin none.")
@as_json
def suite(
    name: str, out: str, launcher: str | None, *, dry_run: bool, json_: bool, **given: Any
) -> None:
    """Do the runs of SUITE: a TOML file of your own, mission, or synthetic.

    A run that has its record under --out is not done again, an interrupted one goes on, one that is
    queued or under way is left alone; a fault of one does not end the others. The same command
    goes on after any end. Exit 1 where a run has failed or cannot begin.

    \b
    hrbench suite synthetic
    hrbench suite mission --data /datasets --dry-run
    hrbench suite mine.toml --launcher slurm
    """
    from hrbench.commands.suite import launching, summary  # noqa: PLC0415  torch takes seconds
    from hrbench.commands.suite import suite as running  # noqa: PLC0415

    survey = running.surveyed(name, Path(out), given, fetches=not dry_run)
    if launcher is not None:
        launching.require(survey.suite, launcher)
    if not dry_run:
        with running.alone(survey):
            survey = running.again(survey)

            def told(line: str) -> None:
                click.echo(line, err=True)

            try:
                if launcher is None:
                    running.here(survey, told)
                else:
                    running.launched(survey, launcher, told)
            finally:
                survey = running.again(survey)
    if json_:
        answer(summary.content(survey, planned=dry_run))
    else:
        width, colour = terminal()
        click.echo(summary.text(survey, width, colour=colour, planned=dry_run))
    if not summary.is_well(survey, planned=dry_run):
        sys.exit(1)
