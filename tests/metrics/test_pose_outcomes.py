"""What images add to figures of poses, drawn anew: as if each were written into the files again."""

from dataclasses import replace
from functools import reduce
from operator import getitem
from typing import Any

import numpy as np
import pytest
from metrics.examples import random_people, setting
from numpy.typing import NDArray

from hrbench.metrics.crowdpose import CrowdTruth
from hrbench.metrics.inputs import KeypointSetting, PosesInBoxes
from hrbench.metrics.metric import AnyMetric
from hrbench.metrics.named.crowdpose import CROWDPOSE
from hrbench.metrics.named.oks import OKS
from hrbench.metrics.named.pixels import PIXELS
from hrbench.metrics.people import Truth

IMAGES = np.arange(5, 9)
COPY = 1000  # added to the ids of a copy
SHIFTED = ("ids", "image_ids", "sample_ids")
KEYPOINTS = 4
ABOUT = setting(
    KEYPOINTS,
    sigmas=np.full(KEYPOINTS, 0.15),
    flip_pairs=((0, 1),),
    groups={"width": ([0], [3])},
    nms="oks",
)
OWN = replace(ABOUT, complete=False, normaliser="width")


def world(rng: np.random.Generator) -> tuple[Truth, PosesInBoxes]:
    """People of four images, each with a pose near in its own box, none as sure as another."""
    people = random_people(rng, 12, KEYPOINTS)
    near = rng.normal(0, rng.choice([1, 4, 20], (12, 1, 1)), people.keypoints.shape)
    return people, PosesInBoxes(
        sample_ids=people.ids,
        image_ids=people.image_ids,
        boxes=people.boxes,
        box_scores=rng.uniform(0.1, 1, 12),
        box_areas=people.boxes[:, 2:].prod(axis=1),
        keypoints=(people.keypoints + near).astype(np.float32),
        scores=rng.uniform(0.3, 1, (12, KEYPOINTS)).astype(np.float32),
        scored_images=IMAGES,
    )


def copied(rows: Any, counts: NDArray[np.int64]) -> Any:
    """Columns of images, each as often as it is drawn, the copies with other ids."""
    parts = []
    for copy in range(counts.max()):
        of = np.isin(rows.image_ids, IMAGES[counts > copy])
        columns = {n: getattr(rows, n) for n in rows.__dataclass_fields__ if n != "scored_images"}
        parts.append({
            name: column[of] + COPY * copy if name in SHIFTED else column[of]
            for name, column in columns.items()
        })  # fmt: skip
    return replace(rows, **{n: np.concatenate([part[n] for part in parts]) for n in parts[0]})


@pytest.mark.parametrize(
    ("metric", "about"),
    [(OKS, ABOUT), (OKS, OWN), (CROWDPOSE, ABOUT), (PIXELS, OWN)],
    ids=["oks", "oks of own objects", "crowdpose", "pixels"],
)
@pytest.mark.parametrize("seed", range(5))
def test_an_image_that_is_drawn_twice_is_as_one_that_is_there_twice(
    metric: AnyMetric, about: KeypointSetting, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    people, poses = world(rng)
    crowd_index = rng.uniform(0, 1, len(IMAGES))
    truth = CrowdTruth(people, IMAGES, crowd_index) if metric is CROWDPOSE else people
    counts = rng.multinomial(len(IMAGES), np.full(len(IMAGES), 1 / 4), size=3)
    drawn = metric.observe(metric.compare(truth, poses, about)).figures(counts)
    for row, each in enumerate(counts):
        again = copied(people, each)
        if metric is CROWDPOSE:
            order = np.repeat(np.arange(len(IMAGES)), each)
            copies = np.concatenate([np.arange(count) for count in each])
            again = CrowdTruth(again, IMAGES[order] + COPY * copies, crowd_index[order])
        scores = metric.score(metric.compare(again, copied(poses, each), about))
        assert set(scores.figures) == {name for name in drawn if "/" not in name}
        for name, values in drawn.items():
            cell = reduce(getitem, name.split("/"), scores.figures | scores.groups)
            assert values[row] == pytest.approx(cell, rel=1e-12, abs=1e-12, nan_ok=True), name
