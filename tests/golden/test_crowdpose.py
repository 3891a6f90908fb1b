"""CrowdPose: the official evaluation (part H), and from official images to crops and targets."""

import gzip
import math
import random
from typing import Any

import numpy as np
import pytest
import torch
from golden.ledger import Ledger
from shared import need_shared

from hrbench import catalog
from hrbench.data.augment import Crop, Draw, Ranges
from hrbench.data.cutting import AffineCutting
from hrbench.data.loader import ImageCrops
from hrbench.data.sample import People
from hrbench.engine.runtime import normalised
from hrbench.formats.coco import crowdpose, reader
from hrbench.heads.codecs import GaussianHeatmap
from hrbench.metrics.crowdpose import CrowdTruth, crowd_curves, crowd_figures, level_average
from hrbench.metrics.matching import AREA_RANGES, Matches, match, rank_by_image
from hrbench.metrics.oks import oks_with_truth
from hrbench.metrics.people import Results

FOLDER = "pose_eval"
TRUTH, CURVES = f"{FOLDER}/crowd_annotations.json.gz", f"{FOLDER}/crowd.npz"
STATS, STATS_NUMPY1 = f"{FOLDER}/crowd_stats.json", f"{FOLDER}/crowd_stats_numpy1.json"
IMAGES = f"{FOLDER}/crowd_images.json.gz"
PIPELINE = "pose_core/pipeline_crowdpose.npz"
CPU = torch.device("cpu")
DATASET = catalog.load_dataset("crowdpose")
SIGMAS = np.array(DATASET.sigmas)
LEVELS = ["easy", "medium", "hard"]


@pytest.fixture(scope="module")
def crowd(golden: Ledger, tmp_path_factory: pytest.TempPathFactory) -> crowdpose.CrowdAnnotations:
    file = tmp_path_factory.mktemp("crowd") / "crowdpose_val.json"
    file.write_bytes(gzip.decompress((golden.root / TRUTH).read_bytes()))
    return crowdpose.read(file, 14)


@pytest.fixture(scope="module")
def truth(crowd: crowdpose.CrowdAnnotations) -> CrowdTruth:
    return crowdpose.truth(crowd, crowd.table.image_ids)


def results_of(golden: Ledger, case: str) -> Results:
    written: Any = golden.json(f"{FOLDER}/crowd_results_{case}.json.gz")
    triples = np.array([row["keypoints"] for row in written], dtype=np.float64)
    return Results(
        image_ids=np.array([row["image_id"] for row in written], dtype=np.int64),
        keypoints=triples.reshape(len(written), 14, 3)[..., :2],
        scores=np.array([row["score"] for row in written], dtype=np.float64),
    )


def matched(golden: Ledger, truth: CrowdTruth, case: str) -> tuple[Results, Matches]:
    results = results_of(golden, case)
    return results, match(truth.people, results, SIGMAS)


def test_the_facts_of_the_file(golden: Ledger, crowd: crowdpose.CrowdAnnotations) -> None:
    content: Any = golden.json(STATS)
    table = crowd.table
    flags = table.keypoints[..., 2]
    labelled, counted = (flags > 0).any(axis=1), flags[:, : crowdpose.COUNTED]
    ours = {
        "annotations": len(table.ids),
        "crowd": table.crowd.sum(),
        "num_keypoints_zero_but_labelled": ((table.num_keypoints == 0) & labelled).sum(),
        "nothing_labelled": (~labelled).sum(),
        "num_keypoints_equals_visible_first12": np.mean(
            table.num_keypoints == (counted > 0).sum(axis=1)
        ),
        "num_keypoints_equals_fully_visible_first12": np.mean(
            table.num_keypoints == (counted == 2).sum(axis=1)
        ),
    }
    facts = content["facts"]
    golden.check_value(STATS, "facts", [ours[name] for name in facts], list(facts.values()))


