"""Commands that print what is known: report, list, show, doctor."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

import sys
from pathlib import Path
from typing import Any

import click

from hrbench.cli.root import FILE, RUNS, answer, as_json, main, run_of, terminal
from hrbench.errors import HrbenchError

WIDE = 200  # columns for names of files where no terminal limits them


@main.command()
@click.argument("runs", nargs=-1, type=FILE)
@click.option("--task", help="One task only.")
@click.option("--format", "form", default="table", help="table, markdown, csv or json.")
@click.option("-o", "--output", type=FILE, help="Write to this file, a new one.")
@click.option("--force", is_flag=True, help="With -o: replace the file.")
@click.option(
    "--check", is_flag=True, help="Compare runs of published weights with the figures of those."
)
@click.option("--strict", is_flag=True, help="Stop at a damaged record, instead of leaving it out.")
@as_json
def report(runs: tuple[str, ...], output: str | None, form: str, json_: bool, **flags: Any) -> None:
    """Tabulate RUNS (default: all under results/runs) beside the published results.

    A RUN is a folder, its name, the beginning of its id, or "latest"; a folder of runs stands for
    all of them. One RUN alone is shown with everything that its record says, keypoint by keypoint.
    With --check, exit 1 where a figure of published weights is further from the printed one than
    one unit of its last digit.

    \b
    hrbench report
    hrbench report latest
    hrbench report --task coco-pose --format markdown -o results.md
    """
    from hrbench.report import runs as folders  # noqa: PLC0415

    if output is not None and Path(output).exists() and not flags["force"]:
        raise HrbenchError(f"-o {output}: is there already; --force replaces it")
    found = folders.load(runs, Path(RUNS), strict=flags["strict"])
    task = flags["task"]
    if flags["check"]:
        _check([r for r in found.records if task in {None, r.task}], json_=json_)
    else:
        width, colour = terminal() if output is None else (120, False)
        form = "json" if json_ else form
        text = _text(runs, found, task=task, form=form, width=width, colour=colour)
        _written(text, output)
    for sentence in found.damaged:
        click.echo(sentence, err=True)
    if found.damaged:
        count = len(found.damaged)
        words = f"left out: {count} of {count + len(found.records)} records, which are damaged"
        click.echo(words, err=True)


def _text(runs: tuple[str, ...], found: Any, *, task: str | None, form: str, **look: Any) -> str:
    """Return what is reported: of one run that is named all of it, of others a line."""
    from hrbench import catalog  # noqa: PLC0415
    from hrbench.report import detail, published, table  # noqa: PLC0415
    from hrbench.report.finding import named  # noqa: PLC0415

    literature = published.load(catalog.published_results())
    if len(runs) == 1 and form in detail.FORMATS and named(runs[0], least=1) is not None:
        return detail.detail(found.records[0], found.folders[0], literature, form=form, **look)
    return table.report(
        found.records, literature, unfinished=found.unfinished, task=task, form=form, **look
    )


def _written(text: str, output: str | None) -> None:
    if output is None:
        click.echo(text)
        return
    try:
        Path(output).write_text(text + "\n", "utf-8")
    except OSError as error:
        raise HrbenchError(f"-o {output}: cannot be written ({error.strerror})") from error


def _check(records: list[Any], *, json_: bool) -> None:
    from hrbench import catalog  # noqa: PLC0415
    from hrbench.report import checkpoints, layout  # noqa: PLC0415

    found = checkpoints.compared(records, checkpoints.read(catalog.published_weights()))
    if json_:
        answer([one.content() for one in found])
    else:
        width, colour = terminal()
        click.echo(layout.terminal([checkpoints.check_table(found)], width, colour=colour))
    if any(not (one.reason or one.agrees) for one in found):
        sys.exit(1)


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
    lists = {
        "tasks": _list_tasks,
        "datasets": _list_datasets,
        "variants": _list_variants,
        "weights": _list_weights,
    }
    lists[what](json_=json_)


def _list_datasets(*, json_: bool) -> None:
    from hrbench import catalog  # noqa: PLC0415

    keys = ("title", "homepage", "licence", "citation")
    specs = map(catalog.load_dataset, catalog.names("datasets"))
    known = {spec.name: {key: getattr(spec, key) for key in keys} for spec in specs}
    if json_:
        answer(known)
        return
    for name, about in known.items():
        click.echo(f"{name}: {about.pop('title')}")
        click.echo("".join(f"  {key}: {words}\n" for key, words in about.items() if words))


def _list_variants(*, json_: bool) -> None:
    from hrbench import catalog  # noqa: PLC0415

    names = [f"{t}@{v}" for t in catalog.names("tasks") for v in catalog.variants(t)]
    found = {name: _variant_line(catalog.load_task(name)) for name in names}
    if json_:
        answer(found)
        return
    width = max(map(len, found))
    for name, words in found.items():
        click.echo(f"{name:<{width}}  {words}")


def _list_weights(*, json_: bool) -> None:
    from hrbench import catalog  # noqa: PLC0415
    from hrbench.report import checkpoints, layout  # noqa: PLC0415

    known = checkpoints.read(catalog.published_weights())
    if json_:
        answer(known)
    else:
        width, colour = terminal()
        width = width if colour else WIDE
        click.echo(layout.terminal([checkpoints.list_table(known)], width, colour=colour))


def _list_tasks(*, json_: bool) -> None:
    from hrbench import catalog  # noqa: PLC0415
    from hrbench.report import benchmarks, literature, published  # noqa: PLC0415

    rows = published.rows(published.load(catalog.published_results()))
    lines = literature.tasks(benchmarks.benchmarks(), rows)
    if json_:
        answer(lines)
    else:
        width, colour = terminal()
        click.echo(literature.tasks_text(lines, width, colour=colour))


@main.command()
@click.argument("task")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Any key of the spec.")
@as_json
def show(task: str, overrides: tuple[str, ...], json_: bool) -> None:
    """Print the fully resolved spec of TASK[@VARIANT], or of a RUN; `hrbench run FILE` takes it.

    \b
    hrbench show coco-pose@w32-256x192 > mine.toml
    """
    import tomli_w  # noqa: PLC0415

    from hrbench import catalog  # noqa: PLC0415
    from hrbench.report.finding import SPEC  # noqa: PLC0415

    run = run_of(task)
    spec = catalog.load_task(task if run is None else str(run / SPEC), overrides).plain()
    if json_:
        answer(spec)
    else:
        click.echo(tomli_w.dumps(spec), nl=False)


@main.command()
@as_json
def doctor(json_: bool) -> None:
    """Print versions and devices, to paste into a bug report.

    \b
    hrbench doctor
    """
    from hrbench.engine.runtime import devices  # noqa: PLC0415
    from hrbench.report import environment  # noqa: PLC0415

    facts = environment.doctor(devices())
    if json_:
        answer(facts)
    else:
        click.echo(environment.doctor_text(facts))


def _variant_line(spec: Any) -> str:
    return f"{spec.model.words}, {spec.recipe.epochs} epochs"
