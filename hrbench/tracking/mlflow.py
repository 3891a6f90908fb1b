"""MLflow's store: where MLFLOW_TRACKING_URI says, else where MLflow itself would keep it."""

import logging
import os
import re
import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hrbench.tracking.store import Store, Tracked, told_by

NAME = "mlflow"
RUN, FOLDER = "hrbench.run", "hrbench.folder"  # tags
EXPERIMENT = "MLFLOW_EXPERIMENT_NAME"  # of the environment; without it the task's name
TELEMETRY = "MLFLOW_DISABLE_TELEMETRY"  # unless somebody says otherwise, nobody is told of a run
TALKING = (NAME, "alembic")  # loggers: of MLflow, and older ones of what makes its tables
MOST = 100  # parameters that MLflow takes at once
UNKNOWN = re.compile(r"[^\w .:/-]+")  # what no name of MLflow's has
PICTURES = "pictures"  # the folder among a run's artefacts


class MlflowRun(Store):
    """Parameters, metrics and artefacts of one run, which its tag finds again."""

    library = "mlflow"

    def __init__(self, run: Tracked) -> None:
        os.environ.setdefault(TELEMETRY, "true")
        from mlflow import MlflowClient, entities  # noqa: PLC0415  takes seconds
        from mlflow.exceptions import MlflowException  # noqa: PLC0415

        self._entities: Any = entities
        self._refused = (MlflowException, OSError)
        with self._asked():
            self.client = MlflowClient()
            store = shlex.quote(self.client.tracking_uri)
            self.look = f"mlflow ui --backend-store-uri {store}"
            self.id, self._known = self._begun(run) or (self._begin(run), {})

    @contextmanager
    def _asked(self) -> Iterator[None]:
        """Let MLflow do something: in sentences where it fails, without news where it does not."""
        with told_by(NAME, self._refused), _without_news():
            yield

    def _begun(self, run: Tracked) -> tuple[str, dict[str, int]] | None:
        """Return the run that has been tracked before, and the last step of each metric."""
        found = self.client.search_runs([self._experiment(run)], f"tags.`{RUN}` = '{run.id}'")
        if not found:
            return None
        before = found[0]
        self.client.update_run(before.info.run_id, "RUNNING")
        last = {
            name: max(one.step for one in self.client.get_metric_history(before.info.run_id, name))
            for name in before.data.metrics
        }
        return before.info.run_id, last

    def _begin(self, run: Tracked) -> str:
        tags = {RUN: run.id, FOLDER: str(run.folder.absolute())}
        begun = self.client.create_run(self._experiment(run), tags=tags, run_name=run.name)
        param = self._entities.Param
        params = [param(key, str(value)) for key, value in run.parameters.items()]
        for start in range(0, len(params), MOST):
            self.client.log_batch(begun.info.run_id, params=params[start : start + MOST])
        return str(begun.info.run_id)

    def _experiment(self, run: Tracked) -> str:
        name = os.environ.get(EXPERIMENT) or run.task
        known = self.client.get_experiment_by_name(name)
        return str(known.experiment_id if known else self.client.create_experiment(name))

    def goes_on(self, step: int) -> None:
        """Do nothing: what MLflow has cannot be taken back, and is not told twice."""

    def figures(self, values: Mapping[str, float], step: int) -> None:
        """Log metrics, but for those of steps that it has."""
        now, metric = int(1000 * time.time()), self._entities.Metric
        named = {UNKNOWN.sub("_", name): value for name, value in values.items()}
        new = [
            metric(name, value, now, step)
            for name, value in named.items()
            if step > self._known.get(name, -1)
        ]
        with self._asked():
            self.client.log_batch(self.id, metrics=new)

    def picture(self, path: Path, step: int) -> None:
        """Keep a picture among the artefacts; the last of a name is kept."""
        del step
        with self._asked():
            self.client.log_artifact(self.id, str(path), PICTURES)

    def files(self, paths: Sequence[Path], step: int) -> None:
        """Keep files among the artefacts."""
        del step
        with self._asked():
            for path in paths:
                self.client.log_artifact(self.id, str(path))

    def close(self, error: type[BaseException] | None) -> None:
        """Say how the run ended."""
        killed = error is not None and issubclass(error, KeyboardInterrupt)
        status = "KILLED" if killed else "FINISHED" if error is None else "FAILED"
        with self._asked():
            self.client.set_terminated(self.id, status)


@contextmanager
def _without_news() -> Iterator[None]:
    """Let MLflow say no more than warnings, unless somebody has set another level than its own."""
    loggers = [logging.getLogger(name) for name in TALKING]
    quiet = [logger for logger in loggers if logger.level == logging.INFO]
    for logger in quiet:
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for logger in quiet:
            logger.setLevel(logging.INFO)
