"""Durations as Slurm writes them."""

import re

FORMS = (  # the ways of sbatch's --time, each with the minutes that its numbers stand for
    (re.compile(r"(\d+)"), (1,)),
    (re.compile(r"(\d+):(\d\d)"), (1, 1 / 60)),
    (re.compile(r"(\d+):(\d\d):(\d\d)"), (60, 1, 1 / 60)),
    (re.compile(r"(\d+)-(\d+)"), (1440, 60)),
    (re.compile(r"(\d+)-(\d+):(\d\d)"), (1440, 60, 1)),
    (re.compile(r"(\d+)-(\d+):(\d\d):(\d\d)"), (1440, 60, 1, 1 / 60)),
)


def minutes(time: str | int) -> int:
    """Return a duration in whole minutes, at least one.

    Raises:
        ValueError: it is written in none of Slurm's ways.
    """
    for form, lengths in FORMS:
        if found := form.fullmatch(str(time).strip()):
            parts = zip(found.groups(), lengths, strict=True)
            return max(1, round(sum(int(number) * length for number, length in parts)))
    raise ValueError(f"write minutes, or 'D-HH:MM:SS' as Slurm has it, not {time!r}")
