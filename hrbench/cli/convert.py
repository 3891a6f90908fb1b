"""The command that takes over other programs' annotations: convert."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

import shlex
from pathlib import Path

import click

from hrbench.cli.root import FILE, allowing, answer, as_json, main


@main.command()
@click.argument("source", type=FILE)
@click.argument("folder", metavar="DIR", type=FILE)
@click.option("--images", type=FILE, help="Folder of the images, if they are not found.")
@click.option(
    "--to",
    type=click.Choice(["coco", "yolo"]),
    help="Write COCO keypoints or a YOLO pose dataset into DIR, with its pictures, instead.",
)
@click.option("--data", type=FILE, help="With --to: folder of the datasets, where SOURCE is one.")
@click.option(
    "--split-by",
    metavar="NAME",
    help="Let training and validation share no folder, video, …: a field, or a pattern of names.",
)
@allowing
@as_json
def convert(
    source: str,
    folder: str,
    images: str | None,
    to: str | None,
    data: str | None,
    split_by: str | None,
    allow: tuple[str, ...],
    json_: bool,
) -> None:
    """Turn other programs' annotations into a dataset and a task of your own in DIR.

    SOURCE is a DeepLabCut project, its config.yaml or a CollectedData_*.csv; a .json in COCO's
    keypoint format, or a folder with one of each split, which stay as they are; CVAT's XML; a
    folder of labelme's files; Label Studio's JSON; a YOLO pose dataset or its data.yaml; a .zip
    with one of these; or with hrbench[sleap] a SLEAP .slp or an NWB file. Images stay where they
    are: they are looked for beside the annotations and in the folders above. Annotated frames of
    a video are written into DIR.

    With --to, DIR gets what other programs read, pictures and all, linked to where the disk can;
    SOURCE may then be a dataset of hrbench's too: its TOML, or its name.

    \b
    hrbench convert mice-me-2026-01-01 mice --split-by folder
    hrbench browse mice/task.toml -o mice.html
    hrbench run mice/task.toml
    hrbench convert mice/dataset.toml mice-yolo --to yolo
    """
    from hrbench.commands.convert.convert import convert as turn  # noqa: PLC0415
    from hrbench.commands.convert.convert import convert_to, is_dataset  # noqa: PLC0415

    ours = is_dataset(source)
    if data is not None and not (ours and to):
        raise click.UsageError("--data goes with --to, where SOURCE is a dataset of hrbench's")
    if ours and (images is not None or split_by is not None):
        raise click.UsageError(
            f"--images and --split-by: {source} says itself where images are "
            "and how they are divided"
        )
    place_of_images = None if images is None else Path(images)
    if to is not None:
        handed = convert_to(to, source, Path(folder), allow, place_of_images, split_by, data)
        answer(handed.content()) if json_ else click.echo(handed.text())
        return
    if ours:
        raise click.UsageError(f"{source} is a dataset of hrbench's; write it with --to")
    made = turn(Path(source), Path(folder), allow, place_of_images, split_by)
    if json_:
        answer({"folder": folder, **made.content()})
        return
    place = shlex.quote(folder)
    click.echo(made.text())
    click.echo(f"look:  hrbench browse {place}/task.toml")
    variant = "" if made.advice is None else f"@{made.advice.variant}"
    reason = "" if made.advice is None else f"  # {made.advice.reason}"
    click.echo(f"train: hrbench run {place}/task.toml{variant}{reason}")
