"""CrowdPose: the official evaluation (part H)."""

import gzip
import math
from typing import Any

import numpy as np
import pytest
from golden.folder import each
from golden.ledger import Ledger
from golden.matches import check_images

from hrbench import catalog
from hrbench.formats.coco import crowdpose
from hrbench.metrics.crowdpose import CrowdTruth, crowd_curves, crowd_figures, level_average
from hrbench.metrics.matching import Matches, match
from hrbench.metrics.people import Results
from hrbench.metrics.pose_outcomes import crowd_averages
from hrbench.metrics.ranked import ranked

FOLDER = "pose_eval"
TRUTH, CURVES = f"{FOLDER}/crowd_annotations.json.gz", f"{FOLDER}/crowd.npz"
STATS, STATS_NUMPY1 = f"{FOLDER}/crowd_stats.json", f"{FOLDER}/crowd_stats_numpy1.json"
IMAGES = f"{FOLDER}/crowd_images.json.gz"
DATASET = catalog.load_dataset("crowdpose")
SIGMAS = np.array(DATASET.sigmas)
LEVELS = ["easy", "medium", "hard"]


@pytest.fixture(scope="module")
def crowd(golden: Ledger, tmp_path_factory: pytest.TempPathFactory) -> crowdpose.CrowdAnnotations:
    file = tmp_path_factory.mktemp("crowd") / "crowdpose_val.json"
    file.write_bytes(gzip.decompress((golden.root / TRUTH).read_bytes()))
    return crowdpose.read(file, len(DATASET.keypoints))


@pytest.fixture(scope="module")
def truth(crowd: crowdpose.CrowdAnnotations) -> CrowdTruth:
    return crowdpose.truth(crowd, crowd.table.image_ids)


def results_of(golden: Ledger, case: str) -> Results:
    written: Any = golden.json(f"{FOLDER}/crowd_results_{case}.json.gz")
    triples = np.array([row["keypoints"] for row in written], dtype=np.float64)
    return Results(
        image_ids=np.array([row["image_id"] for row in written], dtype=np.int64),
        keypoints=triples.reshape(len(written), -1, 3)[..., :2],
        scores=np.array([row["score"] for row in written], dtype=np.float64),
    )


def matched(golden: Ledger, truth: CrowdTruth, case: str) -> tuple[Results, Matches]:
    results = results_of(golden, case)
    return results, match(truth.people, results, SIGMAS)


@each(STATS)
def test_the_facts_of_the_file(
    file: str, golden: Ledger, crowd: crowdpose.CrowdAnnotations
) -> None:
    content: Any = golden.json(file)
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
    golden.check_value(file, "facts", [ours[name] for name in facts], list(facts.values()))


@each(f"{FOLDER}/crowd_results_*.json.gz")
def test_curves_and_figures(file: str, golden: Ledger, truth: CrowdTruth) -> None:
    case = file.removeprefix(f"{FOLDER}/crowd_results_").removesuffix(".json.gz")
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
    order = truth.image_ids.argsort()
    table = ranked(truth.people, *matched(golden, truth, case), truth.image_ids[order])
    once = np.ones((1, len(order)), dtype=np.int64)
    averages = crowd_averages(table, truth.crowd_index[order], once)
    assert averages == {name: [value] for name, value in figures.items()}
    numpy1: Any = golden.json(STATS_NUMPY1)
    golden.check_value(STATS_NUMPY1, "stats", ours, list(numpy1["stats"][case].values()))
    if case == "high":
        eleven = [*ours[:3], 0, 0, *ours[3:]]
        golden.check_value(STATS, "official_11", eleven, content["official_11"])


@each(IMAGES)
def test_oks_and_matches_of_single_images(file: str, golden: Ledger, truth: CrowdTruth) -> None:
    content: Any = golden.json(file)
    results, matches = matched(golden, truth, content["case"])
    check_images(golden, file, truth.people, results, matches, SIGMAS)
