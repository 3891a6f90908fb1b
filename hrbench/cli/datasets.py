"""Commands for the files of a dataset: check, make, convert, sigmas."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

import shlex
import sys
from pathlib import Path
from typing import Any

import click

from hrbench.cli.root import DATA, FILE, allowing, answer, as_json, main, run_of, terminal


@main.command()
@click.argument("dataset")
@click.option("--data", type=FILE, help=DATA)
@click.option("--images", is_flag=True, help="Decode every image file.")
@click.option(
    "--sheet", type=FILE, metavar="FILE.png", help="Write a picture of annotated objects or faces."
)
@allowing
@as_json
def check(
    dataset: str,
    data: str | None,
    images: bool,
    sheet: str | None,
    allow: tuple[str, ...],
    json_: bool,
) -> None:
    """Say what of DATASET is there, what is missing and who issues it, and what is wrong.

    DATASET is a name, a TOML file of your own, a task, or a RUN that was measured on it. On the
    sheet, left is orange and right is blue; objects whose sides are probably swapped come first,
    in a red frame.

    \b
    hrbench check coco --data /datasets --images
    hrbench check mice/dataset.toml --data mice --sheet mice.png
    """
    from hrbench.commands.check.check import check as examine  # noqa: PLC0415

    if (run := run_of(dataset)) is not None:
        dataset, data = _of_run(run, data)
    found = examine(dataset, data, images=images, allow=allow)
    if json_:
        answer(found.content())
    else:
        click.echo(found.text())
    if sheet is not None and found.usable:
        _draw(dataset, found, sheet, quiet=json_)
    if not found.ok:
        sys.exit(1)


def _of_run(run: Path, data: str | None) -> tuple[str, str | None]:
    """Return the dataset that a run was measured on, and where its data are."""
    from hrbench.runs.folder import DATASET, read  # noqa: PLC0415

    spec, _, state = read(run)
    own = run / DATASET
    return str(own) if own.is_file() else spec.dataset, data or state.options.data


def _draw(dataset: str, found: Any, sheet: str, *, quiet: bool) -> None:
    from hrbench import catalog  # noqa: PLC0415
    from hrbench.commands.check.sheeting import draw_sheet  # noqa: PLC0415

    loaded, folder = catalog.load_dataset(dataset), Path(found.folder)
    draw_sheet(loaded, folder, found.usable, Path(sheet))
    if not quiet:
        click.echo(f"look at: {sheet}")


@main.command()
@click.argument("dataset")
@click.argument("folder", metavar="DIR", type=FILE)
@click.option(
    "--images",
    type=click.IntRange(min=1),
    default=1000,
    help="Training images; a quarter as many to measure on, a sixteenth for a further split.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Same seed, same bytes.")
@as_json
def make(dataset: str, folder: str, images: int, seed: int, json_: bool) -> None:
    """Write a synthetic DATASET (or a task's) below DIR in the real one's on-disk format.

    \b
    hrbench make coco synthetic --images 200
    """
    from hrbench import catalog, world  # noqa: PLC0415

    if dataset not in world.WRITERS and dataset.partition("@")[0] in catalog.names("tasks"):
        dataset = catalog.load_dataset(dataset).folder
    world.make(dataset, Path(folder), images=images, seed=seed)
    if json_:
        answer({"dataset": dataset, "folder": folder, "images": images, "seed": seed})
    else:
        click.echo(f"made: {Path(folder) / dataset}; hrbench check {dataset} --data {folder}")


@main.command()
@click.argument("source", type=FILE)
@click.argument("folder", metavar="DIR", type=FILE)
@click.option("--images", type=FILE, help="Folder of the images, if they are not found.")
@allowing
@as_json
def convert(
    source: str, folder: str, images: str | None, allow: tuple[str, ...], json_: bool
) -> None:
    """Turn other programs' annotations into a dataset and a task of your own in DIR.

    SOURCE is a DeepLabCut project, a folder of it or a CollectedData_*.csv; a .json in COCO's
    keypoint format, which stays as it is; or with hrbench[sleap] a SLEAP .slp file, a YOLO pose
    dataset or its data.yaml, or Label Studio's tasks as sleap-io writes them. Images stay where
    they are: they are looked for beside the annotations and in the folders above.

    \b
    hrbench convert mice-me-2026-01-01 mice
    hrbench check mice/dataset.toml --sheet mice.png
    hrbench run mice/task.toml
    """
    from hrbench.convert.detect import convert as turn  # noqa: PLC0415

    place_of_images = None if images is None else Path(images)
    made = turn(Path(source), Path(folder), allow, place_of_images, advise=_advised)
    if json_:
        answer({"folder": folder, **made.content()})
        return
    place = shlex.quote(folder)
    click.echo(made.text())
    click.echo(f"look:  hrbench check {place}/dataset.toml --sheet sheet.png")
    variant = "" if made.advice is None else f"@{made.advice.variant}"
    reason = "" if made.advice is None else f"  # {made.advice.reason}"
    click.echo(f"train: hrbench run {place}/task.toml{variant}{reason}")


def _advised(objects: int) -> Any:
    from hrbench.convert.advising import advised  # noqa: PLC0415
    from hrbench.convert.labels import Advice  # noqa: PLC0415

    return Advice(*advised(objects))


@main.command()
@click.argument("file", type=FILE)
@as_json
def sigmas(file: str, json_: bool) -> None:
    """Estimate the sigmas of keypoints from repeated annotations in FILE, in COCO's format.

    Objects of one image are the same where their annotations say so ("object_id"), or where
    their boxes overlap by half. For each keypoint, sigma squared is the sum of d^2 / s^2 over
    all annotations, over the sum of R - 1 over all objects: d is the distance from the mean of
    an object's R annotations, s^2 the object's area. Ten repeats are needed, twenty are better.

    \b
    hrbench sigmas mice-by-three-people/annotations.json
    """
    from hrbench.commands.sigmas import estimated  # noqa: PLC0415

    found = estimated(Path(file))
    if json_:
        answer(found.content())
        return
    width, colour = terminal()
    click.echo(found.text(width, colour=colour))
