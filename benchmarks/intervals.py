"""Time the intervals of poses at the size of COCO val2017, of CrowdPose and of own objects.

    python benchmarks/intervals.py [--replicates 1000] [--images 5000] [--most 60] [--seed 0]

People and poses are made up in memory, as for `scoring.py`. What is timed is one core's time to
draw images anew and compute the figures of every draw: COCO's ten alone, and all that a record
has, of sizes, levels of crowding and keypoints too. The ten of every image once must be those
of COCO's curves to the bit. Exits with 1 where they are not, or where the ten take longer.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
from scoring import (
    FLIP_PAIRS,
    NAMES,
    SIGMAS,
    make_poses,
    make_truth,
)

from hrbench.metrics.average_precision import curves, figures
from hrbench.metrics.bootstrap import drawn
from hrbench.metrics.crowdpose import CrowdTruth
from hrbench.metrics.matched import Matched, matched
from hrbench.metrics.nme import BOX_SIZE
from hrbench.metrics.outcomes import Counts
from hrbench.metrics.people import Poses, Truth
from hrbench.metrics.pixel_errors import errors_in_pixels
from hrbench.metrics.pixel_outcomes import PixelOutcomes, pixel_outcomes
from hrbench.metrics.pose_outcomes import crowd_outcomes, pose_outcomes

CROWDED = 8 / 5, 4.0  # images for one of COCO's, and people in each: CrowdPose's test set


def seconds(figures_of: Callable[[Counts], object], units: int, replicates: int) -> float:
    """Return one core's time to draw units anew and to compute the figures of each draw."""
    started = time.process_time()
    for counts in drawn(np.zeros(units, np.intp), replicates):
        figures_of(counts)
    return time.process_time() - started


def official(found: Matched) -> dict[str, float]:
    """Return COCO's ten figures by the curves of all results."""
    return figures(curves(found.matches, found.results))


def own_objects(truth: Truth, images: int, rng: np.random.Generator) -> PixelOutcomes:
    """Return what images add where each object has a pose in its own box."""
    off = rng.normal(0, 5, truth.keypoints.shape)
    poses = Poses(
        image_ids=truth.image_ids,
        keypoints=(truth.keypoints + off).astype(np.float32),
        keypoint_scores=np.ones(truth.visibility.shape, np.float32),
        box_scores=np.ones(len(truth.ids)),
        box_areas=truth.areas,
    )
    found = errors_in_pixels(truth, poses, np.arange(len(truth.ids)), FLIP_PAIRS, BOX_SIZE, {})
    return pixel_outcomes(found, truth.image_ids, np.arange(images) + 1, NAMES)


def main() -> None:
    """Print the seconds of each; exit 1 if the ten are not COCO's or take too long."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n", 1)[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--replicates", type=int, default=1_000)
    parser.add_argument("--images", type=int, default=5_000, help="of COCO's size")
    parser.add_argument("--most", type=float, default=60, help="seconds for COCO's ten figures")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    rng, images, replicates = np.random.default_rng(chosen.seed), chosen.images, chosen.replicates
    truth = make_truth(images, rng)
    poses = make_poses(images, truth, rng)
    found = matched(truth, poses, sigmas=SIGMAS, flip_pairs=FLIP_PAIRS)
    coco = pose_outcomes(found, np.arange(images) + 1, NAMES)
    once = coco.ranked.averages(np.ones((1, images), np.int64))
    same = {name: 100 * values[0] for name, values in once.items()} == official(found)
    print(f"{images} images, {len(truth.ids)} people, {len(coco.owners)} results that are ranked")
    ten = seconds(coco.ranked.averages, images, replicates)
    print(f"COCO's ten figures, {replicates} replicates: {ten:.1f} s")
    print(f"every figure of `oks`: {seconds(coco.figures, images, replicates):.1f} s")
    more = round(images * CROWDED[0])
    people = make_truth(more, rng, CROWDED[1])
    crowd = CrowdTruth(people, np.arange(more) + 1, rng.uniform(0, 1, more))
    poses = make_poses(more, people, rng)
    found = matched(people, poses, sigmas=SIGMAS, flip_pairs=FLIP_PAIRS)
    crowded = crowd_outcomes(crowd, found, NAMES)
    print(f"every figure of `crowdpose`, {more} images, {len(people.ids)} people: ", end="")
    print(f"{seconds(crowded.figures, more, replicates):.1f} s")
    own = own_objects(truth, images, rng)
    print(f"every figure of `pixels`: {seconds(own.figures, images, replicates):.1f} s")
    if not same or ten > chosen.most:
        raise SystemExit("not COCO's figures" if not same else f"more than {chosen.most:.0f} s")


if __name__ == "__main__":
    main()
