"""Specs of the kind that a test is about."""

from collections.abc import Sequence

from hrbench import catalog
from hrbench.spec import LandmarkTask


def landmark_task(
    task: str, overrides: Sequence[str] = (), *, builtin: bool = False
) -> LandmarkTask:
    """Return the spec of a task of keypoints."""
    spec = catalog.load_task(task, overrides, builtin=builtin)
    assert isinstance(spec, LandmarkTask)
    return spec