@pytest.mark.parametrize("case", ["low", "mid", "high"])
def test_curves_and_figures(golden: Ledger, truth: CrowdTruth, case: str) -> None:
    drawn = crowd_curves(truth, *matched(golden, truth, case))
    for part, curve in drawn.items():
        for name in ("precision", "recall", "scores"):
            values = getattr(curve, name)
            golden.check(CURVES, f"{case}_{part}_{name}", values[..., None, :, None])
    figures = crowd_figures(drawn)
    ours = [-1.0 if math.isnan(value) else value / 100 for value in figures.values()]
    content: Any = golden.json(STATS)
    official = content["stats"][case]
    golden.check_value(STATS, "names", list(figures), content["names"])
    golden.check_value(STATS, "stats", ours, [official[name] for name in figures])
    rounded = [official[f"AP_{level}"] for level in LEVELS]
    assert [level_average(drawn[level]) for level in LEVELS] == rounded
    plain = [drawn[level].precision[..., 0].mean() for level in LEVELS]
    golden.check_value(STATS, "stats", plain, [official["unrounded"][level] for level in LEVELS])
    images = [len(truth.image_ids), *(len(truth.images_of(level)) for level in LEVELS)]
    assert images == [official["images"][part] for part in ("all", *LEVELS)]
    numpy1: Any = golden.json(STATS_NUMPY1)
    golden.check_value(STATS_NUMPY1, "stats", ours, list(numpy1["stats"][case].values()))
    if case == "high":
        eleven = [*ours[:3], 0, 0, *ours[3:]]
        golden.check_value(STATS, "official_11", eleven, content["official_11"])


def test_oks_and_matches_of_single_images(golden: Ledger, truth: CrowdTruth) -> None:
    content: Any = golden.json(IMAGES)
    people = truth.people
    results, matches = matched(golden, truth, content["case"])
    ranked, _ = rank_by_image(results)
    for image in content["images"]:
        there = np.flatnonzero(people.image_ids == image["image_id"])
        here = np.flatnonzero(results.image_ids[ranked] == image["image_id"])
        rows = ranked[here]
        pairs = np.repeat(rows, len(there)), np.tile(there, len(rows))
        fit = oks_with_truth(results, people, SIGMAS, *pairs).reshape(len(rows), len(there))
        golden.check_value(IMAGES, "images", fit, np.reshape(image["oks"], fit.shape))
        for area, name in enumerate(AREA_RANGES):
            official = {key: np.array(value) for key, value in image["areas"][name].items()}
            found = matches.found[area][:, here]
            last = matches.optional[area][there]
            order = there[last.argsort(kind="stable")]
            assert np.array_equal(rows + 1, official["dt_ids"])
            assert np.array_equal(results.scores[rows], official["dt_scores"])
            assert np.array_equal(np.append(people.ids, 0)[found], official["dt_matches"])
            assert np.array_equal(matches.ignored[area][:, here], official["dt_ignore"])
            assert np.array_equal(people.ids[order], official["gt_ids"])
            assert np.array_equal(np.sort(last), official["gt_ignore"])


def real_people(golden: Ledger) -> People:
    """The persons of the goldens' image, as `run` reads them."""
    folder = need_shared() / "real" / "crowdpose"
    listed = crowdpose.read(folder / DATASET.splits["test"].annotations, 14)
    people = reader.annotated(listed.table, folder / "images", 0.75)
    names = golden.load(PIPELINE)["image"].tolist()
    return people.rows(np.array([people.images[i].name in names for i in people.image]))


def cutting() -> AffineCutting:
    upper = tuple(DATASET.keypoints.index(name) for name in DATASET.upper_body)
    return AffineCutting((192, 256), upper, DATASET.indices(DATASET.flip_pairs))


