"""What a user is told that is not the result."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from hrbench.begun.options import Options
from hrbench.data.sample import in_words

PICTURES = 24  # on a sheet, where nobody says how many


def tell(message: str) -> None:
    """Say something to the user that is not the result."""
    sys.stderr.write(message + "\n")
    sys.stderr.flush()


def tell_once(message: str) -> None:
    """Say what each of torchrun's processes finds before they have met; the first says it."""
    if os.environ.get("RANK", "0") == "0":
        tell(message)


def compiling(batch: int | None = None) -> str:
    """Return what is said before a network is compiled to predict, for batches of a user's size."""
    words = (
        "A network of images is compiled at its first full batch (--compile): an HRNet in a minute."
    )
    return words if batch is None else f"{words} Batches smaller than {batch} are not compiled."


def tell_left_out(step: str, counts: Mapping[str, int]) -> None:
    """Say what of the files a step goes without, and why; nothing where it has all."""
    if counts:
        tell(f"left out of {step}: {in_words(counts)}")


def look_at(picture: Path | None) -> None:
    """Name a picture that was drawn for the user, if one was."""
    if picture is not None:
        tell(f"look at: {picture}")


def pictures(options: Options) -> int:
    """Return how many pictures are drawn on a sheet; where nobody says, some where one looks."""
    if options.pictures is not None:
        return options.pictures
    return PICTURES if options.track or sys.stderr.isatty() else 0
