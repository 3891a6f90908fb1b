"""The official COCO evaluation: OKS, suppression, matches, curves, figures (parts E and F)."""

import math
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

import numpy as np
import pytest
from golden.folder import each
from golden.ledger import Ledger
from golden.matches import check_images
from numpy.typing import NDArray

from hrbench.metrics.average_precision import curves, figures
from hrbench.metrics.coco_keypoints import score_poses
from hrbench.metrics.matched import Matched, matched
from hrbench.metrics.matching import match
from hrbench.metrics.nms import decay, oks_nms, soft_oks_nms, soft_order
from hrbench.metrics.oks import oks
from hrbench.metrics.people import Poses, Results, Truth
from hrbench.metrics.ranked import ranked
from hrbench.metrics.selection import SuppressionName, coco_results

FOLDER = "pose_eval"
NUMPY1 = f"{FOLDER}/coco_numpy1.npz"
STATS, STATS_NUMPY1 = f"{FOLDER}/coco_stats.json", f"{FOLDER}/coco_stats_numpy1.json"
PROBES, PROBES_NUMPY1 = f"{FOLDER}/coco_probes.json.gz", f"{FOLDER}/coco_probes_numpy1.json"
each_set = each(f"{FOLDER}/coco_*.npz", but=NUMPY1)

SIGMAS = np.array([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89]) / 1000
NAMES = ["AP", "AP50", "AP75", "APM", "APL", "AR", "AR50", "AR75", "ARM", "ARL"]
FLIP_PAIRS = [(left, left + 1) for left in range(1, 17, 2)]
SUPPRESSION: dict[str, SuppressionName] = {"hard": "oks", "soft": "soft"}

SAME_IN_ALL = [  # probes that all packages answer alike
    "plain",
    "labelled_crowd",
    "degenerate_false_positive",
    "ignore_flag_set",
    "exact_match",
    "zero_area",
]
OF_PYCOCOTOOLS = [*SAME_IN_ALL, "all_keypoint_scores_zero", "num_keypoints_zero_but_labelled"]
OF_XTCOCOTOOLS = [*SAME_IN_ALL, "gt_id_zero", "no_results"]


def set_of(file: str) -> str:
    """Return the set of pose_eval/coco_real.npz and of all files beside it: real."""
    return PurePath(file).name.split("_")[1].split(".")[0]


def annotations_of(golden: Ledger, name: str) -> list[dict[str, Any]]:
    """Return the truth of a set: it lies beside its arrays, or with the real images."""
    places = golden.files(f"{FOLDER}/coco_{name}_annotations.json*")
    places += golden.files(f"../real/{'coco' if name == 'real' else name}/**/*.json")
    contents: list[Any] = [golden.json(place) for place in places]
    found = (c["annotations"] for c in contents if isinstance(c, dict) and "annotations" in c)
    annotations: list[dict[str, Any]] = next(found)
    return annotations


def truth_of(annotations: list[dict[str, Any]]) -> Truth:
    def column(name: str, kind: type) -> NDArray[Any]:
        return np.array([annotation[name] for annotation in annotations], dtype=kind)

    triples = column("keypoints", float).reshape(len(annotations), -1, 3)
    return Truth(
        ids=column("id", int),
        image_ids=column("image_id", int),
        keypoints=triples[..., :2],
        visibility=triples[..., 2].astype(int),
        num_keypoints=column("num_keypoints", int),
        areas=column("area", float),
        boxes=column("bbox", float),
        crowd=column("iscrowd", bool),
    )


def poses_of(preds: NDArray[Any], boxes: NDArray[Any], image_ids: NDArray[Any]) -> Poses:
    return Poses(
        image_ids=image_ids,
        keypoints=preds[..., :2],
        keypoint_scores=preds[..., 2],
        box_scores=boxes[:, 5],
        box_areas=boxes[:, 4],
    )


def figures_of(found: Matched) -> list[float]:
    return fractions(score_poses(found, [str(index) for index in range(17)]).figures)


def cases(golden: Ledger, file: str) -> list[str]:
    return golden.names(file, r"(.+)_kept")


def matched_case(golden: Ledger, file: str, case: str) -> Matched:
    """Match a case: det_low_soft, or with the limits in its name, mid_hard_oks0.9_vis0.2."""
    arrays, parts = golden.load(file), case.split("_")
    protocol: dict[str, Any] = {"nms": SUPPRESSION["soft" if "soft" in parts else "hard"]}
    if "preds_" + parts[0] in arrays:
        preds, prefix = arrays["preds_" + parts[0]], ""
        _, _, overlap, visible = parts
        protocol["nms_threshold"] = float(overlap.removeprefix("oks"))
        protocol["keypoint_threshold"] = float(visible.removeprefix("vis"))
    else:
        preds, prefix = arrays[f"{parts[0]}_{parts[1]}_preds"], f"{parts[0]}_"
    poses = poses_of(preds, arrays[f"{prefix}boxes"], arrays[f"{prefix}image_id"])
    truth = truth_of(annotations_of(golden, set_of(file)))
    return matched(truth, poses, sigmas=SIGMAS, flip_pairs=FLIP_PAIRS, **protocol)


