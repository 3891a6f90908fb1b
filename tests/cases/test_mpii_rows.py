"""MPII's two files beside each other: rows go together by their joints, or not at all."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli import trees
from cli.command import called, refused
from numpy.typing import NDArray
from PIL import Image
from scipy.io import loadmat, savemat
from worlds import real_mpii, small_weights, small_world

from hrbench import catalog, world
from hrbench.data.headers import TAG
from hrbench.formats.location import as_found

VALID, TRUTH = "annot/valid.json", "annot/gt_valid.mat"
ROWS, BOXES = "mpii-rows", "head-boxes"
NAMES = ("pos_gt_src", "headboxes_src", "jnt_missing")


@pytest.fixture
def mpii(tmp_path: Path) -> Path:
    world.make("mpii", tmp_path / "data", images=24, size=(128, 128))
    return tmp_path / "data" / "mpii"


def rows_of(mpii: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((mpii / VALID).read_text("utf-8"))
    return rows


def write(mpii: Path, rows: list[dict[str, Any]]) -> None:
    (mpii / VALID).write_text(json.dumps(rows), "utf-8")


def rewrite(mpii: Path, **changes: NDArray[Any]) -> None:
    content = loadmat(str(mpii / TRUTH))
    savemat(mpii / TRUTH, {name: content[name] for name in NAMES} | changes)


def by_size(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: -row["scale"])


def measured(mpii: Path, *more: str) -> dict[str, Any]:
    weights = small_weights("mpii-pose@tiny")
    ended = trees.measured(mpii.parents[1], "mpii-pose", weights, "--json", *more)
    assert ended.status == 0, ended.err
    record: dict[str, Any] = json.loads(ended.out)["record"]
    return record | {"err": ended.err}


def refused_with(mpii: Path, *words: str) -> None:
    weights = small_weights("mpii-pose@tiny")
    refused(trees.measured(mpii.parents[1], "mpii-pose", weights), words)


@pytest.mark.parametrize("edit", [by_size, lambda rows: rows[::-1]])
def test_rows_in_another_order_give_the_figures_of_the_right_order(
    edit: Callable[[list[dict[str, Any]]], list[dict[str, Any]]], mpii: Path
) -> None:
    right = measured(mpii)
    assert "another order" not in right["err"]
    write(mpii, edit(rows_of(mpii)))
    again = measured(mpii)
    for name, figure in right["metrics"].items():
        assert again["metrics"][name]["value"] == pytest.approx(figure["value"]), name
    assert any("gt_valid.mat: rows in another order" in note for note in again["notes"])
    assert "gt_valid.mat: rows in another order than the annotations'" in again["err"]


def test_joints_that_a_program_rounded_still_decide_the_order(mpii: Path) -> None:
    right = measured(mpii)["metrics"]["PCKh@0.5"]["value"]
    rows = rows_of(mpii)
    for row in rows:
        row["joints"] = np.round(row["joints"], 1).tolist()
    write(mpii, by_size(rows))
    assert measured(mpii)["metrics"]["PCKh@0.5"]["value"] == pytest.approx(right)


def test_rows_of_other_people_are_refused_by_name_and_can_be_allowed(mpii: Path) -> None:
    rows = rows_of(mpii)
    for row in rows[1:4]:
        row["joints"] = [[x + 40, y] for x, y in row["joints"]]
    write(mpii, rows)
    words = "rows whose pos_gt_src are other joints than the annotations' in the same row: 3 (row 1"
    refused_with(mpii, f"data/mpii/{TRUTH}: {words}", f"--allow {ROWS}", "hrbench check")
    checked = called(mpii.parents[1], "check", "mpii", "--data", "data")
    assert "other joints than the annotations'" in " ".join(checked.out.split())
    assert "not usable as it is: val" in checked.out
    allowed = measured(mpii, "--allow", ROWS)
    assert any(f"(--allow {ROWS})" in note for note in allowed["notes"])


def test_a_row_of_somebody_else_is_said_and_the_others_are_scored(mpii: Path) -> None:
    right = measured(mpii)["metrics"]["PCKh@0.5"]["value"]
    rows = rows_of(mpii)
    rows[1]["joints"] = [[x + 40, y] for x, y in rows[1]["joints"]]
    write(mpii, rows)
    again = measured(mpii)
    words = "rows whose pos_gt_src are other joints than the annotations' in the same row: 1 (row 1"
    assert any(words in note and "--allow" not in note for note in again["notes"])
    assert words in again["err"]
    assert again["metrics"]["PCKh@0.5"]["value"] == pytest.approx(right)
    checked = called(mpii.parents[1], "check", "mpii", "--data", "data")
    assert "not usable" not in checked.out


def test_rows_that_stand_twice_in_both_files_are_put_in_order_with_the_others(mpii: Path) -> None:
    rows = rows_of(mpii)
    content = loadmat(str(mpii / TRUTH))
    twice = {name: content[name].copy() for name in NAMES}
    for array in twice.values():
        array[..., 1] = array[..., 0]
    rows[1] = rows[0]
    rewrite(mpii, **twice)
    write(mpii, rows)
    right = measured(mpii)["metrics"]["PCKh@0.5"]["value"]
    write(mpii, rows[::-1])
    again = measured(mpii)
    assert again["metrics"]["PCKh@0.5"]["value"] == pytest.approx(right)
    assert "rows in another order" in again["err"]


def test_two_rows_that_nothing_tells_apart_are_not_put_in_order(mpii: Path) -> None:
    rows = rows_of(mpii)
    content = loadmat(str(mpii / TRUTH))
    positions, missing = content["pos_gt_src"].copy(), content["jnt_missing"].copy()
    positions[..., 1], missing[:, 1] = positions[..., 0], missing[:, 0]
    rows[1] = rows[1] | {key: rows[0][key] for key in ("joints", "joints_vis")}
    rewrite(mpii, pos_gt_src=positions, jnt_missing=missing)
    write(mpii, rows[::-1])
    refused_with(mpii, f"data/mpii/{TRUTH}", f"--allow {ROWS}")


def test_a_few_joints_that_somebody_corrected_are_no_other_row(mpii: Path) -> None:
    rows = rows_of(mpii)
    rows[0]["joints"][0] = [1.0, 1.0]
    rows[1]["joints_vis"][3] = 1 - rows[1]["joints_vis"][3]
    write(mpii, rows)
    assert "other joints" not in measured(mpii)["err"]


def test_boxes_of_heads_in_another_order_are_refused(mpii: Path) -> None:
    boxes = loadmat(str(mpii / TRUTH))["headboxes_src"]
    rewrite(mpii, headboxes_src=np.roll(boxes, 1, axis=2))
    refused_with(
        mpii, "headboxes_src are not the boxes around neck and top of the head", f"--allow {BOXES}"
    )


def test_boxes_of_heads_as_widths_are_refused(mpii: Path) -> None:
    boxes = loadmat(str(mpii / TRUTH))["headboxes_src"].copy()
    boxes[1] -= boxes[0]
    rewrite(mpii, headboxes_src=boxes)
    refused_with(
        mpii, "headboxes_src are not the boxes around neck and top of the head", f"--allow {BOXES}"
    )


def test_the_real_slice_with_its_made_up_boxes_of_heads_goes_together(tmp_path: Path) -> None:
    record = measured(real_mpii(tmp_path / "data") / "mpii")
    assert record["metrics"]["PCKh@0.5"]["value"] is not None
    assert not any("gt_valid.mat" in note for note in record["notes"])


def as_mmpose(mpii: Path) -> None:
    (mpii / "annot").rename(mpii / "annotations")
    for path in list((mpii / "annotations").iterdir()):
        names = {"valid.json": "mpii_val.json", "gt_valid.mat": "mpii_gt_val.mat"}
        path.rename(path.with_name(names.get(path.name, f"mpii_{path.name}")))


def test_the_files_as_mmpose_calls_them_are_read(mpii: Path) -> None:
    right = measured(mpii)["metrics"]
    as_mmpose(mpii)
    again = measured(mpii)["metrics"]
    assert {key: figure["value"] for key, figure in again.items()} == {
        key: figure["value"] for key, figure in right.items()
    }
    checked = called(mpii.parents[1], "check", "mpii", "--data", "data")
    assert "annotations/mpii_gt_val.mat" in checked.out
    assert "usable: train, val, trainval, test" in checked.out


def test_the_files_as_mmpose_calls_them_are_still_the_published_ones(mpii: Path) -> None:
    rows = rows_of(mpii)
    picture = mpii / "images" / rows[0]["image"]
    exif = Image.Exif()
    exif[TAG] = 6  # a viewer turns it, and the official code does not
    with Image.open(picture) as image:
        image.save(picture, exif=exif)
    right = measured(mpii)
    as_mmpose(mpii)
    again = measured(mpii)
    assert again["metrics"] == right["metrics"]
    assert again["notes"] == right["notes"]
    shipped = catalog.load_dataset("mpii")
    assert catalog.is_published(as_found(shipped, mpii))
    assert not catalog.is_published(shipped.model_copy(update={"folder": "mine"}))


@pytest.mark.parametrize("limit", [(), ("--limit", "1")])
def test_somebody_outside_of_a_picture_is_no_fault_of_the_file_however_few_are_measured(
    limit: tuple[str, ...], mpii: Path
) -> None:
    rows = rows_of(mpii)
    assert [row["image"] for row in rows].count(rows[0]["image"]) == 1
    rows[0]["joints"] = [[x + 400, y] for x, y in rows[0]["joints"]]
    rows[0]["center"][0] += 400
    write(mpii, rows)
    assert measured(mpii, *limit)["n"]["evaluated"] == (1 if limit else len(rows))


def test_a_hidden_truth_is_handed_in_and_is_no_error(tmp_path: Path) -> None:
    weights = small_weights("mpii-pose@tiny")
    (tmp_path / "data").symlink_to(small_world(16, "mpii"))
    given = ("--split", "test", "--out", "runs", "--json")
    ended = trees.measured(tmp_path, "mpii-pose", weights, *given)
    assert ended.status == 0, ended.err
    assert (tmp_path / json.loads(ended.out)["run"] / "pred.mat").exists()
