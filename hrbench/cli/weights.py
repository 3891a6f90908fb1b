"""Commands on files of weights: weights fetch, weights inspect, weights convert."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

from pathlib import Path

import click

from hrbench.cli.completion import A_TASK
from hrbench.cli.root import FILE, answer, as_json, main, terminal


@main.group()
def weights() -> None:
    """Fetch checkpoints by name, look into any published layout, convert; all take --json.

    \b
    hrbench weights fetch timm:hrnet_w32.ms_in1k
    hrbench weights inspect pose_hrnet_w32_256x192.pth --task coco-pose@w32-256x192
    hrbench weights convert pose_hrnet_w32_256x192.pth -o w32.safetensors
    """


@weights.command()
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@as_json
def fetch(names: tuple[str, ...], json_: bool) -> None:
    """Fetch weights: timm:NAME, hf:ORG/REPO/FILE, or a published file of `hrbench list weights`.

    Such a NAME may stand wherever a file of weights may: it is fetched once, and checked by its
    hash at each use. Plain addresses are kept in the user's cache, or in $HRBENCH_CACHE; those of
    the hub in its own ($HF_HOME). With HRBENCH_OFFLINE=1 nothing is fetched.

    \b
    hrbench weights fetch timm:hrnet_w32.ms_in1k
    hrbench weights fetch hf:timm/resnet50.a1_in1k/model.safetensors
    hrbench run coco-pose@w32-256x192 --data data --init timm:hrnet_w32.ms_in1k
    """
    from hrbench.commands.weights import fetch as fetching  # noqa: PLC0415

    done = fetching.fetch(names)
    if json_:
        answer(done.content())
    else:
        click.echo(done.text())


@weights.command()
@click.argument("file", type=FILE)
@click.option(
    "--task",
    metavar="TASK[@VARIANT]",
    shell_complete=A_TASK,
    help="Compare with this task's network.",
)
@as_json
def inspect(file: str, task: str | None, json_: bool) -> None:
    """Say what network FILE, a RUN or a name is of: layout, width, outputs, colours, fit.

    Nothing in the file is run.

    \b
    hrbench weights inspect hrnetv2_w18_imagenet_pretrained.pth --task 300w
    """
    from hrbench.commands.weights.inspect import inspect as look_into  # noqa: PLC0415

    inspection = look_into(file, task)
    if json_:
        answer(inspection.content())
        return
    width, colour = terminal()
    click.echo(inspection.text(width, colour=colour))


@weights.command()
@click.argument("file", type=FILE)
@click.option(
    "-o", "--output", type=FILE, required=True, help="Ends in .safetensors, or .pth for torch.load."
)
@click.option(
    "--names",
    type=click.Choice(["hrbench", "official", "mmpose"]),
    default="hrbench",
    help="What tensors are called: as here, in the official repositories, or in mmpose.",
)
@click.option("--part", default="", help="Which network, where FILE holds several (ema, say).")
@click.option("--force", is_flag=True, help="Replace the output if it is there.")
@as_json
def convert(file: str, output: str, names: str, part: str, force: bool, json_: bool) -> None:
    """Write the tensors of FILE again, in another format or under other names.

    \b
    hrbench weights convert results/runs/coco-pose/RUN/checkpoints/best.pt -o mine.safetensors
    """
    from hrbench.commands.weights.convert import convert as write  # noqa: PLC0415

    done = write(file, Path(output), names, part=part, force=force)
    if json_:
        facts = {"layout": done.layout, "names": names, "tensors": len(done.tensors)}
        answer({"file": file, "output": output, **facts, "changes": done.changes})
        return
    click.echo(f"{output}: {len(done.tensors)} tensors of {file} ({done.layout} layout)")
    for words in done.changes:
        click.echo(words)
