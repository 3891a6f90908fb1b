"""The command that trains, measures and records: run."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from hrbench.cli.completion import RUN, TASK_OR_RUN
from hrbench.cli.root import (
    DATA,
    DEVICE,
    FILE,
    RUNS,
    allowing,
    answer,
    as_json,
    computing,
    leave,
    main,
    print_record,
    setting,
    terminal,
)
from hrbench.report import run_folders

# Without a training too; a loss goes with the network's activation.
OBEYED = ("recipe.precision", "recipe.initial", "recipe.loss")
LARGEST_SEED = 2**63 - 1  # that torch takes
# Of a run that goes on: where its files are now, by which path it is computed from now on, and what
# of its data an older version did not look for.
GOING_ON = frozenset({"data", "out", "compile", "eager", "allow"})
AUTO = "auto"  # for a RUN to go on with


@main.command()
@click.argument("task", required=False, shell_complete=TASK_OR_RUN)
@click.option("--data", type=FILE, help=DATA)
@click.option(
    "--weights",
    type=FILE,
    shell_complete=RUN,
    help="Evaluate this file, RUN or name (weights fetch); no training.",
)
@click.option(
    "--init",
    type=FILE,
    shell_complete=RUN,
    help="Start training from this file, RUN or name (weights fetch).",
)
@click.option(
    "--allow-partial", is_flag=True, help="Let weights leave a part of the backbone random."
)
@click.option("--split", help="Another split than the protocol's.")
@click.option("--boxes", help="Where person boxes come from: gt, det, or a detections file.")
@click.option("--keypoints", help="What is lifted: gt, detections (a name or a file), or a RUN.")
@click.option("--tta/--no-tta", default=None, help="Mirrored crops or sequences; ten crops.")
@setting
@click.option(
    "--limit", type=click.IntRange(min=1), help="Look at the first N only: images or sequences."
)
@click.option("--epochs", type=click.IntRange(min=1), help="Epochs to train.")
@click.option(
    "--seed", type=click.IntRange(0, LARGEST_SEED), default=0, help="Of weights and samples."
)
@click.option(
    "--seeds",
    type=click.IntRange(min=2),
    metavar="N",
    help="Run N times: with --seed, and the seeds after it.",
)
@click.option(
    "--folds",
    type=click.IntRange(min=2),
    metavar="N",
    help="Cross-validation: run N times, each of N parts of your images validating once.",
)
@click.option("--device", default="auto", help=DEVICE)
@click.option(
    "--precision",
    type=click.Choice(["auto", "fp32", "tf32", "bf16"]),
    default="auto",
    help="auto: bf16 to train on CUDA, fp32 otherwise; tf32 is of cards.",
)
@computing
@click.option("--workers", type=click.IntRange(min=0), help="Processes that read images.")
@click.option("--keep-peaks", is_flag=True, help="Keep heatmap peaks, for score --decoder.")
@click.option(
    "--pictures",
    type=click.IntRange(min=0),
    help="How many on the sheets of training crops and of the worst cases [default: 24 on a "
    "terminal]; 0: no pictures of single cases either.",
)
@click.option(
    "--track",
    type=click.Choice(["tensorboard", "mlflow"]),
    multiple=True,
    help="Curves, figures and pictures for this program too; repeatable.",
)
@click.option("--out", type=FILE, default=RUNS, help="Folder for the runs.")
@click.option(
    "--resume",
    type=FILE,
    shell_complete=RUN,
    metavar="RUN|auto",
    help="Go on where this run stopped; auto: where one of this command did, else begin one.",
)
@allowing
@as_json
def run(
    task: str | None,
    resume: str | None,
    seeds: int | None,
    folds: int | None,
    json_: bool,
    **flags: Any,
) -> None:
    """Run the benchmark TASK: NAME, NAME@VARIANT, a TOML file of your own, or a RUN to repeat.

    Trains (unless --weights), predicts, scores, records, and prints the figures beside the
    published ones.

    \b
    hrbench run coco-pose
    hrbench run coco-pose@w32-256x192 --data /datasets --weights pose_hrnet_w32.pth --boxes gt
    hrbench run coco-pose --seeds 5
    hrbench run mice/task.toml --folds 5
    hrbench run --resume latest
    hrbench run coco-pose --resume auto
    """
    auto = resume == AUTO
    if task is None and (resume is None or auto):
        raise click.UsageError("name a TASK (see `hrbench list`), or --resume RUN")
    if auto and (seeds or folds):
        raise click.UsageError("--resume auto goes on with one run; leave out --seeds and --folds")
    typed = _typed({**flags, "seeds": seeds, "folds": folds})
    if seeds and folds:
        raise click.UsageError("--seeds and --folds each run several times; name one of them")
    if resume is not None and not auto and (unfit := _spelled(typed - GOING_ON)):
        raise click.UsageError(f"--resume takes the options of the run; leave out {unfit}")
    if flags["weights"] and flags["init"]:
        raise click.UsageError("--weights evaluates, --init starts a training; name one of them")
    if resume is not None and not auto:
        from hrbench.commands import run as running  # noqa: PLC0415  torch takes seconds

        folder, data = run_folders.find(resume, Path(flags["out"])), flags["data"]
        ways = {"compiles": flags["compile"], "eager": flags["eager"]}
        done = [running.resume(folder, task, data, allow=flags["allow"], **ways)]
    else:
        done = _begun(str(task), flags, typed, seeds, folds, auto=auto)
    ended = [one for one in done if one is not None]
    if not ended:  # another process prints
        leave()
    if seeds is None and folds is None:
        print_record(*ended[0], json_=json_)
    else:
        _print_several(ended, json_=json_)


def _begun(
    task: str,
    flags: Mapping[str, Any],
    typed: set[str],
    seeds: int | None,
    folds: int | None,
    *,
    auto: bool,
) -> list[Any]:
    """Run a task, once or several times; return what each has come to, as `run` gives it."""
    from hrbench.begun.options import Options  # noqa: PLC0415
    from hrbench.commands import run as running  # noqa: PLC0415  torch takes seconds

    name, options = running.repeated(task, Options(**flags), typed)
    if options.weights and (idle := _of_training({**flags, "folds": folds}, seeds)):
        raise click.UsageError(f"--weights evaluates and trains nothing; leave out {idle}")
    if options.seed + (seeds or 1) - 1 > LARGEST_SEED:
        raise click.UsageError(f"--seeds {seeds}: the last would be above {LARGEST_SEED}")
    if folds:
        return list(running.folds(name, options, folds))
    once = running.begun_or_new if auto else running.run
    return list(running.seeds(name, options, seeds) if seeds else [once(name, options)])


def _print_several(ended: Sequence[tuple[Any, Path]], *, json_: bool) -> None:
    """Print what runs that differ in their seed or fold have come to, each and together."""
    from hrbench.report import seeds  # noqa: PLC0415
    from hrbench.report.repeats import Repeats  # noqa: PLC0415

    if json_:
        runs = [{"run": str(folder), "record": record.content()} for record, folder in ended]
        answer({"runs": runs, "metrics": Repeats(tuple(record for record, _ in ended)).spreads()})
        return
    width, colour = terminal()
    click.echo(seeds.summary(ended, width, colour=colour))


def _of_training(flags: Mapping[str, Any], seeds: int | None) -> str:
    """Return which of the flags only a training obeys, as they are written."""
    keys = [text for text in flags["overrides"] if text.startswith(("recipe.", "augment."))]
    idle = [f"--set {text}" for text in keys if not text.startswith(OBEYED)]
    several = (("epochs", flags["epochs"]), ("seeds", seeds), ("folds", flags["folds"]))
    named = [f"--{key}" for key, value in several if value]
    return ", ".join(named + idle)


def _typed(flags: Iterable[str]) -> set[str]:
    """Return which of these parameters stand on the command line."""
    context, typed = click.get_current_context(), click.core.ParameterSource.COMMANDLINE
    return {key for key in flags if context.get_parameter_source(key) is typed}


def _spelled(names: Iterable[str]) -> str:
    """Return parameters as they are written on the command line."""
    command = click.get_current_context().command
    return ", ".join(p.opts[0] for p in command.params if p.name in names)
