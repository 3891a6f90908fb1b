"""The command that times this machine: bench."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

import json
from pathlib import Path

import click

from hrbench.cli.root import FILE, answer, as_json, main, terminal
from hrbench.report import output as output_files


@main.command()
@click.option(
    "--gpu", is_flag=True, help="What a CUDA card is for, in four minutes at most, and no more."
)
@click.option(
    "--peer",
    type=FILE,
    metavar="DIR",
    help="A checkout of deep-high-resolution-net.pytorch, to be timed itself [default: its plain "
    "equivalent, which comes with hrbench].",
)
@click.option(
    "--only", multiple=True, metavar="NAME", help="This section, as feed or decoding; repeatable."
)
@click.option("-o", "--output", type=FILE, help="Write JSON to this file, after each section.")
@click.option("--force", is_flag=True, help="With -o: replace the file.")
@as_json
def bench(
    gpu: bool,
    peer: str | None,
    only: tuple[str, ...],
    output: str | None,
    force: bool,
    json_: bool,
) -> None:
    """Time each stage of a run beside the official code, both in turn and with one result.

    The ratio is above 1 where hrbench is ahead. Sections are processes of their own, each with a
    time limit: what fails, or is not done in time, is said, and the next begins. Figures are
    printed on stderr as they come, the table of all at the end. Other programs should rest.

    \b
    hrbench bench
    hrbench bench --only decoding --only feed -o speed.json
    hrbench bench --gpu --peer deep-high-resolution-net.pytorch
    """
    from hrbench.commands.bench import bench as benching  # noqa: PLC0415  torch takes seconds
    from hrbench.commands.bench.sections import chosen  # noqa: PLC0415
    from hrbench.commands.bench.text import text  # noqa: PLC0415

    sections = chosen(only, card=gpu)
    each = benching.bench(sections, peer, lambda line: click.echo(line, err=True), card=gpu)
    if output is not None:
        output_files.require_free(Path(output), force=force)
    for found in each:
        if output is not None:
            output_files.write(Path(output), json.dumps(found.content(), indent=2))
    if json_:
        answer(found.content())
        return
    width, colour = terminal()
    click.echo(text(found, width, colour=colour))
