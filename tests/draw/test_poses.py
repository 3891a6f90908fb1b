from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from specs import landmark_task

from hrbench import catalog
from hrbench.data.evaluation import LandmarkEvaluation
from hrbench.data.images import read_image
from hrbench.data.sample import People
from hrbench.draw import drawing, poses
from hrbench.draw.drawing import DARK, LEFT, MIDDLE, RIGHT
from hrbench.draw.lettering import INDENT, LINE, STRIP, fitting
from hrbench.draw.poses import TILE
from hrbench.formats.contract import PeopleFormat
from hrbench.formats.location import DataRoot
from hrbench.formats.registry import format_of
from hrbench.geometry import UNIT
from hrbench.kinds.landmarks.predicting import of_boxes
from hrbench.report.predictions import Predictions
from hrbench.spec import DatasetSpec
from hrbench.world import make

TALL = TILE + 8 + LINE + INDENT  # a tile with its frame and its name


def dataset(names: list[str], edges: list[tuple[str, str]]) -> DatasetSpec:
    return DatasetSpec(
        name="own",
        title="Own",
        format="coco",
        folder="own",
        keypoints=tuple(names),
        edges=tuple(edges),
        splits={},
    )


def predictions(
    keypoints: list[list[float]], scores: list[float], box_score: float = 1.0
) -> Predictions:
    """One person in a crop of 100 x 100 pixels around (60, 60)."""
    return Predictions(
        sample_ids=np.array([1]),
        image_ids=np.array([1]),
        boxes=np.array([[10.0, 10, 100, 100]]),
        box_scores=np.array([box_score]),
        centers=np.array([[60.0, 60]]),
        scales=np.array([[100.0, 100]]) / UNIT,
        keypoints=np.array([keypoints], dtype=np.float32),
        scores=np.array([scores], dtype=np.float32),
        scored_images=np.array([1]),
    )


def grey(height: int, width: int) -> NDArray[np.uint8]:
    return np.full((height, width, 3), 128, dtype=np.uint8)


def shades(canvas: NDArray[np.uint8]) -> set[tuple[int, ...]]:
    return set(map(tuple, canvas.reshape(-1, 3).tolist()))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *(("left_eye", LEFT), ("right_eye", RIGHT), ("eye_left", LEFT), ("Right paw", RIGHT)),
        *(("chin", MIDDLE), ("bright_spot", MIDDLE), ("cleft", MIDDLE)),
    ],
)
def test_a_keypoint_has_the_colour_of_the_side_in_its_name(
    name: str, expected: tuple[int, int, int]
) -> None:
    assert drawing.color(name) == expected


def test_a_limb_across_has_no_side_and_one_to_the_middle_has() -> None:
    assert drawing.limb_color(LEFT, LEFT) == LEFT
    assert drawing.limb_color(MIDDLE, RIGHT) == RIGHT
    assert drawing.limb_color(LEFT, RIGHT) == MIDDLE
    assert drawing.limb_color(MIDDLE, MIDDLE) == MIDDLE


def test_the_view_is_the_square_around_the_crops_inside_the_image() -> None:
    one = np.array([[60.0, 60]]), np.array([[100.0, 50]]) / UNIT
    corner, side = poses.view((480, 640), *one)
    assert (corner.tolist(), side) == ([10, 10], 100)
    two = np.array([[60.0, 60], [600, 60]]), np.full((2, 2), 100.0) / UNIT
    corner, side = poses.view((480, 640), *two)
    assert (corner.tolist(), side) == ([10, 0], 630)
    corner, side = poses.view((480, 640), np.zeros((0, 2)), np.zeros((0, 2)))
    assert (corner.tolist(), side) == ([0, 0], 640)


def test_own_keypoints_without_edges_are_dots_where_they_were_found() -> None:
    own = dataset(["left_paw", "tail"], [])
    found = predictions([[35.0, 35], [85, 85]], [0.9, 0.9])
    canvas = poses.tile(grey(200, 200), own, found, np.array([0]))
    assert canvas.shape == (TILE, TILE, 3)
    # The view begins at (10, 10) and is enlarged 3.2 times: (25 + 0.5) 3.2 - 0.5 = 81.1.
    assert tuple(canvas[81, 81].tolist()) == LEFT
    assert tuple(canvas[241, 241].tolist()) == MIDDLE
    assert tuple(canvas[161, 161].tolist()) == (128, 128, 128)


def test_an_unlikely_keypoint_takes_its_limbs_along() -> None:
    own = dataset(["left_hip", "left_knee", "left_ankle"], [("left_hip", "left_knee")])
    places = [[35.0, 35.0], [85.0, 85.0], [35.0, 85.0]]
    drawn = [
        poses.tile(grey(200, 200), own, predictions(places, scores), np.array([0]))
        for scores in ([0.9, 0.9, 0.9], [0.9, 0.1, 0.9], [0.1, 0.1, 0.1])
    ]
    assert [tuple(canvas[161, 161].tolist()) == LEFT for canvas in drawn] == [True, False, False]
    assert [tuple(canvas[241, 81].tolist()) == LEFT for canvas in drawn] == [True, True, False]
    assert len(shades(drawn[2])) > 1  # faint
    assert not {LEFT, RIGHT, MIDDLE, DARK} & shades(drawn[2])


