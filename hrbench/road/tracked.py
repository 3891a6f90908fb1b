"""What stores of other programs are told of a run: its figures, pictures, and record."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from hrbench.begun.folder import State
from hrbench.engine.runtime import Runtime
from hrbench.report.record import RunRecord
from hrbench.report.run_folders import FILE, SPEC
from hrbench.road.telling import tell
from hrbench.spec import TaskSpec
from hrbench.spec.tables import dotted
from hrbench.tracking.registry import STORES
from hrbench.tracking.store import Store, Tracked, TrackingError, plain

FILES = (FILE, SPEC, "log.csv")
PICTURES = ("*.png", "*.jpg")  # of a run's folder


class Tracker:
    """Tells several stores what a run comes to; a context, so that its end is told too.

    A store that takes nothing more is named, and told nothing more: a training of days does not
    end because a server is away.
    """

    def __init__(self) -> None:
        self.stores: list[Store] = []
        self._step = 0
        self._shown: set[Path] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._each(lambda store: store.close(kind))

    def goes_on(self, step: int) -> None:
        """Say after how many steps the training goes on."""
        self._step = step
        self._each(lambda store: store.goes_on(step))

    def figures(self, values: Mapping[str, float], step: int) -> None:
        """Tell numbers of a step by their names."""
        self._step = step
        self._each(lambda store: store.figures(values, step))

    def picture(self, path: Path) -> None:
        """Show a picture."""
        self._shown.add(path)
        self._each(lambda store: store.picture(path, self._step))

    def ended(self, record: RunRecord, folder: Path) -> None:
        """Tell the figures of a record that has been written; hand over pictures and files."""
        if not self.stores:
            return
        self.figures(figures_of(record), self._step)
        for path in sorted(path for pattern in PICTURES for path in folder.glob(pattern)):
            if path not in self._shown:
                self.picture(path)
        files = [path for name in FILES if (path := folder / name).is_file()]
        self._each(lambda store: store.files(files, self._step))

    def _each(self, action: Callable[[Store], None]) -> None:
        for store in tuple(self.stores):
            try:
                action(store)
            except TrackingError as error:
                tell(f"{error}; the run goes on without it")
                self.stores.remove(store)


@contextmanager
def tracked(spec: TaskSpec, folder: Path, state: State, runtime: Runtime) -> Iterator[Tracker]:
    """Yield what tells the stores of a run's options; in every process but the leading one, none.

    Raises:
        TrackingError: one cannot be opened.
    """
    parameters = {key: plain(value) for key, value in dotted(spec.plain()).items()}
    run = Tracked(state.id, spec.name, folder, {**parameters, "seed": state.options.seed})
    with Tracker() as tracker:
        for name in state.options.track if runtime.leads else ():
            tracker.stores.append(STORES[name](run))
            tell(f"curves: {tracker.stores[-1].look}")
        yield tracker


def figures_of(record: RunRecord) -> dict[str, float]:
    """Return the figures of a record, and the ends of their intervals."""
    parts = {
        f"record/{name}{part}": value
        for name, figure in record.metrics.items()
        for part, value in (("", figure.value), (" low", figure.low), (" high", figure.high))
    }
    return {name: value for name, value in parts.items() if value is not None}
