"""The programs that runs can be tracked by, by the names that `--track` takes."""

from collections.abc import Collection, Mapping
from importlib.util import find_spec

from hrbench.errors import UnknownNameError
from hrbench.tracking import mlflow, tensorboard
from hrbench.tracking.store import Store, TrackingError

STORES: Mapping[str, type[Store]] = {
    tensorboard.NAME: tensorboard.EventFiles,
    mlflow.NAME: mlflow.MlflowRun,
}


def require(names: Collection[str]) -> None:
    """Refuse, before anything is done, what cannot be tracked by.

    Raises:
        UnknownNameError: there is no such store.
        TrackingError: its library is not installed.
    """
    for name in names:
        if name not in STORES:
            raise UnknownNameError("program to track by", name, STORES)
        if find_spec(STORES[name].library) is None:
            raise TrackingError(
                f"--track {name} writes by {STORES[name].library}, which is not installed: "
                f"pip install 'hrbench[{name}]'"
            )
