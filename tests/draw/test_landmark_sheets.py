"""Sheets of training crops and of the worst cases: what is on them, and in which order."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from cli.command import called
from numpy.typing import NDArray
from specs import landmark_task
from worlds import SMALL, landmarks, small_classifier, small_weights, small_world

from hrbench import catalog, network
from hrbench.data.loader import Batch
from hrbench.draw import landmark_sheets
from hrbench.draw.drawing import LEFT, RIGHT
from hrbench.kinds.landmarks import scoring
from hrbench.metrics.named import oks
from hrbench.metrics.nme import FaceTruth
from hrbench.metrics.pckh import HeadTruth
from hrbench.metrics.people import Truth
from hrbench.metrics.registry import METRICS
from hrbench.metrics.sample_errors import PoseErrors
from hrbench.report.predictions import Predictions

POSE = landmark_task("coco-pose@tiny")
COCO = catalog.load_dataset("coco")


def predictions(keypoints: NDArray[Any], image_ids: list[int]) -> Predictions:
    count = len(keypoints)
    return Predictions(
        sample_ids=np.arange(count),
        image_ids=np.array(image_ids),
        boxes=np.tile([0.0, 0, 100, 100], (count, 1)),
        box_scores=np.ones(count),
        centers=np.full((count, 2), 50.0, np.float32),
        scales=np.full((count, 2), 0.5, np.float32),
        keypoints=keypoints.astype(np.float32),
        scores=np.ones(keypoints.shape[:2], np.float32),
        scored_images=np.unique(image_ids),
    )


def people(keypoints: NDArray[np.float64], image_ids: list[int]) -> Truth:
    count, points = keypoints.shape[:2]
    return Truth(
        ids=np.arange(count),
        image_ids=np.array(image_ids),
        keypoints=keypoints,
        visibility=np.full((count, points), 2),
        num_keypoints=np.full(count, points),
        areas=np.full(count, 2500.0),
        boxes=np.tile([0.0, 0, 50, 50], (count, 1)),
        crowd=np.zeros(count, dtype=np.bool_),
    )


def errors_of(task: str, found: Predictions, truth: Any) -> PoseErrors:
    spec = landmark_task(task)
    dataset = catalog.load_dataset(spec.dataset)
    metric = METRICS[str(spec.protocol.metric)]
    about = scoring.setting(spec, dataset)
    errors: PoseErrors = metric.errors(metric.compare(truth, scoring.measurable(found), about))
    return errors


def test_a_person_is_set_beside_the_most_similar_pose_of_its_image() -> None:
    rng = np.random.default_rng(0)
    truth = rng.uniform(0, 100, (3, 17, 2))
    poses = np.stack([truth[1] + 50, truth[0], truth[1] + 1])
    found = errors_of("coco-pose@tiny", predictions(poses, [7, 7, 8]), people(truth, [7, 8, 9]))
    np.testing.assert_allclose(found.errors[0], 0, atol=1e-6)
    np.testing.assert_allclose(found.predicted[0], truth[0], atol=1e-4)
    assert 0 < found.errors[1] < 0.2  # moved by a pixel
    assert found.errors[2] == 1  # nobody was found in its image
    assert np.isnan(found.predicted[2]).all()
    assert found.missed.tolist() == [False, False, True]
    assert found.words[2] == "not found"
    assert [rows.tolist() for rows in found.worst(2)] == [[1], [2]]
    assert [rows.tolist() for rows in found.worst(9)] == [[1, 0], [2]]


def test_somebody_else_far_away_is_not_a_pose_of_a_person() -> None:
    rng = np.random.default_rng(0)
    truth = rng.uniform(0, 50, (2, 17, 2))
    annotated = people(truth, [7, 7])
    found = predictions(np.stack([truth[0] + 1000, truth[1] + 20]), [7, 7])
    found = replace(found, boxes=np.array([[1000.0, 1000, 50, 50], [10, 0, 50, 50]]))
    errors = errors_of("coco-pose@tiny", found, annotated)
    np.testing.assert_allclose(errors.predicted[1], truth[1] + 20, atol=1e-4)
    assert errors.errors[1] > 0.9  # posed badly in a box of theirs
    alone = replace(found, image_ids=np.array([7, 8]), scored_images=np.array([7, 8]))
    assert errors_of("coco-pose@tiny", alone, annotated).words == ("not found", "not found")


def test_a_third_of_a_sheet_is_of_those_that_were_not_found_the_largest_first() -> None:
    truth = np.tile(np.linspace(0, 40, 17)[None, :, None], (6, 1, 2))
    truth[4:] *= np.array([1, 2])[:, None, None]
    found = errors_of(
        "coco-pose@tiny",
        predictions(truth[:4] + np.arange(4)[:, None, None], [0, 1, 2, 3]),
        people(truth, [0, 1, 2, 3, 4, 5]),
    )
    assert [rows.tolist() for rows in found.worst(3)] == [[3, 2], [5]]
    assert [rows.tolist() for rows in found.worst(6)] == [[3, 2, 1, 0], [5, 4]]


def test_a_case_shows_truth_answer_and_what_is_between_them_and_names_itself(
    tmp_path: Path,
) -> None:
    task = landmarks("coco-pose@tiny", small_world())
    evaluation = task.evaluation()
    truth = evaluation.truth
    poses = predictions(truth.keypoints + 9, truth.image_ids.tolist())
    poses = replace(poses, boxes=truth.boxes)
    sure, unsure, apart = (
        replace(poses, scores=np.full(poses.scores.shape, score, np.float32))
        for score in (0.9, 0.1, 0.0)
    )
    drawn = []
    for found in (sure, unsure, apart):
        beside = oks.errors_of(truth, scoring.measurable(found), task.setting)
        assert landmark_sheets.draw_worst(tmp_path, COCO, evaluation, beside, 3) is not None
        sheet = cv2.imread(str(tmp_path / "worst.png"))
        assert sheet is not None
        drawn.append(sheet)
    reds = [int((sheet == landmark_sheets.AWAY).all(axis=2).sum()) for sheet in drawn]
    lefts = [int((sheet == LEFT).all(axis=2).sum()) for sheet in drawn]
    assert reds[0] > 100 > reds[1]
    assert lefts[0] > 100 > lefts[1]
    assert not np.array_equal(drawn[1], drawn[2])  # faint, but there
    assert drawn[0].shape[1] == landmark_sheets.COLUMNS * (
        landmark_sheets.TILE + landmark_sheets.GAP
    )


def test_persons_that_are_not_to_be_found_are_no_cases() -> None:
    truth = people(np.ones((3, 17, 2)), [1, 1, 1])
    truth.crowd[0] = True
    truth.num_keypoints[1] = 0
    found = errors_of("coco-pose@tiny", predictions(np.ones((1, 17, 2)), [1]), truth)
    assert len(found.errors) == 1


def test_a_split_without_anybody_has_no_sheet(tmp_path: Path) -> None:
    nobody = errors_of(
        "coco-pose@tiny", predictions(np.ones((1, 17, 2)), [1]), people(np.ones((0, 17, 2)), [])
    )
    assert len(nobody.errors) == 0
    evaluation = landmarks("coco-pose@tiny", small_world()).evaluation()
    assert landmark_sheets.draw_worst(tmp_path, COCO, evaluation, nobody, 4) is None


def test_a_face_counts_by_its_own_normaliser() -> None:
    points = np.zeros((2, 68, 2))
    sizes = {"inter-ocular": np.array([10.0, 20.0])}
    truth = FaceTruth(np.arange(2), points, sizes)
    found = errors_of("300w@tiny", predictions(points + np.array([3, 4]), [1, 2]), truth)
    assert found.words == ("NME 50.00 %", "NME 25.00 %")  # 5 pixels of 10, and of 20
    assert found.worst(1)[0].tolist() == [0]
    assert found.ids.tolist() == [0, 1]


def test_a_joint_of_mpii_counts_in_head_sizes_where_it_is_labelled() -> None:
    points, missing = np.ones((1, 16, 2)), np.zeros((1, 16), dtype=np.bool_)
    missing[0, 8:] = True
    truth = HeadTruth(points, missing, np.array([10.0]))
    found = errors_of(
        "mpii-pose@tiny", predictions(np.zeros((1, 16, 2)) + np.array([0, 5]), [1]), truth
    )
    assert found.words == ("0.50 head sizes",)  # truth counts pixels from 1
    assert np.isnan(found.truth[0, 8:]).all()


def test_a_training_crop_shows_its_target_and_its_sides(tmp_path: Path) -> None:
    keypoints = torch.full((1, 17, 2), 20.0, dtype=torch.float64)
    keypoints[0, 5], keypoints[0, 6] = torch.tensor([70.0, 60]), torch.tensor([30.0, 60])
    visible = torch.zeros((1, 17), dtype=torch.bool)
    visible[0, 5:7] = True  # the shoulders; the left one is to the right
    batch = Batch(torch.zeros((1, 128, 96, 3), dtype=torch.uint8), keypoints, visible)
    place = landmark_sheets.draw_training(tmp_path, COCO, batch, network.codec(POSE))
    sheet = cv2.imread(str(place))
    assert sheet is not None
    scale = landmark_sheets.TILE / 128
    at = [tuple(sheet[round(60 * scale), round(x * scale)]) for x in (70, 30)]
    assert at == [LEFT, RIGHT]
    near = sheet[round(65 * scale), round(70 * scale)].astype(int)  # beside the dot, on the bump
    assert near[2] > 30 + near[:2].max()
    assert sheet[round(100 * scale), round(50 * scale)].max() == 0  # no target there


@pytest.mark.parametrize(
    ("task", "dataset"),
    [("coco-pose@tiny", "coco"), ("300w@tiny", "300w"), ("imagenet@tiny", "imagenet")],
)
def test_a_run_draws_both_sheets_where_pictures_are_asked_for(
    task: str, dataset: str, tmp_path: Path
) -> None:
    arguments = ["run", task, "--data", str(small_world(dataset=dataset)), "--device", "cpu"]
    changes = SMALL if task != "imagenet@tiny" else SMALL[:2]
    training = [word for change in changes for word in ("--set", change)]
    ended = called(tmp_path, *arguments, *training, "--pictures", "4")
    assert ended.status == 0, ended.err
    drawn = {Path(name).name for name in ended.new} & {"training.png", "worst.png"}
    assert drawn == {"training.png", "worst.png"}
    assert ended.err.count("look at: ") == 2
    weights = small_classifier(task) if task == "imagenet@tiny" else small_weights(task)
    ended = called(tmp_path, *arguments, "--weights", str(weights))
    assert ended.status == 0, ended.err
    assert not {Path(name).name for name in ended.new} & {"training.png", "worst.png"}
