"""The command line: parses, calls one function, prints. Imports no torch."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click

from hrbench.errors import HrbenchError

FILE = click.Path(path_type=str)  # a missing file is ours to report, with exit 1
DATA = "Folder of the datasets [default: $HRBENCH_DATA, or ./data; 'builtin': the synthetic set]."
RUNS = "results/runs"
LARGEST_SEED = 2**63 - 1  # that torch takes
_Function = TypeVar("_Function", bound=Callable[..., Any])


class Group(click.Group):
    """A click group that reports our errors as one message on stderr and exit status 1."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; 130 after Ctrl-C."""
        try:
            return super().invoke(ctx)
        except HrbenchError as error:
            raise click.ClickException(str(error)) from error
        except KeyboardInterrupt as stop:
            folder = getattr(stop, "__notes__", [""])[0]
            hint = f"; go on with: hrbench run --resume {folder}" if folder else ""
            click.echo(f"\nInterrupted{hint}", err=True)
            ctx.exit(130)


def as_json(command: _Function) -> _Function:
    """Give a command `--json`."""
    words = "Print one JSON object on stdout instead of text."
    return click.option("--json", "json_", is_flag=True, help=words)(command)


def answer(content: object) -> None:
    """Print the JSON object of a command."""
    click.echo(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))


@click.group(cls=Group, context_settings={"show_default": True, "max_content_width": 100})
@click.version_option(package_name="hrbench")
def main() -> None:
    """Train, evaluate and compare landmark models on published benchmarks.

    \b
    hrbench run coco-pose          train and measure; without data, on a synthetic set
    hrbench report                 your runs beside the published results
    """


@main.command()
@click.argument("task", required=False)
@click.option("--data", type=FILE, help=DATA)
@click.option("--weights", type=FILE, help="Evaluate this checkpoint; no training.")
@click.option("--init", type=FILE, help="Start training from this (an ImageNet checkpoint, say).")
@click.option("--split", help="Another split than the protocol's.")
@click.option("--boxes", help="Where person boxes come from: gt, det, or a detections file.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Any key of the spec.")
@click.option("--limit", type=click.IntRange(min=1), help="Look at the first N images only.")
@click.option("--epochs", type=click.IntRange(min=1), help="Epochs to train.")
@click.option(
    "--seed", type=click.IntRange(0, LARGEST_SEED), default=0, help="Of weights and samples."
)
@click.option("--device", default="auto", help="auto, cpu, cuda, cuda:1, or any other of torch's.")
@click.option(
    "--precision",
    type=click.Choice(["auto", "fp32", "bf16"]),
    default="auto",
    help="auto: bf16 to train on CUDA, fp32 otherwise.",
)
@click.option("--workers", type=click.IntRange(min=0), help="Processes that read images.")
@click.option("--out", type=FILE, default=RUNS, help="Folder for the runs.")
@click.option("--resume", type=FILE, metavar="RUN", help="Go on where this run stopped.")
@as_json
def run(task: str | None, resume: str | None, json_: bool, **flags: Any) -> None:
    """Run the benchmark TASK: NAME, NAME@VARIANT, or a TOML file of your own.

    Trains (unless --weights), predicts, scores, records, and prints the figures beside the
    published ones.

    \b
    hrbench run coco-pose
    hrbench run coco-pose@w32-256x192 --data /datasets --weights pose_hrnet_w32.pth --boxes gt
    """
    if task is None and resume is None:
        raise click.UsageError("name a TASK (see `hrbench list`), or --resume RUN")
    if resume is not None and (named := _given(flags)):
        raise click.UsageError(f"--resume takes the options of the run; leave out {named}")
    if flags["weights"] and flags["init"]:
        raise click.UsageError("--weights evaluates, --init starts a training; name one of them")
    from hrbench.pipeline import run as road  # noqa: PLC0415  torch takes seconds
    from hrbench.pipeline.options import Options  # noqa: PLC0415

    if resume is not None:
        done = road.resume(Path(resume), task)
    else:
        done = road.run(str(task), Options(**flags))
    if done is None:
        return  # another process prints
    record, folder = done
    _show(record, folder, json_=json_)


@main.command()
@click.argument("folder", metavar="RUN", type=FILE)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="A key of the protocol, as protocol.nms=soft; then nothing is written.",
)
@click.option("--official", is_flag=True, help="Compare with pycocotools' own figures.")
@as_json
def score(folder: str, overrides: tuple[str, ...], official: bool, json_: bool) -> None:
    """Compute the figures of RUN again from its stored predictions, without the network.

    \b
    hrbench score results/runs/coco-pose/20261123T190000Z-1a2b3c4d --set protocol.nms=none
    """
    from hrbench.pipeline import run as road  # noqa: PLC0415

    record = road.score(Path(folder), overrides, official=official)
    _show(record, Path(folder), json_=json_)


