"""Which graph a job is exported as."""

from collections.abc import Callable
from typing import Any

from hrbench.errors import RunError
from hrbench.kinds.classes.exporting import DeployableClassifier
from hrbench.kinds.contract import Task
from hrbench.kinds.deployable import Deployable
from hrbench.kinds.landmarks.exporting import DeployableLandmarks
from hrbench.kinds.lifting.exporting import DeployableLifter

KINDS: dict[str, Callable[[Any], Deployable[Any, Any]]] = {  # by `model.head`
    "heatmap": DeployableLandmarks,
    "lift-linear": DeployableLifter,
    "lift-temporal": DeployableLifter,
    "classify": DeployableClassifier,
}


def deployable(job: Task[Any]) -> Deployable[Any, Any]:
    """Return what of a job with its weights is exported.

    Raises:
        RunError: its protocol does what no graph of one input can.
    """
    if job.spec.protocol.precision != "fp32":
        raise RunError(
            f"protocol.precision is {job.spec.protocol.precision}, and an exported file computes "
            "in fp32: leave that key out"
        )
    return KINDS[job.spec.model.head](job)
