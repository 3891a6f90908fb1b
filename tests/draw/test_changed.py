"""What changed from one run to another: which samples are drawn, and that a command draws them."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from cli.command import called
from worlds import small_classifier, small_lifter, small_weights, small_world

from hrbench.draw.changed import most_changed, pair

LIMIT = ("--device", "cpu", "--limit", "6", "--pictures", "0")


def test_the_largest_changes_are_shown_half_of_them_better_ones() -> None:
    before = np.array([1.0, 9, 3, 4, 5, 2])
    after = np.array([2.0, 1, 3, 9, 4, 5])  # by 1, -8, 0, 5, -1, 3
    assert most_changed(before, after, np.arange(6), 4) == [1, 4, 3, 5]
    assert most_changed(before, after, np.arange(6), 3) == [1, 4, 3]
    assert most_changed(before, after, np.arange(6), 9) == [1, 4, 3, 5, 0]
    assert most_changed(before, before, np.arange(6), 9) == []


def test_of_an_image_the_largest_change_is_shown() -> None:
    before, after = np.array([1.0, 9, 3, 4]), np.array([2.0, 1, 5, 9])  # by 1, -8, 2, 5
    assert most_changed(before, after, np.array([7, 7, 8, 8]), 4) == [1, 3]


def test_what_one_run_has_not_found_has_changed_most() -> None:
    before, after = np.array([1.0, np.nan, np.nan, 4]), np.array([9.0, 1, np.nan, np.nan])
    assert most_changed(before, after, np.arange(4), 4) == [1, 3, 0]


def test_two_tiles_stand_beside_each_other_below_their_letters() -> None:
    black, grey = (np.full((40, 60, 3), shade, np.uint8) for shade in (0, 90))
    made = pair(("A", "B"), (black, grey))
    half = made.shape[1] // 2
    assert (made[-30, half // 2] == 0).all()
    assert (made[-30, half + half // 2] == 90).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "dataset", "weights"),
    [
        ("coco-pose@tiny", "coco", small_weights),
        ("300w@tiny", "300w", small_weights),
        ("imagenet@tiny", "imagenet", small_classifier),
        ("h36m-lift@tiny", "h36m", small_lifter),
    ],
    ids=["poses", "faces", "classes", "lifting"],
)
def test_a_sheet_shows_both_runs(
    task: str, dataset: str, weights: Callable[..., Path], tmp_path: Path
) -> None:
    data, held = small_world(dataset=dataset), weights(task)
    asked = ("run", task, "--data", str(data), "--weights", str(held), *LIMIT)
    for flip in ("--no-tta", "--tta"):
        ended = called(tmp_path, *asked, flip)
        assert ended.status == 0, ended.err
    runs = sorted(str(path.parent) for path in tmp_path.rglob("record.json"))
    drawn = called(tmp_path, "compare", *runs, "--force", "--sheet", "changed.png")
    assert drawn.status == 0, drawn.err
    assert (drawn.new, drawn.err) == (("changed.png",), "look at: changed.png\n")
    sheet = cv2.imread(str(tmp_path / "changed.png"))
    assert sheet is not None
    one = called(tmp_path, "compare", *runs, "--force", "--sheet", "one.png", "--pictures", "1")
    assert one.status == 0, one.err
    smaller = cv2.imread(str(tmp_path / "one.png"))
    assert smaller is not None
    assert smaller.shape[0] < sheet.shape[0] or smaller.shape[1] < sheet.shape[1]


@pytest.mark.slow
def test_a_sheet_without_the_data_says_so(tmp_path: Path) -> None:
    task, data = "coco-pose@tiny", small_world()
    held = small_weights(task)
    for flip in ("--no-tta", "--tta"):
        called(tmp_path, "run", task, "--data", str(data), "--weights", str(held), *LIMIT, flip)
    runs = sorted(str(path.parent) for path in tmp_path.rglob("record.json"))
    ended = called(tmp_path, "compare", *runs, "--force", "--sheet", "a.png", "--data", "nowhere")
    assert ended.status == 1
    assert "nowhere" in ended.err
    three = called(tmp_path, "compare", *runs, runs[0], "--sheet", "a.png")
    assert (three.status, "--sheet is of two runs" in three.err) == (2, True)
