"""The command that puts runs into one file: bundle."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

from pathlib import Path

import click

from hrbench.cli.completion import RUN
from hrbench.cli.root import FILE, answer, as_json, main


@main.command()
@click.argument("names", metavar="RUN...", nargs=-1, required=True, type=FILE, shell_complete=RUN)
@click.option(
    "-o", "--output", type=FILE, default="results.zip", help="Write to this file, a new one."
)
@click.option("--force", is_flag=True, help="Replace the file.")
@click.option("--weights", is_flag=True, help="With the checkpoints, which are large.")
@click.option("--pictures", is_flag=True, help="With pictures, which show images of the dataset.")
@as_json
def bundle(
    names: tuple[str, ...], output: str, force: bool, weights: bool, pictures: bool, json_: bool
) -> None:
    """Put each RUN into one archive: records, specs, predictions, outcomes, logs, curves.

    `report`, `compare` and `verify` take it where they take a RUN, also where the images are not.
    It has the SHA-256 of each file; one that was tampered with is refused.

    \b
    hrbench bundle latest -o results.zip
    hrbench report results.zip
    """
    from hrbench.commands import bundle as bundling  # noqa: PLC0415  pydantic takes its time

    done = bundling.bundle(names, Path(output), weights=weights, pictures=pictures, force=force)
    if json_:
        answer({"archive": str(done.path), "runs": done.runs, "files": done.files})
        return
    click.echo(f"{done.path}: {done.runs} run{'s' * (done.runs != 1)}, {done.files} files")
