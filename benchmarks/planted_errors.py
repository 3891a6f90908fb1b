"""Plant every kind of error at a known rate, and count what the metrics' breakdowns find.

    python benchmarks/planted_errors.py [--people 2000] [--seed 0]

Two people stand in each image, so wide that no keypoint is near another's place. Of COCO's and
CrowdPose's keypoints, and five of one's own, some are moved as each kind of error moves them,
some people get no pose, and some poses are nobody's. Exit 1 where a count differs from what was
planted, for any keypoint.
"""

import argparse
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench import catalog
from hrbench.geometry import flip_order
from hrbench.metrics.crowdpose import CrowdTruth
from hrbench.metrics.error_kinds import GOOD, INVERSION, JITTER, KINDS, MISS, NOT_LABELLED, SWAP
from hrbench.metrics.inputs import KeypointSetting, PosesInBoxes
from hrbench.metrics.people import Truth
from hrbench.metrics.registry import METRICS

Floats = NDArray[np.float64]
Kinds = NDArray[np.int8]

RATES = {JITTER: 0.12, INVERSION: 0.05, SWAP: 0.04, MISS: 0.08}  # of keypoints that may be moved
MOVED_SHARE = 3  # one in so many of a person's keypoints is moved at most: the pose stays theirs
MISSED, FALSE = 0.1, 0.15  # of the people: without a pose, and poses of nobody beside them
SIMILARITY = {  # with the place that a keypoint is put near, of each kind
    GOOD: (0.9, 0.99),
    JITTER: (0.55, 0.8),
    INVERSION: (0.6, 0.99),
    SWAP: (0.6, 0.99),
}
COLUMNS = 5  # of the grid on which a person's keypoints lie, a side of the person apart
APART = 20  # sides from one person to the other


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """People, poses, and what was planted; keypoints without a label or a pose are NOT_LABELLED."""

    truth: Truth
    poses: PosesInBoxes
    setting: KeypointSetting
    kinds: Kinds  # (P, K)
    missed: int  # people
    false: int  # poses


def own_setting() -> KeypointSetting:
    """Return five keypoints of one's own."""
    names = ("tip", "left_a", "right_a", "left_b", "right_b")
    return _setting("own", names, ((1, 2), (3, 4)), np.array([0.03, 0.05, 0.05, 0.09, 0.09]))


def shipped_setting(name: str) -> KeypointSetting:
    """Return the keypoints of a dataset that comes with hrbench."""
    dataset = catalog.load_dataset(name)
    pairs = tuple(dataset.indices(dataset.flip_pairs))
    return _setting(name, dataset.keypoints, pairs, np.array(dataset.sigmas))


def _setting(
    name: str, keypoints: tuple[str, ...], pairs: tuple[tuple[int, int], ...], sigmas: Floats
) -> KeypointSetting:
    return KeypointSetting(
        dataset=name,
        split="val",
        keypoints=keypoints,
        flip_pairs=pairs,
        sigmas=sigmas,
        groups={},
        complete=True,
        boxes="det",
        keypoint_threshold=0.2,
        nms="oks",
        nms_threshold=0.9,
    )


