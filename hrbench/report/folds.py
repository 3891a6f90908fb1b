"""The folds of a cross-validation, as their records tell them."""

from collections.abc import Sequence
from typing import Any

from hrbench.report.record import Counts, Division, RunRecord

TRAINED_ON, MEASURED = "training", "validation"  # the parts that a fold is made of
OF_A_FOLD = frozenset({"fold", "images", "groups", "fingerprint", "n", "left_out"})
WORDS = (
    "folds: the mean over them, with a 95 % interval by the corrected resampled t (Nadeau and "
    "Bengio 2003), docs/splits.md"
)


def folds_of(record: RunRecord) -> int | None:
    """Return how many folds the cross-validation has that a run is one of; None of no fold."""
    return None if record.division is None else record.division.folds


def fold_of(record: RunRecord) -> int | None:
    """Return the number of a run's fold; None of no fold."""
    return None if record.division is None else record.division.fold


def division_words(division: Division) -> str:
    """Return in words how a run's images were divided, and how many of them were where."""
    fold = "" if division.fold is None else f", fold {division.fold} of {division.folds}"
    strata = f", stratified by {division.stratify}" if division.stratify else ""
    parts = (
        f"{part} {count} images in {division.groups[part]} groups"
        for part, count in division.images.items()
    )
    return f"by {division.by}{strata}, seed {division.seed}{fold}: {', '.join(parts)}"


def ratio(runs: Sequence[RunRecord]) -> float:
    """Return how many images some folds measure for each that they train on."""
    counts = [run.division.images for run in runs if run.division is not None]
    return sum(one[MEASURED] for one in counts) / sum(one[TRAINED_ON] for one in counts)


def counted(runs: Sequence[RunRecord]) -> Counts:
    """Return how many samples several folds have, which have none in common."""
    numbers = {
        key: [value for run in runs if (value := getattr(run.n, key)) is not None]
        for key in Counts.model_fields
    }
    return Counts(**{key: sum(values) for key, values in numbers.items() if values})


def shared(content: dict[str, Any]) -> dict[str, Any]:
    """Return what the record of a fold says that those of the others say too."""
    rule = {k: v for k, v in content["division"].items() if k not in OF_A_FOLD}
    return {**{k: v for k, v in content.items() if k not in OF_A_FOLD}, "division": rule}
