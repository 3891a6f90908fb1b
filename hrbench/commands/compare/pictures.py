"""Pictures of what changed from one run to another, from their predictions and the data."""

from pathlib import Path
from typing import Any

from hrbench.draw.changed import Answers
from hrbench.errors import RunError
from hrbench.report.comparison import Comparison, Side
from hrbench.road import again


def draw_changed(comparison: Comparison, place: Path, count: int, data: str | None) -> None:
    """Write a picture of the samples whose errors changed most, two runs beside each other.

    `data` is where the data are now, if elsewhere than then.

    Raises:
        HrbenchError: the data are gone or others, nothing has changed, or it cannot be written.
    """
    pair = comparison.pairs[0]
    opened = [again.opened(Path(side.folder), data=data) for side in (pair.first, pair.second)]
    runs = [
        _answers(side, run) for side, run in zip((pair.first, pair.second), opened, strict=True)
    ]
    try:
        if not opened[0].task.draw_changed(place, runs, count):
            raise RunError(f"--sheet {place}: no error of {comparison.unit}s has changed")
    except OSError as error:
        raise RunError(f"--sheet {place}: cannot be written ({error.strerror})") from error


def _answers(side: Side, run: again.Ended) -> Answers[Any, Any, Any]:
    evaluation = again.evaluation_of(run)
    predictions = again.predictions_of(run, evaluation)
    errors = run.task.errors(evaluation, predictions)
    return Answers(side.letter, evaluation, predictions, errors)