def people(count: int, keypoints: int, rng: np.random.Generator) -> Truth:
    """Return people of sides of 20 to 400 pixels, two to an image, some keypoints not labelled."""
    sides = np.repeat(np.exp(rng.uniform(np.log(20), np.log(400), count // 2)), 2)
    grid = np.stack((np.arange(keypoints) % COLUMNS, np.arange(keypoints) // COLUMNS), axis=1)
    corner = np.zeros((count, 2))
    corner[1::2, 0] = APART * sides[1::2]
    visibility = rng.choice([0, 1, 2], p=[0.2, 0.2, 0.6], size=(count, keypoints))
    visibility[:, 0] = 2
    return Truth(
        ids=np.arange(count) + 1,
        image_ids=np.arange(count) // 2 + 1,
        keypoints=corner[:, None] + grid * sides[:, None, None],
        visibility=visibility,
        num_keypoints=(visibility > 0).sum(axis=1),
        areas=sides**2,
        boxes=np.column_stack((corner, sides, sides)),
        crowd=np.zeros(count, dtype=np.bool_),
    )


def drawn_kinds(truth: Truth, partner: NDArray[np.intp], rng: np.random.Generator) -> Kinds:
    """Draw the kind of every labelled keypoint; an error that cannot be there is none."""
    labelled = truth.visibility > 0
    turn = np.where(labelled, rng.random(labelled.shape), 2).argsort(axis=1).argsort(axis=1)
    moved = turn < truth.num_keypoints[:, None] // MOVED_SHARE
    rates = [1 - sum(RATES.values()), *RATES.values()]
    kinds = rng.choice([GOOD, *RATES], p=rates, size=labelled.shape).astype(np.int8)
    lone = (partner == np.arange(len(partner))) | ~labelled[:, partner]
    apart = ~labelled[_neighbour(len(labelled))]
    kinds[~moved | ((kinds == INVERSION) & lone) | ((kinds == SWAP) & apart)] = GOOD
    kinds[~labelled] = NOT_LABELLED
    return kinds


def _neighbour(count: int) -> NDArray[np.intp]:
    return np.arange(count) ^ 1


def planted(setting: KeypointSetting, count: int, rng: np.random.Generator) -> World:
    """Return people and poses with errors in them."""
    truth = people(count, len(setting.keypoints), rng)
    partner = flip_order(len(setting.keypoints), setting.flip_pairs)
    kinds = drawn_kinds(truth, partner, rng)
    places = np.select(
        [(kinds == INVERSION)[..., None], (kinds == SWAP)[..., None]],
        [truth.keypoints[:, partner], truth.keypoints[_neighbour(count)]],
        truth.keypoints,
    )
    similarity = np.ones(kinds.shape)
    for kind, (low, high) in SIMILARITY.items():
        similarity[kinds == kind] = rng.uniform(low, high, int((kinds == kind).sum()))
    sides = np.sqrt(truth.areas)[:, None]
    distance = np.sqrt(-2 * np.log(similarity)) * 2 * np.asarray(setting.sigmas) * sides
    distance[kinds == MISS] = np.broadcast_to(sides / np.sqrt(2), kinds.shape)[kinds == MISS]
    angle = np.where(kinds == MISS, np.pi / 4, rng.uniform(0, 2 * np.pi, kinds.shape))
    found = places + distance[..., None] * np.stack((np.cos(angle), np.sin(angle)), axis=2)
    seen = rng.random(count) >= MISSED
    nobody = np.flatnonzero(rng.random(count) < FALSE)
    rows = np.concatenate((np.flatnonzero(seen), nobody))
    keypoints = np.concatenate((found[seen], truth.keypoints[nobody] - 1e5))
    poses = _in_boxes(truth, rows, keypoints, rng)
    kinds[~seen] = NOT_LABELLED
    return World(truth, poses, setting, kinds, int((~seen).sum()), len(nobody))


def _in_boxes(
    truth: Truth, rows: NDArray[np.intp], keypoints: Floats, rng: np.random.Generator
) -> PosesInBoxes:
    order = rng.permutation(len(rows))
    rows, keypoints = rows[order], keypoints[order]
    return PosesInBoxes(
        sample_ids=np.arange(len(rows)),
        image_ids=truth.image_ids[rows],
        boxes=truth.boxes[rows],
        box_scores=rng.uniform(0.3, 1, len(rows)),
        box_areas=truth.areas[rows],
        keypoints=keypoints.astype(np.float32),
        scores=np.ones(keypoints.shape[:2], dtype=np.float32),
        scored_images=np.unique(truth.image_ids),
    )


def breakdown(world: World, metric: str) -> dict[str, Any]:
    """Return the groups that a metric finds."""
    truth: Truth | CrowdTruth = world.truth
    if metric == "crowdpose":
        images = np.unique(world.truth.image_ids)
        truth = CrowdTruth(world.truth, images, np.linspace(0, 1, len(images)))
    return dict(
        METRICS[metric].breakdown(METRICS[metric].compare(truth, world.poses, world.setting))
    )


def planted_counts(world: World) -> dict[str, int]:
    """Return how many of each kind are there."""
    counts = {kind: int((world.kinds == number).sum()) for number, kind in enumerate(KINDS)}
    return {**counts, "false positive": world.false, "missed person": world.missed}


def planted_shares(world: World) -> dict[str, dict[str, float]]:
    """Return the labelled keypoints of each name, and the share of each kind in per cent."""
    return {
        name: {"keypoints": float((column != NOT_LABELLED).sum())}
        | {
            kind: 100 * float((column[column != NOT_LABELLED] == number).mean())
            for number, kind in enumerate(KINDS)
        }
        for name, column in zip(world.setting.keypoints, world.kinds.T, strict=True)
    }


def main() -> None:
    """Print what was planted beside what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--people", type=int, default=2000, help="an even number")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    settings = {
        "oks": shipped_setting("coco"),
        "crowdpose": shipped_setting("crowdpose"),
        "oks, own": own_setting(),
    }
    differ = False
    for name, setting in settings.items():
        world = planted(setting, asked.people, np.random.default_rng(asked.seed))
        groups = breakdown(world, name.partition(",")[0])
        shares, found = planted_shares(world), groups["keypoint_error"]
        print(f"{name}: {len(setting.keypoints)} keypoints of {asked.people} people")
        print(f"{'':16}{'planted':>9}{'found':>9}{'share %':>9}{'AP_cost':>9}{'AP_after':>9}")
        for kind, count in planted_counts(world).items():
            row = groups["error"][kind]
            costs = "".join(
                f"{row[key]:9.2f}" for key in ("share", "AP_cost", "AP_after") if key in row
            )
            print(f"{kind:16}{count:9}{row['count']:9}{costs}")
            differ |= count != row["count"]
        apart = max(abs(found[n][kind] - row[kind]) for n, row in shares.items() for kind in KINDS)
        print(f"largest difference of a keypoint's share: {apart:.1e} %\n")
        differ |= apart > 1e-9
    sys.exit(int(differ))


if __name__ == "__main__":
    main()