def fractions(values: dict[str, float]) -> list[float]:
    """Return the figures as pycocotools does: 0 to 1, and -1 where there is nobody to find."""
    return [-1.0 if math.isnan(values[name]) else values[name] / 100 for name in NAMES]


def variants(index: Any) -> Iterator[tuple[str, float | None, dict[str, float]]]:
    thresholds = {f"t{t}": threshold for t, threshold in enumerate(index["thresholds"])}
    for v, visible in enumerate(index["in_vis_thre"]):
        yield f"v{v}", visible, {f"v{v}_{t}": threshold for t, threshold in thresholds.items()}


def kept(suppress: Any, *image: Any) -> NDArray[np.intp]:
    order, stays = suppress(*image)
    rows: NDArray[np.intp] = order[stays]
    return rows


each_index = each(f"{FOLDER}/oks*_index.json")


@each_index
def test_oks_and_kept_orders_of_single_images(file: str, golden: Ledger) -> None:
    index: Any = golden.json(file)
    for described in index["cases"]:
        check_order(golden, file.removesuffix("_index.json"), described["key"], index)


def check_order(golden: Ledger, stem: str, case: str, index: Any) -> None:
    arrays: dict[str, NDArray[Any]] = golden.load(f"{stem}.npz")
    poses, areas, scores = (arrays[case + name] for name in ("kpts", "areas", "scores"))
    sigmas = arrays.get(f"{case}sigmas", SIGMAS)
    for name, threshold, suppressions in variants(index):
        least = -np.inf if threshold is None else threshold
        overlap = oks(poses[..., :2], areas, sigmas, poses[..., 2] > least)
        golden.check(f"{stem}.npz", f"{case}oks_{name}", overlap)
        for suffix, limit in suppressions.items():
            for arrays_file in golden.files(f"{stem}*.npz"):  # of NumPy 2, and of 1
                golden.check(
                    arrays_file, f"{case}keep_{suffix}", kept(oks_nms, overlap, scores, limit)
                )
                soft = kept(soft_oks_nms, overlap, scores, limit)
                golden.check(arrays_file, f"{case}soft_keep_{suffix}", soft)
            _, lowered = soft_order(overlap, scores, limit)
            golden.check(f"{stem}.npz", f"{case}soft_scores_{suffix}", lowered)


@each_index
def test_lowered_scores(file: str, golden: Ledger) -> None:
    stem = file.removesuffix("_index.json")
    arrays: dict[str, NDArray[Any]] = golden.load(f"{stem}.npz")
    index: Any = golden.json(file)
    for t, threshold in enumerate(index["thresholds"]):
        scores = arrays["rescore_in"].copy()
        lowered = decay(scores, arrays["rescore_overlap"], threshold)
        golden.check(f"{stem}.npz", f"rescore_gaussian_t{t}", lowered)
        golden.check(f"{stem}.npz", f"rescore_gaussian_t{t}_input_after", scores)


@each_index
def test_no_people_leave_nobody(file: str, golden: Ledger) -> None:
    content: Any = golden.json(file)
    for suppress in (oks_nms, soft_oks_nms):
        rows = kept(suppress, np.zeros((0, 0)), np.zeros(0), 0.9)
        golden.check_value(file, "empty", rows, content["empty"][suppress.__name__])


@each_set
def test_scores_kept_poses_curves_and_figures(file: str, golden: Ledger) -> None:
    stats: Any = golden.json(STATS)
    golden.check_value(STATS, "names", NAMES, stats["names"])
    for case in cases(golden, file):
        found = matched_case(golden, file, case)
        golden.check(file, f"{case}_rescored", found.selection.scores)
        golden.check(file, f"{case}_kept", found.selection.kept)
        drawn = curves(found.matches, found.results)
        for name in ("precision", "recall", "scores"):
            values = getattr(drawn, name)
            golden.check(file, f"{case}_{name}", values[..., None, :, None])  # category, limit
        official = stats["stats"][f"{set_of(file)}_{case}"]
        expected = [official[figure] for figure in NAMES]
        golden.check_value(STATS, "stats", figures_of(found), expected)
        assert fractions(averages_of_images(found)) == figures_of(found)


def averages_of_images(found: Matched) -> dict[str, float]:
    """Return the figures of every image drawn once, from what each image adds to them."""
    images = np.union1d(found.truth.image_ids, found.results.image_ids)
    table = ranked(found.truth, found.results, found.matches, images)
    once = table.averages(np.ones((1, len(images)), dtype=np.int64))
    return {name: 100 * float(values[0]) for name, values in once.items()}


@each(STATS)
def test_every_case_of_the_table_has_its_arrays(file: str, golden: Ledger) -> None:
    stats: Any = golden.json(file)
    sets = [path for path in golden.files(f"{FOLDER}/coco_*.npz") if path != NUMPY1]
    there = {f"{set_of(path)}_{case}" for path in sets for case in cases(golden, path)}
    assert {name for name in stats["stats"] if not name.startswith("_")} == there


