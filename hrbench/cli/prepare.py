"""The command that decodes a task's images once for all runs: prepare."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

from typing import Any

import click

from hrbench.cli.completion import A_TASK
from hrbench.cli.root import DATA, FILE, allowing, answer, as_json, main, setting

PARTS = ("training", "evaluation")


@main.command()
@click.argument("task", shell_complete=A_TASK)
@click.option("--data", type=FILE, help=DATA)
@click.option("--split", help="Another split to measure on than the protocol's.")
@click.option("--boxes", help="Where person boxes come from: gt, det, or a detections file.")
@setting
@click.option(
    "--part",
    "parts",
    type=click.Choice(PARTS),
    multiple=True,
    default=PARTS,
    show_default="both",
    help="What to prepare; repeatable.",
)
@click.option(
    "--out",
    type=FILE,
    help="Folder to write to; runs find it [default: the last one that was named, or prepared/ in "
    "$HRBENCH_CACHE or the user's cache].",
)
@click.option("--workers", type=click.IntRange(min=0), help="Processes that decode images.")
@click.option("--size", "size_only", is_flag=True, help="Say how large it is, and write nothing.")
@click.option("--check", is_flag=True, help="Compare all that is prepared with its checksums.")
@allowing
@as_json
def prepare(
    task: str,
    parts: tuple[str, ...],
    out: str | None,
    *,
    size_only: bool,
    check: bool,
    json_: bool,
    **flags: Any,
) -> None:
    """Decode the images of TASK once, as far as its crops reach, and keep them for its runs.

    `hrbench run` then cuts the same crops from them, to the bit, without decoding anything. It
    says so, and reads the files again where they or the boxes have changed since.

    \b
    hrbench prepare coco-pose --data /datasets --size
    hrbench prepare coco-pose --data /datasets --out /scratch/prepared
    """
    if size_only and check:
        raise click.UsageError("--check reads what --size does not write; leave one of them out")
    from hrbench.begun.options import Options  # noqa: PLC0415
    from hrbench.commands import prepare as preparing  # noqa: PLC0415  torch takes seconds

    options = Options(device="cpu", **flags)
    if check:
        sets = preparing.check(task, options, parts, out=out)
    else:
        sets = preparing.prepare(task, options, parts, out=out, size_only=size_only)
    if json_:
        answer({"task": task, "sets": [one.content() for one in sets]})
        return
    for one in sets:
        click.echo(f"{one.text()}{', as its checksums say' if check else ''}")
