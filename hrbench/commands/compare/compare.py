"""Runs beside each other on the images that they share, from what they have kept."""

from collections.abc import Sequence
from pathlib import Path

from hrbench.errors import RunError
from hrbench.metrics.bootstrap import REPLICATES
from hrbench.report import archive, outcomes, runs
from hrbench.report.comparing import LETTERS, compare
from hrbench.report.comparison import Comparison
from hrbench.report.measured_alike import hopeless, unlike
from hrbench.report.unpacking import shown


def compared(
    names: Sequence[str],
    *,
    force: bool = False,
    only: str | None = None,
    replicates: int = REPLICATES,
) -> Comparison:
    """Compare runs on the images that all of them were measured on.

    Args:
        names: RUNs, the first of which the others are set against.
        force: go on where they were not measured alike.
        only: a figure, or a group of them.
        replicates: how many samples are drawn anew.

    Raises:
        RunError: a name stands for no run, or the runs cannot be compared.
        UnknownNameError: there is no such figure.
    """
    folders = [archive.find(name) for name in names]
    _require_distinct(folders)
    records = [runs.read(folder) for folder in folders]
    called = " and ".join(record.id[:8] for record in records)
    if why := hopeless(records):
        raise RunError(f"{called} have nothing in common to compare: {why}")
    kept = [outcomes.read(folder, record) for folder, record in zip(folders, records, strict=True)]
    apart = unlike(records, kept)
    if apart and not force:
        raise RunError(
            f"{called} were not measured alike: {', '.join(apart)}. Measure them alike, or compare "
            f"what they have in common with --force."
        )
    given = [(r, str(f), k) for r, f, k in zip(records, folders, kept, strict=True)]
    return compare(given, unlike=apart, only=only, replicates=replicates)


def _require_distinct(folders: Sequence[Path]) -> None:
    if len(folders) > len(LETTERS):
        raise RunError(f"{len(folders)} runs: {len(LETTERS)} at most are compared at a time")
    twice = next((folder for folder in folders if folders.count(folder) > 1), None)
    if twice is not None:
        raise RunError(f"{shown(twice)} is named twice; name another run to compare it with")