@main.command()
@click.argument("runs", nargs=-1, type=FILE)
@click.option("--task", help="One task only.")
@click.option("--format", "form", default="table", help="table, markdown, csv or json.")
@click.option("-o", "--output", type=FILE, help="Write to this file.")
@as_json
def report(
    runs: tuple[str, ...], task: str | None, form: str, output: str | None, json_: bool
) -> None:
    """Tabulate RUNS (default: all under results/runs) beside the published results.

    \b
    hrbench report --task coco-pose --format markdown -o results.md
    """
    from hrbench import catalog  # noqa: PLC0415
    from hrbench.report import published, table  # noqa: PLC0415
    from hrbench.report.runs import load_records  # noqa: PLC0415

    records = load_records([Path(path) for path in runs], Path(RUNS))
    literature = published.load(catalog.published_results())
    form = "json" if json_ else form
    width, colour = _terminal() if output is None else (120, False)
    text = table.report(records, literature, task=task, form=form, width=width, colour=colour)
    if output is None:
        click.echo(text)
        return
    try:
        Path(output).write_text(text + "\n", "utf-8")
    except OSError as error:
        raise HrbenchError(f"-o {output}: cannot be written ({error.strerror})") from error


@main.command(name="list")
@click.argument("what", type=click.Choice(["tasks", "datasets", "variants"]), default="tasks")
@as_json
def list_(what: str, json_: bool) -> None:
    """List the tasks, the datasets, or every task's variants.

    \b
    hrbench list variants
    """
    from hrbench import catalog  # noqa: PLC0415

    if what == "datasets":
        found = {name: catalog.load_dataset(name).title for name in catalog.names("datasets")}
    elif what == "tasks":
        found = {name: catalog.load_task(name).title for name in catalog.names("tasks")}
    else:
        names = [f"{t}@{v}" for t in catalog.names("tasks") for v in catalog.variants(t)]
        found = {name: _variant_line(catalog.load_task(name)) for name in names}
    if json_:
        answer(found)
        return
    width = max(map(len, found))
    for name, words in found.items():
        click.echo(f"{name:<{width}}  {words}")


@main.command()
@click.argument("task")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Any key of the spec.")
@as_json
def show(task: str, overrides: tuple[str, ...], json_: bool) -> None:
    """Print the fully resolved spec of TASK[@VARIANT] as TOML; `hrbench run FILE` takes it.

    \b
    hrbench show coco-pose@w32-256x192 > mine.toml
    """
    import tomli_w  # noqa: PLC0415

    from hrbench import catalog  # noqa: PLC0415

    spec = catalog.load_task(task, overrides).plain()
    if json_:
        answer(spec)
    else:
        click.echo(tomli_w.dumps(spec), nl=False)


@main.command()
@click.argument("dataset")
@click.option("--data", type=FILE, help=DATA)
@click.option("--images", is_flag=True, help="Decode every image file.")
@as_json
def check(dataset: str, data: str | None, images: bool, json_: bool) -> None:
    """Say what of DATASET is there, what is missing and who issues it, and what is wrong.

    \b
    hrbench check coco --data /datasets --images
    """
    from hrbench.pipeline.check import check as examine  # noqa: PLC0415

    found = examine(dataset, data, images=images)
    if json_:
        answer(found.content())
    else:
        click.echo(found.text())
    if not found.ok:
        sys.exit(1)


@main.command()
@click.argument("dataset")
@click.argument("folder", metavar="DIR", type=FILE)
@click.option(
    "--images",
    type=click.IntRange(min=1),
    default=1000,
    help="Training images; a quarter as many to validate on, a sixteenth to test on.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Same seed, same bytes.")
@as_json
def make(dataset: str, folder: str, images: int, seed: int, json_: bool) -> None:
    """Write a synthetic DATASET below DIR in the real one's on-disk format.

    \b
    hrbench make coco synthetic --images 200
    """
    from hrbench import world  # noqa: PLC0415

    world.make(dataset, Path(folder), images=images, seed=seed)
    if json_:
        answer({"dataset": dataset, "folder": folder, "images": images, "seed": seed})
    else:
        click.echo(f"made: {Path(folder) / dataset}; hrbench check {dataset} --data {folder}")


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


def _show(record: Any, folder: Path, *, json_: bool) -> None:
    from hrbench import catalog  # noqa: PLC0415
    from hrbench.report import published, summary  # noqa: PLC0415

    if json_:
        answer({"run": str(folder), "record": record.content()})
        return
    width, colour = _terminal()
    literature = published.load(catalog.published_results())
    click.echo(summary.summary(record, literature, folder, width=width, colour=colour))


def _given(flags: Iterable[str]) -> str:
    """Return which of these parameters stand on the command line, as they are written there."""
    context, typed = click.get_current_context(), click.core.ParameterSource.COMMANDLINE
    given = [key for key in flags if context.get_parameter_source(key) is typed]
    return ", ".join(p.opts[0] for p in context.command.params if p.name in given)


def _terminal() -> tuple[int, bool]:
    import shutil  # noqa: PLC0415

    colour = sys.stdout.isatty()
    return (shutil.get_terminal_size().columns if colour else 100), colour


def _variant_line(spec: Any) -> str:
    height, width = spec.model.input
    return f"{spec.model.backbone}, {height} x {width}, {spec.recipe.epochs} epochs"
