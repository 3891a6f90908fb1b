"""The official COCO evaluation: OKS, suppression, matches, curves, figures (parts E and F)."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from golden.ledger import Ledger
from numpy.typing import NDArray

from hrbench.metrics.average_precision import curves, figures
from hrbench.metrics.coco_keypoints import PoseScores, score_poses
from hrbench.metrics.matching import AREA_RANGES, match, rank_by_image
from hrbench.metrics.nms import decay, oks_nms, soft_oks_nms, soft_order
from hrbench.metrics.oks import oks, oks_with_truth
from hrbench.metrics.people import Poses, Results, Truth
from hrbench.metrics.selection import SuppressionName, as_results, coco_results

FOLDER = "pose_eval"
OKS, OKS_NUMPY1 = f"{FOLDER}/oks.npz", f"{FOLDER}/oks_numpy1.npz"
REAL, SYNTHETIC = f"{FOLDER}/coco_real.npz", f"{FOLDER}/coco_synthetic.npz"
NUMPY1 = f"{FOLDER}/coco_numpy1.npz"
STATS, STATS_NUMPY1 = f"{FOLDER}/coco_stats.json", f"{FOLDER}/coco_stats_numpy1.json"
PROBES, PROBES_NUMPY1 = f"{FOLDER}/coco_probes.json.gz", f"{FOLDER}/coco_probes_numpy1.json"
TRUTH = {
    REAL: "../real/coco/annotations/person_keypoints_val2017.json",
    SYNTHETIC: f"{FOLDER}/coco_synthetic_annotations.json.gz",
}

SIGMAS = np.array([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89]) / 1000
NAMES = ["AP", "AP50", "AP75", "APM", "APL", "AR", "AR50", "AR75", "ARM", "ARL"]
SUPPRESSION: dict[str, SuppressionName] = {"hard": "oks", "soft": "soft"}

REAL_CASES = [
    *(f"det_{level}{soft}" for soft in ("", "_soft") for level in ("low", "mid", "high")),
    *(f"gt_{level}" for level in ("low", "mid", "high")),
]
SYNTHETIC_CASES = [
    *(f"{level}_hard_oks0.9_vis0.2" for level in ("low", "mid", "high", "edge", "ties")),
    *(f"{level}_soft_oks0.9_vis0.2" for level in ("mid", "high", "ties")),
    "mid_hard_oks0.5_vis0.2",
    "mid_soft_oks0.5_vis0.0",
]
CASES = [(REAL, case) for case in REAL_CASES] + [(SYNTHETIC, case) for case in SYNTHETIC_CASES]
OKS_CASES = [f"c{number:02d}_" for number in range(15)]
SAME_IN_ALL = [  # probes that all packages answer alike
    "plain",
    "labelled_crowd",
    "degenerate_false_positive",
    "ignore_flag_set",
    "exact_match",
    "zero_area",
]


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


def score(truth: Truth, poses: Poses, **protocol: Any) -> PoseScores:
    return score_poses(
        truth,
        poses,
        sigmas=SIGMAS,
        keypoint_names=[str(index) for index in range(17)],
        flip_pairs=[(left, left + 1) for left in range(1, 17, 2)],
        **protocol,
    )


def scored_case(golden: Ledger, file: str, case: str) -> tuple[Poses, PoseScores]:
    content: Any = golden.json(TRUTH[file])
    arrays = golden.load(file)
    if file == REAL:
        source, level, *soft = case.split("_")
        preds, prefix = arrays[f"{source}_{level}_preds"], f"{source}_"
        protocol: dict[str, Any] = {"nms": SUPPRESSION["soft" if soft else "hard"]}
    else:
        level, kind, overlap, visible = case.split("_")
        preds, prefix = arrays[f"preds_{level}"], ""
        protocol = {
            "nms": SUPPRESSION[kind],
            "nms_threshold": float(overlap.removeprefix("oks")),
            "keypoint_threshold": float(visible.removeprefix("vis")),
        }
    poses = poses_of(preds, arrays[f"{prefix}boxes"], arrays[f"{prefix}image_id"])
    return poses, score(truth_of(content["annotations"]), poses, **protocol)


def fractions(values: dict[str, float]) -> list[float]:
    """Return the figures as pycocotools does: 0 to 1, and -1 where there is nobody to find."""
    return [-1.0 if math.isnan(values[name]) else values[name] / 100 for name in NAMES]


def variants(golden: Ledger) -> Iterator[tuple[str, float | None, dict[str, float]]]:
    index: Any = golden.json(f"{FOLDER}/oks_index.json")
    thresholds = {f"t{t}": threshold for t, threshold in enumerate(index["thresholds"])}
    for v, visible in enumerate(index["in_vis_thre"]):
        yield f"v{v}", visible, {f"v{v}_{t}": threshold for t, threshold in thresholds.items()}


@pytest.mark.parametrize("case", OKS_CASES)
def test_oks_and_kept_orders_of_one_image(golden: Ledger, case: str) -> None:
    arrays: dict[str, NDArray[Any]] = golden.load(OKS)
    poses, areas, scores = (arrays[case + name] for name in ("kpts", "areas", "scores"))
    sigmas = arrays.get(f"{case}sigmas", SIGMAS)
    for name, threshold, suppressions in variants(golden):
        least = -np.inf if threshold is None else threshold
        overlap = oks(poses[..., :2], areas, sigmas, poses[..., 2] > least)
        golden.check(OKS, f"{case}oks_{name}", overlap)
        for suffix, limit in suppressions.items():
            for file in (OKS, OKS_NUMPY1):
                golden.check(file, f"{case}keep_{suffix}", oks_nms(overlap, scores, limit))
                soft = soft_oks_nms(overlap, scores, limit)
                golden.check(file, f"{case}soft_keep_{suffix}", soft)
            _, lowered = soft_order(overlap, scores, limit)
            golden.check(OKS, f"{case}soft_scores_{suffix}", lowered)


def test_lowered_scores(golden: Ledger) -> None:
    arrays: dict[str, NDArray[Any]] = golden.load(OKS)
    index: Any = golden.json(f"{FOLDER}/oks_index.json")
    for t, threshold in enumerate(index["thresholds"]):
        scores = arrays["rescore_in"].copy()
        lowered = decay(scores, arrays["rescore_overlap"], threshold)
        golden.check(OKS, f"rescore_gaussian_t{t}", lowered)
        golden.check(OKS, f"rescore_gaussian_t{t}_input_after", scores)


def test_no_people_leave_nobody(golden: Ledger) -> None:
    file = f"{FOLDER}/oks_index.json"
    content: Any = golden.json(file)
    for suppress in (oks_nms, soft_oks_nms):
        kept = suppress(np.zeros((0, 0)), np.zeros(0), 0.9)
        golden.check_value(file, "empty", kept, content["empty"][suppress.__name__])


@pytest.mark.parametrize(("file", "case"), CASES)
def test_scores_kept_poses_curves_and_figures(golden: Ledger, file: str, case: str) -> None:
    poses, scores = scored_case(golden, file, case)
    golden.check(file, f"{case}_rescored", scores.selection.scores)
    golden.check(file, f"{case}_kept", scores.selection.kept)
    drawn = curves(scores.matches, as_results(poses, scores.selection))
    for name in ("precision", "recall", "scores"):
        values = getattr(drawn, name)
        golden.check(file, f"{case}_{name}", values[..., None, :, None])  # category, limit
    stats: Any = golden.json(STATS)
    name = f"{'real' if file == REAL else 'synthetic'}_{case}"
    official = [stats["stats"][name][figure] for figure in stats["names"]]
    golden.check_value(STATS, "names", NAMES, stats["names"])
    golden.check_value(STATS, "stats", fractions(scores.figures), official)


@pytest.mark.parametrize(
    ("file", "case"), [(file, case) for file, case in CASES if not case.startswith("edge")]
)
def test_numpy_1_kept_the_same_poses_with_nearly_the_same_scores(
    golden: Ledger, file: str, case: str
) -> None:
    _, scores = scored_case(golden, file, case)
    name = f"{'real' if file == REAL else 'synthetic'}_{case}"
    golden.check(NUMPY1, f"{name}_kept", scores.selection.kept)
    golden.check(NUMPY1, f"{name}_rescored", scores.selection.scores)
    stats: Any = golden.json(STATS_NUMPY1)
    official = [stats["stats"][name][figure] for figure in NAMES]
    golden.check_value(STATS_NUMPY1, "stats", fractions(scores.figures), official)


def check_written(
    golden: Ledger, file: str, key: str, official: list[Any], case: tuple[str, str]
) -> None:
    poses, scores = scored_case(golden, *case)
    written: list[Any] = coco_results(poses, scores.selection)
    for name in ("image_id", "category_id", "keypoints", "score"):
        ours, theirs = ([result[name] for result in rows] for rows in (written, official))
        golden.check_value(file, key, ours, theirs)
    prefix = "" if case[0] == SYNTHETIC else case[1].split("_")[0] + "_"
    boxes: Any = golden.load(case[0])[f"{prefix}boxes"][scores.selection.kept]
    golden.check_value(file, key, boxes[:, :2], [result["center"] for result in official])
    golden.check_value(file, key, boxes[:, 2:4], [result["scale"] for result in official])


@pytest.mark.parametrize("case", REAL_CASES)
def test_results_written_for_the_real_slice(golden: Ledger, case: str) -> None:
    file = f"{FOLDER}/coco_real_results.json.gz"
    official: Any = golden.json(file)
    check_written(golden, file, case, official[case], (REAL, case))


@pytest.mark.parametrize("case", ["mid_hard_oks0.9_vis0.2", "mid_soft_oks0.9_vis0.2"])
def test_results_written_for_the_synthetic_set(golden: Ledger, case: str) -> None:
    file = f"{FOLDER}/coco_synthetic_results_{case}.json.gz"
    official: Any = golden.json(file)
    check_written(golden, file, "*", official, (SYNTHETIC, case))


def test_oks_and_matches_of_single_images(golden: Ledger) -> None:
    file = f"{FOLDER}/coco_synthetic_images.json.gz"
    content: Any = golden.json(file)
    annotations: Any = golden.json(TRUTH[SYNTHETIC])
    truth = truth_of(annotations["annotations"])
    poses, scores = scored_case(golden, SYNTHETIC, content["case"])
    results = as_results(poses, scores.selection)
    ranked, _ = rank_by_image(results)
    for image in content["images"]:
        people = np.flatnonzero(truth.image_ids == image["image_id"])
        here = np.flatnonzero(results.image_ids[ranked] == image["image_id"])
        rows = ranked[here]
        pairs = np.repeat(rows, len(people)), np.tile(people, len(rows))
        fit = oks_with_truth(results, truth, SIGMAS, *pairs).reshape(len(rows), len(people))
        golden.check_value(file, "images", fit, np.reshape(image["oks"], fit.shape))
        for area, name in enumerate(AREA_RANGES):
            official = {key: np.array(value) for key, value in image["areas"][name].items()}
            found = scores.matches.found[area][:, here]
            last = scores.matches.optional[area][people]
            order = people[last.argsort(kind="stable")]
            assert np.array_equal(rows + 1, official["dt_ids"])
            assert np.array_equal(results.scores[rows], official["dt_scores"])
            assert np.array_equal(np.append(truth.ids, 0)[found], official["dt_matches"])
            assert np.array_equal(scores.matches.ignored[area][:, here], official["dt_ignore"])
            assert np.array_equal(truth.ids[order], official["gt_ids"])
            assert np.array_equal(np.sort(last), official["gt_ignore"])
            assert np.array_equal(finders(found, order, rows + 1), official["gt_matches"])


def finders(
    found: NDArray[np.int32], people: NDArray[np.intp], result_ids: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Return (T, P): the id of the last result that found each person; 0: nobody did."""
    by = np.zeros((len(found), len(people)), dtype=np.intp)
    for whom, result_id in zip(found.T, result_ids, strict=True):
        by[whom[:, None] == people] = result_id
    return by


