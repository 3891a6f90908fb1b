"""Pictures of single samples: which ones a run leaves, and whether they are of what they name."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from cli.command import called
from worlds import landmarks, small_classifier, small_weights, small_world

from hrbench import catalog
from hrbench.draw import cases, landmark_sheets
from hrbench.metrics.sample_errors import PoseErrors, SampleErrors
from hrbench.report.cases import read

COCO = catalog.load_dataset("coco")


def test_errors_around_the_median_are_those_in_the_middle_of_all_that_are_known() -> None:
    errors = SampleErrors(np.array([5.0, 1, np.nan, 4, 2, 3]))
    assert errors.median(1).tolist() == [5]
    assert errors.median(3).tolist() == [4, 5, 3]
    assert errors.median(9).tolist() == [1, 4, 5, 3, 0]


def shifted(count: int, missed: int) -> tuple[PoseErrors, list[int]]:
    """Persons of the small world, each found one pixel further off than the one before."""
    truth = landmarks("coco-pose@tiny", small_world()).evaluation().truth
    rows = np.arange(count)
    points = truth.keypoints[rows] + rows[:, None, None]
    points[count - missed :] = np.nan
    names = tuple(f"off by {row}" for row in rows.tolist())
    found = PoseErrors(
        errors=rows.astype(np.float64),
        ids=truth.ids[rows],
        image_ids=truth.image_ids[rows],
        truth=truth.keypoints[rows],
        predicted=points,
        scores=np.ones(points.shape[:2], np.float32),
        words=names,
    )
    return found, truth.ids[rows].tolist()


def test_cases_are_the_worst_those_not_found_and_those_in_the_middle(tmp_path: Path) -> None:
    found, ids = shifted(count=10, missed=2)
    evaluation = landmarks("coco-pose@tiny", small_world()).evaluation()
    cases.write(tmp_path, landmark_sheets.case_pictures(COCO, evaluation, found))
    left = read(tmp_path)
    of_sort = {sort: [case for case in left if case.sort == sort] for sort in ("worst", "median")}
    assert [case.id for case in of_sort["worst"]] == [str(ids[row]) for row in (7, 6, 5, 4)]
    assert [case.words for case in of_sort["median"]] == ["off by 2", "off by 3", "off by 4"]
    missed = [case for case in left if case.sort == "missed"]
    assert {case.id for case in missed} == {str(number) for number in ids[8:]}
    assert [case.error for case in missed] == [None, None]
    for case in left:
        picture = cv2.imread(str(tmp_path / "cases" / case.picture))
        assert picture is not None
        assert picture.shape == (landmark_sheets.CASE, landmark_sheets.CASE, 3)


def test_a_split_without_anybody_leaves_no_cases(tmp_path: Path) -> None:
    found, _ = shifted(count=0, missed=0)
    evaluation = landmarks("coco-pose@tiny", small_world()).evaluation()
    cases.write(tmp_path, landmark_sheets.case_pictures(COCO, evaluation, found))
    assert list(tmp_path.iterdir()) == []


def test_persons_of_images_that_were_not_looked_at_are_no_cases(tmp_path: Path) -> None:
    found, ids = shifted(count=2, missed=0)
    elsewhere = replace(found, image_ids=np.array([int(found.image_ids[0]), -1]))
    evaluation = landmarks("coco-pose@tiny", small_world()).evaluation()
    cases.write(tmp_path, landmark_sheets.case_pictures(COCO, evaluation, elsewhere))
    assert {case.id for case in read(tmp_path)} == {str(ids[0])}


@pytest.mark.parametrize(
    ("task", "dataset"), [("coco-pose@tiny", "coco"), ("imagenet@tiny", "imagenet")]
)
def test_a_run_leaves_cases_but_where_no_pictures_are_asked_for(
    task: str, dataset: str, tmp_path: Path
) -> None:
    weights = small_classifier(task) if task == "imagenet@tiny" else small_weights(task)
    arguments = ["run", task, "--data", str(small_world(dataset=dataset)), "--device", "cpu"]
    arguments += ["--weights", str(weights), "--limit", "6"]
    ended = called(tmp_path, *arguments)
    assert ended.status == 0, ended.err
    (run,) = {Path(name).parent for name in ended.new if name.endswith("record.json")}
    left = read(tmp_path / run)
    assert {case.sort for case in left} >= {"worst", "median"}
    assert all(case.file.endswith((".jpg", ".JPEG", ".png")) for case in left)
    without = called(tmp_path, *arguments, "--pictures", "0")
    assert without.status == 0, without.err
    assert not [name for name in without.new if "/cases/" in name]
