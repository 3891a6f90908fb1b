"""The command that hands a network to other programs: export."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

from pathlib import Path

import click

from hrbench.cli.completion import A_TASK, RUN
from hrbench.cli.root import DATA, FILE, allowing, answer, as_json, main, setting


@main.command()
@click.argument("task", shell_complete=A_TASK)
@click.option(
    "--weights",
    type=FILE,
    shell_complete=RUN,
    required=True,
    help="A RUN, a file, or a name (weights fetch).",
)
@click.option(
    "-o", "--output", type=FILE, required=True, help="The file to write: *.onnx or *.pt2."
)
@setting
@click.option("--tta/--no-tta", default=None, help="With the flip test, or without [as the task].")
@click.option("--check", is_flag=True, help="Run the file and compare it with PyTorch.")
@click.option("--images", multiple=True, type=FILE, help="--check: pictures to compare on too.")
@click.option("--data", type=FILE, help=f"--check: the metric's. {DATA}")
@click.option("--limit", type=click.IntRange(min=1), help="--check: the first N of the data only.")
@click.option("--force", is_flag=True, help="Replace the output if it is there.")
@allowing
@as_json
def export(
    task: str,
    weights: str,
    output: str,
    overrides: tuple[str, ...],
    tta: bool | None,
    check: bool,
    images: tuple[str, ...],
    data: str | None,
    limit: int | None,
    force: bool,
    allow: tuple[str, ...],
    json_: bool,
) -> None:
    """Write the network of TASK[@VARIANT] as one file that runs without hrbench.

    All of it is inside: uint8 RGB crops go in, keypoints in crop pixels and scores come out (or
    classes, or joints). docs/export.md has the contract and a program that uses it.

    \b
    hrbench export coco-pose@w32-256x192 --weights pose_hrnet_w32.pth -o pose.onnx --check
    """
    if not check and (images or data or limit):
        raise click.UsageError(
            "--images, --data and --limit are what --check looks at; add --check"
        )
    from hrbench.begun.options import Options  # noqa: PLC0415
    from hrbench.commands.export.export import export as write  # noqa: PLC0415  torch is slow

    options = Options(
        weights=weights, overrides=overrides, tta=tta, data=data, limit=limit, allow=allow
    )
    paths = [Path(image) for image in images]
    done = write(task, options, Path(output), check=check, images=paths, force=force)
    if json_:
        answer(done.content())
    else:
        click.echo(done.text())
