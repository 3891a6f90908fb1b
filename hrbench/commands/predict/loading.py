"""From a task and its weights to what predicts."""

from hrbench.commands.predict.keypoints import KeypointPredictor
from hrbench.engine.runtime import Runtime, choose_device
from hrbench.errors import RunError
from hrbench.kinds.landmarks.task import Landmarks
from hrbench.road.loading import load
from hrbench.runs.options import Options


def keypoints(
    task: str | None,
    weights: str,
    *,
    device: str,
    batch: int,
    overrides: tuple[str, ...],
    allow: tuple[str, ...],
) -> KeypointPredictor:
    """Return what finds keypoints; see `hrbench.load`."""
    if not weights:
        raise RunError("hrbench.load(task, weights): name the weights, a run or a checkpoint")
    options = Options(weights=str(weights), device=device, overrides=overrides, allow=allow)
    job = load(task, options)
    if not isinstance(job, Landmarks):
        raise RunError(f"{job.spec.name} finds no keypoints in images; `hrbench list` names tasks")
    return KeypointPredictor(job, Runtime(choose_device(device)), batch)
