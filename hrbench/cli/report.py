"""The command that tabulates runs: report."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

import sys
from pathlib import Path
from typing import Any

import click

from hrbench.cli.completion import A_TASK, RUN, words
from hrbench.cli.root import FILE, answer, as_json, main, terminal
from hrbench.report import output as output_files

FORMS = ("table", "markdown", "latex", "csv", "json", "html", "model-index", "lm-eval")
HTML, PAGE = "html", "report.html"  # a form, and where it is written if nobody says
WRITTEN = 120  # columns of a table that is written to a file


@main.command()
@click.argument("names", metavar="[RUNS]...", nargs=-1, type=FILE, shell_complete=RUN)
@click.option("--task", shell_complete=A_TASK, help="One task only.")
@click.option(
    "--format",
    "form",
    default="table",
    shell_complete=words(*FORMS),
    help="table, markdown, latex, csv, json, html, model-index or lm-eval.",
)
@click.option("--each", is_flag=True, help="Each run by itself, not one row for all its seeds.")
@click.option(
    "--published", is_flag=True, help="In csv and json: every published row, not the goals only."
)
@click.option(
    "-o",
    "--output",
    type=FILE,
    help="Write to this file, a new one [default of html: report.html].",
)
@click.option("--force", is_flag=True, help="With -o: replace the file.")
@click.option(
    "--check", is_flag=True, help="Compare runs of published weights with the figures of those."
)
@click.option("--strict", is_flag=True, help="Stop at a damaged record, instead of leaving it out.")
@as_json
def report(
    names: tuple[str, ...],
    task: str | None,
    form: str,
    each: bool,
    published: bool,
    output: str | None,
    force: bool,
    check: bool,
    strict: bool,
    json_: bool,
) -> None:
    """Tabulate RUNS (default: all under results/runs) beside the published results.

    A RUN is a folder, its name, the beginning of its id, or "latest"; a folder of runs stands for
    all of them. One RUN alone is shown with everything that its record says, keypoint by keypoint.
    Runs that differ in nothing but their seed are one row: mean, standard deviation, seeds.
    As html it is one file for a browser: leaderboards, and a page of each run with its curves,
    breakdowns and worst cases. With --check, exit 1 where a figure of published weights is further
    from the printed one than one unit of its last digit.

    \b
    hrbench report
    hrbench report latest
    hrbench report --task coco-pose --format latex -o results.tex
    hrbench report --format html -o report.html
    """
    from hrbench.commands import report as reporting  # noqa: PLC0415  pandas takes its time

    if form == HTML and not (check or json_):
        output = output or PAGE
    runs = reporting.read(names, strict=strict)
    agrees, spoilt = True, []
    if check:
        agrees = _check(reporting.compared(runs, task), json_=json_)
    else:
        width, colour = terminal() if output is None else (WRITTEN, False)
        form = "json" if json_ else form
        asked = {"task": task, "each": each, "everything": published}
        text = reporting.report(runs, form=form, width=width, colour=colour, **asked)
        if output is None:
            click.echo(text)
        else:
            output_files.require_free(Path(output), force=force)
            output_files.write(Path(output), text)
            click.echo(f"report: {output}", err=True)
        spoilt = reporting.spoilt(runs, task, form)
    for sentence in (*runs.left_out, *spoilt):
        click.echo(sentence, err=True)
    if not agrees:
        sys.exit(1)


def _check(checked: Any, *, json_: bool) -> bool:
    """Print how far runs are from published figures; tell whether none is too far."""
    if json_:
        answer(checked.content())
    else:
        width, colour = terminal()
        click.echo(checked.text(width, colour=colour))
    return bool(checked.agrees)
