import json

import numpy as np
import pytest
from metrics.examples import poses, sigmas

from hrbench.metrics import selection
from hrbench.metrics.selection import coco_results, instance_scores, rows_by_image, select


def test_the_score_is_the_boxs_times_the_mean_of_the_confident_keypoints() -> None:
    keypoint_scores = np.array([[0.5, 0.7, 0.1]], dtype=np.float32)
    assert instance_scores(keypoint_scores, np.array([0.5]), 0.2)[0] == pytest.approx(0.3)


def test_a_keypoint_score_equal_to_the_threshold_does_not_count() -> None:
    keypoint_scores = np.array([[0.2, 0.6]], dtype=np.float32)
    assert instance_scores(keypoint_scores, np.array([1.0]), 0.2)[0] == pytest.approx(0.6)


def test_a_pose_without_a_confident_keypoint_scores_zero() -> None:
    assert instance_scores(np.full((1, 3), 0.1, np.float32), np.array([0.9]), 0.2).tolist() == [0]


def test_images_with_as_many_poses_are_done_together() -> None:
    rows = [group.tolist() for group in rows_by_image(np.array([7, 3, 7, 3, 9]))]
    assert rows == [[[4]], [[1, 3], [0, 2]]]


def test_images_of_more_pairs_than_fit_are_done_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "PAIRS_AT_ONCE", 8)
    rows = [group.tolist() for group in rows_by_image(np.repeat(np.arange(3), 2))]
    assert rows == [[[0, 1], [2, 3]], [[4, 5]]]


def test_poses_come_by_the_order_of_their_images_first_pose() -> None:
    apart = poses([[[0, 0]], [[0, 0]], [[99, 99]], [[0, 0]]], [0.4, 0.3, 0.6, 0.5], [7, 3, 7, 9])
    assert select(apart, sigmas=sigmas(1)).kept.tolist() == [2, 0, 1, 3]


def test_a_like_pose_in_another_image_is_no_repetition() -> None:
    same_place = poses([[[5, 5]]] * 3, [0.5, 0.9, 0.8], images=[2, 1, 2])
    selection = select(same_place, sigmas=sigmas(1))
    assert selection.kept.tolist() == [2, 1]  # image 2 first, its better pose only
    assert selection.scores == pytest.approx([0.5, 0.9, 0.8])  # of all, dropped or not


def test_without_suppression_every_pose_stays() -> None:
    same_place = poses([[[5, 5]]] * 3, [0.5, 0.9, 0.8], images=[2, 1, 2])
    assert select(same_place, sigmas=sigmas(1), nms="none").kept.tolist() == [0, 2, 1]


def test_soft_suppression_only_reorders() -> None:
    row = poses([[[5, 5]], [[5, 5]], [[999, 5]]], [0.9, 0.8, 0.7])
    selection = select(row, sigmas=sigmas(1), nms="soft")
    assert selection.kept.tolist() == [0, 2, 1]
    assert selection.scores == pytest.approx([0.9, 0.8, 0.7])


def test_no_pose_at_all_selects_none() -> None:
    assert select(poses(np.zeros((0, 1, 2)), []), sigmas=sigmas(1)).kept.size == 0


def test_the_upload_holds_what_the_test_server_asks_for() -> None:
    made = poses([[[1.5, 2], [3, 4]]], [0.5], images=[785], keypoint_scores=[[1.0, 0.5]])
    written = coco_results(made, select(made, sigmas=sigmas(2)))
    keypoints = [1.5, 2.0, 1.0, 3.0, 4.0, 0.5]
    expected = {"image_id": 785, "category_id": 1, "keypoints": keypoints, "score": 0.375}
    assert json.loads(json.dumps(written)) == [expected]
