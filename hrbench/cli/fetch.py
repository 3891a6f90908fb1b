"""The command that fetches a dataset: fetch."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

import sys
from dataclasses import replace

import click

from hrbench.cli.completion import DATASET
from hrbench.cli.root import DATA, FILE, answer, as_json, main
from hrbench.errors import FetchError


@main.command()
@click.argument("dataset", shell_complete=DATASET)
@click.option("--data", type=FILE, help=DATA)
@click.option(
    "--only",
    multiple=True,
    metavar="SPLIT",
    help="What this split needs, by its name or a beginning of it; repeatable.",
)
@click.option("--keep-archives", is_flag=True, help="Keep what was fetched, beside what it holds.")
@click.option("--dry-run", is_flag=True, help="Say what would be fetched, and fetch nothing.")
@as_json
def fetch(
    dataset: str,
    data: str | None,
    only: tuple[str, ...],
    keep_archives: bool,
    dry_run: bool,
    json_: bool,
) -> None:
    """Fetch DATASET (or a task's) from its publishers, lay it out as it is read, and check it.

    What may only be got by a person, who signs for it or fills in a form, is told in steps.
    Nothing that is there already is fetched again or replaced, and what was cut off goes on.

    \b
    hrbench fetch coco --data /datasets --only val --dry-run
    hrbench fetch coco --data /datasets --only val
    """
    from hrbench.commands.check import check as checking  # noqa: PLC0415
    from hrbench.commands.fetch import fetch as fetching  # noqa: PLC0415
    from hrbench.commands.fetch import plan as planning  # noqa: PLC0415
    from hrbench.commands.fetch import text  # noqa: PLC0415

    plan = planning.plan(dataset, data, only)
    if not json_:
        click.echo(text.text(plan, keep=keep_archives))
    if dry_run:
        if json_:
            answer(text.content(plan))
        elif told := text.steps(plan, plan.splits):
            click.echo(f"\n{told}")
        return
    try:
        fetching.fetch(plan, keep=keep_archives, tell=lambda words: click.echo(words, err=True))
    except FetchError:
        if not json_ and (told := text.steps(plan, plan.splits)):
            click.echo(f"\n{told}\n")
        raise
    report = checking.check(dataset, str(plan.root), images=False)
    report = replace(report, splits=tuple(s for s in report.splits if s.name in plan.splits))
    if json_:
        answer({**text.content(plan), "check": report.content()})
    else:
        wanting = [split.name for split in report.splits if split.missing]
        click.echo(f"\n{report.text()}")
        if told := text.steps(plan, wanting):
            click.echo(f"\n{told}")
    if not report.ok:
        sys.exit(1)