def test_crops_to_predict_on_are_the_official_ones(golden: Ledger) -> None:
    people = real_people(golden)
    items = [ImageCrops(people, cutting())[np.array([row])] for row in range(len(people))]
    crops = torch.cat([item[1][:, 0] for item in items if isinstance(item, tuple)])
    golden.check(PIPELINE, "test_crop_u8", crops.numpy())
    sub = normalised(crops[:2], CPU)[:, :, ::16, ::16]
    golden.check(PIPELINE, "test_norm_sub", sub.numpy())
    golden.check(PIPELINE, "test_center", people.centers)
    golden.check(PIPELINE, "test_scale", people.scales)
    golden.check(PIPELINE, "ann_id", people.ids)
    golden.check(PIPELINE, "db_index", np.arange(len(people)))
    golden.check(PIPELINE, "db_joints_3d", np.pad(people.keypoints, ((0, 0), (0, 0), (0, 1))))
    seen = people.visible.astype(float)
    golden.check(PIPELINE, "db_joints_3d_vis", np.stack([seen, seen, seen * 0], axis=2))
    names = [people.images[i].name for i in people.image]
    golden.check_value(PIPELINE, "image", names, golden.load(PIPELINE)["image"])
    check_crops(golden, "test", [made(people, row, Draw()) for row in range(len(people))])


def test_augmented_crops_and_targets_are_the_official_ones(golden: Ledger) -> None:
    people = real_people(golden)
    rows = golden.load(PIPELINE)["train_index_seed"].tolist()
    ranges = Ranges(
        scale=0.35, rotation=45, rotation_probability=0.6, flip=0.5, half_body=0.3
    )  # the official COCO YAML's, with which these goldens were made
    drawn = [official_draw(ranges, int(people.visible[row].sum()), seed) for row, seed in rows]
    crops = [made(people, row, draw) for (row, _), draw in zip(rows, drawn, strict=True)]
    golden.check(PIPELINE, "train_crop_u8", np.array([c.pixels for c in crops]))
    golden.check(PIPELINE, "train_center", np.array([c.center for c in crops]))
    golden.check(PIPELINE, "train_scale", np.array([c.scale for c in crops]))
    golden.check(PIPELINE, "train_rotation", np.array([d.rotation for d in drawn]))
    golden.check(PIPELINE, "train_flip", np.array([d.flip for d in drawn]))
    golden.check(PIPELINE, "train_half_body", np.array([d.half_body for d in drawn]))
    check_crops(golden, "train", crops)


def made(people: People, row: int, drawn: Draw) -> Crop:
    return cutting().augmented(people, row, drawn)


def check_crops(golden: Ledger, kind: str, crops: list[Crop]) -> None:
    golden.check(PIPELINE, f"{kind}_trans", np.array([c.matrix for c in crops]))
    joints = np.array([np.pad(c.keypoints, ((0, 0), (0, 1))) for c in crops])
    golden.check(PIPELINE, f"{kind}_joints", joints)
    seen = np.array([c.visible for c in crops])
    three = np.stack([seen, seen, np.zeros_like(seen)], axis=2).astype(float)
    golden.check(PIPELINE, f"{kind}_joints_vis", three)
    codec = GaussianHeatmap(64, 48, 4, 2)
    points = torch.from_numpy(np.array([c.keypoints for c in crops]))
    targets = codec.encode(points, torch.from_numpy(seen), CPU)
    golden.check(PIPELINE, f"{kind}_target", targets.maps.numpy())
    golden.check(PIPELINE, f"{kind}_target_weight", targets.weights[..., None].numpy())


def official_draw(ranges: Ranges, num_visible: int, seed: int) -> Draw:
    """What the official code draws from its two generators, in its order."""
    numpy, python = np.random.RandomState(seed), random.Random(seed)
    half = num_visible > ranges.half_body_above and numpy.rand() < ranges.half_body
    upper = half and numpy.randn() < 0.5
    factor = np.clip(numpy.randn() * ranges.scale + 1, 1 - ranges.scale, 1 + ranges.scale)
    limit = 2 * ranges.rotation
    rotated = python.random() <= ranges.rotation_probability
    rotation = np.clip(numpy.randn() * ranges.rotation, -limit, limit) if rotated else 0.0
    return Draw(half, bool(upper), factor, rotation, python.random() <= ranges.flip)
