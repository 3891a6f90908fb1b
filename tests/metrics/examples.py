"""People and poses for tests: one keypoint or a few, everything else as plain as it gets."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hrbench.metrics.inputs import KeypointSetting, PosesInBoxes
from hrbench.metrics.people import Poses, Results, Truth

Nested = Sequence[Sequence[Sequence[float]]] | NDArray[np.float64]  # rows, keypoints, x and y

SIGMA = 0.5  # 8 sigma^2 is 2: at distance d the OKS is exp(-d^2 / (2 area))


def sigmas(number: int) -> NDArray[np.float64]:
    return np.full(number, SIGMA)


def truth(
    keypoints: Nested,
    *,
    images: Sequence[int] | None = None,
    visibility: ArrayLike | None = None,
    areas: ArrayLike = 2000.0,
    crowd: ArrayLike = False,
    ids: Sequence[int] | None = None,
) -> Truth:
    """People with (P, K, 2) keypoints, in image 1 unless said; boxes of 40 x 50 at the origin."""
    points = np.array(keypoints, dtype=np.float64)
    people = len(points)
    seen = np.broadcast_to(np.array(2 if visibility is None else visibility), points.shape[:2])
    return Truth(
        ids=np.array(ids if ids is not None else range(1, people + 1), dtype=np.int64),
        image_ids=np.array(images if images is not None else [1] * people, dtype=np.int64),
        keypoints=points,
        visibility=seen.astype(np.int64),
        num_keypoints=(seen > 0).sum(axis=1),
        areas=np.broadcast_to(np.array(areas, dtype=np.float64), people),
        boxes=np.tile([0.0, 0.0, 40.0, 50.0], (people, 1)),
        crowd=np.broadcast_to(np.array(crowd), people),
    )


def results(keypoints: Nested, scores: ArrayLike, images: Sequence[int] | None = None) -> Results:
    """Results with (R, K, 2) keypoints, in image 1 unless said."""
    points = np.array(keypoints, dtype=np.float64)
    return Results(
        image_ids=np.array(images if images is not None else [1] * len(points), dtype=np.int64),
        keypoints=points,
        scores=np.array(scores, dtype=np.float64),
    )


def poses(
    keypoints: Nested,
    box_scores: ArrayLike,
    images: Sequence[int] | None = None,
    keypoint_scores: ArrayLike = 1.0,
) -> Poses:
    """Poses with (N, K, 2) keypoints from boxes of 2000 square pixels."""
    points = np.array(keypoints, dtype=np.float32)
    return Poses(
        image_ids=np.array(images if images is not None else [1] * len(points), dtype=np.int64),
        keypoints=points,
        keypoint_scores=np.broadcast_to(
            np.array(keypoint_scores, dtype=np.float32), points.shape[:2]
        ),
        box_scores=np.array(box_scores, dtype=np.float64),
        box_areas=np.full(len(points), 2000.0),
    )


def in_boxes(
    keypoints: ArrayLike, ids: Sequence[int] | None = None, images: Sequence[int] | None = None
) -> PosesInBoxes:
    """(N, K, 2) keypoints, surely found, in boxes of 40 x 50 at the origin of image 1."""
    points = np.array(keypoints, dtype=np.float32)
    count = len(points)
    return PosesInBoxes(
        sample_ids=np.array(ids if ids is not None else range(1, count + 1), dtype=np.int64),
        image_ids=np.array(images if images is not None else [1] * count, dtype=np.int64),
        boxes=np.tile([0.0, 0.0, 40.0, 50.0], (count, 1)),
        box_scores=np.ones(count),
        box_areas=np.full(count, 2000.0),
        keypoints=points,
        scores=np.ones(points.shape[:2], dtype=np.float32),
        scored_images=np.unique(images if images is not None else [1]),
    )


def setting(number: int, **said: Any) -> KeypointSetting:
    """A dataset of as many keypoints, completely annotated, all poses kept; or as it is said."""
    plain: dict[str, Any] = {
        "dataset": "a dataset",
        "split": "val",
        "keypoints": tuple(f"point_{index}" for index in range(number)),
        "flip_pairs": (),
        "sigmas": sigmas(number),
        "groups": {},
        "complete": True,
        "boxes": "gt",
        "keypoint_threshold": 0.2,
        "nms": "none",
        "nms_threshold": 0.9,
    }
    return KeypointSetting(**plain | said)


def annotations(people: Truth) -> list[dict[str, Any]]:
    """People as a file in COCO's format has them."""
    triples = np.concatenate((people.keypoints, people.visibility[..., None]), axis=2)
    return [
        {
            "id": int(people.ids[row]),
            "image_id": int(people.image_ids[row]),
            "category_id": 1,
            "keypoints": triples[row].ravel().tolist(),
            "num_keypoints": int(people.num_keypoints[row]),
            "area": float(people.areas[row]),
            "bbox": people.boxes[row].tolist(),
            "iscrowd": int(people.crowd[row]),
        }
        for row in range(len(people.ids))
    ]


def random_people(rng: np.random.Generator, people: int, keypoints: int) -> Truth:
    """People of a few images, many of them odd: crowds, nothing labelled, areas on a bound."""
    visibility = rng.integers(0, 3, (people, keypoints)) * (rng.random((people, 1)) < 0.8)
    return Truth(
        ids=rng.permutation(people) + 1,
        image_ids=rng.integers(5, 9, people),
        keypoints=rng.integers(0, 60, (people, keypoints, 2)).astype(np.float64),
        visibility=visibility,
        num_keypoints=(visibility > 0).sum(axis=1) * (rng.random(people) < 0.9),
        areas=rng.choice([0.0, 300.0, 1024.0, 3000.0, 9216.0, 20000.0], people),
        boxes=rng.uniform(1, 60, (people, 4)),
        crowd=rng.random(people) < 0.15,
    )


def random_results(rng: np.random.Generator, people: Truth, number: int) -> Results:
    """Results near people or anywhere, some exact, with scores that often tie."""
    keypoints = rng.uniform(0, 60, (number, people.visibility.shape[1], 2))
    image_ids = rng.integers(5, 9, number)
    if len(people.ids):
        near = rng.integers(len(people.ids), size=number)
        noise = rng.normal(size=keypoints.shape) * rng.choice([0, 1, 4, 10], (number, 1, 1))
        chosen = rng.random(number) < 0.8
        keypoints[chosen] = (people.keypoints[near] + noise)[chosen]
        image_ids[chosen] = people.image_ids[near][chosen]
    return Results(image_ids, keypoints, rng.integers(1, 8, number) / 8)
