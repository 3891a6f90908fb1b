"""The values that pose metrics take: annotated people, predicted poses, scored results.

Positions are x, y in pixels of the whole image, (0, 0) at the centre of the top-left pixel.
Shapes: P people, N poses, R results, K keypoints.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The annotated people of a split, in file order."""

    ids: NDArray[np.int64]  # (P,) annotation ids
    image_ids: NDArray[np.int64]  # (P,)
    keypoints: NDArray[np.float64]  # (P, K, 2) x, y; where not labelled anything, NaN too
    visibility: NDArray[np.int64]  # (P, K); labelled where above 0
    num_keypoints: NDArray[np.int64]  # (P,) as annotated; at 0 the person is not to be found
    areas: NDArray[np.float64]  # (P,) of the person's segment, in square pixels
    boxes: NDArray[np.float64]  # (P, 4) x, y, width, height
    crowd: NDArray[np.bool_]  # (P,) a group of people, which may be found any number of times

    def __post_init__(self) -> None:
        people, keypoints = self.visibility.shape
        for array in (self.ids, self.image_ids, self.num_keypoints, self.areas, self.crowd):
            _require_shape(array, people)
        _require_shape(self.boxes, people, 4)
        _require_shape(self.keypoints, people, keypoints, 2)
        positions = np.where(self.visibility[..., None] > 0, self.keypoints, 0)
        _require_numbers("annotated person", positions, self.areas, self.boxes)


@dataclass(frozen=True, slots=True, eq=False)
class Poses:
    """Predicted poses before non-maximum suppression, one per person box."""

    image_ids: NDArray[np.int64]  # (N,)
    keypoints: NDArray[np.float32]  # (N, K, 2) x, y
    keypoint_scores: NDArray[np.float32]  # (N, K)
    box_scores: NDArray[np.float64]  # (N,) the detector's; 1 for annotated boxes
    box_areas: NDArray[np.float64]  # (N,) of the padded box that was cropped, in square pixels

    def __post_init__(self) -> None:
        poses, keypoints = self.keypoint_scores.shape
        for array in (self.image_ids, self.box_scores, self.box_areas):
            _require_shape(array, poses)
        _require_shape(self.keypoints, poses, keypoints, 2)
        scores = (self.keypoint_scores, self.box_scores)
        _require_numbers("pose", self.keypoints, *scores, self.box_areas)


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """Poses with one score each: what COCO's results format holds, in file order."""

    image_ids: NDArray[np.int64]  # (R,)
    keypoints: NDArray[np.float64]  # (R, K, 2) x, y
    scores: NDArray[np.float64]  # (R,)

    def __post_init__(self) -> None:
        results, keypoints, _ = self.keypoints.shape
        for array in (self.image_ids, self.scores):
            _require_shape(array, results)
        _require_shape(self.keypoints, results, keypoints, 2)
        _require_numbers("result", self.keypoints, self.scores)

    @property
    def extents(self) -> NDArray[np.float64]:
        """(R,) square pixels of the upright box around the keypoints of each."""
        columns = np.ascontiguousarray(np.moveaxis(self.keypoints, 0, 2))  # ten times as fast
        return np.asarray(np.ptp(columns, axis=0).prod(axis=0))


def _require_shape(array: NDArray[np.generic], *shape: int) -> None:
    if array.shape != shape:
        raise ValueError(f"an array of shape {array.shape} should have shape {shape}")


def _require_numbers(row: str, *arrays: NDArray[np.floating]) -> None:
    for array in arrays:
        bad = np.flatnonzero(~np.isfinite(array).all(axis=tuple(range(1, array.ndim))))
        if len(bad):
            raise ValueError(f"{row} {bad[0]} has a value that is not a number: {array[bad[0]]}")
