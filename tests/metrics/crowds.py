"""A crowded world that is the same with any NumPy: raw numbers of a bit generator."""

import numpy as np
from numpy.typing import NDArray

from hrbench.metrics.people import Results, Truth

Floats = NDArray[np.float64]

SIGMAS = np.array([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89]) / 1000
PAIRS = [(left, left + 1) for left in range(1, 17, 2)]
PARTNER = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]
IMAGES, PEOPLE, NOBODY = 60, 240, 60


def crowd() -> tuple[Truth, Results]:
    """Return COCO's people in 60 crowded images, two poses of each with errors, 60 of nobody.

    Some people are groups, some have no keypoints; of the poses some are nearer to another's.
    """
    bits = np.random.PCG64(17)

    def draw(*shape: int) -> Floats:
        return bits.random_raw(int(np.prod(shape))).reshape(shape) / 2.0**64

    sides = 25 * 12 ** draw(PEOPLE)
    boxes = np.column_stack((draw(PEOPLE, 2) * [300, 200], sides, 1.8 * sides)).round(2)
    keypoints = boxes[:, None, :2] + draw(PEOPLE, 17, 2) * boxes[:, None, 2:]
    visibility = np.digitize(draw(PEOPLE, 17), [0.25, 0.4])
    groups = draw(PEOPLE) < 0.05
    visibility[groups | (draw(PEOPLE) < 0.2)] = 0
    truth = Truth(
        ids=np.arange(PEOPLE) + 1,
        image_ids=np.sort((draw(PEOPLE) ** 2 * IMAGES).astype(np.int64) + 1),
        keypoints=np.where(visibility[..., None] > 0, keypoints.round(), 0),
        visibility=visibility,
        num_keypoints=(visibility > 0).sum(axis=1),
        areas=(boxes[:, 2:].prod(axis=1) * (0.4 + 0.5 * draw(PEOPLE))).round(2),
        boxes=boxes,
        crowd=groups,
    )
    shown = np.where(visibility[..., None] > 0, truth.keypoints, keypoints)
    before = np.where(truth.image_ids == np.roll(truth.image_ids, 1), np.arange(-1, PEOPLE - 1), 0)
    chance = draw(2, PEOPLE, 17, 1)
    places = np.select(
        [chance < 0.08, chance < 0.16, chance < 0.2],
        [shown[:, PARTNER], shown[before], shown[before][:, PARTNER]],
        shown,
    )
    reach = np.where(draw(2, PEOPLE, 17, 1) < 0.1, 8, 2 * draw(2, PEOPLE, 17, 1))
    spread = (SIGMAS * np.sqrt(truth.areas)[:, None])[..., None]
    found = places + reach * spread * (2 * draw(2, PEOPLE, 17, 2) - 1)
    nowhere = draw(NOBODY, 1, 2) * 300 + draw(NOBODY, 17, 2) * (20 + 130 * draw(NOBODY, 1, 1))
    images = (draw(NOBODY) * IMAGES).astype(np.int64) + 1
    results = Results(
        image_ids=np.concatenate((truth.image_ids, truth.image_ids, images)),
        keypoints=np.concatenate((*found, nowhere)).round(3),
        scores=draw(2 * PEOPLE + NOBODY).round(6),
    )
    return truth, results
