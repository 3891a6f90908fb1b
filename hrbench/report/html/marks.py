"""Short marks: what keeps a run from passing for the published recipe, how protocols agree."""

from collections.abc import Sequence

from hrbench.report.html.page import Chip, Tone
from hrbench.report.protocols import Agreement
from hrbench.report.record import RunRecord
from hrbench.report.table import mark_words

NAMED = 3  # keys of a mark, before one opens it
WHY = {
    "synthetic": "On data that hrbench made itself: comparable with nothing published.",
    "partial": "Of a part of the samples.",
    "modified": "The recipe or the protocol is not the one that comes with hrbench.",
}


def chips(record: RunRecord) -> tuple[Chip, ...]:
    """Return the marks of a run."""
    return tuple(Chip(word, "plain", WHY.get(word, "")) for word in mark_words(record))


def of_protocol(protocol: Agreement) -> Chip:
    """Return the mark of a comparison, with the values that differ behind it."""
    if protocol.is_same:
        return Chip(protocol.mark, "same", "Every key of the protocol is known and equal.")
    tone: Tone = "differs" if protocol.differing else "unknown"
    sides = (("differs", protocol.differing), ("unknown", protocol.unknown))
    said = [f"{word}: {_first([key.name for key in keys])}" for word, keys in sides if keys]
    return Chip("; ".join(said), tone, protocol.words)


def _first(names: Sequence[str]) -> str:
    """Return some names, and how many there are besides."""
    left = len(names) - NAMED
    return ", ".join(names) if left <= 1 else f"{', '.join(names[:NAMED])} and {left} more"