def probe_figures(golden: Ledger, probe: str) -> list[float]:
    content: Any = golden.json(PROBES)
    written = content[probe]["results"]
    triples = np.array([result["keypoints"] for result in written], dtype=np.float64)
    results = Results(
        image_ids=np.array([result["image_id"] for result in written], dtype=np.int64),
        keypoints=triples.reshape(len(written), 17, 3)[..., :2],
        scores=np.array([result["score"] for result in written], dtype=np.float64),
    )
    truth = truth_of(content[probe]["annotations"]["annotations"])
    return fractions(figures(curves(match(truth, results, SIGMAS), results)))


@pytest.mark.parametrize(
    "probe", [*SAME_IN_ALL, "all_keypoint_scores_zero", "num_keypoints_zero_but_labelled"]
)
def test_odd_inputs_score_as_in_pycocotools(golden: Ledger, probe: str) -> None:
    content: Any = golden.json(PROBES)
    ours = probe_figures(golden, probe)
    golden.check_value(PROBES, probe, ours, content[probe]["pycocotools"])
    golden.check_value(PROBES, probe, ours, content[probe]["faster_coco_eval"])


@pytest.mark.parametrize("probe", [*SAME_IN_ALL, "gt_id_zero", "no_results"])
def test_odd_inputs_score_as_in_xtcocotools(golden: Ledger, probe: str) -> None:
    content: Any = golden.json(PROBES_NUMPY1)
    ours = probe_figures(golden, probe)
    golden.check_value(PROBES_NUMPY1, probe, ours, content[probe]["xtcocotools"])


def test_no_results_score_zero_where_pycocotools_stops(golden: Ledger) -> None:
    content: Any = golden.json(PROBES)
    ours = probe_figures(golden, "no_results")
    golden.check_value(PROBES, "no_results", ours, content["no_results"]["faster_coco_eval"])


def test_a_nan_is_refused_where_pycocotools_takes_it_for_a_match(golden: Ledger) -> None:
    with pytest.raises(ValueError, match="value that is not a number"):
        probe_figures(golden, "nan_in_prediction")
