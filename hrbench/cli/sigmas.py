"""The command that estimates the sigmas of keypoints: sigmas."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

from pathlib import Path

import click

from hrbench.cli.root import FILE, answer, as_json, main, terminal


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
    from hrbench.commands.sigmas import sigmas as estimated  # noqa: PLC0415

    estimate = estimated(Path(file))
    if json_:
        answer(estimate.content())
        return
    width, colour = terminal()
    click.echo(estimate.text(width, colour=colour))