def test_what_scores_nothing_or_is_nowhere_is_not_drawn() -> None:
    own = dataset(["left_hip", "left_knee"], [("left_hip", "left_knee")])
    places = [[35.0, 35.0], [np.nan, 85.0]]
    canvas = poses.tile(grey(200, 200), own, predictions(places, [0.0, 0.1]), np.array([0]))
    assert shades(canvas) == {(128, 128, 128)}


def test_faint_keypoints_show_what_is_below_and_end_at_the_edge() -> None:
    canvas = grey(40, 40)
    places = np.array([[2.0, 2.0], [500.0, 20.0], [20.0, 20.0]])
    own = dataset(["left_a", "left_b", "left_c"], [("left_a", "left_b")])
    drawing.pose(canvas, own, places, np.array([0.1, 0.1, 0.1]), 3)
    mixed = [round(drawing.FAINT * c + (1 - drawing.FAINT) * 128) for c in LEFT]
    assert canvas[20, 20].tolist() == pytest.approx(mixed, abs=1)
    assert canvas[39, 39].tolist() == [128] * 3


def test_a_long_name_keeps_its_end() -> None:
    name = "a-very-long-folder-name-of-somebody/with-a-very-long-file-name-000000012345.jpg"
    shown = fitting(name, 200)
    assert shown.startswith("...")
    assert shown.endswith("000012345.jpg")
    assert fitting("1.jpg", 200) == "1.jpg"


def test_a_dot_has_a_dark_rim_that_shows_on_white() -> None:
    white = np.full((200, 200, 3), 255, dtype=np.uint8)
    found = predictions([[60.0, 60]], [1.0])
    canvas = poses.tile(white, dataset(["tail"], []), found, np.array([0]))
    row = canvas[161].max(axis=1)
    assert tuple(canvas[161, 161].tolist()) == MIDDLE
    assert row.min() < 100
    assert np.flatnonzero(row < 255)[[0, -1]].tolist() == pytest.approx([155, 167], abs=1)


def test_a_box_that_is_hardly_a_person_is_not_drawn() -> None:
    found = predictions([[60.0, 60]], [1.0], box_score=0.3)
    canvas = poses.tile(grey(200, 200), dataset(["tail"], []), found, np.array([0]))
    assert shades(canvas) == {(128, 128, 128)}


def test_dots_are_larger_for_a_larger_crop_and_smaller_for_more_keypoints() -> None:
    assert drawing.dot_radius(320, 16) == 4
    assert drawing.dot_radius(160, 16) == 2
    assert drawing.dot_radius(320, 64) == 2
    assert (drawing.dot_radius(10, 16), drawing.dot_radius(320, 1)) == (1, 5)


def test_an_image_of_one_row_and_a_place_far_outside_are_drawn() -> None:
    own = dataset(["left_a", "left_b"], [("left_a", "left_b")])
    found = predictions([[60.0, 60], [1e9, -1e9]], [1.0, 1.0])
    assert poses.tile(grey(1, 2000), own, found, np.array([0])).shape == (TILE, TILE, 3)


def test_images_inside_of_a_mat_file_are_drawn(tmp_path: Path) -> None:
    make("cofw", tmp_path, images=8)
    spec, cofw = landmark_task("cofw"), catalog.load_dataset("cofw")
    data_root = DataRoot(tmp_path, synthetic=True)
    evaluation = format_of(cofw, PeopleFormat).evaluation(
        spec, cofw, data_root, boxes="gt", limit=None
    )
    poses.draw(tmp_path, cofw, evaluation, as_annotated(evaluation.people))
    sheet = read_image(tmp_path / "predictions.png")
    assert sheet.shape == (TALL + STRIP, 4 * (TILE + 8), 3)
    assert {LEFT, RIGHT, MIDDLE, DARK} <= shades(sheet[:, : 2 * TILE])
    assert shades(sheet[:TALL, -TILE:]) == {(255, 255, 255)}  # the world has two to measure


def as_annotated(people: People) -> Predictions:
    scores = np.ones(people.visible.shape, np.float32)
    found = {"keypoints": people.keypoints.astype(np.float32), "scores": scores}
    return of_boxes(people, people.image_ids, found)


def test_at_most_eight_images_are_shown(tmp_path: Path) -> None:
    count = 9
    cv2.imwrite(str(tmp_path / "a.png"), grey(50, 50))
    people = People(
        images=(tmp_path / "a.png",) * count,
        image_ids=np.arange(count),
        image=np.arange(count),
        ids=np.arange(count),
        boxes=np.tile([0.0, 0, 50, 50], (count, 1)),
        centers=np.full((count, 2), 25.0),
        scales=np.full((count, 2), 50 / UNIT),
        scores=np.ones(count),
        keypoints=np.full((count, 1, 2), 25.0),
        visible=np.ones((count, 1), dtype=bool),
    )
    evaluation = LandmarkEvaluation(
        people=people,
        truth=None,
        image_ids=people.image_ids,
        evaluated=count,
        expected=count,
        fingerprint="",
    )
    poses.draw(tmp_path, dataset(["tail"], []), evaluation, as_annotated(people))
    sheet = read_image(tmp_path / "predictions.png")
    assert sheet.shape == (2 * TALL + STRIP, 4 * (TILE + 8), 3)
