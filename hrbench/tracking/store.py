"""What a store of runs is told, whatever program it is of."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from hrbench.errors import HrbenchError

Value = bool | int | float | str


class TrackingError(HrbenchError):
    """A store cannot be opened, or takes nothing more."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """A run, as stores are told of it."""

    id: str
    task: str
    folder: Path
    parameters: Mapping[str, Value]  # by dotted keys

    @property
    def name(self) -> str:
        """What it is called: as its folder."""
        return self.folder.name


class Store(ABC):
    """What one program keeps of one run; made for one that it has, it goes on with that.

    Raises:
        TrackingError: it cannot be opened; by each method: it takes nothing more.
    """

    library: ClassVar[str]  # that has to be installed
    look: str  # the command that shows it

    @abstractmethod
    def __init__(self, run: Tracked) -> None: ...

    @abstractmethod
    def goes_on(self, step: int) -> None:
        """Forget what was told of later steps: the training goes on from this one."""

    @abstractmethod
    def figures(self, values: Mapping[str, float], step: int) -> None:
        """Take numbers of a step by their names."""

    @abstractmethod
    def picture(self, path: Path, step: int) -> None:
        """Take a picture, as it is after so many steps."""

    @abstractmethod
    def files(self, paths: Sequence[Path], step: int) -> None:
        """Take files of text."""

    @abstractmethod
    def close(self, error: type[BaseException] | None) -> None:
        """Write all that is left; say how the run ended."""


@contextmanager
def told_by(name: str, kinds: tuple[type[Exception], ...] = (OSError,)) -> Iterator[None]:
    """Turn what a library raises into a sentence.

    Raises:
        TrackingError: it has raised one of the kinds.
    """
    try:
        yield
    except kinds as error:
        words = " ".join(str(error).split()) or type(error).__name__
        raise TrackingError(f"--track {name}: {words}") from error


def plain(value: Any) -> Value:
    """Return a value of a spec as stores take it: lists in words."""
    return value if isinstance(value, bool | int | float | str) else str(value)
