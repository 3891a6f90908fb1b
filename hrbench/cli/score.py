"""The command that computes figures again: score."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

from typing import Any

import click

from hrbench.cli.completion import RUN
from hrbench.cli.root import FILE, as_json, main, print_record
from hrbench.report import run_folders

RESULTS = "coco_results"
FILES = {"samples": "samples.csv", RESULTS: "coco_results.json"}  # in the run's folder


@main.command()
@click.argument("run", metavar="RUN", type=FILE, shell_complete=RUN)
@click.option("--data", type=FILE, help="Folder of the datasets, if it is elsewhere than then.")
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="A key of the protocol, as protocol.nms=soft; then nothing is written.",
)
@click.option("--decoder", help="quarter or dark, on the peaks that run --keep-peaks kept.")
@click.option("--official", is_flag=True, help="Compare with pycocotools' own figures.")
@click.option(
    "--samples", is_flag=True, help="Write the error of each sample [default: RUN/samples.csv]."
)
@click.option(
    "--coco-results",
    is_flag=True,
    help="Write the poses as COCO's results [default: RUN/coco_results.json].",
)
@click.option(
    "-o", "--output", type=FILE, help="A new file for one of these two; samples also as .jsonl."
)
@click.option("--force", is_flag=True, help="With -o: replace the file.")
@as_json
def score(
    run: str,
    overrides: tuple[str, ...],
    samples: bool,
    coco_results: bool,
    output: str | None,
    force: bool,
    json_: bool,
    **flags: Any,
) -> None:
    """Compute the figures of RUN again from its stored predictions, without the network.

    RUN is its folder or the folder's name, the beginning of its id, or "latest". With --samples or
    --coco-results it says where these are instead of the figures.

    \b
    hrbench score latest
    hrbench score 1a2b3c4d --set protocol.nms=none
    hrbench score latest --samples -o errors.jsonl
    """
    folder = run_folders.find(run)
    asked = [key for key, given in (("samples", samples), (RESULTS, coco_results)) if given]
    if output is not None:
        if len(asked) != 1:
            raise click.UsageError("-o is a file for --samples or for --coco-results")
    elif asked and (overrides or flags["decoder"]):
        raise click.UsageError("what is scored by another rule goes into a file of yours: -o FILE")
    files: dict[str, Any] = {key: output or str(folder / FILES[key]) for key in asked}
    flags["replaces"] = force or output is None
    from hrbench.commands import score as scoring  # noqa: PLC0415  torch takes seconds

    if asked and not json_:
        scoring.score(folder, overrides, **flags, **files, say=click.echo)
        return
    record = scoring.score(folder, overrides, **flags, **files)
    print_record(record, folder, json_=json_)