@each(NUMPY1)
def test_numpy_1_kept_the_same_poses_with_nearly_the_same_scores(file: str, golden: Ledger) -> None:
    stats: Any = golden.json(STATS_NUMPY1)
    for name in golden.names(file, r"(.+)_kept"):
        if golden.row(file, f"{name}_kept").tolerance is None:
            continue
        of_set, _, case = name.partition("_")
        found = matched_case(golden, f"{FOLDER}/coco_{of_set}.npz", case)
        golden.check(file, f"{name}_kept", found.selection.kept)
        golden.check(file, f"{name}_rescored", found.selection.scores)
        official = [stats["stats"][name][figure] for figure in NAMES]
        golden.check_value(STATS_NUMPY1, "stats", figures_of(found), official)


def check_written(
    golden: Ledger, file: str, key: str, official: list[Any], case: tuple[str, str]
) -> None:
    found = matched_case(golden, *case)
    written: list[Any] = coco_results(found.poses, found.selection)
    for name in ("image_id", "category_id", "keypoints", "score"):
        ours, theirs = ([result[name] for result in rows] for rows in (written, official))
        golden.check_value(file, key, ours, theirs)
    arrays = golden.load(case[0])
    boxes: Any = arrays.get("boxes", arrays.get(f"{case[1].split('_')[0]}_boxes"))
    kept = boxes[found.selection.kept]
    golden.check_value(file, key, kept[:, :2], [result["center"] for result in official])
    golden.check_value(file, key, kept[:, 2:4], [result["scale"] for result in official])


@each(f"{FOLDER}/coco_*_results.json.gz")
def test_results_written_for_every_case_of_a_set(file: str, golden: Ledger) -> None:
    content: Any = golden.json(file)
    for case, official in content.items():
        check_written(golden, file, case, official, (arrays_of(file), case))


@each(f"{FOLDER}/coco_*_results_*.json.gz")
def test_results_written_for_one_case(file: str, golden: Ledger) -> None:
    official: Any = golden.json(file)
    case = PurePath(file).name.removesuffix(".json.gz").partition("_results_")[2]
    check_written(golden, file, "*", official, (arrays_of(file), case))


def arrays_of(file: str) -> str:
    return f"{FOLDER}/coco_{set_of(file)}.npz"


@each(f"{FOLDER}/coco_*_images.json.gz")
def test_oks_and_matches_of_single_images(file: str, golden: Ledger) -> None:
    content: Any = golden.json(file)
    found = matched_case(golden, arrays_of(file), content["case"])
    check_images(golden, file, found.truth, found.results, found.matches, SIGMAS)


def probe_figures(golden: Ledger, probe: str) -> list[float]:
    content: Any = golden.json(PROBES)
    written = content[probe]["results"]
    triples = np.array([result["keypoints"] for result in written], dtype=np.float64)
    results = Results(
        image_ids=np.array([result["image_id"] for result in written], dtype=np.int64),
        keypoints=triples.reshape(len(written), len(SIGMAS), 3)[..., :2],
        scores=np.array([result["score"] for result in written], dtype=np.float64),
    )
    truth = truth_of(content[probe]["annotations"]["annotations"])
    return fractions(figures(curves(match(truth, results, SIGMAS), results)))


def there_of(golden: Ledger, file: str, probes: list[str]) -> dict[str, Any]:
    content: Any = golden.json(file)
    return {probe: content[probe] for probe in probes if probe in content}


@each(PROBES)
def test_odd_inputs_score_as_in_pycocotools(file: str, golden: Ledger) -> None:
    for probe, described in there_of(golden, file, OF_PYCOCOTOOLS).items():
        ours = probe_figures(golden, probe)
        golden.check_value(file, probe, ours, described["pycocotools"])
        golden.check_value(file, probe, ours, described["faster_coco_eval"])


@each(PROBES_NUMPY1)
def test_odd_inputs_score_as_in_xtcocotools(file: str, golden: Ledger) -> None:
    for probe, described in there_of(golden, file, OF_XTCOCOTOOLS).items():
        ours = probe_figures(golden, probe)
        golden.check_value(file, probe, ours, described["xtcocotools"])


@each(PROBES)
def test_no_results_score_zero_where_pycocotools_stops(file: str, golden: Ledger) -> None:
    for probe, described in there_of(golden, file, ["no_results"]).items():
        ours = probe_figures(golden, probe)
        golden.check_value(file, probe, ours, described["faster_coco_eval"])


@each(PROBES)
def test_a_nan_is_refused_where_pycocotools_takes_it_for_a_match(file: str, golden: Ledger) -> None:
    for probe in there_of(golden, file, ["nan_in_prediction"]):
        with pytest.raises(ValueError, match="value that is not a number"):
            probe_figures(golden, probe)
