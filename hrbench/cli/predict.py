"""A network put to work on one's own pictures: predict."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

from typing import Any

import click

from hrbench.cli.completion import A_TASK, RUN, several
from hrbench.cli.root import DEVICE, FILE, allowing, answer, as_json, computing, main, setting

MARKS = ("boxes", "ids", "scores")


@main.command()
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True, type=FILE)
@click.option(
    "--task",
    metavar="TASK[@VARIANT]",
    shell_complete=A_TASK,
    help="What is looked for [default: what the weights' run was trained for].",
)
@click.option(
    "--weights",
    required=True,
    type=FILE,
    shell_complete=RUN,
    help="A RUN, a file, or a name (weights fetch).",
)
@click.option("-o", "--output", type=FILE, help="A new folder [default: predictions, or -2, …].")
@click.option(
    "--boxes",
    help="Where boxes come from: whole (pictures), detector (of persons, torchvision's), or a file "
    "in COCO's format [default: detector where its weights have been fetched, else whole].",
)
@click.option(
    "--box-threshold",
    type=click.FloatRange(0, 1),
    default=0.3,
    help="Boxes of a lower score are left out.",
)
@click.option(
    "--box-category",
    metavar="NAME",
    help="Whose boxes of the file count [default: person or face, as the task has it].",
)
@click.option("--detector", type=FILE, help="Weights of the detector, where it cannot fetch them.")
@click.option(
    "--recursive/--no-recursive", default=True, help="Read the sub-folders of folders as well."
)
@click.option("--strict", is_flag=True, help="Stop at a file that cannot be read; write nothing.")
@click.option("--tta/--no-tta", default=None, help="Mirrored crops; ten crops.")
@setting
@click.option("--batch", type=click.IntRange(min=1), default=32, help="Boxes at once.")
@click.option("--device", default="auto", help=DEVICE)
@click.option(
    "--precision",
    type=click.Choice(["auto", "fp32", "tf32", "bf16"]),
    default="auto",
    help="auto: fp32; tf32 is of cards.",
)
@computing
@click.option("--tracks", is_flag=True, help="Number the persons of videos: hrbench[tracks].")
@click.option("--smooth", is_flag=True, help="Less jitter along tracks, by the one-euro filter.")
@click.option(
    "--smooth-cutoff",
    type=click.FloatRange(0, min_open=True),
    metavar="HZ",
    help="The lower, the smoother is what stands still [default: 1].",
)
@click.option(
    "--smooth-beta",
    type=click.FloatRange(0),
    metavar="HZ",
    help="Added for each box size a second: the higher, the less lags what moves [default: 15].",
)
@click.option("--drawn/--no-drawn", "draw", default=True, help="Write drawn pictures and videos.")
@click.option(
    "--draw",
    "marks",
    metavar="MARKS",
    shell_complete=several(*MARKS),
    help="Draw besides: boxes,ids,scores, or some.",
)
@allowing
@as_json
def predict(sources: tuple[str, ...], task: str | None, json_: bool, **flags: Any) -> None:
    """Find what TASK finds in images, folders, patterns of files, and videos.

    Writes keypoints (COCO's results as JSON, and CSV) or the five likeliest classes, and the
    pictures with them drawn: left in orange, right in blue. For h36m-lift a SOURCE is a folder
    that predict has written, whose keypoints are lifted. Files that cannot be read are skipped.

    \b
    hrbench predict photos/ match.mp4 --weights RUN --boxes detector
    hrbench predict photos/ --task coco-pose --weights best.pt --boxes people.json
    hrbench predict match.mp4 --weights RUN --boxes detector --tracks --smooth --draw ids
    """
    from hrbench.begun.options import Options  # noqa: PLC0415
    from hrbench.commands.predict import predict as predicting  # noqa: PLC0415  torch takes seconds
    from hrbench.commands.predict.following import Follow  # noqa: PLC0415

    keys = ("weights", "tta", "overrides", "allow", "device", "precision", "compile", "eager")
    options = Options(**{key: flags.pop(key) for key in keys})
    ways = ("tracks", "smooth", "smooth_cutoff", "smooth_beta")
    follow = Follow(**{key: flags.pop(key) for key in ways})
    done = predicting.predict(predicting.Asked(task, sources, options, follow=follow, **flags))
    if not json_:
        click.echo(done.text())
    predicting.say(done)
    if json_:
        answer(done.content())
