"""What is wrong with a file, in words; whether a run stops at it, and what a user lets pass."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hrbench.errors import DataError

EXAMPLES = 3
CHECK = "`hrbench check` lists all faults of a dataset"


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault in a file, with how many there are and the ids of a few."""

    kind: str
    count: int
    examples: tuple[str, ...]
    fatal: bool  # nothing can be trained or scored with it
    name: str = ""  # what `--allow` takes to go on all the same; empty: nothing can be made of it
    said: bool = False  # a run goes on with it, or with what was put right, and its record says so

    def __str__(self) -> str:
        """Return it in one line."""
        if not self.examples:
            return self.kind  # a sentence of its own
        return f"{self.kind}: {self.count} ({', '.join(self.examples)}{', …' * self.more})"

    @property
    def more(self) -> bool:
        """Whether there are more than the examples."""
        return self.count > len(self.examples)


def fault_of(
    kind: str, examples: Sequence[str], *, fatal: bool = True, name: str = ""
) -> list[Fault]:
    """Return the fault that all of `examples` have; nothing where there are none."""
    if not examples:
        return []
    return [Fault(kind, len(examples), tuple(examples[:EXAMPLES]), fatal, name)]


def stated(words: str, name: str = "") -> Fault:
    """Return a fatal fault that a sentence says, without examples."""
    return Fault(words, 1, (), fatal=True, name=name)


def said_of(kind: str, examples: Sequence[str]) -> list[Fault]:
    """Return what a run says of all of `examples`, and goes on; nothing where there are none."""
    return [replace(one, said=True) for one in fault_of(kind, examples, fatal=False)]


def let_pass(faults: Sequence[Fault], allow: Sequence[str]) -> list[Fault]:
    """Return the faults, those that a user allows by their names no longer fatal."""
    named = {name for name in allow if name}
    return [replace(one, fatal=one.fatal and one.name not in named) for one in faults]


def stop_at_fatal(
    path: Path, faults: Sequence[Fault], allow: Sequence[str] = (), advice: str = CHECK
) -> tuple[str, ...]:
    """Stop at the first fatal fault of a file; return in words those allowed, or to be said.

    Raises:
        DataError: there is a fatal fault that nobody allowed.
    """
    for one in let_pass(faults, allow):
        if one.fatal:
            onward = f"`--allow {one.name}` goes on all the same, and " if one.name else ""
            raise DataError(f"{path}: {one}; {onward}{advice}")
    met = [one for one in faults if one.fatal or one.said]
    return tuple(f"{path.name}: {one}{f' (--allow {one.name})' * one.fatal}" for one in met)
