"""The command that sets runs beside each other: compare."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

from pathlib import Path

import click

from hrbench.cli.completion import RUN, words
from hrbench.cli.root import FILE, as_json, main, terminal

FORMS = ("table", "markdown", "csv", "json")


@main.command()
@click.argument("first", metavar="RUN", type=FILE, shell_complete=RUN)
@click.argument("others", metavar="RUN...", nargs=-1, required=True, type=FILE, shell_complete=RUN)
@click.option("--metric", metavar="NAME", help="One figure only (AP), or one group (keypoint).")
@click.option(
    "--replicates",
    type=click.IntRange(min=100),
    default=1000,
    help="Samples of the images that are drawn anew.",
)
@click.option(
    "--sheet",
    type=FILE,
    metavar="FILE.png",
    help="Draw what changed most, of two runs: A beside B.",
)
@click.option("--pictures", type=click.IntRange(min=1), default=12, help="How many are drawn.")
@click.option("--data", type=FILE, help="--sheet: folder of the datasets, if it is elsewhere now.")
@click.option("--folds", is_flag=True, help="Two cross-validations, each named by one fold.")
@click.option("--force", is_flag=True, help="Go on where runs were not measured alike.")
@click.option(
    "--format",
    "form",
    default="table",
    shell_complete=words(*FORMS),
    help="table, markdown, csv or json.",
)
@as_json
def compare(
    first: str,
    others: tuple[str, ...],
    metric: str | None,
    replicates: int,
    sheet: str | None,
    pictures: int,
    data: str | None,
    folds: bool,
    force: bool,
    form: str,
    json_: bool,
) -> None:
    """Say whether runs differ by more than their images would have them, and where.

    The other RUNs are set against the first, figure by figure: the difference with its 95 %
    interval and p-value, the smallest that so many images show, how many would show the one that
    is seen. Of three runs or more, the places that each may have.

    \b
    hrbench compare 1a2b3c4d latest
    hrbench compare 1a2b3c4d latest --metric AP --sheet changed.png
    hrbench compare 1a2b3c4d latest --folds
    """
    if folds:
        _compare_folds(first, others, metric, sheet, form="json" if json_ else form)
        return
    if sheet is not None and len(others) > 1:
        raise click.UsageError("--sheet is of two runs; name two")
    from hrbench.commands.compare.compare import compared  # noqa: PLC0415
    from hrbench.report import comparison_forms  # noqa: PLC0415
    from hrbench.report.output import require_free_sheet  # noqa: PLC0415

    if sheet is not None:
        require_free_sheet(Path(sheet))
    comparison = compared((first, *others), force=force, only=metric, replicates=replicates)
    width, colour = terminal()
    form = "json" if json_ else form
    click.echo(comparison_forms.text(comparison, form=form, width=width, colour=colour))
    if sheet is not None:
        from hrbench.commands.compare.pictures import draw_changed  # noqa: PLC0415  torch is slow

        draw_changed(comparison, Path(sheet), pictures, data)
        click.echo(f"look at: {sheet}", err=True)


def _compare_folds(
    first: str, others: tuple[str, ...], metric: str | None, sheet: str | None, *, form: str
) -> None:
    if len(others) > 1 or sheet is not None:
        raise click.UsageError("--folds is of two cross-validations, and draws no --sheet")
    from hrbench.commands.compare import folds  # noqa: PLC0415

    width, colour = terminal()
    comparison = folds.compared(first, others[0], metric)
    click.echo(folds.text(comparison, form=form, width=width, colour=colour))
