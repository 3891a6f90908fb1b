"""The scripts of `benchmarks/` that are run, each with its arguments and its time."""

from dataclasses import dataclass

from hrbench.errors import UnknownNameError

BUDGET = 225.0  # seconds of all sections on a card, of the 240 that all of it may take

CARD, SHORT = ("--device", "cuda"), ("--rounds", "2")


@dataclass(frozen=True, slots=True)
class Section:
    """A script as it is called, under a name that `--only` takes."""

    name: str
    script: str
    seconds: float  # that it may take; on a card its share of the budget
    arguments: tuple[str, ...] = ()


ON_CPU = (
    Section("feed", "feed.py", 240),
    Section("prepared", "prepared.py", 240),
    Section("targets", "targets.py", 60),
    Section("decoding", "decoding.py", 120),
    Section("memory", "memory.py", 400),
    Section("inference", "inference.py", 240),
    Section("evaluation", "evaluation.py", 400),
    Section("training-step", "training_step.py", 240),
    Section("scoring", "scoring.py", 240),
    Section("scoring-others", "scoring_others.py", 240),
    Section("world", "world.py", 240),
)
EVALUATED = ("--images", "100", "--boxes", "20", "--workers", "8")
ON_CARD = (
    Section("training-step-128", "training_step.py", 55, (*CARD, "--batch", "128", *SHORT)),
    Section("training-step-32", "training_step.py", 32, (*CARD, "--batch", "32", *SHORT)),
    Section("training", "training.py", 45, CARD),
    Section("inference-128", "inference.py", 20, (*CARD, "--batch", "128", "--rounds", "8")),
    Section("evaluation", "evaluation.py", 45, (*CARD, *EVALUATED)),
    Section("decoding", "decoding.py", 13, CARD),
    Section("copies", "copies.py", 10),
    Section("inference-512", "inference.py", 20, (*CARD, "--batch", "512", "--rounds", "3")),
)


def chosen(names: tuple[str, ...], *, card: bool) -> tuple[Section, ...]:
    """Return the sections of these names, all of them where none is named, in their order.

    Raises:
        UnknownNameError: none is called so.
    """
    known = {section.name: section for section in (ON_CARD if card else ON_CPU)}
    for name in names:
        if name not in known:
            raise UnknownNameError("section", name, known)
    return tuple(known[name] for name in known if name in (names or known))
