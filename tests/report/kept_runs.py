"""Runs of a classification task as their folders keep them, without a network."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from report.records import of_task

from hrbench.metrics.topk import ClassOutcomes, class_outcomes
from hrbench.report import outcomes
from hrbench.report.record import RunRecord

CLASSES = ("ant", "bee", "cat", "dog", "elk", "fox")


def shared(seed: int = 0, count: int = 300) -> tuple[Any, Any]:
    """How hard each picture is, for all runs, and a generator for what each does of its own."""
    generator = np.random.default_rng(seed)
    return generator.random(count), generator


def answered(share: float, hard: Any, generator: Any) -> ClassOutcomes:
    """A run that has about a share of the pictures right, of each class alike."""
    truth = np.arange(len(hard)) % len(CLASSES)
    right = 0.7 * hard + 0.3 * generator.random(len(hard)) < share
    answers = (truth[:, None] + np.arange(5) + ~right[:, None]) % len(CLASSES)
    return class_outcomes(truth, answers, CLASSES)


def of(outcomes: ClassOutcomes, seed: int = 0, **replaced: Any) -> RunRecord:
    """The record of a run that has these outcomes."""
    figures = outcomes.once()
    record = of_task("imagenet", {name: figures[name] for name in ("top-1", "top-5")})
    groups = {"class": {name: figures[f"class/{name}"] for name in CLASSES}}
    facts = {"groups": groups, "seed": seed, "id": "", "seal": ""}
    return record.model_copy(update=facts | replaced).sealed()


def kept(folder: Path, shares: tuple[float, ...] = (0.5, 0.6), **replaced: Any) -> list[Path]:
    """Write the folders of runs; what is `replaced` is so in the last record."""
    hard, generator = shared()
    places = []
    for seed, share in enumerate(shares):
        own = answered(share, hard, generator)
        record = of(own, seed, **(replaced if seed == len(shares) - 1 else {}))
        started = datetime(2026, 1, 2 + seed, tzinfo=UTC)
        record = record.model_copy(update={"started": started, "id": "", "seal": ""}).sealed()
        place = folder / record.task / f"{started:%Y%m%dT%H%M%SZ}-{record.id[:8]}"
        place.mkdir(parents=True)
        outcomes.write(place, own)
        record.write(place)
        places.append(place)
    return places
