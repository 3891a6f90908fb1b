"""Whether runs were measured alike, so that figures differ for the networks' sake."""

from collections.abc import Sequence

import numpy as np

from hrbench.metrics.outcomes import Outcomes
from hrbench.report.protocols import between
from hrbench.report.record import RunRecord

OF_NETWORKS = frozenset({"lifter", "frames"})  # that are compared, and no choice of the protocol
HASH = 8  # characters of one that are shown


def unlike(records: Sequence[RunRecord], outcomes: Sequence[Outcomes]) -> list[str]:
    """Return in words what of the others' protocols and samples is not as the first run has it."""
    return list(
        dict.fromkeys(
            words
            for record, own in zip(records[1:], outcomes[1:], strict=True)
            for words in (
                *_protocol(records[0], record),
                *_sample(records[0], record, outcomes[0], own),
            )
        )
    )


def hopeless(records: Sequence[RunRecord]) -> str:
    """Return in words why nothing of the runs can be compared in any case; nothing if it can."""
    first, *others = records
    for other in others:
        names = [(one.dataset.name, str(one.protocol["metric"])) for one in (first, other)]
        for (mine, theirs), what in zip(zip(*names, strict=True), ("data", "metric"), strict=True):
            if mine != theirs:
                return f"{what} {mine} and {theirs}"
    return ""


def _protocol(first: RunRecord, other: RunRecord) -> list[str]:
    said = between(first, other).differences
    return [f"{one.name} {one.ours} and {one.theirs}" for one in said if one.key not in OF_NETWORKS]


def _sample(first: RunRecord, other: RunRecord, units: Outcomes, others: Outcomes) -> list[str]:
    mine, theirs = first.dataset.fingerprint, other.dataset.fingerprint
    said = []
    if mine != theirs:
        said.append(f"annotation files {mine[:HASH]} and {theirs[:HASH]}")
    if not np.array_equal(units.units, others.units):
        said.append(f"other {units.unit}s: {len(units.units)} and {len(others.units)}")
    return said
